//! How far a text has got through a grammar, and which tokens may follow.

use super::chars::{Byte, Partial};
use super::network::{Edge, Network};
use super::stacks::{Place, Stacks};
use super::trie::TokenTrie;
use crate::error::{Error, Result};
use crate::token::Token;
use std::sync::Arc;

/// Readings that are kept before those no longer needed are looked for.
const MIN_COMPACT: usize = 4096;

/// A grammar with the text that it has read.
#[derive(Debug, Clone)]
pub(super) struct Recognizer {
    net: Arc<Network>,
    stacks: Stacks,
    places: Vec<Place>,
    /// The text may end here.
    ends: bool,
    partial: Partial,
    compact_at: usize,
    /// Control tokens that have a text here, and that text.
    spelled: Arc<[(Token, Vec<u8>)]>,
}

/// The state behind some bytes of a token.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// Where its places begin in the list of all; they go on to the end when it is the newest.
    first: usize,
    last: usize,
    readings: usize,
    ends: bool,
    partial: Partial,
}

impl Recognizer {
    pub(super) fn new(net: Network, root: u32) -> Result<Self> {
        let mut places = Vec::new();
        let (stacks, ends) = Stacks::begin(&net, root, &mut places)?;
        Ok(Self {
            net: Arc::new(net),
            stacks,
            places,
            ends,
            partial: Partial::default(),
            compact_at: MIN_COMPACT,
            spelled: Arc::default(),
        })
    }

    /// Gives control tokens a text.
    pub(super) fn spell_as(&mut self, texts: Vec<(Token, Vec<u8>)>) {
        self.spelled = texts.into();
    }

