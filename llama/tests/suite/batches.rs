//! Batches that hold more than the tokens of one text.

use crate::common::{context, folder};
use llama::gguf::Gguf;
use llama::{Batch, Error, Model, RopeType, SeqId, Token};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::fs::File;

const A: SeqId = SeqId(0);

/// The rows of a model's embedding table.
fn table(arch: Arch) -> (Model, Vec<Vec<f32>>) {
    let path = RandomModel::new(Shape::tiny(arch)).cached(folder()).unwrap();
    let gguf = Gguf::open(&path).unwrap();
    let bytes =
        gguf.read_tensor(&mut File::open(&path).unwrap(), gguf.tensor("token_embd.weight").unwrap()).unwrap();
    let numbers: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let model = Model::load(path).unwrap();
    let width = model.n_embd_input();
    (model, numbers.chunks(width).map(<[f32]>::to_vec).collect())
}

fn close(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4)
}

#[test]
fn tokens_and_their_embeddings_compute_alike_in_any_mixture() {
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Mamba, Arch::Jamba] {
        let (model, rows) = table(arch);
        let tokens = [5, 9, 200, 31, 7];
        let run = |embedded: &[bool]| {
            let mut batch = Batch::new();
            for ((&token, &embedded), pos) in tokens.iter().zip(embedded).zip(0..) {
                if embedded {
                    batch.add_embedding(&rows[token], pos, &[A], true);
                } else {
                    batch.add(Token(i32::try_from(token).unwrap()), pos, &[A], true);
                }
            }
            let mut ctx = context(&model);
            let out = ctx.decode(&batch).unwrap();
            (0..tokens.len()).flat_map(|index| out.logits(index).unwrap().to_vec()).collect::<Vec<_>>()
        };
        let plain = run(&[false; 5]);
        assert!(close(&run(&[true; 5]), &plain), "{arch:?}: embeddings");
        assert!(close(&run(&[false, true, true, false, true]), &plain), "{arch:?}: a mixture");
        assert!(close(&run(&[true, false, false, false, false]), &plain), "{arch:?}: an embedding first");
    }
}

#[test]
fn encoders_take_embeddings_alone() {
    let (model, rows) = table(Arch::Bert);
    let mut ctx = model.context_builder().n_ctx(256).embeddings(true).n_threads(1).build().unwrap();
    let mut batch = Batch::new();
    batch.add_embedding(&rows[5], 0, &[A], true).add(Token(7), 1, &[A], true);
    let refused = ctx.encode(&batch).unwrap_err().error;
    assert!(matches!(refused, Error::InvalidBatch { .. }), "{refused}");
}

#[test]
fn sections_place_the_parts_of_a_picture() {
    let (_, rows) = table(Arch::Qwen2);
    let bytes = crate::misuse_models::sections(&[2, 3, 3, 0]);
    let model = Model::from_bytes(&bytes).unwrap();
    assert_eq!(model.rope_type(), RopeType::Mrope);
    let mut ctx = context(&model);
    let mut run = |fill: &dyn Fn(&mut Batch)| {
        ctx.memory().clear(true).unwrap();
        let mut batch = Batch::new();
        fill(&mut batch);
        ctx.decode(&batch).map(|out| out.logits_last().unwrap().to_vec())
    };
    let text = run(&|batch| {
        batch.add(Token(5), 0, &[A], false).add_embedding(&rows[9], 1, &[A], false);
        batch.add_embedding(&rows[8], 2, &[A], true);
    });
    let same = run(&|batch| {
        batch.add(Token(5), 0, &[A], false).add_embedding_at(&rows[9], [1, 1, 1, 0], &[A], false);
        batch.add_embedding_at(&rows[8], [2, 2, 2, 0], &[A], true);
    });
    assert!(close(&text.unwrap(), same.as_ref().unwrap()));
    // Both parts at one time, one below the other; the text goes on behind the larger side.
    let picture = run(&|batch| {
        batch.add(Token(5), 0, &[A], false).add_embedding_at(&rows[9], [1, 1, 1, 0], &[A], false);
        batch.add_embedding_at(&rows[8], [1, 2, 1, 0], &[A], false).add(Token(6), 3, &[A], true);
    });
    assert!(!close(&picture.unwrap(), &same.unwrap()));
    let backwards = run(&|batch| {
        batch.add_embedding_at(&rows[9], [4, 4, 4, 0], &[A], false);
        batch.add_embedding_at(&rows[8], [3, 5, 4, 0], &[A], true);
    });
    let backwards = backwards.unwrap_err();
    assert!(matches!(backwards.error, Error::PositionGap { index: 1, .. }), "{backwards}");
    let outside = run(&|batch| {
        batch.add_embedding_at(&rows[9], [0, -1, 0, 0], &[A], true);
    });
    assert!(matches!(outside.unwrap_err().error, Error::InvalidBatch { index: 0, .. }));
}
