//! Small sums, differences and products.

use crate::Split;
use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::turn::{Expect, Topic, Turn};

/// The largest number the model adds and subtracts.
pub(crate) const LARGEST_TERM: u32 = 10;
/// The largest number the model multiplies.
pub(crate) const LARGEST_FACTOR: u32 = 10;

const NUMBER_WORDS: &[&str] =
    &["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

pub(crate) const ADD: Forms = Forms {
    nouns: Wordings {
        train: &[
            "{a} + {b}",
            "{a} + {b}",
            "{a}+{b}",
            "{a} plus {b}",
            "the sum of {a} and {b}",
            "{a} and {b} added together",
            "{a} added to {b}",
        ],
        held_out: &["the total of {a} and {b}", "the result of {a} plus {b}", "the result of {a} + {b}"],
    },
    whole: Wordings {
        train: &[
            "Add {a} and {b}.",
            "Add {a} to {b}.",
            "How much is {a} + {b}?",
            "How much is {a} plus {b}?",
            "What do {a} and {b} make?",
            "{a} + {b} =",
            "{a}+{b}=",
            "{a} + {b} = ?",
            "Calculate {a} + {b}.",
            "Compute {a} plus {b}.",
            "What does {a} + {b} equal?",
            "I have {a} apples and get {b} more. How many do I have?",
            "What do I get if I add {a} and {b}?",
            "{a} plus {b} equals",
            "{a} plus {b} makes what?",
            "Work out {a} + {b}.",
            "Can you add {a} and {b}?",
            "Sum up {a} and {b}.",
            "What does {a} plus {b} make?",
            "Can you compute {a} plus {b}?",
            "Can you solve {a} + {b}?",
            "Solve {a} + {b}.",
            "Could you add {a} and {b}?",
            "When I add {a} and {b}, what do I get?",
        ],
        held_out: &[
            "What does {a} plus {b} equal?",
            "Please add {a} and {b}.",
            "How much do {a} and {b} make?",
            "Can you work out {a} + {b}?",
            "If I add {b} to {a}, what do I get?",
            "Can you calculate {a} plus {b}?",
        ],
    },
};

pub(crate) const SUBTRACT: Forms = Forms {
    nouns: Wordings {
        train: &[
            "{a} - {b}",
            "{a} - {b}",
            "{a}-{b}",
            "{a} minus {b}",
            "the difference between {a} and {b}",
            "{a} take away {b}",
            "{a} less {b}",
        ],
        held_out: &["the result of {a} minus {b}", "the result of {a} - {b}"],
    },
    whole: Wordings {
        train: &[
            "Subtract {b} from {a}.",
            "Take {b} from {a}.",
            "How much is {a} - {b}?",
            "How much is {a} minus {b}?",
            "{a} - {b} =",
            "{a}-{b}=",
            "{a} - {b} = ?",
            "Calculate {a} - {b}.",
            "Compute {a} minus {b}.",
            "What does {a} - {b} equal?",
            "{a} minus {b} equals",
            "I have {a} apples and eat {b}. How many are left?",
            "What do I get if I take {b} away from {a}?",
            "Work out {a} - {b}.",
            "{a} minus {b} makes what?",
            "Can you subtract {b} from {a}?",
            "What is left when I take {b} from {a}?",
            "What does {a} minus {b} make?",
            "Can you compute {a} minus {b}?",
            "Can you solve {a} - {b}?",
            "Solve {a} - {b}.",
            "Could you subtract {b} from {a}?",
            "When I subtract {b} from {a}, what do I get?",
        ],
        held_out: &[
            "What does {a} minus {b} equal?",
            "Please subtract {b} from {a}.",
            "Can you work out {a} - {b}?",
            "What do I get if I subtract {b} from {a}?",
            "Can you calculate {a} minus {b}?",
        ],
    },
};

pub(crate) const MULTIPLY: Forms = Forms {
    nouns: Wordings {
        train: &[
            "{a} * {b}",
            "{a} x {b}",
            "{a}*{b}",
            "{a} times {b}",
            "the product of {a} and {b}",
            "{a} multiplied by {b}",
            "{a} times {b}",
        ],
        held_out: &["the result of {a} times {b}", "the result of {a} * {b}"],
    },
    whole: Wordings {
        train: &[
            "Multiply {a} and {b}.",
            "Multiply {a} by {b}.",
            "How much is {a} * {b}?",
            "How much is {a} times {b}?",
            "{a} * {b} =",
            "{a}x{b}",
            "{a} * {b} = ?",
            "Calculate {a} * {b}.",
            "Compute {a} times {b}.",
            "What does {a} * {b} equal?",
            "{a} times {b} equals",
            "What do I get if I multiply {a} and {b}?",
            "Work out {a} x {b}.",
            "{a} times {b} makes what?",
            "Can you multiply {a} and {b}?",
            "How many eggs are in {a} boxes of {b}?",
            "What does {a} times {b} make?",
            "Can you compute {a} times {b}?",
            "Can you solve {a} * {b}?",
            "Solve {a} * {b}.",
            "Could you multiply {a} and {b}?",
            "When I multiply {a} and {b}, what do I get?",
        ],
        held_out: &[
            "What does {a} times {b} equal?",
            "Please multiply {a} by {b}.",
            "Can you work out {a} * {b}?",
            "If I multiply {a} by {b}, what do I get?",
            "Can you calculate {a} times {b}?",
        ],
    },
};

pub(crate) fn turn(rng: &mut Rng, split: Split) -> Turn {
    let (forms, sign, first, second, result) = match rng.below(3) {
        0 => {
            let (a, b) = (rng.between(0, LARGEST_TERM), rng.between(0, LARGEST_TERM));
            (&ADD, '+', a, b, a + b)
        }
        1 => {
            let a = rng.between(0, LARGEST_TERM);
            let b = rng.between(0, a);
            (&SUBTRACT, '-', a, b, a - b)
        }
        _ => {
            let (a, b) = (rng.between(0, LARGEST_FACTOR), rng.between(0, LARGEST_FACTOR));
            (&MULTIPLY, '*', a, b, a * b)
        }
    };
    let in_words = rng.chance(20);
    let (a, b) = (spelled(first, in_words), spelled(second, in_words));
    let user = phrase::ask(rng, split, forms, &[("a", &a), ("b", &b)], Case::Free);
    let reply = format!("{first} {sign} {second} = {result}.");
    Turn::new(Topic::Arithmetic, user, &reply, Expect::Ends(result.to_string()))
}

fn spelled(number: u32, in_words: bool) -> String {
    match NUMBER_WORDS.get(number as usize) {
        Some(word) if in_words => (*word).to_owned(),
        _ => number.to_string(),
    }
}
