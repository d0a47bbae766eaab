//! Vocabularies: text to tokens and back.

mod decoder;
#[cfg(any(feature = "jinja", test))]
pub(crate) mod marks;
mod prompt;
pub(crate) mod special;

pub use decoder::TokenDecoder;
pub use prompt::PromptPart;

use crate::error::{Error, Result};
use crate::ffi::vocab::VocabPtr;
use crate::model::Model;
use crate::stack;
use crate::token::Token;

/// What the texts of special tokens, such as `<|im_start|>`, mean inside a text.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::Special;
/// let vocab = model.vocab();
/// // One token, or the characters that spell it.
/// assert_eq!(vocab.tokenize("<|im_end|>", Special::Parse)?.len(), 1);
/// assert!(vocab.tokenize("<|im_end|>", Special::AsText)?.len() > 1);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Special {
    /// They are ordinary text. Use this for everything that a user can influence.
    AsText,
    /// They become the special tokens, or are shown when decoding.
    Parse,
}

impl Special {
    fn parse(self) -> bool {
        self == Self::Parse
    }
}

/// How a vocabulary splits text.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// assert_eq!(model.vocab().kind(), llama::VocabKind::Bpe);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_vocab_type")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VocabKind {
    /// The model has no vocabulary.
    None,
    /// `SentencePiece` with byte fallback.
    Spm,
    /// Byte-pair encoding.
    Bpe,
    /// `WordPiece`.
    Wpm,
    /// Unigram.
    Ugm,
    /// RWKV's greedy tokenizer.
    Rwkv,
    /// The tokenizer of PLaMo-2.
    Plamo2,
    /// A value that this version of the crate does not know.
    Other(u32),
}

/// Properties of one token.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::Special;
/// let vocab = model.vocab();
/// let end = vocab.tokenize("<|im_end|>", Special::Parse)?[0];
/// assert!(vocab.attributes(end)?.is_control());
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_token_attr")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenAttributes(pub u32);

