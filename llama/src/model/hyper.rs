//! Refuses numbers in a model's metadata for which ggml would abort while it computes.
//!
//! ggml checks them with assertions on its own threads, where a failure cannot be contained: it ends the process.
//! The loader takes them unseen, from the file or from an override.

use super::rules;
use crate::error::Result;
use crate::ffi::model::{ModelPtr, OverrideValue};
use crate::ffi::text::c_string;
use crate::gguf::{Array, Gguf, Value};
use std::ffi::CString;
use std::fmt::Display;

/// No count of a model is larger.
const MAX: i64 = i32::MAX as i64;

type Overrides = [(CString, OverrideValue)];

/// Says what is wrong with the metadata of a model with weights, or `None`. `file` has the lists: the model keeps
/// none.
pub(super) fn check(ptr: &ModelPtr, overrides: &Overrides, file: &Gguf) -> Result<Option<String>> {
    let numbers =
        Numbers { ptr, overrides, architecture: rules::architecture(file, overrides).unwrap_or_default() };
    for check in [Numbers::bad_float, Numbers::bad_groups, Numbers::bad_dimensions, Numbers::bad_indices] {
        if let Some(detail) = check(&numbers)? {
            return Ok(Some(detail));
        }
    }
    let kind = ptr.rope_type()?;
    if !matches!(kind, llama_sys::LLAMA_ROPE_TYPE_MROPE | llama_sys::LLAMA_ROPE_TYPE_IMROPE) {
        return Ok(None);
    }
    numbers.bad_sections(file)
}

/// The override that counts for a key: llama.cpp takes the first.
pub(super) fn first<'a>(overrides: &'a Overrides, key: &str) -> Option<&'a OverrideValue> {
    overrides.iter().find(|(name, _)| name.to_bytes() == key.as_bytes()).map(|(_, value)| value)
}

fn refuse(key: &str, value: impl Display, rule: impl Display) -> String {
    format!("its metadata is unusable: {key} is {value}, it must be {rule}")
}

/// What is wrong with a floating point number; `key` is without the architecture.
fn float_rule(key: &str, value: f32) -> Option<&'static str> {
    // The sign counts, not the comparison: the model shows small numbers as zeros with a sign.
    let below_zero = !value.is_finite() || value.is_sign_negative();
    if below_zero && (key.ends_with("epsilon") || key.contains("rope") && key.contains("freq_base")) {
        return Some("finite and not negative");
    }
    (key.starts_with("rope.") && !value.is_finite()).then_some("finite")
}

/// What is wrong with the number of leading values of a head that are rotated, in pairs.
fn dimension_rule(n: i64, head: i64, multiple: i64) -> Option<String> {
    // llama.cpp cuts larger numbers of an override to 32 bits.
    let fits = n > 0 && n % multiple == 0 && n <= head && head <= MAX;
    (!fits).then(|| format!("a multiple of {multiple} from {multiple} to the size of a head, {head}"))
}

/// What is wrong with the shares of time, height and width (and a fourth) in the rotated values.
fn sections_rule(sections: &[i64], rotated: i64) -> Option<String> {
    let bounded = sections.iter().all(|n| (0..=rotated).contains(n));
    let fits = bounded
        && sections.iter().take(3).any(|n| *n > 0)
        && sections.iter().sum::<i64>() <= rotated
        && sections.len() <= 4;
    (!fits).then(|| {
        format!("at most four numbers, none negative, the first three not all 0, together at most {rotated}")
    })
}

/// The numbers that count: those of the overrides, then those of the file.
struct Numbers<'a> {
    ptr: &'a ModelPtr,
    overrides: &'a Overrides,
    architecture: String,
}