    /// Reads a text that is not made of tokens.
    #[cfg(feature = "tools")]
    pub(super) fn skip(&mut self, text: &[u8]) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let (mut places, readings) = (self.places.clone(), self.stacks.len());
        self.stacks.refill();
        match self.spell(text, &mut places) {
            Ok(Some(frame)) => {
                places.truncate(frame.last);
                places.drain(..frame.first);
                (self.places, self.ends, self.partial) = (places, frame.ends, frame.partial);
                Ok(())
            }
            refused => {
                self.stacks.truncate(readings);
                let detail = "it does not allow the text that the prompt ends with";
                refused.and(Err(Error::Grammar { detail: detail.to_owned() }))
            }
        }
    }

    /// True when the text is complete as it is.
    pub(super) fn may_end(&self) -> bool {
        self.ends && self.partial.is_empty()
    }

    /// True when the text is complete and nothing can follow.
    pub(super) fn must_end(&self) -> bool {
        self.may_end() && self.places.is_empty()
    }

    /// True when the token may follow.
    pub(super) fn allows(&mut self, trie: &TokenTrie, token: Token) -> Result<bool> {
        if trie.ending().contains(&token) {
            return Ok(self.may_end());
        }
        if self.reads_token(token) {
            return Ok(true);
        }
        let mut places = std::mem::take(&mut self.places);
        let (len, readings) = (places.len(), self.stacks.len());
        self.stacks.refill();
        let spelled = Arc::clone(&self.spelled);
        let end = self.spell(text_of(trie, &spelled, token), &mut places);
        places.truncate(len);
        self.places = places;
        self.stacks.truncate(readings);
        Ok(end?.is_some())
    }

    /// Takes a token, which must be allowed.
    pub(super) fn accept(&mut self, trie: &TokenTrie, token: Token) -> Result<()> {
        if trie.ending().contains(&token) {
            return if self.may_end() { Ok(()) } else { Err(not_allowed(token)) };
        }
        let spelled = Arc::clone(&self.spelled);
        self.accept_as(token, text_of(trie, &spelled, token))
    }

    /// Takes a token that stands for this text, which must be allowed.
    pub(super) fn accept_as(&mut self, token: Token, text: &[u8]) -> Result<()> {
        let mut places = self.places.clone();
        let readings = self.stacks.len();
        self.stacks.refill();
        match self.take(text, token, &mut places) {
            Ok(Some((ends, partial, first))) => {
                places.drain(..first);
                (self.places, self.ends, self.partial) = (places, ends, partial);
            }
            Ok(None) => {
                self.stacks.truncate(readings);
                return Err(not_allowed(token));
            }
            Err(error) => {
                self.stacks.truncate(readings);
                return Err(error);
            }
        }
        if self.stacks.len() > self.compact_at {
            self.stacks.compact(&mut self.places);
            self.compact_at = MIN_COMPACT.max(2 * self.stacks.len());
        }
        Ok(())
    }

    /// Reads a token as its text and as itself. Returns whether the text may end, the character that is
    /// incomplete, and where the places begin.
    fn take(
        &mut self,
        text: &[u8],
        token: Token,
        places: &mut Vec<Place>,
    ) -> Result<Option<(bool, Partial, usize)>> {
        let old = places.len();
        let spelled = self.spell(text, places)?;
        if let Some(frame) = spelled {
            places.truncate(frame.last);
            if !frame.partial.is_empty() || !self.reads_token(token) {
                return Ok(Some((frame.ends, frame.partial, frame.first)));
            }
        } else if !self.reads_token(token) {
            return Ok(None);
        }
        let first = spelled.map_or(old, |frame| frame.first);
        if spelled.is_none() {
            places.truncate(old);
        }
        let ends = self.stacks.step(&self.net, places, 0..old, |edge| token_target(edge, token))?;
        Ok(Some((ends || spelled.is_some_and(|frame| frame.ends), Partial::default(), first)))
    }

    /// Some place reads this very token.
    fn reads_token(&self, token: Token) -> bool {
        let reads = |place: &Place| {
            let edges = &self.net.states[place.state as usize].edges;
            edges.iter().any(|&edge| token_target(edge, token).is_some())
        };
        self.partial.is_empty() && self.places.iter().any(reads)
    }

    fn frame(&self) -> Frame {
        Frame {
            first: 0,
            last: self.places.len(),
            readings: self.stacks.len(),
            ends: self.ends,
            partial: self.partial,
        }
    }

    /// Reads bytes from here on; `None` when they cannot follow. Appends places to the list, which holds those of
    /// this state at its beginning.
    fn spell(&mut self, text: &[u8], places: &mut Vec<Place>) -> Result<Option<Frame>> {
        if text.is_empty() {
            return Ok(None);
        }
        let mut frame = Frame { last: places.len(), ..self.frame() };
        for &byte in text {
            match self.next(frame, byte, places)? {
                Some(next) => frame = next,
                None => return Ok(None),
            }
        }
        Ok(Some(frame))
    }

    /// Reads one more byte.
    fn next(&mut self, from: Frame, byte: u8, places: &mut Vec<Place>) -> Result<Option<Frame>> {
        let range = from.first..from.last;
        match from.partial.push(byte) {
            Byte::Invalid => Ok(None),
            Byte::Part(partial) => {
                let (low, high) = partial.range();
                let meets = |edge: &Edge| match *edge {
                    Edge::Char(set, _) => self.net.sets[set as usize].meets(low, high),
                    _ => false,
                };
                let possible =
                    places[range].iter().any(|p| self.net.states[p.state as usize].edges.iter().any(meets));
                Ok(possible.then_some(Frame { partial, ends: false, ..from }))
            }
            Byte::Whole(c) => {
                let first = places.len();
                let net = &self.net;
                let reads = |edge| match edge {
                    Edge::Char(set, to) if net.sets[set as usize].contains(c) => Some(to),
                    _ => None,
                };
                let ends = self.stacks.step(net, places, range, reads)?;
                if places.len() == first && !ends {
                    return Ok(None);
                }
                let (last, readings) = (places.len(), self.stacks.len());
                Ok(Some(Frame { first, last, readings, ends, partial: Partial::default() }))
            }
        }
    }

    /// One bit for each token: whether it may follow.
    pub(super) fn allowed(&mut self, trie: &TokenTrie) -> Result<Vec<u64>> {
        let mut allowed = vec![0_u64; trie.len().div_ceil(64)];
        let mut set = |token: Token| {
            if let Some(index) = token.index() {
                allowed[index / 64] |= 1 << (index % 64);
            }
        };
        if self.may_end() {
            trie.ending().iter().copied().for_each(&mut set);
        }
        if self.partial.is_empty() && self.reads_tokens() {
            let count = i32::try_from(trie.len()).unwrap_or(i32::MAX);
            let tokens = (0..count).map(Token).filter(|token| !trie.ending().contains(token));
            tokens.filter(|&token| self.reads_token(token)).for_each(&mut set);
        }
        let mut places = self.places.clone();
        let mut frames = vec![self.frame()];
        self.stacks.refill();
        let walked = trie.walk(|depth, byte, tokens| {
            frames.truncate(depth + 1);
            let from = frames[depth];
            // What is behind belongs to texts that have been looked at.
            places.truncate(from.last);
            self.stacks.truncate(from.readings);
            let Some(next) = self.next(from, byte, &mut places)? else { return Ok(false) };
            tokens.iter().copied().for_each(&mut set);
            frames.push(next);
            Ok(!(next.first == next.last && next.partial.is_empty()))
        });
        self.stacks.truncate(frames[0].readings);
        walked?;
        for at in 0..self.spelled.len() {
            let token = self.spelled[at].0;
            if let Some(index) = token.index()
                && self.allows(trie, token)?
            {
                allowed[index / 64] |= 1 << (index % 64);
            }
        }
        Ok(allowed)
    }

    /// Some place reads a token as itself.
    fn reads_tokens(&self) -> bool {
        let reads = |edge: &Edge| matches!(edge, Edge::Token(..) | Edge::NotToken(..));
        self.places.iter().any(|place| self.net.states[place.state as usize].edges.iter().any(reads))
    }
}

/// The text that a token stands for.
fn text_of<'t>(trie: &'t TokenTrie, spelled: &'t [(Token, Vec<u8>)], token: Token) -> &'t [u8] {
    match spelled.iter().find(|(other, _)| *other == token) {
        Some((_, text)) => text,
        None => trie.text(token),
    }
}

fn token_target(edge: Edge, token: Token) -> Option<u32> {
    match edge {
        Edge::Token(this, to) if this == token => Some(to),
        Edge::NotToken(other, to) if other != token => Some(to),
        _ => None,
    }
}

#[cold]
fn not_allowed(token: Token) -> Error {
    Error::Grammar { detail: format!("it does not allow token {token} here") }
}
