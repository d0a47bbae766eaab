//! Conversations.
#![forbid(unsafe_code)]

mod builder;
mod history;
mod prompt;
#[cfg_attr(not(feature = "tools"), path = "plain_reader.rs")]
mod reader;
mod reply;
#[cfg(feature = "async")]
mod stream;
#[cfg(feature = "tools")]
mod tools;
mod trim;

pub use builder::ChatBuilder;
#[cfg(feature = "tools")]
pub use reader::ReplyEvent;
pub use reply::Reply;
#[cfg(feature = "tools")]
pub use tools::ToolChat;
pub use trim::Overrun;

use crate::cancel::CancelToken;
use crate::chat_template::ChatTemplate;
use crate::error::{Error, Result};
use crate::generate::{Content, Generation, Limits, Run, Session, StopReason};
use crate::message::Message;
use crate::model::Model;
use crate::sampler::{Grammar, Sampler};
use crate::structured::Format;
use history::History;
use prompt::{Prompter, Room};
use reader::{Form, Reader};
use std::path::Path;
use trim::Trim;

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
/// # Images and recordings
/// With feature `multimodal`: `ChatBuilder::projector` and `Message::with_media`, see the module `multimodal`. What
/// was seen stays in memory as text does.
///
/// # Models without a template
/// They are spoken to in `ChatML`, the format that most models know.
#[derive(Debug)]
pub struct Chat {
    session: Session,
    sampler: Sampler,
    /// The grammar that the caller's sampler came with. The sampler gets the grammar of each reply.
    grammar: Option<Grammar>,
    prompter: Prompter,
    history: History,
    limits: Limits,
    overflow: Overflow,
    /// The caller's way to make a conversation fit.
    trim: Option<Trim>,
    /// False when the caller brought the cancel token.
    own_token: bool,
}

