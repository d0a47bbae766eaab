//! Bad arguments and bad files for images, audio and projectors, as in `misuse`.

use crate::common::{folder, random};
use crate::multimodal::{context, llava, load, load_on, picture, tone, write};
use llama::gguf::TensorType;
use llama::multimodal::{Audio, Image, MediaEmbedding, MediaPrompt, Part, Projector, split_at_markers};
use llama::{Context, Error, MemoryEffect, Model, PromptPart, SeqId};
use llama_test_kit::{Arch, Eyes, RandomProjector};

/// Bad arguments for one function.
struct Row {
    what: &'static str,
    run: fn(&mut Subjects) -> Result<(), Error>,
}

/// What the rows work on.
struct Subjects {
    projector: Projector,
    ears: Projector,
    prompt: MediaPrompt,
    heard: MediaPrompt,
    embedding: MediaEmbedding,
    ctx: Context,
    stranger: Context,
    encoder: Context,
}

impl Subjects {
    fn new() -> Self {
        let (model, projector) = llava();
        let ears = load(&model, &RandomProjector::new(64).eyes(None).ears(true)).unwrap();
        let prompt = projector.tokenize([Part::text("a"), Part::from(picture(1)), Part::text("b")]).unwrap();
        let heard = ears.tokenize([Part::from(tone(440.0))]).unwrap();
        Self {
            embedding: heard.chunk(1).unwrap().encode().unwrap(),
            ctx: context(&model),
            stranger: context(&random(Arch::Qwen3)),
            encoder: random(Arch::Bert).context_builder().n_ctx(256).embeddings(true).build().unwrap(),
            projector,
            ears,
            prompt,
            heard,
        }
    }

    /// A correct call.
    fn still_work(&mut self) {
        self.ctx.memory().clear(true).unwrap();
        let pos = self.prompt.evaluate(&mut self.ctx, SeqId(0), 0).unwrap().next_pos();
        assert_eq!(pos, self.prompt.n_pos());
        self.ctx.memory().clear(true).unwrap();
    }

    /// A correct call of the rest.
    fn all_work(&mut self) {
        self.still_work();
        let chunk = self.heard.chunk(1).unwrap();
        assert_eq!(chunk.encode().unwrap(), self.embedding);
        chunk.evaluate(&mut self.ctx, SeqId(0), 0, Some(&self.embedding)).unwrap();
        self.ctx.memory().clear(true).unwrap();
    }

    fn at(&mut self, seq: i32, pos: i32) -> Result<(), Error> {
        Ok(self.prompt.evaluate(&mut self.ctx, SeqId(seq), pos).map(drop)?)
    }
}

macro_rules! rows {
    ($($what:literal => $run:expr;)*) => { &[$(Row { what: $what, run: $run }),*] };
}

fn rgb(width: u32, height: u32, len: usize) -> Result<(), Error> {
    Image::from_rgb(width, height, vec![0; len]).map(drop)
}

