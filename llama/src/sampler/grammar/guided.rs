//! Grammars by the `llguidance` engine.

use super::trie::{TokenTrie, of_model};
use super::{Engine, Grammar};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::token::Token;
use crate::vocab::{Special, Vocab};
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, TokRxInfo, TokTrie, TokenId, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};
use std::fmt;
use std::sync::Arc;

/// Longest grammar or schema in bytes.
const MAX_LEN: usize = 4 << 20;

/// What `llguidance` knows about a model's vocabulary.
pub(crate) struct Guidance {
    factory: ParserFactory,
}

impl fmt::Debug for Guidance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guidance").finish_non_exhaustive()
    }
}

struct Tokens {
    trie: TokTrie,
}

impl TokenizerEnv for Tokens {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, text: &[u8]) -> Vec<TokenId> {
        self.trie.greedy_tokenize(text)
    }
}

impl Guidance {
    fn new(model: &Model) -> Result<Self> {
        let vocab = model.vocab();
        let trie = of_model(model)?;
        let count = i32::try_from(trie.len()).unwrap_or(i32::MAX);
        let words = (0..count).map(|id| word(&vocab, trie, Token(id))).collect::<Result<Vec<_>>>()?;
        let ending = trie.ending().first().copied().or(vocab.eos());
        let Some(ending) = ending else {
            return Err(Error::Grammar { detail: "the vocabulary has no token that ends a text".to_owned() });
        };
        let size = u32::try_from(trie.len()).unwrap_or(u32::MAX);
        let tokens = Tokens { trie: TokTrie::from(&TokRxInfo::new(size, id(ending)), &words) };
        let slices = llguidance::earley::SlicedBiasComputer::general_slices();
        let mut factory =
            ParserFactory::new(&(Arc::new(tokens) as _), InferenceCapabilities::default(), &slices)
                .map_err(|error| failed(&error))?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Self { factory })
    }
}

/// A token as `llguidance` spells it: control tokens carry a mark, so that no text stands for them.
fn word(vocab: &Vocab, trie: &TokenTrie, token: Token) -> Result<Vec<u8>> {
    let text = trie.text(token);
    if !text.is_empty() {
        return Ok(text.to_vec());
    }
    let name = vocab.token_to_bytes(token, Special::Parse)?;
    if name.is_empty() {
        return Ok(name);
    }
    Ok([&[TokTrie::SPECIAL_TOKEN_MARKER], &name[..]].concat())
}

fn id(token: Token) -> TokenId {
    token.0.unsigned_abs()
}

/// The words of an error, on one line.
fn failed(error: &dyn fmt::Display) -> Error {
    Error::Grammar { detail: error.to_string().split_whitespace().collect::<Vec<_>>().join(" ") }
}

/// A grammar with the text that it has read.
#[derive(Clone)]
pub(super) struct Guided {
    now: Matcher,
    first: Matcher,
    may_end: bool,
    finished: bool,
}

impl fmt::Debug for Guided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guided").field("may_end", &self.may_end).finish_non_exhaustive()
    }
}

impl Guided {
    fn new(vocab: &Vocab, grammar: TopLevelGrammar) -> Result<Self> {
        let guidance = vocab.model().inner.guidance.get_or_try_init(|| Guidance::new(vocab.model()))?;
        let matcher = Matcher::new(guidance.factory.create_parser(grammar));
        if let Some(detail) = matcher.get_error() {
            return Err(failed(&detail));
        }
        let mut this = Self { first: matcher.deep_clone(), now: matcher, may_end: false, finished: false };
        this.look()?;
        Ok(this)
    }

    /// Notes whether the text may end.
    fn look(&mut self) -> Result<()> {
        self.finished = self.now.is_stopped();
        self.may_end = self.finished || self.now.is_accepting().map_err(|error| failed(&error))?;
        Ok(())
    }

    pub(super) fn deep_clone(&self) -> Self {
        let Self { now, first, may_end, finished } = self;
        Self { now: now.deep_clone(), first: first.deep_clone(), may_end: *may_end, finished: *finished }
    }

    pub(super) fn may_end(&self) -> bool {
        self.may_end
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    pub(super) fn allows(&mut self, trie: &TokenTrie, token: Token) -> Result<bool> {
        if trie.ending().contains(&token) {
            return Ok(self.may_end);
        }
        if self.finished {
            return Ok(false);
        }
        self.now.validate_tokens(&[id(token)]).map(|count| count == 1).map_err(|error| failed(&error))
    }

    /// One bit for each token: whether it may follow.
    pub(super) fn allowed(&mut self, trie: &TokenTrie) -> Result<Vec<u64>> {
        let mut allowed = vec![0_u64; trie.len().div_ceil(64)];
        if !self.finished {
            let mask = self.now.compute_mask().map_err(|error| failed(&error))?;
            mask.iter_set_entries(|index| allowed[index / 64] |= 1 << (index % 64));
        }
        for index in trie.ending().iter().filter_map(|token| token.index()) {
            let bit = 1 << (index % 64);
            allowed[index / 64] =
                if self.may_end { allowed[index / 64] | bit } else { allowed[index / 64] & !bit };
        }
        Ok(allowed)
    }

    pub(super) fn accept(&mut self, trie: &TokenTrie, token: Token) -> Result<()> {
        if self.may_end && trie.ending().contains(&token) {
            return Ok(());
        }
        self.now.consume_token(id(token)).map_err(|error| failed(&error))?;
        self.look()
    }

    pub(super) fn reset(&mut self) {
        self.now = self.first.deep_clone();
        // The first state was looked at when it was made.
        let _ = self.look();
    }
}

impl Grammar {
    /// JSON that a schema accepts, by the `llguidance` engine. It decides which keywords it supports.
    ///
    /// # Errors
    /// [`Error::Grammar`] in the words of `llguidance`, also while sampling where its limits are reached;
    /// [`Error::TooLong`] beyond 4 MiB.
    pub fn guided_json(vocab: &Vocab, schema: &str) -> Result<Self> {
        let schema: serde_json::Value = serde_json::from_str(checked(schema)?)
            .map_err(|error| Error::Schema { detail: format!("it is not JSON: {error}") })?;
        Self::guided(vocab, TopLevelGrammar::from_json_schema(schema))
    }

    /// A grammar in the Lark notation of `llguidance`, by its engine.
    ///
    /// # Errors
    /// As [`guided_json`](Self::guided_json).
    pub fn guided_lark(vocab: &Vocab, grammar: &str) -> Result<Self> {
        Self::guided(vocab, TopLevelGrammar::from_lark(checked(grammar)?.to_owned()))
    }

    /// A text that a regular expression matches as a whole, by the `llguidance` engine.
    ///
    /// # Errors
    /// As [`guided_json`](Self::guided_json).
    pub fn guided_regex(vocab: &Vocab, pattern: &str) -> Result<Self> {
        Self::guided(vocab, TopLevelGrammar::from_regex(checked(pattern)?))
    }

    fn guided(vocab: &Vocab, grammar: TopLevelGrammar) -> Result<Self> {
        if vocab.is_empty() {
            return Err(Error::NoVocab);
        }
        Ok(Self { engine: Engine::Guided(Box::new(Guided::new(vocab, grammar)?)), vocab: vocab.clone() })
    }
}

fn checked(text: &str) -> Result<&str> {
    if text.len() > MAX_LEN {
        return Err(Error::TooLong { what: "grammar in bytes", len: text.len(), max: MAX_LEN });
    }
    Ok(text)
}
