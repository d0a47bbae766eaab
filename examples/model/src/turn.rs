//! One question with its reply, and how a reply is judged.

use std::fmt;

use serde_json::Value as Json;

use crate::json::{self, Pair};

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Topic {
    /// The capital of a country.
    Capital,
    /// The country of a capital.
    Country,
    /// Adding, subtracting, multiplying small numbers.
    Arithmetic,
    /// Which of two numbers is bigger or smaller.
    Comparison,
    /// Words that mean the opposite.
    Opposite,
    /// The colour of things, and what mixed colours make.
    Colour,
    /// Days, months and units of time.
    Calendar,
    /// What the model is, runs on and can do.
    Identity,
    /// Greetings, thanks, goodbyes and other small talk.
    SmallTalk,
    /// A short story.
    Story,
    /// The user's name, told earlier in the conversation.
    Name,
    /// Repeating words.
    Echo,
    /// "And of Italy?": the relation comes from the question before.
    FollowUp,
    /// Anything else: the model says that it does not know.
    Outside,
    /// A question for one of the tools on offer.
    ToolCall,
    /// What a tool reported, to be put into a sentence.
    ToolAnswer,
    /// What a tool reported, where that is an error.
    ToolError,
    /// A question that is none for the tools on offer, if there are any.
    NoTool,
    /// A fact, wanted as JSON.
    Json,
    /// A fact, where a grammar forces the reply into a JSON object.
    Schema,
    /// A text with a gap.
    Gap,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 21] = [
        Self::Capital,
        Self::Country,
        Self::Arithmetic,
        Self::Comparison,
        Self::Opposite,
        Self::Colour,
        Self::Calendar,
        Self::Identity,
        Self::SmallTalk,
        Self::Story,
        Self::Name,
        Self::Echo,
        Self::FollowUp,
        Self::Outside,
        Self::ToolCall,
        Self::ToolAnswer,
        Self::ToolError,
        Self::NoTool,
        Self::Json,
        Self::Schema,
        Self::Gap,
    ];

    /// The topic's name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Capital => "capital",
            Self::Country => "country",
            Self::Arithmetic => "arithmetic",
            Self::Comparison => "comparison",
            Self::Opposite => "opposite",
            Self::Colour => "colour",
            Self::Calendar => "calendar",
            Self::Identity => "identity",
            Self::SmallTalk => "small-talk",
            Self::Story => "story",
            Self::Name => "name",
            Self::Echo => "echo",
            Self::FollowUp => "follow-up",
            Self::Outside => "outside",
            Self::ToolCall => "tool-call",
            Self::ToolAnswer => "tool-answer",
            Self::ToolError => "tool-error",
            Self::NoTool => "no-tool",
            Self::Json => "json",
            Self::Schema => "schema",
            Self::Gap => "gap",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What makes a reply right. Case and punctuation never matter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expect {
    /// The reply ends with these words.
    Ends(String),
    /// The reply begins with these words.
    Begins(String),
    /// The reply holds each of these phrases.
    Says(Vec<String>),
    /// The reply admits not to know.
    Unknown,
    /// The reply is a story of at least 40 words about this hero.
    Story(String),
    /// The reply is this JSON value.
    Json(Json),
    /// The reply is one tool call, and this is its JSON.
    Call(Json),
    /// The reply is this text; only spaces around it may differ.
    Exactly(String),
}

impl Expect {
    /// Whether `reply` is right.
    ///
    /// ```
    /// use default_model::Expect;
    ///
    /// let expect = Expect::Ends("Paris".into());
    /// assert!(expect.accepts("The capital of France is Paris."));
    /// assert!(!expect.accepts("I don't know that."));
    /// ```
    #[must_use]
    pub fn accepts(&self, reply: &str) -> bool {
        let said = Words::of(reply);
        match self {
            Self::Ends(end) => said.0.ends_with(&Words::of(end).0),
            Self::Begins(start) => said.0.starts_with(&Words::of(start).0),
            Self::Says(phrases) => !said.admit_ignorance() && phrases.iter().all(|phrase| said.hold(phrase)),
            Self::Unknown => said.admit_ignorance(),
            Self::Story(hero) => said.0.len() >= 40 && said.hold(hero),
            Self::Json(wanted) => json::parse(reply).is_some_and(|found| json::same(&found, wanted)),
            Self::Call(wanted) => {
                let call = reply.trim().strip_prefix(CALL_START).and_then(|rest| rest.strip_suffix(CALL_END));
                call.and_then(json::parse).is_some_and(|found| json::same(&found, wanted))
            }
            Self::Exactly(wanted) => reply.trim() == wanted.trim(),
        }
    }
}

/// Text as lower-case words without punctuation.
struct Words(Vec<String>);

impl Words {
    fn of(text: &str) -> Self {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '\''));
        Self(words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect())
    }

    fn hold(&self, phrase: &str) -> bool {
        let wanted = Self::of(phrase).0;
        wanted.is_empty() || self.0.windows(wanted.len()).any(|part| part == wanted)
    }

    fn admit_ignorance(&self) -> bool {
        self.hold("I don't know")
    }
}

