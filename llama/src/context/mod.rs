//! Contexts: where a model computes.

mod adapters;
mod builder;
mod check;
mod decode;
mod keys;
mod memory;
mod output;
mod params;
mod plan;
mod probability;
mod sampling;
mod sibling;
mod state;
pub(crate) mod threads;

pub use builder::ContextBuilder;
pub use memory::Memory;
pub use output::{Logits, Output};
pub use params::{AttentionType, CacheType, FlashAttention, Pooling, RopeScaling};
pub use probability::TokenProbability;
pub use sampling::Sampled;
pub use state::DeviceState;
pub use threads::default_threads;

use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::ffi::context::ContextPtr;
use crate::ffi::model::ModelPtr;
use crate::ffi::threadpool::ThreadPool;
use crate::fit::DeviceUsage;
use crate::model::Model;
use crate::token::SeqId;
use llama_sys::Fault;
use output::Kept;
use std::fmt;
use std::time::Duration;

/// The state of one or several texts that a model works on.
///
/// A context holds the memory of past tokens, its own threads, and the results of the last computation. It
/// keeps its model alive. It can move to another thread; each operation needs it exclusively, so several
/// threads work best with one context each.
///
/// ```
/// use llama::{Batch, Sampler, SeqId, Special};
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut ctx = model.context_builder().n_ctx(4096).build()?;
/// let prompt = model.vocab().tokenize("The quick brown", Special::AsText)?;
/// let mut batch = Batch::new();
/// batch.extend(SeqId(0), 0, &prompt).logits_for_last();
/// let out = ctx.decode(&batch)?;
/// let mut sampler = Sampler::builder().top_k(40).temperature(0.8).seed(42).build()?;
/// let token = sampler.sample(out.logits_last()?)?;
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_context")]
pub struct Context {
    // Field order is drop order: the C context goes before the model that it refers to.
    ptr: ContextPtr,
    /// Adapters go after the context that refers to them and before their model.
    attached: adapters::Attached,
    model: Model,
    cancel: CancelToken,
    facts: Facts,
    kept: Kept,
    plan: plan::Plan,
    /// Set by a contained failure; its words.
    poison: Option<String>,
    /// True once the encoder of an encoder-decoder model has run.
    encoded: bool,
    book: state::Book,
    /// How it was built, for others like it.
    recipe: ContextBuilder,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Context");
        shown.field("model", &self.model).field("facts", &self.facts).field("poison", &self.poison);
        shown.finish_non_exhaustive()
    }
}

/// What llama.cpp settled on when the context was created, and what the setters changed since.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
struct Facts {
    n_ctx: u32,
    n_ctx_seq: u32,
    n_batch: u32,
    n_ubatch: u32,
    n_seq_max: u32,
    n_outputs_max: u32,
    threads: u32,
    threads_batch: u32,
    pooling: Pooling,
    causal: bool,
    embeddings: bool,
    unified: bool,
    has_memory: bool,
    /// Keys can be computed for another position.
    keys_move: bool,
    /// What saved states are compared with.
    params: crate::state::Params,
}

/// Time spent and work done by a context, since creation or the last reset. Times are zero unless the context
/// was built with [`perf`](ContextBuilder::perf).
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{Batch, SeqId, Token};
/// let mut ctx = model.context_builder().n_ctx(256).perf(true).build()?;
/// let mut batch = Batch::new();
/// ctx.decode(batch.extend(SeqId(0), 0, &[Token(5); 8]).logits_for_last())?;
/// let perf = ctx.perf()?;
/// println!("{} tokens in {:?}", perf.prompt_tokens, perf.prompt);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_perf_context_data")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Perf {
    /// Loading the model.
    pub load: Duration,
    /// Processing prompts.
    pub prompt: Duration,
    /// Generating single tokens.
    pub generation: Duration,
    /// Tokens of prompts.
    pub prompt_tokens: u64,
    /// Single tokens.
    pub generated_tokens: u64,
    /// Computation graphs that could be used again.
    pub reused_graphs: u64,
}

impl Context {
    /// The model that this context computes with.
    #[doc(alias = "llama_get_model")]
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Tokens that fit into the context, over all sequences.
    #[doc(alias = "llama_n_ctx")]
    #[must_use]
    pub fn n_ctx(&self) -> u32 {
        self.facts.n_ctx
    }

    /// True when one batch entry may belong to several sequences.
    pub(crate) fn can_share_entries(&self) -> bool {
        let info = &self.model.inner.info;
        self.facts.unified && self.facts.has_memory && !info.recurrent && !info.hybrid
    }

    /// Tokens that fit into one sequence.
    #[doc(alias = "llama_n_ctx_seq")]
    #[must_use]
    pub fn n_ctx_seq(&self) -> u32 {
        self.facts.n_ctx_seq
    }

