//! Editing what a context remembers.

use super::Context;
use crate::error::{Error, Result};
use crate::gguf::TensorType;
use crate::token::{MAX_POS, Pos, SeqId};
use std::ops::{Bound, RangeBounds};

/// The memory of past tokens of a context: sequences and their positions.
///
/// Ranges of positions are Rust ranges: `..`, `10..`, `..=4`.
///
/// ```
/// use llama::SeqId;
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut ctx = model.context_builder().n_seq_max(2).build()?;
/// let mut memory = ctx.memory();
/// memory.seq_copy(SeqId(0), SeqId(1), ..)?;   // both continue from the same past
/// memory.seq_remove(SeqId(0), 10..)?;         // sequence 0 forgets everything from position 10 on
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_memory_t")]
#[derive(Debug)]
pub struct Memory<'a> {
    context: &'a mut Context,
}

/// A range of positions as C takes it: `[from, to)` with -1 for "no limit".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: Pos,
    to: Pos,
}

impl Span {
    /// `None` for an empty range.
    fn new(range: &impl RangeBounds<Pos>) -> Option<Self> {
        let from = match range.start_bound() {
            Bound::Included(&pos) => pos.max(0),
            Bound::Excluded(&pos) => pos.saturating_add(1).max(0),
            Bound::Unbounded => 0,
        };
        let to = match range.end_bound() {
            Bound::Included(&pos) => pos.saturating_add(1),
            Bound::Excluded(&pos) => pos,
            Bound::Unbounded => return Some(Self { from, to: -1 }),
        };
        (from < to).then_some(Self { from, to })
    }

    fn covers(self, min: Pos, max: Pos) -> bool {
        self.from <= min && (self.to < 0 || self.to > max)
    }
}

impl<'a> Memory<'a> {
    pub(super) fn new(context: &'a mut Context) -> Self {
        Self { context }
    }

    /// The smallest and largest position of a sequence, or `None` when it is empty.
    ///
    /// # Errors
    /// [`Error::SeqIdOutOfRange`], [`Error::NoMemory`], [`Error::Poisoned`].
    pub fn span(&self, seq: SeqId) -> Result<Option<(Pos, Pos)>> {
        self.context.memory_ready(&[seq])?;
        let Some(max) = self.context.ptr.pos_max(seq)? else { return Ok(None) };
        Ok(Some((self.context.ptr.pos_min(seq)?.unwrap_or(max), max)))
    }

    /// The smallest position of a sequence, or `None` when it is empty. Mostly 0; larger where a sliding window
    /// has forgotten the beginning.
    ///
    /// # Errors
    /// As [`span`](Self::span).
    #[doc(alias = "llama_memory_seq_pos_min")]
    pub fn pos_min(&self, seq: SeqId) -> Result<Option<Pos>> {
        self.context.memory_ready(&[seq])?;
        Ok(self.context.ptr.pos_min(seq)?)
    }

    /// The largest position of a sequence, or `None` when it is empty. The next token goes one behind it.
    ///
    /// # Errors
    /// As [`span`](Self::span).
    #[doc(alias = "llama_memory_seq_pos_max")]
    pub fn pos_max(&self, seq: SeqId) -> Result<Option<Pos>> {
        self.context.memory_ready(&[seq])?;
        Ok(self.context.ptr.pos_max(seq)?)
    }

    /// Forgets everything. With `data` the memory is also overwritten with zeros.
    ///
    /// # Errors
    /// [`Error::NoMemory`], [`Error::Poisoned`].
    #[doc(alias = "llama_memory_clear")]
    pub fn clear(&mut self, data: bool) -> Result<()> {
        self.context.memory_ready(&[])?;
        let result = self.context.ptr.memory_clear(data);
        self.context.book.moved = false;
        self.context.guard(result)
    }

    /// Forgets the positions of a sequence that lie in the range.
    ///
    /// # Errors
    /// [`Error::Memory`] where this kind of memory cannot forget a part of a sequence (recurrent models), or a sliding
    /// window has moved on and no longer holds what stands before the end that is forgotten: the memory is
    /// unchanged then; forgetting the whole sequence always works. Otherwise as [`span`](Self::span).
    #[doc(alias = "llama_memory_seq_rm")]
    pub fn seq_remove(&mut self, seq: SeqId, range: impl RangeBounds<Pos>) -> Result<()> {
        self.context.memory_ready(&[seq])?;
        let Some(span) = Span::new(&range) else { return Ok(()) };
        let Some((_, max)) = self.span(seq)? else { return Ok(()) };
        if span.from > max {
            return Ok(());
        }
        if span.to < 0 || span.to > max {
            self.context.window_reaches(seq, span.from, "forget a part of a sequence")?;
        }
        // A state stands for the whole past: llama.cpp would ignore the request, or follow it in the attention
        // layers of hybrid models only.
        let info = &self.context.model.inner.info;
        let possible = !(info.recurrent || info.hybrid) || span.covers(0, max);
        if possible {
            let to = if span.to > max { -1 } else { span.to };
            let result = self.context.ptr.seq_remove(seq, span.from, to);
            if self.context.guard(result)? {
                return Ok(());
            }
        }
        Err(Error::Memory {
            operation: "forget a part of a sequence",
            reason: "its past is one state; remove the whole sequence with `..` and decode again".to_owned(),
        })
    }

