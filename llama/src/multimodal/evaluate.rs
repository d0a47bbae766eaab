//! Prompts with media into the memory of a context.

use super::prompt::{Chunk, ChunkKind, MediaPrompt};
use crate::batch::Batch;
use crate::context::{Context, Output};
use crate::error::{DecodeError, Error, MemoryEffect, Result};
use crate::token::{MAX_POS, Pos, SeqId};
use std::sync::Arc;

/// What processing a prompt left behind.
///
/// ```no_run
/// # let model = llama::Model::load("model.gguf")?;
/// # let projector = llama::multimodal::Projector::load(&model, "mmproj.gguf")?;
/// # let image = llama::multimodal::Image::decode(&std::fs::read("llama.jpg").unwrap())?;
/// use llama::multimodal::Part;
/// let prompt = projector.tokenize([Part::from(image), Part::text("What is this?")])?;
/// let mut ctx = model.context_builder().n_ctx(4096).build()?;
/// let done = prompt.evaluate(&mut ctx, llama::SeqId(0), 0)?;
/// let token = llama::Sampler::greedy()?.sample(done.output().logits_last()?)?;
/// println!("the answer begins with {token} at position {}", done.next_pos());
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug)]
pub struct Evaluated<'a> {
    output: Output<'a>,
    next_pos: Pos,
}

impl<'a> Evaluated<'a> {
    /// The position behind the prompt, where generation goes on.
    #[must_use]
    pub fn next_pos(&self) -> Pos {
        self.next_pos
    }

    /// The results for the last token or embedding: its logits choose the next token.
    #[must_use]
    pub fn output(&self) -> &Output<'a> {
        &self.output
    }
}

/// The embeddings of one chunk of media, to be kept and used again for the same chunk.
///
/// Encoding costs far more than what it gives takes to store. The key of a cache is [`Chunk::id`] with
/// [`Chunk::piece`].
///
/// ```no_run
/// # let model = llama::Model::load("model.gguf")?;
/// # let projector = llama::multimodal::Projector::load(&model, "mmproj.gguf")?;
/// # let image = llama::multimodal::Image::decode(&std::fs::read("llama.jpg").unwrap())?;
/// use llama::multimodal::Part;
/// let prompt = projector.tokenize([Part::from(image), Part::text("What is this?")])?;
/// use std::collections::HashMap;
/// let mut known = HashMap::new();
/// for chunk in prompt.chunks().filter(|chunk| chunk.id().is_some()) {
///     known.insert((chunk.id(), chunk.piece()), chunk.encode()?);
/// }
/// println!("{} numbers are kept", known.values().map(|media| media.values().len()).sum::<usize>());
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MediaEmbedding {
    values: Vec<f32>,
    n_tokens: usize,
}

impl MediaEmbedding {
    /// Number of embeddings.
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        self.n_tokens
    }

    /// The numbers, one row of [`Model::n_embd_input`](crate::Model::n_embd_input) per token.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

