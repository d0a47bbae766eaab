//! Training: changing the weights of a model so that it continues texts like the ones shown.

use crate::batch::Batch;
use crate::cancel::CancelToken;
use crate::context::{CacheType, Context, FlashAttention};
use crate::error::{Error, Result};
use crate::ffi::train::{LossPtr, Rates, default_rates};
use crate::model::{Model, ProgressFlow};
use crate::token::{SeqId, Token};
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// Architectures whose every operation can be computed backwards.
const TRAINABLE: [&str; 3] = ["llama", "qwen2", "qwen3"];
/// llama.cpp rounds contexts up to multiples of this.
const N_CTX_UNIT: u32 = 256;

/// How weights are moved. Rates are steps per token batch, decay is the share of a weight that is lost per step.
///
/// ```
/// use llama::Optimizer;
/// let slow = Optimizer::adamw(1e-5)?;
/// let plain = Optimizer::sgd(0.01);
/// assert_ne!(slow, plain);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "ggml_opt_optimizer_params")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// `AdamW`: remembers two moments per weight.
    AdamW {
        /// Learning rate.
        rate: f32,
        /// How slowly the first moment follows, 0 to less than 1.
        beta1: f32,
        /// How slowly the second moment follows, 0 to less than 1.
        beta2: f32,
        /// Keeps divisions finite.
        epsilon: f32,
        /// Weight decay, 0 to 1.
        weight_decay: f32,
    },
    /// Plain gradient descent: needs no extra memory.
    Sgd {
        /// Learning rate.
        rate: f32,
        /// Weight decay, 0 to 1.
        weight_decay: f32,
    },
}

impl Optimizer {
    /// `AdamW` with this learning rate and ggml's other numbers.
    ///
    /// # Errors
    /// When ggml fails to answer.
    #[doc(alias = "ggml_opt_get_default_optimizer_params")]
    pub fn adamw(rate: f32) -> Result<Self> {
        let defaults = default_rates()?.adamw;
        Ok(Self::AdamW {
            rate,
            beta1: defaults.beta1,
            beta2: defaults.beta2,
            epsilon: defaults.eps,
            weight_decay: defaults.wd,
        })
    }

    /// Plain gradient descent with this learning rate.
    #[must_use]
    pub fn sgd(rate: f32) -> Self {
        Self::Sgd { rate, weight_decay: 0.0 }
    }

    fn kind(self) -> llama_sys::ggml_opt_optimizer_type {
        match self {
            Self::AdamW { .. } => llama_sys::GGML_OPT_OPTIMIZER_TYPE_ADAMW,
            Self::Sgd { .. } => llama_sys::GGML_OPT_OPTIMIZER_TYPE_SGD,
        }
    }

    fn checked(self) -> Result<llama_sys::ggml_opt_optimizer_params> {
        let check = |what: &str, value: f32, fine: bool| {
            if fine && value.is_finite() {
                Ok(value)
            } else {
                Err(Error::invalid("optimizer", format!("{value} is no {what}")))
            }
        };
        let below_one = |value: f32| (0.0..1.0).contains(&value);
        let share = |value: f32| (0.0..=1.0).contains(&value);
        let mut raw = default_rates()?;
        match self {
            Self::AdamW { rate, beta1, beta2, epsilon, weight_decay } => {
                raw.adamw.alpha = check("learning rate", rate, rate > 0.0)?;
                raw.adamw.beta1 = check("beta1", beta1, below_one(beta1))?;
                raw.adamw.beta2 = check("beta2", beta2, below_one(beta2))?;
                raw.adamw.eps = check("epsilon", epsilon, epsilon > 0.0)?;
                raw.adamw.wd = check("weight decay", weight_decay, share(weight_decay))?;
            }
            Self::Sgd { rate, weight_decay } => {
                raw.sgd.alpha = check("learning rate", rate, rate > 0.0)?;
                raw.sgd.wd = check("weight decay", weight_decay, share(weight_decay))?;
            }
        }
        Ok(raw)
    }
}

/// Examples to learn from: windows of a text, each with the tokens that should be predicted.
///
/// ```
/// use llama::{Token, TrainingData};
/// let tokens = vec![Token(5); 600];
/// let mut data = TrainingData::from_text(&tokens, 256, 128)?;
/// data.shuffle(1);
/// let held_out = data.split_off(1);
/// assert_eq!((data.len(), held_out.len()), (2, 1));
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "ggml_opt_dataset_t")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingData {
    n_ctx: usize,
    examples: Vec<Vec<Token>>,
}

impl TrainingData {
    /// Without examples; each will have `n_ctx` tokens and the one that follows them.
    #[must_use]
    pub fn new(n_ctx: u32) -> Self {
        Self { n_ctx: n_ctx as usize, examples: Vec::new() }
    }

