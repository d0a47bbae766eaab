//! How one token is chosen: what a grammar has to be asked for, and the chain.

use super::link::Role;
use super::{MAX_LOGIT, Sampler};
use crate::error::{Error, Result};
use crate::ffi::sampler::{Applied, Candidate};
use crate::token::Token;
use std::cmp::Ordering;

/// Most candidates for which a grammar is asked one by one.
const MAX_ASKED: usize = 1024;

/// How the last step selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selects {
    Best,
    ByProbability,
    Otherwise,
}

/// When the grammar comes in. All have the same result as the first, in the sense of probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// It removes what it forbids before the chain begins.
    First,
    /// The steps up to this one run; then the best candidates are tried until so many are allowed.
    Best { count: usize, from: usize },
    /// The chain runs; where the result is forbidden, it runs again on what is allowed.
    Afterwards,
}

impl Sampler {
    /// Sets up one candidate per token.
    pub(super) fn fill(&mut self, logits: &[f32]) -> Result<()> {
        let invalid = |reason: String| Err(Error::InvalidLogits { reason });
        if logits.is_empty() {
            return invalid("there are none".to_owned());
        }
        if let Some(vocab) = &self.vocab
            && vocab.len() != logits.len()
        {
            return invalid(format!("{} numbers for a vocabulary of {} tokens", logits.len(), vocab.len()));
        }
        self.candidates.clear();
        let mut usable = false;
        let mut broken = false;
        self.candidates.extend(logits.iter().zip(0..).map(|(&logit, id)| {
            // Minus infinity is a ban; everything else must be an ordinary number.
            let finite = logit.abs() <= MAX_LOGIT;
            usable |= finite;
            broken |= !finite && logit != f32::NEG_INFINITY;
            Candidate { id, logit, p: 0.0 }
        }));
        if broken {
            let at = logits.iter().position(|l| l.abs() > MAX_LOGIT && *l != f32::NEG_INFINITY || l.is_nan());
            let at = at.unwrap_or(0);
            return invalid(format!("the logit of token {at} is {}", logits[at]));
        }
        if !usable {
            return invalid("all are minus infinity".to_owned());
        }
        Ok(())
    }

    /// Bans tokens among the candidates that [`fill`](Self::fill) has set up.
    pub(super) fn ban(&mut self, banned: &[Token]) -> Result<()> {
        for index in banned.iter().filter_map(|token| token.index()) {
            if let Some(candidate) = self.candidates.get_mut(index) {
                candidate.logit = f32::NEG_INFINITY;
            }
        }
        let usable = |candidate: &Candidate| candidate.logit != f32::NEG_INFINITY;
        if banned.is_empty() || self.candidates.iter().any(usable) {
            return Ok(());
        }
        Err(Error::NoCandidates { reason: "the model's makers want none of the tokens to be generated" })
    }

    pub(super) fn choose(&mut self) -> Result<Token> {
        if let Some(bias) = &mut self.bias {
            let result = bias.apply(&mut self.candidates, false);
            self.guard(result)?;
            self.candidates.retain(|candidate| candidate.logit != f32::NEG_INFINITY);
            self.some_left("every token is banned by a bias")?;
        }
        match self.plan() {
            Plan::First => {
                self.filter()?;
                self.run_chain(0)
            }
            Plan::Best { count, from } => {
                let len = self.candidates.len();
                for at in 0..from {
                    self.run_step(at, len, false)?;
                }
                self.keep_best(count)?;
                self.run_chain(from)
            }
            Plan::Afterwards => {
                let all = self.candidates.clone();
                let token = self.run_chain(0)?;
                if self.grammar.as_mut().map_or(Ok(true), |grammar| grammar.allows(token))? {
                    return Ok(token);
                }
                self.candidates = all;
                self.filter()?;
                self.run_chain(0)
            }
        }
    }

    fn plan(&self) -> Plan {
        if !self.grammar.as_ref().is_some_and(super::Grammar::is_selective) {
            return Plan::First;
        }
        let is_plain = |role: Role| role == Role::PerToken;
        let from = self.chain.iter().take_while(|link| is_plain(link.role())).count();
        let next = self.chain.get(from).map(super::Link::role);
        match (next, self.selects) {
            (Some(Role::Best(count)), _) if count <= MAX_ASKED / 4 => Plan::Best { count, from },
            (None, Selects::Best) => Plan::Best { count: 1, from },
            (None, Selects::ByProbability) => Plan::Afterwards,
            _ => Plan::First,
        }
    }

    /// Removes what the grammar and bans forbid, which some samplers cannot compute with.
    fn filter(&mut self) -> Result<()> {
        self.candidates.retain(|candidate| candidate.logit != f32::NEG_INFINITY);
        if let Some(grammar) = &mut self.grammar {
            grammar.filter(&mut self.candidates)?;
        }
        self.some_left("the grammar allows none of the remaining tokens")
    }

    fn some_left(&self, reason: &'static str) -> Result<()> {
        if self.candidates.is_empty() { Err(Error::NoCandidates { reason }) } else { Ok(()) }
    }

    /// Keeps the best `count` candidates that the grammar allows, or more where they are far down the list.
    fn keep_best(&mut self, count: usize) -> Result<()> {
        let Some(grammar) = &mut self.grammar else { return Ok(()) };
        self.candidates.retain(|candidate| candidate.logit != f32::NEG_INFINITY);
        let asked = self.candidates.len().min((4 * count).clamp(64, MAX_ASKED));
        if asked < self.candidates.len() {
            self.candidates.select_nth_unstable_by(asked, best_first);
        }
        self.candidates[..asked].sort_unstable_by(best_first);
        let mut best = Vec::with_capacity(count);
        for candidate in &self.candidates[..asked] {
            if best.len() == count {
                break;
            }
            if grammar.allows(Token(candidate.id))? {
                best.push(*candidate);
            }
        }
        if best.len() < count && asked < self.candidates.len() {
            return self.filter();
        }
        self.candidates = best;
        self.some_left("the grammar allows none of the remaining tokens")
    }

    /// Runs the steps from this one on, and the one that selects.
    fn run_chain(&mut self, from: usize) -> Result<Token> {
        let mut len = self.candidates.len();
        let mut sorted = false;
        for at in from..self.chain.len() {
            let applied = self.run_step(at, len, sorted)?;
            (len, sorted) = (applied.len, applied.sorted);
            if len == 0 {
                return Err(Error::NoCandidates { reason: "a sampler removed all" });
            }
            if let Some(selected) = applied.selected {
                return Ok(Token(self.candidates[selected].id));
            }
        }
        let applied = self.select.apply(&mut self.candidates[..len], sorted);
        if let Some(selected) = self.guard(applied)?.selected {
            return Ok(Token(self.candidates[selected].id));
        }
        Err(Error::NoCandidates { reason: "the last sampler selected none" })
    }

    fn run_step(&mut self, at: usize, len: usize, sorted: bool) -> Result<Applied> {
        self.busy = true;
        let applied = self.chain[at].apply(&mut self.candidates[..len], sorted);
        self.busy = false;
        self.guard_failure(applied)
    }
}

/// The largest logit first; of equal ones the smaller token first.
fn best_first(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit.total_cmp(&a.logit).then(a.id.cmp(&b.id))
}
