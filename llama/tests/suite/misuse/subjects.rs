//! What the rows work on.

use crate::common::{batch, default_path, folder, model, question, random};
use llama::gguf::{GgufWriter, TensorType};
use llama::{Batch, Context, Error, LoraAdapter, Model, Sampler, SeqId, Session, Special, Token};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::path::PathBuf;

pub(super) struct Subjects {
    /// The default model, and a context of two sequences.
    pub(super) model: Model,
    pub(super) ctx: Context,
    pub(super) recurrent: Context,
    pub(super) encoder: Context,
    pub(super) translator: Context,
    pub(super) vocab_only: Model,
    pub(super) session: Session,
    pub(super) sampler: Sampler,
    #[cfg(feature = "multimodal")]
    pub(super) media: Option<super::media::Subjects>,
}

impl Subjects {
    pub(super) fn new() -> Self {
        let model = model();
        let small = |arch| random(arch).context_builder().n_ctx(256).n_threads(1);
        let session = model.context_builder().n_ctx(256).n_threads(1).build().unwrap();
        Self {
            ctx: model.context_builder().n_ctx(512).n_seq_max(2).n_threads(1).build().unwrap(),
            recurrent: small(Arch::Mamba).build().unwrap(),
            encoder: small(Arch::Bert).embeddings(true).build().unwrap(),
            translator: small(Arch::T5).build().unwrap(),
            vocab_only: Model::builder(default_path()).vocab_only(true).load().unwrap(),
            session: Session::new(session).unwrap(),
            sampler: Sampler::greedy().unwrap(),
            #[cfg(feature = "multimodal")]
            media: None,
            model,
        }
    }

    /// A correct call of everything.
    pub(super) fn still_work(&mut self) {
        self.ctx.memory().clear(false).unwrap();
        let out = self.ctx.decode(&batch(0, 0, &question("Hello!"))).unwrap();
        self.sampler.sample(out.logits_last().unwrap()).unwrap();
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
        assert!(!self.model.vocab().tokenize("fine", Special::AsText).unwrap().is_empty());
        let story = self.session.generate(&question("Hello!")).sampler(Sampler::greedy().unwrap());
        assert_eq!(story.max_tokens(1).start().unwrap().finish().unwrap().usage.generated, 1);
        assert!(!target().exists(), "a file was left behind");
    }

    /// A sound adapter of the default model.
    pub(super) fn adapter(&self) -> Result<LoraAdapter, Error> {
        let file = folder().join("misuse.adapter.gguf");
        let mut writer = GgufWriter::new();
        writer.set("general.architecture", self.model.architecture()).unwrap();
        writer.set("general.type", "adapter").unwrap();
        writer.set("adapter.type", "lora").unwrap();
        let width = self.model.n_embd() as u64;
        let zeros = vec![0; usize::try_from(4 * width).unwrap()];
        for (name, dims) in [("lora_a", [width, 1]), ("lora_b", [1, width])] {
            let name = format!("blk.0.attn_q.weight.{name}");
            writer.tensor(&name, &dims, TensorType::F32, zeros.clone()).unwrap();
        }
        writer.save(&file).unwrap();
        LoraAdapter::load(&self.model, file)
    }
}

/// One entry of a batch, with output.
pub(super) fn entry(token: i32, pos: i32, seqs: &[i32]) -> Batch {
    let seqs: Vec<SeqId> = seqs.iter().copied().map(SeqId).collect();
    let mut batch = Batch::new();
    batch.add(Token(token), pos, &seqs, true);
    batch
}

/// Decodes and forgets the output.
pub(super) fn decode(ctx: &mut Context, batch: &Batch) -> Result<(), Error> {
    ctx.decode(batch).map(drop).map_err(Error::from)
}

pub(super) fn encode(ctx: &mut Context, batch: &Batch) -> Result<(), Error> {
    ctx.encode(batch).map(drop).map_err(Error::from)
}

/// A file with a tiny model.
pub(super) fn tiny() -> PathBuf {
    RandomModel::new(Shape::tiny(Arch::Llama)).cached(folder()).unwrap()
}

pub(super) fn trainable() -> Model {
    Model::builder(tiny()).trainable().load().unwrap()
}

/// Where nothing may ever be written.
pub(super) fn target() -> PathBuf {
    folder().join("misuse-target.gguf")
}
