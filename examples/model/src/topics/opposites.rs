//! Words that mean the opposite.

use crate::Split;
use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::tables::opposites::{ONE_WAY, OPPOSITES};
use crate::turn::{Expect, Relation, Topic, Turn};

const FORMS: Forms = Forms {
    nouns: Wordings {
        train: &[
            "the opposite of {x}",
            "the opposite of {x}",
            "the opposite of \"{x}\"",
            "the contrary of {x}",
            "the antonym of {x}",
            "an antonym of {x}",
            "the word with the opposite meaning of {x}",
            "a word opposite to {x}",
            "the antonym for {x}",
            "a word that means the opposite of {x}",
            "the opposite word of {x}",
            "opposite of {x}",
            "the reverse of {x}",
        ],
        held_out: &[
            "the opposite of the word {x}",
            "a word with the opposite meaning of {x}",
            "an antonym for {x}",
        ],
    },
    whole: Wordings {
        train: &[
            "What is opposite to {x}?",
            "Which word is the opposite of {x}?",
            "{x} is the opposite of what?",
            "The opposite of {x} is",
            "What word means the opposite of {x}?",
            "What do you call the opposite of {x}?",
            "What is not {x}?",
            "If it is not {x}, what is it?",
            "{x}, and the opposite?",
            "{x} has which opposite?",
            "If something is not {x}, it is",
            "{x}: opposite?",
            "{x} and",
            "What is the word for the opposite of {x}?",
            "Say the contrary of {x}.",
            "Which word means the contrary of {x}?",
            "{x} is the opposite of which word?",
            "Do you know a word that is the opposite of {x}?",
            "Which word is opposite to {x}, please?",
            "What is the opposite word to {x}?",
            "{x} is opposite to which word?",
            "To what is {x} opposite?",
            "What would be opposite to {x}?",
            "What word is opposite to {x}?",
            "What would you say is the opposite of {x}?",
            "Which word would be the opposite of {x}?",
            "Tell me which word is the opposite of {x}.",
            "What word has the opposite meaning of {x}?",
            "Which is the opposite of {x}?",
        ],
        held_out: &[
            "Which word means the opposite of {x}?",
            "What would you call the opposite of {x}?",
            "{x} is opposite to what?",
            "What word is the opposite of {x}?",
            "Which word is opposite to {x}?",
        ],
    },
};

/// A word and its opposite.
pub(crate) fn any_pair(rng: &mut Rng) -> (&'static str, &'static str) {
    let at = rng.below(2 * OPPOSITES.len() + ONE_WAY.len());
    match at.checked_sub(2 * OPPOSITES.len()) {
        Some(one_way) => ONE_WAY[one_way],
        None if at.is_multiple_of(2) => OPPOSITES[at / 2],
        None => (OPPOSITES[at / 2].1, OPPOSITES[at / 2].0),
    }
}

pub(crate) fn turn(rng: &mut Rng, split: Split) -> Turn {
    let (word, opposite) = any_pair(rng);
    let user = phrase::ask(rng, split, &FORMS, &[("x", word)], Case::Free);
    opposite_turn(user, word, opposite)
}

pub(crate) fn opposite_turn(user: String, word: &str, opposite: &str) -> Turn {
    let reply = format!("The opposite of {word} is {opposite}.");
    Turn::new(Topic::Opposite, user, &reply, Expect::Ends(opposite.into()))
        .brief(&format!("It is {opposite}."))
        .relation(Relation::Opposite)
        .facts([("word", word.into()), ("opposite", opposite.into())])
}