macro_rules! attribute {
    ($($(#[$doc:meta])* $name:ident = $raw:ident;)*) => {
        $($(#[$doc])* #[must_use] pub fn $name(self) -> bool { self.0 & llama_sys::$raw != 0 })*
    };
}

impl TokenAttributes {
    attribute! {
        /// The placeholder for unknown text.
        is_unknown = LLAMA_TOKEN_ATTR_UNKNOWN;
        /// Never used by the model.
        is_unused = LLAMA_TOKEN_ATTR_UNUSED;
        /// Ordinary text.
        is_normal = LLAMA_TOKEN_ATTR_NORMAL;
        /// A control token; never produced by plain text.
        is_control = LLAMA_TOKEN_ATTR_CONTROL;
        /// Added by the makers of the model; produced by plain text too.
        is_user_defined = LLAMA_TOKEN_ATTR_USER_DEFINED;
        /// A single byte.
        is_byte = LLAMA_TOKEN_ATTR_BYTE;
        /// Matched after normalisation.
        is_normalized = LLAMA_TOKEN_ATTR_NORMALIZED;
        /// Swallows white space in front of it.
        strips_left = LLAMA_TOKEN_ATTR_LSTRIP;
        /// Swallows white space behind it.
        strips_right = LLAMA_TOKEN_ATTR_RSTRIP;
        /// Matches whole words only.
        is_single_word = LLAMA_TOKEN_ATTR_SINGLE_WORD;
    }
}

/// The vocabulary of a model, as a handle that keeps the model alive. Clones are cheap.
///
/// ```
/// use llama::Special;
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let vocab = model.vocab();
/// let tokens = vocab.tokenize("Hello world", Special::AsText)?;
/// assert_eq!(vocab.detokenize(&tokens, Special::AsText)?, "Hello world");
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_vocab")]
#[derive(Debug, Clone)]
pub struct Vocab {
    model: Model,
}

impl Vocab {
    pub(crate) fn new(model: Model) -> Self {
        Self { model }
    }

    /// The model that this vocabulary belongs to.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    pub(crate) fn ptr(&self) -> VocabPtr {
        self.model.inner.vocab
    }

    fn special(&self) -> &special::SpecialTokens {
        &self.model.inner.special
    }

    /// Number of tokens.
    #[doc(alias = "llama_vocab_n_tokens")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.model.n_vocab()
    }

    /// True for models without a vocabulary.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How the vocabulary splits text.
    #[doc(alias = "llama_vocab_type")]
    #[must_use]
    pub fn kind(&self) -> VocabKind {
        match self.special().kind {
            llama_sys::LLAMA_VOCAB_TYPE_NONE => VocabKind::None,
            llama_sys::LLAMA_VOCAB_TYPE_SPM => VocabKind::Spm,
            llama_sys::LLAMA_VOCAB_TYPE_BPE => VocabKind::Bpe,
            llama_sys::LLAMA_VOCAB_TYPE_WPM => VocabKind::Wpm,
            llama_sys::LLAMA_VOCAB_TYPE_UGM => VocabKind::Ugm,
            llama_sys::LLAMA_VOCAB_TYPE_RWKV => VocabKind::Rwkv,
            llama_sys::LLAMA_VOCAB_TYPE_PLAMO2 => VocabKind::Plamo2,
            other => VocabKind::Other(other),
        }
    }

    pub(crate) fn usable(&self) -> Result<VocabPtr> {
        if self.special().kind == llama_sys::LLAMA_VOCAB_TYPE_NONE {
            return Err(Error::NoVocab);
        }
        Ok(self.ptr())
    }

    /// The token, if the vocabulary has it.
    pub(crate) fn check(&self, token: Token) -> Result<VocabPtr> {
        let n_vocab = self.len();
        match token.index() {
            Some(index) if index < n_vocab => self.usable(),
            _ => Err(Error::TokenOutOfRange { token, n_vocab }),
        }
    }

    /// Splits a whole text, adding the beginning and end tokens that the model asks for.
    ///
    /// # Errors
    /// [`Error::TooLong`] for more than 2 GiB, or a million characters without white space;
    /// [`Error::NoVocab`] for models without a vocabulary.
    #[doc(alias = "llama_tokenize")]
    pub fn tokenize(&self, text: &str, special: Special) -> Result<Vec<Token>> {
        self.split_text(text, true, special)
    }

    /// Splits a piece of a text; no beginning or end token is added.
    ///
    /// # Errors
    /// As [`tokenize`](Self::tokenize).
    #[doc(alias = "llama_tokenize")]
    pub fn tokenize_fragment(&self, text: &str, special: Special) -> Result<Vec<Token>> {
        self.split_text(text, false, special)
    }

    fn split_text(&self, text: &str, add_special: bool, special: Special) -> Result<Vec<Token>> {
        let vocab = self.usable()?;
        let chars = if self.kind() == VocabKind::Bpe { stack::longest_stretch(text) } else { 0 };
        stack::with_room("text without white space, or white space alone, in characters", chars, || {
            vocab.tokenize(text, add_special, special.parse())
        })?
    }

    /// The text of tokens. With [`Special::Parse`] special tokens are shown; invalid UTF-8 becomes U+FFFD.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`]; [`Error::TooLong`] for more than 2 GiB of text; [`Error::NoVocab`] for models
    /// without a vocabulary.
    #[doc(alias = "llama_detokenize")]
    pub fn detokenize(&self, tokens: &[Token], special: Special) -> Result<String> {
        for &token in tokens {
            self.check(token)?;
        }
        let bytes = self.usable()?.detokenize(tokens, false, special.parse())?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    /// The bytes that one token stands for; possibly only a part of a character. Empty for special tokens
    /// unless `special` is [`Special::Parse`].
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_token_to_piece")]
    pub fn token_to_bytes(&self, token: Token, special: Special) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.append_bytes(token, special, &mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn append_bytes(&self, token: Token, special: Special, out: &mut Vec<u8>) -> Result<()> {
        self.check(token)?.token_bytes(token, special.parse(), out)
    }

    /// A decoder that turns a stream of tokens into whole characters.
    #[must_use]
    pub fn decoder(&self, special: Special) -> TokenDecoder {
        TokenDecoder::new(self.clone(), special)
    }

    /// The token's text as the file has it, for example `▁Hello`.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_vocab_get_text")]
    pub fn text(&self, token: Token) -> Result<String> {
        self.check(token)?.text(token)
    }

    /// The token's score; its meaning depends on the kind of vocabulary.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_vocab_get_score")]
    pub fn score(&self, token: Token) -> Result<f32> {
        self.check(token)?.score(token)
    }

    /// The token's properties.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_vocab_get_attr")]
    pub fn attributes(&self, token: Token) -> Result<TokenAttributes> {
        self.check(token)?.attributes(token).map(TokenAttributes)
    }

    /// True when the token ends a generation.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_vocab_is_eog")]
    pub fn is_eog(&self, token: Token) -> Result<bool> {
        self.check(token)?.is_eog(token)
    }

    /// True for control tokens.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_vocab_is_control")]
    pub fn is_control(&self, token: Token) -> Result<bool> {
        self.check(token)?.is_control(token)
    }

    /// Tokens that the makers of the model want never to be generated. Sessions and chats do not generate them,
    /// whatever the sampler; [`Sampler::sample`](crate::Sampler::sample) knows nothing of them.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_vocab_get_suppress_tokens")]
    pub fn suppressed_tokens(&self) -> Result<Vec<Token>> {
        self.ptr().suppressed()
    }
}

macro_rules! special_token {
    ($($(#[$doc:meta])* $name:ident, $alias:literal;)*) => {
        impl Vocab {
            $($(#[$doc])* #[doc(alias = $alias)] #[must_use] pub fn $name(&self) -> Option<Token> {
                self.special().$name
            })*
        }
    };
}

special_token! {
    /// The token that begins a text. Also the classification token of BERT-like models.
    bos, "llama_vocab_bos";
    /// The token that ends a text.
    eos, "llama_vocab_eos";
    /// The token that ends a turn of a conversation.
    eot, "llama_vocab_eot";
    /// The token between two sentences.
    sep, "llama_vocab_sep";
    /// The token of a line break.
    nl, "llama_vocab_nl";
    /// The token that fills up.
    pad, "llama_vocab_pad";
    /// The token that hides a word.
    mask, "llama_vocab_mask";
    /// Fill in the middle: before the prefix.
    fim_prefix, "llama_vocab_fim_pre";
    /// Fill in the middle: before the suffix.
    fim_suffix, "llama_vocab_fim_suf";
    /// Fill in the middle: before the gap's text.
    fim_middle, "llama_vocab_fim_mid";
    /// Fill in the middle: fills up.
    fim_pad, "llama_vocab_fim_pad";
    /// Fill in the middle: before a repository's name.
    fim_repo, "llama_vocab_fim_rep";
    /// Fill in the middle: between files.
    fim_separator, "llama_vocab_fim_sep";
}

impl Vocab {
    /// True when [`tokenize`](Self::tokenize) puts the beginning token in front.
    #[doc(alias = "llama_vocab_get_add_bos")]
    #[must_use]
    pub fn adds_bos(&self) -> bool {
        self.special().add_bos
    }

    /// True when [`tokenize`](Self::tokenize) puts the end token behind.
    #[doc(alias = "llama_vocab_get_add_eos")]
    #[must_use]
    pub fn adds_eos(&self) -> bool {
        self.special().add_eos
    }

    /// True when pairs of texts get a separator.
    #[doc(alias = "llama_vocab_get_add_sep")]
    #[must_use]
    pub fn adds_sep(&self) -> bool {
        self.special().add_sep
    }
}
