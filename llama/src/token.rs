//! Small identifiers: tokens, sequences, positions.

use std::fmt;

/// One entry of a vocabulary, by number.
///
/// A `Token` is only meaningful together with the vocabulary it came from. Every function that takes one
/// checks it against the vocabulary and returns [`Error::TokenOutOfRange`](crate::Error::TokenOutOfRange)
/// when it does not exist.
///
/// ```
/// use llama::Token;
/// assert_eq!(Token(5).index(), Some(5));
/// assert_eq!(Token(-1).index(), None);
/// ```
#[doc(alias = "llama_token")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Token(pub i32);

impl Token {
    /// Stands where an image or a recording is, in lists of what a memory holds.
    pub(crate) const MEDIA: Self = Self(-1);

    /// The number as an index into logits, or `None` when it is negative.
    #[must_use]
    pub fn index(self) -> Option<usize> {
        usize::try_from(self.0).ok()
    }

    /// `Some` for a real token, `None` for the placeholder -1 that llama.cpp uses.
    pub(crate) fn present(raw: i32) -> Option<Self> {
        (raw >= 0).then_some(Self(raw))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<i32> for Token {
    fn from(id: i32) -> Self {
        Self(id)
    }
}

/// One of the independent texts that a context holds, numbered from 0 to `n_seq_max - 1`.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{Batch, SeqId};
/// // Two texts side by side, the same so far.
/// let mut ctx = model.context_builder().n_ctx(256).n_seq_max(2).build()?;
/// let tokens = model.vocab().tokenize("Once upon a time", llama::Special::AsText)?;
/// let mut batch = Batch::new();
/// batch.extend(SeqId(0), 0, &tokens);
/// ctx.decode(&batch)?;
/// ctx.memory().seq_copy(SeqId(0), SeqId(1), ..)?;
/// assert_eq!(ctx.memory().pos_max(SeqId(1))?, ctx.memory().pos_max(SeqId(0))?);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_seq_id")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct SeqId(pub i32);

impl SeqId {
    /// The number as an index, or `None` when it is negative.
    pub(crate) fn index(self) -> Option<usize> {
        usize::try_from(self.0).ok()
    }
}

impl fmt::Display for SeqId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<i32> for SeqId {
    fn from(id: i32) -> Self {
        Self(id)
    }
}

/// A position within a sequence, counted in tokens from 0.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{Batch, Pos, SeqId};
/// let mut ctx = model.context_builder().n_ctx(256).build()?;
/// let tokens = model.vocab().tokenize("Once upon a time", llama::Special::AsText)?;
/// let mut batch = Batch::new();
/// batch.extend(SeqId(0), 0, &tokens);
/// ctx.decode(&batch)?;
/// let next: Pos = ctx.memory().pos_max(SeqId(0))?.map_or(0, |last| last + 1);
/// assert_eq!(next as usize, tokens.len());
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_pos")]
pub type Pos = i32;

/// The largest position that a batch may use; leaves room for arithmetic inside llama.cpp.
pub(crate) const MAX_POS: Pos = 1 << 30;

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn the_placeholder_is_no_token() {
        assert_eq!(Token::present(-1), None);
        assert_eq!(Token::present(0), Some(Token(0)));
        assert_eq!(Token(-1).index(), None);
        assert_eq!(Token(7).index(), Some(7));
    }
}
