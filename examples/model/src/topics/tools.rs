//! Tools: when to call which.

use crate::phrase::{self, Case, Forms, Wordings};
use crate::rng::Rng;
use crate::tables::tools::{CALCULATOR, CITIES, CLOCK, Definitions, OTHERS, WEATHER};
use crate::tool::{self, Tool};
use crate::topics::{arithmetic, capitals, outside};
use crate::turn::{Expect, Topic, Turn};
use crate::{Split, made_up};

/// The tools that the model knows how to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Weather,
    Calculator,
    Clock,
}

impl Known {
    const ALL: [Self; 3] = [Self::Weather, Self::Calculator, Self::Clock];

    const fn definitions(self) -> &'static Definitions {
        match self {
            Self::Weather => &WEATHER,
            Self::Calculator => &CALCULATOR,
            Self::Clock => &CLOCK,
        }
    }

    fn offer(self, rng: &mut Rng) -> Tool {
        let &Definitions { names, parameters, descriptions } = self.definitions();
        // The first name and the first parameter are the usual ones.
        let mut any = |usual: u32, all: &[&'static str]| {
            if rng.chance(usual) { all.first().copied() } else { all.get(rng.below(all.len())).copied() }
        };
        let (name, parameter) = (any(60, names).unwrap_or_default(), any(70, parameters));
        Tool::new(name, parameter.as_slice(), rng.pick(descriptions))
    }

    fn is(self, tool: &Tool) -> bool {
        self.definitions().names.contains(&tool.name.as_str())
    }
}

/// One to three of the known tools, sometimes another one, in any order.
pub(crate) fn offer(rng: &mut Rng) -> Vec<Tool> {
    let mut left = Known::ALL.to_vec();
    let mut tools: Vec<Tool> = (0..*rng.choose(&[1, 1, 2, 2, 3, 3]))
        .map(|_| left.swap_remove(rng.below(left.len())).offer(rng))
        .collect();
    if rng.chance(12) {
        let &(name, parameters, description) = rng.choose(OTHERS);
        tools.insert(rng.below(tools.len() + 1), Tool::new(name, parameters, description));
    }
    tools
}

/// Which of the known tools are among `tools`, or are not.
fn known(tools: &[Tool], offered: bool) -> Vec<Known> {
    let is_there = |known: &Known| tools.iter().any(|tool| known.is(tool));
    Known::ALL.into_iter().filter(|known| is_there(known) == offered).collect()
}

const IN_CITY: Forms = Forms {
    nouns: Wordings {
        train: &[
            "the weather in {x}",
            "the weather in {x}",
            "the weather like in {x}",
            "the weather in {x} now",
            "the weather in {x} today",
            "the current weather in {x}",
            "the temperature in {x}",
            "{x}'s weather",
            "the weather of {x}",
            "the weather for {x}",
        ],
        held_out: &[
            "the weather in {x} right now",
            "the current temperature in {x}",
            "the weather around {x}",
        ],
    },
    whole: Wordings {
        train: &[
            "What is the weather in {x}?",
            "What is the weather like in {x}?",
            "What's the weather in {x}?",
            "How is the weather in {x}?",
            "How's the weather in {x}?",
            "How warm is it in {x}?",
            "How cold is it in {x}?",
            "How hot is it in {x}?",
            "Is it raining in {x}?",
            "Is it sunny in {x}?",
            "Is it warm in {x}?",
            "Is it cold in {x} today?",
            "Do I need an umbrella in {x}?",
            "Will I need an umbrella in {x}?",
            "Do I need a coat in {x}?",
            "Should I take an umbrella to {x}?",
            "Does it rain in {x}?",
            "Does it snow in {x}?",
            "Is there snow in {x}?",
            "Does the sun shine in {x}?",
            "What weather do they have in {x}?",
            "I'm travelling to {x}. How is the weather?",
            "I am in {x}. Do I need a coat?",
            "How many degrees is it in {x}?",
            "How is it outside in {x}?",
            "Check the weather in {x}.",
            "Look up the weather in {x}.",
            "Weather in {x}?",
            "{x}: how is the weather?",
        ],
        held_out: &[
            "Should I bring an umbrella to {x}?",
            "Do I need a jacket in {x}?",
            "How is the weather today in {x}?",
            "Is it snowing in {x}?",
            "Is it windy in {x}?",
            "What is the weather like today in {x}?",
            "Get me the weather in {x}.",
            "I'm going to {x}. What is the weather like?",
        ],
    },
};

