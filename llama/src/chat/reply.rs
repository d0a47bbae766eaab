//! A reply being generated.

use super::history::History;
use super::reader::Reader;
#[cfg(feature = "tools")]
use super::reader::ReplyEvent;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::generate::{Completion, Generation, Piece, StopReason, Usage};
use std::iter::FusedIterator;

/// A reply of the model: an iterator of pieces of text, and the result.
///
/// Each piece is one or more whole characters. The prompt is computed when the first piece is asked for.
///
/// The reply ends when it is dropped, or, from any thread and also while the prompt is being computed, by its
/// [`CancelToken`]. What there is by then stays in the chat's history as the model's message, so that the
/// conversation can go on from it. If nothing was said yet, the question is taken out of the history again,
/// as if it had not been sent; the same after an error.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut chat = model.chat_builder().max_tokens(20).build()?;
/// let mut reply = chat.send("What is the capital of France?")?;
/// for piece in &mut reply {
///     print!("{}", piece?);
/// }
/// let done = reply.finish()?;
/// assert_eq!(chat.messages()[1].content, done.text);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is generated before the first piece is asked for"]
pub struct Reply<'c> {
    generation: Generation<'c>,
    reader: Reader,
    history: &'c mut History,
    /// The history to go back to if nothing is said.
    before: History,
}

impl<'c> Reply<'c> {
    pub(super) fn new(
        generation: Generation<'c>,
        reader: Reader,
        history: &'c mut History,
        before: History,
    ) -> Self {
        Self { generation, reader, history, before }
    }

    /// Computes up to the next piece of text and gives it with its tokens; `None` at the end.
    pub fn next_piece(&mut self) -> Option<Result<Piece>> {
        let piece = self.read_piece();
        #[cfg(feature = "tools")]
        self.reader.forget_events();
        piece
    }

    fn read_piece(&mut self) -> Option<Result<Piece>> {
        match self.generation.next_piece() {
            Some(Ok(mut piece)) => {
                piece.text = self.reader.read(piece.text, self.generation.text());
                Some(Ok(piece))
            }
            Some(Err(error)) => Some(Err(error)),
            None => {
                // After an error there is nothing to be told.
                self.generation.stop_reason()?;
                let text = self.reader.finish(self.generation.text());
                let piece = Piece { text, tokens: Vec::new(), logprobs: Vec::new() };
                (!piece.text.is_empty()).then_some(Ok(piece))
            }
        }
    }

    /// The reply in its parts as they become certain: answer, reasoning, calls of tools.
    #[cfg(feature = "tools")]
    pub fn events(&mut self) -> impl Iterator<Item = Result<ReplyEvent>> {
        std::iter::from_fn(|| {
            loop {
                if let Some(event) = self.reader.next_event() {
                    return Some(Ok(event));
                }
                match self.read_piece() {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Some(Err(error)),
                    None => return self.reader.next_event().map(Ok),
                }
            }
        })
    }

    /// Generates what is left and gives the result.
    ///
    /// # Errors
    /// The error that ended the reply, also when the iterator has handed it out already;
    /// [`Error::Incomplete`](crate::Error::Incomplete) when a limit cut what a grammar describes, or a call of a tool.
    pub fn finish(mut self) -> Result<Completion> {
        while let Some(piece) = self.next_piece() {
            piece?;
        }
        self.end()
    }

    /// Ends the reply here and gives what there is.
    ///
    /// # Errors
    /// The error that ended the reply before.
    pub fn cancel(mut self) -> Result<Completion> {
        self.end()
    }

    fn end(&mut self) -> Result<Completion> {
        let done = self.generation.end();
        self.reader.finish(self.generation.text());
        self.reader.complete(done?)
    }

    /// The switch that stops this reply from another thread, see
    /// [`Chat::cancel_token`](crate::Chat::cancel_token).
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.generation.session().cancel_token()
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        self.reader.text(self.generation.text())
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
        loop {
            match self.next_piece()? {
                // Reasoning, or tokens without a text.
                Ok(piece) if piece.text.is_empty() => {}
                piece => return Some(piece.map(|piece| piece.text)),
            }
        }
    }
}

impl FusedIterator for Reply<'_> {}

impl Drop for Reply<'_> {
    /// Writes the reply into the history.
    fn drop(&mut self) {
        // An error has ended it already, and then there is no reason to note.
        let _ = self.end();
        let by_itself = self.generation.stop_reason().is_some_and(|stop| *stop != StopReason::Cancelled);
        let text = self.generation.text();
        if text.is_empty() && !by_itself {
            *self.history = std::mem::take(&mut self.before);
        } else {
            self.history.push(self.reader.message(text));
        }
    }
}
