//! The state of a generation, apart from what it works on.

use super::completion::{Completion, Piece, StopReason, Timings, Usage};
use super::content::Content;
use super::session::Session;
use super::speculative::{Draft, PromptLookup, Speculation};
use super::written::Written;
use crate::error::{Error, Result};
use crate::sampler::{Grammar, Sampler};
use crate::token::Token;
use std::fmt;
use std::time::Instant;

/// What bounds a generation, what it keeps track of, and how it is sped up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    pub(crate) max_tokens: Option<usize>,
    pub(crate) stops: Vec<String>,
    /// Special tokens whose text belongs to the text; that of others is left out.
    pub(crate) spelled: Vec<Token>,
    /// How many of the most likely tokens are noted with each token, if any.
    pub(crate) logprobs: Option<usize>,
    /// How many tokens at the beginning stay when a full context makes room; without it the generation ends.
    pub(crate) shift: Option<usize>,
    pub(crate) lookup: Option<PromptLookup>,
    pub(crate) draft: Option<Draft>,
}

/// Sees how many tokens of the prompt are in memory, and how many it has.
pub(super) struct Progress(pub(super) Box<dyn FnMut(usize, usize) + Send>);

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}

/// What comes next.
#[derive(Debug)]
enum Phase {
    /// The prompt is to be computed.
    Prompt(Content),
    /// This token was chosen; it is to be computed.
    Token(Token),
    /// Nothing.
    Done,
}

/// A generation in progress. Does not hold the session and the sampler, so that owners can borrow both.
#[derive(Debug)]
pub(crate) struct Run {
    phase: Phase,
    written: Written,
    speculation: Speculation,
    shift: Option<usize>,
    /// Tokens that are never chosen.
    suppressed: Vec<Token>,
    progress: Option<Progress>,
    usage: Usage,
    timings: Timings,
    /// A grammar describes the whole text.
    constrained: bool,
    failure: Option<Error>,
}

impl Run {
    /// Checks that the prompt fits and that the session can do what is asked. Nothing of the prompt is computed
    /// before the first piece is asked for.
    pub(crate) fn new(session: &mut Session, prompt: Content, limits: Limits) -> Result<Self> {
        if prompt.is_empty() {
            return Err(Error::EmptyBatch);
        }
        session.check_fits(prompt.len())?;
        session.check_media(&prompt)?;
        if let Some(keep) = limits.shift {
            session.check_keep(keep)?;
        }
        let max_tokens = limits.max_tokens.unwrap_or(usize::MAX);
        Ok(Self {
            usage: Usage { prompt: prompt.len(), ..Usage::default() },
            phase: Phase::Prompt(prompt),
            written: Written::new(session.model().vocab(), limits.stops, max_tokens, limits.logprobs)
                .spelling(limits.spelled),
            speculation: Speculation::new(session, limits.lookup, limits.draft.as_ref())?,
            shift: limits.shift,
            suppressed: session.model().vocab().suppressed_tokens()?,
            progress: None,
            timings: Timings::default(),
            constrained: false,
            failure: None,
        })
    }

    pub(super) fn set_progress(&mut self, progress: Option<Progress>) {
        self.progress = progress;
    }

    /// Computes up to the next piece; `None` at the end.
    pub(crate) fn next_piece(
        &mut self,
        session: &mut Session,
        sampler: &mut Sampler,
    ) -> Option<Result<Piece>> {
        loop {
            if self.failure.is_some() {
                return None;
            }
            if let Some(piece) = self.written.next_piece() {
                return Some(Ok(piece));
            }
            if self.written.stop().is_some() {
                return None;
            }
            match self.advance(session, sampler) {
                Ok(()) => {}
                Err(Error::Cancelled) => self.cancel(),
                Err(error) => {
                    self.failure = Some(error.clone());
                    return Some(Err(error));
                }
            }
        }
    }

