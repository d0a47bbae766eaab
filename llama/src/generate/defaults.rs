//! The sampler that is used where the caller chooses none.

use crate::model::SamplingDefaults;
use crate::sampler::{PenaltyParams, Sampler, SamplerBuilder};

/// llama.cpp's own values where the model recommends none.
const TOP_K: i32 = 40;
const TOP_P: f32 = 0.95;
const MIN_P: f32 = 0.05;
const TEMPERATURE: f32 = 0.8;

impl SamplingDefaults {
    /// A sampler with these values, and those of llama.cpp's own programs where there are none: top-k 40,
    /// top-p 0.95, min-p 0.05, temperature 0.8, no penalty. With temperature 0 it takes the most likely token.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// let mut defaults = model.metadata().sampling_defaults()?;
    /// defaults.temperature = Some(0.2);
    /// let sampler = defaults.sampler().seed(7).build()?;
    /// # Ok::<(), llama::Error>(())
    /// ```
    pub fn sampler(&self) -> SamplerBuilder {
        let mut builder = Sampler::builder();
        if let Some(repeat) = self.repeat_penalty {
            let neutral = PenaltyParams::default();
            let last_n = self.repeat_last_n.filter(|&n| n >= 0).unwrap_or(neutral.last_n);
            builder = builder.penalties(PenaltyParams { last_n, repeat, ..neutral });
        }
        let temperature = self.temperature.unwrap_or(TEMPERATURE);
        if temperature <= 0.0 {
            return builder.greedy();
        }
        builder
            .top_k(self.top_k.unwrap_or(TOP_K))
            .top_p(self.top_p.unwrap_or(TOP_P))
            .min_p(self.min_p.unwrap_or(MIN_P))
            .temperature(temperature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(defaults: SamplingDefaults) -> Vec<String> {
        defaults.sampler().build().and_then(|sampler| sampler.names()).expect("valid values")
    }

    #[test]
    fn nothing_recommended_gives_the_usual_chain() {
        assert_eq!(names(SamplingDefaults::default()), ["top-k", "top-p", "min-p", "temp", "dist"]);
    }

    #[test]
    fn recommendations_count() {
        let cold = SamplingDefaults { temperature: Some(0.0), ..SamplingDefaults::default() };
        assert_eq!(names(cold), ["greedy"]);
        let careful = SamplingDefaults { repeat_penalty: Some(1.1), ..SamplingDefaults::default() };
        assert_eq!(names(careful)[0], "penalties");
    }
}
