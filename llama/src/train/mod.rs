//! Training: changing the weights of a model so that it continues texts like the ones shown.

mod builder;
mod data;
mod optimizer;

pub use builder::TrainerBuilder;
pub use data::TrainingData;
pub use optimizer::Optimizer;

use crate::cancel::CancelToken;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ffi::train::{LossPtr, Rates};
use crate::model::{Model, ProgressFlow};
use builder::N_CTX_UNIT;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

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
