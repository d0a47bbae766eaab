//! What is changed in a file.

use super::names::family;
use super::synth::{Form, Synth};
use super::{asked_for, keys, thorough};
use llama::gguf::{Array, TensorType, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What replaces a whole number.
const QUICK: &[u64] = &[0, u32::MAX as u64];
const MORE: &[u64] = &[0, 3, u32::MAX as u64];
const THOROUGH: &[u64] = &[0, 1, 3, 7, 65, 1 << 16, 0x7fff_ffff, 0x8000_0000, u32::MAX as u64];

/// What replaces F32.
const TYPES: &[TensorType] = &[TensorType::F16, TensorType::Q8_0, TensorType::Q8_1, TensorType::I32];
const ALL_TYPES: &[TensorType] = &[
    TensorType::F16,
    TensorType::BF16,
    TensorType::F64,
    TensorType::I8,
    TensorType::I32,
    TensorType::I64,
    TensorType::Q4_0,
    TensorType::Q8_0,
    TensorType::Q8_1,
];

/// One change of a file.
pub(super) enum Case {
    /// Another number in the metadata of the smallest file.
    Number { key: String, value: Value },
    /// Other values in the metadata of the smallest file.
    Metadata(Vec<(String, Value)>),
    /// A file lacks these tensors.
    Without(Form, Vec<String>),
    /// The smallest file has these tensors as well, of which the largest one has the sizes.
    With(Vec<String>),
    /// These tensors have another type.
    Typed(Form, Vec<String>, TensorType),
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { key, value } => write!(f, "{key} = {value}"),
            Self::Metadata(pairs) => f.write_str(&super::vocabs::words(pairs)),
            Self::Without(form, names) => write!(f, "{form:?} without {}", names.join(", ")),
            Self::With(names) => write!(f, "with {}", names.join(", ")),
            Self::Typed(form, names, kind) => write!(f, "{form:?} with {kind} in {}", names.join(", ")),
        }
    }
}

/// The files of one architecture that there are.
pub(super) type Bases = BTreeMap<Form, Synth>;

impl Case {
    /// The changed file.
    pub(super) fn apply(&self, bases: &Bases) -> Synth {
        match self {
            Self::Number { key, value } => {
                let mut file = bases[&Form::Fewest].clone();
                file.meta.insert(key.clone(), value.clone());
                file
            }
            Self::Metadata(pairs) => {
                let mut file = bases[&Form::Fewest].clone();
                file.meta.extend(pairs.iter().cloned());
                file
            }
            Self::Without(form, names) => {
                let mut file = bases[form].clone();
                file.tensors.retain(|name, _| !names.contains(name));
                file
            }
            Self::With(names) => {
                let mut file = bases[&Form::Fewest].clone();
                let sizes = &bases[&Form::Most].tensors;
                file.tensors.extend(names.iter().map(|name| (name.clone(), sizes[name].clone())));
                file
            }
            Self::Typed(form, names, kind) => {
                let mut file = bases[form].clone();
                file.types.extend(names.iter().map(|name| (name.clone(), *kind)));
                file
            }
        }
    }
}

/// Hostile numbers in one architecture's file, in a fixed order.
pub(super) fn numbers(arch: &str, bases: &Bases) -> Vec<Case> {
    let base = &bases[&Form::Fewest];
    let values = match () {
        () if thorough() => THOROUGH,
        () if asked_for("all") => MORE,
        () => QUICK,
    };
    let mut cases = Vec::new();
    let mut push = |key: &str, value: Value| cases.push(Case::Number { key: key.to_owned(), value });
    let prefix = format!("{arch}.");
    for (key, old) in base.meta.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        match old {
            Value::Array(Array::I32(list)) => {
                for &n in values {
                    #[allow(clippy::cast_possible_truncation, reason = "bits count")]
                    let n = (n as u32).cast_signed();
                    push(key, vec![n; list.len()].into());
                    push(key, [vec![n], vec![2; list.len().saturating_sub(1)]].concat().into());
                }
            }
            Value::F32(_) => {
                let floats: &[f32] =
                    if thorough() { &[0.0, -1.0, 1e30, f32::NAN, f32::INFINITY] } else { &[0.0, -1.0] };
                for &n in floats {
                    push(key, n.into());
                }
            }
            _ => {
                for &n in values {
                    push(key, Value::U32(u32::try_from(n).unwrap()));
                }
            }
        }
    }
    // As many layers that predict further tokens as there are layers.
    push(&format!("{prefix}nextn_predict_layers"), Value::U32(2));
    if thorough() {
        for name in keys::INTEGERS.iter().filter(|name| !base.meta.contains_key(&format!("{prefix}{name}"))) {
            for n in [0, 1, 3, u32::MAX] {
                push(&format!("{prefix}{name}"), Value::U32(n));
            }
        }
        for name in keys::LISTS.iter().filter(|name| !base.meta.contains_key(&format!("{prefix}{name}"))) {
            for n in [0, 1, 9, -1] {
                push(&format!("{prefix}{name}"), vec![n; 4].into());
            }
        }
    }
    cases
}

/// Files that lack tensors: those of one name in all layers, and with `LLAMA_HOSTILE` each one alone; and the
/// smallest file with one optional tensor more.
pub(super) fn tensors(_: &str, bases: &Bases) -> Vec<Case> {
    let mut cases = Vec::new();
    for (&form, file) in bases {
        // Without the first one a file holds only the layers that predict further tokens, and all others are optional.
        let always: Vec<String> = match form {
            Form::Heads => ["attn_norm", "hc_attn_norm"].map(|name| format!("blk.0.{name}.weight")).to_vec(),
            Form::Fewest | Form::Most => Vec::new(),
        };
        for names in groups(file.tensors.keys()) {
            cases.push(Case::Without(form, [names, always.clone()].concat()));
        }
    }
    if let Some(most) = bases.get(&Form::Most) {
        let fewest = &bases[&Form::Fewest].tensors;
        cases.extend(groups(most.tensors.keys().filter(|&name| !fewest.contains_key(name))).map(Case::With));
    }
    cases
}

/// Files with tensors of other types: those of one name in all layers.
pub(super) fn types(_: &str, bases: &Bases) -> Vec<Case> {
    let kinds = if asked_for("all") || thorough() { ALL_TYPES } else { TYPES };
    let mut cases = Vec::new();
    for (&form, file) in bases {
        for names in families(file.tensors.keys()).into_values() {
            let rows = names.iter().map(|name| file.tensors[name][0]);
            let fits = |kind: &&TensorType| {
                rows.clone().all(|row| kind.block_elements().is_some_and(|block| row.is_multiple_of(block)))
            };
            cases.extend(kinds.iter().filter(fits).map(|kind| Case::Typed(form, names.clone(), *kind)));
        }
    }
    cases
}

/// The names of each family together.
fn families<'a>(names: impl Iterator<Item = &'a String>) -> BTreeMap<String, Vec<String>> {
    let mut families = BTreeMap::<String, Vec<String>>::new();
    for name in names {
        families.entry(family(name)).or_default().push(name.clone());
    }
    families
}

/// The names of each family together, and maybe each name alone.
fn groups<'a>(names: impl Iterator<Item = &'a String>) -> impl Iterator<Item = Vec<String>> {
    let families = families(names);
    let alone = asked_for("all") || thorough();
    let singles = families.values().flatten().filter(|_| alone).map(|name| vec![name.clone()]);
    let all: BTreeSet<Vec<String>> = singles.chain(families.values().cloned()).collect();
    all.into_iter()
}
