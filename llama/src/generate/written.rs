//! What a generation has produced so far.
#![forbid(unsafe_code)]

use super::completion::{Piece, StopReason, TokenLogprobs};
use super::stop::StopFilter;
use crate::context::Logits;
use crate::error::Result;
use crate::token::Token;
use crate::vocab::{Special, TokenDecoder, Vocab};

/// Tokens, their text up to a stop string, and how far both have been handed out.
#[derive(Debug)]
pub(super) struct Written {
    vocab: Vocab,
    decoder: TokenDecoder,
    filter: StopFilter,
    max_tokens: usize,
    /// Special tokens whose text counts.
    spelled: Vec<Token>,
    /// How many of the most likely tokens are noted with each token, if any.
    tops: Option<usize>,
    text: String,
    tokens: Vec<Token>,
    logprobs: Vec<TokenLogprobs>,
    stop: Option<StopReason>,
    shown_text: usize,
    shown_tokens: usize,
}

impl Written {
    pub(super) fn new(vocab: Vocab, stops: Vec<String>, max_tokens: usize, tops: Option<usize>) -> Self {
        Self {
            decoder: vocab.decoder(Special::AsText),
            vocab,
            filter: StopFilter::new(stops),
            max_tokens,
            spelled: Vec::new(),
            tops,
            text: String::new(),
            tokens: Vec::new(),
            logprobs: Vec::new(),
            stop: None,
            shown_text: 0,
            shown_tokens: 0,
        }
    }

    /// Lets the text have that of these special tokens.
    pub(super) fn spelling(mut self, tokens: Vec<Token>) -> Self {
        self.spelled = tokens;
        self
    }

    /// Takes a token that was chosen from `logits`. Gives it back if the text goes on behind it.
    pub(super) fn take(&mut self, token: Token, logits: Logits<'_>) -> Result<Option<Token>> {
        if self.vocab.is_eog(token)? {
            self.end(StopReason::EndOfText(token));
            return Ok(None);
        }
        if let Some(n) = self.tops {
            let sum = logits.log_sum_exp()?;
            let index = token.index().unwrap_or(usize::MAX);
            let logit = logits.as_slice().get(index).copied().unwrap_or(f32::NEG_INFINITY);
            let log_probability = (logit - sum).min(0.0);
            self.logprobs.push(TokenLogprobs { token, log_probability, top: logits.top_below(n, sum) });
        }
        self.tokens.push(token);
        let special = if self.spelled.contains(&token) { Special::Parse } else { Special::AsText };
        let piece = self.decoder.push_as(token, special)?;
        if let Some(stop) = self.filter.push(piece, &mut self.text) {
            self.stop = Some(StopReason::StopString(stop));
        } else if self.room() == 0 {
            self.end(StopReason::TokenLimit);
        }
        Ok(self.stop.is_none().then_some(token))
    }

    /// Ends the text: what was waiting comes out. A character that the model itself left incomplete becomes
    /// U+FFFD, one that was cut off here is left out.
    pub(super) fn end(&mut self, reason: StopReason) {
        if self.stop.is_some() {
            return;
        }
        if let StopReason::EndOfText(_) = reason {
            // The rest cannot be a stop string: that would have waited in the filter.
            let rest = self.decoder.finish().to_owned();
            if let Some(stop) = self.filter.push(&rest, &mut self.text) {
                self.stop = Some(StopReason::StopString(stop));
                return;
            }
        }
        self.filter.finish(&mut self.text);
        self.stop = Some(reason);
    }

    /// Ends the text where a grammar is complete, also where that is the last token of a limit.
    pub(super) fn end_of_grammar(&mut self) {
        self.end(StopReason::GrammarEnd);
        if self.stop == Some(StopReason::TokenLimit) {
            self.stop = Some(StopReason::GrammarEnd);
        }
    }

    /// Tokens that may still be generated.
    pub(super) fn room(&self) -> usize {
        self.max_tokens.saturating_sub(self.tokens.len())
    }

    /// What has not been handed out yet, once there is new text or the end has come.
    pub(super) fn next_piece(&mut self) -> Option<Piece> {
        let tokens_left = self.stop.is_some() && self.tokens.len() > self.shown_tokens;
        if self.text.len() == self.shown_text && !tokens_left {
            return None;
        }
        let piece = Piece {
            text: self.text[self.shown_text..].to_owned(),
            tokens: self.tokens[self.shown_tokens..].to_vec(),
            logprobs: self.logprobs.get(self.shown_tokens..).unwrap_or_default().to_vec(),
        };
        (self.shown_text, self.shown_tokens) = (self.text.len(), self.tokens.len());
        Some(piece)
    }

    /// The text so far, without what may become a stop string.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(super) fn logprobs(&self) -> &[TokenLogprobs] {
        &self.logprobs
    }

    pub(super) fn stop(&self) -> Option<&StopReason> {
        self.stop.as_ref()
    }
}