    /// Computes what is pending and chooses what comes behind it.
    fn advance(&mut self, session: &mut Session, sampler: &mut Sampler) -> Result<()> {
        if session.is_interrupted() {
            return Err(Error::Cancelled);
        }
        self.constrained = sampler.grammar().is_some_and(|grammar| !grammar.is_lazy());
        if self.written.room() == 0 {
            self.written.end(StopReason::TokenLimit);
            return Ok(());
        }
        let start = Instant::now();
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Prompt(prompt) => {
                self.prompt(session, sampler, &prompt)?;
                self.timings.prompt = start.elapsed();
            }
            Phase::Token(token) => {
                self.continue_from(session, sampler, token)?;
                self.timings.generation += start.elapsed();
            }
            // What would have set the next phase, or a reason to stop, was left by a panic.
            Phase::Done => {
                let cause = "a function of the caller panicked in the middle of this generation".to_owned();
                return Err(Error::Poisoned { cause });
            }
        }
        Ok(())
    }

    fn prompt(&mut self, session: &mut Session, sampler: &mut Sampler, prompt: &Content) -> Result<()> {
        let total = prompt.len();
        let mut told = self.progress.take();
        let mut progress = |done: usize| {
            if let Some(Progress(tell)) = &mut told {
                tell(done.min(total), total);
            }
        };
        let before = session.seen.encoded();
        let prepared = session.prepare(prompt, &mut progress);
        self.usage.encoded = session.seen.encoded() - before;
        self.usage.reused = prepared?;
        self.timings.prompt_tokens = total - self.usage.reused;
        // Penalties see the prompt, a grammar does not.
        for &token in prompt.tokens().iter().filter(|&&token| token != Token::MEDIA) {
            sampler.accept(token)?;
        }
        let done = session.tokens().len();
        self.extend(session, sampler, &prompt.tokens()[done..], &[], &mut progress)?;
        Ok(())
    }

    fn continue_from(&mut self, session: &mut Session, sampler: &mut Sampler, token: Token) -> Result<()> {
        if session.room() == 0 {
            let Some(keep) = self.shift else {
                self.written.end(StopReason::ContextFull);
                return Ok(());
            };
            self.usage.discarded += session.make_room(keep)?;
        }
        let most = self.written.room().min(session.room()).saturating_sub(1);
        let drafts = self.speculation.propose(session, token, most)?;
        self.usage.drafted += drafts.len();
        let (accepted, chosen) = self.extend(session, sampler, &[token], &drafts, &mut |_| {})?;
        self.usage.accepted += accepted;
        self.speculation.learn(drafts.len(), accepted);
        self.timings.generation_tokens += chosen;
        Ok(())
    }

    /// Computes tokens and drafts, and chooses the tokens behind them. Returns how many drafts were right and how
    /// many tokens were chosen.
    fn extend(
        &mut self,
        session: &mut Session,
        sampler: &mut Sampler,
        tokens: &[Token],
        drafts: &[Token],
        progress: &mut dyn FnMut(usize),
    ) -> Result<(usize, usize)> {
        let (mut chosen, mut last) = (0, None);
        let (written, suppressed) = (&mut self.written, &self.suppressed);
        let accepted = session.append(tokens, drafts, progress, |logits| {
            chosen += 1;
            last = written.take(sampler.sample_except(logits, suppressed)?, logits)?;
            if sampler.grammar().is_some_and(Grammar::is_finished) {
                written.end_of_grammar();
                last = None;
            }
            Ok(last)
        })?;
        self.phase = last.map_or(Phase::Done, Phase::Token);
        self.usage.generated = self.written.tokens().len();
        Ok((accepted, chosen))
    }

    /// Ends the run unless it has ended.
    pub(crate) fn cancel(&mut self) {
        if self.failure.is_none() {
            self.written.end(StopReason::Cancelled);
        }
    }

    /// The text so far, without what may become a stop string.
    pub(crate) fn text(&self) -> &str {
        self.written.text()
    }

    /// Why the run ended, if it did without an error.
    pub(crate) fn stop(&self) -> Option<&StopReason> {
        if self.failure.is_none() { self.written.stop() } else { None }
    }

    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    /// The result so far; the error if there was one, or if a limit cut what a grammar describes.
    pub(crate) fn completion(&self) -> Result<Completion> {
        if let Some(error) = &self.failure {
            return Err(error.clone());
        }
        if let Some(stop) = self.written.stop().filter(|stop| self.constrained && stop.is_limit()) {
            return Err(Error::Incomplete { text: self.text().to_owned(), stop: stop.clone() });
        }
        Ok(Completion {
            text: self.written.text().to_owned(),
            reasoning: String::new(),
            tool_calls: Vec::new(),
            tokens: self.written.tokens().to_vec(),
            logprobs: self.written.logprobs().to_vec(),
            stop: self.written.stop().cloned().unwrap_or(StopReason::Cancelled),
            usage: self.usage,
            timings: self.timings,
        })
    }
}
