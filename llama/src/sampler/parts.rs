//! What a sampler is made of: parameters of its steps, how they are checked, and what llama.cpp makes of them.

use super::link::{Link, Role};
use crate::error::{Error, Result};
use crate::ffi::sampler::SamplerPtr;
use crate::ffi::text::c_string;
use crate::token::Token;
use crate::vocab::Vocab;
use std::ffi::CString;

/// Longest history that penalties look back on, in tokens.
const MAX_HISTORY: i32 = 1 << 20;

/// Smallest temperature above zero.
const MIN_TEMPERATURE: f32 = 1e-6;

/// Penalties against repetition.
///
/// ```
/// use llama::{PenaltyParams, Sampler};
/// let params = PenaltyParams { last_n: 64, repeat: 1.1, ..PenaltyParams::default() };
/// let sampler = Sampler::builder().penalties(params).build()?;
/// # drop(sampler);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_sampler_init_penalties")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PenaltyParams {
    /// How many of the last tokens count; 0 switches the penalties off.
    pub last_n: i32,
    /// Divides the logits of tokens seen; 1 is neutral.
    pub repeat: f32,
    /// Subtracted once per time a token was seen; 0 is neutral.
    pub frequency: f32,
    /// Subtracted once for each token seen; 0 is neutral.
    pub presence: f32,
}

impl Default for PenaltyParams {
    /// A neutral penalty over the last 64 tokens.
    fn default() -> Self {
        Self { last_n: 64, repeat: 1.0, frequency: 0.0, presence: 0.0 }
    }
}

/// The DRY penalty: against continuing a sequence that was seen before.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{DryParams, Sampler};
/// let params = DryParams { multiplier: 0.8, ..DryParams::default() };
/// let sampler = Sampler::builder().dry(&model.vocab(), params).build()?;
/// # drop(sampler);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_sampler_init_dry")]
#[derive(Debug, Clone, PartialEq)]
pub struct DryParams {
    /// Strength; 0 switches it off.
    pub multiplier: f32,
    /// The penalty grows by this factor per token of repetition.
    pub base: f32,
    /// Repetitions up to this many tokens are free.
    pub allowed_length: i32,
    /// How many of the last tokens count.
    pub last_n: i32,
    /// Texts that end a repetition.
    pub breakers: Vec<String>,
}

impl Default for DryParams {
    /// Switched off; otherwise the values that its author proposes.
    fn default() -> Self {
        Self {
            multiplier: 0.0,
            base: 1.75,
            allowed_length: 2,
            last_n: 1024,
            breakers: ["\n", ":", "\"", "*"].map(str::to_owned).to_vec(),
        }
    }
}

/// How the token is finally selected.
#[derive(Debug, Clone, Copy)]
pub(super) enum Select {
    Dist,
    Greedy,
    Mirostat { n_vocab: i32, tau: f32, eta: f32, m: i32 },
    MirostatV2 { tau: f32, eta: f32 },
    AdaptiveP { target: f32, decay: f32 },
}

#[derive(Debug)]
pub(super) enum CStep {
    TopK(i32),
    TopP(f32, usize),
    MinP(f32, usize),
    Typical(f32, usize),
    Temperature(f32),
    DynamicTemperature(f32, f32, f32),
    Xtc(f32, f32, usize),
    TopNSigma(f32),
    Penalties(PenaltyParams),
    Dry(Vocab, DryParams),
    Infill(Vocab),
}

/// A step of llama.cpp or of the caller.
#[derive(Debug)]
pub(super) enum Step {
    C(CStep),
    Custom(Link),
}

pub(super) fn make_bias(biases: &[(Token, f32)], n_vocab: usize) -> Result<Option<SamplerPtr>> {
    if biases.is_empty() {
        return Ok(None);
    }
    for &(token, bias) in biases {
        if token.index().is_none_or(|index| index >= n_vocab) {
            return Err(Error::TokenOutOfRange { token, n_vocab });
        }
        if bias.is_nan() || bias > 1e6 {
            return Err(Error::invalid("logit_bias", format!("{bias} for token {token} is not usable")));
        }
    }
    // The number of tokens only counts on devices.
    SamplerPtr::logit_bias(i32::try_from(n_vocab).unwrap_or(i32::MAX), biases).map(Some)
}

pub(super) fn make_link(step: Step, seed: u32) -> Result<Link> {
    match step {
        Step::Custom(link) => Ok(link),
        Step::C(step) => Ok(Link::C(make_step(&step, seed, 0)?, role(&step))),
    }
}

fn role(step: &CStep) -> Role {
    match *step {
        CStep::Penalties(_) | CStep::Dry(..) => Role::PerToken,
        CStep::Temperature(t) if t > 0.0 => Role::PerToken,
        CStep::Temperature(_) => Role::Best(1),
        CStep::TopK(k) => usize::try_from(k).ok().filter(|&k| k > 0).map_or(Role::PerToken, Role::Best),
        _ => Role::Other,
    }
}

