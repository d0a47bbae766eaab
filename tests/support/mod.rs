//! What several test programs share.
#![allow(dead_code, reason = "each test program uses a part of it")]

#[cfg(feature = "rpc")]
pub(crate) mod worker;

use llama::{Model, Sampler};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The chat model of this repository.
pub(crate) fn default_model_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/model/llama-tiny-chat.gguf")
}

/// The chat model of this repository, loaded once.
pub(crate) fn default_model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| Model::load(default_model_path()).expect("the repository's model loads"))
}

/// A folder for files that tests write.
pub(crate) fn scratch() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("models");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// A tiny model with random weights, for 1024 tokens.
pub(crate) fn random_model(arch: Arch) -> Model {
    let mut shape = Shape::tiny(arch);
    shape.n_ctx = 1024;
    shape.name = format!("{}-1024", shape.name);
    let path = RandomModel::new(shape).cached(scratch()).expect("the kit writes models");
    Model::load(path).expect("the kit's models load")
}

/// By how much the logarithm of a probability may differ between batches of other sizes. BLAS takes those of 32 tokens
/// and more; the CPU rounds what it multiplies quantized weights with to 8 bits, and BLAS does not.
pub(crate) fn rounding(without_blas: f32) -> f32 {
    let blas = llama::devices().expect("devices").iter().any(|device| device.name() == "BLAS");
    if blas { without_blas.max(0.1) } else { without_blas }
}

/// The most likely token each time, and never an end of the text.
pub(crate) fn endless(model: &Model) -> Sampler {
    let vocab = model.vocab();
    let ends: Vec<_> = (0..vocab.len())
        .filter_map(|id| i32::try_from(id).ok().map(llama::Token))
        .filter(|&token| vocab.is_eog(token).expect("the token exists"))
        .map(|token| (token, f32::NEG_INFINITY))
        .collect();
    Sampler::builder().logit_bias(&ends).greedy().build().expect("valid parameters")
}

/// A tiny Llama with random weights, for 8192 tokens.
pub(crate) fn long_model() -> Model {
    let mut shape = Shape::tiny(Arch::Llama);
    shape.n_ctx = 8192;
    "tiny-llama-8192".clone_into(&mut shape.name);
    Model::load(RandomModel::new(shape).cached(scratch()).expect("the kit writes models")).expect("it loads")
}

/// A tiny Llama of one layer.
pub(crate) fn shallow_model() -> Model {
    let mut shape = Shape::tiny(Arch::Llama);
    (shape.n_layer, shape.n_ctx) = (1, 1024);
    "shallow-llama".clone_into(&mut shape.name);
    Model::load(RandomModel::new(shape).cached(scratch()).expect("the kit writes models")).expect("it loads")
}

/// The path of a model with random weights that takes its time: long prompts, long answers.
pub(crate) fn slow_model_path() -> PathBuf {
    let mut shape = Shape::tiny(Arch::Llama);
    (shape.n_layer, shape.n_embd, shape.n_ff, shape.n_head, shape.head_dim) = (6, 256, 1024, 4, 64);
    shape.n_ctx = 8192;
    "slow-llama".clone_into(&mut shape.name);
    RandomModel::new(shape).cached(scratch()).expect("the kit writes models")
}