    /// Tokens that are handed to llama.cpp at once; longer batches are split.
    #[doc(alias = "llama_n_batch")]
    #[must_use]
    pub fn n_batch(&self) -> u32 {
        self.facts.n_batch
    }

    /// Tokens that are computed at once.
    #[doc(alias = "llama_n_ubatch")]
    #[must_use]
    pub fn n_ubatch(&self) -> u32 {
        self.facts.n_ubatch
    }

    /// Number of sequences.
    #[doc(alias = "llama_n_seq_max")]
    #[must_use]
    pub fn n_seq_max(&self) -> u32 {
        self.facts.n_seq_max
    }

    /// Threads for single tokens.
    #[doc(alias = "llama_n_threads")]
    #[must_use]
    pub fn n_threads(&self) -> u32 {
        self.facts.threads
    }

    /// Threads for several tokens at once.
    #[doc(alias = "llama_n_threads_batch")]
    #[must_use]
    pub fn n_threads_batch(&self) -> u32 {
        self.facts.threads_batch
    }

    /// How embeddings of a sequence are combined into one.
    #[doc(alias = "llama_pooling_type")]
    #[must_use]
    pub fn pooling(&self) -> Pooling {
        self.facts.pooling
    }

    /// True when embeddings are computed.
    #[must_use]
    pub fn embeddings(&self) -> bool {
        self.facts.embeddings
    }

    /// True while tokens only see those before them.
    #[doc(alias = "llama_get_causal_attn")]
    #[must_use]
    pub fn causal_attention(&self) -> bool {
        self.facts.causal
    }

