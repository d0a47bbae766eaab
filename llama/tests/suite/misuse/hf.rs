//! The tokenizer that works without llama.cpp.

use super::subjects::tiny;
use super::{BAD_TOKENS, Row, rows};
use crate::common::{default_path, folder};
use llama::hf::HfTokenizer;
use llama::{Special, Token};
use llama_test_kit::{Arch, RandomModel, Shape};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "HfTokenizer::open: no file" => Tokenizer, |_| HfTokenizer::open("/no/such").map(drop);
    "HfTokenizer::open: a folder" => Tokenizer, |_| HfTokenizer::open(folder()).map(drop);
    "HfTokenizer::open: a model" => Tokenizer, |_| HfTokenizer::open(tiny()).map(drop);
    "HfTokenizer::from_json: nothing" => Tokenizer, |_| HfTokenizer::from_json(&[]).map(drop);
    "HfTokenizer::from_json: another document" => Tokenizer, |_| HfTokenizer::from_json(b"{\"a\": [1]}").map(drop);
    "HfTokenizer::from_gguf: no file" => Tokenizer, |_| HfTokenizer::from_gguf("/no/such").map(drop);
    "HfTokenizer::from_gguf: a text" => Tokenizer, |_| HfTokenizer::from_gguf(default_path().with_file_name("train.py")).map(drop);
    "HfTokenizer::from_gguf: word pieces" => Tokenizer, |_| {
        HfTokenizer::from_gguf(RandomModel::new(Shape::tiny(Arch::Bert)).cached(folder()).unwrap()).map(drop)
    };
    };
    for token in BAD_TOKENS {
        rows.push(Row::new(format!("HfTokenizer::decode: token {token}"), "TokenOutOfRange", move |_| {
            HfTokenizer::from_gguf(default_path())?.decode(&[Token(token)], Special::AsText).map(drop)
        }));
    }
    rows
}
