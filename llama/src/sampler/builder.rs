//! Putting a sampler together.

use super::link::Link;
use super::{CustomSampler, Grammar, Sampler};
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

/// Puts a [`Sampler`] together. Steps run in the order in which they are added; the one that selects always
/// runs last.
///
/// ```
/// use llama::{PenaltyParams, Sampler};
/// let sampler = Sampler::builder()
///     .penalties(PenaltyParams { repeat: 1.1, ..PenaltyParams::default() })
///     .top_k(40)
///     .top_p(0.95)
///     .temperature(0.8)
///     .seed(42)
///     .build()?;
/// assert_eq!(sampler.names()?, ["penalties", "top-k", "top-p", "temp", "dist"]);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is created before `build`"]
pub struct SamplerBuilder {
    pub(super) steps: Vec<Step>,
    pub(super) select: Select,
    pub(super) seed: u32,
    pub(super) biases: Vec<(Token, f32)>,
    pub(super) grammar: Option<Grammar>,
    vocabs: Vec<Vocab>,
}

impl SamplerBuilder {
    pub(super) fn new() -> Self {
        Self {
            steps: Vec::new(),
            select: Select::Dist,
            seed: llama_sys::LLAMA_DEFAULT_SEED,
            biases: Vec::new(),
            grammar: None,
            vocabs: Vec::new(),
        }
    }

    fn step(mut self, step: CStep) -> Self {
        self.steps.push(Step::C(step));
        self
    }

    /// Keeps the `k` most likely tokens; 0 keeps all.
    #[doc(alias = "llama_sampler_init_top_k")]
    pub fn top_k(self, k: i32) -> Self {
        self.step(CStep::TopK(k))
    }

    /// Keeps the most likely tokens that together reach probability `p`.
    #[doc(alias = "llama_sampler_init_top_p")]
    pub fn top_p(self, p: f32) -> Self {
        self.top_p_min(p, 1)
    }

    /// As [`top_p`](Self::top_p), and at least `min_keep` tokens.
    #[doc(alias = "llama_sampler_init_top_p")]
    pub fn top_p_min(self, p: f32, min_keep: usize) -> Self {
        self.step(CStep::TopP(p, min_keep))
    }

    /// Keeps tokens with at least `p` times the probability of the best one.
    #[doc(alias = "llama_sampler_init_min_p")]
    pub fn min_p(self, p: f32) -> Self {
        self.min_p_min(p, 1)
    }

    /// As [`min_p`](Self::min_p), and at least `min_keep` tokens.
    #[doc(alias = "llama_sampler_init_min_p")]
    pub fn min_p_min(self, p: f32, min_keep: usize) -> Self {
        self.step(CStep::MinP(p, min_keep))
    }

    /// Locally typical sampling: keeps the tokens of about average surprise that together reach probability `p`.
    #[doc(alias = "llama_sampler_init_typical")]
    pub fn typical(self, p: f32) -> Self {
        self.typical_min(p, 1)
    }

    /// As [`typical`](Self::typical), and at least `min_keep` tokens.
    #[doc(alias = "llama_sampler_init_typical")]
    pub fn typical_min(self, p: f32, min_keep: usize) -> Self {
        self.step(CStep::Typical(p, min_keep))
    }

    /// Divides the logits: below 1 more decided, above 1 more varied, 0 always the best token.
    #[doc(alias = "llama_sampler_init_temp")]
    pub fn temperature(self, t: f32) -> Self {
        self.step(CStep::Temperature(t))
    }

    /// A temperature between `t - delta` and `t + delta` that depends on how sure the model is.
    #[doc(alias = "llama_sampler_init_temp_ext")]
    pub fn dynamic_temperature(self, t: f32, delta: f32, exponent: f32) -> Self {
        self.step(CStep::DynamicTemperature(t, delta, exponent))
    }

    /// Excludes top choices: with `probability`, removes all but the last token above `threshold`.
    #[doc(alias = "llama_sampler_init_xtc")]
    pub fn xtc(self, probability: f32, threshold: f32) -> Self {
        self.step(CStep::Xtc(probability, threshold, 1))
    }

    /// Keeps tokens within `n` standard deviations of the best logit; 0 or less keeps all.
    #[doc(alias = "llama_sampler_init_top_n_sigma")]
    pub fn top_n_sigma(self, n: f32) -> Self {
        self.step(CStep::TopNSigma(n))
    }

    /// Penalties against repetition.
    #[doc(alias = "llama_sampler_init_penalties")]
    pub fn penalties(self, params: PenaltyParams) -> Self {
        self.step(CStep::Penalties(params))
    }

    /// The DRY penalty.
    #[doc(alias = "llama_sampler_init_dry")]
    pub fn dry(mut self, vocab: &Vocab, params: DryParams) -> Self {
        self.vocabs.push(vocab.clone());
        self.step(CStep::Dry(vocab.clone(), params))
    }

    /// For filling in the middle: joins tokens that begin alike and ends early. Goes behind `top_k` and `top_p`.
    #[doc(alias = "llama_sampler_init_infill")]
    pub fn infill(mut self, vocab: &Vocab) -> Self {
        self.vocabs.push(vocab.clone());
        self.step(CStep::Infill(vocab.clone()))
    }

