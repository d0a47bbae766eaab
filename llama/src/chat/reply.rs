//! A reply being generated.

use super::Chat;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::generate::{Completion, Run, StopReason, Usage};
use crate::message::Message;
use std::iter::FusedIterator;

/// A reply of the model: an iterator of pieces of text, and the result.
///
/// Each piece is one or more whole characters. The prompt is computed when the first piece is asked for.
///
/// The reply ends when it is dropped, or, from any thread and also while the prompt is being computed, by its
/// [`CancelToken`]. What there is by then stays in the chat's history as the model's message, so that the
/// conversation can go on from it. If nothing was said yet, the question is taken out of the history again,
/// as if it had not been sent; the same after an error.
#[derive(Debug)]
#[must_use = "nothing is generated before the first piece is asked for"]
pub struct Reply<'c> {
    chat: &'c mut Chat,
    run: Run,
    /// Length of the history to go back to if nothing is said.
    before: usize,
}

impl<'c> Reply<'c> {
    pub(super) fn new(chat: &'c mut Chat, run: Run, before: usize) -> Self {
        Self { chat, run, before }
    }

    /// Generates what is left and gives the result.
    ///
    /// # Errors
    /// The error that ended the reply, also when the iterator has handed it out already;
    /// [`Error::Incomplete`](crate::Error::Incomplete) when a limit cut what a grammar describes.
    pub fn finish(mut self) -> Result<Completion> {
        for piece in self.by_ref() {
            piece?;
        }
        self.run.completion()
    }

    /// Ends the reply here and gives what there is.
    ///
    /// # Errors
    /// The error that ended the reply before.
    pub fn cancel(mut self) -> Result<Completion> {
        self.run.cancel();
        self.run.completion()
    }

    /// The switch that stops this reply from another thread, see [`Chat::cancel_token`].
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.chat.cancel_token()
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        self.run.text()
    }

    /// Numbers of tokens so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.run.usage()
    }
}

impl Iterator for Reply<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.run.step(&mut self.chat.session, &mut self.chat.sampler)
    }
}

impl FusedIterator for Reply<'_> {}

impl Drop for Reply<'_> {
    /// Writes the reply into the history.
    fn drop(&mut self) {
        self.run.cancel();
        let by_itself = self.run.stop().is_some_and(|stop| *stop != StopReason::Cancelled);
        if self.run.text().is_empty() && !by_itself {
            self.chat.history.truncate(self.before);
        } else {
            self.chat.history.push(Message::assistant(self.run.text()));
        }
    }
}
