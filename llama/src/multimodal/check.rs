//! Looks into a projector file before llama.cpp does: its loader trusts numbers that it divides by, sizes that it
//! allocates, and types that its computation aborts on.

use crate::gguf::{Gguf, TensorInfo, TensorType, Value};
use crate::model::check_path;
use crate::state::Checksum;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Projectors that scale images to the size in the file.
const FIXED_SIZE: [&str; 14] = [
    "adapter",
    "cogvlm",
    "gemma3",
    "gemma3nv",
    "idefics3",
    "internvl",
    "janus_pro",
    "ldp",
    "ldpv2",
    "llama4",
    "mlp",
    "nemotron_v2_vl",
    "resampler",
    "yasa2",
];

/// Tensors that llama.cpp takes for optional while it loads, and follows without a look later: the projectors, and
/// sets of which one must be complete.
const FOLLOWED: [(&[&str], &[&[&str]]); 5] = [
    (&["mlp"], &[&["mm.2.weight"], &["mm.3.weight", "mm.3.bias"]]),
    (
        &[
            "deepseekocr",
            "deepseekocr2",
            "gemma4uv",
            "gemma4v",
            "kimik25",
            "kimivl",
            "lfm2",
            "ling3vl",
            "muse-glimmer",
            "paddleocr",
            "phi4",
            "qwen3vl_merger",
            "step3vl",
        ],
        &[&["v.position_embd.weight"]],
    ),
    (&["internvl", "nemotron_v2_vl"], &[&["v.class_embd"]]),
    (
        &[
            "glma",
            "lfm2a",
            "meralion",
            "musicflamingo",
            "qwen2.5o",
            "qwen2a",
            "qwen3a",
            "ultravox",
            "voxtral",
        ],
        &[&["a.position_embd.weight", "a.blk.0.attn_out.weight"]],
    ),
    (&["gemma4a"], &[&["mm.a.input_projection.weight"]]),
];

/// Numbers that are divided by, or must not be zero for another reason: the ends of their keys.
const POSITIVE: [&str; 11] = [
    ".attention.head_count",
    ".attention.head_count_kv",
    ".embedding_length",
    ".num_mel_bins",
    ".patch_size",
    ".projector.downsample_rate",
    ".projector.query_side",
    ".projector.scale_factor",
    ".projector.stack_factor",
    ".projector.window_side",
    ".spatial_merge_size",
];

/// Largest values of numbers that sizes are made of, by the ends of their keys.
const LARGEST: [(&str, u64); 5] = [
    (".image_max_pixels", 1 << 28),
    (".image_min_pixels", 1 << 26),
    (".image_size", 8192),
    (".preproc_image_size", 1 << 15),
    (".preproc_max_tiles", 1 << 10),
];

/// Types that the computation knows for weights.
fn is_number(tensor_type: TensorType) -> bool {
    let integers = ["i8", "i16", "i32", "i64", "f64"];
    tensor_type.name().is_some_and(|name| !integers.contains(&name.to_ascii_lowercase().as_str()))
}

/// Says what is wrong with the file, as far as that is found without loading it. A sound one has a fingerprint.
pub(super) fn check(path: &Path) -> Result<u64, String> {
    check_path(path).map_err(|error| match error {
        crate::Error::LoadModel { detail, .. } => detail,
        other => other.to_string(),
    })?;
    let file = Gguf::open(path).map_err(|error| error.to_string())?;
    let on = |key: &str| matches!(file.get(key), Some(Value::Bool(true)));
    if on("clip.has_gen_audio_encoder") {
        return Err("it generates speech, which is not supported".to_owned());
    }
    let kinds: Vec<&str> = [("clip.has_vision_encoder", "vision"), ("clip.has_audio_encoder", "audio")]
        .into_iter()
        .filter_map(|(key, kind)| on(key).then_some(kind))
        .collect();
    if kinds.is_empty() {
        let architecture = file.get("general.architecture").and_then(Value::as_str).unwrap_or("unknown");
        return Err(format!(
            "it takes neither images nor audio (architecture \"{architecture}\"); give the mmproj file that belongs \
             to the model"
        ));
    }
    for (key, value) in file.metadata().iter().filter(|(key, _)| key.starts_with("clip.")) {
        check_number(key, value)?;
    }
    for kind in kinds {
        check_kind(&file, kind)?;
    }
    file.tensors().iter().try_for_each(check_tensor)?;
    fingerprint(path).map_err(|error| error.to_string())
}

