//! Prompts whose images are counted and not looked at: an image that is in memory already need not be prepared.

use super::part::{Media, Part};
use super::projector::Projector;
use super::prompt::{Chunk, ChunkKind, MediaPrompt};
use crate::error::{Error, Result};

/// A prompt cut into chunks, with images that have sizes and no pixels.
#[derive(Debug)]
pub(crate) struct Sketch {
    prompt: MediaPrompt,
    parts: Vec<Part>,
    /// Images have pixels nevertheless.
    whole: bool,
}

impl Sketch {
    /// # Errors
    /// As [`Projector::tokenize`].
    pub(crate) fn new(projector: &Projector, parts: Vec<Part>) -> Result<Self> {
        // Recordings have to be prepared to be counted.
        let counted = projector.cut(&parts, true, &|media| matches!(media, Media::Audio(_)));
        // Where that is refused, the images themselves tell why, or work.
        let whole = counted.is_err();
        let prompt = counted.or_else(|_| projector.cut(&parts, true, &|_| true))?;
        Ok(Self { prompt, parts, whole })
    }

    pub(crate) fn prompt(&self) -> &MediaPrompt {
        &self.prompt
    }

    /// The same prompt with the medium of one chunk prepared for encoding; `None` where it is so already.
    pub(crate) fn prepare(&self, index: usize) -> Result<Option<MediaPrompt>> {
        if self.whole || self.prompt.chunk(index).is_some_and(|chunk| chunk.kind() == ChunkKind::Audio) {
            return Ok(None);
        }
        let shape = |chunk: Chunk<'_>| (chunk.id().map(str::to_owned), chunk.piece(), chunk.n_tokens());
        let id = self.prompt.chunk(index).and_then(Chunk::id);
        let prompt =
            self.prompt.projector().cut(&self.parts, true, &|media| id.is_none_or(|id| media.id() == id))?;
        if prompt.chunk(index).map(shape) != self.prompt.chunk(index).map(shape) {
            let detail = "it has other chunks than were counted".to_owned();
            return Err(Error::Failed { operation: "preparing the media", detail });
        }
        Ok(Some(prompt))
    }
}
