//! Models of any architecture, made by asking the loader what it misses.
//!
//! A file starts with a vocabulary and nothing else. The loader refuses it and names a key, a type or a tensor;
//! that is added, and so on until it loads. Who writes a hostile file has the same means.

use crate::common::folder;
use llama::gguf::{Array, Gguf, GgufWriter, TensorType, Value};
use llama::{Error, Model};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// Refusals that are answered before a file is given up.
const ROUNDS: usize = 2000;
/// Numbers in all tensors of a file; larger ones would only measure memory.
const MAX_WEIGHTS: u64 = 1 << 22;

/// A file in the making.
#[derive(Debug, Clone)]
pub(super) struct Synth {
    pub(super) meta: BTreeMap<String, Value>,
    tensors: BTreeMap<String, Vec<u64>>,
    restarted: bool,
}

/// What became of a file.
pub(super) enum Outcome {
    Loaded(Box<Model>),
    /// Refused, with the words.
    Refused(String),
}

impl Synth {
    pub(super) fn new(arch: &str) -> Self {
        let kit = match arch {
            "bert" | "nomic-bert" | "nomic-bert-moe" => Arch::Bert,
            "t5" | "t5encoder" => Arch::T5,
            _ => Arch::Llama,
        };
        let vocab = Gguf::open(RandomModel::new(Shape::tiny(kit)).cached(folder()).unwrap()).unwrap();
        let tokenizer = vocab.metadata().iter().filter(|(key, _)| key.starts_with("tokenizer."));
        let mut meta: BTreeMap<_, _> = tokenizer.cloned().collect();
        meta.insert("general.architecture".to_owned(), arch.into());
        meta.entry("tokenizer.ggml.token_type_count".to_owned()).or_insert(Value::U32(2));
        for (key, value) in super::keys::BASE {
            meta.insert(format!("{arch}.{key}"), (*value).into());
        }
        for (_, key, value) in super::keys::HINTS.iter().filter(|(of, _, _)| of.contains(&arch)) {
            meta.insert(format!("{arch}.{key}"), (*value).into());
        }
        Self { meta, tensors: BTreeMap::new(), restarted: false }
    }

    fn arch(&self) -> &str {
        self.meta["general.architecture"].as_str().unwrap()
    }

    /// Where this architecture's file is kept once it loads.
    pub(super) fn path(arch: &str) -> PathBuf {
        folder().join(format!("synth-{arch}.gguf"))
    }

    /// The file that an earlier run has completed.
    pub(super) fn read(arch: &str) -> Option<Self> {
        let file = Gguf::open(Self::path(arch)).ok()?;
        let tensors = file.tensors().iter().map(|t| (t.name().to_owned(), t.dims().to_vec())).collect();
        Some(Self { meta: file.metadata().iter().cloned().collect(), tensors, restarted: false })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let block: Vec<u8> = (0_u8..=255).flat_map(|n| (f32::from(n) / 2048.0).to_le_bytes()).collect();
        let mut writer = GgufWriter::new();
        for (key, value) in &self.meta {
            writer.set(key.clone(), value.clone()).unwrap();
        }
        for (name, dims) in &self.tensors {
            let len = usize::try_from(dims.iter().product::<u64>()).unwrap();
            let mut data = block.repeat(len.div_ceil(256));
            data.truncate(4 * len);
            writer.tensor(name, dims, TensorType::F32, data).unwrap();
        }
        let mut bytes = Vec::new();
        writer.write_to(&mut bytes).unwrap();
        bytes
    }

    /// Loads the file and answers each refusal as long as there is an answer.
    pub(super) fn load(&mut self) -> Outcome {
        let mut last = String::new();
        for _ in 0..ROUNDS {
            let words = match Model::from_bytes(&self.bytes()) {
                Ok(model) => return Outcome::Loaded(Box::new(model)),
                Err(Error::LoadModel { detail, .. }) => detail,
                Err(other) => other.to_string(),
            };
            let weights: u64 = self.tensors.values().map(|dims| dims.iter().product::<u64>()).sum();
            if words == last || weights > MAX_WEIGHTS || !self.answer(&words) {
                return Outcome::Refused(words);
            }
            last = words;
        }
        Outcome::Refused(last)
    }

