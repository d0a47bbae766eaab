//! Sessions without feature `multimodal`: media can only come out of a file.
#![forbid(unsafe_code)]
#![allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "the interface of media.rs")]

use super::content::{Content, Medium};
use super::session::Session;
use crate::error::{Error, Result};

/// What is kept of media: nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {}

impl Seen {
    pub(super) fn encoded(&self) -> usize {
        0
    }
}

impl Session {
    /// Refuses media that cannot be computed in this context.
    pub(super) fn check_media(&self, _content: &Content) -> Result<()> {
        Ok(())
    }

    /// Puts a medium behind what is in memory.
    pub(super) fn see(&mut self, _medium: &Medium) -> Result<()> {
        let reason = "images and recordings need the feature `multimodal`".to_owned();
        Err(Error::Memory { operation: "go back", reason })
    }
}
