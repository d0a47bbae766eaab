//! Samplers on devices.

use super::subjects::{decode, entry};
use super::{Row, rows};
use llama::{Batch, Grammar, Sampler, SeqId, Token};

pub(super) fn rows() -> Vec<Row> {
    rows! {
    "Context::sample_on_device: no such sequence" => SeqIdOutOfRange, |s| s.ctx.sample_on_device(SeqId(2), Sampler::builder());
    "Context::sample_on_device: negative sequence" => SeqIdOutOfRange, |s| s.ctx.sample_on_device(SeqId(-1), Sampler::builder());
    "Context::sample_on_device: no logits" => NoMemory, |s| s.encoder.sample_on_device(SeqId(0), Sampler::builder());
    "Context::sample_on_device: a grammar" => InvalidParameter, |s| {
        let grammar = Grammar::new(&s.model.vocab(), "root ::= \"a\"")?;
        s.ctx.sample_on_device(SeqId(0), Sampler::builder().grammar(grammar))
    };
    "Context::sample_on_device: Mirostat" => InvalidParameter, |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().mirostat_v2(5.0, 0.1));
    "Context::sample_on_device: adaptive-p" => InvalidParameter, |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().adaptive_p(0.5, 0.5));
    "Context::sample_on_device: XTC" => InvalidParameter, |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().xtc(0.5, 0.1));
    "Context::sample_on_device: typical, then greedy" => InvalidParameter, |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().typical(0.5).greedy());
    "Context::sample_on_device: at least so many tokens" => InvalidParameter, |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().top_p_min(0.5, 5));
    "Context::sample_on_device: NaN" => InvalidParameter, |s| s.ctx.sample_on_device(SeqId(0), Sampler::builder().temperature(f32::NAN));
    "Context::sample_on_device: bias of no token" => TokenOutOfRange, |s| {
        let n_vocab = i32::try_from(s.model.n_vocab()).unwrap();
        s.ctx.sample_on_device(SeqId(0), Sampler::builder().logit_bias(&[(Token(n_vocab), 1.0)]))
    };
    "Context::sample_on_device: all tokens banned" => InvalidParameter, |s| {
        let n_vocab = i32::try_from(s.model.n_vocab()).unwrap();
        let all: Vec<_> = (0..n_vocab).map(|id| (Token(id), f32::NEG_INFINITY)).collect();
        s.ctx.sample_on_device(SeqId(0), Sampler::builder().logit_bias(&all))
    };
    "Context::sample_on_host: no such sequence" => SeqIdOutOfRange, |s| s.ctx.sample_on_host(SeqId(2));
    "Context::sample_on_host: negative sequence" => SeqIdOutOfRange, |s| s.ctx.sample_on_host(SeqId(-1));
    "Context::sample_on_host: no memory" => NoMemory, |s| s.encoder.sample_on_host(SeqId(0));
    "Output::sampled: index far out" => NoLogits, |s| s.ctx.decode(&entry(5, 0, &[0])).unwrap().sampled(usize::MAX).map(drop);
    "Output::sampled: sampled on the host" => NoOutput, |s| s.ctx.decode(&entry(5, 0, &[0])).unwrap().sampled(0).map(drop);
    "Context::accept_on_device: a token shown to no sampler" => InvalidParameter, |s| s.ctx.accept_on_device(SeqId(0), Token(5));
    "Context::reset_on_device: no sampler to reset" => InvalidParameter, |s| s.ctx.reset_on_device(SeqId(0));
    "Context::accept_on_device: no such token shown" => TokenOutOfRange, |s| {
        s.ctx.sample_on_device(SeqId(0), Sampler::builder())?;
        let shown = s.ctx.accept_on_device(SeqId(0), Token(-1));
        s.ctx.sample_on_host(SeqId(0))?;
        shown
    };
    "Context::decode: on a device, two outputs" => InvalidBatch, |s| {
        s.ctx.sample_on_device(SeqId(0), Sampler::builder())?;
        let mut b = Batch::new();
        b.extend(SeqId(0), 0, &[Token(5), Token(6)]).logits_for_all();
        let refused = decode(&mut s.ctx, &b);
        s.ctx.sample_on_host(SeqId(0))?;
        refused
    };
    "Output::logits_last: of a sequence sampled on a device" => NoOutput, |s| {
        s.ctx.sample_on_device(SeqId(0), Sampler::builder())?;
        let refused = s.ctx.decode(&entry(5, 0, &[0])).unwrap().logits_last().map(drop);
        s.ctx.sample_on_host(SeqId(0))?;
        refused
    };
    "Output::sampled_last: sampled on the host" => NoOutput, |s| s.ctx.decode(&entry(5, 0, &[0])).unwrap().sampled_last().map(drop);
    }
}
