//! Images and audio as input, on tiny random models and projectors.

use crate::common::{folder, random};
use llama::multimodal::{
    Audio, Chunk, ChunkKind, Image, MediaPrompt, Part, Projector, split_at_markers, unused_marker,
};
use llama::{Batch, Context, DeviceKind, Error, MemoryEffect, Model, PromptPart, Sampler, SeqId, Special};
use llama_test_kit::{Arch, Eyes, RandomProjector};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Writes a projector to a file of its own.
pub(crate) fn write(projector: &RandomProjector) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("mmproj-{}-{}.gguf", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let path = folder().join(name);
    projector.write(&path).unwrap();
    path
}

/// Loads a projector that computes with one thread.
pub(crate) fn load(model: &Model, projector: &RandomProjector) -> Result<Projector, Error> {
    load_on(model, projector, 1)
}

/// Loads a projector, and removes its file again.
pub(crate) fn load_on(model: &Model, projector: &RandomProjector, threads: u32) -> Result<Projector, Error> {
    let path = write(projector);
    let loaded = Projector::builder(model, &path).n_threads(threads).load();
    std::fs::remove_file(path).unwrap();
    loaded
}

pub(crate) fn llava() -> (Model, Projector) {
    let model = random(Arch::Llama);
    let projector = load(&model, &RandomProjector::new(64)).unwrap();
    (model, projector)
}

/// A picture of 40 x 30 pixels that depends on `seed`.
pub(crate) fn picture(seed: u8) -> Image {
    let value = |i: usize| u8::try_from((i * 7 + i / 40 * usize::from(seed)) % 251).unwrap();
    Image::from_rgb(40, 30, (0..40 * 30 * 3).map(value).collect()).unwrap()
}

/// A tone of half a second.
pub(crate) fn tone(hertz: f32) -> Audio {
    let sample = |i: u16| 0.5 * (std::f32::consts::TAU * hertz * f32::from(i) / 16_000.0).sin();
    Audio::from_samples(16_000, (0..8_000).map(sample).collect()).unwrap()
}

pub(crate) fn context(model: &Model) -> Context {
    model.context_builder().n_ctx(256).n_batch(64).n_threads(1).n_seq_max(2).build().unwrap()
}

fn prompt(projector: &Projector, image: Image) -> MediaPrompt {
    projector.tokenize([Part::text("look at "), Part::from(image), Part::text(" and say")]).unwrap()
}

fn logits(ctx: &mut Context, prompt: &MediaPrompt) -> Vec<f32> {
    ctx.memory().clear(true).unwrap();
    let done = prompt.evaluate(ctx, SeqId(0), 0).unwrap();
    let logits = done.output().logits_last().unwrap().as_slice().to_vec();
    assert!(logits.iter().all(|value| value.is_finite()));
    logits
}

