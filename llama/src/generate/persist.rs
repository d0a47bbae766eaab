//! Copies of a session: a second one, and files.
#![forbid(unsafe_code)]

use super::content::Content;
use super::session::Session;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::state::{State, StateError, StateKind};
use std::path::Path;

impl Session {
    /// A second session with the same past. Both go on independently, also on different threads.
    ///
    /// The copy has a context of its own with the same parameters and adapters, so it costs as much memory as
    /// the first; what is in memory is copied, not computed again. It has a cancel token of its own, and the
    /// checkpoints are shared. A draft model is not copied along. Of a sliding window only what it reaches at the
    /// moment is copied: the copy cannot go back further without computing again.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// # let mut session = llama::Session::new(model.context_builder().n_ctx(512).build()?)?;
    /// let prompt = model.vocab().tokenize("Once upon a time", llama::Special::AsText)?;
    /// session.generate(&prompt).max_tokens(5).start()?.finish()?;
    /// let fork = session.fork()?;
    /// assert_eq!(fork.tokens(), session.tokens());
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CreateContext`], mostly for missing memory; [`StateError::EditPending`] right after a shift;
    /// [`Error::Poisoned`].
    pub fn fork(&mut self) -> Result<Self> {
        let mut fork = Self::around(self.context.sibling()?);
        if !self.past.is_empty() {
            fork.restore_state(&self.state()?)?;
            fork.past = self.past.clone();
        }
        fork.seen = self.seen.clone();
        fork.checkpoints = self.checkpoints.clone();
        Ok(fork)
    }

    /// What is in memory, with its tokens.
    ///
    /// # Errors
    /// [`StateError::EditPending`] right after a shift; [`Error::Poisoned`].
    pub fn state(&mut self) -> Result<State> {
        self.context.save_sequence_with_media(self.seq, self.past.tokens(), &self.past.spans())
    }

    /// Replaces what is in memory by a state that [`state`](Self::state) gave, in this session or another of the
    /// same model.
    ///
    /// # Errors
    /// [`Error::State`] says why the state does not fit: another model, other parameters, another version, more
    /// tokens than fit, damage. The session is unchanged then, unless llama.cpp refused the state: it is empty
    /// then. [`Error::Poisoned`].
    pub fn restore_state(&mut self, state: &State) -> Result<()> {
        let (kind, tokens) = (state.kind(), state.tokens());
        if kind != StateKind::Sequence {
            // A part would go on top of whatever is there.
            let (expected, found) = (StateKind::Sequence.text(), kind.text());
            return Err(StateError::OtherKind { expected, found }.into());
        }
        if tokens.is_empty() && self.context.finds_positions(state)? {
            return Err(StateError::malformed("it has no tokens, so it was not saved by a session").into());
        }
        if tokens.len() > self.capacity() {
            return Err(StateError::TooLarge { needed: tokens.len(), available: self.capacity() }.into());
        }
        match self.context.restore_sequence(state, self.seq) {
            Ok(()) => {}
            Err(error) => {
                if self.context.memory().pos_max(self.seq)?.is_none() {
                    self.clear()?;
                }
                return Err(error);
            }
        }
        self.checkpoints.clear();
        self.past = Content::restored(tokens, state.media());
        let end = self.context.memory().pos_max(self.seq)?;
        // An image may have the position of its first place only.
        let last = self.past.pos(self.past.last_start())..self.past.pos(tokens.len());
        if !end.map_or(tokens.is_empty(), |end| last.contains(&end)) {
            self.clear()?;
            let end = end.map_or(-1, |end| end);
            let problem = format!("it has {} tokens, but its last position is {end}", tokens.len());
            return Err(StateError::malformed(problem).into());
        }
        Ok(())
    }

    /// Writes what is in memory and its tokens to a file, see [`State::save`].
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// # let new = || llama::Session::new(model.context_builder().n_ctx(512).build()?);
    /// # let file = std::env::temp_dir().join(format!("llama-doc-{}.session", std::process::id()));
    /// # let mut session = new()?;
    /// let prompt = model.vocab().tokenize("Once upon a time", llama::Special::AsText)?;
    /// session.generate(&prompt).max_tokens(5).start()?.finish()?;
    /// session.save(&file)?;
    ///
    /// let mut later = new()?;
    /// later.restore(&file)?;
    /// assert_eq!(later.tokens(), session.tokens());
    /// # std::fs::remove_file(&file).unwrap();
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`]; otherwise as [`state`](Self::state).
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.state()?.save(path)
    }

    /// Replaces what is in memory by what [`save`](Self::save) has written.
    ///
    /// # Errors
    /// [`Error::Io`]; otherwise as [`restore_state`](Self::restore_state).
    pub fn restore(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.restore_state(&State::load(path)?)
    }
}
