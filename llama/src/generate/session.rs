//! A sequence with its history.

use super::generation::GenerationBuilder;
use crate::batch::Batch;
use crate::cancel::CancelToken;
use crate::context::{Context, Logits};
use crate::error::{Error, MemoryEffect, Result};
use crate::model::Model;
use crate::token::{Pos, SeqId, Token};

/// A context that works on one text and knows what it has in memory.
///
/// Each prompt is the whole text so far. What it has in common with the memory is used again, the rest of the
/// memory is forgotten; where the memory cannot forget a part (recurrent models, sliding windows) everything is
/// computed again. So there is nothing to keep in step by hand.
///
/// ```
/// use llama::{Session, Special};
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut session = Session::new(model.context_builder().n_ctx(2048).build()?)?;
/// let prompt = model.vocab().tokenize("Once upon a time", Special::AsText)?;
/// let mut story = session.generate(&prompt).max_tokens(100).start()?;
/// for piece in &mut story {
///     print!("{}", piece?);
/// }
/// println!("\n{:.1} tokens per second", story.finish()?.timings.generation_rate());
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug)]
pub struct Session {
    context: Context,
    seq: SeqId,
    /// What the memory holds, by position.
    tokens: Vec<Token>,
    batch: Batch,
}

impl Session {
    /// Takes over a context. Its memory is cleared.
    ///
    /// # Errors
    /// [`Error::NoMemory`] for models that keep no memory of past tokens; [`Error::Poisoned`].
    pub fn new(context: Context) -> Result<Self> {
        let mut session = Self { context, seq: SeqId(0), tokens: Vec::new(), batch: Batch::new() };
        session.context.memory().clear(false)?;
        Ok(session)
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.context.model()
    }

    /// The context.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Gives the context back, with its memory.
    #[must_use]
    pub fn into_context(self) -> Context {
        self.context
    }

    /// The tokens in memory.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The largest number of tokens that the memory can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        usize::try_from(self.context.n_ctx_seq()).unwrap_or(usize::MAX)
    }

    /// The switch that stops the running generation, from any thread.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.context.cancel_token()
    }

    /// Uses another switch from now on.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn set_cancel_token(&mut self, token: CancelToken) -> Result<()> {
        self.context.set_cancel_token(token)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn clear(&mut self) -> Result<()> {
        self.tokens.clear();
        self.context.memory().seq_remove(self.seq, ..)
    }

    /// Starts to continue a text; nothing is computed yet.
    pub fn generate(&mut self, prompt: &[Token]) -> GenerationBuilder<'_> {
        GenerationBuilder::new(self, prompt.to_vec())
    }

    /// Refuses a prompt that leaves no room for a single token.
    pub(crate) fn check_fits(&self, prompt_tokens: usize) -> Result<()> {
        let (needed, available) = (prompt_tokens + 1, self.capacity());
        if needed > available {
            return Err(Error::ContextFull { needed, available });
        }
        Ok(())
    }

    /// The context, for work in other sequences than the session's own.
    pub(crate) fn context_mut(&mut self) -> &mut Context {
        &mut self.context
    }

    /// Number of further sequences that can go on from the session's own within the same memory.
    pub(crate) fn spare_sequences(&self) -> usize {
        let sequences = usize::try_from(self.context.n_seq_max()).unwrap_or(usize::MAX);
        if self.context.can_share_entries() { sequences - 1 } else { 0 }
    }

    /// True when no further token fits.
    pub(super) fn is_full(&self) -> bool {
        self.tokens.len() >= self.capacity()
    }

    /// Makes the memory a beginning of `prompt`, as long as possible but shorter than all of it, and returns the
    /// number of tokens kept.
    pub(crate) fn rewind_to(&mut self, prompt: &[Token]) -> Result<usize> {
        let common = self.tokens.iter().zip(prompt).take_while(|(ours, theirs)| ours == theirs).count();
        // The last token is always computed: its logits choose the next one.
        let keep = common.min(prompt.len().saturating_sub(1));
        if keep < self.tokens.len() && !self.truncate(keep)? {
            self.clear()?;
        }
        Ok(self.tokens.len())
    }

    /// Forgets everything behind the first `keep` tokens; false when this memory cannot, or would be left
    /// without tokens that the next one has to see.
    fn truncate(&mut self, keep: usize) -> Result<bool> {
        let Ok(from) = Pos::try_from(keep) else { return Ok(false) };
        let mut memory = self.context.memory();
        let oldest = memory.pos_min(self.seq)?.unwrap_or(0);
        match memory.seq_remove(self.seq, from..) {
            Ok(()) => {}
            Err(Error::Memory { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        self.tokens.truncate(keep);
        let window = Pos::try_from(self.model().n_swa()).unwrap_or(Pos::MAX);
        Ok(oldest == 0 || (window > 0 && oldest <= from.saturating_sub(window)))
    }

    /// Computes tokens behind those in memory, in steps of one ubatch so that a cancel is noticed in between,
    /// and hands the logits of the last one to `choose`. After an error the memory holds what it held before
    /// the step that failed, or nothing.
    pub(crate) fn append<T>(
        &mut self,
        tokens: &[Token],
        choose: impl FnOnce(Logits<'_>) -> Result<T>,
    ) -> Result<T> {
        let step = usize::try_from(self.context.n_ubatch()).unwrap_or(1).max(1);
        let last = tokens.len().saturating_sub(1) / step * step;
        let (head, tail) = tokens.split_at(last);
        for part in head.chunks(step) {
            self.decode(part, false, |_| Ok(()))?;
        }
        self.decode(tail, true, |output| choose(output.logits_last()?))
    }

    fn decode<T>(
        &mut self,
        part: &[Token],
        output: bool,
        read: impl FnOnce(crate::context::Output<'_>) -> Result<T>,
    ) -> Result<T> {
        let start = Pos::try_from(self.tokens.len()).unwrap_or(Pos::MAX);
        self.batch.clear().extend(self.seq, start, part);
        if output {
            self.batch.logits_for_last();
        }
        let failure = match self.context.decode(&self.batch) {
            Ok(output) => {
                self.tokens.extend_from_slice(part);
                return read(output);
            }
            Err(failure) => failure,
        };
        match failure.memory {
            MemoryEffect::Unchanged => {}
            // What is left belongs to no whole number of tokens that we know: start over.
            MemoryEffect::Partial => self.clear()?,
            MemoryEffect::Unknown => self.tokens.clear(),
        }
        Err(failure.error)
    }
}
