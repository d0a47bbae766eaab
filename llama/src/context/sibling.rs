//! Contexts like one that is there.
#![forbid(unsafe_code)]

use super::Context;
use crate::error::Result;
use crate::token::SeqId;

impl Context {
    /// A new context with an empty memory that computes as this one does now: same parameters, threads, adapters
    /// and control vector. It has a cancel token of its own.
    pub(crate) fn sibling(&self) -> Result<Self> {
        self.alive()?;
        let facts = &self.facts;
        let mut other = self
            .recipe
            .clone()
            .n_threads(facts.threads)
            .n_threads_batch(facts.threads_batch)
            .embeddings(facts.embeddings)
            .cancel(crate::CancelToken::new())
            .build()?;
        if other.causal_attention() != facts.causal {
            other.set_causal_attention(facts.causal)?;
        }
        self.attach_to(&mut other)?;
        Ok(other)
    }

    /// True when a sequence can go back to any earlier point. A sliding window that moves on, or was copied, cannot
    /// go back further than it reaches, and a state that stands for the whole past cannot go back at all.
    pub(crate) fn rolls_back(&mut self, seq: SeqId) -> Result<bool> {
        if self.model.inner.info.n_swa == 0 {
            return Ok(!self.keeps_one_state());
        }
        let whole = self.facts.params.swa_full && !self.keeps_one_state();
        Ok(whole && self.memory().pos_min(seq)?.unwrap_or(0) == 0)
    }

    /// True when the past, or a part of it, is one state.
    pub(crate) fn keeps_one_state(&self) -> bool {
        let info = &self.model.inner.info;
        info.recurrent || info.hybrid
    }

    /// Tokens that one step can compute with an output each.
    pub(crate) fn widest_step(&self) -> usize {
        let facts = &self.facts;
        facts.n_outputs_max.min(facts.n_ubatch).min(facts.n_batch) as usize
    }
}
