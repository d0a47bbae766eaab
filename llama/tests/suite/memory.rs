//! Editing what a context remembers.

use crate::common::{batch, context, greedy, model, question, random, random_shape};
use llama::{CacheType, Context, Error, FlashAttention, MemoryEffect, Model, SeqId, Token};
use llama_test_kit::{Arch, Shape};
use std::time::Instant;

const A: SeqId = SeqId(0);
const B: SeqId = SeqId(1);

fn tokens(n: i32) -> Vec<Token> {
    (5..5 + n).map(Token).collect()
}

#[test]
fn positions_are_known() {
    let mut ctx = context(&model());
    assert_eq!(ctx.memory().span(A).unwrap(), None);
    ctx.decode(&batch(0, 0, &tokens(10))).unwrap();
    let memory = ctx.memory();
    assert_eq!(memory.span(A).unwrap(), Some((0, 9)));
    assert_eq!((memory.pos_min(A).unwrap(), memory.pos_max(A).unwrap()), (Some(0), Some(9)));
}

#[test]
fn forgetting_the_end_and_going_on() {
    let model = model();
    let prompt = question("What is the capital of France?");
    let expected = greedy(&mut context(&model), 0, &prompt, 8);
    let mut ctx = context(&model);
    ctx.decode(&batch(0, 0, &prompt)).unwrap();
    ctx.decode(&batch(0, i32::try_from(prompt.len()).unwrap(), &tokens(9))).unwrap();
    let keep = i32::try_from(prompt.len()).unwrap() - 1;
    ctx.memory().seq_remove(A, keep..).unwrap();
    assert_eq!(ctx.memory().pos_max(A).unwrap(), Some(keep - 1));
    let mut sampler = llama::Sampler::greedy().unwrap();
    let mut next = batch(0, keep, &prompt[prompt.len() - 1..]);
    for (pos, &token) in (keep + 1..).zip(&expected) {
        let out = ctx.decode(&next).unwrap();
        assert_eq!(sampler.sample(out.logits_last().unwrap()).unwrap(), token);
        next = batch(0, pos, &[token]);
    }
}

#[test]
fn ranges_of_all_kinds() {
    let mut ctx = context(&model());
    ctx.decode(&batch(0, 0, &tokens(10))).unwrap();
    let mut memory = ctx.memory();
    memory.seq_remove(A, 4..4).unwrap();
    assert_eq!(memory.span(A).unwrap(), Some((0, 9)), "an empty range removes nothing");
    memory.seq_remove(A, 8..=9).unwrap();
    memory.seq_remove(A, ..2).unwrap();
    assert_eq!(memory.span(A).unwrap(), Some((2, 7)));
    memory.seq_remove(A, ..).unwrap();
    assert_eq!(memory.span(A).unwrap(), None);
}

#[test]
fn copies_continue_alike() {
    let model = model();
    let prompt = question("What comes after Monday?");
    for unified in [true, false] {
        let mut ctx = model
            .context_builder()
            .n_ctx(1024)
            .n_seq_max(2)
            .kv_unified(unified)
            .n_threads(1)
            .build()
            .unwrap();
        let (last, first) = prompt.split_last().unwrap();
        ctx.decode(&batch(0, 0, first)).unwrap();
        ctx.memory().seq_copy(A, B, ..).unwrap();
        assert_eq!(ctx.memory().span(A).unwrap(), ctx.memory().span(B).unwrap());
        let pos = i32::try_from(first.len()).unwrap();
        let a = ctx.decode(&batch(0, pos, &[*last])).unwrap().logits_last().unwrap().to_vec();
        let b = ctx.decode(&batch(1, pos, &[*last])).unwrap().logits_last().unwrap().to_vec();
        let difference = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 0.1, "unified {unified}: {difference}");
        ctx.memory().seq_keep(B).unwrap();
        assert_eq!(ctx.memory().span(A).unwrap(), None, "unified {unified}");
        assert!(ctx.memory().span(B).unwrap().is_some());
    }
}

