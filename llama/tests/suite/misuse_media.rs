//! Bad files for images, audio and projectors. Bad arguments are in `misuse`.

use crate::common::random;
use crate::multimodal::{context, llava, load, load_on, picture, tone, write};
use llama::gguf::TensorType;
use llama::multimodal::{Audio, Image, Part, Projector};
use llama::{Error, MemoryEffect, Model, SeqId};
use llama_test_kit::{Arch, Eyes, RandomProjector};

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

pub(crate) fn bmp(width: u32, height: u32, data: usize) -> Vec<u8> {
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
pub(crate) fn wav(samples: u16) -> Vec<u8> {
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
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
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
