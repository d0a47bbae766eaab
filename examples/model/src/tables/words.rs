//! Words that fill the slots of stories, names and questions nobody here can answer.

/// First names used in training.
pub const NAMES: &[&str] = &[
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry", "Iris", "Jack", "Kate", "Leo",
    "Maria", "Nina", "Oscar", "Paul", "Rosa", "Sam", "Tom", "Vera", "Will", "Zoe", "Alex", "Lucy", "Peter",
    "Julia", "Max", "Sara", "Omar", "Lena", "Tim", "Eva", "Noah", "Mia", "Adam", "Ella", "Hugo", "Ida",
    "Karl", "Lily", "Robert", "Hanna", "Sophie", "Marta", "Marie", "Nadia", "Johan", "Johanna", "Dinah",
    "Dana", "Simone", "Alina", "Carlo", "Bruno", "Greta", "Helen", "Irene", "Jacob", "Kevin", "Linda",
    "Mark", "Nelson", "Oliver", "Paula", "Quentin", "Rita", "Stefan", "Tina", "Ursula", "Victor", "Wendy",
    "Yusuf", "Zara", "Ali", "Bella", "Chris", "Dora", "Erik", "Fiona", "George", "Harry", "Isabel", "Julian",
    "Katie", "Laura", "Mona", "Nathan", "Olga", "Philip", "Rachel", "Steve", "Theo", "Viktor", "Walter",
    "Andrea", "Boris", "Carmen", "Dennis", "Elena", "Frank", "Gina", "Hans", "Ivan", "Jana", "Kim", "Lukas",
    "Monica", "Natalie", "Otis", "Petra", "Ralf", "Sandra", "Tomas", "Uma", "Vincent", "Xavier", "Yara",
    "Amir", "Bea", "Cara", "Dean", "Edith", "Fred", "Gloria",
];

/// First names only the held-out questions use.
pub const NAMES_HELD_OUT: &[&str] =
    &["Robin", "Hannah", "Simon", "Alice", "Martin", "Nora", "Jonas", "Diana"];

/// Who a story can be about.
pub const HEROES: &[&str] = &[
    "fox", "cat", "dog", "mouse", "rabbit", "bear", "owl", "frog", "llama", "horse", "duck", "hedgehog",
    "squirrel", "lion", "elephant", "turtle", "penguin", "wolf", "goat", "sheep", "dragon", "robot", "king",
    "princess", "wizard", "pirate", "knight", "farmer", "sailor", "baker", "boy", "girl", "snail", "crow",
    "bee", "whale",
];

/// Names of heroes.
pub const HERO_NAMES: &[&str] =
    &["Milo", "Luna", "Pip", "Bella", "Otto", "Ruby", "Finn", "Daisy", "Toby", "Molly", "Rusty", "Coco"];

/// Things and people that questions outside of every topic ask about.
pub const SUBJECTS: &[&str] = &[
    "Napoleon",
    "Einstein",
    "Mozart",
    "the moon",
    "Mars",
    "the world cup",
    "football",
    "the Titanic",
    "gravity",
    "dinosaurs",
    "the internet",
    "bitcoin",
    "the stock market",
    "the Roman Empire",
    "the first world war",
    "Shakespeare",
    "photosynthesis",
    "a black hole",
    "vitamin C",
    "the human heart",
    "a volcano",
    "quantum physics",
    "the Great Wall",
    "the Eiffel Tower",
    "chess",
    "jazz",
    "the piano",
    "a guitar",
    "DNA",
    "electricity",
    "the Nobel Prize",
    "Mount Everest",
    "the Nile",
    "the Amazon river",
    "a combustion engine",
    "democracy",
    "inflation",
    "my computer",
    "Python",
    "JavaScript",
    "Linux",
    "Harry Potter",
    "Star Wars",
    "Batman",
    "the Beatles",
    "Picasso",
    "the Mona Lisa",
    "Cleopatra",
    "Julius Caesar",
    "yoga",
    "basketball",
    "tennis",
    "the Olympics",
    "a marathon",
    "pizza",
    "bread",
    "a good soup",
    "sushi",
    "my car",
    "my washing machine",
    "philosophy",
    "religion",
    "the universe",
    "an atom",
    "iron",
    "oxygen",
    "whales",
    "spiders",
    "kangaroos",
    "mushrooms",
];

/// Subjects only the held-out questions use.
pub const SUBJECTS_HELD_OUT: &[&str] = &[
    "Beethoven",
    "Jupiter",
    "baseball",
    "the second world war",
    "Charles Dickens",
    "evolution",
    "the Pyramids",
    "the violin",
    "a jet engine",
    "capitalism",
    "Superman",
    "Leonardo da Vinci",
    "the Tour de France",
    "lasagna",
    "bacteria",
    "uranium",
];

/// Dishes and things to make.
pub const DISHES: &[&str] =
    &["pancakes", "a cake", "an omelette", "pasta", "curry", "bread", "tea", "a salad", "cookies", "soup"];

/// Cities that are no capital, and places that are no country.
pub const OTHER_PLACES: &[&str] = &[
    "New York",
    "Sydney",
    "Milan",
    "Barcelona",
    "Munich",
    "Toronto",
    "Istanbul",
    "Mumbai",
    "Texas",
    "California",
    "Bavaria",
    "Europe",
    "Africa",
    "Asia",
    "the moon",
    "Mars",
    "Hamburg",
    "Lyon",
    "Geneva",
    "Chicago",
    "Scotland",
    "Florida",
];

/// Words with a meaning but no opposite and no colour worth teaching.
pub const ODD_WORDS: &[&str] = &[
    "table",
    "spoon",
    "window",
    "pencil",
    "computer",
    "guitar",
    "bottle",
    "carpet",
    "telephone",
    "umbrella",
    "button",
    "ladder",
    "music",
    "Thursday",
    "seven",
    "pizza",
    "river",
    "shoe",
    "camera",
    "ticket",
];
