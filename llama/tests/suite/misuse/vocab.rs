//! Tokens and text.

use super::{BAD_TOKENS, Row, rows};
use llama::{Error, PromptPart, Special, Token, Vocab};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Vocab::tokenize: a word too long to cut" => TooLong, |s| s.model.vocab().tokenize(&long_word(), Special::AsText).map(drop);
    "Vocab::tokenize_fragment: a word too long to cut" => TooLong, |s| {
        s.model.vocab().tokenize_fragment(&long_word(), Special::Parse).map(drop)
    };
    "Vocab::tokenize_prompt: a word too long to cut" => TooLong, |s| {
        s.model.vocab().tokenize_prompt(&[PromptPart::template("a"), PromptPart::input(long_word())]).map(drop)
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