const ROWS: &[Row] = rows! {
    "image: no pixels" => |_| rgb(0, 0, 0);
    "image: no rows" => |_| rgb(8, 0, 0);
    "image: no columns" => |_| rgb(0, 8, 0);
    "image: a byte too few" => |_| rgb(2, 2, 11);
    "image: a byte too many" => |_| rgb(2, 2, 13);
    "image: a size whose product wraps" => |_| rgb(u32::MAX, u32::MAX, 3);
    "image: a size whose bytes wrap in 32 bits" => |_| rgb(1 << 16, 1 << 16, 0);
    "image: too wide" => |_| rgb(32_769, 1, 3 * 32_769);
    "image: too high" => |_| rgb(1, 32_769, 3 * 32_769);
    "image: decode nothing" => |_| Image::decode(&[]).map(drop);
    "image: decode text" => |_| Image::decode(b"this is no picture").map(drop);
    "image: decode audio" => |_| Image::decode(&wav(100)).map(drop);
    "image: decode a picture that is all claim" => |_| Image::decode(&bmp(30_000, 30_000, 0)).map(drop);
    "image: decode half a picture" => |_| Image::decode(&png(64, 64)[..200]).map(drop);
    "audio: rate 0" => |_| Audio::from_samples(0, vec![0.0; 100]).map(drop);
    "audio: rate MAX" => |_| Audio::from_samples(u32::MAX, vec![0.0; 100]).map(drop);
    "audio: nothing" => |_| Audio::from_samples(16_000, Vec::new()).map(drop);
    "audio: one sample" => |_| Audio::from_samples(16_000, vec![0.0]).map(drop);
    "audio: NaN" => |_| Audio::from_samples(16_000, vec![0.0, f32::NAN]).map(drop);
    "audio: infinite" => |_| Audio::from_samples(16_000, vec![f32::INFINITY; 9]).map(drop);
    "audio: decode nothing" => |_| Audio::decode(&[], 16_000).map(drop);
    "audio: decode a picture" => |_| Audio::decode(&png(8, 8), 16_000).map(drop);
    "audio: decode with rate 0" => |_| Audio::decode(&wav(100), 0).map(drop);
    "audio: decode with rate MAX" => |_| Audio::decode(&wav(100), u32::MAX).map(drop);
    "projector: images for ears" => |s| s.ears.tokenize([Part::from(picture(1))]).map(drop);
    "projector: audio for eyes" => |s| s.projector.tokenize([Part::from(tone(1.0))]).map(drop);
    "projector: a rate that it does not take" => |s| {
        let audio = Audio::from_samples(44_100, vec![0.0; 4410])?;
        s.ears.tokenize_fragment([Part::from(audio)]).map(drop)
    };
    "markers: one for two" => |_| {
        let text = [PromptPart::template("<m>")];
        split_at_markers(&text, "<m>", [picture(1).into(), picture(2).into()]).map(drop)
    };
    "markers: empty" => |_| split_at_markers(&[], "", []).map(drop);
    "chunk: encode a text" => |s| s.prompt.chunk(0).unwrap().encode().map(drop);
    "chunk: an embedding for a text" => |s| {
        let chunk = s.prompt.chunk(0).unwrap();
        Ok(chunk.evaluate(&mut s.ctx, SeqId(0), 0, Some(&s.embedding)).map(drop)?)
    };
    "chunk: an embedding of something else" => |s| {
        let chunk = s.prompt.chunk(1).unwrap();
        Ok(chunk.evaluate(&mut s.ctx, SeqId(0), 0, Some(&s.embedding)).map(drop)?)
    };
    "chunk: in a context of another model" => |s| {
        let chunk = s.prompt.chunk(1).unwrap();
        Ok(chunk.evaluate(&mut s.stranger, SeqId(0), 0, None).map(drop)?)
    };
    "evaluate: sequence -1" => |s| s.at(-1, 0);
    "evaluate: sequence n" => |s| s.at(2, 0);
    "evaluate: position -1" => |s| s.at(0, -1);
    "evaluate: position MAX" => |s| s.at(0, i32::MAX);
    "evaluate: behind a past at 0" => |s| { s.at(1, 0)?; s.at(1, 0) };
    "evaluate: with a gap" => |s| { s.at(1, 0)?; s.at(1, 100) };
    "evaluate: in a context of another model" => |s| {
        Ok(s.prompt.evaluate(&mut s.stranger, SeqId(0), 0).map(drop)?)
    };
    "evaluate: in an encoder" => |s| Ok(s.prompt.evaluate(&mut s.encoder, SeqId(0), 0).map(drop)?);
    "evaluate: an empty prompt" => |s| {
        let nothing = s.projector.tokenize_fragment([])?;
        Ok(nothing.evaluate(&mut s.ctx, SeqId(0), 0).map(drop)?)
    };
    "evaluate: a prompt of empty texts" => |s| {
        let nothing = s.projector.tokenize_fragment([Part::text(""), Part::template("")])?;
        Ok(nothing.evaluate(&mut s.ctx, SeqId(0), 0).map(drop)?)
    };
    "load: no such file" => |s| Projector::load(s.projector.model(), "nowhere.gguf").map(drop);
    "load: a folder" => |s| Projector::load(s.projector.model(), folder()).map(drop);
    "load: a path with a zero byte" => |s| Projector::load(s.projector.model(), "a\0b").map(drop);
    "load: a text model" => |s| Projector::load(s.projector.model(), crate::common::default_path()).map(drop);
    "load: no threads" => |s| builder(s).n_threads(0).load().map(drop);
    "load: too many threads" => |s| builder(s).n_threads(u32::MAX).load().map(drop);
    "load: no image tokens" => |s| builder(s).max_image_tokens(0).load().map(drop);
    "load: too many image tokens" => |s| builder(s).min_image_tokens(u32::MAX).load().map(drop);
    "load: fewer than the fewest" => |s| builder(s).min_image_tokens(9).max_image_tokens(8).load().map(drop);
    "load: for a vocabulary" => |_| {
        let vocab = Model::builder(crate::common::default_path()).vocab_only(true).load()?;
        load(&vocab, &RandomProjector::new(64)).map(drop)
    };
};