    /// Windows of a long text, `stride` tokens apart. What is left at the end is not used.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a stride or `n_ctx` of 0, or a text of no more than `n_ctx` tokens.
    pub fn from_text(tokens: &[Token], n_ctx: u32, stride: usize) -> Result<Self> {
        let mut data = Self::new(n_ctx);
        if stride == 0 || n_ctx == 0 {
            return Err(Error::invalid("stride", "stride and n_ctx must be at least 1"));
        }
        for window in tokens.windows(data.n_ctx.saturating_add(1)).step_by(stride) {
            data.examples.push(window.to_vec());
        }
        if data.examples.is_empty() {
            let len = tokens.len();
            return Err(Error::invalid(
                "tokens",
                format!("{len} tokens are too few, {} are needed", u64::from(n_ctx) + 1),
            ));
        }
        Ok(data)
    }

    /// Adds an example of exactly `n_ctx + 1` tokens.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for another number of tokens.
    pub fn push(&mut self, tokens: &[Token]) -> Result<()> {
        if tokens.len() != self.n_ctx.saturating_add(1) {
            return Err(Error::invalid(
                "tokens",
                format!("an example has {} tokens, not {}", self.n_ctx.saturating_add(1), tokens.len()),
            ));
        }
        self.examples.push(tokens.to_vec());
        Ok(())
    }

    /// Number of examples.
    #[doc(alias = "ggml_opt_dataset_ndata")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// True without examples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// Moves the last examples, this many, into a set of their own, to measure with what was not trained.
    #[must_use]
    pub fn split_off(&mut self, count: usize) -> Self {
        let keep = self.examples.len().saturating_sub(count);
        Self { n_ctx: self.n_ctx, examples: self.examples.split_off(keep) }
    }

    /// Brings the examples into a random order that depends on nothing but `seed`.
    #[doc(alias = "ggml_opt_dataset_shuffle")]
    pub fn shuffle(&mut self, seed: u64) {
        let mut state = seed;
        for end in (1..self.examples.len()).rev() {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut bits = state;
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bits ^= bits >> 31;
            let at = usize::try_from(bits % (end as u64 + 1)).unwrap_or(0);
            self.examples.swap(end, at);
        }
    }
}

/// How well the model predicts: averages over all tokens of the examples seen.
///
/// ```no_run
/// # let model = llama::Model::builder("model-f32.gguf").trainable().load()?;
/// # let data = llama::TrainingData::new(256);
/// let mut trainer = llama::Trainer::builder(model).build()?;
/// let before = trainer.evaluate(&data)?;
/// let during = trainer.epoch(&data)?;
/// println!("loss {:.3} -> {:.3}, {:.1}% right", before.loss, during.loss, 100.0 * during.accuracy);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "ggml_opt_result_t")]
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TrainingStats {
    /// Tokens predicted.
    pub n_tokens: u64,
    /// Cross entropy in nats.
    pub loss: f64,
    /// Standard error of the loss; not a number for a single example or for equal ones.
    pub loss_error: f64,
    /// Share of tokens for which the right one was the most likely.
    pub accuracy: f64,
    /// Standard error of the accuracy.
    pub accuracy_error: f64,
}

/// Where a pass over the examples stands.
///
/// ```no_run
/// # let model = llama::Model::builder("model-f32.gguf").trainable().load()?;
/// # let data = llama::TrainingData::new(256);
/// let mut trainer = llama::Trainer::builder(model).build()?;
/// trainer.epoch_with(&data, |progress| {
///     println!("{} of {}: loss {:.3}", progress.done, progress.total, progress.stats.loss);
/// })?;
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TrainingProgress {
    /// Examples done, this one included.
    pub done: usize,
    /// Examples in all.
    pub total: usize,
    /// Averages so far.
    pub stats: TrainingStats,
}

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
    model: Model,
    n_ctx: u32,
    threads: Option<u32>,
    optimizer: Option<Optimizer>,
    filter: Option<Filter<'a>>,
    cancel: Option<CancelToken>,
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

/// Trains a model. It has the model to itself until [`finish`](Self::finish).
///
/// ```no_run
/// use llama::{Model, Optimizer, Special, Trainer, TrainingData};
/// let model = Model::builder("model-f32.gguf").trainable().load()?;
/// let tokens = model.vocab().tokenize(&std::fs::read_to_string("text.txt").unwrap(), Special::AsText)?;
/// let mut data = TrainingData::from_text(&tokens, 256, 128)?;
/// let mut trainer = Trainer::builder(model).optimizer(Optimizer::adamw(1e-4)?).build()?;
/// for epoch in 0..3 {
///     data.shuffle(epoch);
///     println!("{:?}", trainer.epoch(&data)?);
/// }
/// trainer.save("model-trained.gguf")?;
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    // Field order is drop order: the context reads the rates.
    ctx: Context,
    rates: Rates,
    kind: llama_sys::ggml_opt_optimizer_type,
    n_ctx: u32,
    cancel: CancelToken,
}

impl Trainer {
    /// Starts training of a model that was loaded with [`trainable`](crate::ModelBuilder::trainable), has F32
    /// weights, and is not used elsewhere.
    pub fn builder<'a>(model: Model) -> TrainerBuilder<'a> {
        TrainerBuilder {
            model,
            n_ctx: N_CTX_UNIT,
            threads: None,
            optimizer: None,
            filter: None,
            cancel: None,
        }
    }

