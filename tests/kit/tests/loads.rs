//! Every model that the kit writes loads, tokenizes and computes.

use std::path::Path;

use llama::{Batch, ChatTemplate, Context, Message, Model, Pooling, SeqId, Special, TemplateOptions, Token};
use llama_test_kit::{Arch, RandomModel, Shape, WeightType};

const TEXT: &str = "the quick brown fox jumps over the lazy dog";

fn load(shape: &Shape, weights: WeightType) -> Model {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("models");
    let file = RandomModel::new(shape.clone()).weights(weights).cached(folder).expect("written");
    Model::load(file).expect("loaded")
}

fn decode(ctx: &mut Context, tokens: &[Token]) -> Vec<f32> {
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, tokens).logits_for_last();
    let out = ctx.decode(&batch).expect("decoded");
    out.logits_last().expect("logits").as_slice().to_vec()
}

/// Logits after [`TEXT`], through the encoder first where there is one.
fn logits(model: &Model) -> Vec<f32> {
    let mut ctx = model.context_builder().n_ctx(256).n_threads(1).build().expect("a context");
    let tokens = model.vocab().tokenize(TEXT, Special::Parse).expect("tokens");
    if !model.has_encoder() {
        return decode(&mut ctx, &tokens);
    }
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, &tokens).logits_for_all();
    ctx.encode(&batch).expect("encoded");
    let start = model.decoder_start_token().expect("a start token");
    decode(&mut ctx, &[start])
}

fn is_bert(shape: &Shape) -> bool {
    shape.arch == Arch::Bert
}

#[test]
fn every_tiny_model_loads_and_is_small() {
    for shape in Shape::all_tiny() {
        let model = load(&shape, WeightType::F32);
        assert_eq!(model.architecture(), shape.arch.name(), "{}", shape.name);
        assert_eq!(model.n_vocab(), shape.n_vocab as usize, "{}", shape.name);
        assert!(model.size() < 1_000_000, "{}", shape.name);
    }
}

#[test]
fn every_generative_model_gives_logits() {
    for shape in Shape::all_tiny().filter(|shape| !is_bert(shape)) {
        let logits = logits(&load(&shape, WeightType::F32));
        assert_eq!(logits.len(), shape.n_vocab as usize, "{}", shape.name);
        assert!(logits.iter().all(|v| v.is_finite()), "{}", shape.name);
        let (low, high) = logits.iter().fold((0_f32, 0_f32), |(l, h), &v| (l.min(v), h.max(v)));
        assert!(high - low > 1.0 && high < 30.0, "{}: {low} to {high}", shape.name);
    }
}

#[test]
fn every_weight_type_computes() {
    for weights in WeightType::all() {
        // Wide enough for the blocks of 256 that K-quants need.
        let wide = Shape {
            name: "wide-llama".into(),
            n_embd: 256,
            n_ff: 256,
            head_dim: 64,
            ..Shape::tiny(Arch::Llama)
        };
        for shape in [Shape::tiny_moe(), wide] {
            let logits = logits(&load(&shape, weights));
            assert!(logits.iter().all(|v| v.is_finite()), "{} {weights}", shape.name);
        }
    }
}

#[test]
fn the_encoder_gives_embeddings() {
    let model = load(&Shape::tiny(Arch::Bert), WeightType::F32);
    let mut ctx =
        model.context_builder().n_ctx(256).n_threads(1).embeddings(true).build().expect("a context");
    assert_eq!(ctx.pooling(), Pooling::Mean);
    let tokens = model.vocab().tokenize(TEXT, Special::Parse).expect("tokens");
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, &tokens).logits_for_all();
    let out = ctx.encode(&batch).expect("encoded");
    let embedding = out.pooled(SeqId(0)).expect("an embedding");
    assert_eq!(embedding.len(), 64);
    assert!(embedding.iter().any(|v| v.abs() > 0.1) && embedding.iter().all(|v| v.is_finite()));
}

#[test]
fn the_reranker_has_its_label() {
    let model = load(&Shape::tiny_reranker(), WeightType::F32);
    assert_eq!(model.n_classifier_outputs(), 1);
    assert_eq!(model.classifier_labels().expect("labels"), [Some("relevance".to_owned())]);
}

#[test]
fn known_words_are_single_tokens_and_text_comes_back() {
    for shape in Shape::all_tiny() {
        let vocab = load(&shape, WeightType::F32).vocab();
        let words = TEXT.split(' ').count();
        let tokens = vocab.tokenize_fragment(&format!(" {TEXT}"), Special::AsText).expect("tokens");
        let extra = tokens.len() - words;
        assert!(extra <= 2, "{}: {} tokens for {words} words", shape.name, tokens.len());
        let text = vocab.detokenize(&tokens, Special::AsText).expect("text");
        assert_eq!(text.trim(), TEXT, "{}", shape.name);
    }
}

#[test]
fn any_text_survives_vocabularies_with_bytes() {
    let text = "Grüße, 世界! 🦀\n\ttabs and \u{7f} control";
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Mamba] {
        let vocab = load(&Shape::tiny(arch), WeightType::F32).vocab();
        let tokens = vocab.tokenize(text, Special::AsText).expect("tokens");
        assert_eq!(vocab.detokenize(&tokens, Special::AsText).expect("text").trim_start(), text, "{arch:?}");
    }
}

#[test]
fn chat_markers_are_single_tokens() {
    for arch in [Arch::Llama, Arch::Qwen3, Arch::Gemma3, Arch::Jamba] {
        let model = load(&Shape::tiny(arch), WeightType::F32);
        let tokens = model.vocab().tokenize_fragment("<|im_start|>", Special::Parse).expect("tokens");
        assert_eq!(tokens.len(), 1, "{arch:?}");
        let end = model.vocab().tokenize_fragment("<|im_end|>", Special::Parse).expect("tokens");
        assert!(model.vocab().is_eog(end[0]).expect("known"), "{arch:?}");
        let template = ChatTemplate::of_model(&model).expect("a template");
        let prompt =
            template.render(&[Message::user("hello")], &TemplateOptions::default()).expect("rendered");
        assert_eq!(prompt.text(), "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n", "{arch:?}");
    }
}

#[test]
fn the_seed_decides_the_file() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let write = |name: &str, seed| {
        let file = folder.join(name);
        RandomModel::new(Shape::tiny(Arch::Qwen3)).seed(seed).write(&file).expect("written");
        std::fs::read(file).expect("read")
    };
    let first = write("seed-a.gguf", 5);
    assert!(first == write("seed-b.gguf", 5));
    assert!(first != write("seed-c.gguf", 6));
}

#[test]
fn realistic_shapes_have_the_size_in_their_name() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let shape = Shape::by_name("llama-180m").expect("known");
    let file = folder.join("180m-test.gguf");
    let written = RandomModel::new(shape).weights(WeightType::Q4KM).write(&file).expect("written");
    assert!((170_000_000..190_000_000).contains(&written.weights), "{}", written.weights);
    std::fs::remove_file(file).expect("removed");
}
