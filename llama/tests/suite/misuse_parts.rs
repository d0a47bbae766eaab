//! Bad arguments for states, adapters and samplers written in Rust, as in `misuse`.

use crate::common::{batch, model, question, random};
use llama::gguf::{GgufWriter, TensorType};
use llama::{Candidates, Context, CustomSampler, Error, Logits, Sampler, SeqId, Token};
use llama_test_kit::Arch;

/// Bad arguments for one function.
struct Row {
    what: &'static str,
    run: fn(&mut Subjects) -> Result<(), Error>,
}

/// What the rows work on.
struct Subjects {
    ctx: Context,
    recurrent: Context,
    encoder: Context,
}

impl Subjects {
    fn new() -> Self {
        Self {
            ctx: model().context_builder().n_ctx(512).n_seq_max(2).n_threads(1).build().unwrap(),
            recurrent: random(Arch::Mamba).context_builder().n_ctx(256).n_threads(1).build().unwrap(),
            encoder: random(Arch::Bert).context_builder().n_ctx(256).embeddings(true).build().unwrap(),
        }
    }

    /// A correct call of everything.
    fn still_work(&mut self) {
        self.ctx.memory().clear(false).unwrap();
        self.ctx.decode(&batch(0, 0, &question("Hello!"))).unwrap();
        let state = self.ctx.save_sequence(SeqId(0), &[]).unwrap();
        self.ctx.restore_sequence(&state, SeqId(1)).unwrap();
        self.ctx.memory().clear(false).unwrap();
        self.recurrent.memory().clear(false).unwrap();
        self.recurrent.decode(&batch(0, 0, &[Token(5), Token(6)])).unwrap();
        let state = self.recurrent.save_state(&[]).unwrap();
        self.recurrent.memory().clear(false).unwrap();
        self.recurrent.restore_state(&state).unwrap();
        self.recurrent.memory().clear(false).unwrap();
        self.encoder.encode(&batch(0, 0, &[Token(5), Token(6)])).unwrap();
    }
}

macro_rules! rows {
    ($($what:literal => $run:expr;)*) => { &[$(Row { what: $what, run: $run }),*] };
}

