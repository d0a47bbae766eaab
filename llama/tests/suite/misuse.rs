//! Every public function with bad arguments: each must end in an error, leave the process alive, and leave
//! the object usable for the next correct call.

use crate::common::{batch, model, question, random};
use llama::{Batch, Context, Error, Grammar, Model, Sampler, SeqId, Special, Token};
use llama_test_kit::Arch;

/// Bad arguments for one function.
struct Row {
    what: &'static str,
    run: fn(&mut Subjects) -> Result<(), Error>,
}

/// What the rows work on.
struct Subjects {
    model: Model,
    ctx: Context,
    recurrent: Context,
    encoder: Context,
    sampler: Sampler,
}

impl Subjects {
    fn new() -> Self {
        let model = model();
        let bert = random(Arch::Bert);
        Self {
            ctx: model.context_builder().n_ctx(512).n_seq_max(2).n_threads(1).build().unwrap(),
            recurrent: random(Arch::Mamba).context_builder().n_ctx(256).n_threads(1).build().unwrap(),
            encoder: bert.context_builder().n_ctx(256).embeddings(true).n_threads(1).build().unwrap(),
            sampler: Sampler::greedy().unwrap(),
            model,
        }
    }

    /// A correct call of everything.
    fn still_work(&mut self) {
        self.ctx.memory().clear(false).unwrap();
        let out = self.ctx.decode(&batch(0, 0, &question("Hello!"))).unwrap();
        self.sampler.sample(out.logits_last().unwrap()).unwrap();
        self.ctx.memory().clear(false).unwrap();
        self.recurrent.memory().clear(false).unwrap();
        self.recurrent.decode(&batch(0, 0, &[Token(5), Token(6)])).unwrap();
        self.recurrent.memory().clear(false).unwrap();
        self.encoder.encode(&batch(0, 0, &[Token(5), Token(6)])).unwrap();
        assert!(!self.model.vocab().tokenize("fine", Special::AsText).unwrap().is_empty());
    }
}

fn entry(token: i32, pos: i32, seqs: &[i32]) -> Batch {
    let seqs: Vec<SeqId> = seqs.iter().copied().map(SeqId).collect();
    let mut batch = Batch::new();
    batch.add(Token(token), pos, &seqs, true);
    batch
}

/// Decodes and forgets the output.
fn decode(ctx: &mut Context, batch: &Batch) -> Result<(), Error> {
    ctx.decode(batch).map(drop).map_err(Error::from)
}

fn encode(ctx: &mut Context, batch: &Batch) -> Result<(), Error> {
    ctx.encode(batch).map(drop).map_err(Error::from)
}

macro_rules! rows {
    ($($what:literal => $run:expr;)*) => { &[$(Row { what: $what, run: $run }),*] };
}

