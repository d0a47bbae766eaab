//! Tensors that llama.cpp looks into while the file lacks them, or cannot use.

use super::{Archs, Facts};

/// Files of these architectures that have layers that predict further tokens and lack this tensor hold nothing but
/// those layers. llama.cpp then calls all tensors of the others optional, and looks into some that are not there.
const NOTHING_BUT_HEADS: &[(Archs, &str)] = &[
    (&["deepseek4", "qwen35", "qwen35moe", "qwen3next"], "blk.0.attn_norm.weight"),
    (&["qwen4exp"], "blk.0.hc_attn_norm.weight"),
];

/// Latent attention that is computed in one way with lengths of its own, and in another without: each has weights that
/// the other way cannot use.
const LATENT_TWO_WAYS: Archs = &["kimi-k3", "kimi-linear"];

impl Facts<'_> {
    /// Says which tensor is missing or does not fit, or `None`.
    pub(super) fn bad_tensors(&self) -> Option<String> {
        self.nothing_but_heads().or_else(|| self.bad_latent())
    }

    fn nothing_but_heads(&self) -> Option<String> {
        let (_, first) = NOTHING_BUT_HEADS.iter().find(|(archs, _)| self.concerned(archs))?;
        let heads = self.numbers("nextn_predict_layers")?.iter().any(|n| *n != 0);
        (heads && self.file.tensors().iter().all(|tensor| tensor.name() != *first)).then(|| {
            format!("{first} is missing: the file holds only layers that predict further tokens, use a complete one")
        })
    }

    fn bad_latent(&self) -> Option<String> {
        if !self.concerned(LATENT_TWO_WAYS) {
            return None;
        }
        let given = |name| self.numbers(name).is_some_and(|list| list.first().is_some_and(|n| *n != 0));
        let own = given("attention.key_length_mla") && given("attention.value_length_mla");
        let (end, with) = if own { ("attn_kv_b.weight", "with") } else { ("attn_k_b.weight", "without") };
        let odd = self.file.tensors().iter().find(|tensor| tensor.name().ends_with(end))?;
        let keys = format!("{0}.attention.key_length_mla and {0}.attention.value_length_mla", self.arch);
        Some(format!("its tensors do not fit its metadata: {} cannot be used {with} {keys}", odd.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gguf::Value;
    use crate::model::rules::broken;
    use crate::model::rules::tests::file;

    #[test]
    fn models_have_more_than_heads() {
        let verdict = |arch: &str, heads, tensor: &str| {
            let file = file(arch, &[("nextn_predict_layers", Value::U32(heads))], &[tensor]);
            Facts { file: &file, overrides: &[], arch: arch.to_owned() }.nothing_but_heads()
        };
        let words = verdict("qwen35", 1, "blk.2.attn_norm.weight").expect("no first layer");
        assert!(words.contains("blk.0.attn_norm.weight is missing"), "{words}");
        assert_eq!(verdict("qwen35", 1, "blk.0.attn_norm.weight"), None);
        assert_eq!(verdict("qwen35", 0, "blk.2.attn_norm.weight"), None, "llama.cpp says so itself");
        assert_eq!(verdict("llama", 1, "blk.2.attn_norm.weight"), None);
    }

    #[test]
    fn weights_fit_the_kind_of_latent_attention() {
        let lengths = ["key", "value"].map(|name| (format!("attention.{name}_length_mla"), Value::U32(16)));
        let lengths = lengths.each_ref().map(|(key, value)| (key.as_str(), value.clone()));
        let verdict = |pairs: &[_], tensor| broken(&file("kimi-k3", pairs, &[tensor]), &[]);
        let words = verdict(&lengths, "blk.1.attn_kv_b.weight").expect("the other way");
        assert!(words.contains("blk.1.attn_kv_b.weight cannot be used with kimi-k3."), "{words}");
        assert!(verdict(&[], "blk.1.attn_k_b.weight").is_some());
        assert_eq!(verdict(&lengths, "blk.1.attn_k_b.weight"), None);
        assert_eq!(verdict(&[], "blk.1.attn_kv_b.weight"), None);
    }
}