const AND_IN_CITY: Wordings = Wordings {
    train: &[
        "And in {x}?",
        "What about {x}?",
        "And {x}?",
        "How about {x}?",
        "And what about {x}?",
        "Now {x}.",
        "In {x}?",
    ],
    held_out: &["And how is it in {x}?", "Good, and in {x}?", "What about in {x}?"],
};

const DIVIDE: Forms = Forms {
    nouns: Wordings {
        train: &["{a} / {b}", "{a}/{b}", "{a} divided by {b}", "the quotient of {a} and {b}", "{a} over {b}"],
        held_out: &["the result of {a} divided by {b}", "the result of {a} / {b}"],
    },
    whole: Wordings {
        train: &[
            "Divide {a} by {b}.",
            "How much is {a} / {b}?",
            "How much is {a} divided by {b}?",
            "{a} / {b} =",
            "Calculate {a} / {b}.",
            "What does {a} / {b} equal?",
            "What do I get if I divide {a} by {b}?",
            "Can you divide {a} by {b}?",
        ],
        held_out: &[
            "Please divide {a} by {b}.",
            "If I divide {a} by {b}, what do I get?",
            "Can you work out {a} / {b}?",
        ],
    },
};

const EXPRESSION: Forms = Forms {
    nouns: Wordings { train: &["{x}", "{x}", "the value of {x}"], held_out: &["the result of {x}"] },
    whole: Wordings {
        train: &[
            "{x} =",
            "{x} = ?",
            "Calculate {x}.",
            "Compute {x}.",
            "How much is {x}?",
            "Work out {x}.",
            "Solve {x}.",
        ],
        held_out: &["Please calculate {x}.", "Can you work out {x}?"],
    },
};

const TIME: Forms = Forms {
    nouns: Wordings {
        train: &["the time", "the current time", "the time now", "the time of day", "the exact time"],
        held_out: &["the time right now"],
    },
    whole: Wordings {
        train: &[
            "What time is it?",
            "What time is it?",
            "What's the time?",
            "How late is it?",
            "Tell me what time it is.",
            "Do you have the time?",
            "Can you tell me what time it is?",
            "What time do we have?",
            "What does the clock say?",
            "Look at the clock.",
            "Is it late?",
            "What time is it now?",
            "I lost my watch. What time is it?",
            "Do you know what time it is?",
            "How late is it now?",
            "What hour is it?",
        ],
        held_out: &[
            "What time is it right now?",
            "Could you tell me what time it is?",
            "What is the clock showing?",
            "My watch is broken. What time is it?",
        ],
    },
};

/// What a call was about, to judge its result and to word the reply.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) tool: Known,
    pub(crate) argument: String,
}

/// A question for one of the tools on offer, which there must be, and its call.
pub(crate) fn call(rng: &mut Rng, split: Split, tools: &[Tool], before: Option<&Turn>) -> (Turn, Call) {
    let offered = known(tools, true);
    let after_weather = before.is_some_and(|turn| turn.weather);
    let kind = match rng.below(4) {
        _ if offered.len() == 1 => offered[0],
        _ if after_weather && offered.contains(&Known::Weather) && rng.chance(35) => Known::Weather,
        // The clock takes no argument, so there is little to learn about it.
        0 => *rng.choose(&offered),
        _ => offered.iter().copied().find(|&kind| kind != Known::Clock).map_or(Known::Clock, |first| {
            if rng.chance(50) && offered.contains(&Known::Calculator) { Known::Calculator } else { first }
        }),
    };
    let (user, argument) = match kind {
        Known::Weather if after_weather && rng.chance(40) => {
            let city = city(rng).0;
            (phrase::capitalised(&rng.pick(AND_IN_CITY.of(split)).replace("{x}", &city)), city)
        }
        _ => question(rng, split, kind),
    };
    let tool = tools.iter().find(|tool| kind.is(tool));
    let name = tool.map_or("", |tool| tool.name.as_str());
    let parameter =
        tool.and_then(|tool| tool.parameters.first()).map(|name| (name.as_str(), argument.as_str()));
    let expect = Expect::Call(tool::call(name, parameter));
    let turn = Turn::new(Topic::ToolCall, user, &tool::call_text(name, parameter), expect);
    (turn, Call { tool: kind, argument })
}

