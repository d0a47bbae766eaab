//! Prompts cut into chunks.

use super::projector::Projector;
use crate::error::{Error, Result};
use crate::ffi::mtmd::{ChunkPtr, ChunksPtr};
use crate::token::{Pos, Token};
use llama_sys::mtmd;
use std::collections::HashMap;
use std::fmt;

/// A prompt of texts and media, cut into chunks that are processed one after the other.
///
/// Keeps its projector and model alive. Nothing is computed yet: [`evaluate`](Self::evaluate) encodes the media and
/// puts everything into the memory of a context.
///
/// ```no_run
/// # let model = llama::Model::load("model.gguf")?;
/// # let projector = llama::multimodal::Projector::load(&model, "mmproj.gguf")?;
/// # let image = llama::multimodal::Image::decode(&std::fs::read("llama.jpg").unwrap())?;
/// use llama::multimodal::Part;
/// let prompt = projector.tokenize([Part::from(image), Part::text("What is this?")])?;
/// let n_ctx = u32::try_from(prompt.n_tokens()).unwrap() + 100;
/// let mut ctx = model.context_builder().n_ctx(n_ctx).build()?;
/// prompt.evaluate(&mut ctx, llama::SeqId(0), 0)?;
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "mtmd_input_chunks")]
pub struct MediaPrompt {
    chunks: ChunksPtr,
    facts: Vec<ChunkFacts>,
    pub(super) projector: Projector,
}

/// What is known of a chunk.
#[derive(Debug, Clone)]
struct ChunkFacts {
    kind: ChunkKind,
    n_tokens: usize,
    n_pos: Pos,
    id: Option<String>,
    piece: usize,
    non_causal: bool,
}

/// Counts the chunks of each medium. One that occurs several times is cut into the same number of them each time.
fn number_pieces(facts: &mut [ChunkFacts], ids: &[&str]) {
    let mut seen: HashMap<String, (usize, usize)> = HashMap::new();
    for chunk in facts.iter().filter_map(|chunk| chunk.id.as_ref()) {
        seen.entry(chunk.clone()).or_default().0 += 1;
    }
    let mut times: HashMap<&str, usize> = HashMap::new();
    for &id in ids {
        *times.entry(id).or_default() += 1;
    }
    for chunk in facts {
        let Some((id, (count, next))) = chunk.id.as_deref().and_then(|id| Some((id, seen.get_mut(id)?)))
        else {
            continue;
        };
        let times = times.get(id).copied().unwrap_or(1);
        chunk.piece = *next % (*count / times).max(1);
        *next += 1;
    }
}

/// What a chunk holds.
///
/// ```no_run
/// # let model = llama::Model::load("model.gguf")?;
/// # let projector = llama::multimodal::Projector::load(&model, "mmproj.gguf")?;
/// # let image = llama::multimodal::Image::decode(&std::fs::read("llama.jpg").unwrap())?;
/// use llama::multimodal::Part;
/// let prompt = projector.tokenize([Part::from(image), Part::text("What is this?")])?;
/// use llama::multimodal::ChunkKind;
/// let seen = prompt.chunks().filter(|chunk| chunk.kind() == ChunkKind::Image).map(|chunk| chunk.n_tokens());
/// println!("{} of {} tokens are the picture", seen.sum::<usize>(), prompt.n_tokens());
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "mtmd_input_chunk_type")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChunkKind {
    /// Tokens of text.
    Text,
    /// An image, or a part of one.
    Image,
    /// A recording, or a part of one.
    Audio,
}

impl fmt::Debug for MediaPrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaPrompt").field("chunks", &self.facts).finish_non_exhaustive()
    }
}

impl MediaPrompt {
    /// `ids` are those of the media that were given, in order.
    pub(super) fn new(projector: Projector, chunks: ChunksPtr, ids: &[&str]) -> Result<Self> {
        let mut facts: Vec<ChunkFacts> = Vec::new();
        for index in 0..chunks.len()? {
            let Some(chunk) = chunks.get(index)? else { break };
            let kind = match chunk.kind()? {
                mtmd::MTMD_INPUT_CHUNK_TYPE_TEXT => ChunkKind::Text,
                mtmd::MTMD_INPUT_CHUNK_TYPE_IMAGE => ChunkKind::Image,
                mtmd::MTMD_INPUT_CHUNK_TYPE_AUDIO => ChunkKind::Audio,
                other => {
                    let detail = format!("a chunk of the unknown kind {other}");
                    return Err(Error::Failed { operation: "tokenizing the prompt", detail });
                }
            };
            let (n_tokens, n_pos) = (chunk.n_tokens()?, chunk.n_pos()?);
            if n_tokens == 0 || n_tokens > i32::MAX as usize || n_pos < 1 {
                let detail = format!("chunk {index} has {n_tokens} tokens at {n_pos} positions");
                return Err(Error::Failed { operation: "tokenizing the prompt", detail });
            }
            let non_causal = kind != ChunkKind::Text && projector.inner.ptr.is_non_causal(chunk)?;
            facts.push(ChunkFacts { kind, n_tokens, n_pos, id: chunk.id()?, piece: 0, non_causal });
        }
        number_pieces(&mut facts, ids);
        Ok(Self { chunks, facts, projector })
    }

