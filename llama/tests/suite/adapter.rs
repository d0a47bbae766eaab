//! LoRA adapters and control vectors.

use crate::common::{batch, folder, model, random, random_shape};
use llama::gguf::{GgufWriter, TensorType};
use llama::{Context, Error, LoraAdapter, Model, SeqId, Token};
use llama_test_kit::{Arch, RandomAdapter, RandomModel, Shape};
use std::path::PathBuf;

fn context(model: &Model) -> Context {
    model.context_builder().n_ctx(256).n_threads(1).build().unwrap()
}

fn path(name: &str) -> PathBuf {
    folder().join(format!("{name}.adapter.gguf"))
}

fn load(model: &Model, shape: &Shape, seed: u64) -> LoraAdapter {
    let path = path(&format!("{}-{seed}", shape.name));
    let part = path.with_extension(format!("{:?}", std::thread::current().id()));
    RandomAdapter::new(shape.clone()).seed(seed).write(&part).unwrap();
    std::fs::rename(&part, &path).unwrap();
    LoraAdapter::load(model, path).unwrap()
}

/// Logits of a few tokens in a fresh memory.
fn logits(ctx: &mut Context) -> Vec<f32> {
    ctx.memory().clear(false).unwrap();
    let tokens: Vec<Token> = (10..18).map(Token).collect();
    ctx.decode(&batch(0, 0, &tokens)).unwrap().logits_last().unwrap().to_vec()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn scales_swaps_and_removal() {
    for shape in [
        Shape::tiny(Arch::Llama),
        Shape::tiny_moe(),
        Shape::tiny(Arch::Qwen2),
        Shape::tiny(Arch::Gemma3),
        Shape::tiny(Arch::Mamba),
    ] {
        let name = shape.name.clone();
        let model = random_shape(shape.clone());
        let mut ctx = context(&model);
        let base = logits(&mut ctx);
        let (first, second) = (load(&model, &shape, 1), load(&model, &shape, 2));

        ctx.set_adapters(&[(first.clone(), 0.0)]).unwrap();
        assert_eq!(logits(&mut ctx), base, "{name}: scale 0 is no change");
        assert_eq!(ctx.adapters().len(), 1);
        ctx.set_adapters(&[(first.clone(), 1.0)]).unwrap();
        let with_first = logits(&mut ctx);
        assert!(distance(&with_first, &base) > 1e-3, "{name}: scale 1 changes something");
        ctx.set_adapters(&[(first.clone(), 0.5)]).unwrap();
        let half = logits(&mut ctx);
        assert!(distance(&half, &base) > 1e-4 && distance(&half, &with_first) > 1e-4, "{name}");
        ctx.set_adapters(&[(second.clone(), 1.0)]).unwrap();
        let with_second = logits(&mut ctx);
        assert!(distance(&with_second, &with_first) > 1e-3, "{name}: two adapters differ");
        ctx.set_adapters(&[(first.clone(), 1.0), (second, 1.0)]).unwrap();
        let both = logits(&mut ctx);
        assert!(distance(&both, &with_first) > 1e-3 && distance(&both, &with_second) > 1e-3, "{name}");
        ctx.set_adapters(&[(first, 1.0)]).unwrap();
        assert_eq!(logits(&mut ctx), with_first, "{name}: back to the first");
        ctx.clear_adapters().unwrap();
        assert!(ctx.adapters().is_empty());
        assert_eq!(logits(&mut ctx), base, "{name}: removal restores every bit");
    }
}

#[test]
fn it_lives_as_long_as_it_is_used() {
    let shape = Shape::tiny(Arch::Llama);
    let model = random(Arch::Llama);
    let mut ctx = context(&model);
    let base = logits(&mut ctx);
    ctx.set_adapters(&[(load(&model, &shape, 3), 1.0)]).unwrap();
    let changed = logits(&mut ctx);
    // All other handles are gone.
    drop(model);
    assert_eq!(logits(&mut ctx), changed);
    let kept = ctx.adapters()[0].0.clone();
    ctx.clear_adapters().unwrap();
    assert_eq!(logits(&mut ctx), base);
    drop(ctx);
    // The adapter alone keeps its model.
    assert_eq!(kept.model().architecture(), "llama");
    let mut ctx = context(kept.model());
    ctx.set_adapters(&[(kept, 1.0)]).unwrap();
    assert_eq!(logits(&mut ctx), changed);
}

#[test]
fn loading_while_others_compute() {
    let shape = Shape::tiny(Arch::Llama);
    let model = random(Arch::Llama);
    let base = logits(&mut context(&model));
    let file = path("while-others");
    RandomAdapter::new(shape).write(&file).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut ctx = context(&model);
                for _ in 0..10 {
                    let adapter = LoraAdapter::load(&model, &file).unwrap();
                    ctx.set_adapters(&[(adapter, 1.0)]).unwrap();
                    assert_ne!(logits(&mut ctx), base);
                    ctx.clear_adapters().unwrap();
                    assert_eq!(logits(&mut ctx), base);
                }
            });
        }
    });
}

