//! Uses everything that the safe crate offers once, on tiny models: for leak checkers and sanitizers.
//!
//! `walk-api FOLDER [TIMES]` keeps its models in FOLDER. Every object is dropped again, so whatever is still
//! allocated at the end, beyond what llama.cpp keeps for the process, has leaked.

use std::error::Error;
use std::fs::File;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use llama::gguf::{Gguf, GgufWriter, TensorType};
use llama::{
    Batch, CancelToken, Candidates, ChatTemplate, Context, CustomSampler, DryParams, FileType, Grammar,
    LoraAdapter, Message, Model, Optimizer, PenaltyParams, Pooling, Quantize, Sampler, SeqId, Session,
    Special, State, TemplateOptions, Token, Trainer, TrainingData,
};
use llama_test_kit::{Arch, RandomAdapter, RandomModel, Shape};

type Outcome = Result<(), Box<dyn Error>>;

/// One part of the API, in a folder for its files.
type Step = (&'static str, fn(&Path) -> Outcome);

const STEPS: [Step; 16] = [
    ("back end", back_end),
    ("loading", loading),
    ("vocabulary", vocabulary),
    ("decoding", decoding),
    ("memory", memory),
    ("embeddings", embeddings),
    ("encoder and decoder", translation),
    ("samplers", samplers),
    ("custom sampler", custom_sampler),
    ("adapters", adapters),
    ("states", states),
    ("sessions", sessions),
    ("chat", chat),
    ("GGUF", gguf),
    ("quantizing", quantizing),
    ("training", training),
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(folder) = args.next().map(PathBuf::from) else {
        eprintln!("usage: walk-api FOLDER [TIMES]");
        return ExitCode::FAILURE;
    };
    let times = args.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    // The panic that a step provokes is part of the walk.
    std::panic::set_hook(Box::new(|_| {}));
    for _ in 0..times {
        for (name, step) in STEPS {
            println!("{name}");
            if let Err(error) =
                std::fs::create_dir_all(&folder).map_err(Into::into).and_then(|()| step(&folder))
            {
                eprintln!("walk-api: {name}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{} parts of the API, {times} times", STEPS.len());
    ExitCode::SUCCESS
}

fn file(folder: &Path, arch: Arch) -> Result<PathBuf, llama_test_kit::Error> {
    RandomModel::new(Shape::tiny(arch)).cached(folder)
}

fn model(folder: &Path, arch: Arch) -> Result<Model, Box<dyn Error>> {
    Ok(Model::load(file(folder, arch)?)?)
}

fn context(model: &Model) -> llama::Result<Context> {
    model.context_builder().n_ctx(256).n_seq_max(2).n_threads(2).n_threads_batch(1).build()
}

fn batch(tokens: &[Token]) -> Batch {
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, tokens).logits_for_last();
    batch
}

const TOKENS: [Token; 6] = [Token(5), Token(6), Token(7), Token(8), Token(9), Token(10)];

fn back_end(_: &Path) -> Outcome {
    llama::log::set_sink(|_, _| {});
    llama::backend::system_info()?;
    assert!(!llama::backend::cpu_variants().is_empty());
    llama::backend::builtin_chat_templates()?;
    for registry in llama::registries()? {
        assert!(!registry.name().is_empty() || registry.features().is_empty());
    }
    for device in llama::devices()? {
        device.memory()?;
    }
    llama::log::clear_sink();
    Ok(())
}

fn loading(folder: &Path) -> Outcome {
    let path = file(folder, Arch::Llama)?;
    let bytes = std::fs::read(&path)?;
    Model::from_bytes(&bytes)?;
    Model::from_file(&File::open(&path)?)?;
    Model::builder(&path).vocab_only(true).load()?;
    Model::builder(&path).check_tensors(true).metadata_override("general.name", "walk").load()?;
    assert!(Model::from_bytes(&bytes[..bytes.len() / 2]).is_err());
    assert!(Model::load(folder).is_err());
    assert!(Model::builder(&path).on_progress(|_| ControlFlow::Break(())).load().is_err());
    let panicked = || Model::builder(&path).on_progress(|done| assert!(done < 0.5, "on purpose")).load();
    assert!(catch_unwind(AssertUnwindSafe(panicked)).is_err());
    let model = Model::builder(&path).trainable().load()?;
    model.metadata().pairs()?;
    assert!(!model.description().is_empty());
    model.save(folder.join("saved.gguf"))?;
    Ok(())
}

fn vocabulary(folder: &Path) -> Outcome {
    for arch in [Arch::Llama, Arch::Gemma3, Arch::Bert, Arch::T5] {
        let vocab = model(folder, arch)?.vocab();
        let tokens = vocab.tokenize("Some words, naïve 日本語 🦙 <s>", Special::Parse)?;
        vocab.detokenize(&tokens, Special::AsText)?;
        let mut decoder = vocab.decoder(Special::AsText);
        for &token in &tokens {
            decoder.push(token)?;
            vocab.text(token)?;
            vocab.attributes(token)?;
        }
        decoder.finish();
        vocab.suppressed_tokens()?;
        assert!(vocab.text(Token(-1)).is_err());
    }
    Ok(())
}

fn decoding(folder: &Path) -> Outcome {
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Gemma3, Arch::Mamba, Arch::Jamba] {
        let model = model(folder, arch)?;
        let mut ctx = context(&model)?;
        drop(model);
        let logits = ctx.decode(&batch(&TOKENS))?.logits_last()?;
        logits.top(3)?;
        logits.log_probability(Token(5))?;
        ctx.set_n_threads(1, 2)?;
        ctx.perf()?;
        let mut next = Batch::new();
        next.add(Token(5), 6, &[SeqId(0)], true);
        ctx.decode(&next)?;
        assert!(ctx.decode(&next).is_err());
        let token = CancelToken::new();
        ctx.set_cancel_token(token.clone())?;
        token.cancel();
        assert!(ctx.decode(&batch(&TOKENS)).is_err());
    }
    Ok(())
}

fn memory(folder: &Path) -> Outcome {
    let mut ctx = context(&model(folder, Arch::Llama)?)?;
    ctx.decode(&batch(&TOKENS))?;
    let mut memory = ctx.memory();
    memory.seq_copy(SeqId(0), SeqId(1), ..)?;
    memory.seq_remove(SeqId(0), 4..)?;
    memory.seq_add(SeqId(0), 2.., 3)?;
    memory.seq_keep(SeqId(1))?;
    memory.clear(true)?;
    Ok(())
}

fn embeddings(folder: &Path) -> Outcome {
    let model = model(folder, Arch::Bert)?;
    for pooling in [Pooling::None, Pooling::Mean, Pooling::Cls] {
        let mut ctx =
            model.context_builder().n_ctx(256).embeddings(true).pooling(pooling).n_threads(2).build()?;
        let output = ctx.encode(&batch(&TOKENS))?;
        if pooling == Pooling::None {
            output.embedding(5)?
        } else {
            output.pooled(SeqId(0))?
        };
    }
    Ok(())
}

fn translation(folder: &Path) -> Outcome {
    let mut ctx = model(folder, Arch::T5)?
        .context_builder()
        .n_ctx(256)
        .n_seq_max(2)
        .kv_unified(true)
        .n_threads(2)
        .build()?;
    ctx.encode(&batch(&TOKENS))?;
    ctx.decode(&batch(&TOKENS[..1]))?.logits_last()?;
    Ok(())
}

fn samplers(folder: &Path) -> Outcome {
    let vocab = model(folder, Arch::Llama)?.vocab();
    let logits: Vec<f32> = (0_u16..).take(vocab.len()).map(|i| (f32::from(i) * 0.37).sin() * 4.0).collect();
    let usual = Sampler::builder().penalties(PenaltyParams::default()).top_k(40).top_p(0.9).temperature(0.8);
    let dry = DryParams { multiplier: 0.8, ..DryParams::default() };
    let grammar = Grammar::new(&vocab, "root ::= [a-z ]+")?;
    let lazy = Grammar::lazy(&vocab, "root ::= [a-z ]+", "root", &["x[a-z]"], &[Token(5)])?;
    for builder in [
        usual,
        Sampler::builder().dry(&vocab, dry).min_p(0.1).typical(0.9).xtc(0.5, 0.1).top_n_sigma(1.0),
        Sampler::builder().mirostat(&vocab, 5.0, 0.1, 100),
        Sampler::builder().mirostat_v2(5.0, 0.1),
        Sampler::builder().adaptive_p(0.5, 0.9).logit_bias(&[(Token(3), 1.0)]),
        Sampler::builder().infill(&vocab).dynamic_temperature(1.0, 0.2, 1.0),
        Sampler::builder().grammar(grammar),
        Sampler::builder().grammar(lazy),
    ] {
        let mut sampler = builder.seed(1).build()?;
        sampler.sample(&logits)?;
        sampler.try_clone()?.sample(&logits)?;
        sampler.reset()?;
        sampler.names()?;
    }
    assert!(Grammar::new(&vocab, "root ::= nowhere").is_err());
    assert!(Sampler::builder().top_p(f32::NAN).build().is_err());
    Ok(())
}

/// Keeps the best of the candidates, or panics.
#[derive(Clone)]
struct Best {
    panics: bool,
}

impl CustomSampler for Best {
    fn name(&self) -> &'static str {
        "best"
    }

    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        assert!(!self.panics, "on purpose");
        candidates.sort();
        candidates.truncate(1);
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

fn custom_sampler(_: &Path) -> Outcome {
    let mut sampler = Sampler::builder().custom(Best { panics: false }).build()?;
    assert_eq!(sampler.sample(&[0.0, 2.0, 1.0][..])?, Token(1));
    let mut sampler = Sampler::builder().top_k(2).custom(Best { panics: true }).build()?;
    assert!(catch_unwind(AssertUnwindSafe(|| sampler.sample(&[0.0, 1.0][..]))).is_err());
    assert!(sampler.sample(&[0.0, 1.0][..]).is_err());
    Ok(())
}

fn adapters(folder: &Path) -> Outcome {
    let path = folder.join("walk.adapter.gguf");
    RandomAdapter::new(Shape::tiny(Arch::Llama)).write(&path)?;
    let model = model(folder, Arch::Llama)?;
    let adapter = LoraAdapter::load(&model, &path)?;
    adapter.metadata_pairs()?;
    let mut ctx = context(&model)?;
    ctx.set_adapters(&[(adapter, 0.5)])?;
    ctx.decode(&batch(&TOKENS))?;
    ctx.clear_adapters()?;
    ctx.set_control_vector(&vec![0.1; model.n_embd()], ..)?;
    assert!(LoraAdapter::load(&model, file(folder, Arch::Llama)?).is_err());
    Ok(())
}

fn states(folder: &Path) -> Outcome {
    let mut ctx = context(&model(folder, Arch::Llama)?)?;
    ctx.decode(&batch(&TOKENS))?;
    let path = folder.join("walk.state");
    ctx.save_state(&TOKENS)?.save(&path)?;
    ctx.restore_state(&State::load(&path)?)?;
    let bytes = ctx.save_sequence(SeqId(0), &TOKENS)?.to_bytes()?;
    ctx.restore_sequence(&State::from_bytes(&bytes)?, SeqId(1))?;
    let state = ctx.save_sequence_on_device(SeqId(0), false)?;
    ctx.restore_sequence_from_device(&state, SeqId(0))?;
    assert!(State::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    Ok(())
}

fn sessions(folder: &Path) -> Outcome {
    let mut session = Session::new(context(&model(folder, Arch::Llama)?)?)?;
    session.generate(&TOKENS).max_tokens(4).start()?.finish()?;
    let mut generation = session.generate(&TOKENS).stop("never").start()?;
    generation.next();
    drop(generation);
    drop(session.into_context());
    Ok(())
}

fn chat(folder: &Path) -> Outcome {
    let model = model(folder, Arch::Llama)?;
    let mut chat = model.chat_builder().system("Be brief.").context(256).max_tokens(4).seed(1).build()?;
    chat.ask("Hello!")?;
    for piece in chat.send("And now?")?.by_ref().take(2) {
        piece?;
    }
    let template = ChatTemplate::of_model(&model)?;
    template.render(chat.messages(), &TemplateOptions::default())?.tokenize(&model.vocab())?;
    let broken = ChatTemplate::new("{{ raise_exception('no') }}", &model.vocab())?;
    assert!(broken.render(&[Message::user("Hi")], &TemplateOptions::default()).is_err());
    Ok(())
}

fn gguf(_: &Path) -> Outcome {
    let mut writer = GgufWriter::new();
    writer.set("general.name", "walk")?;
    writer.tensor("a", &[4], TensorType::F32, vec![0; 16])?;
    let mut bytes = Vec::new();
    writer.write_to(&mut bytes)?;
    let gguf = Gguf::read(&mut Cursor::new(&bytes))?;
    gguf.read_tensor(&mut Cursor::new(&bytes), &gguf.tensors()[0])?;
    assert!(Gguf::read(&mut Cursor::new(&bytes[..20])).is_err());
    Ok(())
}

fn quantizing(folder: &Path) -> Outcome {
    let input = file(folder, Arch::Llama)?;
    let quantize = |threads| {
        Quantize::new(&input, folder.join("walk-q.gguf")).file_type(FileType::Q8_0).n_threads(threads)
    };
    quantize(2).dry_run()?;
    quantize(2).run()?;
    assert!(quantize(0).run().is_err());
    Ok(())
}

fn training(folder: &Path) -> Outcome {
    let model = Model::builder(file(folder, Arch::Llama)?).trainable().load()?;
    let mut data = TrainingData::new(256);
    data.push(&[Token(5); 257])?;
    let mut trainer = Trainer::builder(model).n_threads(1).optimizer(Optimizer::adamw(1e-4)?).build()?;
    trainer.epoch(&data)?;
    trainer.evaluate(&data)?;
    trainer.save(folder.join("walk-trained.gguf"))?;
    trainer.finish()?;
    Ok(())
}
