//! Going back in a session.
#![forbid(unsafe_code)]

use super::content::Content;
use super::session::Session;
use crate::error::{Error, Result};
use crate::token::Pos;

impl Session {
    /// Forgets everything behind the first `len` tokens. Where the memory cannot forget a part, the session goes
    /// back to a checkpoint and computes the tokens from there again; returns how many these were. With `len`
    /// tokens or fewer in memory nothing happens.
    ///
    /// A place inside an image or a recording counts as the place in front of it.
    ///
    /// Prompts do this by themselves. Together with [`checkpoint`](Self::checkpoint) it makes going back cheap
    /// on every kind of memory.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// # let mut session = llama::Session::new(model.context_builder().n_ctx(512).build()?)?;
    /// let prompt = model.vocab().tokenize("Once upon a time", llama::Special::AsText)?;
    /// session.generate(&prompt).max_tokens(20).start()?.finish()?;
    /// session.rewind(prompt.len())?;
    /// assert_eq!(session.tokens(), prompt);
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Cancelled`] while computing again, with a part of the tokens in memory; [`Error::Memory`] where an
    /// image that came out of a file would have to be computed again; [`Error::Poisoned`].
    pub fn rewind(&mut self, len: usize) -> Result<usize> {
        if len >= self.past.len() {
            return Ok(0);
        }
        let len = self.past.floor(len);
        let text = self.past.head(len);
        let kept = self.keep(len)?;
        self.compute(&text, len, &mut |_| {})?;
        Ok(len - kept)
    }

    /// Makes going back to the present end of the text cheap. Only memories that cannot forget a part need it;
    /// for others nothing happens.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn checkpoint(&mut self) -> Result<()> {
        let len = self.past.len();
        if len == 0
            || self.checkpoints.is_off()
            || self.checkpoints.has(len)
            || self.context.rolls_back(self.seq)?
        {
            return Ok(());
        }
        match self.context.save_sequence_partial(self.seq, &[]) {
            Ok(state) => self.checkpoints.push(len, state),
            // Some memories are of several kinds at once; going back then means starting over.
            Err(Error::State(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Bounds the checkpoints: at most `count`, and at most `bytes` of main memory for all of them. The least
    /// recently used go first. The default is 8 and 256 MiB; 0 of either switches them off.
    pub fn set_checkpoint_limits(&mut self, count: usize, bytes: u64) {
        self.checkpoints.limit(count, bytes);
    }

    /// Number of checkpoints that are kept at the moment.
    #[must_use]
    pub fn checkpoints(&self) -> usize {
        self.checkpoints.count()
    }

    /// Makes the memory a beginning of `prompt`, as long as possible but shorter than all of it, and returns the
    /// number of tokens that did not have to be computed. Where the memory needs checkpoints, everything but the
    /// last token is computed here; elsewhere everything up to the last medium.
    pub(super) fn prepare(&mut self, prompt: &Content, progress: &mut dyn FnMut(usize)) -> Result<usize> {
        let common = self.past.common(prompt);
        // The last token is always computed: its logits choose the next one.
        let last = prompt.len().saturating_sub(1);
        let branch = common.min(last);
        let reused = self.keep(branch)?;
        self.past.renew(prompt);
        if !self.context.rolls_back(self.seq)? {
            self.checkpoint()?;
            // Texts that went apart at one place will do so again, near the end of the prompt most often.
            for end in [branch, last] {
                if end > self.past.len() {
                    self.compute(prompt, end, progress)?;
                    self.checkpoint()?;
                }
            }
        }
        self.compute(prompt, prompt.media_end(), progress)?;
        Ok(reused)
    }

    /// Forgets everything behind the first `len` tokens, or more where the memory cannot do better. Returns the
    /// number of tokens kept.
    fn keep(&mut self, len: usize) -> Result<usize> {
        if len >= self.past.len() {
            return Ok(self.past.len());
        }
        self.checkpoints.forget_behind(len);
        if len > 0 && (self.truncate(len)? || self.go_back()?) {
            return Ok(self.past.len());
        }
        self.clear()?;
        Ok(0)
    }

    /// Forgets everything behind the first `len` tokens; false when this memory cannot, or would be left without
    /// tokens that the next one has to see.
    fn truncate(&mut self, len: usize) -> Result<bool> {
        let from = self.past.pos(len);
        let window = Pos::try_from(self.model().n_swa()).unwrap_or(Pos::MAX);
        let oldest = self.context.memory().pos_min(self.seq)?.unwrap_or(0);
        if self.context.keeps_one_state() || (oldest > 0 && oldest > from.saturating_sub(window)) {
            return Ok(false);
        }
        match self.context.memory().seq_remove(self.seq, from..) {
            Ok(()) => {}
            Err(Error::Memory { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        self.past.truncate(len);
        Ok(true)
    }

    /// Goes back to the last checkpoint; false when there is none that works.
    fn go_back(&mut self) -> Result<bool> {
        let Some(checkpoint) = self.checkpoints.longest() else { return Ok(false) };
        match self.context.restore_sequence(&checkpoint.state, self.seq) {
            Ok(()) => {
                self.past.truncate(checkpoint.len);
                Ok(true)
            }
            Err(Error::State(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
