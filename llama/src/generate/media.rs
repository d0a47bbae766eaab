//! Images and recordings into the memory of a session.
#![forbid(unsafe_code)]

use super::content::{Content, Medium};
use super::session::Session;
use crate::error::{Error, Result};
use crate::multimodal::{Chunk, MediaEmbedding, MediaPrompt};
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

    /// The embeddings of a medium, encoded now if need be.
    fn embeddings(&mut self, span: &MediaSpan, chunk: Chunk<'_>) -> Result<Arc<MediaEmbedding>> {
        let same =
            |kept: &MediaSpan| (&kept.id, kept.piece, kept.n_tokens) == (&span.id, span.piece, span.n_tokens);
        let known = self.kept.iter().position(|(kept, _)| same(kept));
        let found = match known.and_then(|at| self.kept.remove(at)) {
            Some((_, found)) => found,
            None => {
                self.encoded += 1;
                Arc::new(chunk.encode()?)
            }
        };
        self.kept.push_back((span.clone(), found.clone()));
        let size = |(_, embedding): &(MediaSpan, Arc<MediaEmbedding>)| size_of_val(embedding.values());
        while self.kept.iter().map(size).sum::<usize>() > MAX_BYTES {
            self.kept.pop_front();
        }
        Ok(found)
    }
}

impl TryFrom<MediaPrompt> for Content {
    type Error = Error;

    fn try_from(prompt: MediaPrompt) -> Result<Self> {
        let (prompt, mut content) = (Arc::new(prompt), Self::default());
        let projector = prompt.projector().fingerprint();
        for (index, chunk) in prompt.chunks().enumerate() {
            let Some(id) = chunk.id() else {
                content.extend(chunk.tokens()?);
                continue;
            };
            let span = MediaSpan {
                start: 0,
                n_tokens: chunk.n_tokens(),
                n_pos: chunk.n_pos(),
                id: format!("{projector:016x}-{id}"),
                piece: u32::try_from(chunk.piece()).unwrap_or(u32::MAX),
            };
            content.push(Medium { span, source: Some((prompt.clone(), index)) });
        }
        Ok(content)
    }
}

impl Medium {
    fn chunk(&self) -> Option<Chunk<'_>> {
        self.source.as_ref().and_then(|(prompt, index)| prompt.chunk(*index))
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
        if self.is_interrupted() {
            return Err(Error::Cancelled);
        }
        let chunk = medium.chunk().ok_or_else(lost)?;
        let embeddings = self.seen.embeddings(&medium.span, chunk)?;
        let pos = self.past.pos(self.past.len());
        match chunk.add_to(&mut self.context, self.seq, pos, &embeddings) {
            Ok(()) => {
                self.past.push(medium.clone());
                Ok(())
            }
            Err(failure) => Err(self.settle(failure)),
        }
    }
}

#[cold]
fn lost() -> Error {
    let reason = "an image or a recording that came out of a file cannot be computed again".to_owned();
    Error::Memory { operation: "go back", reason }
}