/// What stands before the JSON of a tool call.
pub(crate) const CALL_START: &str = "<tool_call>";
/// What stands after it.
pub(crate) const CALL_END: &str = "</tool_call>";

/// Who or what a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asker {
    /// The user.
    User,
    /// A tool: the words are its result.
    Tool,
    /// A text with a gap: what is before it and what is after it, [`GAP`] between them.
    Text,
}

/// What stands for the gap in a text to be filled.
pub const GAP: &str = "<|fim_suffix|>";

/// What "And of Italy?" would ask after a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Capital,
    Country,
    Opposite,
    Colour,
}

/// A question with its reply.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Turn {
    /// What the question is about.
    pub topic: Topic,
    /// Who asks.
    pub asker: Asker,
    /// The asker's words.
    pub user: String,
    /// The reply the model is taught.
    pub reply: String,
    /// What a reply has to say to be right.
    pub expect: Expect,
    /// The reply where the system message asks for brevity.
    pub(crate) brief: String,
    /// What a follow-up question would be about.
    pub(crate) relation: Option<Relation>,
    /// Whether the reply is about the weather in a city.
    pub(crate) weather: bool,
    /// What the reply says, as keys and values; the last one is what was asked for.
    pub(crate) facts: Vec<Pair>,
    /// The JSON object that a grammar forces the reply into, if one does.
    pub(crate) forced: Vec<Pair>,
}

impl Turn {
    /// A turn whose brief reply is its reply.
    pub(crate) fn new(topic: Topic, user: String, reply: &str, expect: Expect) -> Self {
        Self {
            topic,
            asker: Asker::User,
            user,
            reply: reply.to_owned(),
            expect,
            brief: reply.to_owned(),
            relation: None,
            weather: false,
            facts: Vec::new(),
            forced: Vec::new(),
        }
    }

    pub(crate) fn topic(mut self, topic: Topic) -> Self {
        self.topic = topic;
        self
    }

    pub(crate) fn asker(mut self, asker: Asker) -> Self {
        self.asker = asker;
        self
    }

    /// Keys and values for a reply in JSON; the last one is what was asked for.
    pub(crate) fn facts<const N: usize>(mut self, facts: [Pair; N]) -> Self {
        self.facts = facts.into();
        self
    }

    /// The grammar that the reply is held to, in llama.cpp's notation.
    #[must_use]
    pub fn grammar(&self) -> Option<String> {
        (!self.forced.is_empty()).then(|| json::grammar(&self.forced))
    }

    /// The reply in pieces that are learned, or given by a grammar.
    pub(crate) fn reply_pieces(&self) -> Vec<(String, bool)> {
        if self.forced.is_empty() { vec![(self.reply.clone(), true)] } else { json::pieces(&self.forced) }
    }

    /// The same question, answered by `object`.
    pub(crate) fn in_json(mut self, object: &[Pair]) -> Self {
        self.reply = json::write(object);
        self.brief.clone_from(&self.reply);
        self.expect = Expect::Json(json::object(object));
        self.topic = Topic::Json;
        self
    }

    pub(crate) fn brief(mut self, brief: &str) -> Self {
        brief.clone_into(&mut self.brief);
        self
    }

    pub(crate) fn relation(mut self, relation: Relation) -> Self {
        self.relation = Some(relation);
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Expect;

    #[test]
    fn whole_words_decide() {
        assert!(Expect::Ends("7".into()).accepts("3 + 4 = 7."));
        assert!(!Expect::Ends("7".into()).accepts("3 + 4 = 17."));
        assert!(Expect::Begins("yes".into()).accepts("Yes, 7 is bigger than 5."));
        assert!(Expect::Says(vec!["small model".into()]).accepts("I am a small model."));
        assert!(!Expect::Says(vec!["model".into()]).accepts("I don't know that model."));
        assert!(Expect::Unknown.accepts("Sorry, I don't know."));
        assert!(!Expect::Story("fox".into()).accepts("A fox."));
    }

    #[test]
    fn json_is_compared_by_value() {
        let call = Expect::Call(json!({"name": "weather", "arguments": {"city": "Lima"}}));
        assert!(
            call.accepts(
                "<tool_call>\n{\"name\":\"weather\",\"arguments\":{\"city\":\"lima\"}}\n</tool_call>"
            )
        );
        assert!(!call.accepts("{\"name\": \"weather\", \"arguments\": {\"city\": \"Lima\"}}"));
        assert!(!call.accepts("<tool_call>\n{\"name\": \"weather\", \"arguments\": {}}\n</tool_call>"));
        assert!(Expect::Json(json!({"sum": 7})).accepts(" {\"sum\" : 7 } "));
        assert!(!Expect::Json(json!({"sum": 7})).accepts("{\"sum\": \"7\"}"));
        assert!(Expect::Exactly("two".into()).accepts(" two"));
        assert!(!Expect::Exactly("two".into()).accepts("two, three"));
    }
}