    /// Lets the marks of fill in the middle end the text, wherever this is called: before all other steps their
    /// probability goes to the end token. For filling gaps with [`Session::infill`](crate::Session::infill).
    pub fn end_at_infill_marks(mut self, vocab: &Vocab) -> Self {
        self.vocabs.push(vocab.clone());
        self.steps.insert(0, Step::Custom(Link::Rust(Box::new(crate::infill::EndAtMarks::new(vocab)))));
        self
    }

    /// A step of your own.
    #[doc(alias = "llama_sampler_init")]
    pub fn custom(mut self, sampler: impl CustomSampler) -> Self {
        self.steps.push(Step::Custom(Link::Rust(Box::new(sampler))));
        self
    }

    /// Adds to the logits of tokens before everything else; minus infinity bans a token.
    #[doc(alias = "llama_sampler_init_logit_bias")]
    pub fn logit_bias(mut self, biases: &[(Token, f32)]) -> Self {
        self.biases.extend_from_slice(biases);
        self
    }

    /// Restricts the tokens to a grammar, ahead of all other steps but the biases.
    #[doc(alias = "llama_sampler_init_grammar")]
    pub fn grammar(mut self, grammar: Grammar) -> Self {
        self.vocabs.push(grammar.vocab().clone());
        self.grammar = Some(grammar);
        self
    }

    /// Selects the most likely token.
    #[doc(alias = "llama_sampler_init_greedy")]
    pub fn greedy(mut self) -> Self {
        self.select = Select::Greedy;
        self
    }

    /// Selects by drawing at random according to the probabilities: the default.
    #[doc(alias = "llama_sampler_init_dist")]
    pub fn dist(mut self) -> Self {
        self.select = Select::Dist;
        self
    }

    /// Selects by Mirostat: aims at surprise `tau`, learning at rate `eta`, estimated from `m` tokens.
    #[doc(alias = "llama_sampler_init_mirostat")]
    pub fn mirostat(mut self, vocab: &Vocab, tau: f32, eta: f32, m: i32) -> Self {
        self.vocabs.push(vocab.clone());
        let n_vocab = i32::try_from(vocab.len()).unwrap_or(i32::MAX);
        self.select = Select::Mirostat { n_vocab, tau, eta, m };
        self
    }

    /// Selects by Mirostat 2: aims at surprise `tau`, learning at rate `eta`.
    #[doc(alias = "llama_sampler_init_mirostat_v2")]
    pub fn mirostat_v2(mut self, tau: f32, eta: f32) -> Self {
        self.select = Select::MirostatV2 { tau, eta };
        self
    }

    /// Selects tokens near the probability `target` over time; `decay` (0 to 0.99) sets how long the past counts.
    #[doc(alias = "llama_sampler_init_adaptive_p")]
    pub fn adaptive_p(mut self, target: f32, decay: f32) -> Self {
        self.select = Select::AdaptiveP { target, decay };
        self
    }

    /// The seed of all steps that draw. The same seed gives the same tokens from the same logits. Without one
    /// (and for `u32::MAX`) each sampler gets its own.
    pub fn seed(mut self, seed: u32) -> Self {
        self.seed = seed;
        self
    }

    /// Puts the sampler together.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for values that cannot work; [`Error::TokenOutOfRange`] for a bias of no token.
    #[doc(alias = "llama_sampler_chain_init")]
    pub fn build(self) -> Result<Sampler> {
        crate::backend::init()?;
        let vocab = common_vocab(&self.vocabs)?;
        let bias = make_bias(&self.biases, vocab.as_ref().map_or(i32::MAX as usize, Vocab::len))?;
        let chain = self.steps.into_iter().map(|step| make_link(step, self.seed)).collect::<Result<_>>()?;
        let select = make_select(self.select, self.seed)?;
        Ok(Sampler {
            bias,
            grammar: self.grammar,
            chain,
            select,
            vocab,
            candidates: Vec::new(),
            poison: None,
            busy: false,
        })
    }
}

/// The one vocabulary that all steps use.
fn common_vocab(vocabs: &[Vocab]) -> Result<Option<Vocab>> {
    let Some(first) = vocabs.first() else { return Ok(None) };
    if vocabs.iter().any(|vocab| vocab.ptr().as_ptr() != first.ptr().as_ptr()) {
        return Err(Error::invalid("sampler", "its steps belong to different models"));
    }
    Ok(Some(first.clone()))
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

fn make_link(step: Step, seed: u32) -> Result<Link> {
    match step {
        Step::Custom(link) => Ok(link),
        Step::C(step) => make_step(&step, seed, 0).map(Link::C),
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
            SamplerPtr::infill(vocab.ptr())
        }
    }
}

fn make_dry(vocab: &Vocab, params: &DryParams) -> Result<SamplerPtr> {
    if vocab.is_empty() {
        return Err(Error::NoVocab);
    }
    let breakers: Vec<CString> =
        params.breakers.iter().map(|text| c_string("DRY breaker", text)).collect::<Result<_>>()?;
    if params.allowed_length < 0 {
        return Err(Error::invalid("dry allowed_length", format!("{} is negative", params.allowed_length)));
    }
    SamplerPtr::dry(
        vocab.ptr(),
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
