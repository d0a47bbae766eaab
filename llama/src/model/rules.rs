//! What a model file must say before llama.cpp may read it.
//!
//! llama.cpp divides by numbers of the metadata without a look. A zero ends the process there, and nothing can
//! contain it. The rules come from divisions in the sources and from loads that failed: tests/suite/hostile loads
//! models of all architectures with such numbers. It also looks into tensors that files lack; nearly everywhere that
//! is an error of its own (llama-sys/shim/graph_checks.h).

mod tensors;
pub(super) mod vocabulary;

use crate::ffi::model::OverrideValue;
use crate::gguf::{Array, Gguf, Value};
use std::ffi::CString;
use std::fmt::Display;

/// Most layers that llama.cpp has room for.
const MAX_LAYERS: i64 = 512;
/// Most experts that llama.cpp has room for.
const MAX_EXPERTS: i64 = 1024;
/// No size in a model is larger.
const MAX_SIZE: i64 = 1 << 28;
/// Tokens that a file may announce without their texts: memory is taken for all of them.
const MAX_NAMELESS: i64 = 1 << 22;

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

/// Keys whose value may be a list. An override counts only where the file has a number.
const LISTS: &[&str] = &[
    "attention.compress_ratios",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.indexer.types",
    "attention.recurrent_layers",
    "expert_feed_forward_length",
    "expert_used_count",
    "feed_forward_length",
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
    Bounds { archs: ALL, key: "expert_count", min: 0, max: MAX_EXPERTS, absent: None },
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
    // Distances up to 128 are spread over a half or a quarter of the buckets, in logarithms.
    Bounds {
        archs: &["t5", "t5encoder"],
        key: "attention.relative_buckets_count",
        min: 4,
        max: 255,
        absent: None,
    },
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
    bad_vocabulary(file, overrides)
        .or_else(|| broken_numbers(file, overrides))
        .or_else(|| facts.bad_tensors())
}

/// As [`broken`], for what counts where nothing but the vocabulary is loaded.
pub(super) fn bad_vocabulary(file: &Gguf, overrides: &[(CString, OverrideValue)]) -> Option<String> {
    let facts = Facts { file, overrides, arch: architecture(file, overrides)? };
    let count = *facts.numbers("vocab_size")?.first()?;
    let nameless =
        || matches!(text(file, overrides, "tokenizer.ggml.model").as_deref(), Some("none" | "no_vocab"));
    (!(0..=MAX_NAMELESS).contains(&count) && nameless()).then(|| {
        facts.refuse("vocab_size", count, format!("at most {MAX_NAMELESS}, as the tokens have no texts"))
    })
}

/// Says which key an override cannot replace, or `None`.
pub(super) fn fixed_key(file: &Gguf, overrides: &[(CString, OverrideValue)]) -> Option<String> {
    let listed = |key: &str| matches!(file.get(key), Some(Value::Array(_)));
    let mut keys = overrides.iter().map(|(key, _)| key.to_string_lossy());
    keys.find(|key| listed(key))
        .map(|key| format!("\"{key}\" is a list in the file, which a single value cannot replace"))
}

/// As [`broken`], for the numbers alone.
pub(crate) fn broken_numbers(file: &Gguf, overrides: &[(CString, OverrideValue)]) -> Option<String> {
    let facts = Facts { file, overrides, arch: architecture(file, overrides)? };
    let bounds = BOUNDS.iter().filter(|rule| facts.concerned(rule.archs)).find_map(|rule| facts.out_of(rule));
    bounds.or_else(|| facts.bad_heads()).or_else(|| facts.bad_experts()).or_else(|| facts.bad_indexer())
}

/// The architecture that llama.cpp will take.
pub(super) fn architecture(file: &Gguf, overrides: &[(CString, OverrideValue)]) -> Option<String> {
    text(file, overrides, "general.architecture")
}