    /// Gives sequence `to` the positions of sequence `from` that lie in the range. `to` must be empty, or end
    /// right before the range.
    ///
    /// # Errors
    /// [`Error::Memory`] when `to` has other positions, or when only a part is to be copied and each sequence
    /// has its own share of the memory (see [`kv_unified`](crate::ContextBuilder::kv_unified)) or the past
    /// is one state. Otherwise as [`span`](Self::span).
    #[doc(alias = "llama_memory_seq_cp")]
    pub fn seq_copy(&mut self, from: SeqId, to: SeqId, range: impl RangeBounds<Pos>) -> Result<()> {
        const OPERATION: &str = "copy a sequence";
        self.context.memory_ready(&[from, to])?;
        let Some(span) = Span::new(&range) else { return Ok(()) };
        if from == to {
            return Ok(());
        }
        let Some((min, max)) = self.span(from)? else { return Ok(()) };
        let info = &self.context.model.inner.info;
        let whole = !self.context.facts.unified || info.recurrent || info.hybrid;
        let target = self.span(to)?;
        if whole && (!span.covers(min, max) || target.is_some()) {
            return Err(Error::Memory {
                operation: OPERATION,
                reason: "here only whole sequences can be copied, into empty ones".to_owned(),
            });
        }
        if let Some((_, end)) = target
            && end + 1 != span.from.max(min)
        {
            return Err(Error::Memory {
                operation: OPERATION,
                reason: format!("sequence {to} already has positions up to {end}"),
            });
        }
        if !whole && !span.covers(min, max) {
            let end = if span.to < 0 { max + 1 } else { span.to.min(max + 1) };
            self.context.window_reaches(from, end, OPERATION)?;
        }
        self.context.book.copied |= !self.context.facts.unified && !info.recurrent;
        let (first, last) = if whole { (-1, -1) } else { (span.from, span.to) };
        let result = self.context.ptr.seq_copy(from, to, first, last);
        self.context.guard(result)
    }

    /// Forgets every sequence but this one.
    ///
    /// # Errors
    /// As [`span`](Self::span).
    #[doc(alias = "llama_memory_seq_keep")]
    pub fn seq_keep(&mut self, seq: SeqId) -> Result<()> {
        self.context.memory_ready(&[seq])?;
        let result = self.context.ptr.seq_keep(seq);
        self.context.guard(result)?;
        // With a share of the memory per sequence the call above only looks at one share.
        let count = i32::try_from(self.context.facts.n_seq_max).unwrap_or(0);
        for other in (0..count).map(SeqId).filter(|&other| other != seq) {
            let result = self.context.ptr.seq_remove(other, -1, -1);
            self.context.guard(result)?;
        }
        Ok(())
    }

    /// Moves the positions of a sequence that lie in the range by `delta`. Used to close a gap after forgetting
    /// a part: the tokens stay as they were computed, only their positions change.
    ///
    /// # Errors
    /// [`Error::Memory`] where positions cannot move ([`can_shift`](Self::can_shift)), or would become negative
    /// or too large. Otherwise as [`span`](Self::span).
    #[doc(alias = "llama_memory_seq_add")]
    pub fn seq_add(&mut self, seq: SeqId, range: impl RangeBounds<Pos>, delta: Pos) -> Result<()> {
        const OPERATION: &str = "move positions";
        self.shiftable(seq, OPERATION)?;
        let Some(span) = Span::new(&range) else { return Ok(()) };
        let Some((min, max)) = self.span(seq)? else { return Ok(()) };
        let lowest = span.from.max(min);
        let highest = if span.to < 0 { max } else { max.min(span.to - 1) };
        if delta == 0 || lowest > highest {
            return Ok(());
        }
        let fits = |pos: Pos| pos.checked_add(delta).is_some_and(|pos| (0..=MAX_POS).contains(&pos));
        if !fits(lowest) || !fits(highest) {
            return Err(Error::Memory {
                operation: OPERATION,
                reason: format!("{lowest}..={highest} moved by {delta} leaves 0..={MAX_POS}"),
            });
        }
        self.context.book.moved = !self.context.model.inner.info.recurrent;
        let result = self.context.ptr.seq_add(seq, span.from, span.to, delta);
        self.context.guard(result)
    }

