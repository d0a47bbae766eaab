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

    fn place(&self, span: &MediaSpan) -> Option<usize> {
        let key = |span: &MediaSpan| (span.piece, span.n_tokens);
        self.kept.iter().position(|(kept, _)| key(kept) == key(span) && kept.id == span.id)
    }

    fn find(&mut self, span: &MediaSpan) -> Option<Arc<MediaEmbedding>> {
        let (kept, found) = self.kept.remove(self.place(span)?)?;
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

    /// Encodes a piece of a medium. The pieces behind it will be wanted next, and are prepared together: as many as
    /// are kept until then.
    fn encode(&mut self, medium: &Medium) -> Result<Arc<MediaEmbedding>> {
        if self.is_interrupted() {
            return Err(Error::Cancelled);
        }
        let (sketch, index) = medium.source.as_ref().ok_or_else(lost)?;
        let prepared = sketch.prepare(*index)?;
        let prompt = prepared.as_ref().unwrap_or_else(|| sketch.prompt());
        let mut next = medium.span.piece;
        let piece = |chunk| {
            let span = span(chunk).filter(|span| span.id == medium.span.id && span.piece == next)?;
            next += 1;
            Some((span, chunk))
        };
        let mut pieces: Vec<_> = prompt.chunks().skip(*index).filter_map(piece).collect();
        let width = self.model().n_embd_input().saturating_mul(size_of::<f32>());
        pieces.truncate(together(pieces.iter().map(|(span, _)| span.n_tokens.saturating_mul(width))));
        let mut first = None;
        for (span, chunk) in pieces {
            if self.seen.place(&span).is_some() {
                break;
            }
            if self.is_interrupted() {
                return Err(Error::Cancelled);
            }
            let embedding = Arc::new(chunk.encode()?);
            self.seen.encoded += 1;
            self.seen.keep(span, embedding.clone());
            first.get_or_insert(embedding);
        }
        first.ok_or_else(lost)
    }
}

/// How many of these embeddings, by their sizes in bytes, can be kept at once; at least one.
fn together(sizes: impl Iterator<Item = usize>) -> usize {
    let sums = sizes.scan(0_usize, |sum, size| {
        *sum = sum.saturating_add(size);
        Some(*sum)
    });
    sums.take_while(|&sum| sum <= MAX_BYTES).count().max(1)
}

#[cold]
fn lost() -> Error {
    let reason = "an image or a recording that came out of a file cannot be computed again".to_owned();
    Error::Memory { operation: "go back", reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use crate::model::Model;
    use crate::multimodal::{Image, Projector};
    use llama_test_kit::RandomProjector;

    /// Each medium in memory holds the whole prompt that it came with.
    #[test]
    fn the_memory_holds_one_prompt() {
        let file = |name: &str| std::env::temp_dir().join(format!("llama-one-{}.{name}", std::process::id()));
        let (eyes, state) = (file("gguf"), file("chat"));
        let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/model/llama-tiny-chat.gguf");
        let model = Model::load(model).unwrap();
        RandomProjector::new(u32::try_from(model.n_embd_input()).unwrap()).write(&eyes).unwrap();
        let projector = Projector::load(&model, &eyes).unwrap();
        let chat = || {
            let builder = model.chat_builder().projector(&projector).context(512).n_threads(1);
            builder.temperature(0.0).max_tokens(2).build().unwrap()
        };
        let look = |number: u8| {
            Message::user("Look: ")
                .with_media(Image::from_rgb(9, 9, vec![number; 243]).unwrap())
                .with_text("!")
        };
        let mut first = chat();
        for number in 0..3 {
            first.ask(look(number)).unwrap();
        }
        let one_prompt = |session: &Session| {
            let sources: Vec<_> =
                session.past.media().iter().map(|medium| &medium.source.as_ref().unwrap().0).collect();
            assert!(sources.len() >= 3 && sources.iter().all(|source| Arc::ptr_eq(source, sources[0])));
        };
        one_prompt(first.session());
        // What comes out of a file has none, until a prompt brings it again.
        first.save(&state).unwrap();
        let mut later = chat();
        first.messages().iter().for_each(|message| later.push(message.clone()));
        later.restore(&state).unwrap();
        assert!(later.session().past.media().iter().all(|medium| medium.source.is_none()));
        let done = later.send("And now?").unwrap().finish().unwrap();
        assert_eq!(done.usage.encoded, 0);
        one_prompt(later.session());
        for file in [eyes, state] {
            std::fs::remove_file(file).unwrap();
        }
    }

    #[test]
    fn what_is_encoded_ahead_is_kept_until_it_is_wanted() {
        let count = |sizes: &[usize]| together(sizes.iter().copied());
        assert_eq!(count(&[10; 20]), 20);
        assert_eq!(count(&[MAX_BYTES / 4; 20]), 4);
        assert_eq!(count(&[MAX_BYTES * 2, 10]), 1);
        assert_eq!(count(&[10, usize::MAX, 10]), 1);
        assert_eq!(count(&[]), 1);
    }
}
