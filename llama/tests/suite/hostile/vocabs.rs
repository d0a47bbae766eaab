//! Vocabularies that make no sense: nothing that is asked of them may end the process.

use super::cases::{Bases, Case};
use super::synth::{Outcome, Synth};
use super::{asked_for, thorough};
use llama::gguf::{Array, Value};
use llama::{DryParams, Error, Grammar, Model, PromptPart, Sampler, Special, Token};

/// Names of tokenizers.
const MODELS: &[&str] =
    &["llama", "gpt2", "bert", "t5", "rwkv", "plamo2", "gemma4", "hybriddna", "none", "no_vocab", "test"];

/// Texts that are split.
const TEXTS: &[&str] =
    &["", "a", " ", "\n", "hello world, é🦙\u{0}!", "aab ab<|x|>", "<dna>ACGTACGTN</dna>", "\u{feff}ab"];

/// Number of tokens of the list that makes sense.
const SOUND: u32 = 270;

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// Lists of tokens.
fn tokens() -> Vec<Vec<String>> {
    let bytes = (0..=255).map(|byte| format!("<0x{byte:02X}>"));
    let words =
        ["<unk>", "<s>", "</s>", "a", "b", "ab", "aab", "▁", "▁a", "Ġ", "<|x|>", "<dna>", "</dna>", "<oov>"];
    let sound: Vec<String> = bytes.clone().chain(texts(&words)).collect();
    vec![
        Vec::new(),
        texts(&["a"]),
        texts(&["a", "a"]),
        texts(&["", "", "\u{0}", "a\u{0}b", "a\u{0}c"]),
        texts(&["<", "<0", "<0x", "<0xZZ>", "\\", "\\x", "\\xZ", "b'\\x", "''", "🦙", "\u{feff}"]),
        bytes.collect(),
        [sound.clone(), vec!["x".repeat(1 << 16), "a".repeat(3000)]].concat(),
        sound,
    ]
}

/// A list of the same number for each token.
fn each<T: Clone>(count: usize, value: T) -> Value
where
    Vec<T>: Into<Value>,
{
    vec![value; count].into()
}

pub(super) fn cases(_: &str, _: &Bases) -> Vec<Case> {
    let mut cases = Vec::new();
    for model in MODELS {
        for list in tokens() {
            let count = list.len();
            let id = u32::try_from(count).unwrap();
            let sound = [
                ("model", Value::from(*model)),
                ("tokens", list.into()),
                ("token_type", each(count, 1_i32)),
                ("scores", each(count, 0.0_f32)),
                ("merges", texts(&["a b", "a ab"]).into()),
            ];
            let changes: Vec<Vec<(&str, Value)>> = vec![
                vec![],
                vec![("token_type", each(count, 6_i32))],
                vec![("token_type", each(count, 3_i32))],
                vec![("token_type", each(count, 4_i32))],
                vec![("token_type", each(count, i32::MIN))],
                vec![("token_type", each(count / 2, 1_i32))],
                vec![("token_type", each(count, 1.0_f32))],
                vec![("scores", each(count, f32::NAN))],
                vec![("scores", each(count, f32::INFINITY)), ("token_type", each(count, 4_i32))],
                vec![("scores", each(count, -1e30_f32))],
                vec![("scores", each(count, -1000.0_f32))],
                vec![("scores", each(count / 2, 1.0_f32))],
                vec![("merges", texts(&["", " ", "ab", "a  b", " a", "a ", "\u{0} \u{0}"]).into())],
                vec![("merges", Vec::<String>::new().into())],
                vec![("pre", "no such".into())],
                vec![("pre", "kimi-k2".into())],
                [
                    "bos",
                    "eos",
                    "eot",
                    "unknown",
                    "seperator",
                    "padding",
                    "mask",
                    "fim_pre",
                    "fim_suf",
                    "fim_mid",
                ]
                .map(|name| (name, Value::from(id)))
                .to_vec(),
                ["bos", "eos", "unknown", "padding"].map(|name| (name, Value::from(u32::MAX))).to_vec(),
                [
                    "add_bos_token",
                    "add_eos_token",
                    "add_sep_token",
                    "add_space_prefix",
                    "remove_extra_whitespaces",
                ]
                .map(|name| (name, Value::from(true)))
                .to_vec(),
                vec![("suppress_tokens", vec![-1, i32::MAX, 0].into())],
                vec![("precompiled_charsmap", Vec::<u8>::new().into())],
                vec![("precompiled_charsmap", vec![0_u8; 8].into())],
                vec![("precompiled_charsmap", [vec![4_u8, 0, 0, 0], vec![0xff; 12]].concat().into())],
                vec![("precompiled_charsmap", vec![0xff_u8; 64].into())],
                vec![("token_type_count", u32::MAX.into())],
            ];
            // Most changes make the same difference to each list.
            let few = if id == SOUND || asked_for("all") || thorough() { changes.len() } else { 1 };
            for change in changes.into_iter().take(few) {
                let pairs = sound.iter().cloned().chain(change).map(|(name, value)| {
                    let special = !name.contains('_')
                        && !matches!(name, "model" | "tokens" | "scores" | "merges" | "pre");
                    let end = if special || name.starts_with("fim_") { "_token_id" } else { "" };
                    (format!("tokenizer.ggml.{name}{end}"), value)
                });
                cases.push(Case::Metadata(pairs.collect()));
            }
        }
    }
    cases
}

