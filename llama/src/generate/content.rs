//! What prompts consist of and memories hold: tokens, and media that take the places of several.
#![forbid(unsafe_code)]

use crate::state::MediaSpan;
use crate::token::{Pos, Token};
use std::ops::Range;
#[cfg(feature = "multimodal")]
use {crate::multimodal::Sketch, std::sync::Arc};

/// A text, maybe with images and recordings. Lengths and places count tokens, and a medium's places are never
/// parted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    /// With [`Token::MEDIA`] where a medium is.
    tokens: Vec<Token>,
    media: Vec<Medium>,
}

/// A piece of an image or of a recording.
#[derive(Debug, Clone)]
pub(crate) struct Medium {
    pub(crate) span: MediaSpan,
    /// The prompt that it came with and its chunk there. None where it came out of a file: it can stay in memory, and
    /// not be computed.
    #[cfg(feature = "multimodal")]
    pub(super) source: Option<(Arc<Sketch>, usize)>,
}

/// What can be computed at once.
#[derive(Debug)]
pub(super) enum Step<'a> {
    Tokens(&'a [Token]),
    Medium(&'a Medium),
}

impl From<Vec<Token>> for Content {
    fn from(tokens: Vec<Token>) -> Self {
        Self { tokens, media: Vec::new() }
    }
}

impl Content {
    /// What a state says about a memory.
    pub(super) fn restored(tokens: &[Token], media: &[MediaSpan]) -> Self {
        let medium = |span: &MediaSpan| Medium {
            span: span.clone(),
            #[cfg(feature = "multimodal")]
            source: None,
        };
        Self { tokens: tokens.to_vec(), media: media.iter().map(medium).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    #[cfg(feature = "multimodal")]
    pub(super) fn media(&self) -> &[Medium] {
        &self.media
    }

    pub(super) fn spans(&self) -> Vec<MediaSpan> {
        self.media.iter().map(|medium| medium.span.clone()).collect()
    }

    pub(crate) fn extend(&mut self, tokens: &[Token]) {
        self.tokens.extend_from_slice(tokens);
    }

    /// Adds a medium at the end.
    #[cfg(any(test, feature = "multimodal"))]
    pub(crate) fn push(&mut self, mut medium: Medium) {
        medium.span.start = self.tokens.len();
        self.tokens.resize(medium.span.end(), Token::MEDIA);
        self.media.push(medium);
    }

    /// The position behind the first `len` places.
    pub(crate) fn pos(&self, len: usize) -> Pos {
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX / 2);
        let more = |medium: &Medium| i64::from(medium.span.n_pos) - number(medium.span.n_tokens);
        let before = self.media.iter().take_while(|medium| medium.span.end() <= len);
        let pos = before.fold(number(len), |pos, medium| pos.saturating_add(more(medium)));
        Pos::try_from(pos).unwrap_or(Pos::MAX)
    }

    /// Behind the last medium.
    pub(super) fn media_end(&self) -> usize {
        self.media.last().map_or(0, |medium| medium.span.end())
    }

    /// The first place of the last thing there is.
    pub(super) fn last_start(&self) -> usize {
        self.floor(self.len().saturating_sub(1))
    }

    /// Length of the beginning that both have.
    pub(crate) fn common(&self, other: &Self) -> usize {
        let pairs = self.tokens.iter().zip(&other.tokens);
        let len = pairs.take_while(|(ours, theirs)| ours == theirs).count();
        let same = self.media.iter().zip(&other.media).take_while(|(a, b)| a.span == b.span).count();
        let first = |of: &Self| of.media.get(same).map_or(usize::MAX, |medium| medium.span.start);
        len.min(first(self)).min(first(other))
    }

    /// The medium that has this place.
    fn medium_at(&self, place: usize) -> Option<&Medium> {
        let at = self.media.partition_point(|medium| medium.span.end() <= place);
        self.media.get(at).filter(|medium| medium.span.start <= place)
    }

    /// The last place up to this one where no medium is cut.
    pub(super) fn floor(&self, place: usize) -> usize {
        self.medium_at(place).map_or(place, |medium| medium.span.start)
    }

    /// The first place from this one on where no medium is cut.
    pub(super) fn ceil(&self, place: usize) -> usize {
        match self.medium_at(place) {
            Some(medium) if medium.span.start < place => medium.span.end(),
            _ => place,
        }
    }

    /// Keeps the first `len` places, where no medium is cut.
    pub(super) fn truncate(&mut self, len: usize) {
        self.tokens.truncate(len);
        self.media.retain(|medium| medium.span.end() <= len);
    }

    /// The first `len` places, where no medium is cut.
    pub(super) fn head(&self, len: usize) -> Self {
        let media = self.media.iter().take_while(|medium| medium.span.end() <= len);
        Self { tokens: self.tokens[..len].to_vec(), media: media.cloned().collect() }
    }

    /// Takes places out, where no medium is cut.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.tokens.drain(range.clone());
        self.media.retain(|medium| !range.contains(&medium.span.start));
        for medium in self.media.iter_mut().filter(|medium| medium.span.start >= range.end) {
            medium.span.start -= range.len();
        }
    }

    /// Takes the media from a text that begins with this one. So those of earlier prompts, which hold whole prompts,
    /// are let go, and those of a file can be computed again.
    pub(super) fn renew(&mut self, from: &Self) {
        for (ours, theirs) in self.media.iter_mut().zip(&from.media) {
            ours.clone_from(theirs);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// What comes first between these places, at most `most` tokens or one medium.
    pub(super) fn step(&self, range: Range<usize>, most: usize) -> Option<Step<'_>> {
        if range.is_empty() {
            return None;
        }
        if let Some(medium) = self.medium_at(range.start) {
            return Some(Step::Medium(medium));
        }
        let at = self.media.partition_point(|medium| medium.span.end() <= range.start);
        let next = self.media.get(at).map_or(range.end, |medium| medium.span.start);
        let end = range.end.min(next).min(range.start.saturating_add(most));
        Some(Step::Tokens(&self.tokens[range.start..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three tokens, a medium of 4 places and 2 positions, two tokens, a medium of one place, one token.
    fn content() -> Content {
        let mut content = Content::from([1, 2, 3].map(Token).to_vec());
        content.push(medium("a", 4, 2));
        content.extend(&[4, 5].map(Token));
        content.push(medium("b", 1, 1));
        content.extend(&[Token(6)]);
        content
    }

    fn medium(id: &str, n_tokens: usize, n_pos: Pos) -> Medium {
        Medium {
            span: MediaSpan { start: 0, n_tokens, n_pos, id: id.to_owned(), piece: 0 },
            #[cfg(feature = "multimodal")]
            source: None,
        }
    }

    #[test]
    fn media_are_units() {
        let content = content();
        assert_eq!((content.len(), content.media_end(), content.last_start()), (11, 10, 10));
        let floors: Vec<usize> = (0..=11).map(|place| content.floor(place)).collect();
        assert_eq!(floors, [0, 1, 2, 3, 3, 3, 3, 7, 8, 9, 10, 11]);
        let ceils: Vec<usize> = (0..=11).map(|place| content.ceil(place)).collect();
        assert_eq!(ceils, [0, 1, 2, 3, 7, 7, 7, 7, 8, 9, 10, 11]);
        let positions = [0, 3, 7, 9, 10, 11].map(|len| content.pos(len));
        assert_eq!(positions, [0, 3, 5, 7, 8, 9]);
    }

    #[test]
    fn the_same_media_are_common() {
        let content = content();
        assert_eq!(content.common(&content), 11);
        let mut other = content.head(7);
        assert_eq!(content.common(&other), 7);
        other.extend(&[4, 7].map(Token));
        assert_eq!((content.common(&other), other.common(&content)), (8, 8));
        let mut different = content.head(3);
        different.push(medium("c", 4, 2));
        assert_eq!((content.common(&different), different.common(&content)), (3, 3));
        let placeholders = Content::from(content.tokens().to_vec());
        assert_eq!((content.common(&placeholders), placeholders.common(&content)), (3, 3));
    }

    #[test]
    fn steps_end_at_media() {
        let content = content();
        let (mut at, mut steps) = (0, Vec::new());
        while let Some(step) = content.step(at..content.len(), 2) {
            let len = match step {
                Step::Tokens(tokens) => tokens.len(),
                Step::Medium(medium) => medium.span.n_tokens,
            };
            steps.push((at, len));
            at += len;
        }
        assert_eq!(steps, [(0, 2), (2, 1), (3, 4), (7, 2), (9, 1), (10, 1)]);
    }

    #[test]
    fn places_are_taken_out() {
        let mut content = content();
        content.remove(1..7);
        assert_eq!(content.tokens(), [1, 4, 5, -1, 6].map(Token));
        assert_eq!((content.spans().len(), content.media_end(), content.pos(5)), (1, 4, 5));
        content.truncate(3);
        assert_eq!((content.spans().len(), content.media_end()), (0, 0));
    }
}
