//! Tokenizing with the Hugging Face `tokenizers` library (feature `tokenizers`).
//!
//! [`HfTokenizer`] needs no loaded model. It reads `tokenizer.json` files, and byte-pair vocabularies of GGUF
//! files, for which it gives the same tokens as [`Vocab`](crate::Vocab). In addition it tells where in the text
//! each token lies, and works on many texts in parallel.
//!
//! ```no_run
//! use llama::{Special, hf::HfTokenizer};
//! let tokenizer = HfTokenizer::from_gguf("model.gguf")?;
//! let encoded = tokenizer.encode("Hello, world!", Special::AsText)?;
//! for (token, range) in encoded.tokens.iter().zip(&encoded.offsets) {
//!     println!("{token} is {:?}", &"Hello, world!"[range.clone()]);
//! }
//! # Ok::<(), llama::Error>(())
//! ```
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::gguf::{Array, Gguf, Value};
use crate::token::Token;
use crate::vocab::Special;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, Encoding, SplitDelimiterBehavior, Tokenizer};

/// Numbers of token types in GGUF files.
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;

/// A tokenizer that works without llama.cpp.
///
/// ```
/// use llama::Special;
/// use llama::hf::HfTokenizer;
/// let tokenizer = HfTokenizer::from_gguf("../examples/model/llama-tiny-chat.gguf")?;
/// let text = "Tell me a story.";
/// let tokens = tokenizer.encode(text, Special::AsText)?.tokens;
/// assert_eq!(tokenizer.decode(&tokens, Special::AsText)?, text);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HfTokenizer {
    /// Special tokens in the text are special.
    parsing: Tokenizer,
    /// Special tokens in the text are text.
    plain: Tokenizer,
}

/// The tokens of a text and where they lie in it.
///
/// ```
/// use llama::Special;
/// use llama::hf::HfTokenizer;
/// let tokenizer = HfTokenizer::from_gguf("../examples/model/llama-tiny-chat.gguf")?;
/// let text = "Tell me a story.";
/// let encoded = tokenizer.encode(text, Special::AsText)?;
/// for (token, range) in encoded.tokens.iter().zip(&encoded.offsets) {
///     println!("{token} is {:?}", &text[range.clone()]);
/// }
/// assert_eq!(encoded.offsets.last().map(|range| range.end), Some(text.len()));
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Encoded {
    /// The tokens.
    pub tokens: Vec<Token>,
    /// The bytes of the text that each token covers. Always whole characters: tokens that are parts of one
    /// character all cover it.
    pub offsets: Vec<Range<usize>>,
}

