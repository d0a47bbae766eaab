//! Which of two numbers is bigger, and whether one is.

use crate::Split;
use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::turn::{Expect, Topic, Turn};

const WHICH: Forms = Forms {
    nouns: Wordings {
        train: &["the {er} number, {a} or {b}", "the {er} of {a} and {b}", "the {er} one of {a} and {b}"],
        held_out: &["the {er} one, {a} or {b}"],
    },
    whole: Wordings {
        train: &[
            "Which is {er}, {a} or {b}?",
            "Which is {er}: {a} or {b}?",
            "What is {er}, {a} or {b}?",
            "Which number is {er}, {a} or {b}?",
            "{a} or {b}, which is {er}?",
            "{a} or {b}: which one is {er}?",
            "Is {a} or {b} {er}?",
            "Which of {a} and {b} is {er}?",
            "Between {a} and {b}, which is {er}?",
            "Tell me which is {er}, {a} or {b}.",
            "Which one is {er}, {a} or {b}?",
            "Which of the two is {er}, {a} or {b}?",
            "Which of these numbers is {er}, {a} or {b}?",
            "Of the numbers {a} and {b}, which one is {er}?",
            "What is the {er} number, {a} or {b}?",
            "Can you say which is {er}, {a} or {b}?",
            "Do you know which is {er}, {a} or {b}?",
        ],
        held_out: &[
            "Of {a} and {b}, which is {er}?",
            "Which of the numbers {a} and {b} is {er}?",
            "What number is {er}, {a} or {b}?",
            "Can you tell me which is {er}, {a} or {b}?",
        ],
    },
};

const WHETHER: Forms = Forms {
    nouns: Wordings { train: &[], held_out: &[] },
    whole: Wordings {
        train: &[
            "Is {a} {er} than {b}?",
            "Is {a} {er} than {b}?",
            "Is it true that {a} is {er} than {b}?",
            "Would you say {a} is {er} than {b}?",
            "{a} is {er} than {b}, right?",
            "Is the number {a} {er} than {b}?",
            "Tell me if {a} is {er} than {b}.",
            "Do you think {a} is {er} than {b}?",
            "{a} is {er} than {b}, true?",
            "Is it right that {a} is {er} than {b}?",
            "Can you say if {a} is {er} than {b}?",
            "I think {a} is {er} than {b}. Am I right?",
            "Do you know if {a} is {er} than {b}?",
            "{a} is {er} than {b}. Is that right?",
        ],
        held_out: &[
            "Can you tell me if {a} is {er} than {b}?",
            "Am I right that {a} is {er} than {b}?",
            "{a} is {er} than {b}, is that true?",
        ],
    },
};

/// The largest number that is compared.
const LARGEST: u32 = 20;

pub(crate) fn turn(rng: &mut Rng, split: Split) -> Turn {
    let first = rng.between(0, LARGEST);
    let second = match rng.between(0, LARGEST) {
        same if same == first => (first + 1) % (LARGEST + 1),
        other => other,
    };
    let bigger = rng.chance(60);
    let asked =
        rng.pick(if bigger { &["bigger", "larger", "greater"] } else { &["smaller", "less", "lower"] });
    let (a, b) = (first.to_string(), second.to_string());
    let slots = [("a", a.as_str()), ("b", b.as_str()), ("er", asked)];
    // The reply names both numbers before it decides: that is how a small model can.
    let winner = if (first > second) == bigger { first } else { second };
    let reason = format!("{first} and {second}: {winner} is {}", if bigger { "bigger" } else { "smaller" });
    if rng.chance(55) {
        let asked = if asked == "less" { "smaller" } else { asked };
        let slots = [slots[0], slots[1], ("er", asked)];
        let user = phrase::ask(rng, split, &WHICH, &slots, Case::Free);
        let (_, decision) = reason.split_once(": ").unwrap_or_default();
        return Turn::new(
            Topic::Comparison,
            user,
            &format!("{reason}."),
            Expect::Says(vec![decision.to_owned()]),
        );
    }
    let user = phrase::ask(rng, split, &WHETHER, &slots, Case::Free);
    let verdict = if winner == first { "yes" } else { "no" };
    Turn::new(Topic::Comparison, user, &format!("{reason}, so {verdict}."), Expect::Ends(verdict.to_owned()))
}
