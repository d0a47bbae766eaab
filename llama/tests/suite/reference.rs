//! The same numbers as llama.cpp's C API, called directly: tokens, logits, embeddings, and what every sampler
//! leaves and draws. The reference is compiled into the same binary, so nothing may differ by a single bit.

#[path = "reference/raw.rs"]
mod raw;
#[path = "reference/samplers.rs"]
mod samplers;

use crate::common::{batch, default_path, folder, question};
use llama::{Batch, Context, Model, Pooling, Sampler, SeqId, Special, Token};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::path::PathBuf;

const QUESTIONS: [&str; 6] = [
    "What is the capital of France?",
    "What is the opposite of hot?",
    "What comes after Monday?",
    "What is 7 + 8?",
    "Hello!",
    "Tell me a story.",
];

const TEXTS: [&str; 9] = [
    "",
    " ",
    "The quick brown fox",
    "line\nline\n\n\tindented",
    "1234567890 3.14 1e-9",
    "naïve café, Ünïcödé",
    "日本語のテキスト",
    "🦙 llama 🇫🇷",
    "<|im_start|>user\n<|im_end|>",
];

fn random(arch: Arch) -> PathBuf {
    RandomModel::new(Shape::tiny(arch)).cached(folder()).unwrap()
}

fn context(model: &Model, n_batch: u32) -> Context {
    model.context_builder().n_ctx(512).n_batch(n_batch).n_ubatch(n_batch).n_threads(1).build().unwrap()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// Some tokens of a vocabulary of `n`.
fn some_tokens(n: usize, count: usize) -> Vec<Token> {
    let step = n / 7 + 3;
    (0..count).map(|i| Token(i32::try_from((5 + i * step) % n).unwrap())).collect()
}

#[test]
fn tokens_and_texts_are_the_same() {
    let mut compared = 0;
    for path in
        [default_path(), random(Arch::Llama), random(Arch::Gemma3), random(Arch::Bert), random(Arch::T5)]
    {
        let model = Model::builder(&path).vocab_only(true).load().unwrap();
        let reference = raw::Model::load(&path);
        for text in TEXTS.iter().chain(&QUESTIONS) {
            for special in [Special::AsText, Special::Parse] {
                let ours = model.vocab().tokenize(text, special).unwrap();
                let theirs = reference.tokenize(text, special == Special::Parse);
                assert_eq!(ours, theirs, "{}: {text:?}", path.display());
                for &token in &ours {
                    let bytes = model.vocab().token_to_bytes(token, special).unwrap();
                    assert_eq!(bytes, reference.piece(token, special == Special::Parse), "{token}");
                }
                compared += ours.len();
            }
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn logits_are_the_same_bits() {
    for arch in
        [None, Some(Arch::Llama), Some(Arch::Qwen2), Some(Arch::Gemma3), Some(Arch::Mamba), Some(Arch::Jamba)]
    {
        let path = arch.map_or_else(default_path, random);
        let (model, reference) = (Model::load(&path).unwrap(), raw::Model::load(&path));
        let tokens = some_tokens(model.n_vocab(), 40);
        for n_batch in [512, 16] {
            let mut ours = context(&model, n_batch);
            let mut all = Batch::new();
            all.extend(SeqId(0), 0, &tokens).logits_for_all();
            let output = ours.decode(&all).unwrap();
            let mut theirs = reference.context(n_batch, false);
            for (part, start) in tokens.chunks(n_batch as usize).zip((0..).step_by(n_batch as usize)) {
                theirs.decode(part, start);
                for (at, index) in (start..).take(part.len()).enumerate() {
                    let ours = output.logits(index).unwrap();
                    assert_eq!(bits(&ours), bits(theirs.logits(at)), "{arch:?}, {n_batch}, entry {index}");
                }
            }
        }
    }
}

#[test]
fn greedy_answers_are_the_same_tokens() {
    let (model, reference) = (crate::common::model(), raw::Model::load(&default_path()));
    for text in QUESTIONS {
        let prompt = question(text);
        let ours = crate::common::greedy(&mut context(&model, 512), 0, &prompt, 48);
        let theirs = reference.context(512, false).greedy(&prompt, 48);
        assert_eq!(ours, theirs, "{text}");
        assert!(!ours.is_empty(), "{text}");
    }
}

#[test]
fn embeddings_are_the_same_bits() {
    let path = random(Arch::Bert);
    let (model, reference) = (Model::load(&path).unwrap(), raw::Model::load(&path));
    let tokens = some_tokens(model.n_vocab(), 24);
    for pooling in [Pooling::None, Pooling::Mean, Pooling::Cls, Pooling::Last] {
        let builder = model.context_builder().n_ctx(512).n_batch(512).n_ubatch(512).n_threads(1);
        let mut ours = builder.embeddings(true).pooling(pooling).build().unwrap();
        let output = ours.encode(&batch(0, 0, &tokens)).unwrap();
        let mut theirs = reference.pooled_context(pooling);
        theirs.encode(&tokens);
        if pooling == Pooling::None {
            for index in 0..tokens.len() {
                let ours = output.embedding(index).unwrap();
                assert_eq!(bits(ours), bits(theirs.embedding(index)), "entry {index}");
            }
        } else {
            assert_eq!(bits(output.pooled(SeqId(0)).unwrap()), bits(theirs.pooled()), "{pooling:?}");
        }
    }
}

/// One seed, one text: also in a new context, after a reset, and when what happened is played back in pieces.
#[test]
fn a_seed_repeats_itself() {
    let model = crate::common::model();
    let prompt = question("Tell me a story.");
    let mut sampler = Sampler::builder().top_k(40).temperature(1.2).seed(11).build().unwrap();
    let run = |sampler: &mut Sampler| {
        let mut ctx = context(&model, 512);
        let mut next = batch(0, 0, &prompt);
        let mut tokens = Vec::new();
        for pos in (0..).skip(prompt.len()).take(40) {
            let token = sampler.sample(ctx.decode(&next).unwrap().logits_last().unwrap()).unwrap();
            tokens.push(token);
            next = batch(0, pos, &[token]);
        }
        tokens
    };
    let first = run(&mut sampler);
    sampler.reset().unwrap();
    assert_eq!(run(&mut sampler), first, "after a reset");
    let mut again = Sampler::builder().top_k(40).temperature(1.2).seed(11).build().unwrap();
    assert_eq!(run(&mut again), first, "with a new sampler");
    let mut other = Sampler::builder().top_k(40).temperature(1.2).seed(12).build().unwrap();
    assert_ne!(run(&mut other), first, "the seed does nothing");

    // The transcript, decoded token by token, has the logits that chose it.
    let mut ctx = context(&model, 512);
    let mut replay = Sampler::builder().top_k(40).temperature(1.2).seed(11).build().unwrap();
    let mut next = batch(0, 0, &prompt);
    for (pos, &token) in (0..).skip(prompt.len()).zip(&first) {
        let logits = ctx.decode(&next).unwrap().logits_last().unwrap();
        assert_eq!(replay.sample(logits).unwrap(), token, "position {pos}");
        next = batch(0, pos, &[token]);
    }
}