const ROWS: &[Row] = rows! {
    "decode: empty" => |s| decode(&mut s.ctx, &Batch::new());
    "decode: token -1" => |s| decode(&mut s.ctx, &entry(-1, 0, &[0]));
    "decode: token MIN" => |s| decode(&mut s.ctx, &entry(i32::MIN, 0, &[0]));
    "decode: token MAX" => |s| decode(&mut s.ctx, &entry(i32::MAX, 0, &[0]));
    "decode: position -1" => |s| decode(&mut s.ctx, &entry(5, -1, &[0]));
    "decode: position MIN" => |s| decode(&mut s.ctx, &entry(5, i32::MIN, &[0]));
    "decode: position MAX" => |s| decode(&mut s.ctx, &entry(5, i32::MAX, &[0]));
    "decode: no sequence" => |s| decode(&mut s.ctx, &entry(5, 0, &[]));
    "decode: sequence -1" => |s| decode(&mut s.ctx, &entry(5, 0, &[-1]));
    "decode: sequence n" => |s| decode(&mut s.ctx, &entry(5, 0, &[2]));
    "decode: sequence MAX" => |s| decode(&mut s.ctx, &entry(5, 0, &[i32::MAX]));
    "decode: one of many sequences is bad" => |s| decode(&mut s.ctx, &entry(5, 0, &[0, 1, 77]));
    "decode: shared entry without shared memory" => |s| decode(&mut s.ctx, &entry(5, 0, &[0, 1]));
    "decode: gap inside the batch" => |s| {
        let mut b = entry(5, 0, &[0]);
        b.add(Token(5), 2, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "decode: decreasing positions" => |s| {
        let mut b = entry(5, 1, &[0]);
        b.add(Token(5), 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "decode: the same position twice" => |s| {
        let mut b = entry(5, 0, &[0]);
        b.add(Token(5), 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "decode: gap behind the memory" => |s| {
        decode(&mut s.ctx, &entry(5, 0, &[0]))?;
        decode(&mut s.ctx, &entry(5, 2, &[0]))
    };
    "decode: over the memory" => |s| {
        decode(&mut s.ctx, &entry(5, 0, &[0]))?;
        decode(&mut s.ctx, &entry(5, 0, &[0]))
    };
    "decode: longer than the context" => |s| decode(&mut s.ctx, &batch(0, 0, &[Token(5); 600]));
    "decode: embeddings of another width" => |s| {
        let mut b = Batch::new();
        b.add_embedding(&[0.0; 3], 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "decode: an empty embedding" => |s| {
        let mut b = Batch::new();
        b.add_embedding(&[], 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "decode: embedding of NaN" => |s| {
        let mut b = Batch::new();
        b.add_embedding(&vec![f32::NAN; s.model.n_embd_input()], 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "decode: an embedding of another width behind a token" => |s| {
        let mut b = entry(5, 0, &[0]);
        b.add_embedding(&vec![0.0; s.model.n_embd_input() + 1], 1, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "decode: an embedding without numbers" => |s| {
        decode(&mut s.ctx, Batch::new().add_embedding(&[], 0, &[SeqId(0)], true))
    };
    "decode: sections for a model without them" => |s| {
        let embedding = vec![0.0; s.model.n_embd_input()];
        decode(&mut s.ctx, Batch::new().add_embedding_at(&embedding, [0; 4], &[SeqId(0)], true))
    };
    "encode: tokens and embeddings" => |s| {
        let mut b = entry(5, 0, &[0]);
        b.add_embedding(&vec![0.0; s.encoder.model().n_embd_input()], 1, &[SeqId(0)], true);
        encode(&mut s.encoder, &b)
    };
    "device: no such sequence" => |s| s.ctx.sample_on_device(SeqId(2), Sampler::builder());
    "device: negative sequence" => |s| s.ctx.sample_on_device(SeqId(-1), Sampler::builder());
    "device: no logits" => |s| s.encoder.sample_on_device(SeqId(0), Sampler::builder());
    "device: a grammar" => |s| {
        let grammar = Grammar::new(&s.model.vocab(), "root ::= \"a\"")?;
        s.ctx.sample_on_device(SeqId(0), Sampler::builder().grammar(grammar))
    };
    "device: Mirostat" => |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().mirostat_v2(5.0, 0.1));
    "device: adaptive-p" => |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().adaptive_p(0.5, 0.5));
    "device: XTC" => |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().xtc(0.5, 0.1));
    "device: typical, then greedy" => |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().typical(0.5).greedy());
    "device: at least so many tokens" => |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().top_p_min(0.5, 5));
    "device: NaN" => |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().temperature(f32::NAN));
    "device: bias of no token" => |s| {
        let n_vocab = i32::try_from(s.model.n_vocab()).unwrap();
        s.ctx.sample_on_device(SeqId(0), Sampler::builder().logit_bias(&[(Token(n_vocab), 1.0)]))
    };
    "device: all tokens banned" => |s| {
        let n_vocab = i32::try_from(s.model.n_vocab()).unwrap();
        let all: Vec<_> = (0..n_vocab).map(|id| (Token(id), f32::NEG_INFINITY)).collect();
        s.ctx.sample_on_device(SeqId(0), Sampler::builder().logit_bias(&all))
    };
    "device: a token shown to no sampler" => |s| s.ctx.accept_on_device(SeqId(0), Token(5));
    "device: no sampler to reset" => |s| s.ctx.reset_on_device(SeqId(0));
    "device: no such token shown" => |s| {
        s.ctx.sample_on_device(SeqId(0), Sampler::builder())?;
        let shown = s.ctx.accept_on_device(SeqId(0), Token(-1));
        s.ctx.sample_on_host(SeqId(0))?;
        shown
    };
    "device: two outputs" => |s| {
        s.ctx.sample_on_device(SeqId(0), Sampler::builder())?;
        let mut b = Batch::new();
        b.extend(SeqId(0), 0, &[Token(5), Token(6)]).logits_for_all();
        let refused = decode(&mut s.ctx, &b);
        s.ctx.sample_on_host(SeqId(0))?;
        refused
    };
    "device: logits" => |s| {
        s.ctx.sample_on_device(SeqId(0), Sampler::builder())?;
        let refused = s.ctx.decode(&entry(5, 0, &[0])).unwrap().logits_last().map(drop);
        s.ctx.sample_on_host(SeqId(0))?;
        refused
    };
    "device: sampled on the host" => |s| s.ctx.decode(&entry(5, 0, &[0])).unwrap().sampled_last().map(drop);
    "decode, recurrent: gap" => |s| {
        decode(&mut s.recurrent, &entry(5, 0, &[0]))?;
        decode(&mut s.recurrent, &entry(5, 5, &[0]))
    };
    "encode: decoder-only model" => |s| encode(&mut s.ctx, &entry(5, 0, &[0]));
    "encode: decoder-only recurrent model" => |s| encode(&mut s.recurrent, &entry(5, 0, &[0]));
    "encode: empty" => |s| encode(&mut s.encoder, &Batch::new());
    "encode: token out of range" => |s| encode(&mut s.encoder, &entry(i32::MAX, 0, &[0]));
    "encode: position out of the table" => |s| encode(&mut s.encoder, &entry(5, 100_000, &[0]));
    "encode: too long" => |s| encode(&mut s.encoder, &batch(0, 0, &[Token(5); 5000]));
    "output: entry without output" => |s| {
        let mut b = Batch::new();
        b.extend(SeqId(0), 0, &[Token(5), Token(6)]).logits_for_last();
        s.ctx.decode(&b)?.logits(0).map(drop)
    };
    "output: no entry" => |s| {
        let mut b = Batch::new();
        b.extend(SeqId(0), 0, &[Token(5)]);
        s.ctx.decode(&b)?.logits_last().map(drop)
    };
    "output: index far out" => |s| s.ctx.decode(&entry(5, 0, &[0]))?.logits(usize::MAX).map(drop);
    "output: embedding without embeddings" => |s| s.ctx.decode(&entry(5, 0, &[0]))?.embedding(0).map(drop);
    "output: pooled without pooling" => |s| s.ctx.decode(&entry(5, 0, &[0]))?.pooled(SeqId(0)).map(drop);
    "output: logits of an encoder" => |s| s.encoder.encode(&entry(5, 0, &[0]))?.logits(0).map(drop);
    "memory: remove, sequence -1" => |s| s.ctx.memory().seq_remove(SeqId(-1), ..);
    "memory: remove, sequence n" => |s| s.ctx.memory().seq_remove(SeqId(2), ..);
    "memory: remove a part of a recurrent state" => |s| {
        decode(&mut s.recurrent, &batch(0, 0, &[Token(5); 8]))?;
        s.recurrent.memory().seq_remove(SeqId(0), 2..4)
    };
    "memory: copy from nowhere" => |s| s.ctx.memory().seq_copy(SeqId(9), SeqId(0), ..);
    "memory: copy to nowhere" => |s| s.ctx.memory().seq_copy(SeqId(0), SeqId(9), ..);
    "memory: copy to -1" => |s| s.ctx.memory().seq_copy(SeqId(0), SeqId(-1), ..);
    "memory: copy a part between shares" => |s| {
        decode(&mut s.ctx, &batch(0, 0, &[Token(5); 8]))?;
        s.ctx.memory().seq_copy(SeqId(0), SeqId(1), 2..4)
    };
    "memory: keep nothing" => |s| s.ctx.memory().seq_keep(SeqId(-1));
    "memory: keep what is not there" => |s| s.ctx.memory().seq_keep(SeqId(300));
    "memory: move by too much" => |s| {
        decode(&mut s.ctx, &batch(0, 0, &[Token(5); 8]))?;
        s.ctx.memory().seq_add(SeqId(0), .., i32::MAX)
    };
    "memory: move below zero" => |s| {
        decode(&mut s.ctx, &batch(0, 0, &[Token(5); 8]))?;
        s.ctx.memory().seq_add(SeqId(0), 2.., -3)
    };
    "memory: move nobody" => |s| s.ctx.memory().seq_add(SeqId(5), .., 1);
    "memory: divide by zero" => |s| s.ctx.memory().seq_div(SeqId(0), .., 0);
    "memory: divide by -1" => |s| s.ctx.memory().seq_div(SeqId(0), .., -1);
    "memory: positions of nobody" => |s| s.ctx.memory().pos_max(SeqId(2)).map(drop);
    "memory: span of -1" => |s| s.ctx.memory().span(SeqId(-1)).map(drop);
    "memory: smallest position of nobody" => |s| s.ctx.memory().pos_min(SeqId(i32::MAX)).map(drop);
    "memory: of an encoder" => |s| s.encoder.memory().seq_remove(SeqId(0), ..);
    "memory: clear an encoder" => |s| s.encoder.memory().clear(true);
    "memory: shift an encoder" => |s| s.encoder.memory().can_shift().map(drop);
    "threads: 0" => |s| s.ctx.set_n_threads(0, 1);
    "threads: 0 for batches" => |s| s.ctx.set_n_threads(1, 0);
    "threads: 100000" => |s| s.ctx.set_n_threads(100_000, 1);
    "context: n_seq_max 0" => |s| s.model.context_builder().n_ctx(256).n_seq_max(0).build().map(drop);
    "context: n_seq_max 257" => |s| s.model.context_builder().n_ctx(256).n_seq_max(257).build().map(drop);
    "context: n_seq_max MAX" => |s| s.model.context_builder().n_seq_max(u32::MAX).build().map(drop);
    "context: more sequences than n_batch" => |s| {
        s.model.context_builder().n_ctx(256).n_batch(4).n_seq_max(8).build().map(drop)
    };
    "context: fewer outputs than sequences" => |s| {
        s.model.context_builder().n_ctx(256).n_outputs_max(1).n_seq_max(2).build().map(drop)
    };
    "context: n_ctx MAX" => |s| s.model.context_builder().n_ctx(u32::MAX).build().map(drop);
    "context: n_batch 0" => |s| s.model.context_builder().n_batch(0).build().map(drop);
    "context: n_ubatch 0" => |s| s.model.context_builder().n_ubatch(0).build().map(drop);
    "context: n_batch MAX" => |s| s.model.context_builder().n_batch(u32::MAX).build().map(drop);
    "context: no threads" => |s| s.model.context_builder().n_threads(0).build().map(drop);
    "context: too many threads" => |s| s.model.context_builder().n_threads_batch(4096).build().map(drop);
    "context: rope base NaN" => |s| s.model.context_builder().rope_freq_base(f32::NAN).build().map(drop);
    "context: rope scale -1" => |s| s.model.context_builder().rope_freq_scale(-1.0).build().map(drop);
    "context: yarn infinite" => |s| {
        s.model.context_builder().yarn_ext_factor(f32::INFINITY).build().map(drop)
    };
    "context: quantized values without flash attention" => |s| {
        s.model
            .context_builder()
            .n_ctx(256)
            .type_v(llama::CacheType::Q4_0)
            .flash_attention(llama::FlashAttention::Off)
            .build()
            .map(drop)
    };
    "context: pooling that does not exist" => |s| {
        s.model.context_builder().pooling(llama::Pooling::Other(77)).build().map(drop)
    };
    "context: ranking without classifier" => |s| {
        s.model.context_builder().n_ctx(256).embeddings(true).pooling(llama::Pooling::Rank).build().map(drop)
    };
    "vocab: text of -1" => |s| s.model.vocab().text(Token(-1)).map(drop);
    "vocab: text of MAX" => |s| s.model.vocab().text(Token(i32::MAX)).map(drop);
    "vocab: bytes of -1" => |s| s.model.vocab().token_to_bytes(Token(-1), Special::Parse).map(drop);
    "vocab: score of n" => |s| s.model.vocab().score(Token(1 << 30)).map(drop);
    "vocab: attributes of -1" => |s| s.model.vocab().attributes(Token(-1)).map(drop);
    "vocab: end of MIN" => |s| s.model.vocab().is_eog(Token(i32::MIN)).map(drop);
    "vocab: control of n" => |s| s.model.vocab().is_control(Token(1 << 30)).map(drop);
    "vocab: detokenize nonsense" => |s| s.model.vocab().detokenize(&[Token(-5)], Special::AsText).map(drop);
    "vocab: decoder of nonsense" => |s| s.model.vocab().decoder(Special::AsText).push(Token(-5)).map(drop);
    "model: metadata key with zero" => |s| s.model.metadata().get("a\0").map(drop);
    "model: template name with zero" => |s| s.model.chat_template_source(Some("\0")).map(drop);
    "sampler: no logits" => |s| s.sampler.sample(&[][..]).map(drop);
    "sampler: NaN" => |s| s.sampler.sample(&[f32::NAN][..]).map(drop);
    "sampler: infinity" => |s| s.sampler.sample(&[f32::INFINITY, 0.0][..]).map(drop);
    "sampler: all banned" => |s| s.sampler.sample(&[f32::NEG_INFINITY; 3][..]).map(drop);
    "sampler: accept -1" => |s| s.sampler.accept(Token(-1));
    "grammar: empty" => |s| Grammar::new(&s.model.vocab(), "").map(drop);
    "grammar: left recursion" => |s| Grammar::new(&s.model.vocab(), "root ::= root \"a\"").map(drop);
    "grammar: another root" => |s| Grammar::new(&s.model.vocab(), "a ::= \"b\"").map(drop);
    "grammar: trigger out of range" => |s| {
        Grammar::lazy(&s.model.vocab(), "root ::= \"a\"", "root", &[], &[Token(1 << 30)]).map(drop)
    };
    "grammar: bad trigger pattern" => |s| {
        Grammar::lazy(&s.model.vocab(), "root ::= \"a\"", "root", &["[a"], &[]).map(drop)
    };
    "model: load a directory" => |_| Model::load("/").map(drop);
    "model: load nothing" => |_| Model::load("").map(drop);
};

#[test]
fn every_misuse_is_an_error_and_the_next_call_works() {
    let mut subjects = Subjects::new();
    subjects.still_work();
    for row in ROWS {
        let result = (row.run)(&mut subjects);
        assert!(result.is_err(), "{}: accepted", row.what);
        let fault = matches!(result, Err(Error::Fault { .. } | Error::Poisoned { .. }));
        assert!(!fault, "{}: only the net caught it: {result:?}", row.what);
        subjects.still_work();
    }
    println!("{} rows of misuse, all errors", ROWS.len());
}
