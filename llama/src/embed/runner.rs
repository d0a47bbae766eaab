//! Computes many texts, several at a time.

use super::pack::pack;
use crate::adapter::LoraAdapter;
use crate::batch::Batch;
use crate::cancel::CancelToken;
use crate::context::{Context, ContextBuilder, Output, Pooling};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::token::{SeqId, Token};
use std::ops::{ControlFlow, Range};

/// Tokens that are computed at once where no text needs more. Attention in an encoder grows with the square of
/// it, and llama.cpp sets aside a row of logits for each token.
pub(super) const BATCH_TOKENS: usize = 512;

/// What a runner is made of.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) context: ContextBuilder,
    pub(super) adapters: Vec<(LoraAdapter, f32)>,
    pub(super) max_tokens: Option<usize>,
    pub(super) batch_tokens: usize,
    pub(super) truncate: bool,
    pub(super) cancel: CancelToken,
}

/// The results of one text.
pub(super) struct Found<'a> {
    /// The text.
    pub(super) index: usize,
    output: &'a Output<'a>,
    seq: SeqId,
    entries: Range<usize>,
}

impl Found<'_> {
    pub(super) fn pooled(&self) -> Result<&[f32]> {
        self.output.pooled(self.seq)
    }

    /// The vectors of its tokens, in order.
    pub(super) fn per_token(&self) -> impl Iterator<Item = Result<&[f32]>> {
        self.entries.clone().map(|entry| self.output.embedding(entry))
    }
}

/// A context that grows with the longest text, so that memory is used for what is there and not for what the
/// model could take.
#[derive(Debug)]
pub(super) struct Runner {
    model: Model,
    settings: Settings,
    pooling: Pooling,
    /// Longest text in tokens.
    max_tokens: usize,
    /// Texts computed at once.
    texts: usize,
    context: Option<Context>,
}

impl Runner {
    /// Checks the settings and creates a context for texts of usual length.
    pub(super) fn new(model: Model, settings: Settings, pooling: Pooling) -> Result<Self> {
        if model.is_vocab_only() {
            return Err(Error::VocabOnly);
        }
        let trained = model.n_ctx_train() as usize;
        let max_tokens = settings.max_tokens.unwrap_or(trained);
        if max_tokens == 0 {
            return Err(Error::invalid("max_tokens", "it must be at least 1"));
        }
        if max_tokens > trained && model.inner.info.has_position_table() {
            let reason = format!("{max_tokens} is more than the {trained} positions of the model");
            return Err(Error::invalid("max_tokens", reason));
        }
        if settings.batch_tokens == 0 {
            return Err(Error::invalid("batch_tokens", "it must be at least 1"));
        }
        // A recurrent memory is computed sequence by sequence, and each sequence has its own state to set aside.
        let alone = model.is_recurrent() || model.is_hybrid();
        let texts = if alone { 1 } else { crate::ffi::backend::max_sequences()?.min(settings.batch_tokens) };
        let mut runner = Self { model, settings, pooling, max_tokens, texts, context: None };
        runner.context_for(1)?;
        Ok(runner)
    }

    pub(super) fn model(&self) -> &Model {
        &self.model
    }

    pub(super) fn pooling(&self) -> Pooling {
        self.pooling
    }

    pub(super) fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    pub(super) fn truncates(&self) -> bool {
        self.settings.truncate
    }

    pub(super) fn cancel_token(&self) -> CancelToken {
        self.settings.cancel.clone()
    }

    /// Computes texts of at most `max_tokens` tokens each and hands out the results in any order. After each
    /// computation `progress` hears how many texts are done.
    pub(super) fn run(
        &mut self,
        texts: &[Vec<Token>],
        mut each: impl FnMut(&Found<'_>) -> Result<()>,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<()> {
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let Some(&longest) = lengths.iter().max() else { return Ok(()) };
        let per_batch = longest.max(self.settings.batch_tokens);
        let groups = pack(&lengths, per_batch, self.texts);
        let context = self.context_for(longest)?;
        let mut batch = Batch::with_capacity(per_batch);
        let mut done = 0;
        for group in groups {
            compute(context, texts, &group, &mut batch, &mut each)?;
            done += group.len();
            if progress(done).is_break() {
                return Err(Error::Cancelled);
            }
        }
        Ok(())
    }

    /// The context, large enough for texts of `longest` tokens.
    fn context_for(&mut self, longest: usize) -> Result<&mut Context> {
        let needed = longest.max(self.settings.batch_tokens);
        let fits = |context: &Context| !context.is_poisoned() && context.n_ubatch() as usize >= needed;
        if !self.context.as_ref().is_some_and(fits) {
            // The old one goes first: there may not be memory for both.
            self.context = None;
            self.context = Some(self.create(needed)?);
        }
        self.context.as_mut().ok_or(Error::NoOutput { reason: "there is no context" })
    }

    fn create(&self, needed: usize) -> Result<Context> {
        // Doubling keeps the number of contexts small when texts get longer and longer.
        let first = needed <= self.settings.batch_tokens;
        let size = if first { needed } else { needed.next_power_of_two() };
        // llama.cpp plans its computation for sequences of equal length.
        let size = size.checked_next_multiple_of(self.texts).unwrap_or(size);
        let too_long =
            |_| Error::invalid("batch_tokens", format!("{size} tokens are more than llama.cpp takes"));
        let size = u32::try_from(size).map_err(too_long)?;
        let texts = u32::try_from(self.texts).unwrap_or(1);
        let builder = self.settings.context.clone().cancel(self.settings.cancel.clone());
        let builder = builder.n_ctx(size).n_batch(size).n_ubatch(size).n_seq_max(texts).n_outputs_max(size);
        let mut context = builder.kv_unified(true).embeddings(true).pooling(self.pooling).build()?;
        if !self.settings.adapters.is_empty() {
            context.set_adapters(&self.settings.adapters)?;
        }
        Ok(context)
    }
}

fn compute(
    context: &mut Context,
    texts: &[Vec<Token>],
    group: &[usize],
    batch: &mut Batch,
    each: &mut impl FnMut(&Found<'_>) -> Result<()>,
) -> Result<()> {
    match context.memory().clear(false) {
        Ok(()) | Err(Error::NoMemory) => {}
        Err(error) => return Err(error),
    }
    batch.clear();
    for (seq, &index) in (0..).map(SeqId).zip(group) {
        batch.extend(seq, 0, &texts[index]);
    }
    batch.logits_for_all();
    let output = if context.model().has_encoder() { context.encode(batch) } else { context.decode(batch) }?;
    let mut start = 0;
    for (seq, &index) in (0..).map(SeqId).zip(group) {
        let entries = start..start + texts[index].len();
        start = entries.end;
        each(&Found { index, output: &output, seq, entries })?;
    }
    Ok(())
}
