//! What is learned from.

use crate::error::{Error, Result};
use crate::token::Token;

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
    pub(super) n_ctx: usize,
    pub(super) examples: Vec<Vec<Token>>,
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
