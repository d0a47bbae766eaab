//! Models of any architecture, made by asking the loader what it misses.
//!
//! A file starts with a vocabulary and nothing else. The loader refuses it and names a key, a type or a tensor;
//! that is added, and so on until it loads. Who writes a hostile file has the same means.

use super::names;
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

/// Size of a tensor that the loader has not asked for; no tensor has it.
const NOT_ASKED_FOR: u64 = 7;

/// Which of the files of an architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// With the fewest tensors.
    Fewest,
    /// With all optional tensors.
    Most,
    /// With a further layer that predicts further tokens.
    Heads,
}

/// A file in the making.
#[derive(Debug, Clone)]
pub(super) struct Synth {
    pub(super) meta: BTreeMap<String, Value>,
    pub(super) tensors: BTreeMap<String, Vec<u64>>,
    /// Those that are not F32.
    pub(super) types: BTreeMap<String, TensorType>,
    /// Whether all numbers are 0.
    pub(super) zeroed: bool,
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
        let tensors = tensor_hints(arch);
        Self { meta, tensors, types: BTreeMap::new(), zeroed: false, restarted: false }
    }

    fn arch(&self) -> &str {
        self.meta["general.architecture"].as_str().unwrap()
    }

    /// Whether the file loads; what it lacks is added.
    pub(super) fn loads(&mut self) -> bool {
        match self.load() {
            Outcome::Loaded(_) => true,
            Outcome::Refused(words) => {
                println!("REFUSED {}: {words}", self.arch());
                false
            }
        }
    }

    /// The smallest file with all tensors that the loader takes, `None` where such a file does not load.
    pub(super) fn most(&self) -> Option<Self> {
        let mut file = self.clone();
        let hints = tensor_hints(self.arch());
        let size = |name: &str| hints.get(name).cloned().unwrap_or_else(|| vec![NOT_ASKED_FOR]);
        file.tensors = names::outside().map(|name| (name.clone(), size(&name))).collect();
        // One layer at a time: finding a tensor takes the longer the more there are.
        for layer in 0..2 {
            file.tensors.extend(names::of_layer(layer).map(|name| (name.clone(), size(&name))));
            if !file.loads() {
                return None;
            }
        }
        (file.tensors != self.tensors).then_some(file)
    }

    /// The smallest file with a layer that predicts further tokens, `None` where the architecture has none.
    pub(super) fn heads(&self) -> Option<Self> {
        let mut file = self.clone();
        let arch = self.arch().to_owned();
        file.meta.insert(format!("{arch}.nextn_predict_layers"), Value::U32(1));
        file.meta.insert(format!("{arch}.block_count"), Value::U32(3));
        // Some look for it before they ask.
        file.tensors.insert("blk.2.nextn.eh_proj.weight".to_owned(), vec![NOT_ASKED_FOR]);
        (file.loads() && file.tensors.keys().any(|name| name.contains("nextn"))).then_some(file)
    }

    /// Where this architecture's file is kept once it loads.
    fn path(arch: &str, form: Form) -> PathBuf {
        let form = match form {
            Form::Fewest => "",
            Form::Most => "-most",
            Form::Heads => "-heads",
        };
        folder().join(format!("synth-{arch}{form}.gguf"))
    }

    /// The file that an earlier run has completed.
    pub(super) fn read(arch: &str, form: Form) -> Option<Self> {
        let file = Gguf::open(Self::path(arch, form)).ok()?;
        let tensors = file.tensors().iter().map(|t| (t.name().to_owned(), t.dims().to_vec())).collect();
        let meta = file.metadata().iter().cloned().collect();
        Some(Self { meta, tensors, types: BTreeMap::new(), zeroed: false, restarted: false })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let block: Vec<u8> = (0_u8..=255).flat_map(|n| (f32::from(n) / 2048.0).to_le_bytes()).collect();
        let mut writer = GgufWriter::new();
        for (key, value) in &self.meta {
            writer.set(key.clone(), value.clone()).unwrap();
        }
        for (name, dims) in &self.tensors {
            let kind = self.types.get(name).copied().unwrap_or(TensorType::F32);
            let blocks = dims.iter().product::<u64>() / kind.block_elements().unwrap();
            let len = usize::try_from(blocks * kind.block_bytes().unwrap()).unwrap();
            let mut data = block.repeat(len.div_ceil(block.len()));
            data.truncate(len);
            if self.zeroed {
                data.fill(0);
            }
            writer.tensor(name, dims, kind, data).unwrap();
        }
        let mut bytes = Vec::new();
        writer.write_to(&mut bytes).unwrap();
        bytes
    }

    /// Loads the file and answers each refusal as long as there is an answer.
    pub(super) fn load(&mut self) -> Outcome {
        let (mut last, mut repeats) = (String::new(), 0);
        for _ in 0..ROUNDS {
            let words = match self.load_as_it_is() {
                Outcome::Loaded(model) => return Outcome::Loaded(model),
                Outcome::Refused(words) => words,
            };
            let weights: u64 = self.tensors.values().map(|dims| dims.iter().product::<u64>()).sum();
            repeats = if words == last { repeats + 1 } else { 0 };
            if repeats > 1 || weights > MAX_WEIGHTS || !self.answer(&words) {
                return Outcome::Refused(words);
            }
            last = words;
        }
        Outcome::Refused(last)
    }

    /// Loads the file.
    pub(super) fn load_as_it_is(&self) -> Outcome {
        // Rearranged weights cannot be saved.
        match Model::builder_from_bytes(&self.bytes()).extra_buffer_types(false).load() {
            Ok(model) => Outcome::Loaded(Box::new(model)),
            Err(Error::LoadModel { detail, .. }) => Outcome::Refused(detail),
            Err(other) => Outcome::Refused(other.to_string()),
        }
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
            if dims.contains(&0) && self.tensors.get(name).is_some_and(|dims| *dims == [NOT_ASKED_FOR]) {
                self.tensors.remove(name);
                return true;
            }
            if dims.is_empty() || dims.contains(&0) || count.is_none_or(|count| count > MAX_WEIGHTS) {
                return false;
            }
            self.tensors.insert(name.to_owned(), dims);
        } else if words.contains("wrong number of tensors")
            && self.tensors.values().any(|dims| *dims == [NOT_ASKED_FOR])
        {
            self.tensors.retain(|_, dims| *dims != [NOT_ASKED_FOR]);
        } else if words.contains("wrong number of tensors") {
            // Some no longer apply: all are asked for again.
            if self.restarted {
                return false;
            }
            self.restarted = true;
            self.tensors.retain(|name, _| name == "token_embd.weight");
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

    pub(super) fn save(&self, form: Form) -> io::Result<()> {
        let path = Self::path(self.arch(), form);
        let part = path.with_extension(std::process::id().to_string());
        std::fs::File::create(&part)?.write_all(&self.bytes())?;
        std::fs::rename(part, path)
    }
}

/// The tensors that are added before the loader is asked.
fn tensor_hints(arch: &str) -> BTreeMap<String, Vec<u64>> {
    let own = super::keys::TENSOR_HINTS.iter().filter(|(of, _, _)| *of == arch);
    own.map(|(_, name, dims)| ((*name).to_owned(), dims.to_vec())).collect()
}

fn between<'a>(words: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let rest = words.split_once(before)?.1;
    rest.split_once(behind).map(|(found, _)| found)
}

fn after<'a>(words: &'a str, before: &str) -> Option<&'a str> {
    let rest = words.split_once(before)?.1;
    rest.split(|c: char| c.is_whitespace() || c == ';').next()
}

/// The key and the type that it should have.
fn wrong_type(words: &str) -> Option<(&str, &str)> {
    let key = between(words, "key ", " has wrong type")?;
    Some((key, after(words, "but expected type ")?))
}
