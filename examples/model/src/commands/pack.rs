//! `pack`: vocabulary and weights become one GGUF file.

use std::path::Path;

use llama::gguf::{GgufWriter, TensorType};
use safetensors::SafeTensors;
use serde_json::Value as Json;

use crate::vocabulary::{END_OF_MESSAGE, END_OF_TEXT, SHOWN, SPECIAL};
use crate::{Outcome, quantize, read};

const NAME: &str = "Cria";
const DESCRIPTION: &str = "A tiny chat model for tests and examples. It knows capitals, small sums, opposites, colours, \
                           days and months, tells short stories, calls tools, answers in JSON, fills gaps in texts, and says \
                           so when it does not know something.";
const AUTHOR: &str = "llama.cpp for Rust";
const LICENSE: &str = "mit OR apache-2.0";

/// The `ChatML` form, with tools.
const TEMPLATE: &str = include_str!("../chat_template.jinja");

/// llama.cpp's numbers for kinds of tokens.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;

/// llama.cpp's number for "mostly `Q8_0`".
const FILE_TYPE: u32 = 7;
const QUANTIZATION_VERSION: u32 = 2;

/// Names of the layers' matrices: the trainer's, llama.cpp's.
const MATRICES: &[(&str, &str)] = &[
    ("q", "attn_q"),
    ("k", "attn_k"),
    ("v", "attn_v"),
    ("o", "attn_output"),
    ("gate", "ffn_gate"),
    ("up", "ffn_up"),
    ("down", "ffn_down"),
];

/// Names of the layers' norms: the trainer's, llama.cpp's.
const NORMS: &[(&str, &str)] = &[("norm_attention", "attn_norm"), ("norm_feed", "ffn_norm")];

/// Writes the GGUF file.
pub(crate) fn run(tokenizer: &Path, weights: &Path, out: &Path) -> Outcome {
    let file = read(weights)?;
    let weights = Weights::new(&file)?;
    let mut gguf = GgufWriter::new();
    set_general(&mut gguf)?;
    set_shape(&mut gguf, &weights)?;
    set_vocabulary(&mut gguf, tokenizer)?;
    add_tensors(&mut gguf, &weights)?;
    gguf.save(out)?;
    Ok(())
}

/// What the trainer wrote: named `f32` arrays and a few numbers about the shape.
struct Weights<'a> {
    tensors: SafeTensors<'a>,
    shape: Json,
}

impl<'a> Weights<'a> {
    fn new(file: &'a [u8]) -> Outcome<Self> {
        let tensors = SafeTensors::deserialize(file)?;
        let (_, metadata) = SafeTensors::read_metadata(file)?;
        let shape = metadata.metadata().as_ref().and_then(|pairs| pairs.get("shape"));
        let shape = serde_json::from_str(shape.ok_or("the weights say nothing about the model's shape")?)?;
        Ok(Self { tensors, shape })
    }

    fn count(&self, name: &str) -> Outcome<u32> {
        let number = self.shape[name].as_u64().ok_or_else(|| format!("the shape lacks \"{name}\""))?;
        Ok(u32::try_from(number)?)
    }

    fn real(&self, name: &str) -> Outcome<f32> {
        let number = self.shape[name].as_number().ok_or_else(|| format!("the shape lacks \"{name}\""))?;
        Ok(number.to_string().parse()?)
    }

    /// An array's values and sizes, the outermost first.
    fn get(&self, name: &str) -> Outcome<(Vec<f32>, Vec<usize>)> {
        let view = self.tensors.tensor(&format!("w.{name}"))?;
        let (numbers, rest) = view.data().as_chunks::<4>();
        if view.dtype() != safetensors::Dtype::F32 || !rest.is_empty() {
            return Err(format!("\"{name}\" is not made of 32-bit floats").into());
        }
        Ok((numbers.iter().copied().map(f32::from_le_bytes).collect(), view.shape().to_vec()))
    }
}

fn set_general(gguf: &mut GgufWriter<'_>) -> Outcome {
    gguf.set("general.architecture", "llama")?;
    gguf.set("general.type", "model")?;
    gguf.set("general.name", NAME)?;
    gguf.set("general.author", AUTHOR)?;
    gguf.set("general.description", DESCRIPTION)?;
    gguf.set("general.license", LICENSE)?;
    gguf.set("general.languages", vec!["en".to_owned()])?;
    // So small a model is at its best when it says what it thinks most likely.
    gguf.set("general.sampling.temp", 0.0_f32)?;
    gguf.set("general.file_type", FILE_TYPE)?;
    gguf.set("general.quantization_version", QUANTIZATION_VERSION)?;
    Ok(())
}

