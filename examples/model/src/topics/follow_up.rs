//! Questions that lean on the one before: "And of Italy?"

use crate::Split;
use crate::phrase::Wordings;
use crate::rng::Rng;
use crate::tables::colours::COLOURS;
use crate::topics::{capitals, colours, opposites};
use crate::turn::{Relation, Topic, Turn};

const FORMS: Wordings = Wordings {
    train: &[
        "And {x}?",
        "And of {x}?",
        "And for {x}?",
        "What about {x}?",
        "How about {x}?",
        "And what about {x}?",
        "{x}?",
        "and {x}",
        "Okay, and {x}?",
        "The same for {x}.",
        "Now {x}.",
        "Next: {x}",
        "Then {x}?",
        "And now {x}?",
        "what about {x}",
        "Tell me about {x} too.",
        "Thanks. And {x}?",
    ],
    held_out: &[
        "Good, and {x}?",
        "And how about {x}?",
        "Now for {x}.",
        "And then {x}?",
        "Great, what about {x}?",
    ],
};

/// A question about something else in the same relation as the question before.
pub(crate) fn turn(rng: &mut Rng, split: Split, relation: Relation) -> Turn {
    let form = rng.pick(FORMS.of(split));
    let fill = |x: &str| crate::phrase::capitalised(&form.replace("{x}", x));
    let mut turn = match relation {
        Relation::Capital => {
            let country = capitals::any_country(rng);
            let asked = capitals::spoken(rng, country);
            capitals::capital_turn(fill(asked), country)
        }
        Relation::Country => {
            let country = capitals::any_country(rng);
            capitals::country_turn(fill(country.capital), country)
        }
        Relation::Opposite => {
            let (word, opposite) = opposites::any_pair(rng);
            opposites::opposite_turn(fill(word), word, opposite)
        }
        Relation::Colour => {
            let (thing, colour) = *rng.choose(COLOURS);
            colours::colour_turn(fill(thing), thing, colour)
        }
    };
    turn.topic = Topic::FollowUp;
    turn
}
