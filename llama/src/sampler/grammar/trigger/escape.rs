//! Classes and escapes of trigger patterns.

use super::bytes::{ByteSet, is_word};
use super::syntax::Parser;
use crate::error::Result;

/// What stands behind a backslash.
pub(super) enum Escaped {
    Byte(u8),
    Char(char),
    Set(ByteSet),
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

impl Parser<'_> {
    pub(super) fn class(&mut self) -> Result<ByteSet> {
        let negated = self.eat("^");
        let mut set = ByteSet::default();
        loop {
            if self.eat("]") {
                return Ok(if negated { set.negated() } else { set });
            }
            let Some(low) = self.class_byte(&mut set)? else { continue };
            let mut high = low;
            if self.peek() == Some(b'-') && self.text.get(self.at + 1).is_some_and(|&byte| byte != b']') {
                self.at += 1;
                let Some(end) = self.class_byte(&mut set)? else {
                    set.insert(low);
                    set.insert(b'-');
                    continue;
                };
                high = end;
            }
            if low > high {
                return Err(self.error("a range in descending order"));
            }
            (low..=high).for_each(|byte| set.insert(byte));
        }
    }

    /// One byte of a class; `None` where several were, which are in the set already.
    fn class_byte(&mut self, set: &mut ByteSet) -> Result<Option<u8>> {
        let Some(byte) = self.peek() else { return Err(self.error("a bracket that is not closed")) };
        self.at += 1;
        if byte == b'[' && matches!(self.peek(), Some(b':' | b'.' | b'=')) {
            return Err(self.error("a class by its name"));
        }
        if byte != b'\\' {
            return Ok(Some(byte));
        }
        if self.eat("b") {
            return Ok(Some(8));
        }
        match self.escape()? {
            Escaped::Byte(byte) => return Ok(Some(byte)),
            Escaped::Char(c) if c.is_ascii() => return Ok(u8::try_from(c).ok()),
            Escaped::Char(c) => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| set.insert(byte)),
            Escaped::Set(other) => set.union(other),
        }
        Ok(None)
    }

    /// What stands behind a backslash.
    pub(super) fn escape(&mut self) -> Result<Escaped> {
        let Some(byte) = self.peek() else { return Err(self.error("a backslash at the end")) };
        self.at += 1;
        Ok(match byte {
            b'd' => Escaped::Set(ByteSet::from_fn(|byte| byte.is_ascii_digit())),
            b'D' => Escaped::Set(ByteSet::from_fn(|byte| !byte.is_ascii_digit())),
            b's' => Escaped::Set(ByteSet::from_fn(is_space)),
            b'S' => Escaped::Set(ByteSet::from_fn(|byte| !is_space(byte))),
            b'w' => Escaped::Set(ByteSet::from_fn(is_word)),
            b'W' => Escaped::Set(ByteSet::from_fn(|byte| !is_word(byte))),
            b'0' => Escaped::Byte(0),
            b'f' => Escaped::Byte(0x0C),
            b'n' => Escaped::Byte(b'\n'),
            b'r' => Escaped::Byte(b'\r'),
            b't' => Escaped::Byte(b'\t'),
            b'v' => Escaped::Byte(0x0B),
            b'x' => Escaped::Byte(u8::try_from(self.hex(2)?).unwrap_or(u8::MAX)),
            b'u' => match char::from_u32(self.hex(4)?) {
                Some(c) => Escaped::Char(c),
                None => return Err(self.error("half a character")),
            },
            b'1'..=b'9' => return Err(self.error("a back-reference, which is not supported,")),
            byte if byte.is_ascii_alphanumeric() => return Err(self.error("an unknown escape")),
            byte => Escaped::Byte(byte),
        })
    }

    fn hex(&mut self, digits: usize) -> Result<u32> {
        let text = self.pattern.get(self.at..self.at + digits).unwrap_or_default();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.error(&format!("expected {digits} hexadecimal digits")));
        }
        self.at += digits;
        Ok(u32::from_str_radix(text, 16).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use crate::sampler::grammar::trigger::syntax::{Node, parse};

    #[test]
    fn classes() {
        let class = |pattern: &str| match parse(pattern).unwrap().root {
            Node::Sequence(parts) => match parts[..] {
                [Node::Byte(set)] => (0..=u8::MAX).filter(|&byte| set.contains(byte)).collect::<Vec<_>>(),
                _ => panic!("{parts:?}"),
            },
            root => panic!("{root:?}"),
        };
        assert_eq!(class("[a-c-]"), b"-abc");
        assert_eq!(class("[\\d-x]"), b"-0123456789x");
        assert_eq!(class("[x-\\d]"), b"-0123456789x");
        assert_eq!(class("[^\\s\\S]"), b"");
        assert_eq!(class("[]"), b"");
        assert_eq!(class("[^]").len(), 256);
        assert_eq!(class("."), (0..=255).filter(|byte| !b"\r\n".contains(byte)).collect::<Vec<u8>>());
        assert_eq!(class("[\\b\\]\\x41\\u0042]"), b"\x08AB]");
        assert_eq!(class("[\\u00e9]"), "é".as_bytes().iter().rev().copied().collect::<Vec<_>>());
        assert_eq!(class("\\<"), b"<");
        assert_eq!(class("\\v"), b"\x0b");
    }
}
