//! A sequence with its history.

use super::checkpoint::Checkpoints;
use super::content::{Content, Step};
use super::generation::GenerationBuilder;
use super::media::Seen;
use super::speculative::DraftSession;
use crate::batch::Batch;
use crate::cancel::CancelToken;
use crate::context::{Context, Logits, Output};
use crate::error::{DecodeError, Error, MemoryEffect, Result};
use crate::model::Model;
use crate::token::{Pos, SeqId, Token};

/// A context that works on one text and knows what it has in memory.
///
/// Each prompt is the whole text so far. What it has in common with the memory is used again, the rest of the
/// memory is forgotten. So there is nothing to keep in step by hand.
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
///
/// # Memories that cannot forget a part
/// Recurrent and hybrid models keep the past as one state, and a sliding window has lost what it moved past
/// (unless the context is built with [`swa_full`](crate::ContextBuilder::swa_full), the default). For these the
/// session keeps checkpoints: small copies of what later tokens overwrite, taken in front of each prompt, where
/// a prompt left the text before it, and at its end. A prompt that leaves the memory earlier than that goes back
/// to the last checkpoint in front of that place, and to the beginning where there is none. See
/// [`set_checkpoint_limits`](Self::set_checkpoint_limits).
#[derive(Debug)]
pub struct Session {
    pub(super) context: Context,
    pub(super) seq: SeqId,
    /// What the memory holds.
    pub(super) past: Content,
    /// What is known of images and recordings beside the memory.
    pub(super) seen: Seen,
    batch: Batch,
    pub(super) checkpoints: Checkpoints,
    /// Ends a generation whose owner is gone, without touching a switch of the caller.
    pub(super) halt: CancelToken,
    /// What proposes tokens, with a memory of its own.
    pub(super) draft: Option<Box<DraftSession>>,
}

impl Session {
    /// Takes over a context. Its memory is cleared.
    ///
    /// # Errors
    /// [`Error::NoMemory`] for models that keep no memory of past tokens; [`Error::Poisoned`].
    pub fn new(mut context: Context) -> Result<Self> {
        context.memory().clear(false)?;
        Ok(Self::around(context))
    }