    /// The projector that made it.
    #[must_use]
    pub fn projector(&self) -> &Projector {
        &self.projector
    }

    /// Number of chunks.
    #[doc(alias = "mtmd_input_chunks_size")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// True when there is nothing to process.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// Tokens and embeddings of all chunks: the places that they take in the memory.
    #[doc(alias = "mtmd_helper_get_n_tokens")]
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        self.facts.iter().map(|chunk| chunk.n_tokens).sum()
    }

    /// Positions of all chunks. Fewer than [`n_tokens`](Self::n_tokens) for models whose images have positions in
    /// two dimensions.
    #[doc(alias = "mtmd_helper_get_n_pos")]
    #[must_use]
    pub fn n_pos(&self) -> Pos {
        self.facts.iter().fold(0, |sum: Pos, chunk| sum.saturating_add(chunk.n_pos))
    }

    /// One chunk, `None` for an index out of range.
    #[doc(alias = "mtmd_input_chunks_get")]
    #[must_use]
    pub fn chunk(&self, index: usize) -> Option<Chunk<'_>> {
        (index < self.len()).then_some(Chunk { prompt: self, index })
    }

    /// The chunks in order.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        (0..self.len()).map(|index| Chunk { prompt: self, index })
    }
}

/// A chunk of a [`MediaPrompt`]: a run of text, or (a part of) an image or a recording.
///
/// ```no_run
/// # let model = llama::Model::load("model.gguf")?;
/// # let projector = llama::multimodal::Projector::load(&model, "mmproj.gguf")?;
/// # let image = llama::multimodal::Image::decode(&std::fs::read("llama.jpg").unwrap())?;
/// use llama::multimodal::Part;
/// let prompt = projector.tokenize([Part::from(image), Part::text("What is this?")])?;
/// for chunk in prompt.chunks() {
///     println!("{:?}: {} tokens, {} positions", chunk.kind(), chunk.n_tokens(), chunk.n_pos());
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "mtmd_input_chunk")]
#[derive(Clone, Copy)]
pub struct Chunk<'a> {
    pub(super) prompt: &'a MediaPrompt,
    index: usize,
}

impl fmt::Debug for Chunk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.facts().fmt(f)
    }
}

impl<'a> Chunk<'a> {
    fn facts(self) -> &'a ChunkFacts {
        &self.prompt.facts[self.index]
    }

    pub(crate) fn projector(self) -> &'a Projector {
        &self.prompt.projector
    }

    pub(super) fn ptr(self) -> Result<ChunkPtr<'a>> {
        let found = self.prompt.chunks.get(self.index)?;
        found.ok_or_else(|| Error::invalid("chunk", format!("there is none with index {}", self.index)))
    }

    /// What it holds.
    #[doc(alias = "mtmd_input_chunk_get_type")]
    #[must_use]
    pub fn kind(self) -> ChunkKind {
        self.facts().kind
    }

    /// Its tokens or embeddings: the places that it takes in the memory.
    #[doc(alias = "mtmd_input_chunk_get_n_tokens")]
    #[doc(alias = "mtmd_image_tokens_get_n_tokens")]
    #[must_use]
    pub fn n_tokens(self) -> usize {
        self.facts().n_tokens
    }

    /// By how much the position grows behind it.
    #[doc(alias = "mtmd_input_chunk_get_n_pos")]
    #[doc(alias = "mtmd_image_tokens_get_n_pos")]
    #[must_use]
    pub fn n_pos(self) -> Pos {
        self.facts().n_pos
    }

    /// The [`id`](super::Image::id) of the image or recording; `None` for text. An image or a recording may be cut
    /// into several chunks, which share it.
    #[doc(alias = "mtmd_input_chunk_get_id")]
    #[doc(alias = "mtmd_image_tokens_get_id")]
    #[must_use]
    pub fn id(self) -> Option<&'a str> {
        self.facts().id.as_deref()
    }

    /// Which piece of its image or recording it is, counted from 0.
    #[must_use]
    pub fn piece(self) -> usize {
        self.facts().piece
    }

    /// The tokens of a text; empty for media.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "mtmd_input_chunk_get_tokens_text")]
    pub fn tokens(self) -> Result<&'a [Token]> {
        self.ptr()?.tokens()
    }

    /// True when its tokens see each other in both directions: it is then processed in one piece, which must fit
    /// into the context's `n_ubatch`.
    #[doc(alias = "mtmd_decode_use_non_causal")]
    #[must_use]
    pub fn is_non_causal(self) -> bool {
        self.facts().non_causal
    }
}
