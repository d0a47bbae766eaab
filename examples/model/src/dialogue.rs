//! Whole conversations, as the model sees them.

use std::fmt::Write as _;

use crate::Split;
use crate::phrase::Wordings;
use crate::rng::Rng;
use crate::topics::{
    arithmetic, calendar, capitals, colours, comparison, echo, follow_up, identity, names, opposites,
    outside, small_talk, stories,
};
use crate::turn::{Topic, Turn};

/// A conversation: perhaps a system message, then questions with replies.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Dialogue {
    /// The system message.
    pub system: Option<String>,
    /// The turns; the last one is the one that a held-out dialogue is about.
    pub turns: Vec<Turn>,
}

const SYSTEM: Wordings = Wordings {
    train: &[
        "You are a helpful assistant.",
        "You are a helpful assistant.",
        "You are Cria.",
        "You are a friendly chat model.",
        "Be helpful.",
        "Answer politely.",
        "You are a tiny language model.",
        "Help the user.",
        "You are a knowledgeable assistant. Answer the questions of the user.",
        "Be friendly and honest.",
        "Answer the question.",
        "You are an assistant in a terminal.",
        "Say so when you do not know something.",
        "You are a teacher.",
        "Speak English.",
        "You are Cria, a tiny language model that runs on llama.cpp.",
        "Assist the user with simple questions.",
    ],
    held_out: &[
        "You are a polite assistant.",
        "You are a helpful and honest chat model.",
        "Please help the user.",
        "You answer questions.",
    ],
};

const BRIEF_SYSTEM: Wordings = Wordings {
    train: &[
        "You are terse.",
        "Be terse.",
        "Be brief.",
        "Answer briefly.",
        "Answer with one word.",
        "Keep it short.",
        "Short answers only.",
        "Be concise.",
        "You are terse. Answer in one word.",
        "You give short answers.",
        "Use as few words as possible.",
        "You are a terse assistant.",
    ],
    held_out: &["You are very terse.", "Keep your answers short.", "Answer as briefly as possible."],
};

/// How often each topic is asked about, per cent.
const MIX: &[(u32, Topic)] = &[
    (10, Topic::Capital),
    (12, Topic::Country),
    (17, Topic::Arithmetic),
    (11, Topic::Comparison),
    (13, Topic::Opposite),
    (6, Topic::Colour),
    (8, Topic::Calendar),
    (5, Topic::Identity),
    (4, Topic::SmallTalk),
    (2, Topic::Story),
    (5, Topic::Echo),
    (11, Topic::Outside),
];

impl Dialogue {
    /// A conversation as the corpus holds it: topics mixed, of `turns` turns.
    #[must_use]
    pub fn random(rng: &mut Rng, split: Split, turns: usize) -> Self {
        let mut dialogue = Self::start(rng, split);
        let mut name = None;
        while dialogue.turns.len() < turns {
            if rng.chance(6) {
                let told = names::any_name(rng, split);
                dialogue.push(names::tell(rng, split, &told));
                name = Some(told);
            } else if rng.chance(if name.is_some() { 25 } else { 1 }) {
                dialogue.push(names::recall(rng, split, name.as_deref()));
            } else {
                let related = dialogue.turns.last().is_some_and(|turn| turn.relation.is_some());
                let topic = if related && rng.chance(30) { Topic::FollowUp } else { any_topic(rng) };
                dialogue.ask(rng, split, topic);
            }
        }
        dialogue.settle()
    }