/// What happens when a conversation outgrows the context.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{Error, Overflow};
/// let mut chat = model.chat_builder().context(256).overflow(Overflow::Refuse).build()?;
/// match chat.send("word ".repeat(300)) {
///     Err(Error::ContextFull { needed, available }) => assert!(needed > available),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), llama::Error>(())
/// ```
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
    /// As [`DropOldest`](Self::DropOldest); and a reply that reaches the end of the context goes on: the older
    /// half of everything behind the instructions is forgotten, as often as needed
    /// ([`Usage::discarded`](crate::Usage::discarded) counts the tokens). Sending gives [`Error::Memory`] where
    /// the memory cannot do that, see [`Memory::can_shift`](crate::Memory::can_shift).
    Shift,
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
    /// Sends a message, mostly just what the user says, and gives the reply, to be read piece by piece. Nothing is
    /// computed before the first piece is asked for.
    ///
    /// # Errors
    /// The history is unchanged after an error: [`Error::ContextFull`] when the message cannot fit;
    /// [`Error::Template`] when the template refuses the conversation; [`Error::Poisoned`] after a contained
    /// failure. For images and recordings [`Error::NoProjector`], [`Error::UnsupportedMedia`], [`Error::SampleRate`],
    /// [`Error::MarkerCount`] and [`Error::BatchTooLarge`], all before anything is computed.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<Reply<'_>> {
        self.send_message(message.into())
    }

    /// As [`send`](Self::send), for a message of any role.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_message(&mut self, message: Message) -> Result<Reply<'_>> {
        self.switch_on();
        self.reply_to(Some(message), None)
    }

    /// As [`send`](Self::send), for a reply of a given form. Models that can think aloud are asked not to.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`Format::compile`].
    pub fn send_as(&mut self, message: impl Into<Message>, format: &Format) -> Result<Reply<'_>> {
        let grammar = format.compile(&self.model().vocab())?;
        self.switch_on();
        self.reply_to(Some(message.into()), Some(grammar))
    }

    /// As [`ask`](Self::ask), for a reply of a given form. The result is complete.
    ///
    /// # Errors
    /// As [`send_as`](Self::send_as) and [`ask`](Self::ask); [`Error::Incomplete`] when a limit cuts the reply.
    pub fn ask_as(&mut self, message: impl Into<Message>, format: &Format) -> Result<String> {
        let done = self.send_as(message, format)?.finish()?;
        if done.stop == StopReason::Cancelled { Err(Error::Cancelled) } else { Ok(done.text) }
    }

    /// Lets the model reply to the history as it is, for example after [`truncate`](Self::truncate) took its last
    /// reply away.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn reply(&mut self) -> Result<Reply<'_>> {
        self.switch_on();
        self.reply_to(None, None)
    }

    /// Takes an earlier cancel back, unless the switch is the caller's.
    fn switch_on(&self) {
        if self.own_token {
            self.session.cancel_token().reset();
        }
    }

    /// Replies to the history with this message, with text of the form `asked` describes.
    fn reply_to(&mut self, message: Option<Message>, asked: Option<Grammar>) -> Result<Reply<'_>> {
        // A copy: after an error, or a panic of the caller's way to make it fit, the history is as it was.
        let mut history = self.history.clone();
        if let Some(message) = message {
            history.push(message);
        }
        let (run, form) = self.start_run(&mut history, asked)?;
        let before = std::mem::replace(&mut self.history, history);
        let messages = self.history.messages();
        let calls = messages.iter().flat_map(|message| &message.tool_calls);
        let reader = Reader::new(form, calls.map(|call| call.id.clone()).collect());
        let generation = Generation::lent(&mut self.session, &mut self.sampler, run);
        Ok(Reply::new(generation, reader, &mut self.history, before))
    }

    /// The run, and the form of the model's replies where nothing else is asked for.
    fn start_run(&mut self, history: &mut History, asked: Option<Grammar>) -> Result<(Run, Option<Form>)> {
        let room = Room::new(self.session.capacity(), self.limits.max_tokens);
        let direct = asked.is_some().then(|| self.prompter.direct());
        let prompter = direct.as_ref().unwrap_or(&self.prompter);
        let rendered = prompter.fit(history, room, self.overflow, self.trim.as_ref())?;
        let mut limits = self.limits.clone();
        if self.overflow == Overflow::Shift {
            // Where the instructions fill more than half of the context, their end goes as well.
            let keep = prompter.instructions(history, &rendered.content);
            limits.shift = Some(keep.min(self.session.capacity() / 2));
        }
        let form = asked.is_none().then_some(rendered.form);
        let grammar = match &form {
            None => asked,
            Some(form) => self.usual_grammar(form, &mut limits)?,
        };
        self.sampler.set_grammar(grammar)?;
        self.sampler.reset()?;
        Ok((Run::new(&mut self.session, rendered.content, limits)?, form))
    }

    /// The grammar of a reply for which no form is asked: the caller's.
    #[cfg(not(feature = "tools"))]
    fn usual_grammar(&self, _form: &Form, _limits: &mut Limits) -> Result<Option<Grammar>> {
        self.grammar.as_ref().map(Grammar::try_clone).transpose()
    }

    /// The grammar of a reply for which no form is asked: the caller's, or that of the model's format.
    #[cfg(feature = "tools")]
    fn usual_grammar(&self, form: &Form, limits: &mut Limits) -> Result<Option<Grammar>> {
        limits.stops.extend(form.stops().iter().cloned());
        limits.spelled = form.preserved_tokens()?;
        match (&self.grammar, form.grammar()?) {
            (Some(_), Some(_)) => Err(Error::InvalidParameter {
                name: "sampler",
                reason: "it has a grammar of its own, which cannot be combined with tools".to_owned(),
            }),
            (Some(own), None) => own.try_clone().map(Some),
            (None, grammar) => Ok(grammar),
        }
    }

    /// The session, and the prompt of a message that does not become part of the history. Models that can think
    /// aloud are asked to reply directly.
    pub(crate) fn aside(&mut self, message: Message) -> Result<(&mut Session, Content)> {
        let mut history = self.history.clone();
        history.push(message);
        let room = Room::new(self.session.capacity(), self.limits.max_tokens);
        let prompt =
            self.prompter.direct().fit(&mut history, room, self.overflow, self.trim.as_ref())?.content;
        self.switch_on();
        Ok((&mut self.session, prompt))
    }

    /// Sends a message and waits for the whole reply. It may be cut by the limits of the chat; use
    /// [`send`](Self::send) to know.
    ///
    /// # Errors
    /// As [`send`](Self::send), and errors while generating; [`Error::Cancelled`] when the reply was cancelled.
    pub fn ask(&mut self, message: impl Into<Message>) -> Result<String> {
        let done = self.send(message)?.finish()?;
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

    /// Writes what the model's memory holds to a file, so that a later chat does not have to compute it again.
    ///
    /// The messages are not in it: keep them where you keep your data, and give them to
    /// [`ChatBuilder::history`]. The memory only saves time; a file that does not belong to the messages does no
    /// harm, as each prompt uses what it has in common with the memory.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// # let file = std::env::temp_dir().join(format!("llama-doc-{}.chat", std::process::id()));
    /// let mut chat = model.chat("")?;
    /// chat.ask("What is the capital of France?")?;
    /// chat.save(&file)?;
    ///
    /// let mut later = model.chat_builder().history(chat.messages().to_vec()).build()?;
    /// later.restore(&file)?;
    /// assert!(later.send("And of Italy?")?.finish()?.usage.reused > 0);
    /// # std::fs::remove_file(&file).unwrap();
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Session::save`].
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.session.save(path)
    }

    /// Brings back what [`save`](Self::save) has written; the messages stay as they are.
    ///
    /// # Errors
    /// As [`Session::restore`].
    pub fn restore(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.session.restore(path)
    }

    /// A second conversation with the same past, see [`Session::fork`] for its cost. Both go on independently.
    /// It has a cancel token of its own.
    ///
    /// # Errors
    /// As [`Session::fork`]; errors of copying the sampler.
    pub fn fork(&mut self) -> Result<Self> {
        Ok(Self {
            session: self.session.fork()?,
            sampler: self.sampler.try_clone()?,
            grammar: self.grammar.as_ref().map(Grammar::try_clone).transpose()?,
            prompter: self.prompter.clone(),
            history: self.history.clone(),
            limits: self.limits.clone(),
            overflow: self.overflow,
            trim: self.trim.clone(),
            own_token: true,
        })
    }

    /// The session below, to see what is in the model's memory.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }
}
