//! Samplers written in Rust.
#![forbid(unsafe_code)]

use super::MAX_LOGIT;
use crate::error::{Error, Result};
use crate::ffi::sampler::{Applied, Candidate};
use crate::token::Token;
use std::cmp::Ordering;

/// A step of a [`Sampler`](crate::Sampler) written in Rust, added with
/// [`SamplerBuilder::custom`](crate::SamplerBuilder::custom).
///
/// A panic reaches the caller of the sampler, which is poisoned afterwards. A bad result (a logit that is no
/// number, no candidate left, a choice that does not exist) is an error of that caller.
///
/// ```
/// use llama::{Candidates, CustomSampler, Sampler, Token};
///
/// /// Never takes the same token twice in a row.
/// #[derive(Clone, Default)]
/// struct NoRepeat(Option<Token>);
///
/// impl CustomSampler for NoRepeat {
///     fn name(&self) -> &str {
///         "no-repeat"
///     }
///     fn apply(&mut self, candidates: &mut Candidates<'_>) {
///         let last = self.0;
///         candidates.retain(|token, _| Some(token) != last);
///     }
///     fn accept(&mut self, token: Token) {
///         self.0 = Some(token);
///     }
///     fn reset(&mut self) {
///         self.0 = None;
///     }
///     fn clone_box(&self) -> Box<dyn CustomSampler> {
///         Box::new(self.clone())
///     }
/// }
///
/// let mut sampler = Sampler::builder().custom(NoRepeat::default()).greedy().build()?;
/// let logits = [0.5, 3.0, 2.0];
/// assert_eq!(sampler.sample(&logits[..])?, Token(1));
/// assert_eq!(sampler.sample(&logits[..])?, Token(2));
/// assert_eq!(sampler.sample(&logits[..])?, Token(1));
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_sampler_i")]
#[doc(alias = "llama_sampler_init")]
pub trait CustomSampler: Send + Sync + 'static {
    /// A short name, for [`Sampler::names`](crate::Sampler::names) and errors.
    fn name(&self) -> &str;

    /// Changes logits, removes candidates, or selects one; in the latter case later steps are not asked.
    fn apply(&mut self, candidates: &mut Candidates<'_>);

    /// Sees a token that was chosen, or one of the prompt that the sampler was shown.
    fn accept(&mut self, token: Token) {
        let _ = token;
    }

    /// Forgets everything seen so far.
    fn reset(&mut self) {}

    /// A copy with the same state.
    fn clone_box(&self) -> Box<dyn CustomSampler>;
}

/// What went wrong in a custom step; told once it has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    Index { index: usize, len: usize },
}

/// The tokens that may still be chosen, for a [`CustomSampler`].
///
/// They are numbered from 0, in no particular order unless [`is_sorted`](Self::is_sorted). An index that does
/// not exist becomes an error of the call that samples.
///
/// ```
/// use llama::{Candidates, CustomSampler, Sampler, Token};
/// /// Only tokens that are about as likely as the most likely one.
/// #[derive(Clone)]
/// struct Close(f32);
///
/// impl CustomSampler for Close {
///     fn name(&self) -> &str {
///         "close"
///     }
///     fn apply(&mut self, candidates: &mut Candidates<'_>) {
///         candidates.softmax();
///         let least = candidates.probability(0).unwrap_or(0.0) * self.0;
///         let kept = (0..candidates.len()).take_while(|&at| candidates.probability(at) >= Some(least)).count();
///         candidates.truncate(kept);
///     }
///     fn clone_box(&self) -> Box<dyn CustomSampler> {
///         Box::new(self.clone())
///     }
/// }
///
/// let mut sampler = Sampler::builder().custom(Close(0.9)).seed(7).build()?;
/// assert_eq!(sampler.sample(&[0.5, 3.0, 2.0][..])?, Token(1));
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_token_data_array")]
#[derive(Debug)]
pub struct Candidates<'a> {
    list: &'a mut [Candidate],
    len: usize,
    sorted: bool,
    selected: Option<usize>,
    problem: Option<Problem>,
}

impl<'a> Candidates<'a> {
    fn new(list: &'a mut [Candidate], sorted: bool) -> Self {
        let len = list.len();
        Self { list, len, sorted, selected: None, problem: None }
    }

    fn live(&self) -> &[Candidate] {
        &self.list[..self.len]
    }

    fn live_mut(&mut self) -> &mut [Candidate] {
        &mut self.list[..self.len]
    }

    /// Number of candidates.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// True when they are known to be sorted by logit, the largest first.
    #[must_use]
    pub fn is_sorted(&self) -> bool {
        self.sorted
    }

