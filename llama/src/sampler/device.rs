//! Samplers for the graph of a context.

use super::SamplerBuilder;
use super::parts::{CStep, Select, Step, make_bias, make_select, make_step};
use crate::error::{Error, Result};
use crate::ffi::sampler::{ChainPtr, SamplerPtr};
use crate::token::Token;
use std::collections::BTreeMap;

/// Candidates that llama.cpp tries a chain with before it takes it.
const TRIED: usize = 128 * 1024;

/// The steps of llama.cpp that have a form for devices, named as in [`Sampler::names`](super::Sampler::names).
fn device_name(step: &Step) -> Result<&'static str> {
    let cpu_only = |name: &str| {
        let reason = format!("the step {name} runs on the CPU only");
        Err(Error::invalid("sampler", reason))
    };
    match step {
        Step::C(CStep::TopK(_)) => Ok("top-k"),
        Step::C(CStep::TopP(_, 0 | 1)) => Ok("top-p"),
        Step::C(CStep::MinP(_, 0 | 1)) => Ok("min-p"),
        Step::C(CStep::Temperature(_)) => Ok("temp"),
        Step::C(CStep::DynamicTemperature(..)) => Ok("temp-ext"),
        Step::C(CStep::Penalties(_)) => Ok("penalties"),
        Step::C(CStep::TopP(..)) => cpu_only("top-p with min_keep"),
        Step::C(CStep::MinP(..)) => cpu_only("min-p with min_keep"),
        Step::C(CStep::Typical(..)) => cpu_only("typical"),
        Step::C(CStep::Xtc(..)) => cpu_only("xtc"),
        Step::C(CStep::TopNSigma(_)) => cpu_only("top-n-sigma"),
        Step::C(CStep::Dry(..)) => cpu_only("dry"),
        Step::C(CStep::Infill(_)) => cpu_only("infill"),
        Step::Custom(link) => cpu_only(&link.name()?),
    }
}

/// True for steps that leave the best token the best: a greedy choice needs none of them, and llama.cpp's takes
/// the place in their list for the token.
fn keeps_best(step: &Step) -> bool {
    !matches!(step, Step::C(CStep::Penalties(_)))
}

impl SamplerBuilder {
    /// A chain for a device and the names of its steps. `n_vocab` is the width of the logits.
    pub(crate) fn build_chain(mut self, n_vocab: usize) -> Result<(ChainPtr, Vec<&'static str>)> {
        let select = match self.select {
            Select::Dist => "dist",
            Select::Greedy => "greedy",
            Select::Mirostat { .. } | Select::MirostatV2 { .. } | Select::AdaptiveP { .. } => {
                return Err(Error::invalid("sampler", "Mirostat and adaptive-p run on the CPU only"));
            }
        };
        if self.grammar.is_some() {
            return Err(Error::invalid("sampler", "grammars run on the CPU only"));
        }
        let mut steps = std::mem::take(&mut self.steps);
        for step in &steps {
            device_name(step)?;
        }
        if matches!(self.select, Select::Greedy) {
            steps.retain(|step| !keeps_best(step));
        }
        let (mut chain, mut names) = (ChainPtr::new()?, Vec::new());
        if let Some(bias) = bias(&self.biases, n_vocab)? {
            chain.push(bias)?;
            names.push("logit-bias");
        }
        let mut left = n_vocab;
        for step in &steps {
            let name = device_name(step)?;
            let Step::C(step) = step else { continue };
            let made = match step {
                CStep::TopK(k) => {
                    let Some(k) = usable_top_k(*k, left)? else { continue };
                    left = k;
                    make_step(&CStep::TopK(number(k)), self.seed, n_vocab)?
                }
                step => make_step(step, self.seed, n_vocab)?,
            };
            if matches!(step, CStep::Temperature(0.0) | CStep::DynamicTemperature(0.0, ..)) {
                left = 1;
            }
            chain.push(made)?;
            names.push(name);
        }
        chain.push(make_select(self.select, self.seed)?)?;
        names.push(select);
        Ok((chain, names))
    }
}

/// How many of `left` candidates the step keeps; `None` when it keeps all.
fn usable_top_k(k: i32, left: usize) -> Result<Option<usize>> {
    match usize::try_from(k) {
        Ok(k) if k > 0 && k < left => {
            if k > TRIED {
                return Err(Error::invalid(
                    "top_k",
                    format!("a device keeps at most {TRIED} tokens, not {k}"),
                ));
            }
            Ok(Some(k))
        }
        _ => Ok(None),
    }
}

fn number(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Biases with one entry per token: a device adds only one of several.
fn bias(biases: &[(Token, f32)], n_vocab: usize) -> Result<Option<SamplerPtr>> {
    let mut sums = BTreeMap::<Token, f32>::new();
    for &(token, bias) in biases {
        *sums.entry(token).or_default() += bias;
    }
    let sums: Vec<_> = sums.into_iter().collect();
    if sums.len() == n_vocab && sums.iter().all(|(_, bias)| *bias == f32::NEG_INFINITY) {
        return Err(Error::invalid("logit_bias", "every token is banned"));
    }
    make_bias(&sums, n_vocab)
}
