//! Telling models apart.

use super::Model;
use crate::error::Result;
use crate::state::Checksum;
use crate::token::Token;

/// Keys that say where a file comes from and not what is in it.
const IGNORED: [&str; 3] = ["general.source.", "general.url", "general.repo_url"];

impl Model {
    /// A number that is the same for the same model and almost surely another for another one: made of its
    /// architecture, sizes, metadata and vocabulary. Weights are not read, so two models that differ in nothing
    /// else have the same number. Computed once.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    pub fn fingerprint(&self) -> Result<u64> {
        self.inner.fingerprint.get_or_try_init(|| self.compute_fingerprint()).copied()
    }

    fn compute_fingerprint(&self) -> Result<u64> {
        let info = self.info();
        let mut sum = Checksum::new().add(info.architecture.as_bytes()).add(info.description.as_bytes());
        for number in [
            info.n_params,
            info.size,
            info.n_embd as u64,
            u64::from(info.n_layer),
            u64::from(info.n_head),
            u64::from(info.n_head_kv),
            u64::from(info.n_swa),
            info.n_vocab as u64,
        ] {
            sum = sum.add(&number.to_le_bytes());
        }
        let mut pairs = self.metadata().pairs()?;
        pairs.sort();
        for (key, value) in &pairs {
            if !IGNORED.iter().any(|ignored| key.starts_with(ignored)) {
                sum = sum.add(key.as_bytes()).add(value.as_bytes());
            }
        }
        let vocab = self.inner.vocab;
        for id in 0..i32::try_from(info.n_vocab).unwrap_or(0) {
            sum = sum.add(vocab.text(Token(id))?.as_bytes());
        }
        Ok(sum.finish())
    }
}