fn builder(subjects: &Subjects) -> llama::multimodal::ProjectorBuilder {
    Projector::builder(subjects.projector.model(), "nowhere.gguf")
}

#[test]
fn bad_arguments_are_errors() {
    let mut subjects = Subjects::new();
    subjects.all_work();
    for row in ROWS {
        let error = (row.run)(&mut subjects).expect_err(row.what);
        assert!(!matches!(error, Error::Fault { .. } | Error::Poisoned { .. }), "{}: {error}", row.what);
        println!("{}: {error}", row.what);
        subjects.still_work();
    }
    subjects.all_work();
}

/// A projector file that is wrong in one way, and a word that its error must have.
fn wrong_files() -> Vec<(String, RandomProjector, &'static str)> {
    let good = || RandomProjector::new(64);
    let both = || RandomProjector::new(64).ears(true);
    let mut files: Vec<(String, RandomProjector, &str)> = [
        ("clip.vision.patch_size", 0_u32, "patch_size"),
        ("clip.vision.patch_size", 64, "image_size"),
        ("clip.vision.patch_size", u32::MAX, ""),
        ("clip.vision.image_size", 0, "image_size"),
        ("clip.vision.image_size", u32::MAX, "image_size"),
        ("clip.vision.embedding_length", 0, "embedding_length"),
        ("clip.vision.embedding_length", u32::MAX, ""),
        ("clip.vision.attention.head_count", 0, "head_count"),
        ("clip.vision.attention.head_count", 7, ""),
        ("clip.vision.attention.head_count", u32::MAX, "head_count"),
        ("clip.vision.attention.head_count_kv", 0, "head_count_kv"),
        ("clip.vision.block_count", u32::MAX, "block_count"),
        ("clip.vision.block_count", 40, ""),
        ("clip.audio.num_mel_bins", 0, "num_mel_bins"),
        ("clip.audio.num_mel_bins", u32::MAX, ""),
        ("clip.audio.projector.stack_factor", 0, "stack_factor"),
    ]
    .into_iter()
    .map(|(key, value, word)| (format!("{key} = {value}"), both().metadata(key, value), word))
    .collect();
    for (key, value) in [
        ("clip.vision.patch_size", "eight"),
        ("clip.vision.projector_type", "no such projector"),
        ("clip.has_vision_encoder", "yes"),
    ] {
        files.push((format!("{key} = {value}"), good().metadata(key, value), ""));
    }
    files.push((
        "no mean".to_owned(),
        good().metadata("clip.vision.image_mean", Vec::<f32>::new()),
        "image_mean",
    ));
    files.push(("speech".to_owned(), good().metadata("clip.has_gen_audio_encoder", true), "speech"));
    files.push(("neither eyes nor ears".to_owned(), good().eyes(None), "neither"));
    files.push(("another width".to_owned(), RandomProjector::new(32), "n_embd"));
    files.push((
        "an integer as bias".to_owned(),
        good().with_zeros("mm.2.bias", &[64], TensorType::I32),
        "mm.2.bias",
    ));
    files.push((
        "half a bias".to_owned(),
        good().with_zeros("mm.0.bias", &[64], TensorType::F16),
        "mm.0.bias",
    ));
    files
}

