//! Choosing tokens.

mod builder;
mod custom;
mod device;
mod grammar;
mod link;
mod steps;

pub use builder::{DryParams, PenaltyParams, SamplerBuilder};
pub use custom::{Candidates, CustomSampler};
pub use grammar::Grammar;

use crate::context::Logits;
use crate::error::{Error, Result};
use crate::ffi::sampler::{Candidate, SamplerPtr};
use crate::token::Token;
use crate::vocab::Vocab;
use link::{Failure, Link};
use llama_sys::Fault;

/// Largest absolute logit that is accepted; leaves room for what samplers do to it.
const MAX_LOGIT: f32 = 1e20;

/// Chooses the next token from logits: biases first, then a grammar, then a chain of samplers, then the one
/// that selects. Every sampler selects: without a choice of yours by drawing at random (`dist`).
///
/// A sampled token is already accepted, that is, penalties and the grammar have seen it.
///
/// ```
/// use llama::{Sampler, Token};
/// let mut sampler = Sampler::builder().top_k(2).temperature(0.0).build()?;
/// assert_eq!(sampler.sample(&[0.1, 3.0, -1.0][..])?, Token(1));
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_sampler")]
#[doc(alias = "llama_sampler_chain_init")]
#[derive(Debug)]
pub struct Sampler {
    bias: Option<SamplerPtr>,
    grammar: Option<Grammar>,
    chain: Vec<Link>,
    /// Always the last step.
    select: SamplerPtr,
    /// Kept alive because samplers refer to it; also fixes the width of the logits.
    vocab: Option<Vocab>,
    candidates: Vec<Candidate>,
    poison: Option<String>,
    /// True while a step runs: still true afterwards when a sampler written in Rust has panicked.
    busy: bool,
}

impl Sampler {
    /// Starts a sampler; its steps run in the order in which they are added.
    #[doc(alias = "llama_sampler_chain_add")]
    pub fn builder() -> SamplerBuilder {
        SamplerBuilder::new()
    }

    /// A sampler that always takes the most likely token.
    ///
    /// # Errors
    /// When llama.cpp is out of memory.
    #[doc(alias = "llama_sampler_init_greedy")]
    pub fn greedy() -> Result<Self> {
        Self::builder().greedy().build()
    }