/// A text as llama.cpp takes it, up to its first zero byte.
pub(super) fn text(file: &Gguf, overrides: &[(CString, OverrideValue)], key: &str) -> Option<String> {
    match super::hyper::first(overrides, key) {
        Some(OverrideValue::Str(text)) => Some(text.to_string_lossy().into_owned()),
        _ => file.get(key)?.as_str()?.split('\0').next().map(str::to_owned),
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
        let own = self.file.get(&key);
        if let Some(OverrideValue::Int(value)) = super::hyper::first(self.overrides, &key)
            && (own.is_some() || !LISTS.contains(&name))
        {
            return Some(vec![*value]);
        }
        match own? {
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

    /// Experts are used where there are some, and no more than there are.
    fn bad_experts(&self) -> Option<String> {
        const USED: &str = "expert_used_count";
        let count = self.numbers("expert_count").and_then(|list| list.first().copied()).unwrap_or(0);
        if matches!(self.arch.as_str(), "hunyuan-dense" | "hunyuan_vl") && count <= 1 {
            return None;
        }
        let used = self.numbers(USED).and_then(|list| list.into_iter().max()).unwrap_or(0);
        if count == 0 {
            return (used != 0).then(|| self.refuse(USED, used, "0 without experts"));
        }
        (!(1..=count).contains(&used)).then(|| self.refuse(USED, used, format!("between 1 and {count}")))
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
    fn no_more_experts_are_used_than_there_are() {
        let verdict = |arch, count: u32, used: Value| {
            verdict(arch, &[("expert_count", Value::U32(count)), ("expert_used_count", used)])
        };
        let bad = verdict("dbrx", 4, Value::U32(5)).expect("more than there are");
        assert!(bad.contains("dbrx.expert_used_count is 5, it must be between 1 and 4"), "{bad}");
        assert!(verdict("dbrx", 4, Value::U32(0)).is_some());
        assert!(verdict("dbrx", 0, Value::U32(2)).is_some());
        assert!(verdict("dbrx", 1025, Value::U32(2)).is_some(), "no room");
        assert!(verdict("dbrx", 4, vec![2, 5].into()).is_some());
        for used in [Value::U32(4), vec![0, 2].into()] {
            assert_eq!(verdict("dbrx", 4, used), None);
        }
        assert_eq!(verdict("dbrx", 0, Value::U32(0)), None);
        assert_eq!(verdict("hunyuan-dense", 1, Value::U32(2)), None, "neither is read");
    }

    #[test]
    fn distances_need_some_buckets_and_not_too_many() {
        let buckets = |n| verdict("t5", &[("attention.relative_buckets_count", Value::U32(n))]);
        assert_eq!(buckets(32), None);
        for bad in [0, 1, 3, 256, u32::MAX] {
            assert!(buckets(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn tokens_without_texts_are_bounded() {
        let named = |model: &str, count| {
            let mut writer = GgufWriter::new();
            writer.set("general.architecture", "llama").expect("a new key");
            writer.set("tokenizer.ggml.model", model).expect("a new key");
            writer.set("llama.vocab_size", Value::U32(count)).expect("a new key");
            let mut bytes = Vec::new();
            writer.write_to(&mut bytes).expect("memory");
            Gguf::read_brief(&mut Cursor::new(bytes)).expect("what was written")
        };
        let bad = bad_vocabulary(&named("none", u32::MAX), &[]).expect("too many");
        assert!(bad.contains("llama.vocab_size is 4294967295, it must be at most 4194304"), "{bad}");
        assert_eq!(bad_vocabulary(&named("no_vocab", 1 << 20), &[]), None);
        assert_eq!(bad_vocabulary(&named("gpt2", u32::MAX), &[]), None, "not read");
        let none = OverrideValue::Str(c"none".to_owned());
        assert!(
            bad_vocabulary(&named("gpt2", u32::MAX), &[(c"tokenizer.ggml.model".to_owned(), none)]).is_some()
        );
    }

    #[test]
    fn names_end_at_a_zero_byte() {
        let mut writer = GgufWriter::new();
        writer.set("general.architecture", "rwkv7\0.").expect("a new key");
        writer.set("rwkv7.wkv.head_size", 0_u32).expect("a new key");
        let mut bytes = Vec::new();
        writer.write_to(&mut bytes).expect("memory");
        let file = Gguf::read_brief(&mut Cursor::new(bytes)).expect("what was written");
        assert!(broken(&file, &[]).is_some_and(|bad| bad.contains("rwkv7.wkv.head_size is 0")));
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
    fn overrides_that_do_not_count() {
        let heads = || (c"olmo2.attention.head_count".to_owned(), OverrideValue::Int(4));
        assert!(broken(&file("olmo2", &[], &[]), &[heads()]).is_some(), "read only where the file has it");
        let number = file("olmo2", &[("attention.head_count", Value::U32(0))], &[]);
        assert_eq!(broken(&number, &[heads()]), None);
        assert_eq!(fixed_key(&number, &[heads()]), None);
        let list = file("olmo2", &[("attention.head_count", vec![0, 0].into())], &[]);
        assert!(fixed_key(&list, &[heads()]).is_some_and(|reason| reason.contains("is a list in the file")));
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
