//! Tokenization equals the expected ids of llama.cpp's own test data, where it is at hand.

use llama::{Model, Special};
use std::path::PathBuf;

/// What separates the texts of an `.inp` file.
const SEPARATOR: &str = "\n__ggml_vocab_test__\n";

#[test]
fn tokens_are_the_expected_ones() {
    let Some(folder) = std::env::var_os("LLAMA_TEST_VOCABS").map(PathBuf::from) else {
        println!("SKIPPED: set LLAMA_TEST_VOCABS to a folder with X.gguf, X.gguf.inp and X.gguf.out");
        return;
    };
    let mut vocabs = 0;
    let mut texts = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let beside = |suffix: &str| std::fs::read_to_string(format!("{}.{suffix}", path.display()));
        let (Ok(input), Ok(output)) = (beside("inp"), beside("out")) else { continue };
        let model = Model::builder(&path).vocab_only(true).load().unwrap();
        let vocab = model.vocab();
        let lines: Vec<_> = output.lines().collect();
        for (text, line) in input.split(SEPARATOR).zip(&lines) {
            let expected: Vec<i32> = line.split_whitespace().map(|id| id.parse().unwrap()).collect();
            let tokens = vocab.tokenize_fragment(text, Special::AsText).unwrap();
            let ids: Vec<i32> = tokens.iter().map(|token| token.0).collect();
            assert_eq!(ids, expected, "{}: {text:?}", path.display());
            texts += 1;
        }
        assert!(input.split(SEPARATOR).count() >= lines.len(), "{}", path.display());
        vocabs += 1;
    }
    assert!(vocabs > 0, "no vocabularies in {}", folder.display());
    println!("{texts} texts of {vocabs} vocabularies have the expected tokens");
}
