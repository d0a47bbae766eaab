//! Grammars that restrict what is generated.

use crate::error::{Error, Result};
use crate::ffi::sampler::{Candidate, SamplerPtr};
use crate::ffi::text::c_string;
use crate::stack;
use crate::token::Token;
use crate::vocab::{Special, Vocab};
use llama_sys::Fault;
use std::ffi::CString;

/// Deepest nesting of parentheses; llama.cpp's parser recurses on them.
const MAX_DEPTH: usize = 256;

/// Longest grammar in bytes.
const MAX_LEN: usize = 4 << 20;

/// A parsed GBNF grammar with its state. Keeps the model alive.
///
/// ```no_run
/// use llama::{Grammar, Sampler};
/// # let model = llama::Model::load("model.gguf")?;
/// let grammar = Grammar::new(&model.vocab(), r#"root ::= "yes" | "no""#)?;
/// let mut sampler = Sampler::builder().grammar(grammar).greedy().build()?;
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_sampler_init_grammar")]
#[derive(Debug)]
pub struct Grammar {
    ptr: SamplerPtr,
    vocab: Vocab,
    /// Bytes that trigger patterns have to be matched against, where there are any.
    watched: Option<usize>,
}

impl Grammar {
    /// Parses a grammar whose start symbol is `root`.
    ///
    /// # Errors
    /// [`Error::Grammar`] for a grammar that does not parse.
    #[doc(alias = "llama_sampler_init_grammar")]
    pub fn new(vocab: &Vocab, gbnf: &str) -> Result<Self> {
        Self::with_root(vocab, gbnf, "root")
    }

    /// Parses a grammar with another start symbol.
    ///
    /// # Errors
    /// [`Error::Grammar`] for a grammar that does not parse or lacks the symbol.
    #[doc(alias = "llama_sampler_init_grammar")]
    pub fn with_root(vocab: &Vocab, gbnf: &str, root: &str) -> Result<Self> {
        let (text, root_text) = prepare(vocab, gbnf, root)?;
        crate::log::clear_detail();
        finish(vocab, SamplerPtr::grammar(vocab.ptr(), &text, &root_text), None)
    }

    /// Parses a grammar that only starts to restrict once one of the patterns matches the text generated so far
    /// (from its beginning; the grammar then applies from the first group on) or one of the tokens appears.
    ///
    /// # Errors
    /// [`Error::Grammar`] for a grammar or pattern that does not parse; [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_sampler_init_grammar_lazy_patterns")]
    pub fn lazy(vocab: &Vocab, gbnf: &str, root: &str, patterns: &[&str], tokens: &[Token]) -> Result<Self> {
        let (text, root_text) = prepare(vocab, gbnf, root)?;
        let patterns: Vec<CString> =
            patterns.iter().map(|pattern| c_string("trigger pattern", pattern)).collect::<Result<_>>()?;
        for &token in tokens {
            vocab.check(token)?;
        }
        if patterns.is_empty() && tokens.is_empty() {
            return Err(Error::Grammar {
                detail: "a lazy grammar needs a pattern or a token to start at".to_owned(),
            });
        }
        crate::log::clear_detail();
        let watched = (!patterns.is_empty()).then_some(0);
        finish(vocab, SamplerPtr::lazy_grammar(vocab.ptr(), &text, &root_text, &patterns, tokens), watched)
    }

    /// The vocabulary that the grammar was made for.
    #[must_use]
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// A copy with the same state.
    ///
    /// # Errors
    /// When llama.cpp is out of memory.
    #[doc(alias = "llama_sampler_clone")]
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self { ptr: self.ptr.duplicate()?, vocab: self.vocab.clone(), watched: self.watched })
    }

    pub(super) fn ptr(&self) -> &SamplerPtr {
        &self.ptr
    }

    pub(super) fn apply(&mut self, candidates: &mut [Candidate]) -> Result<(), Fault> {
        self.ptr.apply(candidates, false).map(drop)
    }

    /// Takes a chosen token. The outer error leaves the grammar unchanged.
    pub(super) fn accept(&mut self, token: Token) -> Result<Result<(), Fault>> {
        let Some(watched) = &mut self.watched else { return Ok(self.ptr.accept(token)) };
        let bytes = self.vocab.token_to_bytes(token, Special::Parse)?.len();
        *watched = watched.saturating_add(bytes);
        let ptr = &mut self.ptr;
        stack::with_room("text before a lazy grammar's trigger, in bytes", *watched, || ptr.accept(token))
    }

    pub(super) fn reset(&mut self) -> Result<(), Fault> {
        self.watched = self.watched.map(|_| 0);
        self.ptr.reset()
    }
}

fn prepare(vocab: &Vocab, gbnf: &str, root: &str) -> Result<(CString, CString)> {
    if vocab.is_empty() {
        return Err(Error::NoVocab);
    }
    if gbnf.trim().is_empty() {
        return Err(Error::Grammar { detail: "it is empty".to_owned() });
    }
    if gbnf.len() > MAX_LEN {
        return Err(Error::TooLong { what: "grammar in bytes", len: gbnf.len(), max: MAX_LEN });
    }
    let depth = nesting(gbnf);
    if depth > MAX_DEPTH {
        return Err(Error::TooLong {
            what: "nesting of parentheses in the grammar",
            len: depth,
            max: MAX_DEPTH,
        });
    }
    if !defines(gbnf, root) {
        return Err(Error::Grammar { detail: format!("it defines no \"{root}\" rule to start at") });
    }
    Ok((c_string("grammar", gbnf)?, c_string("grammar root", root)?))
}

fn finish(
    vocab: &Vocab,
    result: Result<Option<SamplerPtr>, llama_sys::Fault>,
    watched: Option<usize>,
) -> Result<Grammar> {
    let detail = match result {
        Ok(Some(ptr)) => return Ok(Grammar { ptr, vocab: vocab.clone(), watched }),
        Ok(None) => crate::log::take_detail(),
        Err(fault) => fault.message().to_owned(),
    };
    let detail = if detail.is_empty() { "it does not parse".to_owned() } else { detail };
    Err(Error::Grammar { detail })
}

/// Deepest nesting of parentheses outside of literals, character classes and comments.
fn nesting(gbnf: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut chars = gbnf.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ')' => depth = depth.saturating_sub(1),
            '"' => skip(&mut chars, '"'),
            '[' => skip(&mut chars, ']'),
            '#' => {
                chars.by_ref().find(|&c| c == '\n');
            }
            _ => {}
        }
    }
    deepest
}

fn skip(chars: &mut std::str::Chars<'_>, end: char) {
    while let Some(c) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == end {
            return;
        }
    }
}

/// True when some line defines the rule.
fn defines(gbnf: &str, rule: &str) -> bool {
    gbnf.split("::=").any(|before| before.trim_end().rsplit(|c: char| c.is_whitespace()).next() == Some(rule))
        && !rule.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_ignores_literals() {
        assert_eq!(nesting("root ::= ((a) (b (c)))"), 3);
        assert_eq!(nesting(r#"root ::= "((((" [((] # (((("#), 0);
        assert_eq!(nesting(r#"root ::= "\"((" (a)"#), 1);
    }

    #[test]
    fn the_root_must_be_defined() {
        assert!(defines("root ::= a\na ::= \"x\"", "root"));
        assert!(defines("a ::= \"x\"\n  root::= a", "root"));
        assert!(!defines("myroot ::= a", "root"));
        assert!(!defines("", ""));
    }
}
