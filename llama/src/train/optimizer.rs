//! How weights are moved.

use crate::error::{Error, Result};
use crate::ffi::train::default_rates;

/// How weights are moved. Rates are steps per token batch, decay is the share of a weight that is lost per step.
///
/// ```
/// use llama::Optimizer;
/// let slow = Optimizer::adamw(1e-5)?;
/// let plain = Optimizer::sgd(0.01);
/// assert_ne!(slow, plain);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "ggml_opt_optimizer_params")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// `AdamW`: remembers two moments per weight.
    AdamW {
        /// Learning rate.
        rate: f32,
        /// How slowly the first moment follows, 0 to less than 1.
        beta1: f32,
        /// How slowly the second moment follows, 0 to less than 1.
        beta2: f32,
        /// Keeps divisions finite.
        epsilon: f32,
        /// Weight decay, 0 to 1.
        weight_decay: f32,
    },
    /// Plain gradient descent: needs no extra memory.
    Sgd {
        /// Learning rate.
        rate: f32,
        /// Weight decay, 0 to 1.
        weight_decay: f32,
    },
}

impl Optimizer {
    /// `AdamW` with this learning rate and ggml's other numbers.
    ///
    /// # Errors
    /// When ggml fails to answer.
    #[doc(alias = "ggml_opt_get_default_optimizer_params")]
    pub fn adamw(rate: f32) -> Result<Self> {
        let defaults = default_rates()?.adamw;
        Ok(Self::AdamW {
            rate,
            beta1: defaults.beta1,
            beta2: defaults.beta2,
            epsilon: defaults.eps,
            weight_decay: defaults.wd,
        })
    }

    /// Plain gradient descent with this learning rate.
    #[must_use]
    pub fn sgd(rate: f32) -> Self {
        Self::Sgd { rate, weight_decay: 0.0 }
    }

    pub(super) fn kind(self) -> llama_sys::ggml_opt_optimizer_type {
        match self {
            Self::AdamW { .. } => llama_sys::GGML_OPT_OPTIMIZER_TYPE_ADAMW,
            Self::Sgd { .. } => llama_sys::GGML_OPT_OPTIMIZER_TYPE_SGD,
        }
    }

    pub(super) fn checked(self) -> Result<llama_sys::ggml_opt_optimizer_params> {
        let check = |what: &str, value: f32, fine: bool| {
            if fine && value.is_finite() {
                Ok(value)
            } else {
                Err(Error::invalid("optimizer", format!("{value} is no {what}")))
            }
        };
        let below_one = |value: f32| (0.0..1.0).contains(&value);
        let share = |value: f32| (0.0..=1.0).contains(&value);
        let mut raw = default_rates()?;
        match self {
            Self::AdamW { rate, beta1, beta2, epsilon, weight_decay } => {
                raw.adamw.alpha = check("learning rate", rate, rate > 0.0)?;
                raw.adamw.beta1 = check("beta1", beta1, below_one(beta1))?;
                raw.adamw.beta2 = check("beta2", beta2, below_one(beta2))?;
                raw.adamw.eps = check("epsilon", epsilon, epsilon > 0.0)?;
                raw.adamw.wd = check("weight decay", weight_decay, share(weight_decay))?;
            }
            Self::Sgd { rate, weight_decay } => {
                raw.sgd.alpha = check("learning rate", rate, rate > 0.0)?;
                raw.sgd.wd = check("weight decay", weight_decay, share(weight_decay))?;
            }
        }
        Ok(raw)
    }
}
