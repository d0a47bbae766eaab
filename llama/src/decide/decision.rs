//! What a decision ends with.

use super::choice::ChoiceOption;
use crate::error::{Error, Result};

/// How likely the model is to choose each option.
///
/// Probabilities are relative: they sum to 1 over the options. [`mass`](Self::mass) tells how much of the
/// model's own probability they share; a small one means that it would rather have said something else.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let sure = model.yes_no("Is Paris the capital of France?")?;
/// println!("{} with {:.0}%", sure.best(), 100.0 * sure.probability());
/// for outcome in sure.ranked() {
///     println!("{}: {:.3}", outcome.text, outcome.probability);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<T> {
    outcomes: Vec<Outcome<T>>,
    best: usize,
    log_mass: f64,
}

/// One option of a decision and how likely it is.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let decision = model.yes_no("Is Paris the capital of France?")?;
/// let likely = decision.ranked()[0];
/// println!("{} with {:.0}%", likely.text, 100.0 * likely.probability);
/// assert_eq!(likely.value, *decision.best());
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome<T> {
    /// The value that stands for the option.
    pub value: T,
    /// The text of the option.
    pub text: String,
    /// Probability among the options, 0 to 1.
    pub probability: f64,
    /// Natural logarithm of the probability that the model's reply begins with this option (and with no longer
    /// one), among all that it could say.
    pub log_probability: f64,
}

impl<T> Decision<T> {
    /// Puts options and the logarithms of their probabilities together.
    pub(super) fn new(options: Vec<ChoiceOption<T>>, logs: &[f64]) -> Result<Self> {
        let max = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !max.is_finite() {
            return Err(Error::NoCandidates { reason: "the model gives none of the options a chance" });
        }
        let sum: f64 = logs.iter().map(|log| (log - max).exp()).sum();
        let log_mass = max + sum.ln();
        let outcomes: Vec<Outcome<T>> = options
            .into_iter()
            .zip(logs)
            .map(|(option, &log)| {
                let (value, text) = option.into_parts();
                Outcome { value, text, probability: (log - log_mass).exp(), log_probability: log }
            })
            .collect();
        let best = (0..outcomes.len()).rev().max_by(|&a, &b| logs[a].total_cmp(&logs[b])).unwrap_or(0);
        Ok(Self { outcomes, best, log_mass })
    }

    /// The most likely option; of equal ones the first.
    #[must_use]
    pub fn best(&self) -> &T {
        &self.outcomes[self.best].value
    }

    /// The most likely option, by value.
    #[must_use]
    pub fn into_best(mut self) -> T {
        self.outcomes.swap_remove(self.best).value
    }

    /// Probability of the best option among the options, 0 to 1.
    #[must_use]
    pub fn probability(&self) -> f64 {
        self.outcomes[self.best].probability
    }

    /// Probability of one option among the options; 0 for a value that is none of them.
    #[must_use]
    pub fn probability_of(&self, value: &T) -> f64
    where
        T: PartialEq,
    {
        self.outcomes.iter().find(|outcome| outcome.value == *value).map_or(0.0, |found| found.probability)
    }

    /// All options, in the order in which they were given.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome<T>] {
        &self.outcomes
    }

    /// All options, the most likely first.
    #[must_use]
    pub fn ranked(&self) -> Vec<&Outcome<T>> {
        let mut ranked: Vec<_> = self.outcomes.iter().collect();
        ranked.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
        ranked
    }

    /// Probability that the model's reply begins with one of the options, 0 to 1.
    #[must_use]
    pub fn mass(&self) -> f64 {
        self.log_mass.exp().min(1.0)
    }

    /// The mean of the values, each counted by its probability: a score finer than its steps.
    #[must_use]
    pub fn mean(&self) -> f64
    where
        T: Copy + Into<f64>,
    {
        self.outcomes.iter().map(|outcome| outcome.probability * outcome.value.into()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(values: &[i32]) -> Vec<ChoiceOption<i32>> {
        values.iter().map(|&value| ChoiceOption::new(value, value.to_string())).collect()
    }

    #[test]
    fn probabilities_are_relative_and_the_mass_is_not() {
        let logs = [0.1_f64.ln(), 0.3_f64.ln(), f64::NEG_INFINITY, 0.1_f64.ln()];
        let decision = Decision::new(options(&[1, 2, 3, 4]), &logs).unwrap();
        assert_eq!((*decision.best(), decision.clone().into_best()), (2, 2));
        assert!((decision.probability() - 0.6).abs() < 1e-12);
        assert!((decision.mass() - 0.5).abs() < 1e-12);
        assert!((decision.mean() - (0.2 + 1.2 + 0.8)).abs() < 1e-12);
        assert!(decision.probability_of(&3).abs() < 1e-12 && decision.probability_of(&9).abs() < 1e-12);
        let ranked: Vec<i32> = decision.ranked().iter().map(|outcome| outcome.value).collect();
        assert_eq!(ranked, [2, 1, 4, 3]);
    }

    #[test]
    fn tiny_probabilities_still_compare() {
        let decision = Decision::new(options(&[1, 2]), &[-2000.0, -2000.0]).unwrap();
        assert_eq!((*decision.best(), decision.mass() < 1e-300), (1, true));
        assert!((decision.probability() - 0.5).abs() < 1e-12);
        let none = Decision::new(options(&[1]), &[f64::NEG_INFINITY]);
        assert!(matches!(none, Err(Error::NoCandidates { .. })));
    }
}
