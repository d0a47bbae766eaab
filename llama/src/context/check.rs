//! Checks a batch completely before any of it reaches llama.cpp.

use super::Facts;
use super::plan::Plan;
use crate::batch::{Batch, Entry};
use crate::error::{Error, Result};
use crate::model::ModelInfo;
use crate::token::{MAX_POS, Pos, SeqId};

/// Where each sequence of a context starts and ends, as the checks need it.
pub(super) trait Places {
    /// The smallest and largest position of a sequence, or `None` when it is empty.
    fn span(&self, seq: SeqId) -> Result<Option<(Pos, Pos)>>;
}

/// Checks every entry of `batch` and writes into `plan` what it does; the first problem is the error.
pub(super) fn check(
    batch: &Batch,
    facts: &Facts,
    info: &ModelInfo,
    places: &dyn Places,
    plan: &mut Plan,
) -> Result<()> {
    plan.clear();
    if batch.is_empty() {
        return Err(Error::EmptyBatch);
    }
    if batch.is_mixed() && !(facts.has_memory && info.takes_mixed_batches()) {
        let reason = "this model takes tokens or embeddings, not both in one batch".to_owned();
        return Err(Error::InvalidBatch { index: 0, reason });
    }
    for index in 0..batch.len() {
        check_content(batch, index, info)?;
        check_entry(batch, index, facts, info, places, plan)?;
    }
    if facts.has_memory && !info.recurrent {
        for (seq, span) in plan.spans() {
            let start = places.span(seq)?.map_or(span.first, |(min, _)| min.min(span.first));
            let needed = usize::try_from(span.last - start + 1).unwrap_or(usize::MAX);
            let available = facts.n_ctx_seq as usize;
            if needed > available {
                return Err(Error::ContextFull { needed, available });
            }
        }
    }
    Ok(())
}

/// The token exists, or the embedding has the right width and the sections that the model knows.
fn check_content(batch: &Batch, index: usize, info: &ModelInfo) -> Result<()> {
    let bad = |reason: String| Err(Error::InvalidBatch { index, reason });
    match batch.entry(index) {
        Some(Entry::Token(token)) if token.index().is_none_or(|token| token >= info.n_vocab) => {
            return Err(Error::TokenOutOfRange { token, n_vocab: info.n_vocab });
        }
        Some(Entry::Embedding { values, sections }) => {
            if values.len() != info.n_embd_inp {
                let width = values.len();
                return bad(format!(
                    "the embedding has {width} numbers, the model takes {}",
                    info.n_embd_inp
                ));
            }
            if values.iter().any(|value| !value.is_finite()) {
                return bad("the embedding contains a number that is not finite".to_owned());
            }
            if sections.is_some() && !info.has_sections() {
                return bad("the positions of this model have no sections".to_owned());
            }
            if let Some(pos) = sections.iter().flatten().find(|pos| !(0..=MAX_POS).contains(*pos)) {
                return bad(format!("position {pos} is not between 0 and {MAX_POS}"));
            }
        }
        Some(Entry::Token(_)) | None => {}
    }
    Ok(())
}

