//! Looks into an adapter file before llama.cpp does. llama.cpp asserts on values of unexpected types, and
//! checks shapes only as far as the second dimension; what it misses would end the process while computing.

use crate::gguf::{Gguf, TensorInfo, TensorType, Value, ValueType};
use crate::model::Model;
use std::collections::BTreeMap;
use std::path::Path;

/// Types that matrices of an adapter may have: all that ggml multiplies with.
const TYPES: [TensorType; 15] = [
    TensorType::F32,
    TensorType::F16,
    TensorType::BF16,
    TensorType::Q4_0,
    TensorType::Q4_1,
    TensorType::Q5_0,
    TensorType::Q5_1,
    TensorType::Q8_0,
    TensorType::Q2_K,
    TensorType::Q3_K,
    TensorType::Q4_K,
    TensorType::Q5_K,
    TensorType::Q6_K,
    TensorType::IQ4_NL,
    TensorType::IQ4_XS,
];

/// The two matrices whose product is added.
#[derive(Default)]
struct Pair<'a> {
    a: Option<&'a TensorInfo>,
    b: Option<&'a TensorInfo>,
}

/// Whether the adapter changes the table of embeddings; or what is wrong with the file, in words that say what
/// to do.
pub(super) fn check(model: &Model, path: &Path) -> Result<bool, String> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err("there is no such file, check the path".to_owned());
        }
        Err(error) => return Err(format!("the file cannot be opened: {error}")),
        Ok(meta) if meta.is_dir() => return Err("this is a directory".to_owned()),
        Ok(_) => {}
    }
    let gguf = Gguf::open(path).map_err(|error| error.to_string())?;
    check_metadata(model, &gguf)?;
    check_tensors(model, &gguf)
}

fn check_metadata(model: &Model, gguf: &Gguf) -> Result<(), String> {
    let text = |key: &str| match gguf.get(key) {
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(format!("{key} is no text")),
        None => Ok(""),
    };
    match text("general.type")? {
        "adapter" => {}
        "" | "model" => return Err("this is a model, not an adapter: load it with Model::load".to_owned()),
        other => return Err(format!("its general.type is \"{other}\", not \"adapter\"")),
    }
    let architecture = text("general.architecture")?;
    if architecture != model.architecture() {
        let here = model.architecture();
        return Err(format!("it is for models of architecture \"{architecture}\", this one is \"{here}\""));
    }
    match text("adapter.type")? {
        "lora" => {}
        other => return Err(format!("its adapter.type is \"{other}\", not \"lora\"")),
    }
    match gguf.get("adapter.lora.alpha") {
        None => {}
        Some(Value::F32(alpha)) if alpha.is_finite() => {}
        Some(value) => return Err(format!("adapter.lora.alpha is {value}, not a finite 32-bit number")),
    }
    let Some(value) = gguf.get("adapter.alora.invocation_tokens") else { return Ok(()) };
    let tokens = value.as_array().filter(|array| array.element_type() == ValueType::U32);
    let Some(crate::gguf::Array::U32(tokens)) = tokens else {
        return Err("adapter.alora.invocation_tokens is no list of 32-bit tokens".to_owned());
    };
    match tokens.iter().find(|&&token| token as usize >= model.n_vocab()) {
        Some(token) => Err(format!("it is invoked by token {token}, which the vocabulary does not have")),
        None => Ok(()),
    }
}

fn check_tensors(model: &Model, gguf: &Gguf) -> Result<bool, String> {
    let mut pairs = BTreeMap::<&str, Pair<'_>>::new();
    for tensor in gguf.tensors() {
        let name = tensor.name();
        if let Some(base) = name.strip_suffix(".lora_a") {
            pairs.entry(base).or_default().a = Some(tensor);
        } else if let Some(base) = name.strip_suffix(".lora_b") {
            pairs.entry(base).or_default().b = Some(tensor);
        } else if !name.ends_with("_norm.weight") {
            return Err(format!("tensor \"{name}\" ends neither in .lora_a nor in .lora_b"));
        }
    }
    if pairs.is_empty() {
        return Err("it has no pair of matrices".to_owned());
    }
    let key = format!("{}.expert_count", model.architecture());
    let experts: u64 =
        model.metadata().parse(&key).map_err(|error| error.to_string())?.filter(|&n| n > 0).unwrap_or(1);
    let mut embeddings = false;
    for (base, pair) in pairs {
        let (Some(a), Some(b)) = (pair.a, pair.b) else {
            return Err(format!("\"{base}\" has only one of its two matrices"));
        };
        if base.contains(".lora_a") || base.contains(".lora_b") {
            return Err(format!("\"{base}\" is no name of a tensor"));
        }
        for tensor in [a, b] {
            if !TYPES.contains(&tensor.tensor_type()) {
                return Err(format!("tensor \"{}\" has type {}", tensor.name(), tensor.tensor_type()));
            }
            if tensor.dims().len() < 2 || tensor.dims().contains(&0) {
                return Err(format!("tensor \"{}\" is no matrix: {:?}", tensor.name(), tensor.dims()));
            }
        }
        let (a, b) = (a.dims(), b.dims());
        // The table of embeddings is read by rows, so its first matrix lies the other way round.
        let table = base.ends_with("token_embd.weight");
        embeddings |= table;
        let fits = if table { a[0] == b[0] } else { a[1] == b[0] };
        // Further dimensions: one matrix per expert.
        let count = |dims: &[u64]| dims[2..].iter().product::<u64>();
        let wanted = if base.contains("_exps") { experts } else { 1 };
        let single = a.get(3).copied().unwrap_or(1) == 1 && b.get(3).copied().unwrap_or(1) == 1;
        if !fits || !single || count(a) != wanted || count(b) != wanted {
            return Err(format!("the matrices of \"{base}\" do not fit together: {a:?} and {b:?}"));
        }
    }
    Ok(embeddings)
}
