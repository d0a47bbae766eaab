//! Points that a memory which cannot forget a part can go back to.
#![forbid(unsafe_code)]

use crate::state::State;
use std::collections::VecDeque;
use std::sync::Arc;

/// What the memory was after the first `len` tokens, as far as later tokens overwrite it.
#[derive(Debug, Clone)]
pub(super) struct Checkpoint {
    pub(super) len: usize,
    pub(super) state: Arc<State>,
}

/// Checkpoints of one sequence, those that were of use last at the end.
#[derive(Debug, Clone)]
pub(super) struct Checkpoints {
    list: VecDeque<Checkpoint>,
    max_count: usize,
    max_bytes: u64,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self { list: VecDeque::new(), max_count: 8, max_bytes: 256 << 20 }
    }
}

impl Checkpoints {
    /// Sets the bounds and gives up what exceeds them.
    pub(super) fn limit(&mut self, count: usize, bytes: u64) {
        (self.max_count, self.max_bytes) = (count, bytes);
        self.shrink();
    }

    /// True when none may be kept.
    pub(super) fn is_off(&self) -> bool {
        self.max_count == 0 || self.max_bytes == 0
    }

    pub(super) fn has(&self, len: usize) -> bool {
        self.list.iter().any(|checkpoint| checkpoint.len == len)
    }

    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    pub(super) fn push(&mut self, len: usize, state: State) {
        self.list.push_back(Checkpoint { len, state: Arc::new(state) });
        self.shrink();
    }

    fn shrink(&mut self) {
        let mut bytes: u64 = self.list.iter().map(|checkpoint| checkpoint.state.size()).sum();
        while self.list.len() > self.max_count || bytes > self.max_bytes {
            let Some(oldest) = self.list.pop_front() else { return };
            bytes -= oldest.state.size();
        }
    }

    /// Gives up those with more tokens: what lies between is being forgotten.
    pub(super) fn forget_behind(&mut self, len: usize) {
        self.list.retain(|checkpoint| checkpoint.len <= len);
    }

    /// The longest that is left.
    pub(super) fn longest(&mut self) -> Option<Checkpoint> {
        let at = (0..self.list.len()).max_by_key(|&at| self.list[at].len)?;
        let best = self.list.remove(at)?;
        self.list.push_back(best.clone());
        Some(best)
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
    }
}
