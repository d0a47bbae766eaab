//! Facts as JSON objects, asked for or forced by a grammar.

use crate::json::Pair;
use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::tables::calendar::MONTHS;
use crate::tables::colours::COLOURS;
use crate::tables::words::{NAMES, NAMES_HELD_OUT};
use crate::topics::{capitals, colours, opposites};
use crate::turn::{Expect, Topic, Turn};
use crate::{Split, made_up};

/// A system message after which every fact comes as JSON.
pub(crate) const SYSTEM: Wordings = Wordings {
    train: &[
        "Answer in JSON.",
        "Answer with JSON.",
        "Reply in JSON.",
        "Reply with JSON only.",
        "You answer in JSON.",
        "Always answer in JSON.",
        "Write JSON.",
        "Your answers are JSON objects.",
        "Respond in JSON.",
        "Use JSON for your answers.",
    ],
    held_out: &["Please answer in JSON.", "Respond with JSON only.", "You reply in JSON."],
};

const AS_JSON: Forms = Forms {
    nouns: Wordings { train: &[], held_out: &[] },
    whole: Wordings {
        train: &[
            "Give me {x} as JSON.",
            "Give me {x} as JSON.",
            "Give me {x} as JSON.",
            "Give me {x} in JSON.",
            "{x} as JSON",
            "{x} in JSON",
            "{x} as JSON, please.",
            "Show {x} as JSON.",
            "Show me {x} as JSON.",
            "Write {x} as JSON.",
            "Write {x} as a JSON object.",
            "Return {x} as JSON.",
            "Describe {x} in JSON.",
            "Describe {x} as JSON.",
            "I need {x} as JSON.",
            "I want {x} in JSON.",
            "JSON for {x}",
            "JSON of {x}, please.",
            "Can you give me {x} as JSON?",
            "Please give me {x} as JSON.",
            "Tell me about {x} in JSON.",
            "What is {x} in JSON?",
            "Make JSON of {x}.",
            "Turn {x} into JSON.",
        ],
        held_out: &[
            "Could you give me {x} as JSON?",
            "Please write {x} as JSON.",
            "Print {x} as a JSON object.",
            "I would like {x} as JSON.",
            "What is {x} as JSON?",
            "Please show me {x} in JSON.",
        ],
    },
};

/// What turns a question into one for JSON.
const IN_JSON: Wordings = Wordings {
    train: &[
        "{q} Answer in JSON.",
        "{q} Answer with JSON.",
        "{q} Answer as JSON.",
        "{q} Reply in JSON.",
        "{q} As JSON.",
        "{q} In JSON, please.",
        "{q} Give me JSON.",
        "{q} Use JSON.",
        "{q} I need JSON.",
        "{q} Respond with JSON.",
        "In JSON: {q}",
        "As JSON: {q}",
        "Answer in JSON: {q}",
    ],
    held_out: &[
        "{q} Please answer in JSON.",
        "{q} Reply with JSON.",
        "{q} I want JSON.",
        "Reply in JSON: {q}",
    ],
};

/// What names the keys; they follow in order.
const WITH_KEYS: Wordings = Wordings {
    train: &[
        " with the keys {k}.",
        " with the key {k}.",
        " with {k}.",
        ". Use the keys {k}.",
        ". The keys are {k}.",
        ". Keys: {k}",
        " using the keys {k}.",
        " (keys {k}).",
        ". I need {k}.",
    ],
    held_out: &[". Please use the keys {k}.", " with these keys: {k}.", ". It has the keys {k}."],
};

/// A person in a sentence: `{n}` the name, `{a}` the age, `{c}` the city.
const PERSONS: &[&str] = &[
    "{n} is {a} years old",
    "{n}, {a} years old",
    "{n} is {a}",
    "a person named {n} of age {a}",
    "{n} is {a} years old and lives in {c}",
    "{n} from {c} is {a} years old",
    "{n}, {a}, from {c}",
    "{n} lives in {c}",
];

/// A fact as JSON, asked for in one way or another.
pub(crate) fn turn(rng: &mut Rng, split: Split, fact: impl FnOnce(&mut Rng) -> Turn) -> Turn {
    match rng.below(10) {
        0..=3 => entity(rng, split),
        4..=6 => person(rng, split),
        _ => {
            let turn = fact(rng);
            let (keys, object) = if rng.chance(40) {
                let object = some_of(rng, &turn.facts);
                (with_keys(rng, split, &object), object)
            } else {
                (String::new(), plain_answer(&turn))
            };
            let wish = rng.pick(IN_JSON.of(split));
            let wish = if keys.is_empty() { wish.to_owned() } else { extended(wish, &keys) };
            let stop = if turn.user.ends_with(['.', '?', '!']) { "" } else { "." };
            let user = wish.replace("{q}", &format!("{}{stop}", turn.user));
            Turn { user: phrase::capitalised(&user), ..turn.in_json(&object) }
        }
    }
}

/// The question of `turn` under a system message that asks for JSON.
pub(crate) fn under_system(turn: Turn) -> Turn {
    let object = plain_answer(&turn);
    turn.in_json(&object)
}

/// Any question, where a grammar forces the reply into an object with these or those keys.
pub(crate) fn schema(rng: &mut Rng, split: Split, fact: impl FnOnce(&mut Rng) -> Turn) -> Turn {
    let turn = match rng.below(10) {
        0 | 1 => entity(rng, split),
        2 => person(rng, split),
        _ => fact(rng),
    };
    let mut object = some_of(rng, &turn.facts);
    // Where the question leaves but one value to want, any key may stand for it.
    if let [(key, _)] = object.as_mut_slice()
        && turn.topic != Topic::Json
        && let Some(others) = OTHER_KEYS.iter().find(|keys| keys.0 == *key)
        && rng.chance(60)
    {
        *key = rng.pick(others.1);
    }
    Turn { forced: object.clone(), ..turn.in_json(&object).topic(Topic::Schema) }
}

