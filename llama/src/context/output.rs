//! Results of a computation.

use super::sampling::SampledRow;
use crate::error::{Error, Result};
use crate::ffi::context::SampledView;
use crate::token::SeqId;
use std::ops::Deref;

/// Logits of one batch entry: one number per token of the vocabulary, by token number.
///
/// Borrows the context, so they cannot be used after the next decode.
#[doc(alias = "llama_get_logits_ith")]
#[derive(Debug, Clone, Copy)]
pub struct Logits<'a>(&'a [f32]);

impl Deref for Logits<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.0
    }
}

impl<'a> From<&'a [f32]> for Logits<'a> {
    fn from(values: &'a [f32]) -> Self {
        Self(values)
    }
}

impl<'a> From<&'a Vec<f32>> for Logits<'a> {
    fn from(values: &'a Vec<f32>) -> Self {
        Self(values)
    }
}

impl<'a> Logits<'a> {
    /// The numbers, for as long as the context is borrowed.
    #[must_use]
    pub fn as_slice(self) -> &'a [f32] {
        self.0
    }
}

/// Where a row of numbers lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Row of what llama.cpp holds: the last piece of the batch.
    Live(usize),
    /// Row of the copies of earlier pieces.
    Copied(usize),
    /// There is none.
    Nowhere,
}

/// One batch entry with output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) index: usize,
    pub(super) logits: Place,
    pub(super) embedding: Place,
}

/// What is remembered about the last batch. llama.cpp keeps only the results of its last call, so those of
/// the earlier pieces of a split batch are copied here. Its buffers are used again and again.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Sorted by entry.
    pub(super) rows: Vec<Row>,
    pub(super) logits: Vec<f32>,
    pub(super) embeddings: Vec<f32>,
    pub(super) pooled_seqs: Vec<SeqId>,
    pub(super) pooled: Vec<f32>,
    pub(super) pooled_width: usize,
    /// Sorted by entry.
    pub(super) sampled: Vec<SampledRow>,
}

impl Kept {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.logits.clear();
        self.embeddings.clear();
        self.pooled_seqs.clear();
        self.pooled.clear();
        self.sampled.clear();
    }
}

/// The results of one decode or encode. Entries are named by their index in the batch.
#[derive(Debug)]
pub struct Output<'a> {
    pub(super) kept: &'a Kept,
    pub(super) live_logits: &'a [f32],
    pub(super) live_embeddings: &'a [f32],
    pub(super) live_sampled: &'a [SampledView],
    pub(super) n_vocab: usize,
    pub(super) n_embd: usize,
    pub(super) has_logits: bool,
}

impl<'a> Output<'a> {
    /// The entries that have an output, in order.
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = usize> + use<'a> {
        self.kept.rows.iter().map(|row| row.index)
    }

    /// Number of entries that have an output.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.rows.len()
    }

    /// True when no entry has an output.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.rows.is_empty()
    }

    pub(super) fn row(&self, index: usize) -> Result<&'a Row> {
        let rows = &self.kept.rows;
        rows.binary_search_by_key(&index, |row| row.index)
            .ok()
            .and_then(|at| rows.get(at))
            .ok_or(Error::NoLogits { index })
    }

    pub(super) fn last_index(&self) -> Result<usize> {
        self.kept
            .rows
            .last()
            .map(|row| row.index)
            .ok_or(Error::NoOutput { reason: "no entry of the batch was marked for output" })
    }

    /// The logits of a batch entry, without copying.
    ///
    /// # Errors
    /// [`Error::NoLogits`] for an entry without output; [`Error::NoOutput`] for a model without logits.
    #[doc(alias = "llama_get_logits_ith")]
    #[doc(alias = "llama_get_logits")]
    pub fn logits(&self, index: usize) -> Result<Logits<'a>> {
        if !self.has_logits {
            return Err(Error::NoOutput { reason: "this kind of model gives embeddings, no logits" });
        }
        let row = self.row(index)?;
        if self.kept.sampled.iter().any(|sampled| sampled.index == index) {
            return Err(Error::NoOutput { reason: "its sequence is sampled on the device; use sampled" });
        }
        let values = pick(row.logits, self.live_logits, &self.kept.logits, self.n_vocab);
        values.map(Logits).ok_or(Error::NoLogits { index })
    }

    /// The logits of the last entry that has an output.
    ///
    /// # Errors
    /// [`Error::NoOutput`] when no entry has one.
    pub fn logits_last(&self) -> Result<Logits<'a>> {
        self.logits(self.last_index()?)
    }

    /// The embedding of a batch entry, of a context without pooling.
    ///
    /// # Errors
    /// [`Error::NoOutput`] when the context computes no embeddings or pools them;
    /// [`Error::NoLogits`] for an entry without output.
    #[doc(alias = "llama_get_embeddings_ith")]
    #[doc(alias = "llama_get_embeddings")]
    pub fn embedding(&self, index: usize) -> Result<&'a [f32]> {
        if self.live_embeddings.is_empty() {
            let reason = if self.kept.pooled_seqs.is_empty() {
                "the context computes no embeddings; build it with embeddings(true)"
            } else {
                "the context pools embeddings; use pooled"
            };
            return Err(Error::NoOutput { reason });
        }
        let row = self.row(index)?;
        pick(row.embedding, self.live_embeddings, &self.kept.embeddings, self.n_embd)
            .ok_or(Error::NoLogits { index })
    }

    /// The pooled embedding of a sequence; with [`Pooling::Rank`](crate::Pooling::Rank) the classifier's scores.
    ///
    /// # Errors
    /// [`Error::NoOutput`] when the context does not pool embeddings or the batch did not have the sequence.
    #[doc(alias = "llama_get_embeddings_seq")]
    pub fn pooled(&self, seq: SeqId) -> Result<&'a [f32]> {
        let at = self.kept.pooled_seqs.iter().position(|&s| s == seq).ok_or(Error::NoOutput {
            reason: "no pooled embedding of this sequence; build the context with embeddings(true) and pooling",
        })?;
        let width = self.kept.pooled_width;
        Ok(self.kept.pooled.get(at * width..(at + 1) * width).unwrap_or_default())
    }
}

fn pick<'a>(place: Place, live: &'a [f32], copied: &'a [f32], width: usize) -> Option<&'a [f32]> {
    match place {
        Place::Live(row) => live.get(row * width..(row + 1) * width),
        Place::Copied(row) => copied.get(row * width..(row + 1) * width),
        Place::Nowhere => None,
    }
}
