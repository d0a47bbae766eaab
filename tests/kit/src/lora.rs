//! `LoRA` adapters with random weights for the models of the kit.

use std::fs;
use std::path::Path;

use llama::gguf::{GgufWriter, TensorType, Value};

use crate::arch::{self, Role, Tensor};
use crate::metadata::Metadata;
use crate::rng::Rng;
use crate::shape::Shape;
use crate::{Error, Written};

/// A `LoRA` adapter to be written: the shape of its base model, a rank, a seed.
///
/// It changes every matrix of every layer, embeddings and output excepted.
#[derive(Debug, Clone)]
#[must_use = "nothing is written before `write` is called"]
pub struct RandomAdapter {
    shape: Shape,
    rank: u32,
    seed: u64,
    strength: f32,
    extra: Vec<(String, Value)>,
}

impl RandomAdapter {
    /// An adapter of rank 4 and seed 1 for models of `shape`.
    pub fn new(shape: Shape) -> Self {
        Self { shape, rank: 4, seed: 1, strength: 0.5, extra: Vec::new() }
    }

    /// Sets the rank.
    pub fn rank(mut self, rank: u32) -> Self {
        self.rank = rank;
        self
    }

    /// Sets the seed: the same seed gives the same file.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how large the change is, relative to the weights; 0.5 unless set.
    pub fn strength(mut self, strength: f32) -> Self {
        self.strength = strength;
        self
    }

    /// Adds a metadata value, or replaces one that is there anyway.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.push((key.into(), value.into()));
        self
    }

    /// Writes the adapter to `path`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<Written, Error> {
        let mut meta = Metadata::default();
        meta.add("general.architecture", self.shape.arch.name());
        meta.add("general.type", "adapter");
        meta.add("general.name", format!("random adapter {}", self.seed));
        meta.add("adapter.type", "lora");
        // Alpha equal to the rank: a scale of 1 means the product as it is.
        meta.add("adapter.lora.alpha", as_float(self.rank));
        for (key, value) in &self.extra {
            meta.add(key, value.clone());
        }
        let mut writer = GgufWriter::new();
        for (key, value) in meta.into_pairs() {
            writer.set(key, value)?;
        }
        let rank = u64::from(self.rank);
        let mut weights = 0;
        for tensor in arch::tensors(&self.shape).iter().filter(|tensor| changed(tensor)) {
            let (width, height, experts) = (tensor.dims[0], tensor.dims[1], tensor.dims.get(2).copied());
            let dims = |a, b| [a, b].into_iter().chain(experts).collect::<Vec<u64>>();
            for (suffix, dims, width, sigma) in [
                ("lora_a", dims(width, rank), width, 1.0),
                ("lora_b", dims(rank, height), rank, self.strength),
            ] {
                let name = format!("{}.{suffix}", tensor.name);
                let mut rng = Rng::named(self.seed, &name);
                let sigma = sigma * small(width).sqrt().recip();
                let len: u64 = dims.iter().product();
                let data: Vec<u8> = (0..len).flat_map(|_| (sigma * rng.normal()).to_le_bytes()).collect();
                writer.tensor(&name, &dims, TensorType::F32, data)?;
                weights += len;
            }
        }
        writer.save(&path)?;
        Ok(Written { weights, bytes: fs::metadata(path)?.len() })
    }
}

/// The matrices that an adapter changes.
fn changed(tensor: &Tensor) -> bool {
    matches!(tensor.role, Role::Matrix | Role::AttnV(_) | Role::FfnDown(_)) && tensor.name.contains("blk.")
}

fn as_float(number: u32) -> f32 {
    small(u64::from(number))
}

/// A number far below 2^24 as a float.
#[allow(clippy::cast_precision_loss, reason = "dimensions are far below 2^24")]
fn small(number: u64) -> f32 {
    number as f32
}