#[test]
fn copies_that_cannot_work_are_refused() {
    let model = model();
    let mut split = model.context_builder().n_ctx(1024).n_seq_max(2).n_threads(1).build().unwrap();
    split.decode(&batch(0, 0, &tokens(10))).unwrap();
    assert!(matches!(split.memory().seq_copy(A, B, 0..5), Err(Error::Memory { .. })));
    split.memory().seq_copy(A, B, 0..10).unwrap();
    assert!(matches!(split.memory().seq_copy(A, B, ..), Err(Error::Memory { .. })), "B is not empty");

    let mut shared =
        model.context_builder().n_ctx(1024).n_seq_max(2).kv_unified(true).n_threads(1).build().unwrap();
    shared.decode(&batch(0, 0, &tokens(10))).unwrap();
    shared.memory().seq_copy(A, B, ..5).unwrap();
    assert_eq!(shared.memory().span(B).unwrap(), Some((0, 4)));
    assert!(matches!(shared.memory().seq_copy(A, B, ..), Err(Error::Memory { .. })));
    shared.memory().seq_copy(A, B, 5..).unwrap();
    assert_eq!(shared.memory().span(B).unwrap(), Some((0, 9)));
    shared.memory().seq_copy(A, A, ..).unwrap();
    shared.decode(&batch(1, 10, &tokens(3))).unwrap();
}

#[test]
fn shifting_closes_a_gap() {
    let model = model();
    let mut ctx = context(&model);
    assert!(ctx.memory().can_shift().unwrap());
    ctx.decode(&batch(0, 0, &tokens(20))).unwrap();
    let mut memory = ctx.memory();
    memory.seq_remove(A, 4..10).unwrap();
    memory.seq_add(A, 10.., -6).unwrap();
    assert_eq!(memory.span(A).unwrap(), Some((0, 13)));
    ctx.decode(&batch(0, 14, &tokens(2))).unwrap();
    let mut memory = ctx.memory();
    assert!(matches!(memory.seq_add(A, .., -1), Err(Error::Memory { .. })));
    assert!(matches!(memory.seq_add(A, .., i32::MAX), Err(Error::Memory { .. })));
    memory.seq_add(A, 100.., -50).unwrap();
    memory.seq_add(A, .., 0).unwrap();
    assert!(matches!(memory.seq_div(A, .., 0), Err(Error::InvalidParameter { .. })));
    assert!(matches!(memory.seq_div(A, .., -3), Err(Error::InvalidParameter { .. })));
    memory.seq_div(A, .., 1).unwrap();
    memory.seq_div(A, 8.., 2).unwrap();
}

/// A model with heads of this many numbers.
fn heads_of(head_dim: u32) -> Model {
    random_shape(Shape { head_dim, ..Shape::tiny(Arch::Llama) })
}

#[test]
fn a_cancel_while_keys_are_turned_empties_the_memory() {
    // Turning takes much longer than computing a token.
    let model = heads_of(64);
    let builder = model.context_builder().n_ctx(1 << 16).n_ubatch(32).type_k(CacheType::Q8_0).n_threads(1);
    let mut ctx = builder.build().unwrap();
    let token = ctx.cancel_token();
    let mut pause = None;
    for _ in 0..20 {
        token.reset();
        ctx.memory().clear(false).unwrap();
        ctx.decode(&batch(0, 0, &tokens(20))).unwrap();
        let mut memory = ctx.memory();
        memory.seq_remove(A, 4..10).unwrap();
        memory.seq_add(A, 10.., -6).unwrap();
        let Some(pause) = pause else {
            let start = Instant::now();
            ctx.decode(&batch(0, 14, &tokens(1))).unwrap();
            pause = Some(start.elapsed() / 2);
            continue;
        };
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(pause);
                token.cancel();
            });
            ctx.decode(&batch(0, 14, &tokens(1))).map(drop)
        });
        // Elsewhere on a busy machine: before the call, or behind it.
        let Err(failure) = outcome else { continue };
        assert_eq!(failure.error, Error::Cancelled);
        if failure.memory == MemoryEffect::Unchanged {
            continue;
        }
        assert_eq!(failure.memory, MemoryEffect::Partial);
        assert_eq!(ctx.memory().span(A).unwrap(), None);
        token.reset();
        ctx.decode(&batch(0, 0, &tokens(20))).unwrap();
        return;
    }
    panic!("never stopped while keys were turned");
}

