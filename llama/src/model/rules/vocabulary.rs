//! Vocabularies that llama.cpp would never come to an end with.

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
pub(in crate::model) fn bad_rwkv(tokens: &[String]) -> Option<String> {
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