    /// Tokens per example.
    #[must_use]
    pub fn n_ctx(&self) -> u32 {
        self.n_ctx
    }

    /// Moves weights like this from now on, for example with a smaller learning rate.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for another kind of optimizer than before, or unusable numbers.
    pub fn set_optimizer(&mut self, optimizer: Optimizer) -> Result<()> {
        if optimizer.kind() != self.kind {
            return Err(Error::invalid("optimizer", "its kind cannot change while training"));
        }
        self.rates.set(optimizer.checked()?);
        Ok(())
    }

    /// Learns from every example once.
    ///
    /// # Errors
    /// As [`epoch_with`](Self::epoch_with).
    #[doc(alias = "llama_opt_epoch")]
    pub fn epoch(&mut self, data: &TrainingData) -> Result<TrainingStats> {
        self.epoch_with(data, |_| {})
    }

    /// Learns from every example once and reports after each. `ControlFlow::Break(())` stops with
    /// [`Error::Cancelled`]; what was learned until then stays.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for examples of another length or without any; [`Error::TokenOutOfRange`];
    /// [`Error::Cancelled`]; [`Error::Poisoned`] after a contained failure, which leaves the weights undefined.
    ///
    /// # Panics
    /// Only where the callback panics; training can go on afterwards.
    #[doc(alias = "llama_opt_epoch")]
    #[doc(alias = "ggml_opt_epoch_callback")]
    pub fn epoch_with<R: ProgressFlow>(
        &mut self,
        data: &TrainingData,
        report: impl FnMut(TrainingProgress) -> R,
    ) -> Result<TrainingStats> {
        self.pass(data, true, report)
    }

    /// Measures how well the model predicts the examples, without learning from them.
    ///
    /// # Errors
    /// As [`epoch_with`](Self::epoch_with).
    pub fn evaluate(&mut self, data: &TrainingData) -> Result<TrainingStats> {
        self.pass(data, false, |_| {})
    }

    fn pass<R: ProgressFlow>(
        &mut self,
        data: &TrainingData,
        train: bool,
        mut report: impl FnMut(TrainingProgress) -> R,
    ) -> Result<TrainingStats> {
        self.check(data)?;
        let failed = || Error::Failed { operation: "training", detail: crate::log::take_detail() };
        let mut sums = LossPtr::new()?.ok_or_else(failed)?;
        let (mut tokens, mut labels) = (Vec::new(), Vec::new());
        for (index, example) in data.examples.iter().enumerate() {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            tokens.clear();
            tokens.extend(example[..data.n_ctx].iter().map(|token| token.0));
            labels.clear();
            labels.extend(example[1..].iter().map(|token| token.0));
            let before = sums.n_tokens()?;
            crate::log::clear_detail();
            let rates = &mut self.rates;
            self.ctx.train_call(|context, _| context.opt_step(&tokens, &labels, train, rates, &mut sums))?;
            if sums.n_tokens()? == before {
                return Err(failed());
            }
            let progress =
                TrainingProgress { done: index + 1, total: data.examples.len(), stats: stats(&sums)? };
            if report(progress).into_flow() == ControlFlow::Break(()) {
                return Err(Error::Cancelled);
            }
        }
        stats(&sums)
    }

    fn check(&self, data: &TrainingData) -> Result<()> {
        if data.is_empty() {
            return Err(Error::invalid("data", "there are no examples"));
        }
        if data.n_ctx != self.n_ctx as usize {
            return Err(Error::invalid(
                "data",
                format!("its examples have {} tokens, the trainer was made for {}", data.n_ctx, self.n_ctx),
            ));
        }
        let n_vocab = self.ctx.model().n_vocab();
        for &token in data.examples.iter().flatten() {
            if usize::try_from(token.0).map_or(true, |id| id >= n_vocab) {
                return Err(Error::TokenOutOfRange { token, n_vocab });
            }
        }
        Ok(())
    }

    /// Writes the model as it is now; see [`Model::save`].
    ///
    /// # Errors
    /// As [`Model::save`]; [`Error::Poisoned`] after a contained failure.
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.ctx.train_call(|_, _| Ok(()))?;
        self.ctx.model().save(path)
    }

    /// Ends training and gives the model back, ready for use.
    ///
    /// # Errors
    /// [`Error::Poisoned`] after a contained failure.
    pub fn finish(mut self) -> Result<Model> {
        self.ctx.train_call(|_, _| Ok(()))?;
        let mut model = self.ctx.model().clone();
        drop(self.ctx);
        if let Some(inner) = Arc::get_mut(&mut model.inner) {
            inner.info.n_ctx_train = self.n_ctx;
        }
        Ok(model)
    }
}

fn stats(sums: &LossPtr) -> Result<TrainingStats> {
    let sums = sums.read()?;
    Ok(TrainingStats {
        n_tokens: u64::try_from(sums.n_tokens).unwrap_or(0),
        loss: sums.loss,
        loss_error: sums.loss_error,
        accuracy: sums.accuracy,
        accuracy_error: sums.accuracy_error,
    })
}