    /// Chooses a token and accepts it.
    ///
    /// # Errors
    /// [`Error::InvalidLogits`] for numbers that cannot be sampled from (empty, not a number, infinite, of
    /// another vocabulary); [`Error::NoCandidates`] when biases or the grammar leave no token;
    /// [`Error::Poisoned`] after a contained failure.
    #[doc(alias = "llama_sampler_sample")]
    #[doc(alias = "llama_sampler_apply")]
    pub fn sample<'a>(&mut self, logits: impl Into<Logits<'a>>) -> Result<Token> {
        self.alive()?;
        self.fill(logits.into().as_slice())?;
        let token = self.choose()?;
        if let Some(grammar) = &mut self.grammar {
            let accepted = grammar.accept(token)?;
            self.guard(accepted)?;
        }
        let accepted = self.accept_chain(token);
        self.guard(accepted)?;
        Ok(token)
    }

    /// Shows the sampler a token that was not sampled by it, such as one of the prompt: penalties see it, the
    /// grammar does not.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`] where the sampler knows the vocabulary or the token is negative;
    /// [`Error::Poisoned`].
    #[doc(alias = "llama_sampler_accept")]
    pub fn accept(&mut self, token: Token) -> Result<()> {
        self.alive()?;
        match &self.vocab {
            Some(vocab) => drop(vocab.check(token)?),
            None if token.index().is_none() => return Err(Error::TokenOutOfRange { token, n_vocab: 0 }),
            None => {}
        }
        let result = self.accept_chain(token);
        self.guard(result)
    }

    /// Forgets everything seen so far, and starts grammar and random numbers again.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    #[doc(alias = "llama_sampler_reset")]
    pub fn reset(&mut self) -> Result<()> {
        self.alive()?;
        let result = self.reset_all();
        self.guard(result)
    }

    /// A copy with the same state: it will choose the same tokens.
    ///
    /// # Errors
    /// [`Error::Poisoned`]; when llama.cpp is out of memory.
    #[doc(alias = "llama_sampler_clone")]
    pub fn try_clone(&self) -> Result<Self> {
        self.alive()?;
        Ok(Self {
            bias: self.bias.as_ref().map(SamplerPtr::duplicate).transpose()?,
            grammar: self.grammar.as_ref().map(Grammar::try_clone).transpose()?,
            chain: self.chain.iter().map(Link::duplicate).collect::<Result<_>>()?,
            select: self.select.duplicate()?,
            vocab: self.vocab.clone(),
            candidates: Vec::new(),
            poison: None,
            busy: false,
        })
    }

    /// The seed in use; a random one when none was given. `None` for samplers that do not draw.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_sampler_get_seed")]
    pub fn seed(&self) -> Result<Option<u32>> {
        link::seed_of(&self.select)
    }

    /// Names of the steps in their order, as llama.cpp calls them.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_sampler_name")]
    #[doc(alias = "llama_sampler_chain_get")]
    #[doc(alias = "llama_sampler_chain_n")]
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        names.extend(self.bias.as_ref().map(SamplerPtr::name).transpose()?);
        names.extend(self.grammar.as_ref().map(|grammar| grammar.ptr().name()).transpose()?);
        for step in &self.chain {
            names.push(step.name()?);
        }
        names.push(self.select.name()?);
        Ok(names)
    }

    /// The grammar, if there is one.
    #[must_use]
    pub fn grammar(&self) -> Option<&Grammar> {
        self.grammar.as_ref()
    }

    /// Sets up one candidate per token.
    fn fill(&mut self, logits: &[f32]) -> Result<()> {
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

    fn choose(&mut self) -> Result<Token> {
        if let Some(bias) = &mut self.bias {
            let result = bias.apply(&mut self.candidates, false);
            self.guard(result)?;
            self.drop_banned("every token is banned by a bias")?;
        }
        if let Some(grammar) = &mut self.grammar {
            let result = grammar.apply(&mut self.candidates);
            self.guard(result)?;
            self.drop_banned("the grammar allows none of the remaining tokens")?;
        }
        let mut len = self.candidates.len();
        let mut sorted = false;
        for step in &mut self.chain {
            self.busy = true;
            let applied = step.apply(&mut self.candidates[..len], sorted);
            self.busy = false;
            let applied = match applied {
                Ok(applied) => applied,
                Err(Failure::Error(error)) => return Err(error),
                Err(Failure::Fault(fault)) => return self.guard(Err(fault)),
            };
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

    /// Removes banned candidates, which some samplers cannot compute with.
    fn drop_banned(&mut self, reason: &'static str) -> Result<()> {
        self.candidates.retain(|candidate| candidate.logit != f32::NEG_INFINITY);
        if self.candidates.is_empty() { Err(Error::NoCandidates { reason }) } else { Ok(()) }
    }

    fn accept_chain(&mut self, token: Token) -> Result<(), Fault> {
        self.busy = true;
        for step in &mut self.chain {
            step.accept(token)?;
        }
        self.busy = false;
        self.select.accept(token)
    }

    fn reset_all(&mut self) -> Result<(), Fault> {
        if let Some(grammar) = &mut self.grammar {
            grammar.reset()?;
        }
        self.busy = true;
        for step in &mut self.chain {
            step.reset()?;
        }
        self.busy = false;
        self.select.reset()
    }

    fn alive(&self) -> Result<()> {
        match &self.poison {
            Some(cause) => Err(Error::Poisoned { cause: cause.clone() }),
            None if self.busy => {
                Err(Error::Poisoned { cause: "a sampler written in Rust panicked".to_owned() })
            }
            None => Ok(()),
        }
    }

    fn guard<T>(&mut self, result: Result<T, Fault>) -> Result<T> {
        result.map_err(|fault| {
            self.poison = Some(fault.to_string());
            Error::fault(fault)
        })
    }
}
