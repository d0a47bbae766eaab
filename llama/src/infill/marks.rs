//! The end of a filled gap.

use crate::sampler::{Candidates, CustomSampler};
use crate::token::Token;
use crate::vocab::Vocab;

/// A step that takes each mark of fill in the middle for the end of the text.
#[derive(Debug, Clone)]
pub(crate) struct EndAtMarks {
    marks: Vec<Token>,
    end: Option<Token>,
}

impl EndAtMarks {
    pub(crate) fn new(vocab: &Vocab) -> Self {
        let ends = |token: &Token| vocab.is_eog(*token).unwrap_or(false);
        let marks = [
            vocab.fim_prefix(),
            vocab.fim_suffix(),
            vocab.fim_middle(),
            vocab.fim_pad(),
            vocab.fim_repo(),
            vocab.fim_separator(),
        ];
        Self {
            marks: marks.into_iter().flatten().filter(|mark| !ends(mark)).collect(),
            end: [vocab.eos(), vocab.eot()].into_iter().flatten().find(ends),
        }
    }
}

impl CustomSampler for EndAtMarks {
    fn name(&self) -> &'static str {
        "end-at-infill-marks"
    }

    /// Their probability goes to the end of the text, so that it comes as often as one of them would.
    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        let of = |token: &Token| {
            // The candidates are in the order of the vocabulary unless a step has changed that.
            let index =
                token.index().filter(|&at| candidates.get(at).is_some_and(|(found, _)| found == *token));
            index.or_else(|| candidates.iter().position(|(found, _)| found == *token))
        };
        let marks: Vec<usize> = self.marks.iter().filter_map(of).collect();
        let end = self.end.as_ref().and_then(of);
        let logits = marks.iter().chain(&end).filter_map(|&at| candidates.get(at)).map(|(_, logit)| logit);
        let highest = logits.clone().fold(f32::NEG_INFINITY, f32::max);
        if highest == f32::NEG_INFINITY {
            return;
        }
        let sum = highest + logits.map(|logit| (logit - highest).exp()).sum::<f32>().ln();
        for at in marks {
            candidates.set_logit(at, f32::NEG_INFINITY);
        }
        if let Some(end) = end {
            candidates.set_logit(end, sum);
        }
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sampler;

    fn chosen(logits: &[f32]) -> Token {
        let step = EndAtMarks { marks: vec![Token(1), Token(2)], end: Some(Token(3)) };
        Sampler::builder().custom(step).greedy().build().unwrap().sample(logits).unwrap()
    }

    #[test]
    fn marks_count_as_the_end() {
        assert_eq!(chosen(&[2.0, 5.0, 0.0, -3.0]), Token(3));
        assert_eq!(chosen(&[5.0, 4.0, 4.0, 4.0]), Token(3), "together they are more likely");
        assert_eq!(chosen(&[6.0, 4.0, 4.0, 4.0]), Token(0));
    }

    #[test]
    fn without_an_end_marks_never_come() {
        let step = EndAtMarks { marks: vec![Token(1)], end: None };
        let mut sampler = Sampler::builder().custom(step).greedy().build().unwrap();
        assert_eq!(sampler.sample(&[1.0, 9.0, 0.0][..]).unwrap(), Token(0));
    }

    #[test]
    fn logits_of_nothing_are_left_alone() {
        assert_eq!(chosen(&[1.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY]), Token(0));
    }
}
