//! Decoding and sampling allocate nothing once their buffers are there.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use llama::{Batch, Candidates, CustomSampler, Logits, Model, Sampler, SeqId, Token};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is left to the system's allocator; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the pointer comes from `alloc` above, that is, from the system.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Raises even tokens.
#[derive(Clone)]
struct Even;

impl CustomSampler for Even {
    fn name(&self) -> &'static str {
        "even"
    }

    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        candidates.map_logits(|token, logit| if token.0 % 2 == 0 { logit + 1.0 } else { logit });
        candidates.sort();
        candidates.truncate(100);
        candidates.retain(|token, _| token != Token(4));
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

#[test]
fn sampling_allocates_nothing() {
    let logits: Vec<f32> = (0..32_000_i16).map(|i| (f32::from(i) * 0.61).cos() * 3.0).collect();
    let mut sampler =
        Sampler::builder().custom(Even).top_k(40).top_p(0.9).temperature(0.8).seed(1).build().unwrap();
    let mut probabilities = Vec::new();
    let mut round = || {
        sampler.sample(&logits).unwrap();
        Logits::from(&logits).log_probabilities_into(&mut probabilities).unwrap();
        Logits::from(&logits).log_probability(Token(7)).unwrap();
    };
    round();
    let before = COUNT.get();
    for _ in 0..20 {
        round();
    }
    assert_eq!(COUNT.get() - before, 0);
}

#[test]
fn decoding_a_token_allocates_nothing() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/model/llama-tiny-chat.gguf");
    let model = Model::load(path).unwrap();
    let mut ctx = model.context_builder().n_ctx(512).n_seq_max(2).n_threads(1).build().unwrap();
    ctx.sample_on_device(SeqId(1), Sampler::builder().top_k(4).seed(1)).unwrap();
    let mut sampler = Sampler::builder().top_k(40).temperature(0.8).seed(1).build().unwrap();
    let (mut batch, mut tokens, mut pos) = (Batch::new(), [Token(5); 2], 0);
    let mut step = || {
        batch.clear();
        for (seq, token) in [SeqId(0), SeqId(1)].into_iter().zip(tokens) {
            batch.add(token, pos, &[seq], true);
        }
        pos += 1;
        let out = ctx.decode(&batch).unwrap();
        tokens = [sampler.sample(out.logits(0).unwrap()).unwrap(), out.sampled(1).unwrap().token];
    };
    for _ in 0..4 {
        step();
    }
    let before = COUNT.get();
    for _ in 0..50 {
        step();
    }
    assert_eq!(COUNT.get() - before, 0);
}