    /// Token and logit of a candidate.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<(Token, f32)> {
        self.live().get(index).map(|candidate| (Token(candidate.id), candidate.logit))
    }

    /// Tokens and logits of all candidates.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Token, f32)> + '_ {
        self.live().iter().map(|candidate| (Token(candidate.id), candidate.logit))
    }

    /// Changes one logit; minus infinity removes the candidate.
    pub fn set_logit(&mut self, index: usize, logit: f32) {
        match self.live_mut().get_mut(index) {
            Some(candidate) => {
                candidate.logit = logit;
                self.sorted = false;
            }
            None => self.problem = Some(Problem::Index { index, len: self.len }),
        }
    }

    /// Replaces each logit by what `change` makes of token and logit.
    pub fn map_logits(&mut self, mut change: impl FnMut(Token, f32) -> f32) {
        self.sorted = false;
        for candidate in self.live_mut() {
            candidate.logit = change(Token(candidate.id), candidate.logit);
        }
    }

    /// Keeps the candidates for which `keep` is true, in their order.
    pub fn retain(&mut self, mut keep: impl FnMut(Token, f32) -> bool) {
        let mut kept = 0;
        for at in 0..self.len {
            let candidate = self.list[at];
            if keep(Token(candidate.id), candidate.logit) {
                self.list[kept] = candidate;
                kept += 1;
            }
        }
        self.len = kept;
    }

    /// Keeps the first `n` candidates.
    pub fn truncate(&mut self, n: usize) {
        self.len = self.len.min(n);
    }

    /// Sorts by logit, the largest first; of equal ones the smaller token first.
    pub fn sort(&mut self) {
        if !self.sorted {
            self.live_mut().sort_unstable_by(best_first);
            self.sorted = true;
        }
    }

    /// Computes [`probability`](Self::probability) for all candidates from their logits.
    pub fn softmax(&mut self) {
        let max = self.iter().map(|(_, logit)| logit).fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0_f32;
        for candidate in self.live_mut() {
            candidate.p = (candidate.logit - max).exp();
            sum += candidate.p;
        }
        for candidate in self.live_mut() {
            candidate.p /= sum;
        }
    }

    /// The probability of a candidate, as the last [`softmax`](Self::softmax) computed it.
    #[must_use]
    pub fn probability(&self, index: usize) -> Option<f32> {
        self.live().get(index).map(|candidate| candidate.p)
    }

    /// Chooses a candidate; steps behind this one are not asked.
    pub fn select(&mut self, index: usize) {
        self.selected = Some(index);
    }
}

fn best_first(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit.total_cmp(&a.logit).then(a.id.cmp(&b.id))
}

/// Runs a custom step and checks what it leaves behind.
pub(super) fn apply(custom: &mut dyn CustomSampler, list: &mut [Candidate], sorted: bool) -> Result<Applied> {
    let mut candidates = Candidates::new(list, sorted);
    custom.apply(&mut candidates);
    let Candidates { mut len, sorted, selected, problem, .. } = candidates;
    let wrong = |reason: String| Err(Error::CustomSampler { name: custom.name().to_owned(), reason });
    if let Some(Problem::Index { index, len }) = problem {
        return wrong(format!("it changed candidate {index} of {len}"));
    }
    if let Some(bad) =
        list[..len].iter().find(|c| !(c.logit.abs() <= MAX_LOGIT || c.logit == f32::NEG_INFINITY))
    {
        return wrong(format!("it gave token {} the logit {}", bad.id, bad.logit));
    }
    if let Some(index) = selected {
        if list[..len].get(index).is_none_or(|candidate| candidate.logit == f32::NEG_INFINITY) {
            return wrong(format!("it selected candidate {index} of {len}, which does not exist"));
        }
        return Ok(Applied { len, sorted, selected });
    }
    // Banned ones go: some samplers of llama.cpp cannot compute with them.
    if list[..len].iter().any(|candidate| candidate.logit == f32::NEG_INFINITY) {
        let mut left = Candidates::new(&mut list[..len], sorted);
        left.retain(|_, logit| logit != f32::NEG_INFINITY);
        len = left.len;
    }
    if len == 0 {
        return wrong("it removed all candidates".to_owned());
    }
    Ok(Applied { len, sorted, selected: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(logits: &[f32]) -> Vec<Candidate> {
        logits.iter().zip(0..).map(|(&logit, id)| Candidate { id, logit, p: 0.0 }).collect()
    }

    #[test]
    fn editing() {
        let mut list = list(&[1.0, 3.0, 2.0, 3.0]);
        let mut c = Candidates::new(&mut list, false);
        c.sort();
        assert_eq!(c.iter().map(|(token, _)| token.0).collect::<Vec<_>>(), [1, 3, 2, 0]);
        assert!(c.is_sorted());
        c.retain(|token, _| token != Token(3));
        assert!(c.is_sorted());
        c.map_logits(|_, logit| logit * 2.0);
        assert_eq!((c.len(), c.get(0), c.get(3)), (3, Some((Token(1), 6.0)), None));
        c.set_logit(2, 9.0);
        assert!(!c.is_sorted());
        c.sort();
        assert_eq!(c.get(0), Some((Token(0), 9.0)));
        c.softmax();
        let sum: f32 = (0..c.len()).filter_map(|i| c.probability(i)).sum();
        assert!((sum - 1.0).abs() < 1e-6);
        assert_eq!(c.probability(3), None);
        c.truncate(1);
        c.truncate(5);
        assert_eq!((c.len(), c.is_empty()), (1, false));
        assert_eq!(c.problem, None);
        c.set_logit(1, 0.0);
        assert_eq!(c.problem, Some(Problem::Index { index: 1, len: 1 }));
    }
}
