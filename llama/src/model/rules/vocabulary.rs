//! Vocabularies that llama.cpp would never come to an end with, or would divide by.

/// Tokenizers whose tokens are looked at.
pub(in crate::model) const LOOKED_AT: &[&str] = &["plamo2", "rwkv", "test"];

/// Most bytes of all endings of all tokens of the tokenizer `plamo2`.
const MAX_ENDINGS: u64 = 1 << 28;

/// Says what is wrong with the tokens of one of [`LOOKED_AT`], or `None`.
pub(in crate::model) fn bad_tokens(tokenizer: &str, tokens: &[String]) -> Option<String> {
    match tokenizer {
        "plamo2" => bad_plamo2(tokens),
        "rwkv" => bad_rwkv(tokens),
        _ => tokens.is_empty().then(|| "its vocabulary is unusable: it has no tokens".to_owned()),
    }
}

/// Each ending of each token is kept: memory grows with the square of their lengths.
fn bad_plamo2(tokens: &[String]) -> Option<String> {
    let endings = |token: &String| (token.len() as u64).saturating_mul(token.len() as u64) / 2;
    let bytes = tokens.iter().map(endings).fold(0_u64, u64::saturating_add);
    (bytes > MAX_ENDINGS).then(|| {
        format!("its vocabulary is unusable: all endings of its tokens have {bytes} bytes, at most {MAX_ENDINGS} are read")
    })
}

/// The bytes of a token of RWKV, as llama.cpp reads its text.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.bytes().take_while(|&byte| byte != 0);
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next() {
            Some(b't') => out.push(b'\t'),
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b'x') => {
                let digit = |byte: u8| byte.wrapping_sub(if byte >= b'a' { b'a' - 10 } else { b'0' });
                if let (Some(high), Some(low)) = (rest.next(), rest.next()) {
                    out.push((digit(high) << 4).wrapping_add(digit(low)));
                }
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// Says what is wrong with the tokens of RWKV. Where a text begins like a token and is none, llama.cpp starts all
/// over at its first byte, and keeps the tokens of each time. It splits a text while it loads.
fn bad_rwkv(tokens: &[String]) -> Option<String> {
    let (mut first, mut whole) = ([false; 256], [false; 256]);
    for token in tokens {
        match *bytes(token) {
            [] => {}
            [byte] => (first[usize::from(byte)], whole[usize::from(byte)]) = (true, true),
            [byte, ..] => first[usize::from(byte)] = true,
        }
    }
    // What it calls tokens without a text.
    first[usize::from(b'[')] |= tokens.iter().any(|token| token.is_empty() || token.starts_with('\0'));
    let odd = (0..256).find(|&byte| first[byte] && !whole[byte])?;
    Some(format!(
        "its vocabulary is unusable: tokens begin with the byte {odd:#04x}, which is no token of its own"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_llama_cpp_reads_them() {
        for (text, expected) in [
            ("ab", &b"ab"[..]),
            ("\\n\\t\\r\\\\\\'", b"\n\t\r\\'"),
            ("\\x41\\xff", b"A\xff"),
            ("\\x4", b""),
            ("a\\", b"a"),
            ("a\0b", b"a"),
        ] {
            assert_eq!(bytes(text), expected, "{text:?}");
        }
    }

    #[test]
    fn tokens_are_there_and_not_too_long() {
        assert!(bad_tokens("test", &[]).is_some_and(|words| words.contains("it has no tokens")));
        assert_eq!(bad_tokens("test", &["a".to_owned()]), None);
        assert_eq!(bad_tokens("plamo2", &vec!["x".repeat(20); 100_000]), None);
        assert!(
            bad_tokens("plamo2", &["x".repeat(1 << 16)])
                .is_some_and(|words| words.contains("2147483648 bytes"))
        );
        assert!(bad_tokens("rwkv", &["ab".to_owned()]).is_some());
    }

    #[test]
    fn each_first_byte_is_a_token() {
        let verdict = |tokens: &[&str]| bad_rwkv(&tokens.iter().map(|&t| t.to_owned()).collect::<Vec<_>>());
        assert_eq!(verdict(&[]), None);
        assert_eq!(verdict(&["a", "ab", "abc", "\\n", "\\n\\n"]), None);
        let words = verdict(&["a", "\\n\\n"]).expect("no line break");
        assert!(words.contains("begin with the byte 0x0a"), "{words}");
        assert!(verdict(&[""]).is_some(), "it is called [EMPTY_0]");
        assert_eq!(verdict(&["", "["]), None);
    }
}
