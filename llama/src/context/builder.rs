//! Creating a context with parameters.

use super::adapters::Attached;
use super::output::Kept;
use super::params::{AttentionType, CacheType, FlashAttention, Pooling, RopeScaling};
use super::plan::Plan;
use super::state::Book;
use super::{Context, Facts, keys, threads};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::ffi;
use crate::ffi::context::{ContextPtr, as_i32};
use crate::ffi::threadpool::ThreadPool;
use crate::gguf::TensorType;
use crate::model::Model;
use crate::token::MAX_POS;

/// Creates a context; made by [`Model::context_builder`].
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let ctx = model.context_builder().n_ctx(8192).n_seq_max(4).kv_unified(true).build()?;
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_context_params")]
#[derive(Debug, Clone)]
#[must_use = "nothing is created before `build`"]
pub struct ContextBuilder {
    model: Model,
    n_ctx: Option<u32>,
    n_batch: Option<u32>,
    n_ubatch: Option<u32>,
    n_seq_max: Option<u32>,
    n_outputs_max: Option<u32>,
    threads: Option<u32>,
    threads_batch: Option<u32>,
    rope_scaling: Option<RopeScaling>,
    rope_freq_base: Option<f32>,
    rope_freq_scale: Option<f32>,
    yarn: Yarn,
    pooling: Option<Pooling>,
    attention: Option<AttentionType>,
    flash_attention: Option<FlashAttention>,
    type_k: Option<CacheType>,
    type_v: Option<CacheType>,
    embeddings: bool,
    offload_kqv: Option<bool>,
    op_offload: Option<bool>,
    swa_full: Option<bool>,
    kv_unified: Option<bool>,
    perf: bool,
    cancel: Option<CancelToken>,
}

/// Parameters of `YaRN`; `None` means the model's.
#[derive(Debug, Clone, Copy, Default)]
struct Yarn {
    ext_factor: Option<f32>,
    attn_factor: Option<f32>,
    beta_fast: Option<f32>,
    beta_slow: Option<f32>,
    orig_ctx: Option<u32>,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)*) => {
        impl ContextBuilder {
            $($(#[$doc])* pub fn $name(mut self, $name: $ty) -> Self {
                self.$name = Some($name);
                self
            })*
        }
    };
}

setters! {
    /// Tokens that the context holds, over all sequences. The default is the model's training length, which
    /// may need much memory. llama.cpp rounds up to a multiple of 256.
    n_ctx: u32;
    /// Tokens handed to llama.cpp at once. Batches may be longer, they are split.
    n_batch: u32;
    /// Tokens computed at once: more is faster for long prompts and needs more memory.
    n_ubatch: u32;
    /// Number of sequences. Unless [`kv_unified`](Self::kv_unified), each gets an equal share of `n_ctx`.
    n_seq_max: u32;
    /// Outputs that one piece of a batch may have; fewer saves memory. The default is `n_batch`.
    n_outputs_max: u32;
    /// How rotary positions are stretched.
    rope_scaling: RopeScaling;
    /// Base of the rotary frequencies.
    rope_freq_base: f32;
    /// Factor on the rotary frequencies.
    rope_freq_scale: f32;
    /// How embeddings of a sequence become one.
    pooling: Pooling;
    /// Which tokens a token can see.
    attention: AttentionType;
    /// Whether attention is computed in one fused step.
    flash_attention: FlashAttention;
    /// Number format of the keys in memory. Not all can be moved to other positions later, see
    /// [`Memory::can_shift`](crate::Memory::can_shift).
    type_k: CacheType;
    /// Number format of the values in memory.
    type_v: CacheType;
    /// Keeps the memory and its operations on the device.
    offload_kqv: bool;
    /// Sends operations on tensors in main memory to the device.
    op_offload: bool;
    /// Keeps all tokens of models with a sliding window, so that the past can be edited freely. It is llama.cpp's
    /// default here (its command line has the other one) and takes memory as if there were no window: `false` keeps
    /// little more than the window, several times less for long contexts, and rewinding as far as that.
    swa_full: bool;
    /// One memory shared by all sequences instead of a share each; right for sequences with a common beginning.
    kv_unified: bool;
}

