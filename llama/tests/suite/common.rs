//! Models and small helpers for the tests.

use llama::{Batch, Context, Model, Sampler, SeqId, Special, Token, Vocab};
use llama_test_kit::{Arch, RandomModel, Rng, Shape};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The repository's default model.
pub(crate) fn default_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/model/llama-tiny-chat.gguf")
}

pub(crate) fn model() -> Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| Model::load(default_path()).unwrap()).clone()
}

/// A folder for files that tests write.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("llama-suite");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A tiny model with random weights.
pub(crate) fn random(arch: Arch) -> Model {
    random_shape(Shape::tiny(arch))
}

pub(crate) fn random_shape(shape: Shape) -> Model {
    Model::load(RandomModel::new(shape).cached(folder()).unwrap()).unwrap()
}

/// The tokens of a question to the default model.
pub(crate) fn question(text: &str) -> Vec<Token> {
    let prompt = format!("<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n");
    model().vocab().tokenize(&prompt, Special::Parse).unwrap()
}

pub(crate) fn context(model: &Model) -> Context {
    model.context_builder().n_ctx(512).n_threads(1).build().unwrap()
}

/// A batch with the tokens at consecutive positions and output for the last one.
pub(crate) fn batch(seq: i32, start: i32, tokens: &[Token]) -> Batch {
    let mut batch = Batch::new();
    batch.extend(SeqId(seq), start, tokens).logits_for_last();
    batch
}

/// The most likely continuation of `prompt`, until the model ends it or `max` tokens.
pub(crate) fn greedy(context: &mut Context, seq: i32, prompt: &[Token], max: usize) -> Vec<Token> {
    let vocab = context.model().vocab();
    let mut sampler = Sampler::greedy().unwrap();
    let mut next = batch(seq, 0, prompt);
    let mut out = Vec::new();
    for pos in (0..).skip(prompt.len()).take(max) {
        let token = sampler.sample(context.decode(&next).unwrap().logits_last().unwrap()).unwrap();
        if vocab.is_eog(token).unwrap() {
            break;
        }
        out.push(token);
        next = batch(seq, pos, &[token]);
    }
    out
}

/// Loads a back end, where this build has it in a file of its own.
#[allow(dead_code, reason = "not every build has back ends beside the CPU")]
pub(crate) fn load_plugin(feature: &str) {
    #[cfg(feature = "dynamic-backends")]
    {
        let folder = std::path::Path::new(llama::sys::build_info::PLUGINS.unwrap());
        llama::backends::load(folder.join(format!("libllama-backend-{feature}.so"))).unwrap();
    }
    #[cfg(not(feature = "dynamic-backends"))]
    let _ = feature;
}

/// The answer of the default model to a question.
pub(crate) fn answer(context: &mut Context, text: &str) -> String {
    let tokens = greedy(context, 0, &question(text), 60);
    model().vocab().detokenize(&tokens, Special::AsText).unwrap()
}

/// Number of random cases of a test; ten times as many where the environment asks for it with
/// `LLAMA_TEST_CASES=many`.
pub(crate) fn cases(usual: u64) -> u64 {
    let many = std::env::var_os("LLAMA_TEST_CASES").is_some_and(|value| value == "many");
    if many { 10 * usual } else { usual }
}

/// Random logits that come to an end sooner or later.
pub(crate) fn noise(vocab: &Vocab, rng: &mut Rng, step: usize) -> Vec<f32> {
    // Different enough from step to step, and cheap: most of a test's time would go into random numbers.
    let (factor, shift) = (rng.below(1 << 16) | 1, rng.below(1 << 16));
    let mut logits: Vec<f32> = (0_u32..)
        .take(vocab.len())
        .map(|token| f32::from((token.wrapping_mul(factor).wrapping_add(shift) & 0xffff) as u16) / 16_384.0)
        .collect();
    if step > 12
        && let Some(end) = vocab.eot().or(vocab.eos()).and_then(Token::index)
    {
        logits[end] += 8.0;
    }
    logits
}
