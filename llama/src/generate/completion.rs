//! What a generation ends with.

use crate::token::Token;
use std::fmt;
use std::time::Duration;

/// The result of a generation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Completion {
    /// The whole text: all pieces joined. Neither the stop string nor an end-of-generation token is in it.
    pub text: String,
    /// The tokens that were generated, without the end-of-generation token. They may spell more than `text`:
    /// a stop string, or the beginning of a character that the limit cut.
    pub tokens: Vec<Token>,
    /// Why it ended.
    pub stop: StopReason,
    /// Numbers of tokens.
    pub usage: Usage,
    /// Times and speeds.
    pub timings: Timings,
}

/// Why a generation ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// The model ended its text with this end-of-generation token.
    EndOfText(Token),
    /// The text is complete: a grammar allows nothing further.
    GrammarEnd,
    /// This stop string came up; it is not part of the text.
    StopString(String),
    /// The limit on generated tokens was reached.
    TokenLimit,
    /// The context holds no further token.
    ContextFull,
    /// A [`CancelToken`](crate::CancelToken) was cancelled, or the caller ended the generation.
    Cancelled,
}

impl StopReason {
    /// True when the model came to its end, false when the text was cut.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::EndOfText(_) | Self::GrammarEnd | Self::StopString(_))
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndOfText(_) => f.write_str("end of text"),
            Self::GrammarEnd => f.write_str("end of the grammar"),
            Self::StopString(stop) => write!(f, "stop string {stop:?}"),
            Self::TokenLimit => f.write_str("token limit"),
            Self::ContextFull => f.write_str("context full"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// Numbers of tokens of one generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Tokens of the prompt, those reused included.
    pub prompt: usize,
    /// Tokens of the prompt that were in the memory already and did not have to be computed.
    pub reused: usize,
    /// Tokens generated, without the end-of-generation token.
    pub generated: usize,
}

/// Times of one generation. Time that the caller spends between two pieces is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Timings {
    /// Computing the prompt and choosing the first token.
    pub prompt: Duration,
    /// Computing and choosing all further tokens.
    pub generation: Duration,
    /// Tokens computed in `prompt`.
    pub prompt_tokens: usize,
    /// Tokens computed in `generation`.
    pub generation_tokens: usize,
}

impl Timings {
    /// Prompt tokens computed per second; 0 when none were.
    #[must_use]
    pub fn prompt_rate(&self) -> f64 {
        rate(self.prompt_tokens, self.prompt)
    }

    /// Tokens generated per second, from the second one on; 0 when there were fewer.
    #[must_use]
    pub fn generation_rate(&self) -> f64 {
        rate(self.generation_tokens, self.generation)
    }

    /// Time from the request to the first token.
    #[must_use]
    pub fn first_token(&self) -> Duration {
        self.prompt
    }
}

fn rate(tokens: usize, time: Duration) -> f64 {
    let seconds = time.as_secs_f64();
    // Counts of tokens are far below 2^32, so the conversion is exact.
    let tokens = f64::from(u32::try_from(tokens).unwrap_or(u32::MAX));
    if seconds > 0.0 { tokens / seconds } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_tokens_per_second() {
        let timings = Timings {
            prompt: Duration::from_millis(500),
            generation: Duration::from_secs(2),
            prompt_tokens: 100,
            generation_tokens: 30,
        };
        assert!((timings.prompt_rate() - 200.0).abs() < 1e-9);
        assert!((timings.generation_rate() - 15.0).abs() < 1e-9);
        assert!(
            Timings::default().generation_rate().abs() < 1e-9,
            "nothing generated is no division by zero"
        );
    }

    #[test]
    fn reasons_read_well() {
        assert_eq!(StopReason::StopString("\n".to_owned()).to_string(), "stop string \"\\n\"");
        assert!(StopReason::EndOfText(Token(2)).is_complete());
        assert!(!StopReason::TokenLimit.is_complete());
    }
}