impl HfTokenizer {
    /// Reads a `tokenizer.json` file.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when it cannot be read or understood.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut text = Vec::new();
        crate::regular_file::open(path)
            .and_then(|mut file| file.read_to_end(&mut text))
            .map_err(|error| refuse(format!("cannot read \"{}\": {error}", path.display())))?;
        Self::from_json(&text)
    }

    /// Reads the content of a `tokenizer.json` file. Texts are split whole: what it says about cutting and padding
    /// them is left out.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when it cannot be understood.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(refuse)?;
        // Made for batches of a training; texts are split whole here, as llama.cpp does.
        tokenizer.with_truncation(None).map_err(refuse)?.with_padding(None);
        Ok(Self::new(tokenizer))
    }

    /// Reads the vocabulary of a GGUF file. Only byte-pair vocabularies with one of the common ways to cut a
    /// text into words are known; for others take the `tokenizer.json` of the model.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] for other vocabularies, or when the file cannot be read.
    pub fn from_gguf(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let gguf = Gguf::open(path).map_err(|error| refuse(format!("\"{}\": {error}", path.display())))?;
        let text = |key: &str| gguf.get(key).and_then(Value::as_str).unwrap_or_default();
        let model = text("tokenizer.ggml.model");
        if model != "gpt2" {
            return Err(refuse(format!("the vocabulary is of kind '{model}', not byte-pair ('gpt2')")));
        }
        let words = words(text("tokenizer.ggml.pre"))?;
        let strings = |key: &str| {
            let list = match gguf.get(key) {
                Some(Value::Array(array)) => array.as_strings(),
                _ => None,
            };
            list.ok_or_else(|| refuse(format!("the file has no {key}")))
        };
        let tokens = strings("tokenizer.ggml.tokens")?;
        let mut vocab = Vocab::default();
        for (text, id) in tokens.iter().zip(0..) {
            vocab.insert(text.clone(), id);
        }
        let merges = strings("tokenizer.ggml.merges")?.iter().map(|merge| {
            let (left, right) = merge
                .split_once(' ')
                .ok_or_else(|| refuse(format!("'{merge}' is no merge of two tokens")))?;
            Ok((left.to_owned(), right.to_owned()))
        });
        let bpe = BPE::builder()
            .vocab_and_merges(vocab, merges.collect::<Result<_>>()?)
            .ignore_merges(words.whole_words_first)
            .build()
            .map_err(refuse)?;
        let mut tokenizer = Tokenizer::new(bpe);
        tokenizer.with_pre_tokenizer(Some(words.cut));
        tokenizer.with_decoder(Some(ByteLevel::default()));
        let types = match gguf.get("tokenizer.ggml.token_type") {
            Some(Value::Array(Array::I32(types))) => types.as_slice(),
            _ => &[],
        };
        for (text, kind) in tokens.iter().zip(types) {
            if matches!(*kind, CONTROL | USER_DEFINED) {
                let special = *kind == CONTROL;
                let token = AddedToken::from(text.as_str(), special).normalized(false);
                if special {
                    tokenizer.add_special_tokens(&[token]);
                } else {
                    tokenizer.add_tokens(&[token]);
                }
            }
        }
        Ok(Self::new(tokenizer))
    }

    fn new(mut tokenizer: Tokenizer) -> Self {
        tokenizer.set_encode_special_tokens(false);
        let parsing = tokenizer.clone();
        tokenizer.set_encode_special_tokens(true);
        Self { parsing, plain: tokenizer }
    }

    fn of(&self, special: Special) -> &Tokenizer {
        if special == Special::Parse { &self.parsing } else { &self.plain }
    }

    /// Splits a text; no beginning or end token is added.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the library fails.
    pub fn encode(&self, text: &str, special: Special) -> Result<Encoded> {
        Ok(encoded(&self.of(special).encode(text, false).map_err(refuse)?))
    }

    /// Splits many texts, on all processors.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the library fails.
    pub fn encode_batch<T: AsRef<str>>(&self, texts: &[T], special: Special) -> Result<Vec<Encoded>> {
        let texts = texts.iter().map(AsRef::as_ref).collect();
        let list = self.of(special).encode_batch::<&str>(texts, false).map_err(refuse)?;
        Ok(list.iter().map(encoded).collect())
    }

    /// The text of tokens. Bytes that are no whole characters are replaced.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`] for tokens that do not exist; [`Error::Tokenizer`] when the library fails.
    pub fn decode(&self, tokens: &[Token], special: Special) -> Result<String> {
        let known =
            |token: &Token| u32::try_from(token.0).ok().filter(|&id| self.plain.id_to_token(id).is_some());
        let ids = tokens.iter().map(|token| {
            known(token).ok_or_else(|| Error::TokenOutOfRange { token: *token, n_vocab: self.n_tokens() })
        });
        self.parsing.decode(&ids.collect::<Result<Vec<_>>>()?, special == Special::AsText).map_err(refuse)
    }

    /// Number of tokens.
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        self.parsing.get_vocab_size(true)
    }
}

/// How a text is cut into words before pairs are merged inside them.
struct Words {
    cut: PreTokenizerWrapper,
    /// A word that is a token is taken as it is.
    whole_words_first: bool,
}

/// The way that a file names in `tokenizer.ggml.pre`.
fn words(name: &str) -> Result<Words> {
    let bytes = |use_regex| PreTokenizerWrapper::from(ByteLevel::new(false, false, use_regex));
    let both = |first: PreTokenizerWrapper, use_regex| {
        PreTokenizerWrapper::from(Sequence::new(vec![first, bytes(use_regex)]))
    };
    let pattern = |digits: &str| {
        let pattern = [
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)",
            r"[^\r\n\p{L}\p{N}]?\p{L}+",
            digits,
            r" ?[^\s\p{L}\p{N}]+[\r\n]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        ];
        let pattern = SplitPattern::Regex(pattern.join("|"));
        Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(refuse)
    };
    let (cut, whole_words_first) = match name {
        "gpt-2" | "gpt2" => (bytes(true), false),
        "smollm" => (both(Digits::new(true).into(), true), false),
        "llama-bpe" | "llama3" | "llama-v3" => (both(pattern(r"\p{N}{1,3}")?.into(), false), true),
        "qwen2" => (both(pattern(r"\p{N}")?.into(), false), false),
        other => {
            return Err(refuse(format!(
                "cutting words the way of '{other}' is not known; take the tokenizer.json of the model"
            )));
        }
    };
    Ok(Words { cut, whole_words_first })
}

fn encoded(encoding: &Encoding) -> Encoded {
    Encoded {
        tokens: encoding.get_ids().iter().map(|&id| Token(i32::try_from(id).unwrap_or(i32::MAX))).collect(),
        offsets: encoding.get_offsets().iter().map(|&(start, end)| start..end).collect(),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "made for map_err")]
fn refuse(error: impl ToString) -> Error {
    Error::Tokenizer { detail: error.to_string() }
}
