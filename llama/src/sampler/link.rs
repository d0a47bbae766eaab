//! One step between the grammar and the one that selects.

use super::custom::{self, CustomSampler};
use crate::error::{Error, Result};
use crate::ffi::sampler::{Applied, Candidate, SamplerPtr};
use crate::token::Token;
use llama_sys::Fault;
use std::fmt;

/// What a step does, as far as it matters for when a grammar has to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Changes each logit without looking at which others there are, and keeps their order or replaces it.
    PerToken,
    /// Keeps so many of the best.
    Best(usize),
    Other,
}

pub(super) enum Link {
    /// One of llama.cpp's.
    C(SamplerPtr, Role),
    /// One of the caller's.
    Rust(Box<dyn CustomSampler>),
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::C(ptr, _) => ptr.fmt(f),
            Self::Rust(custom) => f.debug_tuple("Rust").field(&custom.name()).finish(),
        }
    }
}

/// How a step failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Inside llama.cpp; the sampler is in an unknown state.
    Fault(Fault),
    /// By a bad result; the sampler can go on.
    Error(Error),
}

impl Link {
    pub(super) fn apply(&mut self, list: &mut [Candidate], sorted: bool) -> Result<Applied, Failure> {
        match self {
            Self::C(ptr, _) => ptr.apply(list, sorted).map_err(Failure::Fault),
            Self::Rust(custom) => custom::apply(custom.as_mut(), list, sorted).map_err(Failure::Error),
        }
    }

    pub(super) fn role(&self) -> Role {
        match self {
            Self::C(_, role) => *role,
            Self::Rust(_) => Role::Other,
        }
    }

    pub(super) fn accept(&mut self, token: Token) -> Result<(), Fault> {
        match self {
            Self::C(ptr, _) => ptr.accept(token),
            Self::Rust(custom) => {
                custom.accept(token);
                Ok(())
            }
        }
    }

    pub(super) fn reset(&mut self) -> Result<(), Fault> {
        match self {
            Self::C(ptr, _) => ptr.reset(),
            Self::Rust(custom) => {
                custom.reset();
                Ok(())
            }
        }
    }

    pub(super) fn duplicate(&self) -> Result<Self> {
        match self {
            Self::C(ptr, role) => ptr.duplicate().map(|ptr| Self::C(ptr, *role)),
            Self::Rust(custom) => Ok(Self::Rust(custom.clone_box())),
        }
    }

    pub(super) fn name(&self) -> Result<String> {
        match self {
            Self::C(ptr, _) => ptr.name(),
            Self::Rust(custom) => Ok(custom.name().to_owned()),
        }
    }

    pub(super) fn seed(&self) -> Result<Option<u32>> {
        match self {
            Self::C(ptr, _) => seed_of(ptr),
            Self::Rust(_) => Ok(None),
        }
    }
}

/// The seed of a sampler that draws.
pub(super) fn seed_of(ptr: &SamplerPtr) -> Result<Option<u32>> {
    let seed = ptr.seed()?;
    Ok((seed != llama_sys::LLAMA_DEFAULT_SEED).then_some(seed))
}