    /// A session on a context whose memory is empty.
    pub(super) fn around(context: Context) -> Self {
        Self {
            context,
            seq: SeqId(0),
            past: Content::default(),
            seen: Seen::default(),
            batch: Batch::new(),
            checkpoints: Checkpoints::default(),
            halt: CancelToken::new(),
            draft: None,
        }
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

    /// The tokens in memory. Where a chat has an image or a recording, each of its places is -1.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        self.past.tokens()
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
        if let Some(draft) = &mut self.draft {
            draft.set_cancel_token(token.clone())?;
        }
        self.context.set_cancel_token(token)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn clear(&mut self) -> Result<()> {
        self.past.clear();
        self.checkpoints.clear();
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

    /// Makes a text what the memory holds, and hands the logits behind its last token to `read`.
    pub(crate) fn compute_text(
        &mut self,
        text: &Content,
        mut read: impl FnMut(Logits<'_>) -> Result<()>,
    ) -> Result<()> {
        self.check_media(text)?;
        self.prepare(text, &mut |_| {})?;
        let done = self.past.len();
        self.append(&text.tokens()[done..], &[], &mut |_| {}, |logits| read(logits).map(|()| None)).map(drop)
    }

    /// Tokens that still fit.
    pub(super) fn room(&self) -> usize {
        self.capacity().saturating_sub(self.past.len())
    }

    /// True when nothing more should be computed.
    pub(super) fn is_interrupted(&self) -> bool {
        self.halt.is_cancelled() || self.context.cancel_token().is_cancelled()
    }

    /// A new switch for whoever owns the session on another thread. Those given before stop nothing any more.
    #[cfg(feature = "async")]
    pub(super) fn new_halt(&mut self) -> CancelToken {
        self.halt = CancelToken::new();
        if let Some(draft) = &mut self.draft {
            draft.set_halt(&self.halt);
        }
        self.halt.clone()
    }

    /// Computes `text`, which begins with what is in memory, up to its place `end`: in steps of one ubatch or one
    /// medium, so that a cancel is noticed in between, and tells `progress` after each. After an error the memory
    /// holds what it held before the step that failed, or nothing.
    pub(super) fn compute(
        &mut self,
        text: &Content,
        end: usize,
        progress: &mut dyn FnMut(usize),
    ) -> Result<()> {
        while let Some(step) = text.step(self.past.len()..end, self.step()) {
            match step {
                Step::Tokens(tokens) => self.decode(tokens, &[], false, |_| Ok(()))?,
                Step::Medium(medium) => self.see(medium)?,
            }
            progress(self.past.len());
        }
        Ok(())
    }

    /// Computes tokens behind those in memory as [`compute`](Self::compute) does, and hands the logits behind the
    /// last one to `choose`.
    ///
    /// `drafts` are computed in the same step. As long as what `choose` chooses is the next of them, it gets the
    /// logits behind that one too; it ends this by choosing nothing. Drafts that were not chosen are forgotten
    /// again. Returns how many were.
    pub(super) fn append(
        &mut self,
        tokens: &[Token],
        drafts: &[Token],
        progress: &mut dyn FnMut(usize),
        mut choose: impl FnMut(Logits<'_>) -> Result<Option<Token>>,
    ) -> Result<usize> {
        let step = self.step();
        let (head, tail) = tokens.split_at(tokens.len().saturating_sub(1) / step * step);
        for part in head.chunks(step) {
            self.decode(part, &[], false, |_| Ok(()))?;
            progress(self.past.len());
        }
        let (before, mut accepted) = (self.past.len(), 0);
        let chosen = self.decode(tail, drafts, true, |output| {
            let first = tail.len() - 1;
            while let Some(token) = choose(output.logits(first + accepted)?)? {
                if drafts.get(accepted) != Some(&token) {
                    break;
                }
                accepted += 1;
            }
            Ok(())
        });
        if chosen.is_ok() && drafts.is_empty() {
            progress(self.past.len());
        }
        if self.past.len() == before + tail.len() + drafts.len() {
            self.rewind(before + tail.len() + accepted)?;
        }
        chosen.map(|()| accepted)
    }

    fn step(&self) -> usize {
        usize::try_from(self.context.n_ubatch()).unwrap_or(1).max(1)
    }

    fn decode(
        &mut self,
        part: &[Token],
        drafts: &[Token],
        output: bool,
        read: impl FnOnce(Output<'_>) -> Result<()>,
    ) -> Result<()> {
        if self.halt.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let start = self.past.pos(self.past.len());
        self.batch.clear().extend(self.seq, start, part);
        if output {
            self.batch.logits_for_last();
            let behind = Pos::try_from(part.len()).map_or(Pos::MAX, |len| start.saturating_add(len));
            for (&token, pos) in drafts.iter().zip(behind..) {
                self.batch.add(token, pos, &[self.seq], true);
            }
        }
        let failure = match self.context.decode(&self.batch) {
            Ok(output) => {
                self.past.extend(part);
                self.past.extend(drafts);
                return read(output);
            }
            Err(failure) => failure,
        };
        Err(self.settle(failure))
    }

    /// Forgets what a failure has left in an unknown state; the error to be told.
    pub(super) fn settle(&mut self, failure: DecodeError) -> Error {
        match failure.memory {
            MemoryEffect::Unchanged => {}
            // What is left belongs to no whole number of tokens that we know: start over.
            MemoryEffect::Partial => {
                if let Err(error) = self.clear() {
                    return error;
                }
            }
            MemoryEffect::Unknown => {
                self.past.clear();
                self.checkpoints.clear();
            }
        }
        failure.error
    }
}