#[test]
fn metadata_and_invocation() {
    let shape = Shape::tiny(Arch::Llama);
    let model = random(Arch::Llama);
    let file = path("alora");
    RandomAdapter::new(shape.clone())
        .metadata("adapter.alora.invocation_tokens", vec![7_u32, 8, 9])
        .metadata("general.description", "a \u{e9}\n test")
        .write(&file)
        .unwrap();
    let adapter = LoraAdapter::load(&model, &file).unwrap();
    let invocation = [Token(7), Token(8), Token(9)];
    assert_eq!(adapter.invocation_tokens(), invocation);
    assert_eq!(adapter.metadata("general.description").unwrap().as_deref(), Some("a \u{e9}\n test"));
    assert_eq!(adapter.metadata("absent").unwrap(), None);
    assert!(adapter.metadata("a\0").is_err());
    let pairs = adapter.metadata_pairs().unwrap();
    assert!(pairs.iter().any(|(key, value)| key == "adapter.type" && value == "lora"));
    let tokens: Vec<Token> = [1, 7, 8, 9, 2, 7, 8, 9, 7, 8].map(Token).to_vec();
    assert_eq!(adapter.find_invocation(&tokens), Some(5));
    assert_eq!(adapter.find_invocation(&tokens[..3]), None);
    assert_eq!(load(&model, &shape, 4).find_invocation(&tokens), None);
}

fn reason(model: &Model, path: &std::path::Path) -> String {
    match LoraAdapter::load(model, path) {
        Err(Error::LoadAdapter { detail, .. }) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn wrong_files_are_refused_with_a_reason() {
    let shape = Shape::tiny(Arch::Llama);
    let model = random(Arch::Llama);
    let good = || RandomAdapter::new(shape.clone());
    let file = path("wrong");
    let with = |adapter: RandomAdapter| {
        adapter.write(&file).unwrap();
        reason(&model, &file)
    };
    for (reason, expected) in [
        (with(good().metadata("general.architecture", "qwen2")), "architecture \"qwen2\""),
        (with(good().metadata("general.architecture", 7_u32)), "is no text"),
        (with(good().metadata("general.type", "model")), "this is a model"),
        (with(good().metadata("general.type", "imatrix")), "imatrix"),
        (with(good().metadata("adapter.type", "dora")), "dora"),
        (with(good().metadata("adapter.type", vec![1_u32])), "is no text"),
        (with(good().metadata("adapter.lora.alpha", "8")), "alpha"),
        (with(good().metadata("adapter.lora.alpha", f32::NAN)), "alpha"),
        (with(good().metadata("adapter.alora.invocation_tokens", vec![1_i32])), "invocation_tokens"),
        (with(good().metadata("adapter.alora.invocation_tokens", "x")), "invocation_tokens"),
        (with(good().metadata("adapter.alora.invocation_tokens", vec![1_000_000_u32])), "1000000"),
        (with(RandomAdapter::new(Shape { n_embd: 32, ..shape.clone() })), "incorrect shape"),
        (with(RandomAdapter::new(Shape { n_layer: 3, ..shape.clone() })), "does not exist"),
        (reason(&model, &crate::common::default_path()), "this is a model"),
        (reason(&model, &folder()), "directory"),
        (reason(&model, &folder().join("missing.gguf")), "no such file"),
    ] {
        assert!(reason.contains(expected), "{reason} / {expected}");
    }
    // Cut off.
    good().write(&file).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    for len in [0, 3, 20, 400, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..len]).unwrap();
        assert!(!reason(&model, &file).is_empty(), "{len}");
    }
}

