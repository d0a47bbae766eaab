//! Short stories, composed from a small grammar.

use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::tables::words::{HERO_NAMES, HEROES};
use crate::turn::{Expect, Topic, Turn};
use crate::{Split, made_up};

const ABOUT: Forms = Forms {
    nouns: Wordings {
        train: &[
            "a story about {x}",
            "a short story about {x}",
            "a tale about {x}",
            "a little story about {x}",
            "a story with {x}",
        ],
        held_out: &["a tiny story about {x}", "a bedtime story about {x}"],
    },
    whole: Wordings {
        train: &[
            "Tell me a story about {x}.",
            "Tell me a story about {x}.",
            "Tell me a short story about {x}.",
            "Tell a story about {x}.",
            "Write a story about {x}.",
            "Write a short story about {x}.",
            "Can you tell me a story about {x}?",
            "I want a story about {x}.",
            "Story about {x}",
            "A story about {x}, please.",
            "Please tell me a story about {x}.",
            "Make up a story about {x}.",
            "Invent a story about {x}.",
            "I'd like to hear a story about {x}.",
            "Could you write a story about {x}?",
            "Do you know a story about {x}?",
        ],
        held_out: &[
            "Could you tell me a short story about {x}?",
            "Please write me a story about {x}.",
            "I would like a story about {x}.",
            "Can you make up a story about {x}?",
        ],
    },
};

const ANY: Wordings = Wordings {
    train: &[
        "Tell me a story.",
        "Tell me a short story.",
        "Write a story.",
        "A story please",
        "I want to hear a story.",
        "Can you tell me a story?",
        "Do you know a story?",
        "Tell a story.",
        "Write me a short story.",
        "Story!",
        "Please tell me a story.",
        "Make up a story.",
        "Another story please.",
    ],
    held_out: &[
        "Could you tell me a story?",
        "I would like to hear a short story.",
        "Please write a story.",
        "Can you write a short story?",
    ],
};

const ADJECTIVES: &[&str] = &["little", "brave", "curious", "clever", "kind", "shy"];
const HOMES: &[&str] = &[
    "in a small house by the sea",
    "at the edge of a green forest",
    "near a quiet river",
    "on top of a high hill",
    "in a sunny village",
    "under an old oak tree",
];
const FINDS: &[&str] = &[
    "found a golden key in the grass",
    "heard somebody cry behind a stone",
    "saw a strange light in the dark",
    "found an old map under a stone",
    "met a lost bird on the road",
    "came to a bridge that was broken",
];
const DOUBTS: &[&str] = &[
    "At first {n} was afraid and wanted to run home.",
    "{n} did not know what to do and sat down to think.",
    "Nobody else was there, so {n} had to be brave.",
    "It was cold and late, but {n} did not give up.",
];
const DEEDS: &[&str] = &[
    "Then {n} called all the friends from the village, and together they found a way.",
    "So {n} worked the whole night, step by step, until it was done.",
    "Then {n} took a deep breath, went on, and helped as well as possible.",
    "Then an old owl gave good advice, and {n} listened carefully.",
];
const ENDS: &[&str] = &[
    "In the end everybody was happy, and they had a big party with cake and music.",
    "In the evening {n} went home, tired and proud, and slept very well.",
    "From that day on {n} was never alone again. The end.",
    "And if you go there today, you can still hear them laugh.",
];

pub(crate) fn turn(rng: &mut Rng, split: Split) -> Turn {
    let hero = match split {
        Split::Train if rng.chance(20) => made_up::word(rng),
        _ => rng.pick(HEROES).to_owned(),
    };
    let with_article = format!("{} {hero}", article(&hero));
    let told = rng.chance(75);
    let user = if told {
        phrase::ask(rng, split, &ABOUT, &[("x", &with_article)], Case::Kept)
    } else {
        let wording = rng.pick(ANY.of(split));
        phrase::finish(rng, split, wording, &[], Case::Free)
    };
    // Without a wish the story is about the project's animal.
    let hero = if told { hero } else { "llama".to_owned() };
    let reply = compose(rng, &hero);
    Turn::new(Topic::Story, user, &reply, Expect::Story(hero))
}

fn compose(rng: &mut Rng, hero: &str) -> String {
    sentences(rng, hero).join(" ")
}

pub(crate) fn sentences(rng: &mut Rng, hero: &str) -> [String; 6] {
    let name = rng.pick(HERO_NAMES);
    let adjective = rng.pick(ADJECTIVES);
    [
        format!("Once upon a time there was {} {adjective} {hero} named {name}.", article(adjective)),
        format!("{name} lived {}.", rng.pick(HOMES)),
        format!("One day {name} {}.", rng.pick(FINDS)),
        rng.pick(DOUBTS).replace("{n}", name),
        rng.pick(DEEDS).replace("{n}", name),
        rng.pick(ENDS).replace("{n}", name),
    ]
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
