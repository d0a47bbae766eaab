//! What the library itself costs, on models small enough that nothing else counts.
//!
//! `decode` computes one token of a tiny model through `llama` and through raw FFI in the same process: the
//! difference is the price of the safe layer.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput};
use llama::{Batch, Model, Sampler, SeqId, Special, State, Token, sys};
use llama_test_kit::{Arch, RandomModel, Rng, Shape, VocabKind, WeightType};

/// Tokens in the memory before it is cleared again.
const DEPTH: i32 = 128;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for group in [decode, sample, tokenize, load, state, embed] {
        group(&mut criterion);
    }
    criterion.final_summary();
}

/// A tiny Llama with this vocabulary.
fn tiny(vocab: VocabKind, n_vocab: u32) -> PathBuf {
    let name = format!("tiny-llama-{n_vocab}");
    write(Shape { name, vocab, n_vocab, tied: true, ..Shape::tiny(Arch::Llama) })
}

/// As little to compute as a Llama can have.
fn tiniest() -> PathBuf {
    let name = "tiniest-llama".into();
    let vocab = VocabKind::ByteLevel("llama-bpe");
    let (n_vocab, n_layer, n_embd, n_ff, n_head, n_head_kv) = (300, 1, 32, 32, 2, 1);
    let tiny = Shape::tiny(Arch::Llama);
    write(Shape { name, vocab, n_vocab, n_layer, n_embd, n_ff, n_head, n_head_kv, tied: true, ..tiny })
}

fn write(shape: Shape) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("core");
    RandomModel::new(shape).weights(WeightType::Q8_0).cached(folder).expect("a model")
}

/// One token at a time, as generation does it.
fn decode(c: &mut Criterion) {
    let model = Model::load(tiniest()).expect("a model");
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(1));

    let mut ctx = model.context_builder().n_ctx(256).n_threads(1).build().expect("a context");
    let mut batch = Batch::new();
    let mut pos = 0;
    group.bench_function("llama", |b| {
        b.iter(|| {
            if pos == DEPTH {
                ctx.memory().clear(false).expect("cleared");
                pos = 0;
            }
            batch.clear().add(Token(100 + pos), pos, &[SeqId(0)], true);
            pos += 1;
            ctx.decode(&batch).expect("decoded").logits_last().expect("logits").as_slice()[0]
        });
    });

    let raw = RawContext::new(&model);
    let mut pos = 0;
    group.bench_function("raw FFI", |b| {
        b.iter(|| {
            if pos == DEPTH {
                raw.clear();
                pos = 0;
            }
            pos += 1;
            raw.decode(99 + pos, pos - 1)
        });
    });
    group.finish();
}

/// The same context made and used by hand.
struct RawContext {
    ctx: *mut sys::llama_context,
    pool: *mut sys::ggml_threadpool,
}

impl RawContext {
    fn new(model: &Model) -> Self {
        // SAFETY: returns a plain struct.
        let mut params = unsafe { sys::llama_context_default_params() };
        params.n_ctx = 256;
        params.n_threads = 1;
        params.n_threads_batch = 1;
        // SAFETY: the model outlives this object: `decode` holds it.
        let ctx = unsafe { sys::llama_init_from_model(model.as_ptr(), params) };
        assert!(!ctx.is_null(), "a context");
        // SAFETY: returns a plain struct.
        let mut params = unsafe { sys::ggml_threadpool_params_default(1) };
        // SAFETY: the parameters live through the call.
        let pool = unsafe { sys::ggml_threadpool_new(&raw mut params) };
        // SAFETY: both are alive until `drop`.
        unsafe { sys::llama_attach_threadpool(ctx, pool, pool) };
        Self { ctx, pool }
    }

    fn clear(&self) {
        // SAFETY: the context is alive.
        let memory = unsafe { sys::llama_get_memory(self.ctx) };
        // SAFETY: the memory is that of a living context.
        unsafe { sys::llama_memory_clear(memory, false) };
    }

    fn decode(&self, mut token: i32, mut pos: i32) -> f32 {
        let (mut n_seq_id, mut seq, mut output) = (1, 0, 1_i8);
        let mut seqs = &raw mut seq;
        let batch = sys::llama_batch {
            n_tokens: 1,
            token: &raw mut token,
            embd: std::ptr::null_mut(),
            pos: &raw mut pos,
            n_seq_id: &raw mut n_seq_id,
            seq_id: &raw mut seqs,
            logits: &raw mut output,
        };
        // SAFETY: the context is alive, and every array of the batch has its one entry.
        assert_eq!(unsafe { sys::llama_decode(self.ctx, batch) }, 0, "decoded");
        // SAFETY: the context is alive and has just computed one row of logits.
        let logits = unsafe { sys::llama_get_logits_ith(self.ctx, -1) };
        // SAFETY: not null after a decode with output.
        unsafe { *logits }
    }
}

impl Drop for RawContext {
    fn drop(&mut self) {
        // SAFETY: made in `new` and freed only here.
        unsafe { sys::llama_free(self.ctx) };
        // SAFETY: made in `new`; the context that used it is gone.
        unsafe { sys::ggml_threadpool_free(self.pool) };
    }
}

