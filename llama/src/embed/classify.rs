//! Texts and their classes.

use super::input::{Input, Limit};
use super::runner::Runner;
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::model::Model;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Architectures whose graph turns the scores into probabilities by itself.
const GIVE_PROBABILITIES: [&str; 2] = ["qwen3", "qwen3vl"];

/// Puts texts into classes, with a model that was trained for it: one with a classifier head.
///
/// ```no_run
/// # let model = llama::Model::load("sentiment.gguf")?;
/// let mut classifier = model.classifier().build()?;
/// for found in classifier.classify(&["The train was late again."])? {
///     println!("{} {:.0}%", found.label(), 100.0 * found.probability());
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_model_cls_label")]
#[derive(Debug)]
pub struct Classifier {
    runner: Runner,
    labels: Arc<[String]>,
}

/// The classes of one text.
///
/// ```no_run
/// # let model = llama::Model::load("sentiment.gguf")?;
/// let found = model.classifier().build()?.classify(&["The train was late again."])?.remove(0);
/// for (label, probability) in found.iter() {
///     println!("{label}: {:.0}%", 100.0 * probability);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    labels: Arc<[String]>,
    scores: Vec<f32>,
    probabilities: Vec<f32>,
    truncated: bool,
}

impl Classifier {
    pub(super) fn new(runner: Runner) -> Result<Self> {
        let named = runner.model().classifier_labels()?;
        let count = runner.model().n_classifier_outputs() as usize;
        let label = |index: usize| named.get(index).cloned().flatten().unwrap_or_else(|| index.to_string());
        let labels = (0..count).map(label).collect();
        Ok(Self { runner, labels })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.runner.model()
    }

    /// The classes, by their number. One that the file does not name is called by its number.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The switch that stops the running call, from any thread.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.runner.cancel_token()
    }

    /// The classes of each text, in the order of the texts.
    ///
    /// # Errors
    /// [`Error::TextTooLong`] and [`Error::EmptyText`] name the text, before anything is computed;
    /// [`Error::Cancelled`]; failures of computing.
    pub fn classify<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<Vec<Classification>> {
        let limit = Limit { max: self.runner.max_tokens(), truncate: self.runner.truncates() };
        let input = Input::of(&self.model().vocab(), "", texts, limit)?;
        let finished = GIVE_PROBABILITIES.contains(&self.model().architecture());
        let mut all = vec![Vec::new(); input.tokens.len()];
        let each = |found: &super::runner::Found<'_>| {
            let scores = found.pooled()?;
            if scores.iter().any(|score| !score.is_finite()) {
                let detail = format!("the model gives no finite scores for text {}", found.index);
                return Err(Error::Failed { operation: "classify", detail });
            }
            scores.clone_into(&mut all[found.index]);
            Ok(())
        };
        self.runner.run(&input.tokens, each, &mut |_| ControlFlow::Continue(()))?;
        let classes = all.into_iter().enumerate().map(|(index, scores)| Classification {
            labels: self.labels.clone(),
            probabilities: if finished { scores.clone() } else { probabilities(&scores) },
            scores,
            truncated: input.truncated.iter().any(|cut| cut.index == index),
        });
        Ok(classes.collect())
    }
}

impl Classification {
    /// The most likely class.
    #[must_use]
    pub fn label(&self) -> &str {
        self.labels.get(self.best()).map_or("", String::as_str)
    }

    /// The probability of the most likely class, 0 to 1.
    #[must_use]
    pub fn probability(&self) -> f32 {
        self.probabilities.get(self.best()).copied().unwrap_or(0.0)
    }

    /// Each class with its probability, by the number of the class. Of several classes the probabilities add up
    /// to 1; where there is only one, its probability is that it applies.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, f32)> {
        self.labels.iter().map(String::as_str).zip(self.probabilities.iter().copied())
    }

    /// What the model gave, by the number of the class; mostly logits.
    #[must_use]
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// True when the text was cut because it was too long.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    fn best(&self) -> usize {
        let best =
            self.probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        best.map_or(0, |(index, _)| index)
    }
}

/// Of one score whether it applies, of several which one does.
fn probabilities(scores: &[f32]) -> Vec<f32> {
    if let &[score] = scores {
        return vec![1.0 / (1.0 + (-score).exp())];
    }
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f32> = scores.iter().map(|score| (score - highest).exp()).collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_score_is_yes_or_no_and_several_compete() {
        assert!((probabilities(&[0.0])[0] - 0.5).abs() < 1e-6);
        let several = probabilities(&[1000.0, 1000.0, -1000.0]);
        assert!((several[0] - 0.5).abs() < 1e-6 && several[2] < 1e-6, "large scores do not overflow");
        assert!((probabilities(&[-200.0])[0]).abs() < 1e-6);
    }

    #[test]
    fn the_first_of_equal_classes_is_the_best() {
        let found = Classification {
            labels: ["a", "b", "c"].map(String::from).into(),
            scores: vec![0.0, 1.0, 1.0],
            probabilities: vec![0.2, 0.4, 0.4],
            truncated: false,
        };
        assert_eq!(found.label(), "b");
        assert!((found.probability() - 0.4).abs() < 1e-6);
        assert_eq!(found.iter().map(|(label, _)| label).collect::<String>(), "abc");
    }
}
