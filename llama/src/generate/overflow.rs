//! Room in a full memory.
#![forbid(unsafe_code)]

use super::session::Session;
use crate::error::{Error, Result};
use crate::token::Pos;

impl Session {
    /// Forgets `discard` tokens behind the first `keep`, and moves the rest up. What is left was computed with
    /// the forgotten tokens in view and keeps traces of them; it is not the same as a text without them.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when there are not so many tokens; [`Error::Memory`] where the positions of a
    /// memory are fixed ([`can_shift`](crate::Memory::can_shift)) or its past is one state: nothing is changed
    /// then. [`Error::Poisoned`].
    pub fn shift(&mut self, keep: usize, discard: usize) -> Result<()> {
        self.check_shift()?;
        let len = self.tokens.len();
        let positions = (Pos::try_from(keep), Pos::try_from(discard));
        let (true, (Ok(from), Ok(count))) =
            (keep.checked_add(discard).is_some_and(|end| end <= len), positions)
        else {
            let reason = format!("{discard} behind the first {keep}, there are {len}");
            return Err(Error::invalid("tokens to discard", reason));
        };
        self.checkpoints.forget_behind(keep);
        let mut memory = self.context.memory();
        memory.seq_remove(self.seq, from..from + count)?;
        if let Err(error) = memory.seq_add(self.seq, from + count.., -count) {
            self.clear()?;
            return Err(error);
        }
        self.tokens.drain(keep..keep + discard);
        Ok(())
    }

    /// Refuses where a memory cannot shift.
    pub(super) fn check_shift(&mut self) -> Result<()> {
        const OPERATION: &str = "make room";
        let fixed = |reason: &str| Err(Error::Memory { operation: OPERATION, reason: reason.to_owned() });
        if self.context.keeps_one_state() {
            return fixed("its past is one state");
        }
        if !self.context.memory().can_shift()? {
            return fixed("the positions of this model are fixed once computed");
        }
        Ok(())
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
        let discard = self.tokens.len().saturating_sub(keep) / 2;
        self.shift(keep, discard)?;
        Ok(discard)
    }
}
