//! One sampler of llama.cpp.

use super::text::owned;
use super::vocab::VocabPtr;
use crate::error::{Error, Result};
use crate::token::Token;
use llama_sys::{Fault, guarded};
use std::ffi::{CString, c_char};
use std::ptr::NonNull;

/// A candidate: token, logit, probability.
pub(crate) type Candidate = llama_sys::llama_token_data;

/// Owns a `llama_sampler`. What it refers to (a vocabulary) is kept alive by the holder.
#[derive(Debug)]
pub(crate) struct SamplerPtr(NonNull<llama_sys::llama_sampler>);

// SAFETY: samplers are plain data without thread affinity.
unsafe impl Send for SamplerPtr {}
// SAFETY: methods that change a sampler take `&mut self`; the others only read.
unsafe impl Sync for SamplerPtr {}

impl Drop for SamplerPtr {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from an init function and is in no chain.
        let _ = unsafe { guarded::llama_sampler_free(self.0.as_ptr()) };
    }
}

/// What a sampler did to the candidates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Applied {
    /// Candidates that are left, at the beginning of the list.
    pub(crate) len: usize,
    /// Whether they are sorted by logit, the largest first.
    pub(crate) sorted: bool,
    /// The chosen one.
    pub(crate) selected: Option<usize>,
}

impl SamplerPtr {
    fn new(ptr: *mut llama_sys::llama_sampler) -> Result<Self> {
        NonNull::new(ptr).map(Self).ok_or_else(|| Error::Failed {
            operation: "creating a sampler",
            detail: crate::log::take_detail(),
        })
    }

    pub(crate) fn apply(&mut self, candidates: &mut [Candidate], sorted: bool) -> Result<Applied, Fault> {
        let mut list = llama_sys::llama_token_data_array {
            data: candidates.as_mut_ptr(),
            size: candidates.len(),
            selected: -1,
            sorted,
        };
        // SAFETY: the list describes the slice, which is exclusively ours; the samplers of llama.cpp work in
        // place and never make it longer.
        unsafe { guarded::llama_sampler_apply(self.0.as_ptr(), &raw mut list) }?;
        let len = list.size.min(candidates.len());
        let selected = usize::try_from(list.selected).ok().filter(|&at| at < len);
        Ok(Applied { len, sorted: list.sorted, selected })
    }

    pub(crate) fn accept(&mut self, token: Token) -> Result<(), Fault> {
        // SAFETY: the sampler is alive; the caller checked the token where a vocabulary is involved.
        unsafe { guarded::llama_sampler_accept(self.0.as_ptr(), token.0) }
    }

    pub(crate) fn reset(&mut self) -> Result<(), Fault> {
        // SAFETY: the sampler is alive.
        unsafe { guarded::llama_sampler_reset(self.0.as_ptr()) }
    }

    pub(crate) fn duplicate(&self) -> Result<Self> {
        // SAFETY: the sampler is alive; all samplers made here can be cloned.
        let ptr = unsafe { guarded::llama_sampler_clone(self.0.as_ptr()) }?;
        Self::new(ptr)
    }

    pub(crate) fn seed(&self) -> Result<u32> {
        // SAFETY: the sampler is alive.
        Ok(unsafe { guarded::llama_sampler_get_seed(self.0.as_ptr()) }?)
    }

    pub(crate) fn name(&self) -> Result<String> {
        // SAFETY: the sampler is alive.
        let name = unsafe { guarded::llama_sampler_name(self.0.as_ptr()) }?;
        // SAFETY: null, or a string that lives as long as the sampler.
        Ok(unsafe { owned(name) }.unwrap_or_default())
    }
}

/// Owns a chain of samplers that a context runs in its graph.
#[derive(Debug)]
pub(crate) struct ChainPtr(SamplerPtr);

