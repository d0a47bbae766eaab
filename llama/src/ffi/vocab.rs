//! The vocabulary of a model.

use super::text::owned;
use crate::error::{Error, Result};
use crate::token::Token;
use llama_sys::guarded;
use std::ptr::NonNull;

/// Borrows the vocabulary of a model; the owner of this value must hold the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VocabPtr(pub(super) NonNull<llama_sys::llama_vocab>);

// SAFETY: a vocabulary is immutable after loading and has no thread affinity.
unsafe impl Send for VocabPtr {}
// SAFETY: as above; llama.cpp documents tokenization as thread-safe.
unsafe impl Sync for VocabPtr {}

macro_rules! vocab_getters {
    ($($name:ident: $c:ident -> $ret:ty;)*) => {
        impl VocabPtr {
            $(pub(crate) fn $name(self) -> Result<$ret> {
                // SAFETY: the holder of this value keeps the model, and so the vocabulary, alive.
                Ok(unsafe { guarded::$c(self.as_ptr()) }?)
            })*
        }
    };
}

vocab_getters! {
    kind: llama_vocab_type -> llama_sys::llama_vocab_type;
    n_tokens: llama_vocab_n_tokens -> i32;
    bos: llama_vocab_bos -> i32;
    eos: llama_vocab_eos -> i32;
    eot: llama_vocab_eot -> i32;
    sep: llama_vocab_sep -> i32;
    nl: llama_vocab_nl -> i32;
    pad: llama_vocab_pad -> i32;
    mask: llama_vocab_mask -> i32;
    fim_pre: llama_vocab_fim_pre -> i32;
    fim_suf: llama_vocab_fim_suf -> i32;
    fim_mid: llama_vocab_fim_mid -> i32;
    fim_pad: llama_vocab_fim_pad -> i32;
    fim_rep: llama_vocab_fim_rep -> i32;
    fim_sep: llama_vocab_fim_sep -> i32;
    add_bos: llama_vocab_get_add_bos -> bool;
    add_eos: llama_vocab_get_add_eos -> bool;
    add_sep: llama_vocab_get_add_sep -> bool;
}

macro_rules! token_getters {
    ($($name:ident: $c:ident -> $ret:ty;)*) => {
        impl VocabPtr {
            $(pub(crate) fn $name(self, token: Token) -> Result<$ret> {
                // SAFETY: the vocabulary is alive; the caller has checked the token.
                Ok(unsafe { guarded::$c(self.as_ptr(), token.0) }?)
            })*
        }
    };
}

token_getters! {
    score: llama_vocab_get_score -> f32;
    attributes: llama_vocab_get_attr -> llama_sys::llama_token_attr;
    is_eog: llama_vocab_is_eog -> bool;
    is_control: llama_vocab_is_control -> bool;
}

impl VocabPtr {
    pub(crate) fn as_ptr(self) -> *const llama_sys::llama_vocab {
        self.0.as_ptr()
    }

    /// The text of a token as the file has it; the caller has checked the token.
    pub(crate) fn text(self, token: Token) -> Result<String> {
        // SAFETY: the vocabulary is alive and has this token.
        let text = unsafe { guarded::llama_vocab_get_text(self.as_ptr(), token.0) }?;
        // SAFETY: a string that lives in the vocabulary.
        Ok(unsafe { owned(text) }.unwrap_or_default())
    }

    pub(crate) fn suppressed(self) -> Result<Vec<Token>> {
        let mut len = 0;
        // SAFETY: the vocabulary is alive, the out pointer valid.
        let data = unsafe { guarded::llama_vocab_get_suppress_tokens(self.as_ptr(), &raw mut len) }?;
        let len = usize::try_from(len).unwrap_or(0);
        if data.is_null() || len == 0 {
            return Ok(Vec::new());
        }
        // SAFETY: llama.cpp returns a list of that many tokens, which lives in the vocabulary.
        let tokens = unsafe { std::slice::from_raw_parts(data, len) };
        Ok(tokens.iter().copied().map(Token).collect())
    }

