//! Conversations.
#![forbid(unsafe_code)]

mod builder;
mod history;
mod prompt;
mod reply;

pub use builder::ChatBuilder;
pub use reply::Reply;

use crate::cancel::CancelToken;
use crate::chat_template::ChatTemplate;
use crate::error::{Error, Result};
use crate::generate::{Limits, Run, Session, StopReason};
use crate::message::Message;
use crate::model::Model;
use crate::sampler::{Grammar, Sampler};
use crate::structured::Format;
use crate::token::Token;
use history::History;
use prompt::{Prompter, Room};

/// A conversation with a model.
///
/// The chat keeps the history. Each turn is rendered with the model's own chat template, and what the prompt has
/// in common with the memory is not computed again. Text of messages never becomes a control token.
///
/// A chat can move to another thread. Several chats of one model can run at the same time on several threads.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut chat = model.chat_builder().system("You are terse.").build()?;
/// let mut reply = chat.send("Tell me about llamas.")?;
/// for piece in &mut reply {
///     print!("{}", piece?);
/// }
/// let done = reply.finish()?;
/// println!("\n{} tokens, {:.1} per second", done.usage.generated, done.timings.generation_rate());
/// # Ok::<(), llama::Error>(())
/// ```
///
/// # Long conversations
/// When the history outgrows the context, the oldest turns are left out of the prompt ([`Overflow`]); the system
/// message and the newest question always stay. [`messages`](Self::messages) still has everything.
///
/// # Models without a template
/// They are spoken to in `ChatML`, the format that most models know.
#[derive(Debug)]
pub struct Chat {
    session: Session,
    sampler: Sampler,
    /// The form of replies for which none is asked for.
    grammar: Option<Grammar>,
    prompter: Prompter,
    history: History,
    limits: Limits,
    overflow: Overflow,
    /// False when the caller brought the cancel token.
    own_token: bool,
}

/// What happens when a conversation outgrows the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// The oldest turns are left out of the prompt, as many as needed to keep a quarter of the context (or the
    /// limit of a reply, if that is less) free for the reply. System messages at the beginning and the newest
    /// question stay; where these alone do not fit, sending gives [`Error::ContextFull`].
    #[default]
    DropOldest,
    /// Sending gives [`Error::ContextFull`].
    Refuse,
}

