//! What a checked batch does to the sequences of a context.

use crate::token::{Pos, SeqId};

/// What a batch does to one sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeqPlan {
    /// The first position that the batch adds.
    pub(super) first: Pos,
    /// The last one.
    pub(super) last: Pos,
}

/// The sequences that a batch touches. Kept from batch to batch, so that decoding a token allocates nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// By number of the sequence.
    plans: Vec<Option<SeqPlan>>,
    touched: Vec<SeqId>,
}

impl Plan {
    pub(super) fn clear(&mut self) {
        for seq in self.touched.drain(..) {
            if let Some(slot) = seq.index().and_then(|index| self.plans.get_mut(index)) {
                *slot = None;
            }
        }
    }

    pub(super) fn get(&self, seq: SeqId) -> Option<SeqPlan> {
        self.plans.get(seq.index()?).copied().flatten()
    }

    /// Notes that the batch goes up to `pos` in a sequence, whose number has been checked.
    pub(super) fn reach(&mut self, seq: SeqId, pos: Pos) {
        let Some(index) = seq.index() else { return };
        if index >= self.plans.len() {
            self.plans.resize(index + 1, None);
        }
        match &mut self.plans[index] {
            Some(plan) => plan.last = pos,
            empty => {
                *empty = Some(SeqPlan { first: pos, last: pos });
                self.touched.push(seq);
            }
        }
    }

    /// The sequences in the order in which the batch names them.
    pub(super) fn spans(&self) -> impl Iterator<Item = (SeqId, SeqPlan)> + '_ {
        self.touched.iter().filter_map(|&seq| self.get(seq).map(|plan| (seq, plan)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_used_again() {
        let mut plan = Plan::default();
        plan.reach(SeqId(3), 5);
        plan.reach(SeqId(3), 6);
        plan.reach(SeqId(0), 9);
        let spans: Vec<_> = plan.spans().collect();
        assert_eq!(
            spans,
            [(SeqId(3), SeqPlan { first: 5, last: 6 }), (SeqId(0), SeqPlan { first: 9, last: 9 })]
        );
        plan.clear();
        assert_eq!(plan.get(SeqId(3)), None);
        assert_eq!(plan.spans().count(), 0);
        plan.reach(SeqId(3), 1);
        assert_eq!(plan.get(SeqId(3)), Some(SeqPlan { first: 1, last: 1 }));
    }
}