/// A checksum of pieces from all over the file: its size does not make it slow, and other weights show.
fn fingerprint(path: &Path) -> std::io::Result<u64> {
    const PIECES: u64 = 64;
    let mut file = crate::regular_file::open(path)?;
    let len = file.metadata()?.len();
    let mut sum = Checksum::new().add(&len.to_le_bytes());
    let mut piece = Vec::new();
    for start in (0..PIECES).map(|number| len / PIECES * number) {
        file.seek(SeekFrom::Start(start))?;
        piece.clear();
        file.by_ref().take(4096).read_to_end(&mut piece)?;
        sum = sum.add(&piece);
    }
    Ok(sum.finish())
}

fn check_number(key: &str, value: &Value) -> Result<(), String> {
    let Some(number) = value.as_i64() else { return Ok(()) };
    if number <= 0 && POSITIVE.iter().any(|end| key.ends_with(end)) {
        return Err(format!("{key} is {number}, it must be positive"));
    }
    let largest = LARGEST.iter().find(|(end, _)| key.ends_with(end));
    match (largest, u64::try_from(number)) {
        (Some((_, max)), Ok(number)) if number > *max => {
            Err(format!("{key} is {number}, at most {max} can be"))
        }
        _ => Ok(()),
    }
}

/// Checks of the part that takes images or audio.
fn check_kind(file: &Gguf, kind: &str) -> Result<(), String> {
    let number = |name: &str| file.get(&format!("clip.{kind}.{name}")).and_then(Value::as_u64);
    let layers = number("block_count").unwrap_or(0);
    if layers > file.tensors().len() as u64 {
        return Err(format!(
            "clip.{kind}.block_count is {layers}, the file has {} tensors",
            file.tensors().len()
        ));
    }
    let (width, heads) = (number("embedding_length"), number("attention.head_count"));
    if let (Some(width), Some(heads)) = (width, heads)
        && heads > width
    {
        return Err(format!("clip.{kind}.attention.head_count is {heads}, more than the width {width}"));
    }
    let named = file.get("clip.projector_type").or_else(|| file.get(&format!("clip.{kind}.projector_type")));
    let projector = named.and_then(Value::as_str).unwrap_or_default();
    if kind == "vision" && FIXED_SIZE.contains(&projector) {
        let (size, patch) = (number("image_size").unwrap_or(0), number("patch_size").unwrap_or(0));
        if size < patch.max(1) {
            return Err(format!("clip.vision.image_size is {size}, less than one patch of {patch}"));
        }
    }
    for (_, sets) in FOLLOWED.iter().filter(|(names, _)| names.contains(&projector) && owns(kind, projector))
    {
        let complete = |set: &&[&str]| set.iter().all(|name| file.tensor(name).is_some());
        if !sets.iter().any(complete) {
            return Err(format!(
                "a projector of type \"{projector}\" needs the tensors {}",
                sets[0].join(", ")
            ));
        }
    }
    Ok(())
}

/// A file for both kinds may name one projector: "qwen2.5o", whose ears are those of the list.
fn owns(kind: &str, projector: &str) -> bool {
    projector != "qwen2.5o" || kind == "audio"
}

/// What llama.cpp's converters write, and its computation takes: vectors as F32, everything else as numbers that can
/// be multiplied.
fn check_tensor(tensor: &TensorInfo) -> Result<(), String> {
    let shown = tensor.tensor_type();
    if !is_number(shown) || (tensor.dims().len() == 1 && shown != TensorType::F32) {
        return Err(format!(
            "tensor \"{}\" has the type {shown}, which cannot be computed with",
            tensor.name()
        ));
    }
    if tensor.elements() == 0 {
        return Err(format!("tensor \"{}\" is empty", tensor.name()));
    }
    Ok(())
}