    /// Divides the positions of a sequence that lie in the range, rounding down.
    ///
    /// # Errors
    /// [`Error::Memory`] where positions cannot move; [`Error::InvalidParameter`] for a divisor below 1.
    /// Otherwise as [`span`](Self::span).
    #[doc(alias = "llama_memory_seq_div")]
    pub fn seq_div(&mut self, seq: SeqId, range: impl RangeBounds<Pos>, divisor: i32) -> Result<()> {
        self.shiftable(seq, "divide positions")?;
        if divisor < 1 {
            return Err(Error::invalid("divisor", format!("{divisor} is less than 1")));
        }
        let Some(Span { from, to }) = Span::new(&range) else { return Ok(()) };
        self.context.book.moved = !self.context.model.inner.info.recurrent;
        let result = self.context.ptr.seq_div(seq, from, to, divisor);
        self.context.guard(result)
    }

    /// True when positions can be moved. That depends on the model, and on the
    /// [format of the keys](crate::ContextBuilder::type_k): `F32` and `F16` can, `Bf16` cannot, and the others can
    /// where heads are a multiple of 64 numbers.
    ///
    /// # Errors
    /// [`Error::NoMemory`], [`Error::Poisoned`].
    #[doc(alias = "llama_memory_can_shift")]
    pub fn can_shift(&self) -> Result<bool> {
        self.context.memory_ready(&[])?;
        Ok(self.fixed()?.is_none())
    }

    /// Why positions cannot be moved.
    pub(crate) fn fixed(&self) -> Result<Option<String>> {
        if self.context.model.inner.info.has_sections() || !self.context.ptr.can_shift()? {
            return Ok(Some("the positions of this model are fixed once computed".to_owned()));
        }
        if self.context.facts.keys_move {
            return Ok(None);
        }
        let format = TensorType::from_number(self.context.facts.params.type_k);
        Ok(Some(format!(
            "keys of type {format} are fixed once computed, with heads like this model's; build the context with \
             type_k(F16)"
        )))
    }

    fn shiftable(&self, seq: SeqId, operation: &'static str) -> Result<()> {
        self.context.memory_ready(&[seq])?;
        match self.fixed()? {
            Some(reason) => Err(Error::Memory { operation, reason }),
            None => Ok(()),
        }
    }
}

impl Context {
    /// True when a sequence that ends before position `next` has all that the next token has to see. A sliding
    /// window that has moved on no longer has what it left behind, though the layers without a window do.
    pub(super) fn window_holds(&self, seq: SeqId, next: Pos) -> Result<bool> {
        let info = &self.model.inner.info;
        let window = Pos::try_from(info.n_swa).unwrap_or(Pos::MAX);
        if window == 0 || next <= 0 {
            return Ok(true);
        }
        // This one's windows are blocks that stand still.
        let seen = if info.architecture == "llama4" { next / window * window } else { next - (window - 1) };
        let oldest = self.ptr.pos_min(seq)?;
        Ok(oldest.is_some_and(|oldest| oldest < next && oldest <= seen.max(0)))
    }

    fn window_reaches(&self, seq: SeqId, next: Pos, operation: &'static str) -> Result<()> {
        if self.window_holds(seq, next)? {
            return Ok(());
        }
        let reason = format!(
            "the sliding window of sequence {seq} has moved on and no longer holds what position {next} has to see; \
             take the whole sequence with `..`, or build the context with swa_full(true)"
        );
        Err(Error::Memory { operation, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn ranges_become_spans() {
        assert_eq!(Span::new(&(..)), Some(Span { from: 0, to: -1 }));
        assert_eq!(Span::new(&(10..)), Some(Span { from: 10, to: -1 }));
        assert_eq!(Span::new(&(2..=4)), Some(Span { from: 2, to: 5 }));
        assert_eq!(Span::new(&(..4)), Some(Span { from: 0, to: 4 }));
        assert_eq!(Span::new(&(-5..4)), Some(Span { from: 0, to: 4 }));
        assert_eq!(Span::new(&(4..4)), None);
        #[allow(clippy::reversed_empty_ranges, reason = "this is what is tested")]
        let reversed = 5..2;
        assert_eq!(Span::new(&reversed), None);
        assert_eq!(Span::new(&(..=i32::MAX)), Some(Span { from: 0, to: i32::MAX }));
    }

    #[test]
    fn covering() {
        assert!(Span { from: 0, to: -1 }.covers(3, 9));
        assert!(Span { from: 3, to: 10 }.covers(3, 9));
        assert!(!Span { from: 3, to: 9 }.covers(3, 9));
        assert!(!Span { from: 4, to: -1 }.covers(3, 9));
    }
}
