//! Grammars that wait for a trigger, by llama.cpp.

use super::outline::{MAX_DEPTH, MAX_LEN, Outline};
use super::pattern::{PatternRoom, pattern_room};
use crate::error::{Error, Result};
use crate::ffi::sampler::{Candidate, SamplerPtr};
use crate::ffi::text::c_string;
use crate::sampler::link::Failure;
use crate::stack;
use crate::token::Token;
use crate::vocab::{Special, Vocab};
use llama_sys::Fault;
use std::ffi::CString;

/// A grammar of llama.cpp that starts to restrict at a trigger.
#[derive(Debug)]
pub(super) struct Lazy {
    ptr: SamplerPtr,
    /// A copy in the first state, where a reset by llama.cpp would recurse more than any stack allows.
    first: Option<SamplerPtr>,
    triggers: Triggers,
    /// Bytes that trigger patterns have to be matched against; `None` once the grammar is known to apply.
    watched: Option<usize>,
}

/// What a lazy grammar waits for.
#[derive(Debug, Clone, Default)]
struct Triggers {
    tokens: Vec<Token>,
    room: Option<PatternRoom>,
}

impl Lazy {
    pub(super) fn new(
        vocab: &Vocab,
        gbnf: &str,
        root: &str,
        patterns: &[&str],
        tokens: &[Token],
    ) -> Result<Self> {
        let (text, root_text, chain) = prepare(vocab, gbnf, root)?;
        let matching = pattern_room(patterns)?;
        let patterns: Vec<CString> =
            patterns.iter().map(|pattern| c_string("trigger pattern", pattern)).collect::<Result<_>>()?;
        for &token in tokens {
            vocab.check(token)?;
        }
        if patterns.is_empty() && tokens.is_empty() {
            return Err(invalid("a lazy grammar needs a pattern or a token to start at"));
        }
        let longest = patterns.iter().map(|pattern| pattern.as_bytes().len()).max().unwrap_or(0);
        let levels = chain.max(2 * longest);
        // The log's detail belongs to the thread that llama.cpp ran on.
        let (made, detail) = stack::with_room("chain of rules in the grammar", levels, || {
            crate::log::clear_detail();
            let made = SamplerPtr::lazy_grammar(vocab.ptr(), &text, &root_text, &patterns, tokens);
            (made, crate::log::take_detail())
        })?;
        let detail = match made {
            Ok(Some(ptr)) => {
                let first = stack::is_deep(levels).then(|| ptr.duplicate()).transpose()?;
                let triggers = Triggers { tokens: tokens.to_vec(), room: matching };
                return Ok(Self { ptr, first, triggers, watched: matching.map(|_| 0) });
            }
            Ok(None) => detail,
            Err(fault) => fault.message().to_owned(),
        };
        Err(invalid(if detail.is_empty() { "it does not parse" } else { &detail }))
    }

    pub(super) fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            ptr: self.ptr.duplicate()?,
            first: self.first.as_ref().map(SamplerPtr::duplicate).transpose()?,
            triggers: self.triggers.clone(),
            watched: self.watched,
        })
    }

    /// Bans candidates that may not follow.
    pub(super) fn apply(&mut self, candidates: &mut [Candidate]) -> Result<(), Failure> {
        // A grammar that still waits for its trigger bans nothing.
        let before = self.watched.map(|_| banned(candidates));
        self.ptr.apply(candidates, false).map_err(Failure::Fault)?;
        if before.is_some_and(|before| banned(candidates) > before) {
            self.watched = None;
        }
        Ok(())
    }

    /// Takes a chosen token. An error that is no fault leaves the grammar unchanged.
    pub(super) fn accept(&mut self, vocab: &Vocab, token: Token) -> Result<(), Failure> {
        let (Some(watched), Some(room)) = (&mut self.watched, self.triggers.room) else {
            return self.ptr.accept(token).map_err(Failure::Fault);
        };
        if self.triggers.tokens.contains(&token) {
            self.watched = None;
            return self.ptr.accept(token).map_err(Failure::Fault);
        }
        let text = vocab.token_to_bytes(token, Special::Parse).map_err(Failure::Error)?;
        let bytes = watched.saturating_add(text.len());
        let ptr = &mut self.ptr;
        let levels = room.fixed.saturating_add(bytes.saturating_mul(room.per_byte));
        let accepted = stack::with_room(
            "matching the text so far against the patterns of a lazy grammar, in steps",
            levels,
            || ptr.accept(token),
        );
        accepted.map_err(Failure::Error)?.map_err(Failure::Fault)?;
        *watched = bytes;
        Ok(())
    }

    pub(super) fn reset(&mut self) -> Result<(), Fault> {
        match self.first.as_ref().map(SamplerPtr::duplicate) {
            Some(Ok(ptr)) => self.ptr = ptr,
            Some(Err(Error::Fault { fault, .. })) => return Err(fault),
            // The other error is a null pointer, which llama.cpp does not return for grammars.
            Some(Err(_)) | None => self.ptr.reset()?,
        }
        self.watched = self.triggers.room.map(|_| 0);
        Ok(())
    }
}

fn banned(candidates: &[Candidate]) -> usize {
    candidates.iter().filter(|candidate| candidate.logit == f32::NEG_INFINITY).count()
}

/// Checks the texts; also returns how deep the constructor recurses.
fn prepare(vocab: &Vocab, gbnf: &str, root: &str) -> Result<(CString, CString, usize)> {
    if vocab.is_empty() {
        return Err(Error::NoVocab);
    }
    if gbnf.trim().is_empty() {
        return Err(invalid("it is empty"));
    }
    if gbnf.len() > MAX_LEN {
        return Err(Error::TooLong { what: "grammar in bytes", len: gbnf.len(), max: MAX_LEN });
    }
    let (text, root_text) = (c_string("grammar", gbnf)?, c_string("grammar root", root)?);
    if !defines(gbnf, root) {
        return Err(Error::Grammar { detail: format!("it defines no \"{root}\" rule to start at") });
    }
    // Parsers, this one and llama.cpp's, recurse for parentheses; a level takes more room than a character.
    let nested = 4 * gbnf.bytes().filter(|&c| c == b'(').take(MAX_DEPTH + 1).count();
    let chain = stack::with_room("nesting of parentheses in the grammar", nested, || {
        Outline::parse(gbnf)?.longest_chain()
    })??;
    Ok((text, root_text, chain.max(nested)))
}

fn invalid(detail: &str) -> Error {
    Error::Grammar { detail: detail.to_owned() }
}

/// True when some line defines the rule.
fn defines(gbnf: &str, rule: &str) -> bool {
    gbnf.split("::=").any(|before| before.trim_end().rsplit(|c: char| c.is_whitespace()).next() == Some(rule))
        && !rule.is_empty()
}

#[cfg(test)]
mod tests {
    use super::defines;

    #[test]
    fn the_root_must_be_defined() {
        assert!(defines("root ::= a\na ::= \"x\"", "root"));
        assert!(defines("a ::= \"x\"\n  root::= a", "root"));
        assert!(!defines("myroot ::= a", "root"));
        assert!(!defines("", ""));
    }
}
