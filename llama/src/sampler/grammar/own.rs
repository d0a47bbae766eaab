//! A grammar of this crate's own engine, which may wait for a trigger.

use super::recognizer::Recognizer;
use super::trie::TokenTrie;
use super::trigger::{Pieces, Trigger};
use crate::error::{Error, Result};
use crate::token::Token;
use crate::vocab::{Special, Vocab};

/// A grammar, its state, and what it waits for.
#[derive(Debug, Clone)]
pub(super) struct Own {
    now: Recognizer,
    first: Recognizer,
    trigger: Option<Trigger>,
    /// Nothing has been read: the trigger has not come.
    waits: bool,
}

impl Own {
    pub(super) fn new(first: Recognizer, trigger: Option<Trigger>) -> Self {
        Self { now: first.clone(), first, waits: trigger.is_some(), trigger }
    }

    pub(super) fn is_lazy(&self) -> bool {
        self.trigger.is_some()
    }

    pub(super) fn waits(&self) -> bool {
        self.waits
    }

    /// Gives control tokens a text.
    pub(super) fn spell_as(&mut self, texts: Pieces) {
        self.first.spell_as(texts);
        self.now.clone_from(&self.first);
    }

    /// Moves behind text that is there already.
    #[cfg(feature = "tools")]
    pub(super) fn skip(&mut self, text: &[u8]) -> Result<()> {
        self.first.skip(text)?;
        self.now.clone_from(&self.first);
        Ok(())
    }

    #[cfg(feature = "tools")]
    pub(super) fn ignore_thoughts(&mut self, begin: &str, ends: &[String], before: &str) -> Result<()> {
        self.trigger.as_mut().map_or(Ok(()), |trigger| trigger.ignore_thoughts(begin, ends, before))
    }

    pub(super) fn is_finished(&self) -> bool {
        !self.waits && self.now.must_end()
    }

    pub(super) fn may_end(&self) -> Option<bool> {
        (!self.waits).then(|| self.now.may_end())
    }

    pub(super) fn allows(&mut self, trie: &TokenTrie, token: Token) -> Result<bool> {
        if self.waits { Ok(true) } else { self.now.allows(trie, token) }
    }

    /// One bit for each token: whether it may follow. For a grammar that does not wait.
    pub(super) fn allowed(&mut self, trie: &TokenTrie) -> Result<Vec<u64>> {
        self.now.allowed(trie)
    }

    /// Takes a token. An error leaves everything as it was.
    pub(super) fn accept(&mut self, trie: &TokenTrie, vocab: &Vocab, token: Token) -> Result<()> {
        let Some(trigger) = self.trigger.as_mut().filter(|_| self.waits) else {
            return self.now.accept(trie, token);
        };
        let text = vocab.token_to_bytes(token, Special::Parse)?;
        if let Some(pieces) = trigger.read(token, &text)? {
            self.now = begun(&self.first, &pieces)?;
            self.waits = false;
        }
        Ok(())
    }

    pub(super) fn reset(&mut self) {
        self.now.clone_from(&self.first);
        if let Some(trigger) = &mut self.trigger {
            trigger.reset();
            self.waits = true;
        }
    }
}

/// The grammar behind what triggered it.
fn begun(first: &Recognizer, pieces: &Pieces) -> Result<Recognizer> {
    let mut now = first.clone();
    for (token, text) in pieces {
        // A token without text says nothing.
        if !text.is_empty() && now.accept_as(*token, text).is_err() {
            let text: Vec<u8> = pieces.iter().flat_map(|(_, text)| text).copied().take(60).collect();
            let detail = format!(
                "it does not begin with {:?}, the text from its trigger on",
                String::from_utf8_lossy(&text)
            );
            return Err(Error::Grammar { detail });
        }
    }
    Ok(now)
}