/// `n_vocab` only counts on devices.
pub(super) fn make_step(step: &CStep, seed: u32, n_vocab: usize) -> Result<SamplerPtr> {
    match step {
        CStep::TopK(k) => SamplerPtr::top_k(*k),
        CStep::TopP(p, keep) => SamplerPtr::top_p(probability("top_p", *p)?, *keep),
        CStep::MinP(p, keep) => SamplerPtr::min_p(probability("min_p", *p)?, *keep),
        CStep::Typical(p, keep) => SamplerPtr::typical(probability("typical", *p)?, *keep),
        CStep::Temperature(t) => SamplerPtr::temp(temperature("temperature", *t)?),
        CStep::DynamicTemperature(t, delta, exponent) => SamplerPtr::temp_ext(
            temperature("dynamic_temperature", *t)?,
            within("dynamic_temperature delta", *delta, 0.0, 1e6)?,
            within("dynamic_temperature exponent", *exponent, 0.0, 1e3)?,
        ),
        CStep::Xtc(p, threshold, keep) => SamplerPtr::xtc(
            probability("xtc probability", *p)?,
            probability("xtc threshold", *threshold)?,
            *keep,
            seed,
        ),
        CStep::TopNSigma(n) => SamplerPtr::top_n_sigma(within("top_n_sigma", *n, -1e6, 1e6)?),
        CStep::Penalties(params) => SamplerPtr::penalties(
            i32::try_from(n_vocab).unwrap_or(i32::MAX),
            history("penalties last_n", params.last_n)?,
            within("penalties repeat", params.repeat, 1e-3, 1e3)?,
            within("penalties frequency", params.frequency, -1e4, 1e4)?,
            within("penalties presence", params.presence, -1e4, 1e4)?,
        ),
        CStep::Dry(vocab, params) => make_dry(vocab, params),
        CStep::Infill(vocab) => {
            if vocab.eot().is_none() && vocab.eos().is_none() {
                return Err(Error::invalid("infill", "the vocabulary has no token that ends a text"));
            }
            SamplerPtr::infill(vocab.usable()?)
        }
    }
}

fn make_dry(vocab: &Vocab, params: &DryParams) -> Result<SamplerPtr> {
    let ptr = vocab.usable()?;
    if vocab.is_empty() {
        return Err(Error::NoVocab);
    }
    let breakers: Vec<CString> =
        params.breakers.iter().map(|text| c_string("DRY breaker", text)).collect::<Result<_>>()?;
    if params.allowed_length < 0 {
        return Err(Error::invalid("dry allowed_length", format!("{} is negative", params.allowed_length)));
    }
    SamplerPtr::dry(
        ptr,
        within("dry multiplier", params.multiplier, 0.0, 1e4)?,
        within("dry base", params.base, 0.0, 1e3)?,
        params.allowed_length,
        history("dry last_n", params.last_n)?,
        &breakers,
    )
}

pub(super) fn make_select(select: Select, seed: u32) -> Result<SamplerPtr> {
    match select {
        Select::Dist => SamplerPtr::dist(seed),
        Select::Greedy => SamplerPtr::greedy(),
        Select::Mirostat { n_vocab, tau, eta, m } => {
            if m < 2 {
                return Err(Error::invalid("mirostat m", format!("{m} is less than 2")));
            }
            let (tau, eta) = (within("mirostat tau", tau, 0.0, 1e3)?, within("mirostat eta", eta, 0.0, 1e3)?);
            SamplerPtr::mirostat(n_vocab, seed, tau, eta, m)
        }
        Select::MirostatV2 { tau, eta } => SamplerPtr::mirostat_v2(
            seed,
            within("mirostat tau", tau, 0.0, 1e3)?,
            within("mirostat eta", eta, 0.0, 1e3)?,
        ),
        Select::AdaptiveP { target, decay } => SamplerPtr::adaptive_p(
            within("adaptive_p target", target, -1.0, 1.0)?,
            within("adaptive_p decay", decay, 0.0, 0.99)?,
            seed,
        ),
    }
}

fn within(name: &'static str, value: f32, low: f32, high: f32) -> Result<f32> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(Error::invalid(name, format!("{value} is not between {low} and {high}")))
    }
}

fn probability(name: &'static str, value: f32) -> Result<f32> {
    within(name, value, 0.0, 1.0)
}

fn temperature(name: &'static str, value: f32) -> Result<f32> {
    if value == 0.0 { Ok(value) } else { within(name, value, MIN_TEMPERATURE, 1e6) }
}

fn history(name: &'static str, value: i32) -> Result<i32> {
    if (0..=MAX_HISTORY).contains(&value) {
        Ok(value)
    } else {
        Err(Error::invalid(name, format!("{value} is not between 0 and {MAX_HISTORY}")))
    }
}
