//! Logits as probabilities.
#![forbid(unsafe_code)]

use super::Logits;
use crate::error::{Error, Result};
use crate::token::Token;

/// A token and how likely it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenProbability {
    /// The token.
    pub token: Token,
    /// Natural logarithm of its probability: 0 for certainty, minus infinity for impossibility.
    pub log_probability: f32,
}

impl TokenProbability {
    /// The probability, 0 to 1.
    #[must_use]
    pub fn probability(&self) -> f32 {
        self.log_probability.exp()
    }
}

impl Logits<'_> {
    /// Natural logarithm of the sum over all tokens of e to the logit. A logit minus this is the logarithm of
    /// the token's probability.
    ///
    /// # Errors
    /// [`Error::InvalidLogits`] when there are none, one is not a number or infinite, or all are minus infinity.
    pub fn log_sum_exp(self) -> Result<f32> {
        let values = self.as_slice();
        let (max, broken) = survey(values);
        if broken {
            let at = values.iter().position(|value| value.is_nan() || *value == f32::INFINITY).unwrap_or(0);
            return Err(Error::InvalidLogits {
                reason: format!("the logit of token {at} is {}", values[at]),
            });
        }
        if max == f32::NEG_INFINITY {
            return Err(Error::InvalidLogits {
                reason: "there is none, or all are minus infinity".to_owned(),
            });
        }
        #[allow(clippy::cast_possible_truncation, reason = "rounding to single precision is meant")]
        let log = sum_of_exps(values, max).ln() as f32;
        Ok(max + log)
    }

    /// Natural logarithm of a token's probability, before any sampler has changed it.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`]; otherwise as [`log_sum_exp`](Self::log_sum_exp).
    pub fn log_probability(self, token: Token) -> Result<f32> {
        let logit = token.index().and_then(|index| self.as_slice().get(index));
        let logit = logit.ok_or(Error::TokenOutOfRange { token, n_vocab: self.as_slice().len() })?;
        Ok((logit - self.log_sum_exp()?).min(0.0))
    }

    /// Natural logarithms of the probabilities of all tokens, written over `out`, whose memory is used again.
    ///
    /// # Errors
    /// As [`log_sum_exp`](Self::log_sum_exp).
    pub fn log_probabilities_into(self, out: &mut Vec<f32>) -> Result<()> {
        let sum = self.log_sum_exp()?;
        out.clear();
        out.extend(self.as_slice().iter().map(|logit| (logit - sum).min(0.0)));
        Ok(())
    }

    /// The `n` most likely tokens, the most likely first; of equal ones the smaller token first.
    ///
    /// ```
    /// use llama::{Logits, Token};
    /// let logits = Logits::from(&[0.0, 2.0, 1.0][..]);
    /// let best = logits.top(2)?;
    /// assert_eq!(best[0].token, Token(1));
    /// assert_eq!(best[1].token, Token(2));
    /// assert!((best[0].probability() - 0.665).abs() < 1e-3);
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`log_sum_exp`](Self::log_sum_exp).
    pub fn top(self, n: usize) -> Result<Vec<TokenProbability>> {
        Ok(self.top_below(n, self.log_sum_exp()?))
    }

    /// As [`top`](Self::top), with the sum that [`log_sum_exp`](Self::log_sum_exp) gave.
    pub(crate) fn top_below(self, n: usize, sum: f32) -> Vec<TokenProbability> {
        // Few of many: most tokens are less likely than the last of the list and cost one comparison.
        const FEW: usize = 64;
        let best_first = |a: &(f32, i32), b: &(f32, i32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let mut list: Vec<(f32, i32)> = Vec::new();
        if n <= FEW {
            for entry in self.as_slice().iter().copied().zip(0..) {
                if list.len() == n {
                    // Of equal ones the smaller token stays, which came first.
                    if list.last().is_none_or(|least| least.0 >= entry.0) {
                        continue;
                    }
                    list.pop();
                }
                let at = list.partition_point(|other| best_first(other, &entry).is_lt());
                list.insert(at, entry);
            }
        } else {
            list.extend(self.as_slice().iter().copied().zip(0..));
            if n < list.len() {
                list.select_nth_unstable_by(n, best_first);
                list.truncate(n);
            }
            list.sort_unstable_by(best_first);
        }
        let entry = |(logit, id): (f32, i32)| TokenProbability {
            token: Token(id),
            log_probability: (logit - sum).min(0.0),
        };
        list.into_iter().map(entry).collect()
    }
}

/// Numbers that are worked on side by side, so that the compiler uses vector instructions.
const LANES: usize = 8;

