//! Words that do not exist.
//!
//! Names and stories copy them, so that the model learns to copy, not to recite;
//! questions about them teach it that not every question has an answer.

use crate::rng::Rng;

const STARTS: &[&str] = &[
    "b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "dr", "gl", "kr", "pl", "sk",
    "st", "tr", "bl", "fl", "gr", "sh", "ch", "h", "j", "w",
];
const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "a", "e", "o", "ai", "oo", "ee"];
const ENDS: &[&str] = &["", "", "", "n", "r", "l", "s", "k", "m", "t", "nd", "x", "rk", "ck"];

/// A word of two or three syllables, in lower case.
pub(crate) fn word(rng: &mut Rng) -> String {
    let syllables = rng.between(1, 2);
    let mut word = String::new();
    for _ in 0..syllables {
        word.push_str(rng.pick(STARTS));
        word.push_str(rng.pick(VOWELS));
    }
    word.push_str(rng.pick(STARTS));
    word.push_str(rng.pick(VOWELS));
    word.push_str(rng.pick(ENDS));
    word
}
