//! Putting a sampler together.

use super::choose::Selects;
use super::link::Link;
use super::parts::{CStep, DryParams, PenaltyParams, Select, Step, make_bias, make_link, make_select};
use super::{CustomSampler, Grammar, Sampler};
use crate::error::{Error, Result};
use crate::token::Token;
use crate::vocab::Vocab;

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
        let selects = match self.select {
            Select::Greedy => Selects::Best,
            Select::Dist => Selects::ByProbability,
            _ => Selects::Otherwise,
        };
        Ok(Sampler {
            bias,
            grammar: self.grammar,
            chain,
            select,
            selects,
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
