//! What a model file must say before llama.cpp may read it.
//!
//! llama.cpp divides by numbers of the metadata without a look. A zero ends the process there, and nothing can
//! contain it. The rules come from divisions in the sources and from loads that failed: tests/suite/hostile loads
//! models of all architectures with such numbers. It also looks into tensors that files lack; nearly everywhere that
//! is an error of its own (llama-sys/shim/graph_checks.h).

mod tensors;

use crate::ffi::model::OverrideValue;
use crate::gguf::{Array, Gguf, Value};
use std::ffi::CString;
use std::fmt::Display;

/// Most layers that llama.cpp has room for.
const MAX_LAYERS: i64 = 512;
/// No size in a model is larger.
const MAX_SIZE: i64 = 1 << 28;

/// Architectures that a rule is about.
type Archs = &'static [&'static str];

/// Bounds of a number, or of each in a list.
struct Bounds {
    /// Empty for all.
    archs: Archs,
    /// Without the architecture.
    key: &'static str,
    min: i64,
    max: i64,
    /// What llama.cpp takes when the key is absent; `None` where it says so itself, or has a sound default.
    absent: Option<i64>,
}

const ALL: Archs = &[];

/// Expert networks whose width llama.cpp divides by the experts used.
const EXPERTS: Archs = &[
    "glm4moe",
    "grovemoe",
    "llada-moe",
    "mellum",
    "nemotron_h_moe",
    "qwen2moe",
    "qwen3moe",
    "qwen3next",
    "qwen3vlmoe",
    "qwen35moe",
    "qwen4exp",
    "rnd1",
];

/// Every so many layers have attention, the others a recurrent state.
const INTERVALS: Archs = &["minimax-01", "qwen35", "qwen35moe", "qwen3next", "qwen4exp"];

/// Recurrent layers whose channels are divided into groups and heads.
const GROUPED: Archs = &[
    "mamba2",
    "falcon-h1",
    "granitehybrid",
    "nemotron_h",
    "nemotron_h_moe",
    "plamo2",
    "qwen35",
    "qwen35moe",
    "qwen3next",
    "qwen4exp",
    "clef",
];

/// Recurrent states with heads of a given size.
const WKV: Archs = &["rwkv6", "rwkv7", "rwkv6qwen2", "arwkv7"];

/// Layers whose number of key-value heads is 0 are recurrent or have no attention.
const MARKED_BY_ZERO: Archs = &[
    "arwkv7",
    "bailingmoe3",
    "deci",
    "glm5-next",
    "granitehybrid",
    "jamba",
    "kimi-k3",
    "kimi-linear",
    "lfm2",
    "lfm2moe",
    "mamba",
    "mamba2",
    "nemotron_h",
    "nemotron_h_moe",
    "plamo2",
    "rwkv6",
    "rwkv6qwen2",
    "rwkv7",
    "wavtokenizer-dec",
];

const fn at_least_one(archs: Archs, key: &'static str, absent: Option<i64>) -> Bounds {
    Bounds { archs, key, min: 1, max: MAX_SIZE, absent }
}

const fn sizes(key: &'static str) -> Bounds {
    Bounds { archs: ALL, key, min: 0, max: MAX_SIZE, absent: None }
}

const BOUNDS: &[Bounds] = &[
    Bounds { archs: ALL, key: "block_count", min: 1, max: MAX_LAYERS, absent: None },
    at_least_one(ALL, "embedding_length", None),
    sizes("feed_forward_length"),
    sizes("attention.head_count"),
    sizes("attention.head_count_kv"),
    sizes("expert_count"),
    sizes("expert_used_count"),
    sizes("hyper_connection.count"),
    // The values of a C++ enumeration, which must not have others.
    Bounds { archs: ALL, key: "expert_gating_func", min: 0, max: 4, absent: None },
    at_least_one(
        &["olmo2", "phimoe", "deepseek2", "deepseek2-ocr", "mistral4"],
        "attention.head_count",
        Some(0),
    ),
    at_least_one(EXPERTS, "expert_count", Some(0)),
    at_least_one(EXPERTS, "expert_used_count", Some(0)),
    at_least_one(&["grovemoe"], "experts_per_group", Some(0)),
    at_least_one(INTERVALS, "full_attention_interval", None),
    at_least_one(GROUPED, "ssm.group_count", Some(0)),
    at_least_one(GROUPED, "ssm.time_step_rank", Some(0)),
    at_least_one(WKV, "wkv.head_size", None),
    at_least_one(&["kimi-k3"], "attn_res.block_size", None),
    at_least_one(&["deepseek4"], "attention.output_group_count", None),
    at_least_one(&["dflash"], "conv_group_size", None),
    at_least_one(&["clef"], "decision.head_count", None),
    at_least_one(&["afmoe"], "attention.sliding_window", Some(0)),
    at_least_one(&["kimi-k3", "kimi-linear"], "attention.key_length_mla", None),
    at_least_one(&["kimi-k3", "kimi-linear"], "attention.value_length_mla", None),
];

