//! A stream of tokens as whole characters.

use super::{Special, Vocab};
use crate::error::Result;
use crate::token::Token;

/// Turns tokens into text, one at a time, without ever splitting a character.
///
/// A token may end in the middle of a character; those bytes wait for the next token. Bytes that cannot
/// become a character are replaced by U+FFFD. Byte tokens are never dropped.
///
/// ```
/// use llama::Special;
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let tokens: Vec<llama::Token> = Vec::new();
/// let mut decoder = model.vocab().decoder(Special::AsText);
/// for token in tokens {
///     print!("{}", decoder.push(token)?);
/// }
/// println!("{}", decoder.finish());
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TokenDecoder {
    vocab: Vocab,
    special: Special,
    pending: Vec<u8>,
    text: String,
}

impl TokenDecoder {
    pub(super) fn new(vocab: Vocab, special: Special) -> Self {
        Self { vocab, special, pending: Vec::new(), text: String::new() }
    }

    /// Takes a token and returns the characters that are complete now; often none.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`](crate::Error::TokenOutOfRange); the decoder is unchanged then.
    #[doc(alias = "llama_token_to_piece")]
    pub fn push(&mut self, token: Token) -> Result<&str> {
        self.push_as(token, self.special)
    }

    /// As [`push`](Self::push), for one token another way.
    pub(crate) fn push_as(&mut self, token: Token, special: Special) -> Result<&str> {
        self.text.clear();
        self.vocab.append_bytes(token, special, &mut self.pending)?;
        drain_complete(&mut self.pending, &mut self.text);
        Ok(&self.text)
    }

    /// True when bytes of an incomplete character are waiting.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Ends the stream: the rest, where an incomplete character becomes U+FFFD. The decoder is empty again.
    pub fn finish(&mut self) -> &str {
        self.text.clear();
        drain_complete(&mut self.pending, &mut self.text);
        if !self.pending.is_empty() {
            self.pending.clear();
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
        &self.text
    }
}

/// Moves all complete characters from `bytes` to `text`, invalid bytes as U+FFFD; an incomplete character at
/// the end stays.
pub(crate) fn drain_complete(bytes: &mut Vec<u8>, text: &mut String) {
    let mut taken = 0;
    loop {
        let rest = &bytes[taken..];
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                taken = bytes.len();
                break;
            }
            Err(error) => {
                let valid = error.valid_up_to();
                text.push_str(&String::from_utf8_lossy(&rest[..valid]));
                taken += valid;
                match error.error_len() {
                    Some(invalid) => {
                        text.push(char::REPLACEMENT_CHARACTER);
                        taken += invalid;
                    }
                    None => break,
                }
            }
        }
    }
    bytes.drain(..taken);
}

#[cfg(test)]
mod tests {
    use super::drain_complete;

    fn feed(pieces: &[&[u8]]) -> (String, Vec<u8>) {
        let (mut bytes, mut text) = (Vec::new(), String::new());
        for piece in pieces {
            bytes.extend_from_slice(piece);
            drain_complete(&mut bytes, &mut text);
        }
        (text, bytes)
    }

    #[test]
    fn a_character_in_four_pieces() {
        let llama = "🦙".as_bytes();
        let (text, rest) = feed(&[&llama[..1], &llama[1..2], &llama[2..3]]);
        assert_eq!((text.as_str(), rest.as_slice()), ("", &llama[..3]));
        assert_eq!(feed(&[&llama[..1], &llama[1..3], &llama[3..]]), ("🦙".to_owned(), Vec::new()));
    }

    #[test]
    fn invalid_bytes_are_replaced_and_do_not_block() {
        assert_eq!(feed(&[b"a\xffb"]), ("a\u{fffd}b".to_owned(), Vec::new()));
        assert_eq!(feed(&[b"\xe2\x82", b"x"]), ("\u{fffd}x".to_owned(), Vec::new()));
    }

    #[test]
    fn every_split_of_a_text_gives_the_text() {
        let text = "aé€🦙z".as_bytes();
        for i in 0..=text.len() {
            for j in i..=text.len() {
                let (joined, rest) = feed(&[&text[..i], &text[i..j], &text[j..]]);
                assert_eq!((joined.as_str(), rest.len()), ("aé€🦙z", 0));
            }
        }
    }
}