#[test]
fn keys_that_cannot_be_moved_are_refused() {
    for (head_dim, type_k, moves) in [
        (64, CacheType::F32, true),
        (64, CacheType::F16, true),
        (64, CacheType::Q8_0, true),
        (128, CacheType::Q8_0, true),
        (64, CacheType::Bf16, false),
        (32, CacheType::Q8_0, false),
        (96, CacheType::Q4_0, false),
    ] {
        let what = format!("{type_k:?}, heads of {head_dim}");
        let model = heads_of(head_dim);
        let mut ctx = model.context_builder().n_ctx(256).type_k(type_k).n_threads(2).build().unwrap();
        ctx.decode(&batch(0, 0, &tokens(20))).unwrap();
        let mut memory = ctx.memory();
        assert_eq!(memory.can_shift().unwrap(), moves, "{what}");
        memory.seq_remove(A, 4..10).unwrap();
        let moved = memory.seq_add(A, 10.., -6);
        if !moves {
            assert!(matches!(&moved, Err(Error::Memory { .. })), "{what}: {moved:?}");
            let divided = memory.seq_div(A, 10.., 2);
            assert!(matches!(&divided, Err(Error::Memory { .. })), "{what}: {divided:?}");
            ctx.decode(&batch(0, 20, &tokens(2))).unwrap();
            continue;
        }
        moved.unwrap();
        let found = ctx.decode(&batch(0, 14, &tokens(2))).unwrap().logits_last().unwrap().to_vec();
        let mut plain = context(&model);
        plain.decode(&batch(0, 0, &tokens(20))).unwrap();
        plain.memory().seq_remove(A, 4..10).unwrap();
        plain.memory().seq_add(A, 10.., -6).unwrap();
        let expected = plain.decode(&batch(0, 14, &tokens(2))).unwrap().logits_last().unwrap().to_vec();
        let difference = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 0.2, "{what}: {difference}");
    }
}

#[test]
fn keys_in_blocks_need_heads_of_whole_blocks() {
    for head_dim in [16, 80] {
        for flash in [FlashAttention::Off, FlashAttention::On, FlashAttention::Auto] {
            let builder = heads_of(head_dim).context_builder().n_ctx(256).n_threads(1).flash_attention(flash);
            let error = builder.type_k(CacheType::Q8_0).build().unwrap_err().to_string().to_lowercase();
            assert!(error.contains("q8_0") && error.contains(&head_dim.to_string()), "{error}");
        }
    }
}

#[test]
fn recurrent_memory_refuses_what_it_cannot_do() {
    for arch in [Arch::Mamba, Arch::Jamba] {
        let model = random(arch);
        assert!(model.is_recurrent() || model.is_hybrid(), "{arch:?}");
        let mut ctx = model.context_builder().n_ctx(512).n_seq_max(2).n_threads(1).build().unwrap();
        ctx.decode(&batch(0, 0, &tokens(10))).unwrap();
        let refused = ctx.memory().seq_remove(A, 3..6);
        assert!(matches!(refused, Err(Error::Memory { .. })), "{arch:?}: {refused:?}");
        assert_eq!(ctx.memory().pos_max(A).unwrap(), Some(9), "{arch:?}: unchanged");
        ctx.memory().seq_copy(A, B, ..).unwrap();
        ctx.decode(&batch(1, 10, &tokens(1))).unwrap();
        ctx.memory().seq_remove(A, ..).unwrap();
        ctx.decode(&batch(0, 0, &tokens(3))).unwrap();
    }
}

