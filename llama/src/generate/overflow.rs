//! Room in a full memory.
#![forbid(unsafe_code)]

use super::session::Session;
use crate::error::{Error, Result};

impl Session {
    /// Forgets `discard` tokens behind the first `keep`, and moves the rest up. What is left was computed with
    /// the forgotten tokens in view and keeps traces of them; it is not the same as a text without them.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when there are not so many tokens, or when an image or a recording would be cut;
    /// [`Error::Memory`] where the positions of a
    /// memory are fixed ([`can_shift`](crate::Memory::can_shift)) or its past is one state: nothing is changed
    /// then. [`Error::Poisoned`].
    pub fn shift(&mut self, keep: usize, discard: usize) -> Result<()> {
        self.check_shift()?;
        let len = self.past.len();
        let Some(end) = keep.checked_add(discard).filter(|&end| end <= len) else {
            let reason = format!("{discard} behind the first {keep}, there are {len}");
            return Err(Error::invalid("tokens to discard", reason));
        };
        if let Some(cut) = [keep, end].into_iter().find(|&place| self.past.floor(place) != place) {
            let reason = format!("token {cut} is inside an image or a recording");
            return Err(Error::invalid("tokens to discard", reason));
        }
        let (from, to) = (self.past.pos(keep), self.past.pos(end));
        self.checkpoints.forget_behind(keep);
        let mut memory = self.context.memory();
        memory.seq_remove(self.seq, from..to)?;
        if let Err(error) = memory.seq_add(self.seq, to.., from - to) {
            self.clear()?;
            return Err(error);
        }
        self.past.remove(keep..end);
        Ok(())
    }

    /// Refuses where a memory cannot shift.
    pub(super) fn check_shift(&mut self) -> Result<()> {
        const OPERATION: &str = "make room";
        let reason = if self.context.keeps_one_state() {
            Some("its past is one state".to_owned())
        } else {
            self.context.memory_ready(&[])?;
            self.context.memory().fixed()?
        };
        match reason {
            Some(reason) => Err(Error::Memory { operation: OPERATION, reason }),
            None => Ok(()),
        }
    }

    /// Refuses a number of tokens to keep that leaves nothing to discard.
    pub(super) fn check_keep(&mut self, keep: usize) -> Result<()> {
        let capacity = self.capacity();
        if keep.saturating_add(2) > capacity {
            let reason = format!("keeping {keep} of {capacity} tokens leaves nothing to discard");
            return Err(Error::invalid("shift", reason));
        }
        self.check_shift()
    }

    /// Forgets half of what stands behind the first `keep` tokens; returns how many tokens that were.
    pub(super) fn make_room(&mut self, keep: usize) -> Result<usize> {
        let keep = self.past.floor(keep);
        let middle = keep + self.past.len().saturating_sub(keep) / 2;
        let discard = self.past.ceil(middle) - keep;
        self.shift(keep, discard)?;
        Ok(discard)
    }
}
