//! Tokens and text.

use super::{BAD_TOKENS, Row, rows};
use crate::common::folder;
use llama::{Error, Model, PromptPart, Special, Token, Vocab};
use llama_test_kit::{Arch, RandomModel, Shape};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Vocab::tokenize: a word too long to cut" => TooLong, |s| s.model.vocab().tokenize(&long_word(), Special::AsText).map(drop);
    "Vocab::tokenize_fragment: a word too long to cut" => TooLong, |s| {
        s.model.vocab().tokenize_fragment(&long_word(), Special::Parse).map(drop)
    };
    "Vocab::tokenize_prompt: a word too long to cut" => TooLong, |s| {
        s.model.vocab().tokenize_prompt(&[PromptPart::template("a"), PromptPart::input(long_word())]).map(drop)
    };
    "Vocab::detokenize: more text than 32 bits count" => TooLong, |_| {
        // A little more than 4 GiB: a sum in 32 bits would be small again.
        let mut tokens: Vec<String> = (0..600).map(|n| format!("t{n}")).collect();
        tokens[599] = "x".repeat(1 << 20);
        let kit = RandomModel::new(Shape::tiny(Arch::Llama)).metadata("tokenizer.ggml.tokens", tokens);
        let kit = kit.metadata("tokenizer.ggml.token_type", vec![1; 600]);
        let path = folder().join("misuse-long-token.gguf");
        kit.metadata("tokenizer.ggml.scores", vec![0.0_f32; 600]).write(&path).unwrap();
        let vocab = Model::builder(path).vocab_only(true).load().unwrap().vocab();
        assert_eq!(vocab.detokenize(&[Token(599); 2], Special::AsText)?.len(), 2 << 20);
        vocab.detokenize(&[Token(599); 4097], Special::AsText).map(drop)
    };
    "Vocab::detokenize: one bad token of many" => TokenOutOfRange, |s| {
        s.model.vocab().detokenize(&[Token(5), Token(6), Token(-1), Token(7)], Special::Parse).map(drop)
    };
    };
    for (name, call) in CALLS {
        for token in BAD_TOKENS {
            rows.push(Row::new(format!("{name}: token {token}"), "TokenOutOfRange", move |s| {
                call(&s.model.vocab(), Token(token))
            }));
        }
        rows.push(Row::new(format!("{name}: the first that is not there"), "TokenOutOfRange", move |s| {
            let vocab = s.model.vocab();
            call(&vocab, Token(i32::try_from(vocab.len()).unwrap()))
        }));
    }
    rows
}

type Call = fn(&Vocab, Token) -> Result<(), Error>;

/// Every function that takes a token.
const CALLS: [(&str, Call); 8] = [
    ("Vocab::text", |v, token| v.text(token).map(drop)),
    ("Vocab::score", |v, token| v.score(token).map(drop)),
    ("Vocab::attributes", |v, token| v.attributes(token).map(drop)),
    ("Vocab::is_eog", |v, token| v.is_eog(token).map(drop)),
    ("Vocab::is_control", |v, token| v.is_control(token).map(drop)),
    ("Vocab::token_to_bytes", |v, token| v.token_to_bytes(token, Special::Parse).map(drop)),
    ("Vocab::detokenize", |v, token| v.detokenize(&[token], Special::AsText).map(drop)),
    ("TokenDecoder::push", |v, token| v.decoder(Special::AsText).push(token).map(drop)),
];

/// Letters without a space, for which the C++ library would need more stack than there is.
fn long_word() -> String {
    "a".repeat(3 << 20)
}
