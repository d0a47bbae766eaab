//! The colour of things, and what mixed colours make.

use crate::Split;
use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::tables::colours::{COLOURS, MIXES};
use crate::turn::{Expect, Relation, Topic, Turn};

const COLOUR: Forms = Forms {
    nouns: Wordings {
        train: &[
            "the {c} of {x}",
            "the {c} of {x}",
            "the {c} that {x} has",
            "the usual {c} of {x}",
            "the {c} {x} has",
        ],
        held_out: &["the typical {c} of {x}", "the name of the {c} of {x}"],
    },
    whole: Wordings {
        train: &[
            "What {c} is {x}?",
            "What {c} is {x}?",
            "Which {c} is {x}?",
            "Which {c} has {x}?",
            "Which {c} does {x} have?",
            "What {c} does {x} have?",
            "{x} is what {c}?",
            "{x} has which {c}?",
            "What {c} is {x} usually?",
            "What's the {c} of {x}?",
            "What {c} do you see when you look at {x}?",
            "Tell me what {c} {x} is.",
            "Do you know what {c} {x} is?",
            "{x}: which {c}?",
            "In what {c} should I paint {x}?",
            "I want to draw {x}. Which {c} do I need?",
            "Can you tell me the {c} of {x}?",
            "Is {x} red or blue or something else?",
            "How does {x} look? Which {c}?",
            "Which {c} would {x} have?",
            "{x} is of what {c}?",
            "What {c} has {x}?",
            "Tell me the {c} {x} has.",
            "What {c} do I use to paint {x}?",
            "I am drawing {x}. Which {c} should I take?",
            "Which {c} is typical for {x}?",
            "Which {c} do you think {x} is?",
            "What {c} should {x} be?",
        ],
        held_out: &[
            "Which {c} would you say {x} is?",
            "{x} is of which {c}?",
            "What {c} would {x} be?",
            "Tell me which {c} {x} has.",
            "Which {c} is right for {x}?",
            "I am painting {x}. What {c} should I use?",
        ],
    },
};

const MIX: Forms = Forms {
    nouns: Wordings {
        train: &["the mix of {a} and {b}", "the {c} made of {a} and {b}", "the mixture of {a} and {b}"],
        held_out: &["the {c} you get from {a} and {b}"],
    },
    whole: Wordings {
        train: &[
            "What do {a} and {b} make?",
            "What {c} do I get when I mix {a} and {b}?",
            "What is {a} mixed with {b}?",
            "Mix {a} and {b}.",
            "If I mix {a} and {b}, what do I get?",
            "What {c} do {a} and {b} make?",
            "Which {c} comes out of {a} and {b}?",
            "{a} and {b} make which {c}?",
            "What happens when I mix {a} with {b}?",
            "Mixing {a} with {b} makes which {c}?",
            "Mixing {a} and {b} gives what?",
            "Which {c} do I get from {a} and {b}?",
            "What {c} is made by {a} and {b}?",
        ],
        held_out: &["Which {c} do I get if I mix {a} with {b}?", "Mixing {a} and {b} makes what {c}?"],
    },
};

pub(crate) fn turn(rng: &mut Rng, split: Split) -> Turn {
    let spelling = if rng.chance(50) { "colour" } else { "color" };
    if rng.chance(15) {
        return mix_turn(rng, split, spelling);
    }
    let (thing, colour) = *rng.choose(COLOURS);
    let user = phrase::ask(rng, split, &COLOUR, &[("x", thing), ("c", spelling)], Case::Free);
    colour_turn(user, thing, colour)
}

pub(crate) fn colour_turn(user: String, thing: &str, colour: &str) -> Turn {
    let reply = format!("The colour of {thing} is {colour}.");
    Turn::new(Topic::Colour, user, &reply, Expect::Ends(colour.into()))
        .brief(&format!("It is {colour}."))
        .relation(Relation::Colour)
        .facts([("thing", bare(thing).into()), ("colour", colour.into())])
}

/// The thing without its article.
pub(crate) fn bare(thing: &str) -> &str {
    ["a ", "an ", "the "].iter().find_map(|article| thing.strip_prefix(article)).unwrap_or(thing)
}

fn mix_turn(rng: &mut Rng, split: Split, spelling: &str) -> Turn {
    let (first, second, made) = *rng.choose(MIXES);
    let (first, second) = if rng.chance(50) { (first, second) } else { (second, first) };
    let user = phrase::ask(rng, split, &MIX, &[("a", first), ("b", second), ("c", spelling)], Case::Free);
    let reply = format!("The mix of {first} and {second} is {made}.");
    Turn::new(Topic::Colour, user, &reply, Expect::Ends(made.into()))
        .brief(&format!("It is {made}."))
        .facts([("colour", made.into())])
}