    pub(crate) fn tokenize(self, text: &str, add_special: bool, parse_special: bool) -> Result<Vec<Token>> {
        let max = i32::MAX - 16;
        let too_long = |len| Error::TooLong { what: "text in bytes", len, max: i32::MAX as usize - 16 };
        let len = i32::try_from(text.len()).ok().filter(|&l| l <= max).ok_or_else(|| too_long(text.len()))?;
        // One token per byte is the most that a text gives, apart from what is added around it.
        let mut tokens = vec![Token(0); text.len() + 8];
        loop {
            let capacity = i32::try_from(tokens.len()).map_err(|_| too_long(tokens.len()))?;
            // SAFETY: the text has `len` bytes; the buffer has `capacity` entries, and `Token` is a
            // transparent `i32`; the vocabulary is alive.
            let written = unsafe {
                guarded::llama_tokenize(
                    self.as_ptr(),
                    text.as_ptr().cast(),
                    len,
                    tokens.as_mut_ptr().cast(),
                    capacity,
                    add_special,
                    parse_special,
                )
            }?;
            if let Ok(written) = usize::try_from(written) {
                tokens.truncate(written);
                return Ok(tokens);
            }
            let needed = written.checked_neg().ok_or_else(|| too_long(text.len()))?;
            tokens.resize(usize::try_from(needed).unwrap_or(0), Token(0));
        }
    }

    /// Appends the bytes of a token that the caller has checked.
    pub(crate) fn token_bytes(self, token: Token, special: bool, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        let mut room = 32_i32;
        loop {
            out.resize(start + usize::try_from(room).unwrap_or(0), 0);
            // SAFETY: `room` bytes are free behind `start`; the vocabulary is alive and has the token.
            let written = unsafe {
                guarded::llama_token_to_piece(
                    self.as_ptr(),
                    token.0,
                    out[start..].as_mut_ptr().cast(),
                    room,
                    0,
                    special,
                )
            };
            let written = written.inspect_err(|_| out.truncate(start))?;
            if let Ok(written) = usize::try_from(written) {
                out.truncate(start + written);
                return Ok(());
            }
            room = written.checked_neg().unwrap_or(i32::MAX);
        }
    }

    /// Bytes of a token that the caller has checked.
    fn token_len(self, token: Token, special: bool) -> Result<usize> {
        let mut none = 0;
        // SAFETY: nothing is written into a buffer of no bytes; the vocabulary is alive and has the token.
        let written = unsafe {
            guarded::llama_token_to_piece(self.as_ptr(), token.0, (&raw mut none).cast(), 0, 0, special)
        }?;
        // The number of missing bytes, below zero.
        Ok(written.unsigned_abs() as usize)
    }

    /// The text of tokens that the caller has checked.
    pub(crate) fn detokenize(self, tokens: &[Token], remove: bool, unparse: bool) -> Result<Vec<u8>> {
        let too_long = |what, len| Error::TooLong { what, len, max: i32::MAX as usize };
        let count = i32::try_from(tokens.len()).map_err(|_| too_long("token list", tokens.len()))?;
        // llama.cpp sums lengths up in 32 bits, and goes on with what is left of the sum.
        let mut len = 0;
        for &token in tokens {
            len += self.token_len(token, unparse)?;
        }
        let room = i32::try_from(len).map_err(|_| too_long("text of tokens in bytes", len))?;
        let mut out = vec![0_u8; len.max(1)];
        // SAFETY: `count` tokens and `room` bytes are there; the vocabulary is alive and has the tokens.
        let written = unsafe {
            guarded::llama_detokenize(
                self.as_ptr(),
                tokens.as_ptr().cast(),
                count,
                out.as_mut_ptr().cast(),
                room,
                remove,
                unparse,
            )
        }?;
        let written = usize::try_from(written)
            .map_err(|_| Error::Failed { operation: "detokenize", detail: "no progress".to_owned() })?;
        out.truncate(written);
        Ok(out)
    }
}