/// What else a schema may call a value.
const OTHER_KEYS: &[(&str, &[&str])] = &[
    ("capital", &["answer", "city", "name"]),
    ("country", &["answer", "name", "nation"]),
    ("opposite", &["answer", "antonym"]),
    ("colour", &["answer", "color"]),
    ("days", &["answer", "length"]),
    ("number", &["answer", "count"]),
    ("month", &["answer", "name"]),
    ("day", &["answer", "name"]),
];

/// `{"answer": ...}`: the object where no keys are named.
fn plain_answer(turn: &Turn) -> Vec<Pair> {
    turn.facts.last().map(|fact| ("answer", fact.1.clone())).into_iter().collect()
}

/// The fact asked for, often with what the question was about, in any order.
fn some_of(rng: &mut Rng, facts: &[Pair]) -> Vec<Pair> {
    let mut some = facts.to_vec();
    if some.len() > 1 {
        match rng.below(3) {
            0 => drop(some.remove(0)),
            1 => some.reverse(),
            _ => {}
        }
    }
    some
}

/// Keys named in a sentence: "a and b".
fn with_keys(rng: &mut Rng, split: Split, object: &[Pair]) -> String {
    let keys: Vec<&str> = object.iter().map(|pair| pair.0).collect();
    let and = rng.pick(&[" and ", " and ", ", "]);
    rng.pick(WITH_KEYS.of(split)).replace("{k}", &keys.join(and))
}

/// A wish with a part about keys in the place of what ends it.
fn extended(wish: &str, keys: &str) -> String {
    match wish.strip_suffix('.') {
        Some(wish) => format!("{wish}{keys}"),
        None => format!("{wish}{}", keys.strip_prefix('.').unwrap_or(keys)),
    }
}

/// A thing the model knows, with what it knows about it.
fn entity(rng: &mut Rng, split: Split) -> Turn {
    let (asked, mut object): (String, Vec<Pair>) = match rng.below(10) {
        kind @ 0..=5 => {
            let country = capitals::any_country(rng);
            let (name, capital) = (country.name, country.capital);
            if kind < 3 && name != capital {
                (capital.to_owned(), vec![("name", capital.into()), ("country", name.into())])
            } else {
                let asked = capitals::spoken(rng, country).to_owned();
                (asked, vec![("name", name.into()), ("capital", capital.into())])
            }
        }
        6 | 7 => {
            let (thing, colour) = *rng.choose(COLOURS);
            (thing.to_owned(), vec![("name", colours::bare(thing).into()), ("colour", colour.into())])
        }
        8 => {
            let (month, days) = *rng.choose(MONTHS);
            (month.to_owned(), vec![("name", month.into()), ("days", days.into())])
        }
        _ => {
            let (word, opposite) = opposites::any_pair(rng);
            (format!("the word {word}"), vec![("word", word.into()), ("opposite", opposite.into())])
        }
    };
    let mut user = phrase::ask(rng, split, &AS_JSON, &[("x", &asked)], Case::Free);
    if rng.chance(20) {
        object = some_of(rng, &object);
        user = user.trim_end_matches(['.', '?', '!']).to_owned() + &with_keys(rng, split, &object);
    }
    json_turn(user, object)
}

fn json_turn(user: String, object: Vec<Pair>) -> Turn {
    let turn = Turn::new(Topic::Json, user, "", Expect::Unknown).in_json(&object);
    Turn { facts: object, ..turn }
}

/// A person the user describes.
fn person(rng: &mut Rng, split: Split) -> Turn {
    let name = match (rng.below(3), split) {
        (0, _) => phrase::capitalised(&made_up::word(rng)),
        (1, Split::HeldOut) => rng.pick(NAMES_HELD_OUT).to_owned(),
        _ => rng.pick(NAMES).to_owned(),
    };
    let (age, city) = (rng.between(1, 99), capitals::any_country(rng).capital);
    let sentence = rng.pick(PERSONS);
    let mut object: Vec<Pair> = vec![("name", name.as_str().into())];
    if sentence.contains("{a}") {
        object.push(("age", age.into()));
    }
    if sentence.contains("{c}") {
        object.push(("city", city.into()));
    }
    let told = sentence.replace("{n}", &name).replace("{a}", &age.to_string()).replace("{c}", city);
    let user = if rng.chance(50) {
        format!("{}: {told}", rng.pick(THIS_AS_JSON.of(split)))
    } else {
        format!("{told}. {}", rng.pick(THAT_AS_JSON.of(split)))
    };
    json_turn(phrase::capitalised(&user), object)
}

const THIS_AS_JSON: Wordings = Wordings {
    train: &[
        "As JSON",
        "In JSON",
        "Give me this as JSON",
        "Write this as JSON",
        "Turn this into JSON",
        "Make JSON of this",
        "JSON for this person",
    ],
    held_out: &["Write this in JSON", "Make this JSON", "Turn this person into JSON"],
};

const THAT_AS_JSON: Wordings = Wordings {
    train: &[
        "Give me that as JSON.",
        "Write that as JSON.",
        "As JSON, please.",
        "Make JSON of that.",
        "Turn that into JSON.",
        "JSON, please.",
    ],
    held_out: &["Write that in JSON.", "Give me JSON of that.", "Please turn that into JSON."],
};
