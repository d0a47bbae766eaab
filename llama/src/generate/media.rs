//! Images and recordings into the memory of a session.
#![forbid(unsafe_code)]

use super::content::{Content, Medium};
use super::session::Session;
use crate::error::{Error, Result};
use crate::multimodal::{Chunk, MediaEmbedding, Sketch};
use crate::state::MediaSpan;
use std::collections::VecDeque;
use std::sync::Arc;

/// Most bytes of embeddings that a session keeps.
const MAX_BYTES: usize = 64 << 20;

/// The embeddings that were of use last, for media that come back at another place: encoding costs far more than
/// computing with what it gives.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// The latest at the end.
    kept: VecDeque<(MediaSpan, Arc<MediaEmbedding>)>,
    /// How many were encoded.
    encoded: usize,
}

impl Seen {
    pub(super) fn encoded(&self) -> usize {
        self.encoded
    }

    fn find(&mut self, span: &MediaSpan) -> Option<Arc<MediaEmbedding>> {
        let key = |span: &MediaSpan| (span.piece, span.n_tokens);
        let same = |kept: &MediaSpan| key(kept) == key(span) && kept.id == span.id;
        let at = self.kept.iter().position(|(kept, _)| same(kept))?;
        let (kept, found) = self.kept.remove(at)?;
        self.kept.push_back((kept, found.clone()));
        Some(found)
    }

    fn keep(&mut self, span: MediaSpan, embedding: Arc<MediaEmbedding>) {
        self.kept.push_back((span, embedding));
        let size = |(_, embedding): &(MediaSpan, Arc<MediaEmbedding>)| size_of_val(embedding.values());
        while self.kept.iter().map(size).sum::<usize>() > MAX_BYTES {
            self.kept.pop_front();
        }
    }
}

impl TryFrom<Sketch> for Content {
    type Error = Error;

    fn try_from(sketch: Sketch) -> Result<Self> {
        let (sketch, mut content) = (Arc::new(sketch), Self::default());
        for (index, chunk) in sketch.prompt().chunks().enumerate() {
            match span(chunk) {
                Some(span) => content.push(Medium { span, source: Some((sketch.clone(), index)) }),
                None => content.extend(chunk.tokens()?),
            }
        }
        Ok(content)
    }
}

/// What a chunk of media puts into a memory, without the place; `None` for text.
fn span(chunk: Chunk<'_>) -> Option<MediaSpan> {
    let id = chunk.id()?;
    Some(MediaSpan {
        start: 0,
        n_tokens: chunk.n_tokens(),
        n_pos: chunk.n_pos(),
        id: format!("{:016x}-{id}", chunk.projector().fingerprint()),
        piece: u32::try_from(chunk.piece()).unwrap_or(u32::MAX),
    })
}

impl Medium {
    fn chunk(&self) -> Option<Chunk<'_>> {
        self.source.as_ref().and_then(|(sketch, index)| sketch.prompt().chunk(*index))
    }
}

impl Session {
    /// Refuses media that cannot be computed in this context, or that nothing follows.
    pub(super) fn check_media(&self, content: &Content) -> Result<()> {
        if !content.media().is_empty() && content.media_end() == content.len() {
            return Err(Error::invalid(
                "prompt",
                "it ends with an image or a recording, with no text behind",
            ));
        }
        content.media().iter().filter_map(Medium::chunk).try_for_each(|chunk| chunk.check_step(&self.context))
    }

    /// Puts a medium behind what is in memory. After an error the memory holds what it held before, or nothing.
    pub(super) fn see(&mut self, medium: &Medium) -> Result<()> {
        let chunk = medium.chunk().ok_or_else(lost)?;
        let embeddings = match self.seen.find(&medium.span) {
            Some(known) => known,
            None => self.encode(medium)?,
        };
        if self.is_interrupted() {
            return Err(Error::Cancelled);
        }
        let pos = self.past.pos(self.past.len());
        match chunk.add_to(&mut self.context, self.seq, pos, &embeddings) {
            Ok(()) => {
                self.past.push(medium.clone());
                Ok(())
            }
            Err(failure) => Err(self.settle(failure)),
        }
    }

    /// Encodes a piece of a medium. The pieces behind it will be wanted next, and are prepared together.
    fn encode(&mut self, medium: &Medium) -> Result<Arc<MediaEmbedding>> {
        if self.is_interrupted() {
            return Err(Error::Cancelled);
        }
        let (sketch, index) = medium.source.as_ref().ok_or_else(lost)?;
        let prepared = sketch.prepare(*index)?;
        let prompt = prepared.as_ref().unwrap_or_else(|| sketch.prompt());
        let (mut first, mut next) = (None, medium.span.piece);
        for chunk in prompt.chunks().skip(*index) {
            let Some(span) = span(chunk).filter(|span| span.id == medium.span.id && span.piece == next)
            else {
                continue;
            };
            if self.is_interrupted() {
                return Err(Error::Cancelled);
            }
            let embedding = Arc::new(chunk.encode()?);
            self.seen.encoded += 1;
            self.seen.keep(span, embedding.clone());
            first.get_or_insert(embedding);
            next += 1;
        }
        first.ok_or_else(lost)
    }
}

#[cold]
fn lost() -> Error {
    let reason = "an image or a recording that came out of a file cannot be computed again".to_owned();
    Error::Memory { operation: "go back", reason }
}