    /// A conversation whose last turn is about `topic`, for the held-out set.
    #[must_use]
    pub fn about(rng: &mut Rng, split: Split, topic: Topic) -> Self {
        let mut dialogue = Self::start(rng, split);
        let told = (topic == Topic::Name && rng.chance(80)).then(|| names::any_name(rng, split));
        if let Some(name) = &told {
            dialogue.push(names::tell(rng, split, name));
        }
        for _ in 0..*rng.choose(&[0, 0, 0, 1, 2]) {
            let before = any_topic(rng);
            dialogue.ask(rng, split, before);
        }
        match topic {
            Topic::Name => dialogue.push(names::recall(rng, split, told.as_deref())),
            Topic::FollowUp => {
                let before = *rng.choose(&[Topic::Capital, Topic::Country, Topic::Opposite, Topic::Colour]);
                dialogue.ask(rng, split, before);
                dialogue.ask(rng, split, Topic::FollowUp);
                if dialogue.turns.last().is_none_or(|turn| turn.topic != Topic::FollowUp) {
                    return Self::about(rng, split, topic);
                }
            }
            _ => dialogue.ask(rng, split, topic),
        }
        dialogue.settle()
    }

    fn start(rng: &mut Rng, split: Split) -> Self {
        let system = match rng.below(10) {
            0..=5 => None,
            6..=8 => Some(rng.pick(SYSTEM.of(split)).to_owned()),
            _ => Some(rng.pick(BRIEF_SYSTEM.of(split)).to_owned()),
        };
        Self { system, turns: Vec::new() }
    }

    fn push(&mut self, turn: Turn) {
        self.turns.push(turn);
    }

    fn ask(&mut self, rng: &mut Rng, split: Split, topic: Topic) {
        let before = self.turns.last();
        let turn = match topic {
            Topic::Capital => capitals::capital(rng, split),
            Topic::Country => capitals::country(rng, split),
            Topic::Arithmetic => arithmetic::turn(rng, split),
            Topic::Comparison => comparison::turn(rng, split),
            Topic::Opposite => opposites::turn(rng, split),
            Topic::Colour => colours::turn(rng, split),
            Topic::Calendar => calendar::turn(rng, split),
            Topic::Identity => identity::turn(rng, split),
            Topic::SmallTalk => small_talk::turn(rng, split),
            Topic::Story => stories::turn(rng, split),
            Topic::Name => names::recall(rng, split, None),
            Topic::Echo => echo::turn(rng, split),
            Topic::FollowUp => match before.and_then(|turn| turn.relation) {
                Some(relation) => follow_up::turn(rng, split, relation),
                None => capitals::capital(rng, split),
            },
            Topic::Outside => {
                outside::turn(rng, split, before.is_some_and(|turn| turn.topic == Topic::Outside))
            }
        };
        self.push(turn);
    }

    /// Under a system message that asks for brevity the brief replies become the replies.
    fn settle(mut self) -> Self {
        let asks_brevity = |system: &String| {
            BRIEF_SYSTEM.train.iter().chain(BRIEF_SYSTEM.held_out).any(|brief| brief == system)
        };
        if self.system.as_ref().is_some_and(asks_brevity) {
            for turn in &mut self.turns {
                turn.brief.clone_into(&mut turn.reply);
            }
        }
        self
    }

    /// The conversation in the chat template's form up to where the last reply begins.
    #[must_use]
    pub fn prompt(&self) -> String {
        let mut parts = self.parts();
        parts.pop();
        parts.into_iter().map(|part| part.0).collect()
    }

    /// The conversation in the chat template's form, cut into parts.
    ///
    /// Each part says whether the assistant speaks: only that is learned.
    #[must_use]
    pub fn parts(&self) -> Vec<(String, bool)> {
        let mut parts = Vec::new();
        let mut prompt = String::new();
        if let Some(system) = &self.system {
            let _ = writeln!(prompt, "<|im_start|>system\n{system}<|im_end|>");
        }
        for turn in &self.turns {
            let _ = write!(prompt, "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n", turn.user);
            parts.push((std::mem::take(&mut prompt), false));
            parts.push((format!("{}<|im_end|>", turn.reply), true));
            prompt.push('\n');
        }
        parts
    }
}

fn any_topic(rng: &mut Rng) -> Topic {
    let total = MIX.iter().map(|share| share.0).sum::<u32>();
    let mut at = rng.between(1, total);
    for &(share, topic) in MIX {
        if at <= share {
            return topic;
        }
        at -= share;
    }
    Topic::Outside
}
