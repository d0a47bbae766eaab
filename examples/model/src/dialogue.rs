//! Whole conversations, as the model sees them.

use std::fmt::Write as _;

use crate::Split;
use crate::phrase::Wordings;
use crate::rng::Rng;
use crate::tool::{LIST_START, Tool};
use crate::topics::{
    arithmetic, calendar, capitals, colours, comparison, echo, follow_up, gaps, identity, json, names,
    opposites, outside, reports, small_talk, stories, tools,
};
use crate::turn::{Asker, Topic, Turn};

/// A conversation: perhaps a system message and tools, then questions with replies.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Dialogue {
    /// The system message.
    pub system: Option<String>,
    /// The tools on offer.
    pub tools: Vec<Tool>,
    /// The turns; the last one is the one that a held-out dialogue is about.
    pub turns: Vec<Turn>,
}

/// What a conversation is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Questions and answers.
    Talk,
    /// The same with tools on offer, and most questions for them.
    Tools,
    /// Answers in JSON, asked for or forced, between others.
    Json,
    /// No conversation but one text with a gap.
    Gap,
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

/// How often each topic is asked about, in comparison to the others.
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
    (10, Topic::Outside),
    (5, Topic::NoTool),
];

impl Dialogue {
    /// A conversation as the corpus holds it: topics mixed, of `turns` questions.
    #[must_use]
    pub fn random(rng: &mut Rng, split: Split, kind: Kind, turns: usize) -> Self {
        match kind {
            Kind::Talk => Self::talk(rng, split, turns),
            Kind::Tools => Self::with_tools(rng, split, turns),
            Kind::Json => Self::in_json(rng, split, turns),
            Kind::Gap => Self::gap(rng, split),
        }
    }

    fn talk(rng: &mut Rng, split: Split, turns: usize) -> Self {
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

    fn with_tools(rng: &mut Rng, split: Split, questions: usize) -> Self {
        let mut dialogue = Self { tools: tools::offer(rng), ..Self::start(rng, split) };
        for _ in 0..questions {
            let topic = match rng.below(20) {
                0..=9 => Topic::ToolAnswer,
                10..=12 => Topic::ToolError,
                13..=15 => Topic::NoTool,
                _ => any_topic(rng),
            };
            dialogue.ask(rng, split, topic);
        }
        dialogue.settle()
    }

    fn in_json(rng: &mut Rng, split: Split, turns: usize) -> Self {
        let mut dialogue = Self { system: None, ..Self::start(rng, split) };
        let all = rng.chance(25);
        if all {
            dialogue.system = Some(rng.pick(json::SYSTEM.of(split)).to_owned());
        }
        for _ in 0..turns {
            if all {
                dialogue.push(json::under_system(fact(rng, split)));
            } else {
                let topic =
                    *rng.choose(&[Topic::Json, Topic::Json, Topic::Json, Topic::Schema, Topic::Schema]);
                let topic = if rng.chance(15) { any_topic(rng) } else { topic };
                dialogue.ask(rng, split, topic);
            }
        }
        dialogue
    }

    fn gap(rng: &mut Rng, split: Split) -> Self {
        Self { system: None, tools: Vec::new(), turns: vec![gaps::turn(rng, split)] }
    }

    /// A conversation whose last turn is about `topic`, for the held-out set.
    #[must_use]
    pub fn about(rng: &mut Rng, split: Split, topic: Topic) -> Self {
        if topic == Topic::Gap {
            return Self::gap(rng, split);
        }
        let mut dialogue = Self::start(rng, split);
        if matches!(topic, Topic::ToolCall | Topic::ToolAnswer | Topic::ToolError)
            || (topic == Topic::NoTool && rng.chance(60))
        {
            dialogue.tools = tools::offer(rng);
        }
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
        Self { system, tools: Vec::new(), turns: Vec::new() }
    }

    /// A question for a tool, the call, the result and the reply to it.
    fn use_tool(&mut self, rng: &mut Rng, split: Split, fails: bool) {
        let (asked, call) = tools::call(rng, split, &self.tools, self.turns.last());
        self.push(asked);
        let said = if fails { reports::error(rng, split) } else { reports::answer(rng, split, &call) };
        self.push(said);
    }

    fn push(&mut self, turn: Turn) {
        self.turns.push(turn);
    }

    /// Adds a turn about `topic`; where a tool reports, the question and the call before it too.
    fn ask(&mut self, rng: &mut Rng, split: Split, topic: Topic) {
        let before = self.turns.last();
        let again = before.is_some_and(|turn| matches!(turn.topic, Topic::Outside | Topic::NoTool));
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
            Topic::Outside => outside::turn(rng, split, again),
            Topic::Json => json::turn(rng, split, |rng| fact(rng, split)),
            Topic::Schema => json::schema(rng, split, |rng| fact(rng, split)),
            Topic::ToolCall => tools::call(rng, split, &self.tools, before).0,
            Topic::ToolAnswer | Topic::ToolError => {
                return self.use_tool(rng, split, topic == Topic::ToolError);
            }
            Topic::NoTool => tools::no_call(rng, split, &self.tools, again),
            Topic::Gap => gaps::turn(rng, split),
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
        let parts = self.parts();
        parts[..self.prompt_parts(&parts)].iter().map(|part| part.0.as_str()).collect()
    }

    /// How many of [`Dialogue::parts`] come before the last reply.
    #[must_use]
    pub fn prompt_parts(&self, parts: &[(String, bool)]) -> usize {
        let reply = self.turns.last().map_or(0, |turn| turn.reply_pieces().len() + 1);
        parts.len().saturating_sub(reply)
    }

    /// The conversation in the chat template's form, cut into parts.
    ///
    /// Each part says whether the assistant speaks: only that is learned.
    #[must_use]
    pub fn parts(&self) -> Vec<(String, bool)> {
        let mut parts = Vec::new();
        let mut prompt = String::new();
        let mut system = self.system.clone().unwrap_or_default();
        if !self.tools.is_empty() {
            let gap = if system.is_empty() { "" } else { "\n\n" };
            let _ = write!(system, "{gap}{LIST_START}");
            for tool in &self.tools {
                let _ = write!(system, "\n{tool}");
            }
        }
        if !system.is_empty() {
            let _ = writeln!(prompt, "<|im_start|>system\n{system}<|im_end|>");
        }
        for turn in &self.turns {
            let said = &turn.user;
            let _ = match turn.asker {
                Asker::Text => write!(prompt, "<|fim_prefix|>{said}<|fim_middle|>"),
                Asker::Tool => write!(prompt, "<|im_start|>tool\n{said}<|im_end|>\n<|im_start|>assistant\n"),
                Asker::User => write!(prompt, "<|im_start|>user\n{said}<|im_end|>\n<|im_start|>assistant\n"),
            };
            parts.push((std::mem::take(&mut prompt), false));
            parts.extend(turn.reply_pieces());
            parts.push(("<|im_end|>".to_owned(), true));
            prompt.push('\n');
        }
        parts
    }
}

/// A question about a fact that fits into a JSON object.
fn fact(rng: &mut Rng, split: Split) -> Turn {
    match rng.below(8) {
        0 | 1 => capitals::capital(rng, split),
        2 | 3 => capitals::country(rng, split),
        4 => opposites::turn(rng, split),
        5 | 6 => colours::turn(rng, split),
        _ => calendar::turn(rng, split),
    }
}

fn any_topic(rng: &mut Rng) -> Topic {
    rng.weighted(MIX)
}
