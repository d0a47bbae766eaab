//! Computing batches.

use crate::common::{answer, batch, context, greedy, model, question, random};
use llama::{Batch, Error, MemoryEffect, SeqId, Token};
use llama_test_kit::Arch;

#[test]
fn the_default_model_answers() {
    let reply = answer(&mut context(&model()), "What is the capital of France?");
    assert!(reply.contains("Paris"), "{reply:?}");
}

#[test]
fn every_architecture_computes() {
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Qwen3, Arch::Gemma2, Arch::Gemma3, Arch::Mamba, Arch::Jamba]
    {
        let model = random(arch);
        let tokens: Vec<Token> = (5..25).map(Token).collect();
        let mut ctx = model.context_builder().n_ctx(256).n_threads(2).build().unwrap();
        let out = ctx.decode(&batch(0, 0, &tokens)).unwrap();
        let logits = out.logits_last().unwrap();
        assert_eq!(logits.len(), model.n_vocab(), "{arch:?}");
        assert!(logits.iter().all(|l| l.is_finite()), "{arch:?}");
    }
}

/// Largest difference between two rows of logits.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn a_split_batch_gives_every_output() {
    let model = model();
    let prompt = question("What is the opposite of hot? And what is the capital of Italy?");
    let mut all = Batch::new();
    all.extend(SeqId(0), 0, &prompt).logits_for_all();

    let mut whole = context(&model);
    let reference: Vec<Vec<f32>> = {
        let out = whole.decode(&all).unwrap();
        (0..prompt.len()).map(|i| out.logits(i).unwrap().to_vec()).collect()
    };
    for n_batch in [1, 3, 8] {
        let mut ctx = model
            .context_builder()
            .n_ctx(512)
            .n_batch(n_batch)
            .n_ubatch(n_batch)
            .n_threads(1)
            .build()
            .unwrap();
        let out = ctx.decode(&all).unwrap();
        assert_eq!(out.len(), prompt.len());
        assert!(out.entries().eq(0..prompt.len()));
        for (i, expected) in reference.iter().enumerate() {
            let difference = distance(&out.logits(i).unwrap(), expected);
            assert!(difference < 0.2, "n_batch {n_batch}, entry {i}: {difference}");
        }
    }
}

#[test]
fn outputs_are_found_by_entry() {
    let prompt = question("How are you?");
    let mut some = Batch::new();
    some.extend(SeqId(0), 0, &prompt).logits_for(1).logits_for(4);
    let mut ctx = context(&model());
    let out = ctx.decode(&some).unwrap();
    assert!(out.entries().eq([1, 4]));
    assert_ne!(out.logits(1).unwrap().to_vec(), out.logits(4).unwrap().to_vec());
    assert_eq!(out.logits_last().unwrap().to_vec(), out.logits(4).unwrap().to_vec());
    assert_eq!(out.logits(0).unwrap_err(), Error::NoLogits { index: 0 });
    assert_eq!(out.logits(99).unwrap_err(), Error::NoLogits { index: 99 });
    assert!(matches!(out.embedding(1), Err(Error::NoOutput { .. })));
    assert!(matches!(out.pooled(SeqId(0)), Err(Error::NoOutput { .. })));
}

#[test]
fn a_batch_without_output_is_fine() {
    let mut ctx = context(&model());
    let mut quiet = Batch::new();
    quiet.extend(SeqId(0), 0, &question("Hello!"));
    let out = ctx.decode(&quiet).unwrap();
    assert!(out.is_empty());
    assert!(matches!(out.logits_last(), Err(Error::NoOutput { .. })));
}

#[test]
fn few_outputs_at_once_are_enough() {
    let prompt = question("What is 7 + 8?");
    let mut all = Batch::new();
    all.extend(SeqId(0), 0, &prompt).logits_for_all();
    let mut ctx = model().context_builder().n_ctx(512).n_outputs_max(2).n_threads(1).build().unwrap();
    assert_eq!(ctx.decode(&all).unwrap().len(), prompt.len());
}

#[test]
fn several_sequences_at_once() {
    let model = model();
    let questions =
        ["What is the capital of France?", "What comes after Monday?", "What is the opposite of hot?"];
    let alone: Vec<_> = questions.iter().map(|q| greedy(&mut context(&model), 0, &question(q), 12)).collect();
    for unified in [false, true] {
        let mut ctx = model
            .context_builder()
            .n_ctx(3 * 256)
            .n_seq_max(3)
            .kv_unified(unified)
            .n_threads(1)
            .build()
            .unwrap();
        let mut together = Batch::new();
        for (seq, text) in (0..).zip(questions) {
            together.extend(SeqId(seq), 0, &question(text)).logits_for_last();
        }
        let firsts: Vec<Token> = {
            let out = ctx.decode(&together).unwrap();
            assert_eq!(out.len(), 3);
            let rows: Vec<usize> = out.entries().collect();
            let mut sampler = llama::Sampler::greedy().unwrap();
            rows.iter().map(|&row| sampler.sample(out.logits(row).unwrap()).unwrap()).collect()
        };
        for (first, tokens) in firsts.iter().zip(&alone) {
            assert_eq!(first, &tokens[0], "unified: {unified}");
        }
    }
}

