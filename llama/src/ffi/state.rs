//! States of a context as llama.cpp writes and reads them.

use super::context::ContextPtr;
use crate::token::SeqId;
use llama_sys::{Fault, guarded};

/// Only the parts of a sequence that are overwritten as it grows.
pub(crate) const PARTIAL: u32 = llama_sys::LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY;
/// The tensors stay in memory of the device; the bytes only describe them.
pub(crate) const ON_DEVICE: u32 = llama_sys::LLAMA_STATE_SEQ_FLAGS_ON_DEVICE;

impl ContextPtr {
    pub(crate) fn state_size(&mut self) -> Result<usize, Fault> {
        // SAFETY: the context is alive.
        unsafe { guarded::llama_state_get_size(self.as_ptr()) }
    }

    /// Writes the state of all sequences. Returns the number of bytes, 0 after a failure.
    pub(crate) fn state_get(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        // SAFETY: the context is alive; `out` has that many bytes, and C stops at its end.
        unsafe { guarded::llama_state_get_data(self.as_ptr(), out.as_mut_ptr(), out.len()) }
    }

    /// Replaces the state of all sequences. Returns the number of bytes read, 0 after a failure. The caller has
    /// walked through the bytes.
    pub(crate) fn state_set(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        // SAFETY: the context is alive; C reads at most that many bytes.
        unsafe { guarded::llama_state_set_data(self.as_ptr(), bytes.as_ptr(), bytes.len()) }
    }

    pub(crate) fn seq_state_size(&mut self, seq: SeqId, flags: u32) -> Result<usize, Fault> {
        // SAFETY: the context is alive; the caller checked the sequence.
        unsafe { guarded::llama_state_seq_get_size_ext(self.as_ptr(), seq.0, flags) }
    }

    /// Writes the state of one sequence. Returns the number of bytes, 0 after a failure.
    pub(crate) fn seq_state_get(&mut self, seq: SeqId, flags: u32, out: &mut [u8]) -> Result<usize, Fault> {
        // SAFETY: the context is alive; the caller checked the sequence; C stops at the end of `out`.
        unsafe {
            guarded::llama_state_seq_get_data_ext(self.as_ptr(), out.as_mut_ptr(), out.len(), seq.0, flags)
        }
    }

    /// Replaces the state of one sequence. Returns the number of bytes read, 0 after a failure. The caller has
    /// walked through the bytes, or they come from this context.
    pub(crate) fn seq_state_set(&mut self, seq: SeqId, flags: u32, bytes: &[u8]) -> Result<usize, Fault> {
        // SAFETY: the context is alive; the caller checked the sequence; C reads at most that many bytes.
        unsafe {
            guarded::llama_state_seq_set_data_ext(self.as_ptr(), bytes.as_ptr(), bytes.len(), seq.0, flags)
        }
    }
}