/// The largest number, and whether one is not a number or infinite.
fn survey(values: &[f32]) -> (f32, bool) {
    let mut max = [f32::NEG_INFINITY; LANES];
    let mut broken = [false; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut look = |lane: usize, value: f32| {
        max[lane] = if value > max[lane] { value } else { max[lane] };
        broken[lane] |= value.is_nan() || value == f32::INFINITY;
    };
    for chunk in chunks {
        for (lane, &value) in chunk.iter().enumerate() {
            look(lane, value);
        }
    }
    for &value in rest {
        look(0, value);
    }
    (max.into_iter().fold(f32::NEG_INFINITY, f32::max), broken.contains(&true))
}

/// The sum of e to the difference of each number to the largest.
fn sum_of_exps(values: &[f32], max: f32) -> f64 {
    // Single precision would lose the small ones of a vocabulary of hundreds of thousands, so it only sums a few.
    const BLOCK: usize = 32 * LANES;
    values
        .chunks(BLOCK)
        .map(|block| {
            let mut sums = [0.0_f32; LANES];
            let (chunks, rest) = block.as_chunks::<LANES>();
            for chunk in chunks {
                for (sum, value) in sums.iter_mut().zip(chunk) {
                    *sum += exp(value - max);
                }
            }
            let rest: f64 = rest.iter().map(|value| f64::from(exp(value - max))).sum();
            rest + sums.iter().copied().map(f64::from).sum::<f64>()
        })
        .sum()
}

/// e to a number that is not positive, to about 2 units in the last place; without branches, for vectors. What is
/// below the smallest ordinary number counts as that.
#[allow(clippy::excessive_precision, reason = "the constants as they are computed")]
fn exp(x: f32) -> f32 {
    // Adding and subtracting this rounds to a whole number, which is then in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // The logarithm of 2 in two parts, the first of few bits so that its product is exact.
    let r = x - n * 0.693_359_375 + n * 2.121_944_4e-4;
    let poly = 1.987_569_15e-4;
    let poly = poly * r + 1.398_199_95e-3;
    let poly = poly * r + 8.333_451_9e-3;
    let poly = poly * r + 4.166_579_6e-2;
    let poly = poly * r + 1.666_666_55e-1;
    let poly = poly * r + 5.000_000_1e-1;
    let two_to_n = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    (poly * r * r + r + 1.0) * two_to_n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one() {
        let values: Vec<f32> = (0..1000_i16).map(|i| (f32::from(i) * 0.7).sin() * 30.0 + 500.0).collect();
        let logits = Logits::from(&values);
        let mut out = vec![7.0; 3];
        logits.log_probabilities_into(&mut out).unwrap();
        let sum: f64 = out.iter().map(|&log| f64::from(log).exp()).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        assert!((logits.log_probability(Token(3)).unwrap() - out[3]).abs() < 1e-6);
        let top = logits.top(5).unwrap();
        assert_eq!(top.len(), 5);
        assert!(top.is_sorted_by(|a, b| a.log_probability >= b.log_probability));
        assert!(out.iter().all(|&log| log <= top[0].log_probability));
        assert_eq!(logits.top(5000).unwrap().len(), 1000);
        assert!(logits.top(0).unwrap().is_empty());
    }

    #[test]
    fn few_and_many_agree() {
        // Many equal ones, in no order.
        let values: Vec<f32> = (0..5000_u16).map(|i| f32::from(i * 13 % 307) / 7.0).collect();
        let logits = Logits::from(&values);
        let many = logits.top(1000).unwrap();
        for n in [1, 5, 63, 64, 65] {
            assert_eq!(logits.top(n).unwrap(), many[..n], "{n}");
        }
    }

    #[test]
    fn the_exponential_is_exact_enough() {
        let mut worst = 0.0_f64;
        for step in 0..=870_000_u32 {
            let x = -f64::from(step) / 10_000.0;
            #[allow(clippy::cast_possible_truncation, reason = "the number to be tried")]
            let x = x as f32;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - exact).abs() / exact);
        }
        assert!(worst < 3e-7, "{worst}");
        assert!((exp(0.0) - 1.0).abs() < f32::EPSILON);
        for tiny in [-87.5, -1e30, f32::MIN, f32::NEG_INFINITY] {
            assert!(exp(tiny) > 0.0 && exp(tiny) < 1e-37, "{tiny}");
        }
    }

    #[test]
    fn sums_are_those_of_double_precision() {
        for len in [1_u16, 7, 8, 9, 255, 256, 257, 60_000] {
            let values: Vec<f32> = (0..len).map(|i| (f32::from(i) * 1.3).sin() * 20.0 - 3.0).collect();
            let exact: f64 = values.iter().map(|&value| f64::from(value).exp()).sum();
            let ours = Logits::from(&values).log_sum_exp().unwrap();
            assert!((f64::from(ours) - exact.ln()).abs() < 2e-6 * exact.ln().abs().max(1.0), "{len}");
        }
    }

    #[test]
    fn certainty_and_impossibility() {
        let logits = [f32::NEG_INFINITY, 4.0, f32::NEG_INFINITY];
        let logits = Logits::from(&logits[..]);
        assert!(logits.log_probability(Token(1)).unwrap().abs() < f32::EPSILON);
        assert!(logits.log_probability(Token(0)).unwrap() < f32::MIN);
        assert_eq!(logits.top(3).unwrap()[1].token, Token(0), "equal ones by token");
    }

    #[test]
    fn bad_logits_are_errors() {
        let inf = f32::INFINITY;
        for bad in [&[][..], &[f32::NAN, 1.0], &[1.0, inf], &[-inf, -inf]] {
            let logits = Logits::from(bad);
            assert!(logits.log_sum_exp().is_err(), "{bad:?}");
            assert!(logits.top(1).is_err());
            assert!(logits.log_probabilities_into(&mut Vec::new()).is_err());
        }
        let logits = Logits::from(&[1.0][..]);
        for token in [-1, 1, i32::MAX] {
            assert!(matches!(logits.log_probability(Token(token)), Err(Error::TokenOutOfRange { .. })));
        }
    }
}