#[test]
fn sliding_windows_can_be_edited_by_default() {
    for arch in [Arch::Gemma2, Arch::Gemma3] {
        let model = random(arch);
        assert!(model.n_swa() > 0, "{arch:?}");
        let mut ctx = context(&model);
        ctx.decode(&batch(0, 0, &tokens(40))).unwrap();
        ctx.memory().seq_remove(A, 5..).unwrap();
        assert_eq!(ctx.memory().span(A).unwrap(), Some((0, 4)));
        ctx.decode(&batch(0, 5, &tokens(3))).unwrap();
    }
}

/// Two sequences that share a memory with a small window.
fn small_window(model: &Model) -> Context {
    let builder = model.context_builder().n_ctx(512).n_seq_max(2).kv_unified(true).n_threads(1);
    builder.swa_full(false).n_batch(32).n_ubatch(32).build().unwrap()
}

#[test]
fn a_failed_batch_that_has_moved_the_window_says_so() {
    let mut ctx = small_window(&random(Arch::Gemma3));
    ctx.decode(&batch(0, 0, &tokens(100))).unwrap();
    ctx.decode(&batch(1, 0, &tokens(100))).unwrap();
    let before = ctx.memory().span(B).unwrap();
    let failure = ctx.decode(&batch(0, 100, &tokens(400))).unwrap_err();
    assert!(matches!(failure.error, Error::NoKvSlot { .. }), "{failure:?}");
    assert_eq!(failure.memory, MemoryEffect::Partial);
    assert_eq!(
        (ctx.memory().span(A).unwrap(), ctx.memory().pos_max(B).unwrap()),
        (None, before.map(|span| span.1))
    );
    ctx.decode(&batch(0, 0, &tokens(300))).unwrap();
    let failure = ctx.decode(&batch(1, 100, &tokens(200))).unwrap_err();
    assert!(matches!(failure.error, Error::NoKvSlot { .. }), "{failure:?}");
}

#[test]
fn a_window_that_has_moved_on_does_not_go_back() {
    let model = random(Arch::Gemma3);
    let window = i32::try_from(model.n_swa()).unwrap();
    let build = || small_window(&model);
    let mut ctx = build();
    for start in [0, 100, 200] {
        ctx.decode(&batch(0, start, &tokens(100))).unwrap();
    }
    let before = ctx.memory().span(A).unwrap();
    let oldest = before.unwrap().0;
    assert!(oldest > 0, "the window moves");
    for from in [5, oldest, oldest + window - 2] {
        let refused = ctx.memory().seq_remove(A, from..);
        assert!(
            matches!(&refused, Err(Error::Memory { reason, .. }) if reason.contains("swa_full")),
            "{refused:?}"
        );
        let refused = ctx.memory().seq_copy(A, B, ..from);
        assert!(matches!(&refused, Err(Error::Memory { .. })), "{refused:?}");
        assert_eq!((ctx.memory().span(A).unwrap(), ctx.memory().span(B).unwrap()), (before, None));
    }
    ctx.memory().seq_copy(A, B, ..).unwrap();
    ctx.memory().seq_remove(B, oldest + window - 1..).unwrap();
    assert_eq!(ctx.memory().pos_max(B).unwrap(), Some(oldest + window - 2));
    ctx.memory().seq_remove(A, ..).unwrap();
    let again = ctx.decode(&batch(0, 0, &tokens(9))).unwrap().logits_last().unwrap().to_vec();
    let fresh = build().decode(&batch(0, 0, &tokens(9))).unwrap().logits_last().unwrap().to_vec();
    let difference = again.iter().zip(&fresh).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(difference < 0.05, "{difference}");
}
