//! What a generation ends with.

use crate::context::TokenProbability;
use crate::message::ToolCall;
use crate::token::Token;
use std::fmt;
use std::time::Duration;

/// The result of a generation.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(256).build()?)?;
/// # let prompt = model.vocab().tokenize("The capital of France", llama::Special::AsText)?;
/// let done = session.generate(&prompt).max_tokens(8).start()?.finish()?;
/// println!("{} [{}, {} tokens]", done.text, done.stop, done.usage.generated);
/// assert_eq!(done.tokens.len(), done.usage.generated);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Completion {
    /// The whole text: all pieces joined. Neither the stop string nor an end-of-generation token is in it. Of a
    /// chat's reply, with feature `tools`, the answer only.
    pub text: String,
    /// What the model thought before it answered; of a chat's reply, with feature `tools`.
    pub reasoning: String,
    /// Calls that the model asks for; of a chat's reply, with feature `tools`.
    pub tool_calls: Vec<ToolCall>,
    /// The tokens that were generated, without the end-of-generation token. They may spell more than `text`:
    /// a stop string, or the beginning of a character that the limit cut.
    pub tokens: Vec<Token>,
    /// How likely each of `tokens` was; empty unless [`logprobs`](crate::GenerationBuilder::logprobs) were asked for.
    pub logprobs: Vec<TokenLogprobs>,
    /// Why it ended.
    pub stop: StopReason,
    /// Numbers of tokens.
    pub usage: Usage,
    /// Times and speeds.
    pub timings: Timings,
}

/// A part of a generation: the text that became certain, and the tokens chosen since the part before.
///
/// All texts together are that of the [`Completion`], and all tokens are its tokens. Either may be empty: text
/// that waits for the end of a character or may be the beginning of a stop string comes with a later part.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(256).build()?)?;
/// # let prompt = model.vocab().tokenize("The capital of France", llama::Special::AsText)?;
/// let mut text = session.generate(&prompt).max_tokens(8).start()?;
/// while let Some(piece) = text.next_piece() {
///     let piece = piece?;
///     println!("{:?} of tokens {:?}", piece.text, piece.tokens);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Piece {
    /// Whole characters.
    pub text: String,
    /// The tokens, in their order.
    pub tokens: Vec<Token>,
    /// How likely each of `tokens` was; empty unless [`logprobs`](crate::GenerationBuilder::logprobs) were asked for.
    pub logprobs: Vec<TokenLogprobs>,
}

/// How likely a generated token was, and what else could have been there.
///
/// These are the model's own probabilities at temperature 1, before biases, a grammar and samplers change them.
/// So a token may be chosen that is not among the most likely.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(256).build()?)?;
/// # let prompt = model.vocab().tokenize("The capital of France", llama::Special::AsText)?;
/// let done = session.generate(&prompt).logprobs(2).max_tokens(4).start()?.finish()?;
/// for choice in &done.logprobs {
///     println!("{} {:.2}, at best {:.2}", choice.token, choice.log_probability, choice.top[0].log_probability);
///     assert!(choice.log_probability <= choice.top[0].log_probability);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TokenLogprobs {
    /// The token that was chosen.
    pub token: Token,
    /// Natural logarithm of its probability.
    pub log_probability: f32,
    /// The most likely tokens, the most likely first; as many as were asked for.
    pub top: Vec<TokenProbability>,
}

/// Why a generation ended.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(256).build()?)?;
/// # let prompt = model.vocab().tokenize("The capital of France", llama::Special::AsText)?;
/// use llama::StopReason;
/// let done = session.generate(&prompt).max_tokens(1).start()?.finish()?;
/// match &done.stop {
///     StopReason::TokenLimit => println!("{}...", done.text),
///     stop if stop.is_complete() => println!("{}", done.text),
///     stop => println!("{} [{stop}]", done.text),
/// }
/// assert_eq!(done.stop, StopReason::TokenLimit);
/// # Ok::<(), llama::Error>(())
/// ```
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

    /// True when neither the model nor the caller ended the text at this place.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(self, Self::TokenLimit | Self::ContextFull | Self::StopString(_))
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
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(256).build()?)?;
/// # let prompt = model.vocab().tokenize("The capital of France", llama::Special::AsText)?;
/// session.generate(&prompt).max_tokens(4).start()?.finish()?;
/// // What is in the memory already is not computed again: all but the last token, which gives the logits.
/// let usage = session.generate(&prompt).max_tokens(4).start()?.finish()?.usage;
/// assert_eq!((usage.prompt, usage.reused), (prompt.len(), prompt.len() - 1));
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Tokens of the prompt, those reused included.
    pub prompt: usize,
    /// Tokens of the prompt that were in the memory already and did not have to be computed.
    pub reused: usize,
    /// Pieces of images and recordings in the prompt that had to be encoded. Those in memory, or seen not long
    /// ago, are not encoded again.
    pub encoded: usize,
    /// Tokens generated, without the end-of-generation token.
    pub generated: usize,
    /// Tokens proposed by speculation.
    pub drafted: usize,
    /// Proposed tokens that turned out to be the next ones. Each saved a step.
    pub accepted: usize,
    /// Tokens that were forgotten to make room in a full context.
    pub discarded: usize,
}

/// Times of one generation. Time that the caller spends between two pieces is not counted.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(256).build()?)?;
/// # let prompt = model.vocab().tokenize("The capital of France", llama::Special::AsText)?;
/// let timings = session.generate(&prompt).max_tokens(8).start()?.finish()?.timings;
/// println!("first token after {:?}, then {:.1} per second", timings.first_token(), timings.generation_rate());
/// assert_eq!(timings.prompt_tokens, prompt.len());
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Timings {
    /// Computing the prompt and choosing the first token.
    pub prompt: Duration,
    /// Computing and choosing all further tokens.
    pub generation: Duration,
    /// Tokens computed in `prompt`.
    pub prompt_tokens: usize,
    /// Tokens chosen in `generation`.
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
