//! The caller's way to make a conversation fit.

use crate::message::Message;
use std::fmt;
use std::sync::Arc;

/// How much too long a conversation is, in tokens. A prompt fits well when it has at most `available - reserved`.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// // Drops one message for each 100 tokens that are too many, and keeps the newest.
/// let keep = |messages: &[llama::Message], sizes: llama::Overrun| {
///     let excess = (sizes.prompt + sizes.reserved).saturating_sub(sizes.available);
///     messages[(excess / 100 + 1).min(messages.len() - 1)..].to_vec()
/// };
/// let chat = model.chat_builder().overflow_with(keep).build()?;
/// # drop(chat);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Overrun {
    /// The prompt with all messages.
    pub prompt: usize,
    /// What the context holds.
    pub available: usize,
    /// What should stay free for the reply.
    pub reserved: usize,
}

/// A function on messages.
#[derive(Clone)]
pub(super) struct Trim(Arc<Function>);

type Function = dyn Fn(&[Message], Overrun) -> Vec<Message> + Send + Sync;

impl Trim {
    pub(super) fn new(keep: impl Fn(&[Message], Overrun) -> Vec<Message> + Send + Sync + 'static) -> Self {
        Self(Arc::new(keep))
    }

    pub(super) fn call(&self, messages: &[Message], sizes: Overrun) -> Vec<Message> {
        (self.0)(messages, sizes)
    }
}

impl fmt::Debug for Trim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trim")
    }
}