impl Chunk<'_> {
    /// Computes the embeddings of a chunk of media. Waits while another thread encodes with the same projector.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a chunk of text; [`Error::Failed`], [`Error::Fault`] and [`Error::Poisoned`]
    /// when the computation fails.
    #[doc(alias = "mtmd_encode_chunk")]
    #[doc(alias = "mtmd_get_output_embd")]
    pub fn encode(self) -> Result<MediaEmbedding> {
        if self.kind() == ChunkKind::Text {
            return Err(Error::invalid("chunk", "it is text, which is not encoded"));
        }
        let n_tokens = self.n_tokens();
        let width = self.prompt.projector.model().n_embd_input();
        let len = n_tokens.checked_mul(width).ok_or_else(|| {
            Error::invalid("chunk", format!("{n_tokens} embeddings of {width} numbers are too many"))
        })?;
        let values = self.prompt.projector.inner.ptr.encode(self.ptr()?, len)?;
        Ok(MediaEmbedding { values, n_tokens })
    }

    /// Processes this chunk alone: puts it at `pos` behind the past of the sequence. `embedding` is what
    /// [`encode`](Self::encode) gave for it earlier; media are encoded now without it.
    ///
    /// # Errors
    /// As [`MediaPrompt::evaluate`]; [`Error::InvalidParameter`] for an embedding of another size, or of a text.
    #[doc(alias = "mtmd_helper_eval_chunk_single")]
    #[doc(alias = "mtmd_helper_decode_image_chunk")]
    pub fn evaluate<'c>(
        self,
        ctx: &'c mut Context,
        seq: SeqId,
        pos: Pos,
        embedding: Option<&MediaEmbedding>,
    ) -> Result<Evaluated<'c>, DecodeError> {
        check_room(ctx, self.prompt, seq, pos, &[self]).map_err(DecodeError::unchanged)?;
        self.process(ctx, seq, pos, embedding, true)?;
        Ok(Evaluated { output: ctx.output(false), next_pos: pos + self.n_pos() })
    }

    /// Refuses a chunk that is too large to be processed in one piece where it has to be.
    pub(crate) fn check_step(self, ctx: &Context) -> Result<()> {
        let max = ctx.n_ubatch().min(ctx.n_batch()) as usize;
        if !self.is_non_causal() || self.n_tokens() <= max {
            return Ok(());
        }
        let why = "the parts of an image see each other in both directions";
        Err(Error::BatchTooLarge { n_tokens: self.n_tokens(), max, why })
    }

    /// Processes a chunk of media at the end of a sequence, with its embeddings and without results.
    pub(crate) fn add_to(
        self,
        ctx: &mut Context,
        seq: SeqId,
        pos: Pos,
        embedding: &MediaEmbedding,
    ) -> Result<(), DecodeError> {
        self.process(ctx, seq, pos, Some(embedding), false)
    }

    fn process(
        self,
        ctx: &mut Context,
        seq: SeqId,
        pos: Pos,
        embedding: Option<&MediaEmbedding>,
        output: bool,
    ) -> Result<(), DecodeError> {
        let mut batch = self.batch(ctx, seq, pos, embedding).map_err(DecodeError::unchanged)?;
        if output {
            batch.logits_for_last();
        }
        if !self.is_non_causal() {
            return ctx.decode(&batch).map(drop);
        }
        let before = ctx.causal_attention();
        ctx.set_causal_attention(false).map_err(DecodeError::unchanged)?;
        let done = ctx.decode(&batch).map(drop);
        let restored = if ctx.is_poisoned() { Ok(()) } else { ctx.set_causal_attention(before) };
        done?;
        restored.map_err(|error| DecodeError { error, memory: MemoryEffect::Partial })
    }

    /// The chunk as something to decode.
    fn batch(self, ctx: &Context, seq: SeqId, pos: Pos, embedding: Option<&MediaEmbedding>) -> Result<Batch> {
        let mut batch = Batch::new();
        if self.kind() == ChunkKind::Text {
            if embedding.is_some() {
                return Err(Error::invalid("embedding", "the chunk is text"));
            }
            batch.extend(seq, pos, self.tokens()?);
            return Ok(batch);
        }
        let fresh;
        let embedding = if let Some(kept) = embedding {
            kept
        } else {
            if ctx.cancel_token().is_cancelled() {
                return Err(Error::Cancelled);
            }
            fresh = self.encode()?;
            &fresh
        };
        let width = self.prompt.projector.model().n_embd_input();
        if embedding.n_tokens != self.n_tokens() || embedding.values.len() != self.n_tokens() * width {
            let reason =
                format!("it is for {} tokens, the chunk has {}", embedding.n_tokens, self.n_tokens());
            return Err(Error::invalid("embedding", reason));
        }
        let rows = embedding.values.chunks_exact(width);
        if !self.prompt.projector.inner.facts.sections {
            for (row, offset) in rows.zip(0..) {
                batch.add_embedding(row, pos + offset, &[seq], false);
            }
            return Ok(batch);
        }
        let places = self.ptr()?.image_positions(pos, self.n_tokens())?;
        // Recordings go on as texts do, in all sections.
        let places = places.unwrap_or_else(|| (pos..).take(self.n_tokens()).map(|at| [at; 4]).collect());
        for (row, place) in rows.zip(places) {
            batch.add_embedding_at(row, place, &[seq], false);
        }
        Ok(batch)
    }
}

