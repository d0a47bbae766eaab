//! Walks through llama.cpp's bytes before llama.cpp does.
//!
//! llama.cpp compares shapes and types with the context's, but takes positions and sequence ids mostly as they
//! come; values that it never writes itself would break its bookkeeping. So every cell is checked here. What
//! this cannot follow (memories of a special kind) is only accepted from a context of this process.

use super::StateError;
use super::reader::Reader;
use crate::token::{MAX_POS, Pos};
use std::collections::BTreeMap;

/// The number in front of the state of one sequence.
const SEQ_MAGIC: u32 = 0xaf14_3cd8;

/// How the memory of a context is built, as far as its state shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One or several attention caches.
    Attention,
    /// One state per sequence.
    Recurrent,
    /// An attention cache, then one state per sequence.
    Hybrid,
    /// Something that is not followed here.
    Opaque,
}

/// What a payload has to look like.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub(crate) struct Spec<'a> {
    pub(crate) layout: Layout,
    /// All sequences, or one.
    pub(crate) whole: bool,
    /// Without the parts that keep the whole past.
    pub(crate) partial: bool,
    pub(crate) architecture: &'a str,
    /// Shares that the attention cache is divided into.
    pub(crate) n_stream: u32,
    pub(crate) n_seq_max: u32,
    /// Cells of one share.
    pub(crate) n_cells: u32,
    pub(crate) n_vocab: usize,
    /// Each cell also has a place in a picture and a token.
    pub(crate) extended: bool,
    /// The cache has values besides keys.
    pub(crate) has_values: bool,
}

/// The largest position of each sequence in one part of the memory.
type Ends = BTreeMap<u32, Pos>;

/// What a payload holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Content {
    /// The largest position of each sequence; key 0 for the state of one sequence.
    pub(crate) ends: Ends,
}

/// Checks every number that llama.cpp would take unseen.
pub(crate) fn check(payload: &[u8], spec: &Spec<'_>) -> Result<Content, StateError> {
    let mut r = Reader::new(payload);
    if spec.whole {
        let len = r.native_u32()? as usize;
        if r.bytes(len)? != spec.architecture.as_bytes() {
            return Err(StateError::malformed("it names another architecture"));
        }
    } else {
        if r.native_u32()? != SEQ_MAGIC {
            return Err(StateError::malformed("the magic of a sequence is missing"));
        }
        if r.native_i32()? < 0 {
            return Err(StateError::malformed("the sequence is negative"));
        }
    }
    let mut parts = Vec::new();
    match spec.layout {
        Layout::Attention => {
            while r.left() > 0 {
                parts.push(cache(&mut r, spec)?);
            }
        }
        Layout::Recurrent => parts.push(recurrent(&mut r, spec)?),
        Layout::Hybrid => {
            if !spec.partial {
                parts.push(cache(&mut r, spec)?);
            }
            parts.push(recurrent(&mut r, spec)?);
        }
        Layout::Opaque => return Ok(Content::default()),
    }
    let Some((first, others)) = parts.split_first() else {
        return Err(StateError::malformed("it is empty"));
    };
    if others.iter().any(|other| other != first) {
        return Err(StateError::malformed("its parts end at different positions"));
    }
    Ok(Content { ends: first.clone() })
}

/// One attention cache.
fn cache(r: &mut Reader<'_>, spec: &Spec<'_>) -> Result<Ends, StateError> {
    let n_stream = r.native_u32()?;
    if n_stream != spec.n_stream {
        return Err(StateError::malformed(format!("{n_stream} shares instead of {}", spec.n_stream)));
    }
    let mut ends = Ends::new();
    let mut filled = 0;
    for stream in 0..n_stream {
        let n_cells = r.native_u32()?;
        if n_cells == 0 {
            continue;
        }
        filled += 1;
        if !spec.whole && filled > 1 {
            return Err(StateError::malformed("one sequence lies in several shares"));
        }
        if n_cells > spec.n_cells {
            return Err(StateError::TooLarge { needed: n_cells as usize, available: spec.n_cells as usize });
        }
        for _ in 0..n_cells {
            let allowed = if spec.whole && n_stream > 1 { stream..stream + 1 } else { 0..spec.n_seq_max };
            cell(r, spec, allowed, &mut ends)?;
        }
        skip_data(r, spec, u64::from(n_cells))?;
    }
    Ok(ends)
}

/// Position and sequences of one cell of an attention cache.
fn cell(
    r: &mut Reader<'_>,
    spec: &Spec<'_>,
    allowed: std::ops::Range<u32>,
    ends: &mut Ends,
) -> Result<(), StateError> {
    let pos = position(r)?;
    let count = r.native_u32()?;
    let most = if spec.whole { spec.n_seq_max } else { 1 };
    if count == 0 || count > most {
        return Err(StateError::malformed(format!("a cell belongs to {count} sequences")));
    }
    if spec.extended {
        // Two coordinates, and the token, which is -1 for what came as an embedding.
        r.skip(2, 4)?;
        let token = r.native_i32()?;
        if token < -1 || usize::try_from(token).is_ok_and(|token| token >= spec.n_vocab) {
            return Err(StateError::malformed(format!("a cell holds token {token}")));
        }
    }
    let mut previous = None;
    for _ in 0..count {
        let seq = r.native_u32()?;
        if !spec.whole {
            note(ends, 0, pos);
            continue;
        }
        // llama.cpp writes them in ascending order; this also rules out the same one twice.
        if !allowed.contains(&seq) || previous.is_some_and(|previous| previous >= seq) {
            return Err(StateError::malformed(format!("a cell belongs to sequence {seq}")));
        }
        previous = Some(seq);
        note(ends, seq, pos);
    }
    Ok(())
}

