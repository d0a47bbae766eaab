//! Texts as tokens, none longer than the model can take.

use crate::error::{Error, Result};
use crate::token::Token;
use crate::vocab::{Special, Vocab};

/// A text that was cut because it was too long.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut embedder = model.embedder().max_tokens(16).truncate(true).build()?;
/// let vectors = embedder.embed(&["short", &"and very long ".repeat(20)])?;
/// let cut = vectors.truncated()[0];
/// assert_eq!((cut.index, cut.kept), (1, 16));
/// println!("{} of {} tokens were computed", cut.kept, cut.tokens);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Truncated {
    /// The text, counted from 0.
    pub index: usize,
    /// Tokens that it has, special tokens included.
    pub tokens: usize,
    /// Tokens that were computed.
    pub kept: usize,
}

/// How long texts may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) max: usize,
    /// Cut longer ones instead of refusing them.
    pub(super) truncate: bool,
}

/// Tokenized texts.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) tokens: Vec<Vec<Token>>,
    pub(super) truncated: Vec<Truncated>,
}

impl Input {
    /// Splits each text with `prefix` in front. The special tokens that the model puts around a text stay when
    /// the text is cut.
    pub(super) fn of<T: AsRef<str>>(vocab: &Vocab, prefix: &str, texts: &[T], limit: Limit) -> Result<Self> {
        let mut input = Self::default();
        for (index, text) in texts.iter().enumerate() {
            let text = [prefix, text.as_ref()].concat();
            let mut tokens = vocab.tokenize(&text, Special::AsText)?;
            if tokens.is_empty() {
                return Err(Error::EmptyText { index });
            }
            if tokens.len() > limit.max {
                if !limit.truncate {
                    return Err(Error::TextTooLong { index, tokens: tokens.len(), max: limit.max });
                }
                let fragment = vocab.tokenize_fragment(&text, Special::AsText)?;
                let found = Truncated { index, tokens: tokens.len(), kept: limit.max };
                input.truncated.push(found);
                cut(&mut tokens, &fragment, limit.max);
            }
            input.tokens.push(tokens);
        }
        Ok(input)
    }

    /// Checks texts that are tokens already.
    pub(super) fn split<T: AsRef<[Token]>>(vocab: &Vocab, texts: &[T], max: usize) -> Result<Self> {
        let mut input = Self::default();
        for (index, tokens) in texts.iter().map(AsRef::as_ref).enumerate() {
            match tokens.len() {
                0 => return Err(Error::EmptyText { index }),
                len if len > max => return Err(Error::TextTooLong { index, tokens: len, max }),
                _ => {}
            }
            for &token in tokens {
                vocab.check(token)?;
            }
            input.tokens.push(tokens.to_vec());
        }
        Ok(input)
    }

    pub(super) fn n_tokens(&self) -> usize {
        self.tokens.iter().map(Vec::len).sum()
    }
}

/// Shortens `whole`, which is `fragment` between special tokens, to `max` tokens.
fn cut(whole: &mut Vec<Token>, fragment: &[Token], max: usize) {
    let start = whole.windows(fragment.len().max(1)).position(|window| window == fragment).unwrap_or(0);
    let end = (start + fragment.len()).min(whole.len());
    let tail = (whole.len() - end).min(max);
    whole.drain(max - tail..whole.len() - tail);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortened(whole: &[i32], fragment: &[i32], max: usize) -> Vec<i32> {
        let tokens = |ids: &[i32]| ids.iter().copied().map(Token).collect::<Vec<_>>();
        let mut whole = tokens(whole);
        cut(&mut whole, &tokens(fragment), max);
        whole.into_iter().map(|token| token.0).collect()
    }

    #[test]
    fn special_tokens_stay() {
        assert_eq!(shortened(&[101, 5, 6, 7, 102], &[5, 6, 7], 4), [101, 5, 6, 102]);
        assert_eq!(shortened(&[101, 5, 6, 7, 102], &[5, 6, 7], 2), [101, 102]);
        assert_eq!(shortened(&[101, 5, 6, 7, 102], &[5, 6, 7], 1), [102]);
        assert_eq!(shortened(&[1, 5, 6, 7], &[5, 6, 7], 2), [1, 5]);
        assert_eq!(shortened(&[5, 6, 7], &[5, 6, 7], 2), [5, 6]);
    }
}
