//! Taking apart what the model says, while it says it.

use crate::error::{Error, Result};
use crate::format::{ChatPrompt, ParsedMessage};
use crate::generate::{Completion, StopReason};
use crate::message::{Message, ToolCall};
use serde_json::Value;
use std::collections::VecDeque;

/// What a rendered prompt says about the reply.
pub(super) type Form = ChatPrompt;

/// A part of a reply, as it becomes certain.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::ReplyEvent;
/// let mut chat = model.chat_builder().max_tokens(20).build()?;
/// let mut reply = chat.send("What is the capital of France?")?;
/// for event in reply.events() {
///     match event? {
///         ReplyEvent::Text(text) => print!("{text}"),
///         ReplyEvent::Reasoning(text) => eprint!("{text}"),
///         other => eprintln!("{other:?}"),
///     }
/// }
/// # assert!(reply.text().contains("Paris"));
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyEvent {
    /// More of the answer.
    Text(String),
    /// More of what the model thinks before it answers.
    Reasoning(String),
    /// The beginning of a call of a tool, or more of its arguments.
    ToolCall {
        /// The call, counted from 0.
        index: usize,
        /// Name of the tool.
        name: String,
        /// More of the arguments, text of a JSON object; all parts of a call together are its arguments.
        arguments: String,
    },
}

/// Parses the text again with each piece and tells what is new.
#[derive(Debug)]
pub(super) struct Reader {
    /// None when the reply is one text of another form.
    form: Option<Form>,
    /// What has become an event.
    told: ParsedMessage,
    /// The whole message, once the end is known.
    message: Option<ParsedMessage>,
    /// It ends within a call, and no call before that is whole.
    cut: bool,
    events: VecDeque<ReplyEvent>,
    /// Ids of the calls in the conversation before this reply.
    taken: Vec<String>,
}

impl Reader {
    pub(super) fn new(form: Option<Form>, taken: Vec<String>) -> Self {
        Self {
            form,
            told: ParsedMessage::default(),
            message: None,
            cut: false,
            events: VecDeque::new(),
            taken,
        }
    }

    /// The answer text that a new piece makes certain. `raw` is the whole text with the piece.
    pub(super) fn read(&mut self, _piece: String, raw: &str) -> String {
        let before = self.events.len();
        // Where it cannot be parsed the end will tell.
        if let Ok(parsed) = self.parse(raw, false) {
            self.tell(&parsed, false);
        }
        self.text_from(before)
    }

    fn parse(&self, raw: &str, whole: bool) -> Result<ParsedMessage> {
        match &self.form {
            Some(form) if whole => form.parse(raw),
            Some(form) => form.parse_partial(raw),
            None => Ok(ParsedMessage { content: raw.to_owned(), ..ParsedMessage::default() }),
        }
    }

    /// The answer text that the end makes certain.
    pub(super) fn finish(&mut self, raw: &str) -> String {
        if self.message.is_some() {
            return String::new();
        }
        let before = self.events.len();
        let whole = self.parse(raw, true);
        let ended = whole.is_ok();
        let mut parsed = whole.or_else(|_| self.parse(raw, false)).unwrap_or_default();
        if parsed == ParsedMessage::default() {
            // No message of the model's format: better than nothing.
            raw.clone_into(&mut parsed.content);
        }
        // A call that was cut off is none.
        let begun = parsed.tool_calls.len();
        parsed.tool_calls.retain_mut(|call| is_complete(call, ended));
        self.cut = begun > 0 && parsed.tool_calls.is_empty();
        self.name(&mut parsed.tool_calls);
        self.tell(&parsed, true);
        self.message = Some(parsed);
        self.text_from(before)
    }

    /// Gives ids to calls that have none: such as no other call of the conversation has.
    fn name(&mut self, calls: &mut [ToolCall]) {
        let mut number = self.taken.len();
        self.taken.extend(calls.iter().map(|call| call.id.clone()).filter(|id| !id.is_empty()));
        for call in calls.iter_mut().filter(|call| call.id.is_empty()) {
            while call.id.is_empty() || self.taken.contains(&call.id) {
                // Nine letters and digits: some templates insist.
                call.id = format!("call{number:05}");
                number += 1;
            }
            self.taken.push(call.id.clone());
        }
    }

    /// Makes events of what is new. What contradicts earlier events waits for the end of the reply.
    fn tell(&mut self, parsed: &ParsedMessage, ended: bool) {
        if let Some(more) = grow(&mut self.told.reasoning, &parsed.reasoning) {
            self.events.push_back(ReplyEvent::Reasoning(more));
        }
        if let Some(more) = grow(&mut self.told.content, &parsed.content) {
            self.events.push_back(ReplyEvent::Text(more));
        }
        for (index, call) in parsed.tool_calls.iter().enumerate() {
            // A name is whole when something follows.
            let named = ended || !call.arguments.is_empty() || index + 1 < parsed.tool_calls.len();
            let new = index == self.told.tool_calls.len();
            if !named || index > self.told.tool_calls.len() {
                return;
            }
            if new {
                self.told.tool_calls.push(ToolCall::new(call.name.clone(), ""));
            }
            let told = &mut self.told.tool_calls[index];
            let more = grow(&mut told.arguments, &call.arguments);
            if new || more.is_some() {
                let (name, arguments) = (told.name.clone(), more.unwrap_or_default());
                self.events.push_back(ReplyEvent::ToolCall { index, name, arguments });
            }
        }
    }

    fn text_from(&self, event: usize) -> String {
        let text =
            |event: &ReplyEvent| if let ReplyEvent::Text(text) = event { Some(text.clone()) } else { None };
        self.events.iter().skip(event).filter_map(text).collect()
    }

    pub(super) fn next_event(&mut self) -> Option<ReplyEvent> {
        self.events.pop_front()
    }

    /// Events are only kept for those who ask for them.
    pub(super) fn forget_events(&mut self) {
        self.events.clear();
    }

    fn parsed(&self) -> &ParsedMessage {
        self.message.as_ref().unwrap_or(&self.told)
    }

    /// The answer so far.
    pub(super) fn text<'a>(&'a self, _raw: &'a str) -> &'a str {
        &self.told.content
    }

    /// The message for the history.
    pub(super) fn message(&self, _raw: &str) -> Message {
        self.parsed().clone().into()
    }

    /// Puts the parts of the message into the result. What ends within a call is no answer.
    pub(super) fn complete(&self, mut done: Completion) -> Result<Completion> {
        if self.cut && done.stop.is_limit() {
            return Err(Error::Incomplete { text: done.text, stop: done.stop });
        }
        if self.cut && done.stop != StopReason::Cancelled {
            let detail = "it ends within the call of a tool".to_owned();
            return Err(Error::Reply { detail, text: done.text });
        }
        let parsed = self.parsed().clone();
        (done.text, done.reasoning, done.tool_calls) = (parsed.content, parsed.reasoning, parsed.tool_calls);
        Ok(done)
    }
}

/// Lets a text grow; what it grew by.
fn grow(told: &mut String, now: &str) -> Option<String> {
    let more = now.strip_prefix(told.as_str()).filter(|more| !more.is_empty())?.to_owned();
    told.push_str(&more);
    Some(more)
}

/// True when the arguments are a JSON object; none at all are an empty one where nothing was cut.
fn is_complete(call: &mut ToolCall, ended: bool) -> bool {
    if ended && call.arguments.trim().is_empty() {
        "{}".clone_into(&mut call.arguments);
    }
    serde_json::from_str::<Value>(&call.arguments).is_ok_and(|arguments| arguments.is_object())
}
