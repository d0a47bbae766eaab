//! Reading what the model says where it is one text.
#![allow(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "the interface of reader.rs, which takes replies apart"
)]

use crate::error::Result;
use crate::generate::Completion;
use crate::message::Message;

/// What a rendered prompt says about the reply: nothing.
#[derive(Debug)]
pub(super) struct Form;

/// Hands the text through.
#[derive(Debug, Default)]
pub(super) struct Reader;

impl Reader {
    pub(super) fn new(_form: Option<Form>, _taken: Vec<String>) -> Self {
        Self
    }

    /// The answer text that a new piece makes certain.
    pub(super) fn read(&mut self, piece: String, _raw: &str) -> String {
        piece
    }

    /// The answer text that the end makes certain.
    pub(super) fn finish(&mut self, _raw: &str) -> String {
        String::new()
    }

    /// The answer so far.
    pub(super) fn text<'a>(&'a self, raw: &'a str) -> &'a str {
        raw
    }

    /// The message for the history.
    pub(super) fn message(&self, raw: &str) -> Message {
        Message::assistant(raw)
    }

    /// Puts the parts of the message into the result.
    pub(super) fn complete(&self, done: Completion) -> Result<Completion> {
        Ok(done)
    }
}