fn check_entry(
    batch: &Batch,
    index: usize,
    facts: &Facts,
    info: &ModelInfo,
    places: &dyn Places,
    plan: &mut Plan,
) -> Result<()> {
    let bad = |reason: String| Err(Error::InvalidBatch { index, reason });
    let pos = batch.positions()[index];
    if !(0..=MAX_POS).contains(&pos) {
        return bad(format!("position {pos} is not between 0 and {MAX_POS}"));
    }
    if info.has_position_table() && u32::try_from(pos).is_ok_and(|pos| pos >= info.n_ctx_train) {
        return Err(Error::ContextFull {
            needed: usize::try_from(pos).unwrap_or(0) + 1,
            available: info.n_ctx_train as usize,
        });
    }
    let seqs = batch.seq_ids(index);
    let Some((&first, others)) = seqs.split_first() else {
        return bad("it belongs to no sequence".to_owned());
    };
    for &seq in seqs {
        if !u32::try_from(seq.0).is_ok_and(|id| id < facts.n_seq_max) {
            return Err(Error::SeqIdOutOfRange { seq, n_seq_max: facts.n_seq_max });
        }
    }
    if !others.is_empty() && facts.has_memory && others.iter().any(|&seq| seq != first) {
        if !facts.unified {
            return bad(
                "sequences share an entry, which needs a context built with kv_unified(true)".to_owned()
            );
        }
        let span = places.span(first)?;
        for &seq in others {
            if places.span(seq)? != span {
                return bad(format!("sequences {first} and {seq} share it but have different pasts"));
            }
        }
    }
    // With several sections a picture may leave a gap behind it, and its parts share the first section.
    let jumps = info.has_sections();
    let overlaps = jumps && matches!(batch.entry(index), Some(Entry::Embedding { .. }));
    for &seq in seqs {
        let expected = match plan.get(seq) {
            Some(planned) => Some(planned.last + 1),
            None if facts.has_memory => places.span(seq)?.map(|(_, max)| max + 1),
            None => None,
        };
        if let Some(expected) = expected {
            let fits = pos == expected || (jumps && pos > expected) || (overlaps && pos == expected - 1);
            // The same sequence may be named twice in one entry.
            let again = seqs.iter().filter(|&&other| other == seq).count() > 1 && pos == expected - 1;
            if !fits && !again {
                return Err(Error::PositionGap { index, seq, pos, expected });
            }
        }
        plan.reach(seq, pos);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Pooling;
    use crate::token::Token;

    use crate::context::plan::SeqPlan;
    use std::collections::HashMap;

    struct Fixed(HashMap<SeqId, (Pos, Pos)>);

    impl Places for Fixed {
        fn span(&self, seq: SeqId) -> Result<Option<(Pos, Pos)>> {
            Ok(self.0.get(&seq).copied())
        }
    }

    fn facts() -> Facts {
        Facts {
            n_ctx: 256,
            n_ctx_seq: 256,
            n_batch: 64,
            n_ubatch: 64,
            n_seq_max: 3,
            n_outputs_max: 64,
            threads: 1,
            threads_batch: 1,
            pooling: Pooling::None,
            causal: true,
            embeddings: false,
            unified: true,
            has_memory: true,
            keys_move: true,
            params: crate::state::Params {
                type_k: 1,
                type_v: 1,
                flash_attention: 0,
                unified: true,
                swa_full: false,
                rope: 0,
                n_ctx: 0,
                n_ctx_seq: 0,
                n_seq_max: 0,
            },
        }
    }

    fn info() -> ModelInfo {
        ModelInfo {
            architecture: "llama".to_owned(),
            description: String::new(),
            n_params: 0,
            size: 0,
            n_ctx_train: 512,
            n_embd: 8,
            n_embd_inp: 8,
            n_embd_out: 8,
            n_layer: 1,
            n_head: 1,
            n_head_kv: 1,
            n_swa: 0,
            n_cls_out: 1,
            n_vocab: 100,
            rope_type: 0,
            rope_freq_scale_train: 1.0,
            file_type: 0,
            has_encoder: false,
            has_decoder: true,
            decoder_start: None,
            recurrent: false,
            hybrid: false,
            diffusion: false,
            mapped: false,
            rearranged: false,
            n_layer_nextn: 0,
            vocab_only: false,
            planned: false,
        }
    }

    fn try_batch(fill: impl FnOnce(&mut Batch) -> &mut Batch, past: &[(i32, Pos, Pos)]) -> Result<Plan> {
        let mut batch = Batch::new();
        fill(&mut batch);
        let places = Fixed(past.iter().map(|&(seq, min, max)| (SeqId(seq), (min, max))).collect());
        let mut plan = Plan::default();
        check(&batch, &facts(), &info(), &places, &mut plan).map(|()| plan)
    }

    #[test]
    fn a_good_batch_gives_its_plan() {
        let plan = try_batch(
            |b| b.extend(SeqId(0), 4, &[Token(1), Token(2)]).extend(SeqId(1), 0, &[Token(3)]),
            &[(0, 0, 3)],
        );
        let plan = plan.unwrap();
        assert_eq!(plan.get(SeqId(0)), Some(SeqPlan { first: 4, last: 5 }));
        assert_eq!(plan.get(SeqId(1)), Some(SeqPlan { first: 0, last: 0 }));
    }

    #[test]
    fn bad_values_are_named() {
        let one = [SeqId(0)];
        assert_eq!(try_batch(|b| b, &[]), Err(Error::EmptyBatch));
        assert_eq!(
            try_batch(|b| b.add(Token(100), 0, &one, false), &[]),
            Err(Error::TokenOutOfRange { token: Token(100), n_vocab: 100 })
        );
        assert_eq!(
            try_batch(|b| b.add(Token(-1), 0, &one, false), &[]),
            Err(Error::TokenOutOfRange { token: Token(-1), n_vocab: 100 })
        );
        assert_eq!(
            try_batch(|b| b.add(Token(1), 0, &[SeqId(3)], false), &[]),
            Err(Error::SeqIdOutOfRange { seq: SeqId(3), n_seq_max: 3 })
        );
        assert_eq!(
            try_batch(|b| b.add(Token(1), 0, &[SeqId(-1)], false), &[]),
            Err(Error::SeqIdOutOfRange { seq: SeqId(-1), n_seq_max: 3 })
        );
        assert!(try_batch(|b| b.add(Token(1), -1, &one, false), &[]).is_err());
        assert!(try_batch(|b| b.add(Token(1), Pos::MAX, &one, false), &[]).is_err());
        assert!(try_batch(|b| b.add(Token(1), 0, &[], false), &[]).is_err());
        assert!(try_batch(|b| b.add_embedding(&[0.0; 7], 0, &one, false), &[]).is_err());
        assert!(try_batch(|b| b.add_embedding(&[f32::NAN; 8], 0, &one, false), &[]).is_err());
    }

    #[test]
    fn gaps_and_repeats_are_refused() {
        let gap = try_batch(|b| b.add(Token(1), 5, &[SeqId(0)], false), &[(0, 0, 3)]);
        assert_eq!(gap, Err(Error::PositionGap { index: 0, seq: SeqId(0), pos: 5, expected: 4 }));
        let repeat =
            try_batch(|b| b.add(Token(1), 0, &[SeqId(0)], false).add(Token(1), 0, &[SeqId(0)], false), &[]);
        assert_eq!(repeat, Err(Error::PositionGap { index: 1, seq: SeqId(0), pos: 0, expected: 1 }));
    }

    #[test]
    fn shared_entries_need_equal_pasts() {
        let both = [SeqId(0), SeqId(1)];
        assert!(try_batch(|b| b.add(Token(1), 0, &both, false), &[]).is_ok());
        assert!(try_batch(|b| b.add(Token(1), 4, &both, false), &[(0, 0, 3), (1, 0, 3)]).is_ok());
        assert!(try_batch(|b| b.add(Token(1), 4, &both, false), &[(0, 0, 3)]).is_err());
        assert!(try_batch(|b| b.add(Token(1), 0, &[SeqId(0), SeqId(0)], false), &[]).is_ok());
    }

    #[test]
    fn a_full_context_says_how_full() {
        let full = try_batch(|b| b.add(Token(1), 256, &[SeqId(0)], false), &[(0, 0, 255)]);
        assert_eq!(full, Err(Error::ContextFull { needed: 257, available: 256 }));
        let shifted = try_batch(|b| b.add(Token(1), 256, &[SeqId(0)], false), &[(0, 10, 255)]);
        assert!(shifted.is_ok(), "only the span counts");
    }
}
