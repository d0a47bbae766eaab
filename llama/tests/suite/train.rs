//! Training a tiny random model: the loss falls, the result can be saved, bad input is refused.

use crate::common::{default_path, folder};
use llama::{
    Batch, CancelToken, Error, Model, Optimizer, SeqId, Token, Trainer, TrainingData, TrainingProgress,
};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::ops::ControlFlow;
use std::path::PathBuf;

fn path(arch: Arch) -> PathBuf {
    let shape = Shape { name: format!("train-{}", arch.name()), n_vocab: 320, ..Shape::tiny(arch) };
    RandomModel::new(shape).cached(folder()).unwrap()
}

fn load(arch: Arch) -> Model {
    Model::builder(path(arch)).trainable().load().unwrap()
}

/// A text that repeats itself, so that it is easy to learn.
fn data(examples: usize) -> TrainingData {
    let tokens: Vec<_> = (0..257 + 16 * (examples - 1)).map(|i| Token([11, 42, 7, 99][i % 4])).collect();
    TrainingData::from_text(&tokens, 256, 16).unwrap()
}

fn trainer(model: Model) -> Trainer {
    Trainer::builder(model).n_threads(1).optimizer(Optimizer::adamw(2e-3).unwrap()).build().unwrap()
}

fn logits(model: &Model) -> Vec<f32> {
    let mut ctx = model.context_builder().n_ctx(256).n_threads(1).build().unwrap();
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, &[Token(11), Token(42), Token(7)]).logits_for_last();
    ctx.decode(&batch).unwrap().logits_last().unwrap().as_slice().to_vec()
}

fn best(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap()
}

#[test]
fn the_loss_falls_and_the_model_is_saved() {
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Qwen3] {
        let mut trainer = trainer(load(arch));
        let data = data(4);
        let before = trainer.evaluate(&data).unwrap();
        assert_eq!(before.n_tokens, 4 * 256);
        assert_eq!(
            trainer.evaluate(&data).unwrap().loss.to_bits(),
            before.loss.to_bits(),
            "measuring changes nothing"
        );
        for _ in 0..10 {
            trainer.epoch(&data).unwrap();
        }
        let after = trainer.evaluate(&data).unwrap();
        println!("{arch:?}: loss {:.3} -> {:.3}, accuracy {:.2}", before.loss, after.loss, after.accuracy);
        assert!(after.loss < before.loss / 2.0, "{arch:?}: {before:?} {after:?}");
        assert!(after.accuracy > 0.9, "{arch:?}: {after:?}");

        let saved = folder().join(format!("trained-{}.gguf", arch.name()));
        trainer.save(&saved).unwrap();
        let model = trainer.finish().unwrap();
        let learned = logits(&model);
        assert_eq!(best(&learned), 99, "{arch:?}");
        assert_eq!(learned, logits(&Model::load(&saved).unwrap()), "{arch:?}");
    }
}

#[test]
fn a_trained_model_can_be_trained_again() {
    let mut first =
        Trainer::builder(load(Arch::Llama)).n_threads(2).optimizer(Optimizer::sgd(0.05)).build().unwrap();
    let data = data(2);
    let start = first.epoch(&data).unwrap();
    let mut second = trainer(first.finish().unwrap());
    for _ in 0..4 {
        second.epoch(&data).unwrap();
    }
    assert!(second.evaluate(&data).unwrap().loss < start.loss);
    assert_eq!(second.finish().unwrap().n_ctx_train(), 256);
}

#[test]
fn only_the_chosen_tensors_change() {
    let mut names = Vec::new();
    let mut trainer = Trainer::builder(load(Arch::Llama))
        .n_threads(1)
        .optimizer(Optimizer::adamw(5e-3).unwrap())
        .train_only(|name| {
            names.push(name.to_owned());
            name == "output.weight"
        })
        .build()
        .unwrap();
    assert!(names.iter().any(|name| name == "blk.1.attn_q.weight"), "{names:?}");
    trainer.epoch(&data(2)).unwrap();
    let saved = folder().join("trained-output.gguf");
    trainer.save(&saved).unwrap();
    let (old, new) = (path(Arch::Llama), saved);
    let tensor = |path: &PathBuf, name: &str| {
        let gguf = llama::gguf::Gguf::open(path).unwrap();
        gguf.read_tensor(&mut std::fs::File::open(path).unwrap(), gguf.tensor(name).unwrap()).unwrap()
    };
    assert!(tensor(&old, "output.weight") != tensor(&new, "output.weight"));
    assert!(tensor(&old, "blk.0.attn_q.weight") == tensor(&new, "blk.0.attn_q.weight"));
}

#[test]
fn reports_cancels_and_panics() {
    let mut trainer = trainer(load(Arch::Llama));
    let data = data(3);
    let mut seen = Vec::new();
    trainer.epoch_with(&data, |p: TrainingProgress| seen.push((p.done, p.total))).unwrap();
    assert_eq!(seen, [(1, 3), (2, 3), (3, 3)]);
    let stopped = trainer.epoch_with(&data, |p| match p.done {
        2 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(stopped.unwrap_err(), Error::Cancelled);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        trainer.epoch_with(&data, |p| assert!(p.done == 0, "on purpose")).map(drop)
    }));
    assert!(panicked.is_err());
    assert!(trainer.epoch(&data).unwrap().loss.is_finite());

    let token = CancelToken::new();
    let mut trainer = Trainer::builder(load(Arch::Llama)).n_threads(1).cancel(token.clone()).build().unwrap();
    token.cancel();
    assert_eq!(trainer.epoch(&data).unwrap_err(), Error::Cancelled);
    token.reset();
    trainer.epoch(&data).unwrap();

    let panicked = std::panic::catch_unwind(|| {
        Trainer::builder(load(Arch::Llama)).train_only(|_| panic!("on purpose")).build().map(drop)
    });
    assert!(panicked.is_err());
}