/// What differs between two cases, in few words.
pub(super) fn words(pairs: &[(String, Value)]) -> String {
    let word = |value: &Value| match value {
        Value::Array(Array::String(list)) => {
            let start: Vec<String> = list.iter().take(5).map(|text| text.chars().take(9).collect()).collect();
            format!("{} of {start:?}", list.len())
        }
        Value::Array(list) => format!("{list:?}").chars().take(40).collect(),
        other => other.to_string(),
    };
    let list: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {}", word(value))).collect();
    list.join(", ")
}

pub(super) fn load(file: &mut Synth) -> Outcome {
    match Model::builder_from_bytes(&file.bytes()).vocab_only(true).load() {
        Ok(model) => Outcome::Loaded(Box::new(model)),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

/// Asks for everything. Errors are fine.
pub(super) fn ask(model: &Model) -> Result<(), Error> {
    let vocab = model.vocab();
    let all: Vec<Token> = (0..i32::try_from(vocab.len()).unwrap()).map(Token).collect();
    for &token in &all {
        let _ = (vocab.text(token), vocab.score(token), vocab.attributes(token), vocab.is_eog(token));
        let _ = (vocab.is_control(token), vocab.decoder(Special::Parse).push(token).map(drop));
        let _ = vocab.token_to_bytes(token, Special::AsText);
    }
    let _ = vocab.suppressed_tokens();
    vocab.detokenize(&all, Special::Parse)?;
    let mut first = Grammar::new(&vocab, "root ::= \"a\" | [^b]+").map(drop);
    first = first.and(Sampler::builder().dry(&vocab, DryParams::default()).greedy().build().map(drop));
    let logits = vec![0.0; vocab.len()];
    let infill = Sampler::builder().infill(&vocab).greedy().build();
    first = first.and(infill.and_then(|mut sampler| sampler.sample(&logits[..])).map(drop));
    first = first.and(model.infill("a", "b").file("c", "d").build().map(drop));
    let long = "ab a".repeat(500);
    // A vocabulary that fails in an assertion does so for most texts, and each takes its time.
    for text in TEXTS.iter().copied().chain([long.as_str()]) {
        for special in [Special::AsText, Special::Parse] {
            vocab.detokenize(&vocab.tokenize(text, special)?, special)?;
        }
        vocab.tokenize_prompt(&[PromptPart::template(text), PromptPart::input(text)])?;
    }
    first
}
