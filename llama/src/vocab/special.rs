//! The special tokens of a vocabulary.

use crate::error::Result;
use crate::ffi::vocab::VocabPtr;
use crate::model::Model;
use crate::token::Token;

/// Numbers of the special tokens and how they are added, read once.
#[derive(Debug)]
pub(crate) struct SpecialTokens {
    pub(crate) kind: llama_sys::llama_vocab_type,
    pub(crate) bos: Option<Token>,
    pub(crate) eos: Option<Token>,
    pub(crate) eot: Option<Token>,
    pub(crate) sep: Option<Token>,
    pub(crate) nl: Option<Token>,
    pub(crate) pad: Option<Token>,
    pub(crate) mask: Option<Token>,
    pub(crate) fim_prefix: Option<Token>,
    pub(crate) fim_suffix: Option<Token>,
    pub(crate) fim_middle: Option<Token>,
    pub(crate) fim_pad: Option<Token>,
    pub(crate) fim_repo: Option<Token>,
    pub(crate) fim_separator: Option<Token>,
    pub(crate) add_bos: bool,
    pub(crate) add_eos: bool,
    pub(crate) add_sep: bool,
}

impl SpecialTokens {
    pub(crate) fn read(vocab: VocabPtr) -> Result<Self> {
        let n_vocab = vocab.n_tokens()?;
        // A broken file may name a token that does not exist.
        let token = |raw: i32| Token::present(raw).filter(|token| token.0 < n_vocab);
        Ok(Self {
            kind: vocab.kind()?,
            bos: token(vocab.bos()?),
            eos: token(vocab.eos()?),
            eot: token(vocab.eot()?),
            sep: token(vocab.sep()?),
            nl: token(vocab.nl()?),
            pad: token(vocab.pad()?),
            mask: token(vocab.mask()?),
            fim_prefix: token(vocab.fim_pre()?),
            fim_suffix: token(vocab.fim_suf()?),
            fim_middle: token(vocab.fim_mid()?),
            fim_pad: token(vocab.fim_pad()?),
            fim_repo: token(vocab.fim_rep()?),
            fim_separator: token(vocab.fim_sep()?),
            add_bos: vocab.add_bos()?,
            add_eos: vocab.add_eos()?,
            add_sep: vocab.add_sep()?,
        })
    }
}

/// A token that only special parsing produces, with its text.
#[derive(Debug)]
pub(crate) struct ControlText {
    pub(crate) text: String,
    pub(crate) token: Token,
    pub(crate) strip_left: bool,
    pub(crate) strip_right: bool,
}

/// All control tokens of a model, the longest text first: the order in which llama.cpp matches them.
pub(crate) fn control_texts(model: &Model) -> Result<&[ControlText]> {
    let list = model.inner.control_texts.get_or_try_init(|| collect(model))?;
    Ok(list)
}

fn collect(model: &Model) -> Result<Vec<ControlText>> {
    let vocab = model.inner.vocab;
    let wanted = llama_sys::LLAMA_TOKEN_ATTR_CONTROL | llama_sys::LLAMA_TOKEN_ATTR_UNKNOWN;
    let mut list = Vec::new();
    if model.inner.special.kind == llama_sys::LLAMA_VOCAB_TYPE_NONE {
        return Ok(list);
    }
    for token in (0..vocab.n_tokens()?).map(Token) {
        let attributes = vocab.attributes(token)?;
        if attributes & wanted == 0 {
            continue;
        }
        let text = vocab.text(token)?;
        if text.is_empty() {
            continue;
        }
        list.push(ControlText {
            text,
            token,
            strip_left: attributes & llama_sys::LLAMA_TOKEN_ATTR_LSTRIP != 0,
            strip_right: attributes & llama_sys::LLAMA_TOKEN_ATTR_RSTRIP != 0,
        });
    }
    list.sort_by_key(|control| std::cmp::Reverse(control.text.len()));
    Ok(list)
}