const ROWS: &[Row] = rows! {
    "state: save sequence -1" => |s| s.ctx.save_sequence(SeqId(-1), &[]).map(drop);
    "state: save sequence n" => |s| s.ctx.save_sequence(SeqId(2), &[]).map(drop);
    "state: size of nobody" => |s| s.ctx.sequence_state_size(SeqId(i32::MAX)).map(drop);
    "state: save with token -1" => |s| s.ctx.save_state(&[Token(-1)]).map(drop);
    "state: save with token MAX" => |s| s.ctx.save_sequence(SeqId(0), &[Token(i32::MAX)]).map(drop);
    "state: of an encoder" => |s| s.encoder.save_state(&[]).map(drop);
    "state: size of an encoder" => |s| s.encoder.state_size().map(drop);
    "state: of one model into another" => |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.recurrent.restore_sequence(&state, SeqId(0))
    };
    "state: into an encoder" => |s| {
        let state = s.ctx.save_state(&[])?;
        s.encoder.restore_state(&state)
    };
    "state: into sequence n" => |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.ctx.restore_sequence(&state, SeqId(2))
    };
    "state: one sequence as all" => |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.ctx.restore_state(&state)
    };
    "state: all as one sequence" => |s| {
        let state = s.ctx.save_state(&[])?;
        s.ctx.restore_sequence(&state, SeqId(0))
    };
    "state: partial of a whole past" => |s| s.ctx.save_sequence_partial(SeqId(0), &[]).map(drop);
    "state: partial without a past" => |s| {
        let state = s.recurrent.save_sequence_partial(SeqId(0), &[])?;
        s.recurrent.restore_sequence(&state, SeqId(0))
    };
    "state: device, sequence n" => |s| s.ctx.save_sequence_on_device(SeqId(2), false).map(drop);
    "state: device, restored twice over" => |s| {
        let first = s.ctx.save_sequence_on_device(SeqId(0), false)?;
        s.ctx.save_sequence_on_device(SeqId(0), false)?;
        s.ctx.restore_sequence_from_device(&first, SeqId(0))
    };
    "state: device of another context" => |s| {
        let state = s.ctx.save_sequence_on_device(SeqId(0), false)?;
        s.recurrent.restore_sequence_from_device(&state, SeqId(0))
    };
    "state: nothing" => |_| llama::State::from_bytes(&[]).map(drop);
    "state: something else" => |_| llama::State::from_bytes(&[7; 100]).map(drop);
    "state: half" => |s| {
        let bytes = s.ctx.save_state(&[])?.to_bytes()?;
        llama::State::from_bytes(&bytes[..bytes.len() / 2]).map(drop)
    };
    "state: no file" => |_| llama::State::load("/no/such.state").map(drop);
    "state: a folder" => |_| llama::State::load("/").map(drop);
    "state: save to nowhere" => |s| s.ctx.save_state(&[])?.save("/no/such/folder/a.state");
    "state: save to no name" => |s| s.ctx.save_state(&[])?.save("");
    "adapter: no file" => |s| llama::LoraAdapter::load(s.ctx.model(), "/no/such.gguf").map(drop);
    "adapter: a folder" => |s| llama::LoraAdapter::load(s.ctx.model(), "/").map(drop);
    "adapter: no name" => |s| llama::LoraAdapter::load(s.ctx.model(), "").map(drop);
    "adapter: a zero in the name" => |s| llama::LoraAdapter::load(s.ctx.model(), "a\0b").map(drop);
    "adapter: a model" => |s| {
        llama::LoraAdapter::load(s.ctx.model(), crate::common::default_path()).map(drop)
    };
    "adapter: of another model" => |s| {
        let adapter = adapter(s)?;
        s.recurrent.set_adapters(&[(adapter, 1.0)])
    };
    "adapter: scale NaN" => |s| {
        let adapter = adapter(s)?;
        s.ctx.set_adapters(&[(adapter, f32::NAN)])
    };
    "adapter: the same twice" => |s| {
        let adapter = adapter(s)?;
        s.ctx.set_adapters(&[(adapter.clone(), 1.0), (adapter, 0.5)])
    };
    "adapter: metadata key with zero" => |s| adapter(s)?.metadata("\0").map(drop);
    "control vector: empty" => |s| s.ctx.set_control_vector(&[], ..);
    "control vector: another width" => |s| s.ctx.set_control_vector(&[0.0; 7], ..);
    "control vector: too many layers" => |s| {
        let len = s.ctx.model().n_embd() * s.ctx.model().n_layer() as usize;
        s.ctx.set_control_vector(&vec![0.0; len], ..)
    };
    "control vector: NaN" => |s| {
        let len = s.ctx.model().n_embd();
        s.ctx.set_control_vector(&vec![f32::NAN; len], ..)
    };
    "control vector: layer 0" => |s| {
        let len = s.ctx.model().n_embd();
        s.ctx.set_control_vector(&vec![0.0; len], ..1)
    };
    "control vector: layers far out" => |s| {
        let len = s.ctx.model().n_embd();
        s.ctx.set_control_vector(&vec![0.0; len], 1000..)
    };
    "chain: reset a step that is not there" => |_| Sampler::greedy()?.reset_step(1);
    "chain: remove a step that is not there" => |_| Sampler::greedy()?.remove_step(usize::MAX);
    "chain: remove the one that selects" => |_| Sampler::greedy()?.remove_step(0);
    "chain: move from nowhere" => |_| Sampler::builder().top_k(1).build()?.move_step(2, 0);
    "chain: move behind the end" => |_| Sampler::builder().top_k(1).build()?.move_step(0, 1);
    "custom sampler: NaN" => |_| custom(|c| c.set_logit(0, f32::NAN));
    "custom sampler: infinity" => |_| custom(|c| c.map_logits(|_, _| f32::INFINITY));
    "custom sampler: nothing left" => |_| custom(|c| c.truncate(0));
    "custom sampler: candidate that is not there" => |_| custom(|c| c.set_logit(usize::MAX, 0.0));
    "custom sampler: choice that is not there" => |_| custom(|c| c.select(2));
    "probability: token -1" => |_| Logits::from(&[0.0][..]).log_probability(Token(-1)).map(drop);
    "probability: token n" => |_| Logits::from(&[0.0][..]).log_probability(Token(1)).map(drop);
    "probability: NaN" => |_| Logits::from(&[f32::NAN][..]).top(1).map(drop);
    "probability: no logits" => |_| Logits::from(&[][..]).log_sum_exp().map(drop);
};

/// Samples from two logits with a step of this kind.
fn custom(does: fn(&mut Candidates<'_>)) -> Result<(), Error> {
    struct Does(fn(&mut Candidates<'_>));
    impl CustomSampler for Does {
        fn name(&self) -> &'static str {
            "does"
        }
        fn apply(&mut self, candidates: &mut Candidates<'_>) {
            (self.0)(candidates);
        }
        fn clone_box(&self) -> Box<dyn CustomSampler> {
            Box::new(Self(self.0))
        }
    }
    Sampler::builder().custom(Does(does)).build()?.sample(&[0.0, 1.0][..]).map(drop)
}

/// A sound adapter of the first context's model.
fn adapter(s: &Subjects) -> Result<llama::LoraAdapter, Error> {
    let file = crate::common::folder().join("misuse.adapter.gguf");
    let mut writer = GgufWriter::new();
    writer.set("general.architecture", s.ctx.model().architecture()).unwrap();
    writer.set("general.type", "adapter").unwrap();
    writer.set("adapter.type", "lora").unwrap();
    let width = s.ctx.model().n_embd() as u64;
    let zeros = vec![0; usize::try_from(4 * width).unwrap()];
    for (name, dims) in [("lora_a", [width, 1]), ("lora_b", [1, width])] {
        let name = format!("blk.0.attn_q.weight.{name}");
        writer.tensor(&name, &dims, TensorType::F32, zeros.clone()).unwrap();
    }
    writer.save(&file).unwrap();
    llama::LoraAdapter::load(s.ctx.model(), file)
}

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