    /// True when an earlier contained failure made the context unusable.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.poison.is_some()
    }

    /// The switch that stops this context; a clone of it works from any thread.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.cancel.clone()
    }

    /// Uses another switch from now on, for example one per request.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    #[doc(alias = "llama_set_abort_callback")]
    pub fn set_cancel_token(&mut self, token: CancelToken) -> Result<()> {
        self.alive()?;
        self.ptr.set_abort(token.flag().clone())?;
        self.cancel = token;
        Ok(())
    }

    /// Changes the number of threads for single tokens and for several tokens at once.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless both lie between 1 and 512; [`Error::Poisoned`].
    #[doc(alias = "llama_set_n_threads")]
    #[doc(alias = "llama_attach_threadpool")]
    pub fn set_n_threads(&mut self, single: u32, batch: u32) -> Result<()> {
        self.alive()?;
        let single_raw = threads::checked("n_threads", single)?;
        let batch_raw = threads::checked("n_threads_batch", batch)?;
        // New pools are made first: after a failure the old ones still work.
        let mut pools = vec![ThreadPool::new(single_raw)?];
        if batch != single {
            pools.push(ThreadPool::new(batch_raw)?);
        }
        self.ptr.attach(pools)?;
        self.ptr.set_n_threads(single_raw, batch_raw)?;
        self.facts.threads = single;
        self.facts.threads_batch = batch;
        Ok(())
    }

    /// Switches the output of embeddings on or off.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    #[doc(alias = "llama_set_embeddings")]
    pub fn set_embeddings(&mut self, on: bool) -> Result<()> {
        self.alive()?;
        self.ptr.set_embeddings(on)?;
        self.facts.embeddings = on;
        Ok(())
    }

    /// Lets tokens see only those before them (`true`) or all of the batch (`false`).
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    #[doc(alias = "llama_set_causal_attn")]
    pub fn set_causal_attention(&mut self, on: bool) -> Result<()> {
        self.alive()?;
        self.ptr.set_causal_attention(on)?;
        self.facts.causal = on;
        Ok(())
    }

    /// Waits until all devices have finished. Getting results does this by itself.
    ///
    /// # Errors
    /// [`Error::Poisoned`]; a failure of the device.
    #[doc(alias = "llama_synchronize")]
    pub fn synchronize(&mut self) -> Result<()> {
        self.alive()?;
        let result = self.ptr.synchronize();
        self.guard(result)
    }

    /// Time spent and work done.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_perf_context")]
    pub fn perf(&self) -> Result<Perf> {
        let raw = self.ptr.perf()?;
        let time = |ms: f64| Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default();
        let count = |n: i32| u64::try_from(n).unwrap_or(0);
        Ok(Perf {
            load: time(raw.t_load_ms),
            prompt: time(raw.t_p_eval_ms),
            generation: time(raw.t_eval_ms),
            prompt_tokens: count(raw.n_p_eval),
            generated_tokens: count(raw.n_eval),
            reused_graphs: count(raw.n_reused),
        })
    }

    /// Sets the counters of [`perf`](Self::perf) to zero.
    ///
    /// # Errors
    /// When llama.cpp fails.
    #[doc(alias = "llama_perf_context_reset")]
    pub fn reset_perf(&mut self) -> Result<()> {
        self.ptr.perf_reset()
    }

    /// Bytes that the context and its model take, of the host first and then of each device.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    pub fn memory_usage(&self) -> Result<Vec<DeviceUsage>> {
        crate::fit::usage(self.ptr.taken()?)
    }

    /// The memory of past tokens.
    #[doc(alias = "llama_get_memory")]
    pub fn memory(&mut self) -> Memory<'_> {
        Memory::new(self)
    }

    /// The raw context.
    ///
    /// Calling C functions with it needs `unsafe` and is outside this crate's stability promise.
    #[must_use]
    pub fn as_ptr(&self) -> *mut llama_sys::llama_context {
        self.ptr.as_ptr()
    }

    /// Runs a call that trains; a contained failure poisons the context.
    pub(crate) fn train_call(
        &mut self,
        call: impl FnOnce(&mut ContextPtr, &ModelPtr) -> Result<(), Fault>,
    ) -> Result<()> {
        self.alive()?;
        let result = call(&mut self.ptr, &self.model.inner.ptr);
        result.map_err(|fault| self.poisoned_by(fault))
    }

    /// Refuses work after a contained failure.
    fn alive(&self) -> Result<()> {
        match &self.poison {
            Some(cause) => Err(Error::Poisoned { cause: cause.clone() }),
            None => Ok(()),
        }
    }

    /// Refuses work on a memory that is not there and on sequences that cannot be.
    pub(crate) fn memory_ready(&self, seqs: &[SeqId]) -> Result<()> {
        self.alive()?;
        if !self.facts.has_memory {
            return Err(Error::NoMemory);
        }
        let n_seq_max = self.facts.n_seq_max;
        match seqs.iter().find(|seq| !u32::try_from(seq.0).is_ok_and(|id| id < n_seq_max)) {
            Some(&seq) => Err(Error::SeqIdOutOfRange { seq, n_seq_max }),
            None => Ok(()),
        }
    }

    /// Poisons the context when a call failed inside llama.cpp.
    fn guard<T>(&mut self, result: Result<T, Fault>) -> Result<T> {
        result.map_err(|fault| self.poisoned_by(fault))
    }

    /// After a failure in the middle of a computation its other threads may still be at work with buffers and weights:
    /// these stay for as long as the process.
    #[cold]
    fn poisoned_by(&mut self, fault: Fault) -> Error {
        if fault.left_workers() && self.facts.threads.max(self.facts.threads_batch) > 1 {
            self.ptr.abandon();
            std::mem::forget((self.model.clone(), self.attached.adapters.clone()));
        }
        self.poison = Some(fault.to_string());
        Error::fault(fault)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Batch, Error, MemoryEffect, Model, SeqId, Token};
    use std::path::Path;
    use std::sync::Arc;

    #[test]
    fn a_poisoned_context_refuses_work_and_drops() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/model/llama-tiny-chat.gguf");
        let mut ctx = Model::load(path).unwrap().context_builder().n_ctx(256).n_threads(2).build().unwrap();
        let fault = crate::ffi::context::provoke_fault().unwrap_err();
        let error = ctx.poisoned_by(fault);
        assert!(matches!(error, Error::Fault { .. }), "{error:?}");
        assert!(ctx.is_poisoned());
        let mut batch = Batch::new();
        batch.extend(SeqId(0), 0, &[Token(5)]).logits_for_last();
        let refused = ctx.decode(&batch).unwrap_err();
        assert!(matches!(refused.error, Error::Poisoned { .. }));
        assert_eq!(refused.memory, MemoryEffect::Unchanged);
        assert!(matches!(ctx.memory().clear(true), Err(Error::Poisoned { .. })));
        assert!(matches!(ctx.set_n_threads(1, 1), Err(Error::Poisoned { .. })));
        assert!(matches!(ctx.synchronize(), Err(Error::Poisoned { .. })));
        drop(ctx);
    }

    #[test]
    fn what_other_threads_may_still_use_is_never_freed() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/model/llama-tiny-chat.gguf");
        let elsewhere = || crate::ffi::context::provoke_fault().unwrap_err();
        let at_work = || crate::ffi::context::provoke_fault_at_work().unwrap_err();
        for (threads, fault, kept) in
            [(1, elsewhere(), false), (2, elsewhere(), false), (1, at_work(), false), (2, at_work(), true)]
        {
            let model = Model::load(&path).unwrap();
            let weak = Arc::downgrade(&model.inner);
            let mut ctx = model.context_builder().n_ctx(256).n_threads(threads).build().unwrap();
            drop(model);
            let words = fault.to_string();
            ctx.poisoned_by(fault);
            assert!(ctx.is_poisoned());
            drop(ctx);
            assert_eq!(weak.upgrade().is_some(), kept, "{threads} threads: {words}");
        }
    }
}