#[test]
fn rates_change_while_training() {
    let mut trainer = trainer(load(Arch::Llama));
    trainer.set_optimizer(Optimizer::adamw(1e-9).unwrap()).unwrap();
    let before = trainer.evaluate(&data(1)).unwrap().loss;
    trainer.epoch(&data(1)).unwrap();
    assert!((trainer.evaluate(&data(1)).unwrap().loss - before).abs() < 1e-3);
    assert!(trainer.set_optimizer(Optimizer::sgd(0.1)).is_err());
    assert!(trainer.set_optimizer(Optimizer::adamw(f32::NAN).unwrap()).is_err());
}

#[test]
fn untrainable_models_say_why() {
    let refuse = |model: Model| match Trainer::builder(model).build() {
        Err(Error::Untrainable { reason }) => reason,
        other => panic!("{other:?}"),
    };
    assert!(refuse(Model::load(path(Arch::Llama)).unwrap()).contains("trainable()"));
    assert!(refuse(Model::builder(default_path()).trainable().load().unwrap()).contains("F32"));
    assert!(refuse(load(Arch::Mamba)).contains("'mamba'"));
    assert!(refuse(load(Arch::Bert)).contains("'bert'"));
    let moe = RandomModel::new(Shape::tiny_moe()).cached(folder()).unwrap();
    assert!(refuse(Model::builder(moe).trainable().load().unwrap()).contains("experts"));
    let shared = load(Arch::Llama);
    assert!(refuse(shared.clone()).contains("other handles"));
    let ctx = shared.context_builder().n_ctx(256).build().unwrap();
    assert!(refuse(shared).contains("other handles"));
    drop(ctx);
    let vocab = Model::builder(path(Arch::Llama)).trainable().vocab_only(true).load().unwrap();
    assert!(matches!(Trainer::builder(vocab).build(), Err(Error::VocabOnly)));
}

#[test]
fn bad_numbers_are_refused() {
    let base = || Trainer::builder(load(Arch::Llama)).n_threads(1);
    for n_ctx in [0, 1, 255, 257, u32::MAX] {
        assert!(matches!(base().n_ctx(n_ctx).build(), Err(Error::InvalidParameter { name: "n_ctx", .. })));
    }
    let adamw = |change: fn(&mut [f32; 5])| {
        let Optimizer::AdamW { rate, beta1, beta2, epsilon, weight_decay } = Optimizer::adamw(1e-3).unwrap()
        else {
            panic!("not AdamW")
        };
        let mut n = [rate, beta1, beta2, epsilon, weight_decay];
        change(&mut n);
        Optimizer::AdamW { rate: n[0], beta1: n[1], beta2: n[2], epsilon: n[3], weight_decay: n[4] }
    };
    for optimizer in [
        adamw(|n| n[0] = 0.0),
        adamw(|n| n[0] = -1.0),
        adamw(|n| n[0] = f32::INFINITY),
        adamw(|n| n[1] = 1.0),
        adamw(|n| n[2] = -0.1),
        adamw(|n| n[3] = 0.0),
        adamw(|n| n[4] = 2.0),
        adamw(|n| n[4] = f32::NAN),
        Optimizer::sgd(0.0),
        Optimizer::sgd(f32::NAN),
    ] {
        assert!(base().optimizer(optimizer).build().is_err(), "{optimizer:?}");
    }
    assert!(base().n_threads(0).build().is_err());
    assert!(base().train_only(|_| false).build().is_err());
    assert!(base().train_only(|name| name == "token_embd.weight").build().is_err());

    let mut trainer = base().build().unwrap();
    assert!(trainer.epoch(&TrainingData::new(256)).is_err());
    let mut data = TrainingData::new(256);
    assert!(data.push(&[Token(1); 256]).is_err() && data.push(&[]).is_err());
    let n_vocab = i32::try_from(load(Arch::Llama).n_vocab()).unwrap();
    for bad in [-1, i32::MIN, i32::MAX, n_vocab] {
        let mut tokens = [Token(1); 257];
        tokens[256] = Token(bad);
        let mut data = TrainingData::new(256);
        data.push(&tokens).unwrap();
        assert!(matches!(trainer.epoch(&data), Err(Error::TokenOutOfRange { .. })), "{bad}");
    }
    let longer = TrainingData::from_text(&[Token(1); 600], 512, 1).unwrap();
    assert!(trainer.evaluate(&longer).is_err());
    assert!(TrainingData::from_text(&[Token(1); 256], 256, 1).is_err());
    assert!(TrainingData::from_text(&[Token(1); 300], 256, 0).is_err());
    assert!(TrainingData::from_text(&[Token(1); 300], 0, 1).is_err());
}

#[test]
fn examples_are_shuffled_and_split() {
    let tokens: Vec<_> = (0..300).map(Token).collect();
    let mut data = TrainingData::from_text(&tokens, 10, 10).unwrap();
    assert_eq!(data.len(), 29);
    let rest = data.split_off(9);
    assert_eq!((data.len(), rest.len()), (20, 9));
    let (mut a, mut b) = (data.clone(), data.clone());
    a.shuffle(1);
    b.shuffle(1);
    assert!(a == b && a != data);
    b.shuffle(2);
    assert!(a != b);
    assert!(data.split_off(1000).len() == 20 && data.is_empty());
}