impl MediaPrompt {
    /// Encodes the media and puts the whole prompt into the memory of `ctx`, at `pos` behind the past of the
    /// sequence (0 for an empty one). The result has the logits of the last token.
    ///
    /// Cancelling the context's token stops it between chunks and while a chunk is decoded, not while one is
    /// encoded. After a failure, what it had added is taken out of the memory again where the memory can do that;
    /// [`DecodeError::memory`] tells.
    ///
    /// # Errors
    /// Found before anything is computed: [`Error::InvalidParameter`] for a context of another model,
    /// [`Error::EmptyBatch`] for an empty prompt, [`Error::SeqIdOutOfRange`], [`Error::PositionGap`],
    /// [`Error::ContextFull`], [`Error::InvalidBatch`] for positions beyond 2^30, and [`Error::BatchTooLarge`] for an image that must be processed in one piece.
    /// Later ones: those of [`Chunk::encode`] and [`Context::decode`].
    #[doc(alias = "mtmd_helper_eval_chunks")]
    pub fn evaluate<'c>(
        &self,
        ctx: &'c mut Context,
        seq: SeqId,
        pos: Pos,
    ) -> Result<Evaluated<'c>, DecodeError> {
        let chunks: Vec<Chunk<'_>> = self.chunks().collect();
        check_room(ctx, self, seq, pos, &chunks).map_err(DecodeError::unchanged)?;
        let mut next = pos;
        for (index, chunk) in chunks.iter().enumerate() {
            let last = index + 1 == chunks.len();
            if let Err(failed) = chunk.process(ctx, seq, next, None, last) {
                return Err(take_back(ctx, seq, pos..next, failed));
            }
            next += chunk.n_pos();
        }
        Ok(Evaluated { output: ctx.output(false), next_pos: next })
    }
}

/// Takes the chunks before a failed one out of the memory again.
#[cold]
fn take_back(ctx: &mut Context, seq: SeqId, added: std::ops::Range<Pos>, failed: DecodeError) -> DecodeError {
    if added.is_empty() || failed.memory == MemoryEffect::Unknown {
        return failed;
    }
    let memory = match ctx.memory().seq_remove(seq, added.start..) {
        // What was there before may be gone as well.
        Ok(()) => failed.memory,
        Err(_) => MemoryEffect::Partial,
    };
    DecodeError { memory, ..failed }
}

/// Everything that can be known before the first chunk is computed.
fn check_room(
    ctx: &mut Context,
    prompt: &MediaPrompt,
    seq: SeqId,
    pos: Pos,
    chunks: &[Chunk<'_>],
) -> Result<()> {
    if !Arc::ptr_eq(&ctx.model().inner, &prompt.projector.model().inner) {
        return Err(Error::invalid("ctx", "it belongs to another model than the projector"));
    }
    if chunks.is_empty() {
        return Err(Error::EmptyBatch);
    }
    ctx.memory_ready(&[seq])?;
    let (min, expected) = match ctx.memory().span(seq)? {
        Some((min, max)) => (min, max + 1),
        None => (pos, pos),
    };
    if pos < 0 || pos != expected {
        return Err(Error::PositionGap { index: 0, seq, pos, expected: expected.max(0) });
    }
    let n_pos = chunks.iter().fold(0_usize, |sum, chunk| sum + usize::try_from(chunk.n_pos()).unwrap_or(0));
    let n_tokens = chunks.iter().map(|chunk| chunk.n_tokens()).sum::<usize>();
    let end = n_pos.max(n_tokens).saturating_add(usize::try_from(pos).unwrap_or(0));
    if !Pos::try_from(end).is_ok_and(|end| end <= MAX_POS) {
        let reason = format!("from position {pos} on it would end at {end}, behind {MAX_POS}");
        return Err(Error::InvalidBatch { index: 0, reason });
    }
    let past = usize::try_from(pos - min).unwrap_or(0);
    let (needed, available) = (past + n_pos.max(n_tokens), ctx.n_ctx_seq() as usize);
    if needed > available && !ctx.model().is_recurrent() {
        return Err(Error::ContextFull { needed, available });
    }
    chunks.iter().try_for_each(|chunk| chunk.check_step(ctx))
}