impl ContextBuilder {
    pub(crate) fn new(model: Model) -> Self {
        Self {
            model,
            n_ctx: None,
            n_batch: None,
            n_ubatch: None,
            n_seq_max: None,
            n_outputs_max: None,
            threads: None,
            threads_batch: None,
            rope_scaling: None,
            rope_freq_base: None,
            rope_freq_scale: None,
            yarn: Yarn::default(),
            pooling: None,
            attention: None,
            flash_attention: None,
            type_k: None,
            type_v: None,
            embeddings: false,
            offload_kqv: None,
            op_offload: None,
            swa_full: None,
            kv_unified: None,
            perf: false,
            cancel: None,
        }
    }

    /// Threads for single tokens. The default is [`default_threads`](crate::default_threads), and 1 for models of
    /// less than 20 million parameters.
    pub fn n_threads(mut self, threads: u32) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Threads for several tokens at once. The default is that of [`n_threads`](Self::n_threads).
    pub fn n_threads_batch(mut self, threads: u32) -> Self {
        self.threads_batch = Some(threads);
        self
    }

    /// `YaRN`: share of extrapolation, 0 to 1.
    pub fn yarn_ext_factor(mut self, factor: f32) -> Self {
        self.yarn.ext_factor = Some(factor);
        self
    }

    /// `YaRN`: factor on the attention.
    pub fn yarn_attn_factor(mut self, factor: f32) -> Self {
        self.yarn.attn_factor = Some(factor);
        self
    }

    /// `YaRN`: low correction dimension.
    pub fn yarn_beta_fast(mut self, beta: f32) -> Self {
        self.yarn.beta_fast = Some(beta);
        self
    }

    /// `YaRN`: high correction dimension.
    pub fn yarn_beta_slow(mut self, beta: f32) -> Self {
        self.yarn.beta_slow = Some(beta);
        self
    }

    /// `YaRN`: the length that the model was trained on, in tokens.
    pub fn yarn_orig_ctx(mut self, n_ctx: u32) -> Self {
        self.yarn.orig_ctx = Some(n_ctx);
        self
    }

    /// Computes embeddings besides the logits; then every entry of a batch has an output.
    pub fn embeddings(mut self, embeddings: bool) -> Self {
        self.embeddings = embeddings;
        self
    }

    /// Measures times for [`Context::perf`].
    pub fn perf(mut self, perf: bool) -> Self {
        self.perf = perf;
        self
    }

    /// The switch that stops this context; without one the context makes its own.
    pub fn cancel(mut self, token: CancelToken) -> Self {
        self.cancel = Some(token);
        self
    }

    /// Creates the context and starts its threads.
    ///
    /// # Errors
    /// [`Error::VocabOnly`] for a model without weights; [`Error::InvalidParameter`] for parameters that
    /// cannot work; [`Error::CreateContext`] with llama.cpp's reason, mostly missing memory.
    #[doc(alias = "llama_init_from_model")]
    pub fn build(self) -> Result<Context> {
        if self.model.inner.info.planned {
            let detail = "its model only serves to plan, it has no weights: load one".to_owned();
            return Err(Error::CreateContext { detail });
        }
        self.create()
    }

    /// A context with these parameters for a model to plan with: it says what it would take, and must not compute.
    pub(crate) fn plan(self, model: &Model) -> Result<Context> {
        Self { model: model.clone(), ..self }.create()
    }