impl Model {
    /// Starts a conversation with default settings. An empty system text means none.
    ///
    /// ```no_run
    /// let model = llama::Model::load("model.gguf")?;
    /// println!("{}", model.chat("You are terse.")?.ask("What is the capital of France?")?);
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ChatBuilder::build`].
    pub fn chat(&self, system: &str) -> Result<Chat> {
        self.chat_builder().system(system).build()
    }

    /// Starts a conversation with settings of your own.
    pub fn chat_builder(&self) -> ChatBuilder {
        ChatBuilder::new(self.clone())
    }
}

impl Chat {
    /// Sends a message and gives the reply, to be read piece by piece. Nothing is computed before the first piece
    /// is asked for.
    ///
    /// # Errors
    /// The history is unchanged after an error: [`Error::ContextFull`] when the message cannot fit;
    /// [`Error::Template`] when the template refuses the conversation; [`Error::Poisoned`] after a contained
    /// failure.
    pub fn send(&mut self, text: impl Into<String>) -> Result<Reply<'_>> {
        self.send_message(Message::user(text))
    }

    /// As [`send`](Self::send), for a message of any role.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_message(&mut self, message: Message) -> Result<Reply<'_>> {
        let before = self.history.messages().len();
        self.history.push(message);
        self.reply_from(before, None)
    }

    /// As [`send`](Self::send), for a reply of a given form. Models that can think aloud are asked not to.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`Format::compile`].
    pub fn send_as(&mut self, text: impl Into<String>, format: &Format) -> Result<Reply<'_>> {
        let grammar = format.compile(&self.model().vocab())?;
        let before = self.history.messages().len();
        self.history.push(Message::user(text));
        self.reply_from(before, Some(grammar))
    }

    /// As [`ask`](Self::ask), for a reply of a given form. The result is complete.
    ///
    /// # Errors
    /// As [`send_as`](Self::send_as) and [`ask`](Self::ask); [`Error::Incomplete`] when a limit cuts the reply.
    pub fn ask_as(&mut self, text: impl Into<String>, format: &Format) -> Result<String> {
        let done = self.send_as(text, format)?.finish()?;
        if done.stop == StopReason::Cancelled { Err(Error::Cancelled) } else { Ok(done.text) }
    }

    /// Lets the model reply to the history as it is, for example after [`truncate`](Self::truncate) took its last
    /// reply away.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn reply(&mut self) -> Result<Reply<'_>> {
        self.reply_from(self.history.messages().len(), None)
    }

    fn reply_from(&mut self, before: usize, grammar: Option<Grammar>) -> Result<Reply<'_>> {
        let start = self.history.start();
        match self.start_run(grammar) {
            Ok(run) => Ok(Reply::new(self, run, before)),
            Err(error) => {
                self.history.set_start(start);
                self.history.truncate(before);
                Err(error)
            }
        }
    }

    fn start_run(&mut self, grammar: Option<Grammar>) -> Result<Run> {
        let room = Room::new(self.session.capacity(), self.limits.max_tokens);
        let direct = grammar.is_some().then(|| self.prompter.direct());
        let prompter = direct.as_ref().unwrap_or(&self.prompter);
        let prompt = prompter.fit(&mut self.history, room, self.overflow)?;
        let grammar = match grammar {
            Some(grammar) => Some(grammar),
            None => self.grammar.as_ref().map(Grammar::try_clone).transpose()?,
        };
        self.sampler.set_grammar(grammar)?;
        self.sampler.reset()?;
        if self.own_token {
            self.session.cancel_token().reset();
        }
        Run::new(&self.session, prompt, self.limits.clone())
    }

    /// The session, and the prompt of a message that does not become part of the history. Models that can think
    /// aloud are asked to reply directly.
    pub(crate) fn aside(&mut self, message: Message) -> Result<(&mut Session, Vec<Token>)> {
        let mut history = self.history.clone();
        history.push(message);
        let room = Room::new(self.session.capacity(), self.limits.max_tokens);
        let prompt = self.prompter.direct().fit(&mut history, room, self.overflow)?;
        if self.own_token {
            self.session.cancel_token().reset();
        }
        Ok((&mut self.session, prompt))
    }

    /// Sends a message and waits for the whole reply. It may be cut by the limits of the chat; use
    /// [`send`](Self::send) to know.
    ///
    /// # Errors
    /// As [`send`](Self::send), and errors while generating; [`Error::Cancelled`] when the reply was cancelled.
    pub fn ask(&mut self, text: impl Into<String>) -> Result<String> {
        let done = self.send(text)?.finish()?;
        if done.stop == StopReason::Cancelled { Err(Error::Cancelled) } else { Ok(done.text) }
    }

    /// All messages, the system message first. Those that no longer fit into the context are still here.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        self.history.messages()
    }

    /// Number of messages, oldest first and not counting the system message, that no longer go into the prompt.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.history.dropped()
    }

    /// Adds a message to the history without asking for a reply.
    pub fn push(&mut self, message: Message) {
        self.history.push(message);
    }

    /// Keeps the first `len` messages only. What the memory holds of them is used again.
    pub fn truncate(&mut self, len: usize) {
        self.history.truncate(len);
    }

    /// Forgets the conversation. The system message stays.
    pub fn clear(&mut self) {
        self.history.clear();
    }

    /// The switch that stops the running reply, from any thread. The chat's own switch is off again when the next
    /// message is sent; one given by [`ChatBuilder::cancel`] stays as it is.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.session.cancel_token()
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.session.model()
    }

    /// The template that renders the conversation.
    #[must_use]
    pub fn template(&self) -> &ChatTemplate {
        self.prompter.template()
    }

    /// The session below, to see what is in the model's memory.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }
}
