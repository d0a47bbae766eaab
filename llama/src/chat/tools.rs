//! The loop of questions, calls and answers.

use super::history::History;
use super::prompt::Offer;
use super::{Chat, ReplyEvent};
use crate::error::{Error, Result};
use crate::format::ToolChoice;
use crate::generate::{Completion, StopReason};
use crate::message::{Message, ToolCall};
use crate::tools::{Tool, answer, failure};
use std::fmt;

/// Rounds of calls unless chosen otherwise.
const MAX_ROUNDS: usize = 8;

type Approve<'c> = dyn FnMut(&ToolCall) -> bool + 'c;
type OnEvent<'c> = dyn FnMut(&ReplyEvent) + 'c;

/// A chat whose model may call tools; made by [`Chat::with_tools`].
///
/// The model's calls are answered until it has none any more: then its text is the answer. The calls and their
/// answers stay in the chat's history.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut chat = model.chat_builder().max_tokens(40).build()?;
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Place {
///     /// Name of the city.
///     city: String,
/// }
/// let weather = llama::tool("weather", "Current weather of a city", |place: Place| {
///     Ok(format!("sunny in {}", place.city))
/// });
/// let answer = chat.with_tools([weather]).approve(|call| call.name == "weather").ask("Hello");
/// # assert!(answer.is_ok(), "{answer:?}");
/// # Ok::<(), llama::Error>(())
/// ```
#[must_use = "nothing is sent before `ask`"]
pub struct ToolChat<'c> {
    chat: &'c mut Chat,
    tools: Vec<Tool>,
    choice: ToolChoice,
    parallel: bool,
    max_rounds: usize,
    approve: Option<Box<Approve<'c>>>,
    on_event: Option<Box<OnEvent<'c>>>,
}

impl fmt::Debug for ToolChat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolChat")
            .field("chat", &self.chat)
            .field("tools", &self.tools)
            .finish_non_exhaustive()
    }
}

impl Chat {
    /// Lets the model call these tools while it answers what is asked next.
    pub fn with_tools(&mut self, tools: impl IntoIterator<Item = Tool>) -> ToolChat<'_> {
        ToolChat {
            chat: self,
            tools: tools.into_iter().collect(),
            choice: ToolChoice::default(),
            parallel: false,
            max_rounds: MAX_ROUNDS,
            approve: None,
            on_event: None,
        }
    }
}

impl<'c> ToolChat<'c> {
    /// Asks before each call. A call that is refused is not made, and the model is told.
    pub fn approve(mut self, decide: impl FnMut(&ToolCall) -> bool + 'c) -> Self {
        self.approve = Some(Box::new(decide));
        self
    }

    /// Sees everything that the model says, as it says it.
    pub fn on_event(mut self, see: impl FnMut(&ReplyEvent) + 'c) -> Self {
        self.on_event = Some(Box::new(see));
        self
    }

    /// Whether the model has to call a tool. [`ToolChoice::Required`] holds for its first reply only: else it
    /// could never answer.
    pub fn tool_choice(mut self, choice: ToolChoice) -> Self {
        self.choice = choice;
        self
    }

    /// Lets the model call several tools in one reply.
    pub fn parallel_calls(mut self, parallel: bool) -> Self {
        self.parallel = parallel;
        self
    }

    /// Replies with calls after which the model must have come to an answer. The default is 8.
    pub fn max_rounds(mut self, rounds: usize) -> Self {
        self.max_rounds = rounds;
        self
    }

    /// Sends a message and gives the answer that the model comes to.
    ///
    /// # Errors
    /// [`Error::ToolRounds`] when it does not; [`Error::Incomplete`] when a limit cuts a call, [`Error::Reply`] when
    /// the model does; [`Error::InvalidParameter`] for tools that cannot be told apart; [`Error::Cancelled`]; as [`Chat::send`]. After an error, and after a panic of a tool or of a closure, the
    /// history is as it was.
    pub fn ask(self, message: impl Into<Message>) -> Result<String> {
        let done = self.complete(message.into())?;
        if done.stop == StopReason::Cancelled { Err(Error::Cancelled) } else { Ok(done.text) }
    }

    /// As [`ask`](Self::ask), for a message of any role; gives the model's last reply with all that is known of it.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn complete(mut self, message: Message) -> Result<Completion> {
        let mut turn = Turn::new(self.chat);
        turn.chat.switch_on();
        let mut next = Some(message);
        let mut choice = self.choice;
        for round in 0..=self.max_rounds {
            turn.chat.prompter.tools = Offer {
                tools: self.tools.iter().map(|tool| tool.definition().clone()).collect(),
                choice,
                parallel: self.parallel,
            };
            let mut reply = turn.chat.reply_to(next.take(), None)?;
            for event in reply.events() {
                let event = event?;
                if let Some(see) = &mut self.on_event {
                    see(&event);
                }
            }
            let done = reply.finish()?;
            if done.stop == StopReason::Cancelled {
                return Err(Error::Cancelled);
            }
            if done.tool_calls.is_empty() {
                turn.saved = None;
                return Ok(done);
            }
            if round == self.max_rounds {
                break;
            }
            for call in &done.tool_calls {
                let allowed = self.approve.as_mut().is_none_or(|approve| approve(call));
                let text =
                    if allowed { answer(&self.tools, call) } else { failure("the user refused this call") };
                turn.chat.push(Message::tool(call, text));
                if turn.chat.cancel_token().is_cancelled() {
                    return Err(Error::Cancelled);
                }
            }
            if choice == ToolChoice::Required {
                choice = ToolChoice::Auto;
            }
        }
        Err(Error::ToolRounds { limit: self.max_rounds })
    }
}

/// A question and all that follows from it: it stays in the history as a whole or not at all.
struct Turn<'c> {
    chat: &'c mut Chat,
    /// The history to go back to.
    saved: Option<History>,
}

impl<'c> Turn<'c> {
    fn new(chat: &'c mut Chat) -> Self {
        let saved = Some(chat.history.clone());
        Self { chat, saved }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.chat.prompter.tools = Offer::default();
        if let Some(saved) = self.saved.take() {
            self.chat.history = saved;
        }
    }
}
