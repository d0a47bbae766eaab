//! A text as tokens.

use crate::token::Token;

/// Tokens, each with the text that it stands for.
pub(in crate::sampler::grammar) type Pieces = Vec<(Token, Vec<u8>)>;

/// Tokens one behind the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    bytes: Vec<u8>,
    /// Each token with the end of its text.
    tokens: Vec<(Token, usize)>,
}

impl Text {
    /// Number of tokens.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn push(&mut self, token: Token, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.tokens.push((token, self.bytes.len()));
    }

    /// Keeps so many tokens.
    pub(super) fn truncate(&mut self, len: usize) {
        self.tokens.truncate(len);
        self.bytes.truncate(self.tokens.last().map_or(0, |&(_, end)| end));
    }

    /// The tokens from this byte on; the first may be the rest of one.
    pub(super) fn since(&self, start: usize) -> Pieces {
        let first = self.tokens.partition_point(|&(_, end)| end <= start);
        let mut at = start;
        let piece = |&(token, end): &(Token, usize)| {
            let text = self.bytes[at..end].to_vec();
            at = end;
            (token, text)
        };
        self.tokens[first..].iter().map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_cut() {
        let mut text = Text::default();
        text.push(Token(1), b"abc");
        text.push(Token(2), b"");
        text.push(Token(3), b"de");
        let piece = |token, text: &str| (Token(token), text.as_bytes().to_vec());
        assert_eq!(text.since(1), [piece(1, "bc"), piece(2, ""), piece(3, "de")]);
        assert_eq!(text.since(3), [piece(3, "de")]);
        assert_eq!(text.since(4), [piece(3, "e")]);
        assert_eq!(text.since(5), []);
        text.truncate(1);
        text.push(Token(4), b"x");
        assert_eq!((text.len(), text.since(2)), (2, vec![piece(1, "c"), piece(4, "x")]));
        text.truncate(0);
        assert_eq!(text.since(0), []);
    }
}