/// Keys and values: llama.cpp compares types and row lengths itself, here they only say where the data ends.
fn skip_data(r: &mut Reader<'_>, spec: &Spec<'_>, n_cells: u64) -> Result<(), StateError> {
    let transposed = r.native_u32()? != 0;
    let n_layer = r.native_u32()?;
    r.skip(2, 4)?;
    for _ in 0..n_layer {
        r.skip(1, 4)?;
        let row = r.native_u64()?;
        r.skip(row, n_cells)?;
    }
    if !spec.has_values {
        return Ok(());
    }
    for _ in 0..n_layer {
        r.skip(1, 4)?;
        let row = if transposed {
            let element = u64::from(r.native_u32()?);
            element.saturating_mul(u64::from(r.native_u32()?))
        } else {
            r.native_u64()?
        };
        r.skip(row, n_cells)?;
    }
    Ok(())
}

/// The states of a recurrent memory. They come last, and llama.cpp checks what follows the cells.
fn recurrent(r: &mut Reader<'_>, spec: &Spec<'_>) -> Result<Ends, StateError> {
    let n_cells = r.native_u32()?;
    let most = if spec.whole { spec.n_seq_max } else { 1 };
    if n_cells > most {
        return Err(StateError::TooLarge { needed: n_cells as usize, available: most as usize });
    }
    let mut ends = Ends::new();
    for _ in 0..n_cells {
        let pos = position(r)?;
        let count = r.native_u32()?;
        if !spec.whole {
            if count != 0 {
                return Err(StateError::malformed("the state of one sequence names sequences"));
            }
            note(&mut ends, 0, pos);
            continue;
        }
        if count == 0 || count > spec.n_seq_max {
            return Err(StateError::malformed(format!("a state belongs to {count} sequences")));
        }
        for _ in 0..count {
            let seq = r.native_u32()?;
            if seq >= spec.n_seq_max || ends.insert(seq, pos).is_some() {
                return Err(StateError::malformed(format!("two states belong to sequence {seq}")));
            }
        }
    }
    Ok(ends)
}

fn position(r: &mut Reader<'_>) -> Result<Pos, StateError> {
    let pos = r.native_i32()?;
    if (0..=MAX_POS).contains(&pos) {
        Ok(pos)
    } else {
        Err(StateError::malformed(format!("a cell has position {pos}")))
    }
}

fn note(ends: &mut Ends, seq: u32, pos: Pos) {
    let end = ends.entry(seq).or_insert(pos);
    *end = pos.max(*end);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec<'_> = Spec {
        layout: Layout::Attention,
        whole: false,
        partial: false,
        architecture: "llama",
        n_stream: 1,
        n_seq_max: 2,
        n_cells: 8,
        n_vocab: 10,
        extended: false,
        has_values: true,
    };

    /// The state of one sequence with these numbers in front of one empty layer.
    fn payload(numbers: &[u32]) -> Vec<u8> {
        let mut out = Vec::new();
        for &n in [SEQ_MAGIC, 0].iter().chain(numbers) {
            out.extend(n.to_ne_bytes());
        }
        // not transposed, no layers, no rotation
        out.extend([0; 16]);
        out
    }

    #[test]
    fn a_sound_one_passes() {
        let content = check(&payload(&[1, 2, 4, 1, 0, 5, 1, 0]), &SPEC).expect("sound");
        assert_eq!(content.ends.get(&0), Some(&5));
    }

    #[test]
    fn hostile_cells_are_refused() {
        let negative = u32::MAX;
        for (what, numbers) in [
            ("position -1", vec![1, 1, negative, 1, 0]),
            ("position far out", vec![1, 1, 0x7fff_ffff, 1, 0]),
            ("no sequence", vec![1, 1, 4, 0]),
            ("many sequences", vec![1, 1, 4, 1_000_000, 0]),
            ("too many cells", vec![1, 9]),
            ("other shares", vec![2, 1, 4, 1, 0]),
            ("cells for ever", vec![1, u32::MAX]),
        ] {
            assert!(check(&payload(&numbers), &SPEC).is_err(), "{what}");
        }
        assert!(check(&[], &SPEC).is_err());
        let whole = payload(&[1, 2, 4, 1, 0, 5, 1, 0]);
        for len in 0..whole.len() {
            assert!(check(&whole[..len], &SPEC).is_err(), "cut at {len}");
        }
    }

    #[test]
    fn parts_must_agree() {
        let mut two = payload(&[1, 1, 4, 1, 0]);
        two.extend(payload(&[1, 1, 5, 1, 0]).split_off(8));
        assert!(check(&two, &SPEC).is_err());
        let mut two = payload(&[1, 1, 4, 1, 0]);
        two.extend(payload(&[1, 1, 4, 1, 0]).split_off(8));
        assert!(check(&two, &SPEC).is_ok());
    }

    #[test]
    fn shares_hold_their_own_sequences() {
        let spec = Spec { whole: true, n_stream: 2, ..SPEC };
        let whole = |numbers: &[u32]| {
            let mut out = 5_u32.to_ne_bytes().to_vec();
            out.extend(b"llama");
            out.extend(payload(numbers).split_off(8));
            out
        };
        assert!(check(&whole(&[2, 0, 1, 4, 1, 1]), &spec).is_ok());
        assert!(check(&whole(&[2, 0, 1, 4, 1, 0]), &spec).is_err(), "sequence 0 in share 1");
        assert!(check(&whole(&[2, 0, 1, 4, 2, 1, 1]), &spec).is_err(), "the same sequence twice");
    }
}