#[test]
fn wrong_projectors_are_errors() {
    let model = random(Arch::Llama);
    for (what, file, word) in wrong_files() {
        let error = load(&model, &file).expect_err(&what);
        println!("{what}: {error}");
        assert!(error.to_string().contains(word), "{what}: {error}");
    }
    load(&model, &RandomProjector::new(64)).unwrap();
}

/// Loads a projector and uses it for an image and a recording. `Err` at any point is fine.
fn use_it(model: &Model, file: &RandomProjector) -> Result<(), Error> {
    // A failure on the second thread could not be contained.
    let projector = load_on(model, file, 2)?;
    let mut parts = vec![Part::text("a")];
    parts.extend(projector.takes_images().then(|| Part::from(picture(1))));
    parts.extend(projector.takes_audio().then(|| Part::from(tone(440.0))));
    let prompt = projector.tokenize(parts)?;
    prompt.evaluate(&mut context(model), SeqId(0), 0)?;
    Ok(())
}

#[test]
fn missing_tensors_are_errors() {
    let (llama, gemma) = (random(Arch::Llama), random(Arch::Gemma3));
    let kinds = [
        (&llama, RandomProjector::new(64)),
        (&gemma, RandomProjector::new(64).eyes(Some(Eyes::Gemma3))),
        (&llama, RandomProjector::new(64).eyes(None).ears(true)),
    ];
    for (model, file) in kinds {
        // The layers of an encoder are alike; recordings take long.
        for name in file.tensor_names().into_iter().filter(|name| !name.starts_with("a.blk.1.")) {
            // Biases, and norms around the layers, are optional; so is the second layer of LLaVA, which looks at
            // the one before the last.
            let result = use_it(model, &file.clone().without(&name));
            if let Err(error) = &result {
                println!("without {name}: {error}");
            }
            let needed = ["patch_embd.weight", "blk.0.attn_q.weight", "blk.0.ffn_up.weight"];
            let projects = name.starts_with("mm.") || name.starts_with("a.conv1d.");
            if projects || needed.iter().any(|end| name.contains(end)) {
                assert!(result.is_err(), "without {name}");
            }
        }
    }
}