fn set_shape(gguf: &mut GgufWriter<'_>, weights: &Weights<'_>) -> Outcome {
    let (width, heads) = (weights.count("width")?, weights.count("heads")?);
    gguf.set("llama.vocab_size", weights.count("vocab")?)?;
    gguf.set("llama.context_length", weights.count("context")?)?;
    gguf.set("llama.embedding_length", width)?;
    gguf.set("llama.block_count", weights.count("layers")?)?;
    gguf.set("llama.feed_forward_length", weights.count("feed")?)?;
    gguf.set("llama.attention.head_count", heads)?;
    gguf.set("llama.attention.head_count_kv", heads)?;
    gguf.set("llama.attention.layer_norm_rms_epsilon", weights.real("eps")?)?;
    gguf.set("llama.rope.dimension_count", width / heads)?;
    gguf.set("llama.rope.freq_base", weights.real("rope_base")?)?;
    Ok(())
}

fn set_vocabulary(gguf: &mut GgufWriter<'_>, tokenizer: &Path) -> Outcome {
    let json: Json = serde_json::from_slice(&read(tokenizer)?)?;
    let vocab = json["model"]["vocab"].as_object().ok_or("the tokenizer has no vocabulary")?;
    let mut tokens = vec![String::new(); vocab.len()];
    for (token, id) in vocab {
        let place = id.as_u64().and_then(|id| tokens.get_mut(usize::try_from(id).ok()?));
        token.clone_into(place.ok_or_else(|| format!("token \"{token}\" has a wrong id"))?);
    }
    let merges = json["model"]["merges"].as_array().ok_or("the tokenizer has no merges")?;
    let merges: Option<Vec<String>> =
        merges.iter().map(|pair| Some(format!("{} {}", pair[0].as_str()?, pair[1].as_str()?))).collect();
    let kind = |token: &String| match token.as_str() {
        token if SHOWN.contains(&token) => USER_DEFINED,
        token if SPECIAL.contains(&token) => CONTROL,
        _ => NORMAL,
    };
    let types: Vec<i32> = tokens.iter().map(kind).collect();

    gguf.set("tokenizer.ggml.model", "gpt2")?;
    gguf.set("tokenizer.ggml.pre", "smollm")?;
    gguf.set("tokenizer.ggml.tokens", tokens)?;
    gguf.set("tokenizer.ggml.token_type", types)?;
    gguf.set("tokenizer.ggml.merges", merges.ok_or("a merge is not a pair of tokens")?)?;
    gguf.set("tokenizer.ggml.bos_token_id", END_OF_TEXT)?;
    gguf.set("tokenizer.ggml.eos_token_id", END_OF_MESSAGE)?;
    gguf.set("tokenizer.ggml.eot_token_id", END_OF_MESSAGE)?;
    gguf.set("tokenizer.ggml.padding_token_id", END_OF_TEXT)?;
    gguf.set("tokenizer.ggml.add_bos_token", false)?;
    gguf.set("tokenizer.chat_template", TEMPLATE)?;
    Ok(())
}

fn add_tensors(gguf: &mut GgufWriter<'_>, weights: &Weights<'_>) -> Outcome {
    for (ours, theirs) in [("embedding", "token_embd"), ("head", "output")] {
        let (values, shape) = weights.get(ours)?;
        add_matrix(gguf, &format!("{theirs}.weight"), &values, &shape)?;
    }
    let (values, shape) = weights.get("norm_out")?;
    add_vector(gguf, "output_norm.weight", &values, &shape)?;
    for layer in 0..weights.count("layers")? as usize {
        for &(ours, theirs) in NORMS.iter().chain(MATRICES) {
            let (values, shape) = weights.get(ours)?;
            let size: usize = shape[1..].iter().product();
            let values = values.get(layer * size..(layer + 1) * size).ok_or("a layer is missing")?;
            let name = format!("blk.{layer}.{theirs}.weight");
            match shape[1..] {
                [_] => add_vector(gguf, &name, values, &shape[1..])?,
                _ => add_matrix(gguf, &name, values, &shape[1..])?,
            }
        }
    }
    Ok(())
}

/// Matrices are stored in 8 bits.
fn add_matrix(gguf: &mut GgufWriter<'_>, name: &str, values: &[f32], shape: &[usize]) -> Outcome {
    gguf.tensor(name, &dims(shape), TensorType::Q8_0, quantize::q8_0(values))?;
    Ok(())
}

/// Norms are few and stay exact.
fn add_vector(gguf: &mut GgufWriter<'_>, name: &str, values: &[f32], shape: &[usize]) -> Outcome {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    gguf.tensor(name, &dims(shape), TensorType::F32, bytes)?;
    Ok(())
}

/// GGUF names the innermost size first.
fn dims(shape: &[usize]) -> Vec<u64> {
    shape.iter().rev().map(|&size| size as u64).collect()
}