    fn create(self) -> Result<Context> {
        let info = &self.model.inner.info;
        if info.vocab_only {
            return Err(Error::VocabOnly);
        }
        if self.pooling == Some(Pooling::Rank) && !self.has_classifier()? {
            return Err(Error::invalid(
                "pooling",
                "the model file names no classifier (pooling_type 4 or output labels), so there are no scores",
            ));
        }
        let threads = self.threads.unwrap_or_else(|| threads::default_for(info.n_params));
        let threads_batch = self.threads_batch.unwrap_or(threads);
        let mut raw = self.params()?;
        raw.n_threads = threads::checked("n_threads", threads)?;
        raw.n_threads_batch = threads::checked("n_threads_batch", threads_batch)?;
        self.check_sizes(&raw)?;
        let type_k = TensorType::from_number(raw.type_k);
        keys::check(&self.model, type_k, self.flash_attention)?;
        if self.averages()? {
            raw.n_ubatch = even_ubatch(&raw, info.n_ctx_train);
        }

        let cancel = self.cancel.clone().unwrap_or_default();
        let _planning = info.planned.then(llama_sys::memory::Planning::start);
        crate::registry::computing();
        crate::log::clear_detail();
        let created = {
            let _lock = self.model.inner.mutate.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            ContextPtr::new(&self.model.inner.ptr, raw, cancel.flag().clone())
        };
        let mut ptr = created
            .map_err(|fault| Error::CreateContext { detail: crate::error::words(&fault) })?
            .ok_or_else(|| Error::CreateContext { detail: reason() })?;

        let mut pools = vec![ThreadPool::new(raw.n_threads)?];
        if threads_batch != threads {
            pools.push(ThreadPool::new(raw.n_threads_batch)?);
        }
        ptr.attach(pools)?;
        let facts = Facts {
            n_ctx: ptr.n_ctx()?,
            n_ctx_seq: ptr.n_ctx_seq()?,
            n_batch: ptr.n_batch()?,
            n_ubatch: ptr.n_ubatch()?,
            n_seq_max: ptr.n_seq_max()?,
            n_outputs_max: if raw.n_outputs_max == 0 || info.has_encoder {
                ptr.n_batch()?
            } else {
                raw.n_outputs_max
            },
            threads,
            threads_batch,
            pooling: Pooling::from_raw(ptr.pooling()?),
            causal: ptr.causal_attention()?,
            embeddings: self.embeddings,
            unified: raw.kv_unified,
            has_memory: ptr.has_memory()?,
            keys_move: keys::can_move(&self.model, type_k)?,
            params: crate::state::Params::of(&raw),
        };
        Ok(Context {
            ptr,
            attached: Attached::default(),
            model: self.model.clone(),
            cancel,
            facts,
            kept: Kept::default(),
            plan: Plan::default(),
            poison: None,
            encoded: false,
            book: Book::new(),
            recipe: self,
        })
    }

    /// True when the file says that its model classifies. llama.cpp itself would take anything for a score.
    fn has_classifier(&self) -> Result<bool> {
        let key = format!("{}.pooling_type", self.model.architecture());
        let named = self.model.metadata().parse::<i32>(&key)? == Some(llama_sys::LLAMA_POOLING_TYPE_RANK);
        Ok(named || !self.model.classifier_labels()?.is_empty())
    }

    /// True when the embeddings of a sequence become one by averaging, or scores that are made of an average.
    fn averages(&self) -> Result<bool> {
        let pooling = if let Some(pooling) = self.pooling {
            pooling
        } else {
            let key = format!("{}.pooling_type", self.model.architecture());
            Pooling::from_raw(self.model.metadata().parse(&key)?.unwrap_or_default())
        };
        Ok(matches!(pooling, Pooling::Mean | Pooling::Rank))
    }

    fn params(&self) -> Result<llama_sys::llama_context_params> {
        let mut raw = ffi::context::default_params()?;
        // llama.cpp's default is a fixed small number; the length of training is what people expect.
        raw.n_ctx = self.n_ctx.unwrap_or(0);
        set(&mut raw.n_batch, self.n_batch);
        set(&mut raw.n_ubatch, self.n_ubatch);
        set(&mut raw.n_seq_max, self.n_seq_max);
        // Samplers on the device take one output per sequence; others are not concerned.
        raw.n_outputs_max_per_seq = 1;
        set(&mut raw.n_outputs_max, self.n_outputs_max);
        set(&mut raw.rope_scaling_type, self.rope_scaling.map(RopeScaling::raw));
        set(&mut raw.rope_freq_base, finite("rope_freq_base", self.rope_freq_base)?);
        set(&mut raw.rope_freq_scale, finite("rope_freq_scale", self.rope_freq_scale)?);
        set(&mut raw.yarn_ext_factor, finite("yarn_ext_factor", self.yarn.ext_factor)?);
        set(&mut raw.yarn_attn_factor, finite("yarn_attn_factor", self.yarn.attn_factor)?);
        set(&mut raw.yarn_beta_fast, finite("yarn_beta_fast", self.yarn.beta_fast)?);
        set(&mut raw.yarn_beta_slow, finite("yarn_beta_slow", self.yarn.beta_slow)?);
        set(&mut raw.yarn_orig_ctx, self.yarn.orig_ctx);
        if let Some(Pooling::Other(raw)) = self.pooling {
            return Err(Error::invalid("pooling", format!("{raw} is no known kind")));
        }
        set(&mut raw.pooling_type, self.pooling.map(Pooling::raw));
        set(&mut raw.attention_type, self.attention.map(AttentionType::raw));
        set(&mut raw.flash_attn_type, self.flash_attention.map(FlashAttention::raw));
        set(&mut raw.type_k, self.type_k.map(CacheType::raw));
        set(&mut raw.type_v, self.type_v.map(CacheType::raw));
        set(&mut raw.offload_kqv, self.offload_kqv);
        set(&mut raw.op_offload, self.op_offload);
        set(&mut raw.swa_full, self.swa_full);
        raw.embeddings = self.embeddings;
        raw.no_perf = !self.perf;
        // Sequences with a memory of their own are computed in steps of equal length, which would cut a pooled
        // sequence in two.
        let pooled = self.embeddings && self.n_seq_max.is_some_and(|n| n > 1);
        raw.kv_unified = self.kv_unified.unwrap_or(raw.kv_unified || pooled);
        Ok(raw)
    }

