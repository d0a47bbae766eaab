//! Images and recordings among the tokens of a text.

use super::StateError;
use super::reader::Reader;
use crate::token::{Pos, Token};
use std::ops::Range;

/// A piece of an image or of a recording that takes the places of tokens. Says what is there, not what it looks
/// like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MediaSpan {
    /// Its first place.
    pub(crate) start: usize,
    /// Its places.
    pub(crate) n_tokens: usize,
    /// By how much the position grows behind it.
    pub(crate) n_pos: Pos,
    /// What was computed with, and a hash of the content.
    pub(crate) id: String,
    /// Which piece of the content it is.
    pub(crate) piece: u32,
}

impl MediaSpan {
    /// The first place behind it.
    pub(crate) fn end(&self) -> usize {
        self.start + self.n_tokens
    }

    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend((self.start as u64).to_le_bytes());
        out.extend((self.n_tokens as u64).to_le_bytes());
        out.extend(self.n_pos.to_le_bytes());
        super::header::put_text(out, &self.id);
        out.extend(self.piece.to_le_bytes());
    }

    /// Reads the spans of these tokens: in order, apart from each other, and where the tokens leave room for them.
    pub(super) fn decode_all(r: &mut Reader<'_>, tokens: &[Token]) -> Result<Vec<Self>, StateError> {
        let mut spans = Vec::new();
        let mut free = 0;
        for _ in 0..r.u64()? {
            let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
            let (start, n_tokens, n_pos) = (place(r.u64()?), place(r.u64()?), r.i32()?);
            let (id, piece) = (r.text()?, r.u32()?);
            let places = start.checked_add(n_tokens).and_then(|end| tokens.get(start..end));
            let empty = places.is_some_and(|places| places.iter().all(|&token| token == Token::MEDIA));
            if start < free || n_tokens == 0 || n_pos < 1 || !empty {
                let problem = format!("medium {} takes {n_tokens} tokens from {start} on", spans.len());
                return Err(StateError::malformed(problem));
            }
            free = start + n_tokens;
            spans.push(Self { start, n_tokens, n_pos, id, piece });
        }
        Ok(spans)
    }
}

/// The tokens that are text.
pub(crate) fn text_tokens<'a>(
    tokens: &'a [Token],
    media: &'a [MediaSpan],
) -> impl Iterator<Item = Token> + 'a {
    let mut from = 0;
    let gaps = media.iter().map(MediaSpan::range).chain(std::iter::once(tokens.len()..tokens.len())).map(
        move |span| {
            let gap = from..span.start;
            from = span.end;
            gap
        },
    );
    gaps.flat_map(|gap| tokens.get(gap).unwrap_or_default()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, n_tokens: usize) -> MediaSpan {
        MediaSpan { start, n_tokens, n_pos: 2, id: "4x4-abc".to_owned(), piece: 1 }
    }

    fn there_and_back(spans: &[MediaSpan], tokens: &[Token]) -> Result<Vec<MediaSpan>, StateError> {
        let mut bytes = (spans.len() as u64).to_le_bytes().to_vec();
        for span in spans {
            span.encode(&mut bytes);
        }
        MediaSpan::decode_all(&mut Reader::new(&bytes), tokens)
    }

    #[test]
    fn spans_lie_where_tokens_leave_room() {
        let tokens = [1, -1, -1, 5, -1].map(Token);
        let spans = [span(1, 2), span(4, 1)];
        assert_eq!(there_and_back(&spans, &tokens).as_deref(), Ok(&spans[..]));
        assert_eq!(text_tokens(&tokens, &spans).collect::<Vec<_>>(), [Token(1), Token(5)]);
        let neighbours = [span(1, 1), span(2, 1)];
        assert!(there_and_back(&neighbours, &tokens).is_ok());
        let wrong = [
            vec![span(0, 2)],
            vec![span(1, 3)],
            vec![span(4, 2)],
            vec![span(1, 0)],
            vec![span(usize::MAX, 2)],
            vec![span(1, 2), span(2, 1)],
            vec![span(4, 1), span(1, 2)],
            vec![MediaSpan { n_pos: 0, ..span(1, 2) }],
        ];
        for spans in wrong {
            assert!(there_and_back(&spans, &tokens).is_err(), "{spans:?}");
        }
    }
}
