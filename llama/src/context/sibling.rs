//! Contexts like one that is there.
#![forbid(unsafe_code)]

use super::Context;
use crate::error::Result;

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

    /// True when the memory can go back to any earlier point. A sliding window that moves on cannot go back
    /// further than it reaches, and a state that stands for the whole past cannot go back at all.
    pub(crate) fn rolls_back(&self) -> bool {
        let info = &self.model.inner.info;
        !self.keeps_one_state() && (info.n_swa == 0 || self.facts.params.swa_full)
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