impl ChainPtr {
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: no arguments, returns a plain struct.
        let params = unsafe { guarded::llama_sampler_chain_default_params() }?;
        // SAFETY: a plain struct.
        SamplerPtr::new(unsafe { guarded::llama_sampler_chain_init(params) }?).map(Self)
    }

    pub(crate) fn as_ptr(&self) -> *mut llama_sys::llama_sampler {
        self.0.0.as_ptr()
    }

    /// Adds a step behind the others.
    pub(crate) fn push(&mut self, step: SamplerPtr) -> Result<()> {
        // SAFETY: both are alive; the chain owns the step from now on and frees it.
        unsafe { guarded::llama_sampler_chain_add(self.as_ptr(), step.0.as_ptr()) }?;
        std::mem::forget(step);
        Ok(())
    }

    pub(crate) fn accept(&mut self, token: Token) -> Result<(), Fault> {
        self.0.accept(token)
    }

    pub(crate) fn reset(&mut self) -> Result<(), Fault> {
        self.0.reset()
    }

    /// Names of the steps. Once a context has the chain, `+` is in front of those that run in its graph.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        // SAFETY: the chain is alive.
        let len = unsafe { guarded::llama_sampler_chain_n(self.as_ptr()) }?;
        let mut names = Vec::new();
        for index in 0..len {
            // SAFETY: the chain is alive; the step belongs to it.
            let step = unsafe { guarded::llama_sampler_chain_get(self.as_ptr(), index) }?;
            // SAFETY: the step is alive.
            let name = unsafe { guarded::llama_sampler_name(step) }?;
            // SAFETY: null, or a string that lives as long as the step.
            names.push(unsafe { owned(name) }.unwrap_or_default());
        }
        Ok(names)
    }
}

macro_rules! constructors {
    ($($name:ident($($arg:ident: $ty:ty),*) = $c:ident;)*) => {
        impl SamplerPtr {
            $(pub(crate) fn $name($($arg: $ty),*) -> Result<Self> {
                // SAFETY: plain numbers, checked by the caller.
                Self::new(unsafe { guarded::$c($($arg),*) }?)
            })*
        }
    };
}

constructors! {
    greedy() = llama_sampler_init_greedy;
    dist(seed: u32) = llama_sampler_init_dist;
    top_k(k: i32) = llama_sampler_init_top_k;
    top_p(p: f32, min_keep: usize) = llama_sampler_init_top_p;
    min_p(p: f32, min_keep: usize) = llama_sampler_init_min_p;
    typical(p: f32, min_keep: usize) = llama_sampler_init_typical;
    temp(t: f32) = llama_sampler_init_temp;
    temp_ext(t: f32, delta: f32, exponent: f32) = llama_sampler_init_temp_ext;
    xtc(p: f32, t: f32, min_keep: usize, seed: u32) = llama_sampler_init_xtc;
    top_n_sigma(n: f32) = llama_sampler_init_top_n_sigma;
    mirostat(n_vocab: i32, seed: u32, tau: f32, eta: f32, m: i32) = llama_sampler_init_mirostat;
    mirostat_v2(seed: u32, tau: f32, eta: f32) = llama_sampler_init_mirostat_v2;
    penalties(n_vocab: i32, last_n: i32, repeat: f32, freq: f32, present: f32) = llama_sampler_init_penalties;
    adaptive_p(target: f32, decay: f32, seed: u32) = llama_sampler_init_adaptive_p;
}

impl SamplerPtr {
    /// The vocabulary must outlive the sampler.
    pub(crate) fn infill(vocab: VocabPtr) -> Result<Self> {
        // SAFETY: the vocabulary is alive, and stays so since the holder keeps its model.
        Self::new(unsafe { guarded::llama_sampler_init_infill(vocab.as_ptr()) }?)
    }

    pub(crate) fn logit_bias(n_vocab: i32, biases: &[(Token, f32)]) -> Result<Self> {
        let list: Vec<_> = biases
            .iter()
            .map(|&(token, bias)| llama_sys::llama_logit_bias { token: token.0, bias })
            .collect();
        let len = i32::try_from(list.len()).unwrap_or(i32::MAX);
        // SAFETY: the list has `len` entries and is copied by the call.
        Self::new(unsafe { guarded::llama_sampler_init_logit_bias(n_vocab, len, list.as_ptr()) }?)
    }

    pub(crate) fn dry(
        vocab: VocabPtr,
        multiplier: f32,
        base: f32,
        allowed_length: i32,
        last_n: i32,
        breakers: &[CString],
    ) -> Result<Self> {
        let mut breakers = pointers(breakers);
        // SAFETY: the vocabulary is alive and only used during the call; the breakers are terminated strings
        // that are copied.
        let ptr = unsafe {
            guarded::llama_sampler_init_dry(
                vocab.as_ptr(),
                multiplier,
                base,
                allowed_length,
                last_n,
                breakers.as_mut_ptr(),
                breakers.len(),
            )
        }?;
        Self::new(ptr)
    }
}

fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).collect()
}
