//! A reply being generated.

use super::history::History;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::generate::{Completion, Generation, Piece, StopReason, Usage};
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
    generation: Generation<'c>,
    history: &'c mut History,
    /// Length of the history to go back to if nothing is said.
    before: usize,
}

impl<'c> Reply<'c> {
    pub(super) fn new(generation: Generation<'c>, history: &'c mut History, before: usize) -> Self {
        Self { generation, history, before }
    }

    /// Computes up to the next piece of text and gives it with its tokens; `None` at the end.
    pub fn next_piece(&mut self) -> Option<Result<Piece>> {
        self.generation.next_piece()
    }

    /// Generates what is left and gives the result.
    ///
    /// # Errors
    /// The error that ended the reply, also when the iterator has handed it out already.
    pub fn finish(mut self) -> Result<Completion> {
        self.generation.complete()
    }

    /// Ends the reply here and gives what there is.
    ///
    /// # Errors
    /// The error that ended the reply before.
    pub fn cancel(mut self) -> Result<Completion> {
        self.generation.end()
    }

    /// The switch that stops this reply from another thread, see [`Chat::cancel_token`].
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.generation.session().cancel_token()
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        self.generation.text()
    }

    /// Numbers of tokens so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.generation.usage()
    }
}

impl Iterator for Reply<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.generation.next()
    }
}

impl FusedIterator for Reply<'_> {}

impl Drop for Reply<'_> {
    /// Writes the reply into the history.
    fn drop(&mut self) {
        // An error has ended it already, and then there is no reason to note.
        let _ = self.generation.end();
        let by_itself = self.generation.stop_reason().is_some_and(|stop| *stop != StopReason::Cancelled);
        let text = self.generation.text();
        if text.is_empty() && !by_itself {
            self.history.truncate(self.before);
        } else {
            self.history.push(Message::assistant(text));
        }
    }
}