    /// Changes the file as the words of a refusal ask for.
    fn answer(&mut self, words: &str) -> bool {
        let experts = format!("{}.expert_count", self.arch());
        if !self.meta.contains_key(&experts) && (words.contains("xpert") || words.contains("ffn_gate_inp")) {
            let used = format!("{}.expert_used_count", self.arch());
            self.meta.insert(used, Value::U32(2));
            self.meta.insert(experts, Value::U32(4));
        } else if words.contains("holds a vocabulary but no weights") {
            self.tensors.insert("token_embd.weight".to_owned(), vec![1]);
        } else if let Some(name) = between(words, "missing tensor '", "'") {
            self.tensors.insert(name.to_owned(), vec![1]);
        } else if let Some(name) = between(words, "tensor '", "' not found") {
            self.tensors.insert(name.to_owned(), vec![1]);
        } else if let Some((_, rest)) = words.split_once("tensor '")
            && let Some(name) = between(words, "tensor '", "'")
            && let Some(shape) = between(rest, "expected ", ", got")
        {
            let dims: Vec<u64> = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
            let count = dims.iter().try_fold(1_u64, |all, n| all.checked_mul(*n));
            if dims.is_empty() || dims.contains(&0) || count.is_none_or(|count| count > MAX_WEIGHTS) {
                return false;
            }
            self.tensors.insert(name.to_owned(), dims);
        } else if words.contains("wrong number of tensors") {
            // Some no longer apply: all are asked for again.
            if self.restarted {
                return false;
            }
            self.restarted = true;
            self.tensors.retain(|name, _| name == "token_embd.weight");
        } else if let Some((layer, missing)) = incomplete(words) {
            for end in missing {
                self.tensors.insert(format!("{layer}{end}"), vec![1]);
            }
        } else if words.contains(" is missing, it must be at least")
            && let Some(key) = between(words, "unusable: ", " is missing")
        {
            self.meta.insert(key.to_owned(), super::keys::default(key, self.arch(), false));
        } else if let Some(key) = after(words, "key not found in model: ") {
            let list = words.contains("array key not found");
            self.meta.insert(key.to_owned(), super::keys::default(key, self.arch(), list));
        } else if let Some((key, wanted)) = wrong_type(words) {
            let value = match wanted {
                "f32" => Value::F32(1.0),
                "bool" => Value::Bool(true),
                "str" => Value::from("linear"),
                "i32" => Value::I32(1),
                "arr" => Value::Array(Array::I32(vec![1, 1, 1, 1])),
                _ => Value::U32(2),
            };
            self.meta.insert(key.to_owned(), value);
        } else if let Some((_, rest)) = words.split_once("wrong array length; expected ")
            && let Some(key) = between(words, "key ", " has wrong array length")
        {
            let count = rest.split(',').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            self.meta.insert(key.to_owned(), Value::Array(Array::I32(vec![1; count])));
        } else {
            return false;
        }
        true
    }

    pub(super) fn save(&self) -> io::Result<()> {
        let path = Self::path(self.arch());
        let part = path.with_extension(std::process::id().to_string());
        std::fs::File::create(&part)?.write_all(&self.bytes())?;
        std::fs::rename(part, path)
    }
}

fn between<'a>(words: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let rest = words.split_once(before)?.1;
    rest.split_once(behind).map(|(found, _)| found)
}

fn after<'a>(words: &'a str, before: &str) -> Option<&'a str> {
    let rest = words.split_once(before)?.1;
    rest.split(|c: char| c.is_whitespace() || c == ';').next()
}

/// The tensors that a layer lacks: `blk.0.` and the ends of their names.
fn incomplete(words: &str) -> Option<(&str, Vec<&str>)> {
    let list = between(words, "its tensors are incomplete: ", " is missing")?;
    let layer = list.match_indices('.').nth(1).map(|(at, _)| &list[..=at])?;
    Some((layer, list[layer.len()..].split(", ").collect()))
}

/// The key and the type that it should have.
fn wrong_type(words: &str) -> Option<(&str, &str)> {
    let key = between(words, "key ", " has wrong type")?;
    Some((key, after(words, "but expected type ")?))
}
