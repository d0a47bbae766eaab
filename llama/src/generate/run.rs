//! The state of a generation, apart from what it works on.

use super::completion::{Completion, StopReason, Timings, Usage};
use super::session::Session;
use super::stop::StopFilter;
use crate::error::{Error, Result};
use crate::sampler::Sampler;
use crate::token::Token;
use crate::vocab::{Special, TokenDecoder};
use std::time::Instant;

/// What bounds a generation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    pub(crate) max_tokens: Option<usize>,
    pub(crate) stops: Vec<String>,
}

/// What comes next.
#[derive(Debug)]
enum Phase {
    /// The prompt is to be computed.
    Prompt(Vec<Token>),
    /// This token was chosen, and its text handed out; it is to be computed.
    Token(Token),
    Ended(StopReason),
    Failed(Error),
}

/// A generation in progress. Does not hold the session and the sampler, so that owners can borrow both.
#[derive(Debug)]
pub(crate) struct Run {
    phase: Phase,
    max_tokens: usize,
    decoder: TokenDecoder,
    filter: StopFilter,
    text: String,
    tokens: Vec<Token>,
    usage: Usage,
    timings: Timings,
    /// A grammar says whether the text is complete.
    constrained: bool,
}

impl Run {
    /// Checks that the prompt fits. Nothing is computed before the first [`step`](Self::step).
    pub(crate) fn new(session: &Session, prompt: Vec<Token>, limits: Limits) -> Result<Self> {
        if prompt.is_empty() {
            return Err(Error::EmptyBatch);
        }
        session.check_fits(prompt.len())?;
        Ok(Self {
            usage: Usage { prompt: prompt.len(), ..Usage::default() },
            phase: Phase::Prompt(prompt),
            max_tokens: limits.max_tokens.unwrap_or(usize::MAX),
            decoder: session.model().vocab().decoder(Special::AsText),
            filter: StopFilter::new(limits.stops),
            text: String::new(),
            tokens: Vec::new(),
            timings: Timings::default(),
            constrained: false,
        })
    }

    /// Computes up to the next piece of text; `None` at the end.
    pub(crate) fn step(&mut self, session: &mut Session, sampler: &mut Sampler) -> Option<Result<String>> {
        while let Phase::Prompt(_) | Phase::Token(_) = self.phase {
            let before = self.text.len();
            self.constrained = sampler.grammar().is_some_and(|grammar| grammar.may_end().is_some());
            match self.choose(session, sampler).and_then(|token| self.take(session, token)) {
                Ok(()) => self.end_with(sampler),
                Err(Error::Cancelled) => self.end(StopReason::Cancelled),
                Err(error) => {
                    self.phase = Phase::Failed(error.clone());
                    return Some(Err(error));
                }
            }
            if self.text.len() > before {
                return Some(Ok(self.text[before..].to_owned()));
            }
        }
        None
    }

    /// Computes what is pending and chooses the next token; `None` when the run ends instead.
    fn choose(&mut self, session: &mut Session, sampler: &mut Sampler) -> Result<Option<Token>> {
        if session.cancel_token().is_cancelled() {
            return Err(Error::Cancelled);
        }
        if self.tokens.len() >= self.max_tokens {
            self.end(StopReason::TokenLimit);
            return Ok(None);
        }
        let start = Instant::now();
        match &self.phase {
            Phase::Prompt(prompt) => {
                self.usage.reused = session.rewind_to(prompt)?;
                // Penalties see the prompt, a grammar does not.
                for &token in prompt {
                    sampler.accept(token)?;
                }
                let fresh = &prompt[self.usage.reused..];
                let token = session.append(fresh, |logits| sampler.sample(logits))?;
                self.timings.prompt = start.elapsed();
                self.timings.prompt_tokens = fresh.len();
                Ok(Some(token))
            }
            &Phase::Token(token) => {
                if session.is_full() {
                    self.end(StopReason::ContextFull);
                    return Ok(None);
                }
                let next = session.append(&[token], |logits| sampler.sample(logits))?;
                self.timings.generation += start.elapsed();
                self.timings.generation_tokens += 1;
                Ok(Some(next))
            }
            Phase::Ended(_) | Phase::Failed(_) => Ok(None),
        }
    }

    /// Takes a chosen token into the text.
    fn take(&mut self, session: &Session, token: Option<Token>) -> Result<()> {
        let Some(token) = token else { return Ok(()) };
        if session.model().vocab().is_eog(token)? {
            self.end(StopReason::EndOfText(token));
            return Ok(());
        }
        self.phase = Phase::Token(token);
        self.tokens.push(token);
        self.usage.generated = self.tokens.len();
        let piece = self.decoder.push(token)?;
        if let Some(stop) = self.filter.push(piece, &mut self.text) {
            self.phase = Phase::Ended(StopReason::StopString(stop));
        } else if self.tokens.len() >= self.max_tokens {
            self.end(StopReason::TokenLimit);
        }
        Ok(())
    }

    /// Ends the run where the grammar does.
    fn end_with(&mut self, sampler: &Sampler) {
        let finished = sampler.grammar().is_some_and(crate::sampler::Grammar::is_finished);
        if finished && matches!(self.phase, Phase::Token(_) | Phase::Ended(StopReason::TokenLimit)) {
            self.end(StopReason::GrammarEnd);
        }
    }

    /// Ends the text: what was waiting comes out. A character that the model itself left incomplete becomes
    /// U+FFFD, one that was cut off here is left out.
    fn end(&mut self, reason: StopReason) {
        if let StopReason::EndOfText(_) = reason {
            // The rest cannot be a stop string: that would have waited in the filter.
            let rest = self.decoder.finish().to_owned();
            if let Some(stop) = self.filter.push(&rest, &mut self.text) {
                self.phase = Phase::Ended(StopReason::StopString(stop));
                return;
            }
        }
        self.filter.finish(&mut self.text);
        self.phase = Phase::Ended(reason);
    }

    /// Ends the run unless it has ended.
    pub(crate) fn cancel(&mut self) {
        if let Phase::Prompt(_) | Phase::Token(_) = self.phase {
            self.end(StopReason::Cancelled);
        }
    }

    /// The text so far, without what may become a stop string.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Why the run ended, if it did without an error.
    pub(crate) fn stop(&self) -> Option<&StopReason> {
        if let Phase::Ended(reason) = &self.phase { Some(reason) } else { None }
    }

    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    /// The result so far; the error if there was one, or if a limit cut what a grammar describes.
    pub(crate) fn completion(&self) -> Result<Completion> {
        let stop = match &self.phase {
            Phase::Ended(
                stop @ (StopReason::TokenLimit | StopReason::ContextFull | StopReason::StopString(_)),
            ) if self.constrained => {
                return Err(Error::Incomplete { text: self.text.clone(), stop: stop.clone() });
            }
            Phase::Ended(reason) => reason.clone(),
            Phase::Failed(error) => return Err(error.clone()),
            Phase::Prompt(_) | Phase::Token(_) => StopReason::Cancelled,
        };
        Ok(Completion {
            text: self.text.clone(),
            tokens: self.tokens.clone(),
            stop,
            usage: self.usage,
            timings: self.timings,
        })
    }
}
