//! Embeddings, one per token and pooled.

use crate::common::{batch, model, random, random_shape};
use llama::{AttentionType, Batch, Error, Pooling, SeqId, Token};
use llama_test_kit::{Arch, Shape};

fn tokens(n: i32) -> Vec<Token> {
    (5..5 + n).map(Token).collect()
}

#[test]
fn an_encoder_gives_pooled_embeddings() {
    let bert = random(Arch::Bert);
    for pooling in [Pooling::Mean, Pooling::Cls, Pooling::Last] {
        let mut ctx = bert
            .context_builder()
            .n_ctx(256)
            .n_seq_max(2)
            .embeddings(true)
            .pooling(pooling)
            .n_threads(1)
            .build()
            .unwrap();
        let mut two = Batch::new();
        two.extend(SeqId(0), 0, &tokens(6)).extend(SeqId(1), 0, &tokens(9));
        let out = ctx.encode(&two).unwrap();
        let (a, b) = (out.pooled(SeqId(0)).unwrap(), out.pooled(SeqId(1)).unwrap());
        assert_eq!((a.len(), b.len()), (bert.n_embd_output(), bert.n_embd_output()));
        assert!(a.iter().all(|x| x.is_finite()) && a != b, "{pooling:?}");
        assert!(matches!(out.pooled(SeqId(5)), Err(Error::NoOutput { .. })));
        assert!(matches!(out.embedding(0), Err(Error::NoOutput { .. })));
        assert!(matches!(out.logits_last(), Err(Error::NoOutput { .. })));
    }
}

#[test]
fn an_encoder_gives_embeddings_per_token() {
    let bert = random(Arch::Bert);
    let mut ctx = bert
        .context_builder()
        .n_ctx(256)
        .embeddings(true)
        .pooling(Pooling::None)
        .n_threads(1)
        .build()
        .unwrap();
    let out = ctx.decode(&batch(0, 0, &tokens(6))).unwrap();
    assert_eq!(out.len(), 6);
    assert_eq!(out.embedding(5).unwrap().len(), bert.n_embd_output());
    assert!(matches!(ctx.memory().clear(false), Err(Error::NoMemory)));
}

#[test]
fn an_encoder_has_a_table_of_positions() {
    let bert = random(Arch::Bert);
    let limit = bert.n_ctx_train();
    let mut ctx = bert
        .context_builder()
        .n_ctx(limit + 512)
        .n_batch(limit + 512)
        .n_ubatch(limit + 512)
        .embeddings(true)
        .n_threads(1)
        .build()
        .unwrap();
    let long = vec![Token(7); limit as usize + 1];
    let error = ctx.encode(&batch(0, 0, &long)).unwrap_err();
    assert!(matches!(error.error, Error::ContextFull { .. }), "{error:?}");
    assert!(ctx.encode(&batch(0, 0, &long[..limit as usize])).is_ok());
}

#[test]
fn what_must_stay_together_is_not_split() {
    let bert = random(Arch::Bert);
    let mut ctx = bert
        .context_builder()
        .n_ctx(256)
        .n_batch(8)
        .n_ubatch(8)
        .embeddings(true)
        .n_threads(1)
        .build()
        .unwrap();
    let error = ctx.encode(&batch(0, 0, &tokens(9))).unwrap_err();
    assert!(matches!(error.error, Error::BatchTooLarge { n_tokens: 9, max: 8, .. }), "{error:?}");
    assert!(ctx.encode(&batch(0, 0, &tokens(8))).is_ok());

    let mut ctx = model()
        .context_builder()
        .n_ctx(256)
        .n_ubatch(8)
        .attention(AttentionType::NonCausal)
        .n_threads(1)
        .build()
        .unwrap();
    let error = ctx.decode(&batch(0, 0, &tokens(9))).unwrap_err();
    assert!(matches!(error.error, Error::BatchTooLarge { .. }), "{error:?}");
}

#[test]
fn a_decoder_gives_embeddings_over_a_split_batch() {
    let model = model();
    let prompt = tokens(20);
    let vectors = |n_batch: u32| -> Vec<Vec<f32>> {
        let mut ctx = model
            .context_builder()
            .n_ctx(256)
            .n_batch(n_batch)
            .n_ubatch(n_batch)
            .embeddings(true)
            .pooling(Pooling::None)
            .n_threads(1)
            .build()
            .unwrap();
        let out = ctx.decode(&batch(0, 0, &prompt)).unwrap();
        assert!(out.logits(0).is_err() || n_batch >= 20, "logits nobody asked for are not kept");
        (0..prompt.len()).map(|i| out.embedding(i).unwrap().to_vec()).collect()
    };
    let (whole, split) = (vectors(64), vectors(7));
    for (a, b) in whole.iter().zip(&split) {
        let difference = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 0.2, "{difference}");
    }
}

