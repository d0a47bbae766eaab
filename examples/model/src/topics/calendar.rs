//! Days, months and units of time.

use crate::Split;
use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::tables::calendar::{DAYS, MONTHS, ORDINALS, UNITS};
use crate::turn::{Expect, Topic, Turn};

const AFTER: Forms = Forms {
    nouns: Wordings {
        train: &[
            "the {k} after {x}",
            "the next {k} after {x}",
            "the {k} that comes after {x}",
            "the {k} following {x}",
            "the {k} that follows {x}",
            "the {k} which is after {x}",
        ],
        held_out: &["the {k} which follows {x}"],
    },
    whole: Wordings {
        train: &[
            "What {k} comes after {x}?",
            "Which {k} comes after {x}?",
            "What comes after {x}?",
            "Which {k} follows {x}?",
            "What is after {x}?",
            "What {k} is after {x}?",
            "Which {k} is next after {x}?",
            "Today is {x}. What is tomorrow?",
            "If it is {x} now, what comes next?",
            "After {x} comes which {k}?",
            "After {x} comes",
            "{x} is followed by what?",
            "By which {k} is {x} followed?",
            "What {k} is following {x}?",
            "Which {k} is right after {x}?",
            "What {k} is next after {x}?",
            "Which {k} would follow {x}?",
        ],
        held_out: &["{x} is followed by which {k}?", "What {k} follows {x}?", "Which {k} is after {x}?"],
    },
};

const BEFORE: Forms = Forms {
    nouns: Wordings {
        train: &[
            "the {k} before {x}",
            "the {k} that comes before {x}",
            "the {k} right before {x}",
            "the {k} which is before {x}",
            "the previous {k} before {x}",
        ],
        held_out: &["the {k} which comes before {x}"],
    },
    whole: Wordings {
        train: &[
            "What {k} comes before {x}?",
            "Which {k} comes before {x}?",
            "What comes before {x}?",
            "What is before {x}?",
            "What {k} is before {x}?",
            "Today is {x}. What was yesterday?",
            "Before {x} comes which {k}?",
            "Which {k} was before {x}?",
            "Before {x} comes",
            "What {k} was right before {x}?",
            "Which {k} is right before {x}?",
            "What {k} is it before {x}?",
        ],
        held_out: &["What {k} was before {x}?", "Which {k} is before {x}?"],
    },
};

const LENGTH: Forms = Forms {
    nouns: Wordings {
        train: &["the number of days in {x}", "the length of {x} in days"],
        held_out: &["the number of days that {x} has"],
    },
    whole: Wordings {
        train: &[
            "How many days does {x} have?",
            "How many days are in {x}?",
            "How many days are there in {x}?",
            "How long is {x}?",
            "{x} has how many days?",
            "How many days has {x}?",
            "How many days long is {x}?",
            "Tell me how many days {x} has.",
            "Do you know how many days {x} has?",
            "How many days has the month of {x}?",
            "How many days are in the month of {x}?",
            "Can you tell me how long {x} is?",
            "How many days are there in the month {x}?",
        ],
        held_out: &["How many days are there in the month of {x}?", "Can you tell me how many days {x} has?"],
    },
};

const NUMBER: Forms = Forms {
    nouns: Wordings {
        train: &["the number of the month {x}", "the position of {x} in the year"],
        held_out: &["the place of {x} in the year"],
    },
    whole: Wordings {
        train: &[
            "Which number is {x}?",
            "What number month is {x}?",
            "{x} is which month of the year?",
            "Which month number is {x}?",
            "Which month of the year is {x}?",
            "What number has {x}?",
            "What number is {x}?",
            "What number is {x} among the months?",
            "Which number is the month of {x}?",
            "What number has the month {x}?",
            "{x} is month number what?",
            "{x} has which number?",
        ],
        held_out: &["What number is the month {x}?", "{x} is which month number?"],
    },
};

const NTH: Forms = Forms {
    nouns: Wordings {
        train: &["the {x} {k} of the {w}", "the name of the {x} {k} of the {w}", "the {x} {k} in a {w}"],
        held_out: &["the {x} {k} in the {w}"],
    },
    whole: Wordings {
        train: &[
            "Which {k} is the {x}?",
            "Which is the {x} {k}?",
            "Which {k} is the {x} of the {w}?",
            "What {k} is the {x} one?",
            "What is the {x} {k} called?",
            "Which {k} comes {x}?",
            "What {k} comes {x} in the {w}?",
            "What do you call the {x} {k}?",
            "Which {k} is {x} in the {w}?",
        ],
        held_out: &["Which {k} comes {x} in the {w}?", "What do you call the {x} {k} of the {w}?"],
    },
};