#[test]
fn embeddings_go_in() {
    let model = random(Arch::Llama);
    let mut ctx = context(&model);
    let mut vectors = Batch::new();
    for pos in 0..4 {
        vectors.add_embedding(&vec![0.01; model.n_embd_input()], pos, &[SeqId(0)], pos == 3);
    }
    assert_eq!(ctx.decode(&vectors).unwrap().logits(3).unwrap().len(), model.n_vocab());
}

#[test]
fn a_full_context_is_an_error_with_numbers() {
    let model = model();
    let mut ctx = model.context_builder().n_ctx(256).n_threads(1).build().unwrap();
    let long = vec![Token(40); 300];
    let error = ctx.decode(&batch(0, 0, &long)).unwrap_err();
    assert_eq!(error.error, Error::ContextFull { needed: 300, available: 256 });
    assert_eq!(error.memory, MemoryEffect::Unchanged);
    assert!(ctx.decode(&batch(0, 0, &long[..256])).is_ok(), "exactly full is fine");
    let error = ctx.decode(&batch(0, 256, &long[..1])).unwrap_err();
    assert_eq!(error.error, Error::ContextFull { needed: 257, available: 256 });
}

#[test]
fn shared_memory_that_is_full_says_so() {
    let model = model();
    let mut ctx =
        model.context_builder().n_ctx(256).n_seq_max(2).kv_unified(true).n_threads(1).build().unwrap();
    let tokens = vec![Token(40); 200];
    ctx.decode(&batch(0, 0, &tokens)).unwrap();
    let error = ctx.decode(&batch(1, 0, &tokens)).unwrap_err();
    assert!(matches!(error.error, Error::NoKvSlot { .. }), "{error:?}");
    assert_eq!(error.memory, MemoryEffect::Unchanged);
    assert_eq!(ctx.memory().pos_max(SeqId(1)).unwrap(), None, "nothing of it stays");
    assert!(ctx.decode(&batch(1, 0, &tokens[..50])).is_ok());
}

#[test]
fn encoders_and_decoders_are_told_apart() {
    let tokens: Vec<Token> = (5..15).map(Token).collect();
    let mut ctx = context(&model());
    assert_eq!(ctx.encode(&batch(0, 0, &tokens)).unwrap_err().error, Error::NoEncoder);

    let t5 = random(Arch::T5);
    assert!(t5.has_encoder() && t5.has_decoder());
    let mut ctx = t5.context_builder().n_ctx(256).n_threads(1).build().unwrap();
    assert_eq!(ctx.decode(&batch(0, 0, &tokens)).unwrap_err().error, Error::EncodeFirst);
    let out = ctx.encode(&batch(0, 0, &tokens)).unwrap();
    assert!(matches!(out.logits_last(), Err(Error::NoOutput { .. })));
    let start = t5.decoder_start_token().unwrap_or(Token(0));
    let out = ctx.decode(&batch(0, 0, &[start])).unwrap();
    assert_eq!(out.logits_last().unwrap().len(), t5.n_vocab());
}

#[test]
fn counters_count() {
    let model = model();
    let mut ctx = model.context_builder().n_ctx(512).n_threads(1).perf(true).build().unwrap();
    greedy(&mut ctx, 0, &question("Hello!"), 4);
    ctx.synchronize().unwrap();
    let perf = ctx.perf().unwrap();
    assert!(perf.prompt_tokens > 0 && perf.generated_tokens > 0, "{perf:?}");
    assert!(!perf.prompt.is_zero() && !perf.generation.is_zero(), "{perf:?}");
    ctx.reset_perf().unwrap();
    assert!(ctx.perf().unwrap().generation.is_zero());
}

#[test]
fn sizes_are_known() {
    let ctx =
        model().context_builder().n_ctx(300).n_seq_max(2).n_threads(1).n_threads_batch(2).build().unwrap();
    assert_eq!(ctx.n_ctx() % 256, 0);
    assert_eq!(ctx.n_ctx(), ctx.n_ctx_seq() * 2);
    assert_eq!(ctx.n_seq_max(), 2);
    assert!(ctx.n_batch() > 0 && ctx.n_ubatch() > 0);
    assert_eq!((ctx.n_threads(), ctx.n_threads_batch()), (1, 2));
    assert!(ctx.causal_attention() && !ctx.embeddings() && !ctx.is_poisoned());
    assert_eq!(ctx.pooling(), llama::Pooling::None);
}

#[test]
fn setters_change_the_running_context() {
    let model = model();
    let mut ctx = context(&model);
    let before = answer(&mut ctx, "What is the capital of France?");
    ctx.memory().clear(true).unwrap();
    ctx.set_n_threads(2, 2).unwrap();
    assert_eq!(ctx.n_threads(), 2);
    assert_eq!(answer(&mut ctx, "What is the capital of France?"), before);
    ctx.memory().clear(false).unwrap();
    ctx.set_embeddings(true).unwrap();
    let prompt = question("Hello!");
    let out = ctx.decode(&batch(0, 0, &prompt)).unwrap();
    assert_eq!(out.embedding(0).unwrap().len(), model.n_embd_output());
    assert_eq!(out.len(), prompt.len(), "with embeddings every entry has output");
    ctx.memory().clear(false).unwrap();
    ctx.set_embeddings(false).unwrap();
    ctx.set_causal_attention(false).unwrap();
    assert!(ctx.decode(&batch(0, 0, &prompt)).is_ok());
}