/// An indexer's keys are stored for the layers that these lists mark with a number (`None`: any but 0). With none
/// marked llama.cpp divides by zero.
const INDEXED_LAYERS: &[(&str, &str, Option<i64>)] = &[
    ("deepseek4", "attention.compress_ratios", Some(4)),
    ("dots3note", "attention.indexer.types", None),
    ("glm-dsa", "attention.indexer.types", None),
];

/// With keys as long as an indexer's llama.cpp treats what it stores for no layer at all as an indexer's, and divides
/// by zero.
const OTHER_KEYS: Archs = &["deepseek4", "dots3note"];

/// Says which rule the header of a file with these overrides breaks, or `None`.
pub(super) fn broken(file: &Gguf, overrides: &[(CString, OverrideValue)]) -> Option<String> {
    let facts = Facts { file, overrides, arch: architecture(file, overrides)? };
    broken_numbers(file, overrides).or_else(|| facts.bad_tensors())
}

/// As [`broken`], for the numbers alone.
pub(crate) fn broken_numbers(file: &Gguf, overrides: &[(CString, OverrideValue)]) -> Option<String> {
    let facts = Facts { file, overrides, arch: architecture(file, overrides)? };
    let bounds = BOUNDS.iter().filter(|rule| facts.concerned(rule.archs)).find_map(|rule| facts.out_of(rule));
    bounds.or_else(|| facts.bad_heads()).or_else(|| facts.bad_indexer())
}

/// The architecture that llama.cpp will take.
pub(super) fn architecture(file: &Gguf, overrides: &[(CString, OverrideValue)]) -> Option<String> {
    match super::hyper::first(overrides, "general.architecture") {
        Some(OverrideValue::Str(name)) => Some(name.to_string_lossy().into_owned()),
        _ => file.get("general.architecture")?.as_str().map(str::to_owned),
    }
}

struct Facts<'a> {
    file: &'a Gguf,
    overrides: &'a [(CString, OverrideValue)],
    arch: String,
}