#[test]
fn tensors_of_other_shapes_and_types_are_errors() {
    let model = random(Arch::Llama);
    let eyes = RandomProjector::new(64);
    let ears = RandomProjector::new(64).eyes(None).ears(true);
    let cases: &[(&RandomProjector, &str, &[u64], TensorType)] = &[
        (&eyes, "v.position_embd.weight", &[32, 3], TensorType::F32),
        (&eyes, "v.position_embd.weight", &[32, 16], TensorType::F32),
        (&eyes, "v.position_embd.weight", &[31, 17], TensorType::F32),
        (&eyes, "v.class_embd", &[31], TensorType::F32),
        (&eyes, "v.patch_embd.weight", &[8, 8, 3, 32], TensorType::I32),
        (&eyes, "v.patch_embd.weight", &[32, 2, 3, 32], TensorType::Q4_0),
        (&eyes, "v.patch_embd.weight", &[9, 9, 3, 32], TensorType::F32),
        (&eyes, "v.patch_embd.weight", &[8, 8, 1, 32], TensorType::F32),
        (&eyes, "v.blk.0.attn_q.weight", &[32, 31], TensorType::F32),
        (&eyes, "v.blk.0.attn_q.weight", &[64, 32], TensorType::F32),
        (&eyes, "v.blk.0.ln1.weight", &[7], TensorType::F32),
        (&eyes, "v.blk.0.ln1.weight", &[32, 1], TensorType::Q4_0),
        (&eyes, "v.blk.0.ffn_up.weight", &[32, 5], TensorType::F32),
        (&eyes, "mm.0.weight", &[64, 64], TensorType::F32),
        (&eyes, "mm.0.bias", &[64, 1], TensorType::Q4_0),
        (&eyes, "mm.2.weight", &[32, 64], TensorType::F32),
        (&eyes, "mm.2.weight", &[64, 63], TensorType::F32),
        (&ears, "a.position_embd.weight", &[32, 100], TensorType::F32),
        (&ears, "a.position_embd.weight", &[32, 1500], TensorType::Q4_0),
        (&ears, "a.conv1d.1.weight", &[3, 7, 32], TensorType::F32),
        (&ears, "a.conv1d.1.weight", &[32, 16, 32], TensorType::Q8_0),
        (&ears, "a.conv1d.1.bias", &[32], TensorType::F32),
        (&ears, "mm.a.mlp.1.weight", &[512, 127], TensorType::F32),
        (&ears, "mm.a.norm_pre.weight", &[511], TensorType::F32),
    ];
    for (file, name, dims, kind) in cases {
        let what = format!("{name} {dims:?} {kind}");
        let result = use_it(&model, &(*file).clone().with_zeros(*name, dims, *kind));
        println!("{what}: {result:?}");
        assert!(result.is_err(), "{what}");
        use_it(&model, file).unwrap();
    }
}

#[test]
fn cut_and_changed_projector_files_are_errors() {
    let model = random(Arch::Llama);
    let path = write(&RandomProjector::new(64));
    let good = std::fs::read(&path).unwrap();
    let mut rng = llama_test_kit::Rng::new(5);
    let mut refused = 0;
    for round in 0..60 {
        let mut bytes = good.clone();
        if round < 20 {
            bytes.truncate(rng.below(u32::try_from(good.len()).unwrap()) as usize);
        } else {
            // Metadata and the list of tensors are at the beginning.
            for _ in 0..4 {
                let at = rng.below(4_000) as usize;
                bytes[at] = rng.next_u64().to_le_bytes()[0];
            }
        }
        std::fs::write(&path, &bytes).unwrap();
        refused += usize::from(Projector::load(&model, &path).is_err());
    }
    println!("{refused} of 60 files refused");
    assert!(refused >= 20, "every cut file is");
    std::fs::write(&path, &good).unwrap();
    Projector::load(&model, &path).unwrap();
    std::fs::remove_file(path).unwrap();
}

/// Media files of our own making, damaged at random, must come back as an error or as something.
#[test]
fn damaged_media_files_are_errors_or_media() {
    let mut rng = llama_test_kit::Rng::new(6);
    let files = [png(24, 24), bmp(24, 24, 24 * 24 * 3), ppm(24, 24), gif(), wav(400)];
    for file in &files[..4] {
        let image = Image::decode(file).unwrap();
        assert_eq!((image.width(), image.height()), if file[0] == b'G' { (2, 2) } else { (24, 24) });
    }
    assert_eq!(Audio::decode(&files[4], 16_000).unwrap().samples().len(), 800, "twice the rate");
    for file in &files {
        for _ in 0..400 {
            let mut bytes = file.clone();
            for _ in 0..=rng.below(6) {
                let at = rng.below(u32::try_from(bytes.len()).unwrap()) as usize;
                bytes[at] = rng.next_u64().to_le_bytes()[0];
            }
            if rng.below(4) == 0 {
                bytes.truncate(rng.below(u32::try_from(bytes.len()).unwrap()) as usize);
            }
            let _ = Image::decode(&bytes);
            let _ = Audio::decode(&bytes, 16_000);
        }
    }
}