#[test]
fn wrong_matrices_are_refused() {
    let model = random(Arch::Llama);
    let moe = random_shape(Shape::tiny_moe());
    let file = path("matrices");
    let f32 = TensorType::F32;
    let tensors = |list: &[(&str, &[u64], TensorType)]| {
        let mut writer = GgufWriter::new();
        writer.set("general.architecture", "llama").unwrap();
        writer.set("general.type", "adapter").unwrap();
        writer.set("adapter.type", "lora").unwrap();
        writer.set("adapter.lora.alpha", 4.0_f32).unwrap();
        for &(name, dims, kind) in list {
            let elements: u64 = dims.iter().product();
            let bytes = elements / kind.block_elements().unwrap() * kind.block_bytes().unwrap();
            writer.tensor(name, dims, kind, vec![0; usize::try_from(bytes).unwrap()]).unwrap();
        }
        writer.save(&file).unwrap();
    };
    let (a, b) = ("blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b");
    tensors(&[(a, &[64, 4], f32), (b, &[4, 64], f32)]);
    LoraAdapter::load(&model, &file).unwrap();
    let cases: &[&[(&str, &[u64], TensorType)]] = &[
        &[],
        &[(a, &[64, 4], f32)],
        &[(b, &[4, 64], f32)],
        &[(a, &[64, 4], f32), (b, &[8, 64], f32)],
        &[(a, &[64, 4], f32), (b, &[4, 32], f32)],
        &[(a, &[32, 4], f32), (b, &[4, 64], f32)],
        &[(a, &[64, 4, 2], f32), (b, &[4, 64], f32)],
        &[(a, &[64, 4, 2], f32), (b, &[4, 64, 2], f32)],
        &[(a, &[64], f32), (b, &[4, 64], f32)],
        &[(a, &[64, 4], TensorType::I32), (b, &[4, 64], f32)],
        &[(a, &[64, 4], f32), (b, &[4, 64], TensorType::F64)],
        &[(a, &[64, 4], f32), (b, &[4, 64], f32), ("other", &[4], f32)],
        &[("nothing.lora_a", &[64, 4], f32), ("nothing.lora_b", &[4, 64], f32)],
        &[("token_embd.weight.lora_a", &[4, 640], f32), ("token_embd.weight.lora_b", &[8, 64], f32)],
    ];
    for case in cases {
        tensors(case);
        assert!(!reason(&model, &file).is_empty(), "{case:?}");
    }
    // One matrix per expert, or none at all.
    let (a, b) = ("blk.0.ffn_up_exps.weight.lora_a", "blk.0.ffn_up_exps.weight.lora_b");
    tensors(&[(a, &[64, 4, 4], f32), (b, &[4, 64, 4], f32)]);
    LoraAdapter::load(&moe, &file).unwrap();
    tensors(&[(a, &[64, 4, 3], f32), (b, &[4, 64, 4], f32)]);
    assert!(reason(&moe, &file).contains("do not fit"));
    tensors(&[(a, &[64, 4], f32), (b, &[4, 64], f32)]);
    assert!(reason(&moe, &file).contains("do not fit"));
}

#[test]
fn wrong_use_changes_nothing() {
    let shape = Shape::tiny(Arch::Llama);
    let model = random(Arch::Llama);
    let mut ctx = context(&model);
    let adapter = load(&model, &shape, 5);
    ctx.set_adapters(&[(adapter.clone(), 1.0)]).unwrap();
    let changed = logits(&mut ctx);
    // The same file loaded again is another model.
    let stranger = random(Arch::Llama);
    let foreign = load(&stranger, &shape, 5);
    for list in [
        vec![(foreign, 1.0)],
        vec![(adapter.clone(), 1.0), (adapter.clone(), 1.0)],
        vec![(adapter.clone(), f32::NAN)],
        vec![(adapter.clone(), f32::INFINITY)],
    ] {
        assert!(matches!(ctx.set_adapters(&list), Err(Error::InvalidParameter { .. })));
        assert_eq!(ctx.adapters().len(), 1);
        assert_eq!(logits(&mut ctx), changed);
    }
}

#[test]
fn a_vocabulary_alone_takes_no_adapter() {
    let shape = Shape::tiny(Arch::Llama);
    let file = path("vocab-only");
    RandomAdapter::new(shape.clone()).write(&file).unwrap();
    let path = RandomModel::new(shape).cached(folder()).unwrap();
    let vocab_only = Model::builder(path).vocab_only(true).load().unwrap();
    assert_eq!(LoraAdapter::load(&vocab_only, file).unwrap_err(), Error::VocabOnly);
}

