//! Samplers that run in the graph of a context.

use super::super::sampler::ChainPtr;
use super::{ContextPtr, View};
use crate::token::{SeqId, Token};
use llama_sys::{Fault, guarded};

/// What a chain left for one entry.
#[derive(Debug)]
pub(crate) struct SampledView {
    candidates: Option<View<Token>>,
    logits: Option<View>,
    probabilities: Option<View>,
}

impl SampledView {
    pub(crate) fn candidates(&self) -> &[Token] {
        self.candidates.as_ref().map_or(&[], View::as_slice)
    }

    pub(crate) fn logits(&self) -> &[f32] {
        self.logits.as_ref().map_or(&[], View::as_slice)
    }

    pub(crate) fn probabilities(&self) -> &[f32] {
        self.probabilities.as_ref().map_or(&[], View::as_slice)
    }
}

impl ContextPtr {
    /// Runs `chain` for a sequence in the graph from now on. False when the chain cannot run there.
    pub(crate) fn set_sampler(&mut self, seq: SeqId, chain: ChainPtr) -> Result<bool, Fault> {
        self.synchronize()?;
        // SAFETY: the context is alive; the chain is stored in the owner below, which frees it after the
        // context, or once another call has made the context forget it.
        let taken = unsafe { guarded::llama_set_sampler(self.ptr.as_ptr(), seq.0, chain.as_ptr()) }?;
        self.samplers.retain(|(other, _)| *other != seq);
        if taken {
            self.samplers.push((seq, chain));
        }
        Ok(taken)
    }

    pub(crate) fn remove_sampler(&mut self, seq: SeqId) -> Result<(), Fault> {
        self.synchronize()?;
        // SAFETY: the context is alive; null makes it forget the chain.
        unsafe { guarded::llama_set_sampler(self.ptr.as_ptr(), seq.0, std::ptr::null_mut()) }?;
        self.samplers.retain(|(other, _)| *other != seq);
        Ok(())
    }

    /// The chain of a sequence.
    pub(crate) fn sampler(&mut self, seq: SeqId) -> Option<&mut ChainPtr> {
        self.samplers.iter_mut().find(|(other, _)| *other == seq).map(|(_, chain)| chain)
    }

    pub(crate) fn has_sampler(&self, seq: SeqId) -> bool {
        self.samplers.iter().any(|(other, _)| *other == seq)
    }

    pub(crate) fn has_samplers(&self) -> bool {
        !self.samplers.is_empty()
    }

    /// Makes available what was sampled for entry `index` of the last call, which had an output.
    pub(crate) fn fetch_sampled(&mut self, index: usize) -> Result<Option<Token>, Fault> {
        let (ctx, i) = (self.ptr.as_ptr(), i32::try_from(index).unwrap_or(i32::MAX));
        // SAFETY: the context is alive; any index may be asked for.
        let token = Token::present(unsafe { guarded::llama_get_sampled_token_ith(ctx, i) }?);
        // SAFETY: as above.
        let count = unsafe { guarded::llama_get_sampled_candidates_count_ith(ctx, i) }?;
        // SAFETY: as above.
        let candidates = unsafe { guarded::llama_get_sampled_candidates_ith(ctx, i) }?;
        // SAFETY: as above.
        let n_logits = unsafe { guarded::llama_get_sampled_logits_count_ith(ctx, i) }?;
        // SAFETY: as above.
        let logits = unsafe { guarded::llama_get_sampled_logits_ith(ctx, i) }?;
        // SAFETY: as above.
        let n_probabilities = unsafe { guarded::llama_get_sampled_probs_count_ith(ctx, i) }?;
        // SAFETY: as above.
        let probabilities = unsafe { guarded::llama_get_sampled_probs_ith(ctx, i) }?;
        self.sampled.push(SampledView {
            // Without candidates of its own the pointer leads to all tokens in order, as many as probabilities.
            candidates: View::new(
                candidates.cast(),
                (if count > 0 { count } else { n_probabilities }) as usize,
            ),
            logits: View::new(logits, n_logits as usize),
            probabilities: View::new(probabilities, n_probabilities as usize),
        });
        Ok(token)
    }

    /// What [`fetch_sampled`](Self::fetch_sampled) made available, in the order of its calls.
    pub(crate) fn sampled(&self) -> &[SampledView] {
        &self.sampled
    }
}
