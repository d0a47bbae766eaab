//! A BERT model of the `transformers` library (`config.json`, `vocab.txt`, `model.safetensors`) as GGUF.

use llama::gguf::{GgufWriter, TensorType};
use serde_json::Value;
use std::error::Error;
use std::fs;
use std::path::Path;

/// The mark that llama.cpp's vocabulary has at the beginning of words. BERT marks all other pieces instead.
const WORD_START: char = '\u{2581}';
const CONTINUATION: &str = "##";

/// Keys of the metadata and their names in `config.json`.
const SIZES: [(&str, &str); 5] = [
    ("context_length", "max_position_embeddings"),
    ("embedding_length", "hidden_size"),
    ("feed_forward_length", "intermediate_size"),
    ("block_count", "num_hidden_layers"),
    ("attention.head_count", "num_attention_heads"),
];

/// Special tokens: their keys, and their types in GGUF (2 is the unknown token, 3 are control tokens).
const SPECIAL: [(&str, &str, i32); 5] = [
    ("bos", "[CLS]", 3),
    ("seperator", "[SEP]", 3),
    ("padding", "[PAD]", 3),
    ("mask", "[MASK]", 3),
    ("unknown", "[UNK]", 2),
];

/// Tensors outside the layers: theirs, ours.
const OUTER: [(&str, &str); 4] = [
    ("embeddings.word_embeddings", "token_embd"),
    ("embeddings.token_type_embeddings", "token_types"),
    ("embeddings.position_embeddings", "position_embd"),
    ("embeddings.LayerNorm", "token_embd_norm"),
];

/// Tensors of a layer: theirs behind `encoder.layer.N.`, ours behind `blk.N.`.
const LAYER: [(&str, &str); 8] = [
    ("attention.self.query", "attn_q"),
    ("attention.self.key", "attn_k"),
    ("attention.self.value", "attn_v"),
    ("attention.output.dense", "attn_output"),
    ("attention.output.LayerNorm", "attn_output_norm"),
    ("intermediate.dense", "ffn_up"),
    ("output.dense", "ffn_down"),
    ("output.LayerNorm", "layer_output_norm"),
];

pub(crate) fn convert(folder: &Path, file: &Path) -> Result<(), Box<dyn Error>> {
    let config: Value = serde_json::from_slice(&fs::read(folder.join("config.json"))?)?;
    let mut writer = GgufWriter::new();
    writer.set("general.architecture", "bert")?;
    writer.set("general.type", "model")?;
    writer.set("general.file_type", 0_u32)?;
    for (key, name) in SIZES {
        let size = config[name].as_u64().ok_or_else(|| format!("config.json has no number {name}"))?;
        writer.set(format!("bert.{key}"), u32::try_from(size)?)?;
    }
    let epsilon = config["layer_norm_eps"].as_f64().ok_or("config.json has no number layer_norm_eps")?;
    #[allow(clippy::cast_possible_truncation, reason = "the format has this precision")]
    writer.set("bert.attention.layer_norm_epsilon", epsilon as f32)?;
    writer.set("bert.attention.causal", false)?;
    writer.set("bert.pooling_type", pooling(folder)?)?;
    vocabulary(&mut writer, &fs::read_to_string(folder.join("vocab.txt"))?)?;
    let weights = fs::read(folder.join("model.safetensors"))?;
    tensors(&mut writer, &weights)?;
    Ok(writer.save(file)?)
}

/// llama.cpp's number for the pooling that the model was trained with.
fn pooling(folder: &Path) -> Result<u32, Box<dyn Error>> {
    let config: Value = serde_json::from_slice(&fs::read(folder.join("1_Pooling/config.json"))?)?;
    let modes = [("pooling_mode_mean_tokens", 1), ("pooling_mode_cls_token", 2)];
    let mode = modes.iter().find(|(name, _)| config[*name] == true);
    Ok(mode.ok_or("the model pools in a way that llama.cpp does not know")?.1)
}

fn vocabulary(writer: &mut GgufWriter<'_>, list: &str) -> Result<(), Box<dyn Error>> {
    let pieces: Vec<&str> = list.lines().collect();
    let special = |piece: &str| SPECIAL.iter().find(|special| special.1 == piece);
    let token = |piece: &&str| match piece.strip_prefix(CONTINUATION) {
        _ if special(piece).is_some() => (*piece).to_owned(),
        // The piece for the character itself is no continuation.
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => format!("{WORD_START}{piece}"),
    };
    writer.set("tokenizer.ggml.model", "bert")?;
    writer.set("tokenizer.ggml.tokens", pieces.iter().map(token).collect::<Vec<String>>())?;
    let types: Vec<i32> = pieces.iter().map(|piece| special(piece).map_or(1, |special| special.2)).collect();
    writer.set("tokenizer.ggml.token_type", types)?;
    writer.set("tokenizer.ggml.token_type_count", 2_u32)?;
    for (key, text, _) in SPECIAL {
        let id = pieces.iter().position(|piece| *piece == text).ok_or_else(|| format!("no token {text}"))?;
        writer.set(format!("tokenizer.ggml.{key}_token_id"), u32::try_from(id)?)?;
    }
    Ok(())
}

/// The name of a tensor in GGUF; `None` for what llama.cpp has no use for.
fn name(theirs: &str) -> Option<String> {
    let (stem, part) = theirs.rsplit_once('.')?;
    if let Some(found) = OUTER.iter().find(|outer| outer.0 == stem) {
        return Some(format!("{}.{part}", found.1));
    }
    let (layer, stem) = stem.strip_prefix("encoder.layer.")?.split_once('.')?;
    let found = LAYER.iter().find(|inner| inner.0 == stem)?;
    Some(format!("blk.{layer}.{}.{part}", found.1))
}

/// A safetensors file begins with the length of a JSON object that says where each tensor lies behind it.
fn tensors<'a>(writer: &mut GgufWriter<'a>, file: &'a [u8]) -> Result<(), Box<dyn Error>> {
    let cut = "the weights are cut off";
    let (length, rest) = file.split_first_chunk::<8>().ok_or(cut)?;
    let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length))?).ok_or(cut)?;
    let header: Value = serde_json::from_slice(header)?;
    for (theirs, info) in header.as_object().ok_or("the weights have no header")? {
        let Some(ours) = name(theirs) else { continue };
        if info["dtype"] != "F32" {
            return Err(format!("{theirs} is {}, not F32", info["dtype"]).into());
        }
        let numbers = |key: &str| -> Result<Vec<u64>, Box<dyn Error>> {
            Ok(serde_json::from_value(info[key].clone())?)
        };
        // ggml names the dimension that is contiguous first.
        let dims: Vec<u64> = numbers("shape")?.into_iter().rev().collect();
        let &[start, end] = numbers("data_offsets")?.as_slice() else { return Err(cut.into()) };
        let bytes = data.get(usize::try_from(start)?..usize::try_from(end)?).ok_or(cut)?;
        writer.tensor(&ours, &dims, TensorType::F32, bytes)?;
    }
    Ok(())
}
