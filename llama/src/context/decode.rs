//! Running batches.

use super::check::{self, Places};
use super::output::{Output, Place, Row};
use super::plan::{Plan, SeqPlan};
use super::{Context, Pooling};
use crate::batch::Batch;
use crate::error::{DecodeError, Error, MemoryEffect, Result};
use crate::ffi::context::ContextPtr;
use crate::token::{Pos, SeqId};
use std::ops::Range;

/// Statuses of `llama_decode` and `llama_encode`.
const STATUS_OK: i32 = 0;
const STATUS_NO_SLOT: i32 = 1;
const STATUS_ABORTED: i32 = 2;
const STATUS_INVALID: i32 = -1;

struct Spans<'a>(&'a ContextPtr);

impl Places for Spans<'_> {
    fn span(&self, seq: SeqId) -> Result<Option<(Pos, Pos)>> {
        let Some(max) = self.0.pos_max(seq)? else { return Ok(None) };
        Ok(Some((self.0.pos_min(seq)?.unwrap_or(max), max)))
    }
}

impl Context {
    /// Computes a batch and adds it to the memory. Batches longer than [`n_batch`](Self::n_batch) are split;
    /// all outputs asked for are reachable in the result.
    ///
    /// Cancelling the context's token stops the computation, inside a long prompt too, and takes the batch's
    /// entries out of the memory again where the kind of memory allows it. Where positions were moved before, and what
    /// that takes was stopped or failed in this call, the memory is empty afterwards.
    ///
    /// # Errors
    /// Every problem of the batch is found before anything is computed and names the entry:
    /// [`Error::TokenOutOfRange`], [`Error::SeqIdOutOfRange`], [`Error::PositionGap`],
    /// [`Error::ContextFull`], [`Error::InvalidBatch`], [`Error::EmptyBatch`], [`Error::BatchTooLarge`].
    /// Later ones: [`Error::NoKvSlot`], [`Error::Cancelled`], [`Error::Failed`], [`Error::Fault`].
    /// [`DecodeError::memory`] says what became of the memory.
    #[doc(alias = "llama_decode")]
    pub fn decode(&mut self, batch: &Batch) -> Result<Output<'_>, DecodeError> {
        self.alive().map_err(DecodeError::unchanged)?;
        let info = &self.model.inner.info;
        let problem = if !info.has_decoder {
            Some(Error::NoDecoder)
        } else if info.has_encoder && !self.encoded {
            Some(Error::EncodeFirst)
        } else {
            None
        };
        if let Some(error) = problem {
            return Err(DecodeError::unchanged(error));
        }
        self.run(batch, false)
    }

    /// Runs the encoder of an encoder-decoder model, or an embedding model that keeps no memory. The batch is
    /// computed in one piece.
    ///
    /// # Errors
    /// [`Error::NoEncoder`] for models that only decode; [`Error::BatchTooLarge`] beyond
    /// [`n_ubatch`](Self::n_ubatch); otherwise as [`decode`](Self::decode).
    #[doc(alias = "llama_encode")]
    pub fn encode(&mut self, batch: &Batch) -> Result<Output<'_>, DecodeError> {
        self.alive().map_err(DecodeError::unchanged)?;
        if !self.model.has_encoder() && self.facts.has_memory {
            return Err(DecodeError::unchanged(Error::NoEncoder));
        }
        self.run(batch, true)
    }

    fn run(&mut self, batch: &Batch, encode: bool) -> Result<Output<'_>, DecodeError> {
        let mut plan = std::mem::take(&mut self.plan);
        let done = match self.check(batch, encode, &mut plan) {
            Ok(()) => self.run_checked(batch, encode, &plan),
            Err(error) => Err(DecodeError::unchanged(error)),
        };
        self.plan = plan;
        done?;
        Ok(self.output(encode))
    }

    /// What the last call gave.
    pub(crate) fn output(&self, encode: bool) -> Output<'_> {
        Output {
            kept: &self.kept,
            live_logits: self.ptr.logits(),
            live_embeddings: self.ptr.embeddings(),
            live_sampled: self.ptr.sampled(),
            n_vocab: self.model.inner.info.n_vocab,
            n_embd: self.model.inner.info.n_embd_out,
            has_logits: self.facts.has_memory && !encode,
        }
    }

    fn run_checked(&mut self, batch: &Batch, encode: bool, plan: &Plan) -> Result<(), DecodeError> {
        self.kept.clear();
        crate::log::clear_detail();
        let mut start = 0;
        while start < batch.len() {
            if self.cancel.is_cancelled() {
                return Err(self.give_up(plan, Error::Cancelled, start > 0));
            }
            let part = self.next_part(batch, start);
            start = part.end;
            let begun = part.start > 0;
            match self.process(batch, part.clone(), encode) {
                Ok((_, Some(cause))) => return Err(self.forget_all(cause)),
                Ok((STATUS_OK, None)) => {
                    self.book.settle();
                    self.attached.replan = false;
                }
                Ok((status, None)) => {
                    let error = self.status_error(status, part.len());
                    // Only an aborted or broken computation leaves a part of this piece behind.
                    let left = begun || !matches!(status, STATUS_NO_SLOT | STATUS_INVALID);
                    return Err(self.give_up(plan, error, left));
                }
                Err(fault) => {
                    let error = self.poisoned_by(fault);
                    return Err(DecodeError { error, memory: MemoryEffect::Unknown });
                }
            }
            if let Err(fault) = self.collect(batch, part, start == batch.len(), encode) {
                let error = self.poisoned_by(fault);
                return Err(DecodeError { error, memory: MemoryEffect::Unknown });
            }
        }
        self.encoded |= encode;
        Ok(())
    }

    fn process(
        &mut self,
        batch: &Batch,
        part: Range<usize>,
        encode: bool,
    ) -> std::result::Result<(i32, Option<llama_sys::ggml_status>), llama_sys::Fault> {
        // Planning reads the model's list of adapters, which another thread may be changing.
        let _lock = self
            .attached
            .replan
            .then(|| self.model.inner.mutate.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        self.ptr.process(batch, part, encode)
    }

    fn check(&self, batch: &Batch, encode: bool, plan: &mut Plan) -> Result<()> {
        let info = &self.model.inner.info;
        let facts = self.facts;
        if encode && batch.has_embeddings() && matches!(info.architecture.as_str(), "eagle3" | "dflash") {
            return Err(Error::InvalidBatch {
                index: 0,
                reason: "this model's encoder takes features of another width than its decoder".to_owned(),
            });
        }
        let single_piece = if encode || !facts.has_memory {
            Some("an encoder sees all tokens at once")
        } else if !facts.causal {
            Some("attention is not causal")
        } else if facts.embeddings && facts.pooling != Pooling::None {
            Some("embeddings are pooled over the whole sequence")
        } else {
            None
        };
        if let Some(why) = single_piece {
            let all = encode || !facts.has_memory || facts.embeddings;
            let outputs = (0..batch.len()).filter(|&index| all || batch.wants_output(index)).count();
            let mut max = facts.n_ubatch.min(facts.n_batch) as usize;
            if outputs > facts.n_outputs_max as usize {
                max = max.min(facts.n_outputs_max as usize);
            }
            if batch.len() > max {
                return Err(Error::BatchTooLarge { n_tokens: batch.len(), max, why });
            }
        }
        check::check(batch, &facts, info, &Spans(&self.ptr), plan)?;
        // Shares of the memory are computed in steps of equal length, which would cut the longer sequences in two.
        let cut = !facts.unified && facts.has_memory && !encode && !info.recurrent && !info.hybrid;
        if let (Some(why), true) = (single_piece, cut) {
            let len = |span: SeqPlan| span.last - span.first;
            let mut lengths = plan.spans().map(|(_, span)| len(span));
            let first = lengths.next();
            if lengths.any(|length| Some(length) != first) {
                let reason = format!(
                    "{why}, and sequences of different length need a context built with kv_unified(true) for that"
                );
                return Err(Error::InvalidBatch { index: 0, reason });
            }
        }
        if self.ptr.has_samplers() { self.check_sampled(batch) } else { Ok(()) }
    }

    /// The longest piece from `start` that llama.cpp takes at once.
    fn next_part(&self, batch: &Batch, start: usize) -> Range<usize> {
        let end = batch.len().min(start + self.facts.n_batch as usize);
        if self.facts.embeddings {
            return start..end.min(start + self.facts.n_outputs_max as usize);
        }
        let mut outputs = 0;
        for index in start..end {
            outputs += u32::from(batch.wants_output(index));
            if outputs > self.facts.n_outputs_max {
                return start..index;
            }
        }
        start..end
    }

    /// Notes where the results of a piece are; copies them unless it was the last piece.
    fn collect(
        &mut self,
        batch: &Batch,
        part: Range<usize>,
        last: bool,
        encode: bool,
    ) -> Result<(), llama_sys::Fault> {
        let (n_vocab, width) = (self.model.inner.info.n_vocab, self.model.inner.info.n_embd_out);
        let all = self.facts.embeddings || encode || !self.facts.has_memory;
        let per_token = all && self.facts.pooling == Pooling::None;
        let rows = part.clone().filter(|&index| all || batch.wants_output(index)).count();
        if rows == 0 {
            return Ok(());
        }
        // Where all entries are sampled on the device, no logits come back.
        let sampled = |ptr: &ContextPtr, index| {
            ptr.has_samplers() && batch.seq_ids(index).first().is_some_and(|&seq| ptr.has_sampler(seq))
        };
        self.ptr.fetch_logits(rows, n_vocab)?;
        if per_token {
            self.ptr.fetch_embeddings(rows, width)?;
        }
        for (row, index) in part.clone().filter(|&index| all || batch.wants_output(index)).enumerate() {
            let wanted = batch.wants_output(index);
            let on_device = sampled(&self.ptr, index);
            let mut logits = if on_device { Place::Nowhere } else { Place::Live(row) };
            let mut embedding = Place::Live(row);
            if on_device {
                self.collect_sampled(batch, index, index - part.start, last)?;
            }
            if !last {
                // Rows that nobody asked for are only copied where they are small.
                logits = if wanted && !on_device {
                    let copied = self.kept.logits.len() / n_vocab.max(1);
                    let values = self.ptr.logits().get(row * n_vocab..(row + 1) * n_vocab);
                    self.kept.logits.extend_from_slice(values.unwrap_or_default());
                    Place::Copied(copied)
                } else {
                    Place::Nowhere
                };
                embedding = if per_token {
                    let copied = self.kept.embeddings.len() / width.max(1);
                    let values = self.ptr.embeddings().get(row * width..(row + 1) * width);
                    self.kept.embeddings.extend_from_slice(values.unwrap_or_default());
                    Place::Copied(copied)
                } else {
                    Place::Nowhere
                };
            }
            self.kept.rows.push(Row { index, logits, embedding });
        }
        if all && !per_token {
            self.collect_pooled(batch, part)?;
        }
        Ok(())
    }

    fn collect_pooled(&mut self, batch: &Batch, part: Range<usize>) -> Result<(), llama_sys::Fault> {
        let info = &self.model.inner.info;
        let width =
            if self.facts.pooling == Pooling::Rank { info.n_cls_out as usize } else { info.n_embd_out };
        self.kept.pooled_width = width;
        for index in part {
            for &seq in batch.seq_ids(index) {
                if !self.kept.pooled_seqs.contains(&seq)
                    && self.ptr.pooled(seq, width, &mut self.kept.pooled)?
                {
                    self.kept.pooled_seqs.push(seq);
                }
            }
        }
        Ok(())
    }

    #[cold]
    fn status_error(&self, status: i32, n_tokens: usize) -> Error {
        match status {
            STATUS_NO_SLOT => Error::NoKvSlot { n_tokens, n_ctx: self.facts.n_ctx as usize },
            STATUS_ABORTED => Error::Cancelled,
            _ => {
                let detail = crate::log::take_detail();
                let detail = if detail.is_empty() { format!("status {status}") } else { detail };
                Error::Failed { operation: "decode", detail }
            }
        }
    }

    /// Ends a call in which keys were to be turned for positions that were moved, and some were not.
    #[cold]
    fn forget_all(&mut self, cause: llama_sys::ggml_status) -> DecodeError {
        self.kept.clear();
        let error = if cause == llama_sys::GGML_STATUS_ABORTED {
            Error::Cancelled
        } else {
            Error::Failed { operation: "moving positions", detail: crate::log::take_detail() }
        };
        self.book.settle();
        match self.ptr.memory_clear(false) {
            Ok(()) => DecodeError { error, memory: MemoryEffect::Partial },
            Err(fault) => {
                let _ = self.poisoned_by(fault);
                DecodeError { error, memory: MemoryEffect::Unknown }
            }
        }
    }

    /// Ends a failed call: takes what it had added out of the memory again, if there is anything.
    #[cold]
    fn give_up(&mut self, plan: &Plan, error: Error, added: bool) -> DecodeError {
        self.kept.clear();
        if !added || !self.facts.has_memory {
            return DecodeError { error, memory: MemoryEffect::Unchanged };
        }
        let mut memory = MemoryEffect::Unchanged;
        for (seq, span) in plan.spans() {
            match self.ptr.seq_remove(seq, span.first, -1) {
                Ok(true) if self.window_holds(seq, span.first).unwrap_or(false) => {}
                Ok(true) => {
                    // The batch has pushed out what the window held before it: nothing is left to go on from.
                    memory = MemoryEffect::Partial;
                    if let Err(fault) = self.ptr.seq_remove(seq, -1, -1) {
                        let _ = self.poisoned_by(fault);
                        return DecodeError { error, memory: MemoryEffect::Unknown };
                    }
                }
                Ok(false) => memory = MemoryEffect::Partial,
                Err(fault) => {
                    let _ = self.poisoned_by(fault);
                    return DecodeError { error, memory: MemoryEffect::Unknown };
                }
            }
        }
        DecodeError { error, memory }
    }
}
