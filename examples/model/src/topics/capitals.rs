//! Capitals of countries, and the countries of capitals.

use crate::Split;
use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::tables::countries::{COUNTRIES, Country, WELL_KNOWN};
use crate::turn::{Expect, Relation, Topic, Turn};

const CAPITAL: Forms = Forms {
    nouns: Wordings {
        train: &[
            "the capital of {x}",
            "the capital of {x}",
            "the capital city of {x}",
            "{x}'s capital",
            "{x}'s capital city",
            "the name of {x}'s capital",
            "the name of the capital of {x}",
            "capital of {x}",
            "the main city of {x}",
            "the {n} capital",
        ],
        held_out: &[
            "the name of the capital city of {x}",
            "the city that is the capital of {x}",
            "capital city of {x}",
        ],
    },
    whole: Wordings {
        train: &[
            "Which city is the capital of {x}?",
            "{x} has which capital?",
            "Which city is {x}'s capital?",
            "{n} capital?",
            "What city is the capital of {x}?",
            "What capital does {x} have?",
            "What is the capital called in {x}?",
            "In {x}, what is the capital?",
            "For {x}, which city is the capital?",
            "What do you call the capital of {x}?",
            "Where is the government of {x}?",
            "{x}: capital?",
            "Which capital belongs to {x}?",
            "What is the capital city in {x}?",
            "The capital of {x} is which city?",
            "Is there a capital in {x}? Which one?",
            "I'm travelling to {x}. What is the capital?",
            "I live in {x}. What is my capital?",
            "How is the capital of {x} called?",
            "Which is the capital of {x}?",
            "Tell me which city is the capital of {x}.",
            "Do you know which city is the capital of {x}?",
            "Which city serves {x} as its capital?",
            "What city is called the capital of {x}?",
            "The capital city of {x} is what?",
            "The capital of {x} has which name?",
            "{x}, what is the capital?",
            "When I visit {x}, what is the capital?",
            "Can you tell me which city is the capital of {x}?",
            "What name has the capital of {x}?",
            "Which city would you call the capital of {x}?",
        ],
        held_out: &[
            "What city serves as the capital of {x}?",
            "The capital city of {x} is called what?",
            "{x}, what is its capital?",
            "Which city would be the capital of {x}?",
            "If I visit {x}, which city is the capital?",
            "Can you tell me which city is {x}'s capital?",
            "What is the name of the capital in {x}?",
        ],
    },
};

const COUNTRY: Forms = Forms {
    nouns: Wordings {
        train: &[
            "the country whose capital is {x}",
            "the country with the capital {x}",
            "the country that has {x} as its capital",
            "the country {x} is the capital of",
            "the country of which {x} is the capital",
            "the country of {x}",
            "the nation whose capital is {x}",
            "the country where {x} is the capital",
            "the country for which {x} is the capital",
        ],
        held_out: &["the name of the country whose capital is {x}", "the country that {x} is the capital of"],
    },
    whole: Wordings {
        train: &[
            "{x} is the capital of which country?",
            "Which country has {x} as its capital?",
            "Which country's capital is {x}?",
            "What country is {x} the capital of?",
            "{x} is the capital of what?",
            "Of which country is {x} the capital?",
            "Which country is {x} the capital of?",
            "{x} is the capital of",
            "What country has the capital {x}?",
            "Which country has the capital {x}?",
            "In which country is {x}?",
            "Where is {x}?",
            "What country is {x} in?",
            "Which country is {x} in?",
            "{x} is in which country?",
            "Which country does {x} belong to?",
            "Tell me which country {x} is the capital of.",
            "Whose capital is {x}?",
            "Do you know which country has {x} as its capital?",
            "I'm in {x}. Which country is that?",
            "{x} is the capital city of which country?",
            "Which nation is {x} the capital of?",
            "Which nation's capital is {x}?",
            "What nation has {x} as its capital?",
            "Name the country whose capital is {x}.",
            "Name the nation that has {x} as its capital.",
            "{x} is what country's capital?",
            "{x} is the capital of which nation?",
            "In what country is {x} located?",
            "{x} is located in which country?",
            "Which country has the capital city {x}?",
            "What is the country {x} is the capital of?",
        ],
        held_out: &[
            "What country's capital is {x}?",
            "Which nation has {x} as its capital?",
            "Name the country that has {x} as capital.",
            "{x} is which country's capital?",
            "{x} is the capital of what country?",
            "Which country is {x} located in?",
        ],
    },
};

/// A country; the well-known ones come up more often, as they do in life.
pub(crate) fn any_country(rng: &mut Rng) -> &'static Country {
    let known = if rng.chance(35) { &COUNTRIES[..WELL_KNOWN] } else { COUNTRIES };
    rng.choose(known)
}

/// The country as people write it: mostly with its article, sometimes without.
pub(crate) fn spoken(rng: &mut Rng, country: &Country) -> &'static str {
    if rng.chance(15) { country.name } else { country.in_text }
}

pub(crate) fn capital(rng: &mut Rng, split: Split) -> Turn {
    let country = any_country(rng);
    let asked = spoken(rng, country);
    let slots = [("x", asked), ("n", country.name)];
    let user = phrase::ask(rng, split, &CAPITAL, &slots, Case::Free);
    capital_turn(user, country)
}

pub(crate) fn capital_turn(user: String, country: &Country) -> Turn {
    let Country { in_text, capital, .. } = country;
    let reply = format!("The capital of {in_text} is {capital}.");
    Turn::new(Topic::Capital, user, &reply, Expect::Ends((*capital).into()))
        .brief(&format!("It is {capital}."))
        .relation(Relation::Capital)
        .facts([("country", country.name.into()), ("capital", (*capital).into())])
}

pub(crate) fn country(rng: &mut Rng, split: Split) -> Turn {
    let country = any_country(rng);
    let user = phrase::ask(rng, split, &COUNTRY, &[("x", country.capital)], Case::Free);
    country_turn(user, country)
}

pub(crate) fn country_turn(user: String, country: &Country) -> Turn {
    let Country { name, in_text, capital } = country;
    let reply = format!("The country with the capital {capital} is {in_text}.");
    Turn::new(Topic::Country, user, &reply, Expect::Ends((*name).into()))
        .brief(&format!("It is {in_text}."))
        .relation(Relation::Country)
        .facts([("capital", (*capital).into()), ("country", (*name).into())])
}
