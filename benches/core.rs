//! What the library itself costs, on models small enough that nothing else counts.
//!
//! `decode` computes one token of a tiny model through `llama` and through raw FFI in the same process: the
//! difference is the price of the safe layer.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput};
use llama::{
    Batch, Candidates, CustomSampler, Grammar, Logits, Model, PromptLookup, Sampler, SeqId, Session, Special,
    State, Token, sys,
};
use llama_test_kit::{Arch, RandomModel, Rng, Shape, VocabKind, WeightType};

/// Tokens in the memory before it is cleared again.
const DEPTH: i32 = 128;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for group in [decode, sample, constrain, tokenize, load, state, embed, first_token, speculation] {
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
        group.bench_function(BenchmarkId::new("log-probabilities of the best 5", n_vocab), |b| {
            b.iter(|| Logits::from(black_box(&logits)).top(5).expect("ordinary numbers"));
        });
    }
    group.finish();
}

/// What a grammar costs per token: nothing is computed but the choice, within a JSON string, where nearly all tokens
/// are allowed, and at its beginning, where hardly any is.
fn constrain(c: &mut Criterion) {
    let gbnf = r#"root ::= "\"" ([^"\\\x00-\x1F] | "\\" ["\\/bfnrt])* "\"""#;
    let mut group = c.benchmark_group("constrain");
    for (kind, n_vocab) in [(VocabKind::SentencePiece, 32_000), (VocabKind::ByteLevel("llama-bpe"), 128_256)]
    {
        let vocab = Model::builder(tiny(kind, n_vocab)).vocab_only(true).load().expect("a model").vocab();
        let mut rng = Rng::new(1);
        let mut logits: Vec<f32> = (0..vocab.len()).map(|_| 4.0 * rng.normal()).collect();
        let quote = vocab.tokenize_fragment("\"", Special::AsText).expect("tokens")[0];
        logits[usize::try_from(quote.0).expect("a token")] = -50.0;
        let usual = || Sampler::builder().seed(1).top_k(40).top_p(0.95).temperature(0.8);
        let grammar = || Grammar::new(&vocab, gbnf).expect("a grammar");
        let mut free = usual().build().expect("a sampler");
        group.bench_function(BenchmarkId::new("free", n_vocab), |b| {
            b.iter(|| free.sample(black_box(&logits)).expect("a token"));
        });
        let mut first = usual().grammar(grammar()).build().expect("a sampler");
        group.bench_function(BenchmarkId::new("beginning", n_vocab), |b| {
            b.iter(|| {
                first.reset().expect("reset");
                first.sample(black_box(&logits)).expect("a token")
            });
        });
        let mut inside = usual().grammar(grammar()).build().expect("a sampler");
        inside.sample(&logits).expect("the quote");
        group.bench_function(BenchmarkId::new("inside", n_vocab), |b| {
            b.iter(|| inside.sample(black_box(&logits)).expect("a token"));
        });
        let mut all =
            Sampler::builder().seed(1).grammar(grammar()).top_p(0.95).top_k(40).build().expect("a sampler");
        all.sample(&logits).expect("the quote");
        group.bench_function(BenchmarkId::new("inside, all tokens", n_vocab), |b| {
            b.iter(|| all.sample(black_box(&logits)).expect("a token"));
        });
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
    let mut embedder = model.embedder().n_threads(1).build().expect("an embedder");
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

/// A session on a tiny Llama whose layers cost something.
fn session(n_ctx: u32) -> Session {
    let shape =
        Shape { n_layer: 6, n_embd: 256, n_ff: 1024, n_head: 4, head_dim: 64, ..Shape::tiny(Arch::Llama) };
    let model = Model::load(write(Shape { name: "small-llama".into(), n_ctx, ..shape })).expect("a model");
    let context = model.context_builder().n_ctx(n_ctx).n_threads(1).build().expect("a context");
    Session::new(context).expect("a session")
}

/// A second question about a long text: time to the first token of the answer.
fn first_token(c: &mut Criterion) {
    let mut session = session(2048);
    let text: Vec<Token> = (0..1000).map(|i| Token(400 + i * 7 % 200)).collect();
    let question = |seed: i32| -> Vec<Token> {
        let words = (0..20).map(|i| Token(400 + (i * 11 + seed % 97 * 13) % 200));
        text.iter().copied().chain(words).collect()
    };
    let mut seed = 0;
    let mut group = c.benchmark_group("first token of 1020 prompt tokens");
    group.sample_size(20);
    for (name, reuse) in [("computed again", false), ("1000 in memory", true)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                seed += 1;
                if !reuse {
                    session.clear().expect("cleared");
                }
                let greedy = Sampler::greedy().expect("a sampler");
                let prompt = question(seed);
                let answer =
                    session.generate(&prompt).sampler(greedy).max_tokens(1).start().expect("it fits");
                answer.finish().expect("a token").usage.reused
            });
        });
    }
    group.finish();
}

/// Says what it is told, so that a benchmark knows which proposals are right.
#[derive(Clone)]
struct Script(Vec<Token>, usize);

impl CustomSampler for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        let token = self.0[self.1];
        self.1 += 1;
        // Candidates that nobody has touched lie in the order of the vocabulary.
        candidates.select(token.index().expect("a token"));
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

/// An answer that repeats its prompt, as when a model edits a text: all proposals are right. And one that goes on
/// differently each time: all are wrong. On a model of realistic size: what a step of several tokens saves is
/// reading the weights again.
fn speculation(c: &mut Criterion) {
    let model = Model::load(write(Shape::by_name("llama-180m").expect("the kit knows it"))).expect("a model");
    let context = model.context_builder().n_ctx(512).n_threads(1).build().expect("a context");
    let mut session = Session::new(context).expect("a session");
    let prompt: Vec<Token> = (0..200).map(|i| Token(400 + i * 7 % 200)).collect();
    // Pairs that the prompt has, with something else between them.
    let wrong: Vec<Token> =
        prompt.chunks(2).flat_map(|pair| [pair, &[Token(350)]].concat()).take(200).collect();
    let mut group = c.benchmark_group("32 tokens");
    group.sample_size(10);
    for (answer, said) in [("repeated", &prompt), ("different", &wrong)] {
        for (name, lookup) in [("plain", false), ("prompt lookup", true)] {
            let mut usage = None;
            group.bench_function(BenchmarkId::new(name, answer), |b| {
                b.iter(|| {
                    let script = Script(said.clone(), 0);
                    let sampler = Sampler::builder().custom(script).build().expect("a sampler");
                    let answer = session.generate(&prompt).sampler(sampler).max_tokens(32);
                    let answer = if lookup { answer.prompt_lookup(PromptLookup::default()) } else { answer };
                    usage = Some(answer.start().expect("it fits").finish().expect("text").usage);
                });
            });
            let (drafted, accepted) = usage.map_or((0, 0), |usage| (usage.drafted, usage.accepted));
            eprintln!("{name}, {answer}: {accepted} of {drafted} proposals were right");
        }
    }
    group.finish();
}
