//! Every public function that can fail has a row, or a reason why it can get nothing wrong.

use super::all;
use crate::crate_root::{absent_modules, sources};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Functions that no argument is wrong for, by the reason.
const NOTHING_TO_GET_WRONG: &[(&str, &[&str])] = &[
    (
        "it has no arguments",
        &[
            "Chat::fork",
            #[cfg(feature = "tools")]
            "ChatFormat::capabilities",
            #[cfg(feature = "tools")]
            "ChatPrompt::grammar",
            #[cfg(feature = "tools")]
            "ChatPrompt::preserved_tokens",
            #[cfg(feature = "multimodal")]
            "Chunk::tokens",
            "Context::clear_adapters",
            "Context::clear_control_vector",
            "Context::memory_usage",
            "Context::perf",
            "Context::reset_perf",
            "Context::synchronize",
            "Device::memory",
            "Grammar::try_clone",
            "LoraAdapter::metadata_pairs",
            "Metadata::is_empty",
            "Metadata::len",
            "Metadata::pairs",
            "Metadata::sampling_defaults",
            "Model::classifier_labels",
            "Model::fingerprint",
            "Sampler::greedy",
            "Sampler::names",
            "Sampler::seed",
            "Sampler::seeds",
            "Session::checkpoint",
            "Session::clear",
            "State::to_bytes",
            "Trainer::finish",
            "Vocab::suppressed_tokens",
            #[cfg(feature = "dynamic-backends")]
            "automatic",
            "builtin_chat_templates",
            "cpu_variant",
            #[cfg(feature = "multimodal")]
            "default_marker",
            "devices",
            "ggml_version",
            "init",
            "init_log",
            "max_devices",
            "max_sequences",
            "max_tensor_overrides",
            "registries",
            "supports_gpu_offload",
            "supports_mlock",
            "supports_mmap",
            "supports_rpc",
            "system_info",
        ],
    ),
    ("both values work", &["Context::set_causal_attention", "Context::set_embeddings"]),
    ("any number serves", &["Session::rewind"]),
    #[cfg(feature = "multimodal")]
    ("any vocabulary serves", &["Prompt::media_parts"]),
    #[cfg(feature = "async")]
    (
        "what is wrong is the first item of the stream: tried in the tests of streams",
        &["Chat::stream", "Chat::stream_message", "Session::stream"],
    ),
    ("any token serves", &["Context::set_cancel_token", "Session::set_cancel_token"]),
    ("a gap is checked when it is built", &["Session::infill"]),
    (
        "need a model made for it: tried in the tests of embedders",
        &["Classifier::classify", "Reranker::rank"],
    ),
    ("any text is a template until it is rendered", &["ChatTemplate::new"]),
    #[cfg(not(feature = "llguidance"))]
    (
        "need the feature `llguidance`",
        &["Grammar::guided_json", "Grammar::guided_lark", "Grammar::guided_regex"],
    ),
    #[cfg(not(feature = "multimodal"))]
    ("need the feature `multimodal`", &["Prompt::media_parts"]),
    ("every model has one, its own or ChatML", &["ChatTemplate::of_model"]),
    #[cfg(feature = "tokenizers")]
    ("any text can be split", &["HfTokenizer::encode", "HfTokenizer::encode_batch"]),
];

/// The public functions of the crate that return a `Result`, as `Type::name` or `name`.
fn fallible() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![sources()];
    while let Some(folder) = folders.pop() {
        let absent = absent_modules(&folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if absent.contains(&path) || path.file_name().is_some_and(|name| name == "ffi") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                scan(&std::fs::read_to_string(path).unwrap(), &mut found);
            }
        }
    }
    found
}

/// Reads the signatures of one formatted file.
fn scan(source: &str, found: &mut BTreeSet<String>) {
    let mut owner = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("impl") {
            owner = implemented(rest);
        } else if line == "}" {
            owner.clear();
        }
        let Some(rest) = line.trim_start().strip_prefix("pub fn ") else { continue };
        let mut signature = rest.to_owned();
        while !signature.ends_with(['{', ';']) {
            signature.push_str(lines.next().unwrap_or(";").trim());
        }
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if signature.contains("-> Result<") && !name.is_empty() {
            found.insert(if owner.is_empty() { name } else { format!("{owner}::{name}") });
        }
    }
}

/// The type in what follows `impl`, without its parameters.
fn implemented(rest: &str) -> String {
    let mut depth = 0;
    let flat: String = rest
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '<') - i32::from(*c == '>');
            depth == 0 && *c != '>'
        })
        .collect();
    let name = flat.rsplit(" for ").next().unwrap_or_default();
    name.split_whitespace().next().unwrap_or_default().to_owned()
}

#[test]
fn every_fallible_function_has_a_row_or_a_reason() {
    let fallible = fallible();
    let listed = NOTHING_TO_GET_WRONG.iter().flat_map(|(_, names)| names.iter().copied());
    let exempt: BTreeSet<_> = listed.clone().collect();
    assert_eq!(exempt.len(), listed.count(), "listed twice");
    let rows: Vec<String> = all().into_iter().map(|row| row.what).collect();
    let unique: BTreeSet<_> = rows.iter().collect();
    assert_eq!(unique.len(), rows.len(), "two rows of one name: {:#?}", repeated(&rows));
    let named: BTreeSet<_> = rows.iter().map(|what| what.split(": ").next().unwrap_or_default()).collect();

    let missing: Vec<_> =
        fallible.iter().filter(|f| !named.contains(f.as_str()) && !exempt.contains(f.as_str())).collect();
    let idle: Vec<_> = exempt.iter().filter(|f| named.contains(*f) || !fallible.contains(**f)).collect();
    let unknown: Vec<_> =
        named.iter().filter(|f| !fallible.contains(**f) && !f.ends_with("::from_str")).collect();
    println!(
        "{} public functions can fail: {} with rows, {} with nothing to get wrong",
        fallible.len(),
        fallible.iter().filter(|f| named.contains(f.as_str())).count(),
        exempt.len()
    );
    assert!(missing.is_empty(), "neither a row nor a reason: {missing:#?}");
    assert!(idle.is_empty(), "reasons for functions that have rows, or do not exist: {idle:#?}");
    assert!(unknown.is_empty(), "rows of functions that do not exist or cannot fail: {unknown:#?}");
}

fn repeated(rows: &[String]) -> Vec<&String> {
    rows.iter().enumerate().filter(|(at, row)| rows[..*at].contains(row)).map(|(_, row)| row).collect()
}