#[test]
fn a_decoder_pools_sequences_of_different_length() {
    let model = model();
    let one = |n: i32| -> Vec<f32> {
        let mut ctx = model
            .context_builder()
            .n_ctx(256)
            .embeddings(true)
            .pooling(Pooling::Mean)
            .n_threads(1)
            .build()
            .unwrap();
        ctx.decode(&batch(0, 0, &tokens(n))).unwrap().pooled(SeqId(0)).unwrap().to_vec()
    };
    let mut ctx = model
        .context_builder()
        .n_ctx(512)
        .n_seq_max(2)
        .embeddings(true)
        .pooling(Pooling::Mean)
        .n_threads(1)
        .build()
        .unwrap();
    let mut two = Batch::new();
    two.extend(SeqId(0), 0, &tokens(4)).extend(SeqId(1), 0, &tokens(11));
    let out = ctx.decode(&two).unwrap();
    for (seq, alone) in [(0, one(4)), (1, one(11))] {
        let together = out.pooled(SeqId(seq)).unwrap();
        let difference = alone.iter().zip(together).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 0.05, "sequence {seq}: {difference}");
    }
}

#[test]
fn sequences_that_would_be_cut_are_refused() {
    let model = model();
    let mut two = Batch::new();
    two.extend(SeqId(0), 0, &tokens(4)).extend(SeqId(1), 0, &tokens(11)).logits_for_last();
    let builder = || model.context_builder().n_ctx(512).n_seq_max(2).kv_unified(false).n_threads(1);
    let mut pooled = builder().pooling(Pooling::Mean).build().unwrap();
    pooled.set_embeddings(true).unwrap();
    let mut open = builder().build().unwrap();
    open.set_causal_attention(false).unwrap();
    for ctx in [&mut pooled, &mut open] {
        let refused = ctx.decode(&two).map(|output| output.len()).map_err(|failure| failure.error);
        let named =
            matches!(&refused, Err(Error::InvalidBatch { reason, .. }) if reason.contains("kv_unified"));
        assert!(named, "{refused:?}");
        let mut even = Batch::new();
        even.extend(SeqId(0), 0, &tokens(4)).extend(SeqId(1), 0, &tokens(4));
        ctx.decode(&even).unwrap();
    }
}

#[test]
fn a_reranker_gives_scores() {
    let model = random_shape(Shape::tiny_reranker());
    let mut ctx = model
        .context_builder()
        .n_ctx(256)
        .embeddings(true)
        .pooling(Pooling::Rank)
        .n_threads(1)
        .build()
        .unwrap();
    let out = ctx.encode(&batch(0, 0, &tokens(8))).unwrap();
    assert_eq!(out.pooled(SeqId(0)).unwrap().len(), model.n_classifier_outputs() as usize);
}

#[test]
fn ranking_without_a_classifier_is_refused() {
    let refused = model().context_builder().n_ctx(256).embeddings(true).pooling(Pooling::Rank).build();
    assert!(matches!(refused, Err(Error::InvalidParameter { .. })), "{refused:?}");
    assert!(model().context_builder().n_ctx(256).build().is_ok());
}

#[test]
fn any_number_of_sequences_can_be_averaged() {
    for model in [model(), random(Arch::Bert)] {
        for sequences in [1, 3, 5, 7] {
            let builder = model.context_builder().n_ctx(256).n_seq_max(sequences).n_threads(1);
            let builder = builder.pooling(Pooling::Mean).kv_unified(true);
            let mut contexts = [
                builder.clone().embeddings(true).build().unwrap(),
                builder.clone().embeddings(true).n_outputs_max(13).build().unwrap(),
                builder.embeddings(false).build().unwrap(),
            ];
            contexts[2].set_embeddings(true).unwrap();
            let last = i32::try_from(sequences).unwrap() - 1;
            let [first, few_outputs, switched_on] = contexts.map(|mut ctx| {
                let output = ctx.decode(&batch(last, 0, &tokens(7))).unwrap();
                output.pooled(SeqId(last)).unwrap().to_vec()
            });
            assert_eq!(first.len(), model.n_embd_output());
            assert!(first == few_outputs && first == switched_on, "{sequences} sequences");
        }
    }
}
