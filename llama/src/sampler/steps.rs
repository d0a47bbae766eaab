//! Looking at the steps of a sampler and rearranging them.
#![forbid(unsafe_code)]

use super::Sampler;
use super::link::seed_of;
use crate::error::{Error, Result};

/// What stands at a place of [`Sampler::names`].
enum Place {
    Bias,
    Grammar,
    Chain(usize),
    Select,
}

impl Sampler {
    /// Number of steps, biases, grammar and the one that selects included.
    #[doc(alias = "llama_sampler_chain_n")]
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "there is always a step that selects")]
    pub fn len(&self) -> usize {
        self.before_chain() + self.chain.len() + 1
    }

    /// The seed of each step that tells one, in the order of [`names`](Self::names). Steps that select do; XTC
    /// draws as well but keeps its seed to itself.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_sampler_get_seed")]
    pub fn seeds(&self) -> Result<Vec<Option<u32>>> {
        let mut seeds = vec![None; self.before_chain()];
        for link in &self.chain {
            seeds.push(link.seed()?);
        }
        seeds.push(seed_of(&self.select)?);
        Ok(seeds)
    }

    /// Makes one step forget what it has seen, by its place in [`names`](Self::names).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a place that does not exist; [`Error::Poisoned`].
    #[doc(alias = "llama_sampler_reset")]
    pub fn reset_step(&mut self, index: usize) -> Result<()> {
        self.alive()?;
        let place = self.place(index)?;
        self.busy = true;
        let result = match place {
            Place::Bias => Ok(()),
            Place::Grammar => {
                self.grammar.iter_mut().for_each(super::Grammar::reset);
                Ok(())
            }
            Place::Chain(at) => self.chain[at].reset(),
            Place::Select => self.select.reset(),
        };
        self.busy = false;
        self.guard(result)
    }

    /// Takes one step out, by its place in [`names`](Self::names).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a place that does not exist, and for the last step, which selects;
    /// [`Error::Poisoned`].
    #[doc(alias = "llama_sampler_chain_remove")]
    pub fn remove_step(&mut self, index: usize) -> Result<()> {
        self.alive()?;
        match self.place(index)? {
            Place::Bias => self.bias = None,
            Place::Grammar => self.grammar = None,
            Place::Chain(at) => drop(self.chain.remove(at)),
            Place::Select => {
                return Err(Error::invalid("step", "the last one selects and cannot be removed"));
            }
        }
        Ok(())
    }

    /// Moves one step to another place in [`names`](Self::names); those between move up.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a place that does not exist, and for steps that have a place of their
    /// own: biases and grammar come first, the one that selects last. [`Error::Poisoned`].
    pub fn move_step(&mut self, from: usize, to: usize) -> Result<()> {
        self.alive()?;
        let (Place::Chain(from), Place::Chain(to)) = (self.place(from)?, self.place(to)?) else {
            return Err(Error::invalid("step", "biases, the grammar and the one that selects stay in place"));
        };
        let link = self.chain.remove(from);
        self.chain.insert(to, link);
        Ok(())
    }

    fn before_chain(&self) -> usize {
        usize::from(self.bias.is_some()) + usize::from(self.grammar.is_some())
    }

    fn place(&self, index: usize) -> Result<Place> {
        let before = self.before_chain();
        match index.checked_sub(before) {
            None if index == 0 && self.bias.is_some() => Ok(Place::Bias),
            None => Ok(Place::Grammar),
            Some(at) if at < self.chain.len() => Ok(Place::Chain(at)),
            Some(at) if at == self.chain.len() => Ok(Place::Select),
            Some(_) => Err(Error::invalid("step", format!("there is no number {index} of {}", self.len()))),
        }
    }
}