#[test]
fn control_vectors() {
    for arch in [Arch::Llama, Arch::Qwen3, Arch::Gemma2] {
        let model =
            random_shape(Shape { n_layer: 4, name: format!("deep-{}", arch.name()), ..Shape::tiny(arch) });
        let width = model.n_embd();
        let mut ctx = context(&model);
        let base = logits(&mut ctx);
        let data: Vec<f32> =
            (0_u8..=255).cycle().map(|i| f32::from(i) / 64.0 - 2.0).take(3 * width).collect();
        ctx.set_control_vector(&data, ..).unwrap();
        let all = logits(&mut ctx);
        assert!(distance(&all, &base) > 1e-3, "{arch:?}");
        ctx.set_control_vector(&data, 2..=2).unwrap();
        let middle = logits(&mut ctx);
        assert!(distance(&middle, &base) > 1e-3 && distance(&middle, &all) > 1e-3, "{arch:?}");
        // Missing layers are zero, not what was there before.
        ctx.set_control_vector(&data[..width], ..).unwrap();
        let first = logits(&mut ctx);
        ctx.set_control_vector(&data, 1..2).unwrap();
        assert_eq!(logits(&mut ctx), first, "{arch:?}");
        ctx.clear_control_vector().unwrap();
        assert_eq!(logits(&mut ctx), base, "{arch:?}: every bit is back");

        ctx.set_control_vector(&data, ..).unwrap();
        let nan = [&data[..width - 1], &[f32::NAN]].concat();
        for (bad, why) in [
            (ctx.set_control_vector(&[], ..), "empty"),
            (ctx.set_control_vector(&data[..=width], ..), "no multiple"),
            (ctx.set_control_vector(&[&data[..], &data[..]].concat(), ..), "too long"),
            (ctx.set_control_vector(&nan, ..), "not finite"),
            (ctx.set_control_vector(&data, 0..1), "layer 0"),
            (ctx.set_control_vector(&data, 4..), "behind the last"),
        ] {
            assert!(matches!(bad, Err(Error::InvalidParameter { .. })), "{why}");
        }
        assert_eq!(logits(&mut ctx), all, "{arch:?}: refused ones change nothing");
    }
    // With an adapter at the same time, on the default model.
    let mut ctx = context(&model());
    ctx.set_control_vector(&vec![0.5; model().n_embd()], ..).unwrap();
    ctx.decode(&batch(0, 0, &[Token(5)])).unwrap();
    assert_eq!(ctx.memory().pos_max(SeqId(0)).unwrap(), Some(0));
}

/// An adapter of the table of embeddings is laid out the other way round than one of the output matrix.
#[test]
fn embeddings_can_be_adapted() {
    for (arch, tied) in [(Arch::Llama, false), (Arch::Llama, true), (Arch::Gemma3, true)] {
        let shape = Shape { tied, name: format!("tied-{tied}-{}", arch.name()), ..Shape::tiny(arch) };
        let model = random_shape(shape);
        let n_vocab = model.n_vocab() as u64;
        let file = path(&format!("embeddings-{tied}-{}", arch.name()));
        let mut writer = GgufWriter::new();
        writer.set("general.architecture", arch.name()).unwrap();
        writer.set("general.type", "adapter").unwrap();
        writer.set("adapter.type", "lora").unwrap();
        let bytes = |elements: u64| 0.25_f32.to_le_bytes().repeat(usize::try_from(elements).unwrap());
        writer
            .tensor("token_embd.weight.lora_a", &[4, n_vocab], TensorType::F32, bytes(4 * n_vocab))
            .unwrap();
        writer.tensor("token_embd.weight.lora_b", &[4, 64], TensorType::F32, bytes(4 * 64)).unwrap();
        writer.save(&file).unwrap();
        let mut ctx = context(&model);
        let base = logits(&mut ctx);
        if tied {
            assert!(reason(&model, &file).contains("output matrix"));
            continue;
        }
        let adapter = LoraAdapter::load(&model, &file).unwrap();
        ctx.set_adapters(&[(adapter, 1.0)]).unwrap();
        assert!(distance(&logits(&mut ctx), &base) > 1e-3);
    }
}
