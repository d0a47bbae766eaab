//! Stopping work.

use crate::common::{answer, batch, context, model, random_shape};
use llama::{CancelToken, Error, MemoryEffect, SeqId, Token};
use llama_test_kit::{Arch, Shape};
use std::time::{Duration, Instant};

/// A model whose prompts take a while.
fn slow() -> llama::Model {
    let mut shape = Shape { name: "slow".to_owned(), ..Shape::tiny(Arch::Llama) };
    shape.n_layer = 12;
    shape.n_embd = 512;
    shape.n_ff = 2048;
    random_shape(shape)
}

#[test]
fn a_long_prompt_stops_at_once() {
    let model = slow();
    let mut ctx = model.context_builder().n_ctx(4096).n_threads(1).build().unwrap();
    let prompt = vec![Token(40); 4000];
    let token = ctx.cancel_token();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        token.cancel();
        Instant::now()
    });
    let error = ctx.decode(&batch(0, 0, &prompt)).unwrap_err();
    let ended = Instant::now();
    let cancelled = stopper.join().unwrap();
    assert_eq!(error.error, Error::Cancelled);
    assert!(error.is_cancelled());
    assert_eq!(error.memory, MemoryEffect::Unchanged);
    let late = ended.saturating_duration_since(cancelled);
    assert!(late < Duration::from_millis(1500), "returned {late:?} after the cancel");
    assert_eq!(ctx.memory().pos_max(SeqId(0)).unwrap(), None, "nothing of the prompt stays");
    assert_eq!(ctx.decode(&batch(0, 0, &prompt[..4])).unwrap_err().error, Error::Cancelled, "still on");
    ctx.cancel_token().reset();
    ctx.decode(&batch(0, 0, &prompt[..4])).unwrap();
}

#[test]
fn what_was_there_before_stays() {
    let model = slow();
    let mut ctx = model.context_builder().n_ctx(4096).n_batch(256).n_threads(1).build().unwrap();
    ctx.decode(&batch(0, 0, &[Token(40); 10])).unwrap();
    let token = ctx.cancel_token();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        token.cancel();
    });
    let error = ctx.decode(&batch(0, 10, &vec![Token(41); 4000])).unwrap_err();
    stopper.join().unwrap();
    assert_eq!((error.error, error.memory), (Error::Cancelled, MemoryEffect::Unchanged));
    assert_eq!(ctx.memory().span(SeqId(0)).unwrap(), Some((0, 9)));
}

#[test]
fn tokens_can_be_exchanged() {
    let mut ctx = context(&model());
    let (first, second) = (ctx.cancel_token(), CancelToken::new());
    ctx.set_cancel_token(second.clone()).unwrap();
    first.cancel();
    assert!(!answer(&mut ctx, "Hello!").is_empty(), "the old one has no effect");
    ctx.memory().clear(false).unwrap();
    second.cancel();
    assert_eq!(ctx.decode(&batch(0, 0, &[Token(5)])).unwrap_err().error, Error::Cancelled);
}

#[test]
fn several_contexts_share_a_token() {
    let token = CancelToken::new();
    let model = model();
    let mut contexts: Vec<_> = (0..2)
        .map(|_| model.context_builder().n_ctx(256).n_threads(1).cancel(token.clone()).build().unwrap())
        .collect();
    token.cancel();
    for ctx in &mut contexts {
        assert_eq!(ctx.decode(&batch(0, 0, &[Token(5)])).unwrap_err().error, Error::Cancelled);
    }
}
