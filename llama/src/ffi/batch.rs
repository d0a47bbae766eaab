//! One batch of llama.cpp, filled again for each call.

use crate::batch::{Batch, Entry};
use llama_sys::{Fault, guarded};
use std::ops::Range;
use std::ptr::NonNull;

/// Owns a `llama_batch_ext`. It refers to the context that it was made for, and is dropped before it.
#[derive(Debug)]
pub(super) struct BatchPtr(NonNull<llama_sys::llama_batch_ext>);

impl BatchPtr {
    /// An empty batch for a context.
    ///
    /// # Safety
    /// `context` is alive and outlives the batch.
    pub(super) unsafe fn new(context: *mut llama_sys::llama_context) -> Result<Option<Self>, Fault> {
        // SAFETY: the caller vouches for the context.
        let ptr = unsafe { guarded::llama_batch_ext_init(context) }?;
        Ok(NonNull::new(ptr).map(Self))
    }

    pub(super) fn as_ptr(&self) -> *mut llama_sys::llama_batch_ext {
        self.0.as_ptr()
    }

    /// Holds the entries of a part of `batch` from now on. False when llama.cpp refuses one, which it does not
    /// after the checks.
    pub(super) fn fill(&mut self, batch: &Batch, part: Range<usize>) -> Result<bool, Fault> {
        // SAFETY: the batch is alive.
        unsafe { guarded::llama_batch_ext_clear(self.as_ptr()) }?;
        for index in part {
            if !self.add(batch, index)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn add(&mut self, batch: &Batch, index: usize) -> Result<bool, Fault> {
        let (Some(entry), Some((first, others))) = (batch.entry(index), batch.seq_ids(index).split_first())
        else {
            return Ok(false);
        };
        let pos = batch.positions()[index];
        // As for text: the same in three sections, 0 in the last.
        let mut sections = [pos, pos, pos, 0];
        let added = match entry {
            Entry::Token(token) => {
                // SAFETY: the batch is alive; any numbers may be passed.
                unsafe { guarded::llama_batch_ext_add_token(self.as_ptr(), first.0, token.0) }?
            }
            Entry::Embedding { values, sections: given } => {
                sections = given.unwrap_or(sections);
                let raw = llama_sys::llama_embd { data: values.as_ptr(), n_rows: 1, n_embd: values.len() };
                // SAFETY: the batch is alive; `raw` describes a slice, which is copied.
                unsafe { guarded::llama_batch_ext_add_embd(self.as_ptr(), first.0, raw) }?
            }
        };
        if added < 0 {
            return Ok(false);
        }
        for seq in others {
            // SAFETY: the batch is alive; any numbers may be passed.
            if !unsafe { guarded::llama_batch_ext_add_seq(self.as_ptr(), added, seq.0) }? {
                return Ok(false);
            }
        }
        if batch.wants_output(index) {
            // SAFETY: the batch is alive; any index may be passed.
            unsafe { guarded::llama_batch_ext_set_output_logits(self.as_ptr(), added, true) }?;
        }
        // SAFETY: the batch is alive; at most four sections are read.
        unsafe { guarded::llama_batch_ext_set_pos(self.as_ptr(), added, sections.as_ptr()) }
    }
}

impl Drop for BatchPtr {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from `llama_batch_ext_init`.
        let _ = unsafe { guarded::llama_batch_ext_free(self.0.as_ptr()) };
    }
}