    /// Checks sizes against each other where llama.cpp would assert.
    fn check_sizes(&self, raw: &llama_sys::llama_context_params) -> Result<()> {
        let info = &self.model.inner.info;
        let max_seqs = ffi::backend::max_sequences()?;
        if raw.n_seq_max == 0 || usize::try_from(raw.n_seq_max).is_ok_and(|n| n > max_seqs) {
            return Err(Error::invalid(
                "n_seq_max",
                format!("{} is not between 1 and {max_seqs}", raw.n_seq_max),
            ));
        }
        if info.has_encoder && info.has_decoder && raw.n_seq_max > 1 && !raw.kv_unified {
            return Err(Error::invalid(
                "n_seq_max",
                "several sequences of an encoder-decoder model need kv_unified(true)",
            ));
        }
        let n_ctx = if raw.n_ctx == 0 { info.n_ctx_train } else { raw.n_ctx };
        if n_ctx == 0 {
            return Err(Error::invalid("n_ctx", "the model names no training length, so it must be given"));
        }
        for (name, value) in [("n_ctx", n_ctx), ("n_batch", raw.n_batch), ("n_ubatch", raw.n_ubatch)] {
            if value == 0 {
                return Err(Error::invalid(name, "it must be at least 1"));
            }
            if as_i32(name, value)? > MAX_POS {
                return Err(Error::invalid(name, format!("{value} is more than {MAX_POS}")));
            }
        }
        let causal = self.attention != Some(AttentionType::NonCausal);
        let n_batch = if causal { raw.n_batch.min(n_ctx) } else { raw.n_batch };
        if raw.n_seq_max > n_batch {
            return Err(Error::invalid(
                "n_seq_max",
                format!(
                    "{} sequences need n_batch and n_ctx of at least as much, not {n_batch}",
                    raw.n_seq_max
                ),
            ));
        }
        if raw.n_outputs_max != 0 && raw.n_outputs_max < raw.n_seq_max {
            return Err(Error::invalid(
                "n_outputs_max",
                format!("{} is less than n_seq_max = {}", raw.n_outputs_max, raw.n_seq_max),
            ));
        }
        for (name, value) in
            [("rope_freq_base", raw.rope_freq_base), ("rope_freq_scale", raw.rope_freq_scale)]
        {
            if value < 0.0 {
                return Err(Error::invalid(name, format!("{value} is negative")));
            }
        }
        Ok(())
    }
}

/// The largest ubatch of the same number of tokens for each sequence, all of them with output: for any other
/// llama.cpp cannot lay out an average.
fn even_ubatch(raw: &llama_sys::llama_context_params, n_ctx_train: u32) -> u32 {
    let n_ctx = if raw.n_ctx == 0 { n_ctx_train } else { raw.n_ctx };
    let n_outputs = if raw.n_outputs_max == 0 { raw.n_batch } else { raw.n_outputs_max };
    let most = raw.n_ubatch.min(raw.n_batch).min(n_ctx).min(n_outputs);
    (most - most % raw.n_seq_max).max(raw.n_seq_max)
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn finite(name: &'static str, value: Option<f32>) -> Result<Option<f32>> {
    match value {
        Some(value) if !value.is_finite() => Err(Error::invalid(name, format!("{value} is not finite"))),
        value => Ok(value),
    }
}

fn reason() -> String {
    match crate::log::take_detail() {
        detail if detail.is_empty() => "llama.cpp gave no reason".to_owned(),
        detail => detail.replace("failed to initialize the context: ", ""),
    }
}
