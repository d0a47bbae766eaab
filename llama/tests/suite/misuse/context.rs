//! Contexts, decoding, and what comes out of it.

use super::subjects::{Subjects, decode, encode, entry};
use super::{BAD_SEQUENCES, BAD_TOKENS, Row, rows};
use crate::common::batch;
use llama::{Batch, ContextBuilder, Error, Pooling, SeqId, Token};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Context::decode: empty" => EmptyBatch, |s| decode(&mut s.ctx, &Batch::new());
    "Context::decode: no sequence" => InvalidBatch, |s| decode(&mut s.ctx, &entry(5, 0, &[]));
    "Context::decode: one of many sequences is bad" => SeqIdOutOfRange, |s| decode(&mut s.ctx, &entry(5, 0, &[0, 1, 77]));
    "Context::decode: shared entry without shared memory" => InvalidBatch, |s| decode(&mut s.ctx, &entry(5, 0, &[0, 1]));
    "Context::decode: gap inside the batch" => PositionGap, |s| {
        let mut b = entry(5, 0, &[0]);
        b.add(Token(5), 2, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "Context::decode: decreasing positions" => PositionGap, |s| {
        let mut b = entry(5, 1, &[0]);
        b.add(Token(5), 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "Context::decode: the same position twice" => PositionGap, |s| {
        let mut b = entry(5, 0, &[0]);
        b.add(Token(5), 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "Context::decode: gap behind the memory" => PositionGap, |s| {
        decode(&mut s.ctx, &entry(5, 0, &[0]))?;
        decode(&mut s.ctx, &entry(5, 2, &[0]))
    };
    "Context::decode: over the memory" => PositionGap, |s| {
        decode(&mut s.ctx, &entry(5, 0, &[0]))?;
        decode(&mut s.ctx, &entry(5, 0, &[0]))
    };
    "Context::decode: longer than the context" => ContextFull, |s| decode(&mut s.ctx, &batch(0, 0, &[Token(5); 600]));
    "Context::decode: embeddings of another width" => InvalidBatch, |s| {
        let mut b = Batch::new();
        b.add_embedding(&[0.0; 3], 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "Context::decode: an empty embedding" => InvalidBatch, |s| {
        let mut b = Batch::new();
        b.add_embedding(&[], 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "Context::decode: embedding of NaN" => InvalidBatch, |s| {
        let mut b = Batch::new();
        b.add_embedding(&vec![f32::NAN; s.model.n_embd_input()], 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "Context::decode: an embedding of another width behind a token" => InvalidBatch, |s| {
        let mut b = entry(5, 0, &[0]);
        b.add_embedding(&vec![0.0; s.model.n_embd_input() + 1], 1, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "Context::decode: sections for a model without them" => InvalidBatch, |s| {
        let embedding = vec![0.0; s.model.n_embd_input()];
        decode(&mut s.ctx, Batch::new().add_embedding_at(&embedding, [0; 4], &[SeqId(0)], true))
    };
    "Context::encode: tokens and embeddings" => InvalidBatch, |s| {
        let mut b = entry(5, 0, &[0]);
        b.add_embedding(&vec![0.0; s.encoder.model().n_embd_input()], 1, &[SeqId(0)], true);
        encode(&mut s.encoder, &b)
    };
    "Context::decode: recurrent, gap" => PositionGap, |s| {
        decode(&mut s.recurrent, &entry(5, 0, &[0]))?;
        decode(&mut s.recurrent, &entry(5, 5, &[0]))
    };
    "Context::encode: decoder-only model" => NoEncoder, |s| encode(&mut s.ctx, &entry(5, 0, &[0]));
    "Context::encode: decoder-only recurrent model" => NoEncoder, |s| encode(&mut s.recurrent, &entry(5, 0, &[0]));
    "Context::encode: empty" => EmptyBatch, |s| encode(&mut s.encoder, &Batch::new());
    "Context::encode: token out of range" => TokenOutOfRange, |s| encode(&mut s.encoder, &entry(i32::MAX, 0, &[0]));
    "Context::encode: position out of the table" => ContextFull, |s| encode(&mut s.encoder, &entry(5, 100_000, &[0]));
    "Context::encode: too long" => BatchTooLarge, |s| encode(&mut s.encoder, &batch(0, 0, &[Token(5); 5000]));
    "Output::logits: entry without output" => NoLogits, |s| {
        let mut b = Batch::new();
        b.extend(SeqId(0), 0, &[Token(5), Token(6)]).logits_for_last();
        s.ctx.decode(&b)?.logits(0).map(drop)
    };
    "Output::logits_last: no entry" => NoOutput, |s| {
        let mut b = Batch::new();
        b.extend(SeqId(0), 0, &[Token(5)]);
        s.ctx.decode(&b)?.logits_last().map(drop)
    };
    "Output::logits: index far out" => NoLogits, |s| s.ctx.decode(&entry(5, 0, &[0]))?.logits(usize::MAX).map(drop);
    "Output::embedding: embedding without embeddings" => NoOutput, |s| s.ctx.decode(&entry(5, 0, &[0]))?.embedding(0).map(drop);
    "Output::pooled: pooled without pooling" => NoOutput, |s| s.ctx.decode(&entry(5, 0, &[0]))?.pooled(SeqId(0)).map(drop);
    "Output::logits: logits of an encoder" => NoOutput, |s| s.encoder.encode(&entry(5, 0, &[0]))?.logits(0).map(drop);
    "Context::set_n_threads: 0" => InvalidParameter, |s| s.ctx.set_n_threads(0, 1);
    "Context::set_n_threads: 0 for batches" => InvalidParameter, |s| s.ctx.set_n_threads(1, 0);
    "Context::set_n_threads: 100000" => InvalidParameter, |s| s.ctx.set_n_threads(100_000, 1);
    "ContextBuilder::build: more sequences than n_batch" => InvalidParameter, |s| {
        s.model.context_builder().n_ctx(256).n_batch(4).n_seq_max(8).build().map(drop)
    };
    "ContextBuilder::build: fewer outputs than sequences" => InvalidParameter, |s| {
        s.model.context_builder().n_ctx(256).n_outputs_max(1).n_seq_max(2).build().map(drop)
    };
    "ContextBuilder::build: yarn infinite" => InvalidParameter, |s| {
        s.model.context_builder().yarn_ext_factor(f32::INFINITY).build().map(drop)
    };
    "ContextBuilder::build: quantized values without flash attention" => CreateContext, |s| {
        s.model
            .context_builder()
            .n_ctx(256)
            .type_v(llama::CacheType::Q4_0)
            .flash_attention(llama::FlashAttention::Off)
            .build()
            .map(drop)
    };
    "ContextBuilder::build: pooling that does not exist" => InvalidParameter, |s| {
        s.model.context_builder().pooling(llama::Pooling::Other(77)).build().map(drop)
    };
    "ContextBuilder::build: ranking without classifier" => InvalidParameter, |s| {
        s.model.context_builder().n_ctx(256).embeddings(true).pooling(llama::Pooling::Rank).build().map(drop)
    };
    "Context::decode: embedding that is infinite" => InvalidBatch, |s| {
        let mut b = Batch::new();
        b.add_embedding(&vec![f32::INFINITY; s.model.n_embd_input()], 0, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "Context::decode: more than a sequence's share" => ContextFull, |s| decode(&mut s.ctx, &batch(1, 0, &[Token(5); 257]));
    "Context::decode: one more than a full sequence" => ContextFull, |s| {
        decode(&mut s.ctx, &batch(0, 0, &[Token(5); 256]))?;
        decode(&mut s.ctx, &entry(5, 256, &[0]))
    };
    "Context::decode: good entries and a bad one at the end" => TokenOutOfRange, |s| {
        let mut b = batch(0, 0, &[Token(5); 200]);
        b.add(Token(-3), 200, &[SeqId(0)], true);
        decode(&mut s.ctx, &b)
    };
    "Context::decode: cancelled" => Cancelled, |s| {
        let token = s.ctx.cancel_token();
        token.cancel();
        let result = decode(&mut s.ctx, &entry(5, 0, &[0]));
        token.reset();
        result
    };
    "Context::decode: before the encoder" => EncodeFirst, |s| decode(&mut s.translator, &entry(5, 0, &[0]));
    "Context::encode: sequence n" => SeqIdOutOfRange, |s| encode(&mut s.encoder, &entry(5, 0, &[1]));
    "Context::encode: no sequence" => InvalidBatch, |s| encode(&mut s.encoder, &entry(5, 0, &[]));
    "Context::encode: position -1" => InvalidBatch, |s| encode(&mut s.encoder, &entry(5, -1, &[0]));
    "Context::encode: embeddings of another width" => InvalidBatch, |s| {
        let mut b = Batch::new();
        b.add_embedding(&[0.0; 3], 0, &[SeqId(0)], true);
        encode(&mut s.encoder, &b)
    };
    "Context::encode: translator, empty" => EmptyBatch, |s| encode(&mut s.translator, &Batch::new());
    "Context::encode: translator, token out of range" => TokenOutOfRange, |s| encode(&mut s.translator, &entry(-1, 0, &[0]));
    "Context::encode: translator, too long" => BatchTooLarge, |s| encode(&mut s.translator, &batch(0, 0, &[Token(5); 5000]));
    "Output::logits: entry that was not asked for, of a split batch" => NoLogits, |s| {
        s.session_context(|c| c.n_batch(8))?.decode(&batch(0, 0, &[Token(5); 20]))?.logits(3).map(drop)
    };
    "Output::logits: of a context that pools" => NoOutput, |s| s.encoder.encode(&entry(5, 0, &[0]))?.logits(0).map(drop);
    "Output::embedding: index far out" => NoLogits, |s| {
        let mut ctx = s.session_context(|c| c.embeddings(true).pooling(Pooling::None))?;
        ctx.decode(&entry(5, 0, &[0]))?.embedding(9).map(drop)
    };
    "Output::embedding: of a context that pools" => NoOutput, |s| {
        let mut ctx = s.session_context(|c| c.embeddings(true).pooling(Pooling::Mean))?;
        ctx.decode(&entry(5, 0, &[0]))?.embedding(0).map(drop)
    };
    "Output::pooled: another sequence" => NoOutput, |s| {
        let mut ctx = s.session_context(|c| c.embeddings(true).pooling(Pooling::Mean))?;
        ctx.decode(&entry(5, 0, &[0]))?.pooled(SeqId(1)).map(drop)
    };
    "Output::pooled: sequence -1" => NoOutput, |s| {
        let mut ctx = s.session_context(|c| c.embeddings(true).pooling(Pooling::Mean))?;
        ctx.decode(&entry(5, 0, &[0]))?.pooled(SeqId(-1)).map(drop)
    };
    "Context::set_n_threads: MAX" => InvalidParameter, |s| s.ctx.set_n_threads(1, u32::MAX);
    "ContextBuilder::build: several sequences of a translator" => InvalidParameter, |s| {
        s.translator.model().context_builder().n_ctx(256).n_seq_max(2).build().map(drop)
    };
    "ContextBuilder::build: only a vocabulary" => VocabOnly, |s| s.vocab_only.context_builder().build().map(drop);
    "ContextBuilder::build: n_seq_max 257" => InvalidParameter, |s| s.model.context_builder().n_ctx(256).n_seq_max(257).build().map(drop);
    };
    for token in BAD_TOKENS {
        rows.push(Row::new(format!("Context::decode: token {token}"), "TokenOutOfRange", move |s| {
            decode(&mut s.ctx, &entry(token, 0, &[0]))
        }));
        rows.push(Row::new(
            format!("Context::decode: recurrent, token {token}"),
            "TokenOutOfRange",
            move |s| decode(&mut s.recurrent, &entry(token, 0, &[0])),
        ));
        rows.push(Row::new(format!("Context::encode: token {token}"), "TokenOutOfRange", move |s| {
            encode(&mut s.encoder, &entry(token, 0, &[0]))
        }));
    }
    for seq in BAD_SEQUENCES {
        rows.push(Row::new(format!("Context::decode: sequence {seq}"), "SeqIdOutOfRange", move |s| {
            decode(&mut s.ctx, &entry(5, 0, &[seq]))
        }));
        rows.push(Row::new(format!("Context::encode: sequence {seq}"), "SeqIdOutOfRange", move |s| {
            encode(&mut s.encoder, &entry(5, 0, &[seq]))
        }));
    }
    for pos in [-1, i32::MIN, i32::MAX] {
        rows.push(Row::new(format!("Context::decode: position {pos}"), "InvalidBatch", move |s| {
            decode(&mut s.ctx, &entry(5, pos, &[0]))
        }));
        rows.push(Row::new(
            format!("Context::decode: recurrent, position {pos}"),
            "InvalidBatch",
            move |s| decode(&mut s.recurrent, &entry(5, pos, &[0])),
        ));
    }
    rows.extend(NUMBERS.iter().map(|&(what, change)| {
        Row::new(format!("ContextBuilder::build: {what}"), "InvalidParameter", move |s| {
            change(s.model.context_builder()).build().map(drop)
        })
    }));
    rows
}

/// One parameter of a context that cannot work.
const NUMBERS: &[(&str, fn(ContextBuilder) -> ContextBuilder)] = &[
    ("n_seq_max 0", |c| c.n_ctx(256).n_seq_max(0)),
    ("n_seq_max MAX", |c| c.n_seq_max(u32::MAX)),
    ("n_ctx MAX", |c| c.n_ctx(u32::MAX)),
    ("n_ctx beyond 31 bits", |c| c.n_ctx(1 << 31)),
    ("n_batch 0", |c| c.n_batch(0)),
    ("n_batch MAX", |c| c.n_batch(u32::MAX)),
    ("n_ubatch 0", |c| c.n_ubatch(0)),
    ("n_ubatch MAX", |c| c.n_ubatch(u32::MAX)),
    ("no threads", |c| c.n_threads(0)),
    ("too many threads", |c| c.n_threads(4096)),
    ("no threads for batches", |c| c.n_threads_batch(0)),
    ("too many threads for batches", |c| c.n_threads_batch(u32::MAX)),
    ("rope base NaN", |c| c.rope_freq_base(f32::NAN)),
    ("rope base -1", |c| c.rope_freq_base(-1.0)),
    ("rope base infinite", |c| c.rope_freq_base(f32::INFINITY)),
    ("rope scale NaN", |c| c.rope_freq_scale(f32::NAN)),
    ("rope scale -1", |c| c.rope_freq_scale(-1.0)),
    ("YaRN extrapolation NaN", |c| c.yarn_ext_factor(f32::NAN)),
    ("YaRN attention NaN", |c| c.yarn_attn_factor(f32::NAN)),
    ("YaRN fast infinite", |c| c.yarn_beta_fast(f32::INFINITY)),
    ("YaRN slow infinite", |c| c.yarn_beta_slow(f32::NEG_INFINITY)),
];

impl Subjects {
    /// Another context of the default model.
    fn session_context(&self, change: fn(ContextBuilder) -> ContextBuilder) -> Result<llama::Context, Error> {
        change(self.model.context_builder().n_ctx(256).n_seq_max(2).n_threads(1)).build()
    }
}
