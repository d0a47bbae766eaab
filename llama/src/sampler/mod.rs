//! Choosing tokens.

mod builder;
mod choose;
mod custom;
mod device;
mod grammar;
mod link;
mod parts;
mod steps;

pub use builder::SamplerBuilder;
pub use custom::{Candidates, CustomSampler};
pub use grammar::Grammar;
#[cfg(feature = "llguidance")]
pub(crate) use grammar::guided::Guidance;
pub(crate) use grammar::trie::TokenTrie;
pub use parts::{DryParams, PenaltyParams};

use crate::context::Logits;
use crate::error::{Error, Result};
use crate::ffi::sampler::{Candidate, SamplerPtr};
use crate::token::Token;
use crate::vocab::Vocab;
use choose::Selects;
use link::{Failure, Link};
use llama_sys::Fault;

/// Largest absolute logit that is accepted; leaves room for what samplers do to it.
const MAX_LOGIT: f32 = 1e20;

/// Chooses the next token from logits: biases first, then a grammar, then a chain of samplers, then the one
/// that selects. Every sampler selects: without a choice of yours by drawing at random (`dist`).
///
/// # Grammars and speed
/// The result is always as if the grammar had removed what it forbids before the first step of the chain. It does
/// not have to look at all tokens for that: where the chain begins with `top_k` (penalties and a temperature may
/// stand in front), or the best token is taken, only the best tokens are tried until enough of them are allowed.
/// Where nothing but penalties and a temperature stands in front of drawing at random, a token is drawn first and
/// drawn again from the allowed ones if it is not one of them, which has the same probabilities. Other chains, such
/// as `top_p` without `top_k`, have to know all allowed tokens.
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
    selects: Selects,
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
        self.sample_except(logits, &[])
    }

    /// As [`sample`](Self::sample), but never one of `banned`.
    pub(crate) fn sample_except<'a>(
        &mut self,
        logits: impl Into<Logits<'a>>,
        banned: &[Token],
    ) -> Result<Token> {
        self.alive()?;
        self.fill(logits.into().as_slice())?;
        self.ban(banned)?;
        let token = self.choose()?;
        if let Some(grammar) = &mut self.grammar {
            grammar.accept(token)?;
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
            selects: self.selects,
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
        names.extend(self.grammar.as_ref().map(|grammar| grammar.name().to_owned()));
        for step in &self.chain {
            names.push(step.name()?);
        }
        names.push(self.select.name()?);
        Ok(names)
    }

    /// Sets another grammar, or none, and returns the one before. The other steps keep what they have seen.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a grammar of another model than that of the other steps;
    /// [`Error::Poisoned`].
    pub fn set_grammar(&mut self, grammar: Option<Grammar>) -> Result<Option<Grammar>> {
        self.alive()?;
        if let Some(vocab) = grammar.as_ref().map(Grammar::vocab) {
            if self.vocab.as_ref().is_some_and(|ours| ours.ptr().as_ptr() != vocab.ptr().as_ptr()) {
                return Err(Error::invalid("grammar", "it belongs to another model"));
            }
            self.vocab = Some(vocab.clone());
        }
        Ok(std::mem::replace(&mut self.grammar, grammar))
    }

    /// The grammar, if there is one.
    #[must_use]
    pub fn grammar(&self) -> Option<&Grammar> {
        self.grammar.as_ref()
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
            grammar.reset();
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

    fn guard_failure<T>(&mut self, result: Result<T, Failure>) -> Result<T> {
        match result {
            Ok(value) => Ok(value),
            Err(Failure::Error(error)) => Err(error),
            Err(Failure::Fault(fault)) => self.guard(Err(fault)),
        }
    }

    fn guard<T>(&mut self, result: Result<T, Fault>) -> Result<T> {
        result.map_err(|fault| {
            self.poison = Some(fault.to_string());
            Error::fault(fault)
        })
    }
}