impl Numbers<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn text(&self, key: &str) -> Result<Option<String>> {
        self.ptr.meta_value(&c_string("metadata key", key)?)
    }

    /// As llama.cpp, which ignores overrides of another type and rounds the others to 32 bits.
    #[allow(clippy::cast_possible_truncation, reason = "the rounded number is the one that counts")]
    fn float(&self, key: &str) -> Result<Option<f32>> {
        if let Some(OverrideValue::Float(value)) = first(self.overrides, key) {
            return Ok(Some(*value as f32));
        }
        Ok(self.text(key)?.and_then(|text| text.parse().ok()))
    }

    fn int(&self, name: &str) -> Result<Option<i64>> {
        let key = self.key(name);
        if let Some(OverrideValue::Int(value)) = first(self.overrides, &key) {
            return Ok(Some(*value));
        }
        Ok(self.text(&key)?.and_then(|text| text.parse().ok()))
    }

    fn bad_float(&self) -> Result<Option<String>> {
        let mut keys: Vec<_> =
            self.overrides.iter().map(|(key, _)| key.to_string_lossy().into_owned()).collect();
        for index in 0..self.ptr.meta_count()? {
            keys.extend(self.ptr.meta_key_at(index)?);
        }
        let prefix = self.key("");
        for key in &keys {
            let Some(name) = key.strip_prefix(&prefix) else { continue };
            if !name.ends_with("epsilon") && !name.contains("rope") {
                continue;
            }
            if let Some(value) = self.float(key)?
                && let Some(rule) = float_rule(name, value)
            {
                return Ok(Some(refuse(key, value, rule)));
            }
        }
        Ok(None)
    }

    /// Groups that heads or channels are divided by.
    fn bad_groups(&self) -> Result<Option<String>> {
        // Other architectures do not divide by it, and their files may say 0.
        if self.architecture == "wavtokenizer-dec"
            && let Some(groups) = self.int("attention.group_norm_groups")?
            && !(1..=MAX).contains(&groups)
        {
            return Ok(Some(refuse(&self.key("attention.group_norm_groups"), groups, "above 0")));
        }
        if let (Some(groups), Some(heads)) = (self.int("ssm.group_count")?, self.int("ssm.time_step_rank")?)
            && groups != 0
            && !((1..=MAX).contains(&groups) && (0..=MAX).contains(&heads) && heads % groups == 0)
        {
            let rule = format!("0 or a divisor of ssm.time_step_rank, {heads}");
            return Ok(Some(refuse(&self.key("ssm.group_count"), groups, rule)));
        }
        Ok(None)
    }

    /// Values per head, as llama.cpp derives them; 0 without attention.
    fn head(&self) -> Result<i64> {
        match i64::from(self.ptr.n_head()?) {
            0 => Ok(0),
            heads => match self.int("attention.key_length")? {
                Some(length) => Ok(length),
                None => Ok(i64::from(self.ptr.n_embd()?) / heads),
            },
        }
    }

    /// How many values per head are rotated, as llama.cpp derives it.
    fn rotated(&self, head: i64) -> Result<i64> {
        let given = if head == 0 { None } else { self.int("rope.dimension_count")? };
        Ok(given.unwrap_or(head))
    }

    fn bad_dimensions(&self) -> Result<Option<String>> {
        if self.ptr.rope_type()? == llama_sys::LLAMA_ROPE_TYPE_NONE {
            return Ok(None);
        }
        let head = self.head()?;
        let rotated = self.rotated(head)?;
        // Step 3.5 rotates half of them in its full layers.
        let multiple = if self.architecture == "step35" { 4 } else { 2 };
        if head != 0
            && let Some(rule) = dimension_rule(rotated, head, multiple)
        {
            return Ok(Some(refuse(&self.key("rope.dimension_count"), rotated, rule)));
        }
        // Heads that choose which tokens are attended to are rotated like the others.
        if let Some(chooser) = self.int("attention.indexer.key_length")?
            && (1..rotated).contains(&chooser)
        {
            let rule = format!("at least the {rotated} dimensions that are rotated");
            return Ok(Some(refuse(&self.key("attention.indexer.key_length"), chooser, rule)));
        }
        // The layers with a window have sizes of their own where the file gives some.
        let window_head = self.int("attention.key_length_swa")?;
        let window_rotated = self.int("rope.dimension_count_swa")?;
        if window_head.is_some() || window_rotated.is_some() {
            let (head, rotated) = (window_head.unwrap_or(head), window_rotated.unwrap_or(rotated));
            if let Some(rule) = dimension_rule(rotated, head, 2) {
                return Ok(Some(refuse(&self.key("rope.dimension_count_swa"), rotated, rule)));
            }
        }
        Ok(None)
    }

    /// Weights that are numbers of tokens or experts.
    fn bad_indices(&self) -> Result<Option<String>> {
        for tensor in self.ptr.indices()? {
            let (of, rows) = match tensor.name.as_str() {
                name if name.ends_with(".ffn_gate_tid2eid.weight") => {
                    ("experts", self.int("expert_count")?.unwrap_or(0))
                }
                "d2t" => ("tokens", i64::from(self.ptr.vocab()?.n_tokens()?)),
                _ => continue,
            };
            let odd = if tensor.least < 0 { tensor.least } else { tensor.most };
            if !(0..rows).contains(&odd) {
                let name = tensor.name;
                return Ok(Some(format!(
                    "its tensor {name} has the number {odd}, it must be one of {rows} {of}"
                )));
            }
        }
        Ok(None)
    }

    fn bad_sections(&self, gguf: &Gguf) -> Result<Option<String>> {
        let key = self.key("rope.dimension_sections");
        let sections = match gguf.get(&key) {
            None => Vec::new(),
            Some(Value::Array(Array::I32(list))) => list.iter().map(|n| i64::from(*n)).collect(),
            Some(Value::Array(Array::U32(list))) => list.iter().map(|n| i64::from(*n)).collect(),
            Some(Value::Array(_)) => {
                return Ok(Some(refuse(&key, "a list of another type", "a list of integers")));
            }
            // One number stands for all four.
            Some(_) => vec![self.int("rope.dimension_sections")?.unwrap_or(0); 4],
        };
        let rotated = self.rotated(self.head()?)?;
        Ok(sections_rule(&sections, rotated).map(|rule| refuse(&key, format!("{sections:?}"), rule)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_fine_and_signs_are_not() {
        for key in ["attention.layer_norm_rms_epsilon", "hyper_connection.epsilon", "rope.freq_base_swa"] {
            for bad in [-1.0, -0.0, f32::NAN, f32::INFINITY] {
                assert!(float_rule(key, bad).is_some(), "{key} {bad}");
            }
            assert_eq!(float_rule(key, 0.0), None);
            assert_eq!(float_rule(key, 1e-6), None);
        }
        assert_eq!(float_rule("rope.scaling.yarn_ext_factor", -1.0), None);
        assert!(float_rule("rope.scaling.factor", f32::NAN).is_some());
        assert_eq!(float_rule("attention.scale", f32::INFINITY), None);
    }

    #[test]
    fn dimensions_come_in_pairs_within_the_head() {
        for good in [2, 64, 128] {
            assert_eq!(dimension_rule(good, 128, 2), None);
        }
        for bad in [0, -2, 63, 130, i64::MIN, i64::MAX] {
            assert!(dimension_rule(bad, 128, 2).is_some(), "{bad}");
        }
        assert!(dimension_rule(66, 128, 4).is_some());
        assert!(dimension_rule(64, (1 << 32) + 16, 2).is_some(), "a head that llama.cpp would cut to 16");
    }

    #[test]
    fn sections_of_known_models() {
        for good in [[16, 24, 24, 0], [24, 20, 20, 0], [11, 11, 10, 0], [64, 0, 0, 0], [16, 16, 16, 16]] {
            assert_eq!(sections_rule(&good, 64), None, "{good:?}");
        }
        for bad in [[0, 0, 0, 0], [0, 0, 0, 8], [1, -1, 0, 0], [64, 64, 0, 0], [i64::MAX, 1, 0, 0]] {
            assert!(sections_rule(&bad, 64).is_some(), "{bad:?}");
        }
        assert!(sections_rule(&[], 64).is_some());
    }
}
