//! The `tokenizers` library gives the same tokens as llama.cpp for byte-pair vocabularies.

use crate::common::{default_path, folder, model};
use llama::gguf::{Gguf, Value};
use llama::hf::HfTokenizer;
use llama::{Error, Model, Special, Token};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::path::{Path, PathBuf};

const TEXTS: [&str; 12] = [
    "",
    " ",
    "Hello, world!",
    "  two spaces\n\n\tand a tab\r\nlines ",
    "What is 12345 + 67?",
    "Grüße aus Köln, Łódź und Ελλάδα",
    "世界 こんにちは 🦀👩‍🔬",
    "don't WE'LL they've I'd",
    "<|im_start|>user\nHi<|im_end|>\n",
    "a<|im_end|>b <|endoftext|>",
    "{\"key\": [1, 2.5, null]}",
    "\u{0}\u{7f}\u{200b}\u{feff}",
];

/// Both tokenizers on all texts.
fn compare(path: &Path, texts: &[&str]) {
    let model = Model::builder(path).vocab_only(true).load().unwrap();
    let vocab = model.vocab();
    let tokenizer = HfTokenizer::from_gguf(path).unwrap();
    for special in [Special::AsText, Special::Parse] {
        let batch = tokenizer.encode_batch(texts, special).unwrap();
        for (text, from_batch) in texts.iter().zip(batch) {
            let encoded = tokenizer.encode(text, special).unwrap();
            let expected = vocab.tokenize_fragment(text, special).unwrap();
            assert_eq!(encoded.tokens, expected, "{}: {text:?} {special:?}", path.display());
            assert_eq!(encoded, from_batch, "{text:?}");
            assert_eq!(encoded.offsets.len(), expected.len());
            let mut end = 0;
            for range in &encoded.offsets {
                assert!(text.get(range.clone()).is_some(), "{text:?}: {range:?}");
                assert!(range.start <= end && range.end >= end, "{text:?}: a gap before {range:?}");
                end = range.end;
            }
            assert_eq!(end, text.len(), "{text:?}: all of it is covered");
        }
    }
}

#[test]
fn the_default_vocabulary() {
    compare(&default_path(), &TEXTS);
}

#[test]
fn vocabularies_of_the_kit() {
    for arch in [Arch::Qwen2, Arch::Mamba] {
        compare(&RandomModel::new(Shape::tiny(arch)).cached(folder()).unwrap(), &TEXTS);
    }
}

#[test]
fn reference_vocabularies() {
    let Some(folder) = std::env::var_os("LLAMA_TEST_VOCABS").map(PathBuf::from) else {
        println!("SKIPPED: set LLAMA_TEST_VOCABS to a folder with X.gguf, X.gguf.inp and X.gguf.out");
        return;
    };
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "gguf") {
            continue;
        }
        let kind = Gguf::open(&path).unwrap().get("tokenizer.ggml.model").cloned();
        if kind.as_ref().and_then(Value::as_str) != Some("gpt2") {
            assert!(matches!(HfTokenizer::from_gguf(&path), Err(Error::Tokenizer { .. })));
            continue;
        }
        let input = std::fs::read_to_string(format!("{}.inp", path.display())).unwrap();
        let texts: Vec<_> = input.split("\n__ggml_vocab_test__\n").chain(TEXTS).collect();
        compare(&path, &texts);
        compared += 1;
    }
    println!("{compared} byte-pair vocabularies compared");
    assert!(compared > 0);
}

#[test]
fn a_tokenizer_json_of_the_same_vocabulary() {
    let tokenizer = HfTokenizer::open(default_path().with_file_name("tokenizer.json")).unwrap();
    for text in TEXTS {
        let expected = model().vocab().tokenize_fragment(text, Special::Parse).unwrap();
        let encoded = tokenizer.encode(text, Special::Parse).unwrap();
        assert_eq!(encoded.tokens, expected, "{text:?}");
        assert_eq!(tokenizer.decode(&encoded.tokens, Special::Parse).unwrap(), text);
    }
    assert_eq!(tokenizer.n_tokens(), model().n_vocab());
}

#[test]
fn what_cannot_be_read_says_why() {
    let detail = |result: llama::Result<HfTokenizer>| match result {
        Err(error @ Error::Tokenizer { .. }) => error.to_string(),
        other => panic!("{:?}", other.map(drop)),
    };
    assert!(detail(HfTokenizer::open("/no/such/file")).contains("cannot read"));
    assert!(detail(HfTokenizer::from_gguf("/no/such/file")).contains("no/such"));
    detail(HfTokenizer::from_json(b""));
    detail(HfTokenizer::from_json(b"{}"));
    detail(HfTokenizer::from_gguf(file!()));
    let sentence_piece = RandomModel::new(Shape::tiny(Arch::Llama)).cached(folder()).unwrap();
    assert!(detail(HfTokenizer::from_gguf(sentence_piece)).contains("byte-pair"));
    let tokenizer = HfTokenizer::from_gguf(default_path()).unwrap();
    for bad in [-1, i32::MAX] {
        assert!(matches!(
            tokenizer.decode(&[Token(bad)], Special::AsText),
            Err(Error::TokenOutOfRange { .. })
        ));
    }
}

#[test]
fn tokenizers_can_be_shared() {
    fn check<T: Send + Sync + 'static>() {}
    check::<HfTokenizer>();
    check::<llama::hf::Encoded>();
}

#[test]
fn texts_are_neither_cut_nor_padded() {
    let json = std::fs::read(default_path().with_file_name("tokenizer.json")).unwrap();
    let mut settings: serde_json::Value = serde_json::from_slice(&json).unwrap();
    settings["truncation"] = serde_json::json!({
        "direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0
    });
    settings["padding"] = serde_json::json!({
        "strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "<|endoftext|>"
    });
    let tokenizer = HfTokenizer::from_json(settings.to_string().as_bytes()).unwrap();
    let batch = tokenizer.encode_batch(&TEXTS, Special::Parse).unwrap();
    for (text, from_batch) in TEXTS.iter().zip(batch) {
        let expected = model().vocab().tokenize_fragment(text, Special::Parse).unwrap();
        assert_eq!(tokenizer.encode(text, Special::Parse).unwrap().tokens, expected, "{text:?}");
        assert_eq!(from_batch.tokens, expected, "{text:?}");
    }
}