#[test]
fn weights_that_give_no_numbers_are_an_error() {
    let model = random(Arch::Llama);
    let file = RandomProjector::new(64).metadata("clip.vision.image_std", vec![0.0_f32; 3]);
    let projector = load(&model, &file).unwrap();
    let prompt = projector.tokenize([Part::text("a"), Part::from(picture(1))]).unwrap();
    let mut ctx = context(&model);
    let error = prompt.evaluate(&mut ctx, SeqId(0), 0).unwrap_err();
    assert!(matches!(error.error, Error::InvalidBatch { .. }), "{error}");
    assert_eq!(error.memory, MemoryEffect::Unchanged);
    assert_eq!(ctx.memory().pos_max(SeqId(0)).unwrap(), None);
}

#[test]
fn images_of_extreme_sizes() {
    let (model, projector) = llava();
    let mut ctx = context(&model);
    for (width, height) in [(1, 1), (1, 2000), (32_768, 1), (1, 32_768), (3000, 2000)] {
        let image = Image::from_rgb(width, height, vec![9; 3 * (width * height) as usize]).unwrap();
        let prompt = projector.tokenize([Part::from(image)]).unwrap();
        ctx.memory().clear(true).unwrap();
        prompt.evaluate(&mut ctx, SeqId(0), 0).unwrap();
    }
}

fn bmp(width: u32, height: u32, data: usize) -> Vec<u8> {
    let mut file = b"BM".to_vec();
    for value in [0_u32, 0, 54, 40, width, height] {
        file.extend(value.to_le_bytes());
    }
    file.extend([1, 0, 24, 0]);
    file.extend([0; 24]);
    file.extend((0..data).map(|i| u8::try_from(i % 256).unwrap()));
    file
}

fn ppm(width: u32, height: u32) -> Vec<u8> {
    let mut file = format!("P6\n{width} {height}\n255\n").into_bytes();
    file.extend((0..3 * width * height).map(|i| u8::try_from(i % 256).unwrap()));
    file
}

/// Two by two pixels of two colours.
fn gif() -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend([2, 0, 2, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255]);
    file.extend([0x2c, 0, 0, 0, 0, 2, 0, 2, 0, 0]);
    // Codes of three bits: clear, 0, 1, 1, 0, end.
    file.extend([2, 3, 0x44, 0x02, 0x05, 0, 0x3b]);
    file
}

/// One channel of 16-bit samples at 8 kHz.
fn wav(samples: u16) -> Vec<u8> {
    let data = 2 * u32::from(samples);
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend([1, 0, 1, 0]);
    file.extend(8_000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    file.extend((0..samples).flat_map(|i| i.wrapping_mul(977).to_le_bytes()));
    file
}

/// Rows of RGB without filter, in one block that is not compressed.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..height {
        rows.push(0);
        rows.extend((0..3 * width).map(|x| u8::try_from((x * 5 + y) % 256).unwrap()));
    }
    let len = u16::try_from(rows.len()).unwrap();
    let mut data = vec![0x78, 0x01, 1];
    data.extend(len.to_le_bytes());
    data.extend((!len).to_le_bytes());
    data.extend(&rows);
    let (a, b) = rows.iter().fold((1_u32, 0_u32), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    data.extend(((b << 16) | a).to_be_bytes());
    let mut head = width.to_be_bytes().to_vec();
    head.extend(height.to_be_bytes());
    head.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in [(b"IHDR", &head), (b"IDAT", &data), (b"IEND", &Vec::new())] {
        file.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        let mut chunk = name.to_vec();
        chunk.extend(body);
        let crc = chunk.iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        });
        file.extend(&chunk);
        file.extend((!crc).to_be_bytes());
    }
    file
}