impl Facts<'_> {
    fn concerned(&self, archs: Archs) -> bool {
        archs.is_empty() || archs.contains(&self.arch.as_str())
    }

    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.arch)
    }

    /// The number or the numbers of a key, as llama.cpp takes them; `None` where it is absent or something else.
    fn numbers(&self, name: &str) -> Option<Vec<i64>> {
        let key = self.key(name);
        if let Some(OverrideValue::Int(value)) = super::hyper::first(self.overrides, &key) {
            return Some(vec![*value]);
        }
        match self.file.get(&key)? {
            Value::Array(Array::I32(list)) => Some(list.iter().map(|n| i64::from(*n)).collect()),
            Value::Array(Array::U32(list)) => Some(list.iter().map(|n| i64::from(*n)).collect()),
            Value::Array(Array::Bool(list)) => Some(list.iter().map(|n| i64::from(*n)).collect()),
            Value::Array(_) => None,
            Value::U64(n) => Some(vec![i64::try_from(*n).unwrap_or(i64::MAX)]),
            one => one.as_i64().map(|n| vec![n]),
        }
    }

    fn refuse(&self, name: &str, value: impl Display, rule: impl Display) -> String {
        format!("its metadata is unusable: {} is {value}, it must be {rule}", self.key(name))
    }

    fn out_of(&self, rule: &Bounds) -> Option<String> {
        let Some(numbers) = self.numbers(rule.key) else {
            let absent = rule.absent.filter(|n| !(rule.min..=rule.max).contains(n));
            return absent.map(|_| {
                let key = self.key(rule.key);
                format!("its metadata is unusable: {key} is missing, it must be at least {}", rule.min)
            });
        };
        // Layers may be marked by zeros in a list, as long as one has the size.
        let list = numbers.len() > 1;
        let fits = |n: &i64| (rule.min..=rule.max).contains(n) || (list && *n == 0);
        let bad = numbers.iter().find(|n| !fits(n))?;
        Some(self.refuse(rule.key, bad, format!("between {} and {}", rule.min, rule.max)))
    }

    /// Key-value heads are there where heads are, and divide them.
    fn bad_heads(&self) -> Option<String> {
        const HEADS: &str = "attention.head_count";
        const KEY: &str = "attention.head_count_kv";
        let all = self.numbers(HEADS)?;
        // Without a number of their own there are as many as heads.
        let kvs = self.numbers(KEY).unwrap_or_else(|| all.clone());
        let pick = |list: &[i64], layer: usize| list.get(layer).or(list.first()).copied().unwrap_or(0);
        let marked = MARKED_BY_ZERO.contains(&self.arch.as_str());
        for layer in 0..all.len().max(kvs.len()) {
            let (heads, kv) = (pick(&all, layer), pick(&kvs, layer));
            if marked && (heads == 0 || kv == 0) {
                continue;
            }
            if heads == 0 {
                return Some(self.refuse(HEADS, heads, "at least 1"));
            }
            if kv == 0 || heads % kv != 0 {
                return Some(self.refuse(KEY, kv, format!("a divisor of the number of heads, {heads}")));
            }
        }
        None
    }

    /// An indexer has layers, and keys of its own size where that counts.
    fn bad_indexer(&self) -> Option<String> {
        const LENGTH: &str = "attention.indexer.key_length";
        let one = |name: &str| self.numbers(name)?.first().copied();
        let layers = one("block_count")?.saturating_sub(one("nextn_predict_layers").unwrap_or(0));
        for (_, key, mark) in INDEXED_LAYERS.iter().filter(|(arch, _, _)| *arch == self.arch) {
            let Some(list) = self.numbers(key) else { continue };
            // A number instead of a list counts for all layers.
            let count = if list.len() == 1 { 1 } else { usize::try_from(layers).unwrap_or(0) };
            if list.iter().take(count).all(|n| mark.map_or(*n == 0, |mark| *n != mark)) {
                let wanted = mark.map_or("not 0".to_owned(), |mark| mark.to_string());
                return Some(self.refuse(key, format!("{list:?}"), format!("{wanted} for a layer at least")));
            }
        }
        if self.concerned(OTHER_KEYS) {
            let derived = || one("embedding_length")?.checked_div(one("attention.head_count")?);
            let keys = one("attention.key_length").or_else(derived);
            if let Some(length) = one(LENGTH).filter(|length| Some(*length) == keys) {
                return Some(self.refuse(LENGTH, length, "another number than attention.key_length"));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gguf::{GgufWriter, TensorType};
    use std::io::Cursor;

    pub(super) fn file(arch: &str, pairs: &[(&str, Value)], tensors: &[&str]) -> Gguf {
        let mut writer = GgufWriter::new();
        writer.set("general.architecture", arch).expect("a new key");
        for (key, value) in pairs {
            writer.set(format!("{arch}.{key}"), value.clone()).expect("a new key");
        }
        for name in tensors {
            writer.tensor(name, &[1], TensorType::F32, vec![0; 4]).expect("a new tensor");
        }
        let mut bytes = Vec::new();
        writer.write_to(&mut bytes).expect("memory");
        Gguf::read_brief(&mut Cursor::new(bytes)).expect("what was written")
    }

    fn verdict(arch: &str, pairs: &[(&str, Value)]) -> Option<String> {
        broken(&file(arch, pairs, &[]), &[])
    }

    #[test]
    fn zeros_are_refused_where_they_divide() {
        let bad = verdict("rwkv7", &[("wkv.head_size", Value::U32(0))]).expect("a zero");
        assert!(bad.contains("rwkv7.wkv.head_size is 0, it must be between 1 and"), "{bad}");
        assert_eq!(verdict("llama", &[("wkv.head_size", Value::U32(0))]), None, "not read");
        let missing = verdict("olmo2", &[]).expect("a missing number that counts as 0");
        assert!(missing.contains("olmo2.attention.head_count is missing"), "{missing}");
        assert!(verdict("llama", &[("block_count", Value::U64(u64::MAX))]).is_some());
        assert!(verdict("llama", &[("block_count", Value::I32(-1))]).is_some());
        let less = [("block_count", Value::U32(2)), ("nextn_predict_layers", Value::I64(i64::MIN))];
        assert_eq!(verdict("llama", &less), None, "looked at without an overflow");
    }

    #[test]
    fn kinds_are_known_ones() {
        let bad = verdict("glm4moe", &[("expert_gating_func", Value::U32(5))]).expect("no such function");
        assert!(bad.contains("glm4moe.expert_gating_func is 5, it must be between 0 and 4"), "{bad}");
        assert_eq!(verdict("llama", &[("expert_gating_func", Value::U32(4))]), None);
    }

    #[test]
    fn key_value_heads_divide_the_heads() {
        let heads = |arch, heads: Value, kv: Value| {
            verdict(arch, &[("attention.head_count", heads), ("attention.head_count_kv", kv)])
        };
        assert_eq!(heads("llama", Value::U32(8), Value::U32(2)), None);
        for kv in [0, 3, 16, u32::MAX] {
            assert!(heads("llama", Value::U32(8), Value::U32(kv)).is_some(), "{kv}");
        }
        let marked = || Value::from(vec![0, 2]);
        assert_eq!(heads("jamba", Value::U32(8), marked()), None, "a recurrent layer");
        assert!(heads("llama", Value::U32(8), marked()).is_some());
        assert_eq!(heads("deci", vec![0, 8].into(), vec![0, 2].into()), None);
    }

    #[test]
    fn overrides_count() {
        let sound = file("llama", &[("block_count", Value::U32(2))], &[]);
        let key = CString::new("llama.block_count").expect("no zero");
        let zero = [(key.clone(), OverrideValue::Int(0)), (key, OverrideValue::Int(2))];
        assert!(broken(&sound, &zero).is_some(), "the first one counts");
        let name = CString::new("olmo2").expect("no zero");
        let other = [(CString::new("general.architecture").expect("no zero"), OverrideValue::Str(name))];
        assert!(broken(&sound, &other).is_some(), "another architecture, other rules");
    }

    #[test]
    fn an_indexer_has_layers_and_keys_of_its_own() {
        let ratios = |list: Vec<i32>, length| {
            let pairs = [
                ("block_count", Value::U32(2)),
                ("embedding_length", Value::U32(64)),
                ("attention.head_count", Value::U32(4)),
                ("attention.output_group_count", Value::U32(2)),
                ("attention.compress_ratios", list.into()),
                ("attention.indexer.key_length", Value::U32(length)),
            ];
            verdict("deepseek4", &pairs)
        };
        assert_eq!(ratios(vec![0, 4], 8), None);
        let none = ratios(vec![0, 128], 8).expect("no layer with an indexer");
        assert!(none.contains("compress_ratios is [0, 128], it must be 4 for a layer"), "{none}");
        assert!(ratios(vec![0, 0, 4], 8).is_some(), "there is no third layer");
        let types = |list: &[bool]| {
            let pairs = [
                ("block_count", Value::U32(2)),
                ("attention.indexer.types", Value::Array(Array::Bool(list.to_vec()))),
            ];
            verdict("glm-dsa", &pairs)
        };
        assert_eq!(types(&[true, false]), None);
        assert!(types(&[false, false]).is_some());
        let same = ratios(vec![0, 4], 16).expect("as long as the keys");
        assert!(same.contains("indexer.key_length is 16"), "{same}");
    }
}
