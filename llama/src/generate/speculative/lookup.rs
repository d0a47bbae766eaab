//! Proposals from the text itself.

use crate::error::{Error, Result};
use crate::token::Token;

/// Speculation without another model: what followed the last tokens when they occurred before is proposed.
///
/// Pays where the answer repeats parts of the prompt: summaries, edited code, answers with quotes. The text is the
/// same as without, up to rounding: the model checks each proposal with the same sampler, and computing several
/// tokens at once rounds a little differently. Models whose past is one state (recurrent and hybrid ones) cannot
/// take proposals back; they generate as without. A step computes at most
/// [`n_outputs_max`](crate::ContextBuilder::n_outputs_max) tokens with their proposals.
///
/// ```
/// use llama::{PromptLookup, Sampler};
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(512).build()?)?;
/// # let prompt = model.vocab().tokenize("one two three one two three one two", llama::Special::AsText)?;
/// let lookup = PromptLookup { max_tokens: 4, ..PromptLookup::default() };
/// let story = session.generate(&prompt).prompt_lookup(lookup).sampler(Sampler::greedy()?).max_tokens(20).start()?;
/// let usage = story.finish()?.usage;
/// println!("{} of {} proposed tokens were right", usage.accepted, usage.drafted);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PromptLookup {
    /// How many of the last tokens are looked for at most; the longest that occurs counts.
    pub longest: usize,
    /// How many of the last tokens are looked for at least. With 1 there are many proposals, and many wrong ones.
    pub shortest: usize,
    /// How many tokens are proposed at most. It begins with 4: more as long as they are right, fewer where not.
    pub max_tokens: usize,
}

impl Default for PromptLookup {
    /// The last 4 tokens, at least 2 of them; 8 tokens are proposed.
    fn default() -> Self {
        Self { longest: 4, shortest: 2, max_tokens: 8 }
    }
}

impl PromptLookup {
    pub(super) fn check(&self) -> Result<()> {
        if self.shortest == 0 || self.longest < self.shortest || self.max_tokens == 0 {
            let reason = format!(
                "it looks for {} to {} tokens and proposes {}; all must be at least 1, in this order",
                self.shortest, self.longest, self.max_tokens
            );
            return Err(Error::invalid("prompt lookup", reason));
        }
        Ok(())
    }

    /// What followed the end of `text` where it occurred last; empty where it never did.
    pub(super) fn find<'t>(&self, text: &'t [Token], most: usize) -> &'t [Token] {
        for len in (self.shortest..=self.longest.min(text.len().saturating_sub(1))).rev() {
            let (before, end) = (&text[..text.len() - 1], &text[text.len() - len..]);
            if let Some(at) = before.windows(len).rposition(|window| window == end) {
                let rest = &text[at + len..];
                return &rest[..rest.len().min(most).min(self.max_tokens)];
            }
        }
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &[i32], most: usize) -> Vec<i32> {
        let text: Vec<Token> = text.iter().copied().map(Token).collect();
        PromptLookup::default().find(&text, most).iter().map(|token| token.0).collect()
    }

    #[test]
    fn what_followed_last_time() {
        assert_eq!(find(&[1, 2, 3, 4, 5, 1, 2], 3), [3, 4, 5]);
        assert_eq!(find(&[1, 2, 3, 4, 5, 1, 2], 20), [3, 4, 5, 1, 2]);
        assert_eq!(find(&[1, 2, 7, 1, 2, 8, 1, 2], 1), [8], "the last time counts");
        assert_eq!(find(&[0, 1, 2, 7, 9, 1, 2, 8, 0, 1, 2], 1), [7], "but the longest match counts more");
        assert_eq!(find(&[5, 5, 5, 5], 3), [5], "overlapping itself");
        assert_eq!(find(&[1, 2, 3, 2], 3), [0; 0], "one token is too little");
        assert_eq!(find(&[1], 3), [0; 0]);
        assert_eq!(find(&[], 3), [0; 0]);
    }

    #[test]
    fn senseless_numbers() {
        let usual = PromptLookup::default();
        assert!(usual.check().is_ok());
        for bad in [
            PromptLookup { shortest: 0, ..usual },
            PromptLookup { longest: 1, ..usual },
            PromptLookup { max_tokens: 0, ..usual },
        ] {
            assert!(matches!(bad.check(), Err(Error::InvalidParameter { .. })), "{bad:?}");
        }
    }
}
