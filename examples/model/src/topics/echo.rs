//! Repeating what the user said: the plainest form of copying.

use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::tables::words::{DISHES, HEROES, NAMES, ODD_WORDS};
use crate::topics::capitals;
use crate::turn::{Expect, Topic, Turn};
use crate::{Split, made_up};

const FORMS: Forms = Forms {
    nouns: Wordings { train: &[], held_out: &[] },
    whole: Wordings {
        train: &[
            "Repeat {x}.",
            "Repeat: {x}",
            "Repeat after me: {x}",
            "Repeat the words {x}.",
            "Repeat \"{x}\".",
            "Echo {x}",
            "Echo: {x}",
            "Please repeat {x}.",
            "Can you repeat {x}?",
            "Say after me: {x}",
            "Just repeat {x}.",
            "Repeat this: {x}",
            "Can you repeat \"{x}\"?",
            "Repeat what I say: {x}",
        ],
        held_out: &[
            "Could you repeat {x}?",
            "Please repeat after me: {x}",
            "Repeat these words: {x}",
            "Would you repeat {x}?",
        ],
    },
};

pub(crate) fn turn(rng: &mut Rng, split: Split) -> Turn {
    let words: Vec<String> = (0..rng.between(1, 2)).map(|_| word(rng)).collect();
    let words = words.join(" ");
    let user = phrase::ask(rng, split, &FORMS, &[("x", &words)], Case::Kept);
    Turn::new(Topic::Echo, user, &format!("You said: {words}"), Expect::Says(vec![words.clone()]))
}

fn word(rng: &mut Rng) -> String {
    match rng.below(7) {
        0 => rng.between(0, 99).to_string(),
        1 => rng.pick(NAMES).to_owned(),
        2 => rng.pick(ODD_WORDS).to_owned(),
        3 => rng.pick(DISHES).to_owned(),
        4 => capitals::any_country(rng).name.to_owned(),
        5 => rng.pick(HEROES).to_owned(),
        _ => made_up::word(rng),
    }
}