/// One sample from logits of the given size, with the usual chain and without its first filter.
fn sample(c: &mut Criterion) {
    let mut group = c.benchmark_group("sample");
    for n_vocab in [32_000_u32, 128_256, 256_000] {
        let mut rng = Rng::new(1);
        let logits: Vec<f32> = (0..n_vocab).map(|_| 4.0 * rng.normal()).collect();
        let builder = || Sampler::builder().seed(1);
        let chains = [
            ("greedy", Sampler::greedy()),
            ("top_k top_p min_p temp", builder().top_k(40).top_p(0.95).min_p(0.05).temperature(0.8).build()),
            ("top_p temp", builder().top_p(0.95).temperature(0.8).build()),
        ];
        for (name, chain) in chains {
            let mut chain = chain.expect("a sampler");
            group.bench_function(BenchmarkId::new(name, n_vocab), |b| {
                b.iter(|| chain.sample(black_box(&logits)).expect("a token"));
            });
        }
    }
    group.finish();
}

/// About 11 kilobytes of words that the vocabularies know, and of others.
fn text() -> String {
    let sentence =
        "The quick brown fox jumps over the lazy dog; unfathomable coincidences (42, 3.14) follow. ";
    sentence.repeat(128)
}

fn tokenize(c: &mut Criterion) {
    let text = text();
    let mut group = c.benchmark_group("vocabulary");
    group.throughput(Throughput::Bytes(text.len() as u64));
    let kinds = [
        ("sentence pieces", VocabKind::SentencePiece, 32_000),
        ("byte level", VocabKind::ByteLevel("llama-bpe"), 128_256),
    ];
    for (name, kind, n_vocab) in kinds {
        let vocab = Model::builder(tiny(kind, n_vocab)).vocab_only(true).load().expect("a model").vocab();
        group.bench_function(BenchmarkId::new("tokenize", name), |b| {
            b.iter(|| vocab.tokenize(black_box(&text), Special::AsText).expect("tokens"));
        });
        let tokens = vocab.tokenize(&text, Special::AsText).expect("tokens");
        group.bench_function(BenchmarkId::new("detokenize", name), |b| {
            b.iter(|| vocab.detokenize(black_box(&tokens), Special::AsText).expect("text"));
        });
        group.bench_function(BenchmarkId::new("stream", name), |b| {
            b.iter(|| {
                let mut decoder = vocab.decoder(Special::AsText);
                tokens.iter().map(|&token| decoder.push(token).expect("known").len()).sum::<usize>()
            });
        });
    }
    group.finish();
}

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    group.sample_size(20);
    let kinds = [
        (640, VocabKind::SentencePiece),
        (32_000, VocabKind::SentencePiece),
        (128_256, VocabKind::ByteLevel("llama-bpe")),
    ];
    for (n_vocab, kind) in kinds {
        let file = tiny(kind, n_vocab);
        group.bench_function(BenchmarkId::new("tokens in the vocabulary", n_vocab), |b| {
            b.iter(|| Model::load(&file).expect("a model"));
        });
    }
    group.finish();
}

/// A saved sequence of a tiny Llama, on its way out and back in.
fn state(c: &mut Criterion) {
    let model = Model::load(tiny(VocabKind::SentencePiece, 640)).expect("a model");
    let mut ctx = model.context_builder().n_ctx(4096).n_threads(1).build().expect("a context");
    let tokens: Vec<Token> = (0..4000).map(|i| Token(10 + i % 500)).collect();
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, &tokens);
    ctx.decode(&batch).expect("decoded");
    let saved = ctx.save_sequence(SeqId(0), &tokens).expect("saved");
    let bytes = saved.to_bytes().expect("bytes");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench.state");
    let mut group = c.benchmark_group("state");
    group.throughput(Throughput::Bytes(saved.size()));
    group.bench_function("save", |b| b.iter(|| ctx.save_sequence(SeqId(0), &tokens).expect("saved")));
    group.bench_function("restore", |b| b.iter(|| ctx.restore_sequence(&saved, SeqId(0)).expect("restored")));
    group.bench_function("to bytes", |b| b.iter(|| saved.to_bytes().expect("bytes")));
    group.bench_function("from bytes", |b| b.iter(|| State::from_bytes(&bytes).expect("sound")));
    group.bench_function("to a file", |b| b.iter(|| saved.save(&file).expect("written")));
    group.bench_function("from a file", |b| b.iter(|| State::load(&file).expect("read")));
    group.finish();
}

/// Short texts through an encoder of the shape of `MiniLM`, all in one call and one call each.
fn embed(c: &mut Criterion) {
    let (n_layer, n_embd, n_ff, n_head, n_head_kv, head_dim) = (6, 384, 1536, 12, 12, 32);
    let (name, n_vocab) = ("bert-minilm".into(), 30_522);
    let tiny = Shape::tiny(Arch::Bert);
    let shape = Shape { name, n_layer, n_embd, n_ff, n_head, n_head_kv, head_dim, n_vocab, ..tiny };
    let model = Model::load(write(shape)).expect("a model");
    let mut embedder = model.embedder().threads(1).build().expect("an embedder");
    let words: Vec<String> = text().split(' ').map(String::from).collect();
    let texts: Vec<String> = words.chunks(10).take(64).map(|chunk| chunk.join(" ")).collect();
    let mut group = c.benchmark_group("embed");
    group.sample_size(10);
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function("together", |b| b.iter(|| embedder.embed(&texts).expect("vectors")));
    group.bench_function("one by one", |b| {
        b.iter(|| {
            for text in &texts {
                embedder.embed(std::slice::from_ref(text)).expect("a vector");
            }
        });
    });
    group.finish();
}