/// A question for a tool that is not among `tools`, or for none at all.
pub(crate) fn no_call(rng: &mut Rng, split: Split, tools: &[Tool], again: bool) -> Turn {
    let missing = known(tools, false);
    if missing.is_empty() || rng.chance(25) {
        return outside::question_turn(rng, split, again).topic(Topic::NoTool);
    }
    let kind = *rng.choose(&missing);
    let (user, _) = question(rng, split, kind);
    outside::unknown(user, again).topic(Topic::NoTool)
}

/// A question for a tool, and the argument it is about.
fn question(rng: &mut Rng, split: Split, kind: Known) -> (String, String) {
    match kind {
        Known::Weather => {
            let (city, case) = city(rng);
            (phrase::ask(rng, split, &IN_CITY, &[("x", &city)], case), city)
        }
        Known::Calculator => calculation(rng, split),
        Known::Clock => (phrase::ask(rng, split, &TIME, &[], Case::Free), String::new()),
    }
}

fn city(rng: &mut Rng) -> (String, Case) {
    match rng.below(10) {
        0..=4 => (capitals::any_country(rng).capital.to_owned(), Case::Free),
        5 | 6 => (rng.pick(CITIES).to_owned(), Case::Free),
        7 => {
            let two = [made_up::word(rng), made_up::word(rng)];
            (two.map(|word| phrase::capitalised(&word)).join(" "), Case::Kept)
        }
        _ => (phrase::capitalised(&made_up::word(rng)), Case::Kept),
    }
}

/// A number, and one that is larger than those the model computes with by itself.
fn number(rng: &mut Rng, large: bool) -> String {
    let least = if large { 11 } else { 2 };
    let number = match rng.below(10) {
        0..=4 => rng.between(least, 99),
        5..=7 => rng.between(least, 999),
        _ => rng.between(100, 9999),
    };
    if rng.chance(4) { format!("{number}.{}", rng.between(1, 99)) } else { number.to_string() }
}

fn calculation(rng: &mut Rng, split: Split) -> (String, String) {
    let large_first = rng.chance(80);
    let large_second = !large_first || rng.chance(60);
    let (a, b) = (number(rng, large_first), number(rng, large_second));
    if rng.chance(12) {
        let signs = [*rng.choose(&['+', '-', '*', '/']), *rng.choose(&['+', '-', '*', '/'])];
        let expression = match rng.below(3) {
            0 => format!("({a} {} {b}) {} {}", signs[0], signs[1], number(rng, false)),
            _ => format!("{a} {} {b} {} {}", signs[0], signs[1], number(rng, false)),
        };
        let user = phrase::ask(rng, split, &EXPRESSION, &[("x", &expression)], Case::Kept);
        return (user, expression);
    }
    let (forms, sign) = *rng.choose(&[
        (&arithmetic::ADD, '+'),
        (&arithmetic::SUBTRACT, '-'),
        (&arithmetic::MULTIPLY, '*'),
        (&arithmetic::MULTIPLY, '*'),
        (&DIVIDE, '/'),
    ]);
    (phrase::ask(rng, split, forms, &[("a", &a), ("b", &b)], Case::Kept), format!("{a} {sign} {b}"))
}
