//! GGUF models with random weights.
//!
//! Tests need models of every architecture that are small, present at once and the same everywhere;
//! benchmarks need models of realistic size, and speed does not depend on what the weights are. This crate
//! writes both, from a seed, with a vocabulary that really tokenizes.
//!
//! ```
//! use llama_test_kit::{Arch, RandomModel, Shape};
//!
//! let file = std::env::temp_dir().join(format!("kit-doc-{}.gguf", std::process::id()));
//! let written = RandomModel::new(Shape::tiny(Arch::Llama)).write(&file)?;
//! assert!(written.bytes < 1_000_000);
//! # std::fs::remove_file(&file)?;
//! # Ok::<(), llama_test_kit::Error>(())
//! ```
//!
//! The program `write-random-model` does the same from a command line.

mod arch;
mod lora;
mod metadata;
mod mix;
mod projector;
mod rng;
mod shape;
mod vocab;
mod weights;

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub use llama::gguf::Value;
pub use lora::RandomAdapter;
pub use mix::{UnknownWeightType, WeightType};
pub use projector::{Eyes, RandomProjector};
pub use rng::Rng;
pub use shape::{Arch, Shape};
pub use vocab::VocabKind;

use llama::gguf::{GgufError, GgufWriter};

use metadata::Metadata;
use vocab::Vocab;
use weights::Weights;

/// Why a model could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The GGUF writer refused the content.
    #[error(transparent)]
    Gguf(#[from] GgufError),
}

/// A model to be written: a shape, a weight type, a seed.
#[derive(Debug, Clone)]
#[must_use = "nothing is written before `write` or `cached` is called"]
pub struct RandomModel {
    shape: Shape,
    weights: WeightType,
    seed: u64,
    extra: Vec<(String, Value)>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Number of weights in all tensors.
    pub weights: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
}

impl RandomModel {
    /// A model of `shape` with F32 weights of seed 1.
    pub fn new(shape: Shape) -> Self {
        Self { shape, weights: WeightType::F32, seed: 1, extra: Vec::new() }
    }

    /// Sets the type of the weights.
    pub fn weights(mut self, weights: WeightType) -> Self {
        self.weights = weights;
        self
    }

    /// Sets the seed: the same seed gives the same file.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a metadata value, or replaces one that the shape brings.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.push((key.into(), value.into()));
        self
    }

    /// Writes the model to `path`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<Written, Error> {
        let mut shape = self.shape.clone();
        let vocab = Vocab::new(shape.vocab, shape.n_vocab as usize, self.seed);
        shape.n_vocab = u32::try_from(vocab.len()).unwrap_or(shape.n_vocab);
        let mut meta = Metadata::default();
        meta.add("general.architecture", shape.arch.name());
        meta.add("general.type", "model");
        meta.add("general.name", shape.name.clone());
        meta.add("general.file_type", self.weights.file_type());
        meta.add("general.quantization_version", 2_u32);
        arch::describe(&shape, &mut meta);
        vocab.describe(&mut meta);
        for (key, value) in &self.extra {
            meta.add(key, value.clone());
        }
        let tensors = arch::tensors(&shape);
        let mut writer = GgufWriter::new();
        for (key, value) in meta.into_pairs() {
            writer.set(key, value)?;
        }
        for tensor in &tensors {
            writer.declare(&tensor.name, &tensor.dims, self.weights.of(tensor, shape.n_layer))?;
        }
        let mut stream = writer.stream(BufWriter::new(File::create(&path)?))?;
        let mut weights = Weights::new(self.seed);
        for tensor in &tensors {
            stream.tensor(&weights.draw(tensor, self.weights.of(tensor, shape.n_layer))?)?;
        }
        stream.finish()?;
        let bytes = fs::metadata(path)?.len();
        Ok(Written { weights: tensors.iter().map(arch::Tensor::len).sum(), bytes })
    }

    /// The path of this model in `folder`; writes it first unless it is there.
    ///
    /// Safe to call from several threads and processes at once. The file's name ends with a hash of all that makes the
    /// model, so another shape of the same name is another file.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn cached(&self, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = folder.as_ref();
        let mut hasher = DefaultHasher::new();
        format!("{self:?}").hash(&mut hasher);
        let (name, hash) = (&self.shape.name, hasher.finish());
        let path = folder.join(format!("{name}-{}-{}-{hash:016x}.gguf", self.weights, self.seed));
        if !path.exists() {
            fs::create_dir_all(folder)?;
            let unique = COUNT.fetch_add(1, Ordering::Relaxed);
            let part = path.with_extension(format!("{}-{unique}.part", std::process::id()));
            let written = self.write(&part);
            let moved = written.and_then(|_| Ok(fs::rename(&part, &path)?));
            if moved.is_err() {
                // The first error counts; a left-over part file is only litter.
                let _ = fs::remove_file(&part);
            }
            moved?;
        }
        Ok(path)
    }
}
