//! Preparing a training.

use super::{Optimizer, Trainer};
use crate::batch::Batch;
use crate::cancel::CancelToken;
use crate::context::{CacheType, FlashAttention};
use crate::error::{Error, Result};
use crate::ffi::train::{Rates, default_rates};
use crate::model::Model;
use crate::token::{SeqId, Token};
use std::fmt;
use std::sync::Arc;

/// Architectures whose every operation can be computed backwards.
const TRAINABLE: [&str; 3] = ["llama", "qwen2", "qwen3"];
/// llama.cpp rounds contexts up to multiples of this.
pub(super) const N_CTX_UNIT: u32 = 256;

type Filter<'a> = Box<dyn FnMut(&str) -> bool + 'a>;

/// Prepares training; made by [`Trainer::builder`].
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{Error, Optimizer, Trainer};
/// // Only the last layers learn. This model must be loaded with `trainable()` first.
/// let builder = Trainer::builder(model).optimizer(Optimizer::sgd(0.01)).train_only(|name| name.contains("output"));
/// assert!(matches!(builder.build(), Err(Error::Untrainable { .. })));
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_opt_params")]
#[must_use = "nothing happens before `build`"]
pub struct TrainerBuilder<'a> {
    pub(super) model: Model,
    pub(super) n_ctx: u32,
    pub(super) threads: Option<u32>,
    pub(super) optimizer: Option<Optimizer>,
    pub(super) filter: Option<Filter<'a>>,
    pub(super) cancel: Option<CancelToken>,
}

impl fmt::Debug for TrainerBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrainerBuilder").field("model", &self.model).finish_non_exhaustive()
    }
}

impl<'a> TrainerBuilder<'a> {
    /// Tokens per example: a multiple of 256, which is the default. The model will claim to be made for this
    /// length.
    pub fn n_ctx(mut self, n_ctx: u32) -> Self {
        self.n_ctx = n_ctx;
        self
    }

    /// Threads. The default is [`default_threads`](crate::default_threads).
    pub fn n_threads(mut self, threads: u32) -> Self {
        self.threads = Some(threads);
        self
    }

    /// How weights are moved; `AdamW` with ggml's numbers unless set.
    pub fn optimizer(mut self, optimizer: Optimizer) -> Self {
        self.optimizer = Some(optimizer);
        self
    }

    /// Trains only the tensors for which `filter` says yes, given their name (`blk.0.attn_q.weight`). Token
    /// embeddings are never trained, nor is an output matrix that is one with them. Tensors chosen once stay
    /// trainable as long as the model is loaded.
    #[doc(alias = "llama_opt_param_filter")]
    pub fn train_only(mut self, filter: impl FnMut(&str) -> bool + 'a) -> Self {
        self.filter = Some(Box::new(filter));
        self
    }

    /// Stops between two examples, with [`Error::Cancelled`], when the token is cancelled.
    pub fn cancel(mut self, token: CancelToken) -> Self {
        self.cancel = Some(token);
        self
    }

    /// Creates the context to train in.
    ///
    /// # Errors
    /// [`Error::Untrainable`] says what is in the way; [`Error::InvalidParameter`] for parameters that cannot
    /// work; [`Error::CreateContext`] mostly for missing memory.
    ///
    /// # Panics
    /// Only where the filter panics.
    #[doc(alias = "llama_opt_init")]
    pub fn build(mut self) -> Result<Trainer> {
        check_model(&self.model)?;
        if self.n_ctx == 0 || !self.n_ctx.is_multiple_of(N_CTX_UNIT) {
            return Err(Error::invalid("n_ctx", format!("{} is no multiple of {N_CTX_UNIT}", self.n_ctx)));
        }
        let optimizer = match self.optimizer {
            Some(optimizer) => optimizer,
            None => Optimizer::adamw(default_rates()?.adamw.alpha)?,
        };
        let rates = Rates::new(optimizer.checked()?);
        // Every example is one step, and gradients only flow through what is computed at once. Backwards only
        // 32-bit numbers can be computed, and no fused attention.
        let mut builder = self
            .model
            .context_builder()
            .n_ctx(self.n_ctx)
            .n_batch(self.n_ctx)
            .n_ubatch(self.n_ctx)
            .n_seq_max(1)
            .type_k(CacheType::F32)
            .type_v(CacheType::F32)
            .flash_attention(FlashAttention::Off);
        if let Some(threads) = self.threads {
            builder = builder.n_threads(threads);
        }
        let mut ctx = builder.build()?;
        if ctx.n_ctx() != self.n_ctx || ctx.n_ubatch() != self.n_ctx {
            return Err(Error::invalid("n_ctx", format!("llama.cpp made it {}", ctx.n_ctx())));
        }
        // The number of threads only reaches the processor's back end with a computation.
        let mut warm_up = Batch::new();
        warm_up.extend(SeqId(0), 0, &[Token(0), Token(0)]).logits_for_last();
        ctx.decode(&warm_up)?;
        ctx.memory().clear(true)?;

        let mut all = |_: &str| true;
        let filter = self.filter.as_deref_mut().unwrap_or(&mut all);
        let mut chosen = 0_usize;
        let mut count = |name: &str| {
            let wanted = filter(name);
            chosen += usize::from(wanted && !is_never_trained(name));
            wanted
        };
        let kind = optimizer.kind();
        let n_ctx = self.n_ctx;
        crate::log::clear_detail();
        ctx.train_call(|context, model| context.opt_init(model, n_ctx, &rates, kind, &mut count))?;
        if chosen == 0 {
            return Err(Error::invalid("train_only", "no tensor was chosen"));
        }
        Ok(Trainer { ctx, rates, kind, n_ctx: self.n_ctx, cancel: self.cancel.unwrap_or_default() })
    }
}

/// Tensors that llama.cpp leaves alone whatever the filter says.
fn is_never_trained(name: &str) -> bool {
    name == "token_embd.weight" || name == "rope_freqs.weight"
}

/// Refuses what would only fail, or end the process, in the middle of a computation.
fn check_model(model: &Model) -> Result<()> {
    let info = &model.inner.info;
    let refuse = |reason: String| Err(Error::Untrainable { reason });
    if info.vocab_only {
        return Err(Error::VocabOnly);
    }
    if Arc::strong_count(&model.inner) != 1 {
        return refuse("other handles, contexts or vocabularies of it exist; drop them first".to_owned());
    }
    if info.mapped || info.rearranged {
        return refuse("its weights cannot be changed; load it with trainable()".to_owned());
    }
    if !TRAINABLE.contains(&info.architecture.as_str()) {
        let known = TRAINABLE.join(", ");
        return refuse(format!("its architecture is '{}', not one of {known}", info.architecture));
    }
    let experts: Option<u32> = model.metadata().parse(&format!("{}.expert_count", info.architecture))?;
    if experts.unwrap_or(0) > 0 {
        return refuse("it is a mixture of experts".to_owned());
    }
    if info.size != 4 * info.n_params {
        return refuse("its weights are not all F32; convert it with Quantize to FileType::F32".to_owned());
    }
    Ok(())
}