const COUNT: Forms = Forms {
    nouns: Wordings {
        train: &["the number of {x} in a {w}"],
        held_out: &["the number of {x} that a {w} has"],
    },
    whole: Wordings {
        train: &[
            "How many {x} are in a {w}?",
            "How many {x} are there in a {w}?",
            "How many {x} does a {w} have?",
            "How many {x} has a {w}?",
            "A {w} has how many {x}?",
            "How many {x} make a {w}?",
            "How many {x} in one {w}?",
            "In a {w}, how many {x} are there?",
            "Tell me how many {x} a {w} has.",
            "Do you know how many {x} are in a {w}?",
            "How many {x} are in one {w}?",
            "Can you tell me how many {x} a {w} has?",
            "How many {x} will a {w} have?",
            "How many {x} are there per {w}?",
        ],
        held_out: &[
            "How many {x} are there in one {w}?",
            "Can you tell me how many {x} are in a {w}?",
            "How many {x} would a {w} have?",
        ],
    },
};

pub(crate) fn turn(rng: &mut Rng, split: Split) -> Turn {
    match rng.below(10) {
        0..=2 => neighbour(rng, split, true),
        3..=4 => neighbour(rng, split, false),
        5 => length(rng, split),
        6 => number(rng, split),
        7 => nth(rng, split),
        _ => count(rng, split),
    }
}

fn days_or_months(rng: &mut Rng) -> (&'static str, Vec<&'static str>) {
    if rng.chance(40) {
        ("day", DAYS.to_vec())
    } else {
        ("month", MONTHS.iter().map(|month| month.0).collect())
    }
}

fn neighbour(rng: &mut Rng, split: Split, after: bool) -> Turn {
    let (kind, names) = days_or_months(rng);
    let at = rng.below(names.len());
    let step = if after { 1 } else { names.len() - 1 };
    let (asked, answer) = (names[at], names[(at + step) % names.len()]);
    let (forms, word) = if after { (&AFTER, "after") } else { (&BEFORE, "before") };
    let mut user = phrase::ask(rng, split, forms, &[("x", asked), ("k", kind)], Case::Free);
    if kind == "month" {
        // The wordings about today and tomorrow only make sense for days.
        user = user.replace("Today is", "It is").replace("today is", "it is");
        user =
            user.replace("is tomorrow", "is the next month").replace("was yesterday", "was the month before");
    }
    let reply = format!("The {kind} {word} {asked} is {answer}.");
    Turn::new(Topic::Calendar, user, &reply, Expect::Ends(answer.into()))
        .brief(&format!("It is {answer}."))
        .facts([(kind, answer.into())])
}

fn length(rng: &mut Rng, split: Split) -> Turn {
    let (month, days) = *rng.choose(MONTHS);
    let user = phrase::ask(rng, split, &LENGTH, &[("x", month)], Case::Free);
    let reply = format!("The month of {month} has {days} days.");
    Turn::new(Topic::Calendar, user, &reply, Expect::Ends(format!("{days} days")))
        .brief(&format!("It is {days} days."))
        .facts([("month", month.into()), ("days", days.into())])
}

fn number(rng: &mut Rng, split: Split) -> Turn {
    let at = rng.below(MONTHS.len());
    let (month, _) = MONTHS[at];
    let user = phrase::ask(rng, split, &NUMBER, &[("x", month)], Case::Free);
    let reply = format!("The month of {month} is number {}.", at + 1);
    Turn::new(Topic::Calendar, user, &reply, Expect::Ends((at + 1).to_string()))
        .brief(&format!("It is {}.", at + 1))
        .facts([("month", month.into()), ("number", (at + 1).into())])
}

fn nth(rng: &mut Rng, split: Split) -> Turn {
    let (kind, names) = days_or_months(rng);
    let whole = if kind == "day" { "week" } else { "year" };
    let at = rng.below(names.len());
    let last = at + 1 == names.len() && rng.chance(50);
    let place = if last { "last" } else { ORDINALS[at] };
    let user = phrase::ask(rng, split, &NTH, &[("x", place), ("k", kind), ("w", whole)], Case::Free);
    let reply = format!("The {place} {kind} of the {whole} is {}.", names[at]);
    Turn::new(Topic::Calendar, user, &reply, Expect::Ends(names[at].into()))
        .brief(&format!("It is {}.", names[at]))
        .facts([(kind, names[at].into())])
}

fn count(rng: &mut Rng, split: Split) -> Turn {
    let (small, large, number) = *rng.choose(UNITS);
    let user = phrase::ask(rng, split, &COUNT, &[("x", small), ("w", large)], Case::Free);
    let article = if large == "hour" { "An" } else { "A" };
    let user = if large == "hour" { user.replace("a hour", "an hour") } else { user };
    let reply = format!("{article} {large} has {number} {small}.");
    Turn::new(Topic::Calendar, user, &reply, Expect::Ends(format!("{number} {small}")))
        .brief(&format!("It is {number} {small}."))
        .facts([("number", number.into())])
}