/// Before a model is there, and without its weights in memory.
#[test]
fn what_a_projector_needs_is_known_before_it_is_loaded() {
    let cpu = llama::devices().unwrap().into_iter().find(|device| device.kind() == DeviceKind::Cpu).unwrap();
    let images = RandomProjector::new(64);
    let (audio, all) = (images.clone().eyes(None).ears(true), images.clone().ears(true));
    for (projector, both) in [(images, false), (audio, false), (all, true)] {
        let path = write(&projector);
        let needed = Projector::memory_needed(&path, Some(&cpu)).unwrap();
        let file = llama::gguf::Gguf::open(&path).unwrap();
        let bytes: u64 = file.tensors().iter().map(|tensor| tensor.bytes().unwrap()).sum();
        // What images and recordings both pass through is there twice.
        let twice = needed[0].usage.weights - bytes;
        assert_eq!((needed.len(), needed[0].usage.context), (1, 0));
        assert!(if both { twice < bytes / 10 } else { twice == 0 }, "{needed:?} {bytes}");
        assert!(needed[0].usage.compute > 0, "{needed:?}");
        // Where a projector computes by default.
        let default: u64 =
            Projector::memory_needed(&path, None).unwrap().iter().map(|m| m.usage.weights).sum();
        assert_eq!(default, needed[0].usage.weights);
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_prompt_has_chunks_in_order() {
    let (model, projector) = llava();
    assert!(projector.takes_images() && !projector.takes_audio());
    assert_eq!(projector.sample_rate(), None);
    let image = picture(1);
    let prompt = prompt(&projector, image.clone());
    let kinds: Vec<ChunkKind> = prompt.chunks().map(Chunk::kind).collect();
    assert_eq!(kinds, [ChunkKind::Text, ChunkKind::Image, ChunkKind::Text]);
    let chunk = prompt.chunk(1).unwrap();
    assert_eq!((chunk.n_tokens(), chunk.n_pos(), chunk.id()), (16, 16, Some(image.id())));
    assert!(chunk.tokens().unwrap().is_empty() && !chunk.is_non_causal());
    let first = prompt.chunk(0).unwrap();
    assert_eq!(first.tokens().unwrap(), model.vocab().tokenize("look at ", Special::AsText).unwrap());
    assert_eq!(prompt.n_tokens(), prompt.chunks().map(Chunk::n_tokens).sum::<usize>());
    assert_eq!(usize::try_from(prompt.n_pos()).unwrap(), prompt.n_tokens());
    assert!(prompt.chunk(3).is_none());
    let rest = projector.tokenize_fragment([Part::text("look at ")]).unwrap();
    assert_eq!(rest.n_tokens() + 1, first.n_tokens(), "no beginning-of-text token");
}

#[test]
fn what_is_seen_decides_what_comes_next() {
    let (model, projector) = llava();
    let mut ctx = context(&model);
    let first = logits(&mut ctx, &prompt(&projector, picture(1)));
    assert_eq!(first, logits(&mut ctx, &prompt(&projector, picture(1))), "the same image, the same logits");
    assert_ne!(first, logits(&mut ctx, &prompt(&projector, picture(2))), "another image");
}

#[test]
fn encoding_is_deterministic_and_can_be_kept() {
    let (model, projector) = llava();
    let prompt = prompt(&projector, picture(3));
    let chunk = prompt.chunk(1).unwrap();
    let kept = chunk.encode().unwrap();
    assert_eq!(kept, chunk.encode().unwrap());
    assert_eq!(kept.n_tokens(), 16);
    assert_eq!(kept.values().len(), 16 * model.n_embd_input());

    let mut ctx = context(&model);
    let whole = logits(&mut ctx, &prompt);
    ctx.memory().clear(true).unwrap();
    let pos = prompt.chunk(0).unwrap().evaluate(&mut ctx, SeqId(0), 0, None).unwrap().next_pos();
    let pos = chunk.evaluate(&mut ctx, SeqId(0), pos, Some(&kept)).unwrap().next_pos();
    let last = prompt.chunk(2).unwrap().evaluate(&mut ctx, SeqId(0), pos, None).unwrap();
    assert_eq!(last.next_pos(), prompt.n_pos());
    assert_eq!(last.output().logits_last().unwrap().as_slice(), whole);
}

#[test]
fn generation_goes_on_behind_the_prompt() {
    let (model, projector) = llava();
    let mut ctx = context(&model);
    let mut sampler = Sampler::greedy().unwrap();
    let mut generate = |image| {
        ctx.memory().clear(true).unwrap();
        let prompt = prompt(&projector, image);
        let (mut pos, mut token) = {
            let done = prompt.evaluate(&mut ctx, SeqId(1), 0).unwrap();
            (done.next_pos(), sampler.sample(done.output().logits_last().unwrap()).unwrap())
        };
        let mut tokens = vec![token];
        let mut batch = Batch::new();
        for _ in 0..8 {
            batch.clear().add(token, pos, &[SeqId(1)], true);
            token = sampler.sample(ctx.decode(&batch).unwrap().logits_last().unwrap()).unwrap();
            tokens.push(token);
            pos += 1;
        }
        assert_eq!(ctx.memory().pos_max(SeqId(1)).unwrap(), Some(pos - 1));
        tokens
    };
    assert_eq!(generate(picture(1)), generate(picture(1)));
}

#[test]
fn a_prompt_continues_a_past() {
    let (model, projector) = llava();
    let mut ctx = context(&model);
    let first = prompt(&projector, picture(1)).evaluate(&mut ctx, SeqId(0), 0).unwrap().next_pos();
    let more = projector.tokenize_fragment([Part::from(picture(2)), Part::text("?")]).unwrap();
    let end = more.evaluate(&mut ctx, SeqId(0), first).unwrap().next_pos();
    assert_eq!(end, first + more.n_pos());
    assert_eq!(ctx.memory().pos_max(SeqId(0)).unwrap(), Some(end - 1));
}

#[test]
fn many_images_and_prompts_of_nothing_else() {
    let (model, projector) = llava();
    let mut ctx = context(&model);
    let many = projector.tokenize((0..10).map(|seed| Part::from(picture(seed)))).unwrap();
    let images = many.chunks().filter(|chunk| chunk.kind() == ChunkKind::Image).count();
    assert_eq!(images, 10);
    let done = many.evaluate(&mut ctx, SeqId(0), 0).unwrap();
    assert_eq!(done.next_pos(), 161, "16 each, and the beginning of the text");
    assert!(done.output().logits_last().is_ok(), "the last entry is an embedding");
}

#[test]
fn images_in_two_dimensions() {
    let model = random(Arch::Qwen2Vl);
    let projector = load(&model, &RandomProjector::new(64)).unwrap();
    let mut ctx = context(&model);
    let prompt = projector.tokenize([Part::text("a"), Part::from(picture(1)), Part::text("b")]).unwrap();
    let done = prompt.evaluate(&mut ctx, SeqId(0), 0).unwrap();
    assert_eq!(done.next_pos(), prompt.n_pos());
    let first = done.output().logits_last().unwrap().as_slice().to_vec();
    assert_eq!(first, logits(&mut ctx, &prompt));
    let other = projector.tokenize([Part::text("a"), Part::from(picture(2)), Part::text("b")]).unwrap();
    assert_ne!(first, logits(&mut ctx, &other));
    // The past goes on behind the image, in later calls too.
    let more = projector.tokenize_fragment([Part::from(picture(3)), Part::text("c")]).unwrap();
    let done = more.evaluate(&mut ctx, SeqId(0), other.n_pos()).unwrap();
    assert_eq!(done.next_pos(), other.n_pos() + more.n_pos());
}

#[test]
fn images_that_are_seen_as_a_whole() {
    let model = random(Arch::Gemma3);
    let projector = load(&model, &RandomProjector::new(64).eyes(Some(Eyes::Gemma3))).unwrap();
    let prompt = projector.tokenize([Part::text("a "), Part::from(picture(1))]).unwrap();
    let image = prompt.chunks().find(|chunk| chunk.kind() == ChunkKind::Image).unwrap();
    assert!(image.is_non_causal());
    assert_eq!(image.n_tokens(), 4);
    let mut ctx = context(&model);
    assert!(ctx.causal_attention());
    let first = logits(&mut ctx, &prompt);
    assert!(ctx.causal_attention(), "as it was");
    assert_eq!(first, logits(&mut ctx, &prompt));

    let mut small = model.context_builder().n_ctx(256).n_batch(3).n_ubatch(3).build().unwrap();
    let error = prompt.evaluate(&mut small, SeqId(0), 0).unwrap_err();
    assert!(matches!(error.error, Error::BatchTooLarge { n_tokens: 4, max: 3, .. }), "{error}");
    assert_eq!(error.memory, MemoryEffect::Unchanged);
}

#[test]
fn recordings_are_heard() {
    let model = random(Arch::Llama);
    let both = load(&model, &RandomProjector::new(64).ears(true)).unwrap();
    assert!(both.takes_images() && both.takes_audio());
    let ears = load(&model, &RandomProjector::new(64).eyes(None).ears(true)).unwrap();
    assert!(!ears.takes_images());
    assert_eq!(ears.sample_rate(), Some(16_000));
    let mut ctx = context(&model);
    let ask =
        |audio: Audio| ears.tokenize([Part::text("hear "), Part::from(audio), Part::text("?")]).unwrap();
    let prompt = ask(tone(440.0));
    let chunk = prompt.chunk(1).unwrap();
    assert_eq!((chunk.kind(), chunk.n_tokens()), (ChunkKind::Audio, 94));
    assert_eq!(chunk.id(), Some(tone(440.0).id()));
    let first = logits(&mut ctx, &prompt);
    assert_eq!(first, logits(&mut ctx, &prompt));
    assert_ne!(first, logits(&mut ctx, &ask(tone(220.0))));
    let mixed = both.tokenize([Part::from(picture(1)), Part::from(tone(440.0))]).unwrap();
    mixed.evaluate(&mut ctx, SeqId(1), 0).unwrap();
}

#[test]
fn a_full_context_is_noticed_before_anything_is_computed() {
    let (model, projector) = llava();
    let mut ctx = model.context_builder().n_ctx(256).n_threads(1).build().unwrap();
    let many = projector.tokenize((0..20).map(|seed| Part::from(picture(seed)))).unwrap();
    let error = many.evaluate(&mut ctx, SeqId(0), 0).unwrap_err();
    assert_eq!(error.error, Error::ContextFull { needed: 321, available: 256 });
    assert_eq!(error.memory, MemoryEffect::Unchanged);
    assert_eq!(ctx.memory().pos_max(SeqId(0)).unwrap(), None);
}

#[test]
fn cancelling_leaves_the_past_as_it_was() {
    let (model, projector) = llava();
    let mut ctx = context(&model);
    let past = projector.tokenize([Part::text("before")]).unwrap();
    let start = past.evaluate(&mut ctx, SeqId(0), 0).unwrap().next_pos();
    ctx.cancel_token().cancel();
    let more = prompt(&projector, picture(1));
    let error = more.evaluate(&mut ctx, SeqId(0), start).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert_eq!(error.memory, MemoryEffect::Unchanged);
    assert_eq!(ctx.memory().pos_max(SeqId(0)).unwrap(), Some(start - 1));
}

#[test]
fn markers_in_the_text_of_users_are_text() {
    let (model, projector) = llava();
    let question = "what does <__media__> mean?";
    let with = projector.tokenize([Part::text(question)]).unwrap();
    assert_eq!(with.len(), 1);
    assert_eq!(
        with.chunk(0).unwrap().tokens().unwrap(),
        model.vocab().tokenize(question, Special::AsText).unwrap()
    );
    let marker = unused_marker([question]);
    let rendered = [
        PromptPart::template("user: "),
        PromptPart::input(format!("{marker}{question}")),
        PromptPart::template(" assistant:"),
    ];
    let parts = split_at_markers(&rendered, &marker, [picture(1).into()]).unwrap();
    let prompt = projector.tokenize(parts).unwrap();
    let images = prompt.chunks().filter(|chunk| chunk.kind() == ChunkKind::Image).count();
    assert_eq!(images, 1);
}

#[test]
fn one_projector_serves_several_threads() {
    let (model, projector) = llava();
    let alone: Vec<Vec<f32>> = {
        let mut ctx = context(&model);
        (0..4).map(|seed| logits(&mut ctx, &prompt(&projector, picture(seed)))).collect()
    };
    std::thread::scope(|scope| {
        for (seed, expected) in (0_u8..).zip(&alone) {
            let (model, projector) = (model.clone(), projector.clone());
            scope.spawn(move || {
                let mut ctx = context(&model);
                for _ in 0..3 {
                    assert_eq!(&logits(&mut ctx, &prompt(&projector, picture(seed))), expected);
                }
            });
        }
    });
}

#[test]
fn a_prompt_keeps_what_it_needs_alive() {
    let (model, projector) = llava();
    let prompt = prompt(&projector, picture(1));
    let mut ctx = context(&model);
    drop((model, projector));
    logits(&mut ctx, &prompt);
    drop(ctx);
    prompt.chunk(1).unwrap().encode().unwrap();
}
