//! What a context remembers.

use super::subjects::decode;
use super::{BAD_SEQUENCES, Row, rows};
use crate::common::batch;
use llama::{Error, Memory, SeqId, Token};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Memory::seq_remove: remove a part of a recurrent state" => Memory, |s| {
        decode(&mut s.recurrent, &batch(0, 0, &[Token(5); 8]))?;
        s.recurrent.memory().seq_remove(SeqId(0), 2..4)
    };
    "Memory::seq_copy: copy a part between shares" => Memory, |s| {
        decode(&mut s.ctx, &batch(0, 0, &[Token(5); 8]))?;
        s.ctx.memory().seq_copy(SeqId(0), SeqId(1), 2..4)
    };
    "Memory::seq_keep: keep what is not there" => SeqIdOutOfRange, |s| s.ctx.memory().seq_keep(SeqId(300));
    "Memory::seq_add: move by too much" => Memory, |s| {
        decode(&mut s.ctx, &batch(0, 0, &[Token(5); 8]))?;
        s.ctx.memory().seq_add(SeqId(0), .., i32::MAX)
    };
    "Memory::seq_add: move below zero" => Memory, |s| {
        decode(&mut s.ctx, &batch(0, 0, &[Token(5); 8]))?;
        s.ctx.memory().seq_add(SeqId(0), 2.., -3)
    };
    "Memory::seq_div: divide by zero" => InvalidParameter, |s| s.ctx.memory().seq_div(SeqId(0), .., 0);
    "Memory::seq_div: divide by -1" => InvalidParameter, |s| s.ctx.memory().seq_div(SeqId(0), .., -1);
    "Memory::clear: clear an encoder" => NoMemory, |s| s.encoder.memory().clear(true);
    "Memory::can_shift: shift an encoder" => NoMemory, |s| s.encoder.memory().can_shift().map(drop);
    "Memory::seq_add: move by MIN" => Memory, |s| {
        decode(&mut s.ctx, &batch(0, 0, &[Token(5); 8]))?;
        s.ctx.memory().seq_add(SeqId(0), .., i32::MIN)
    };
    "Memory::seq_div: divide by MIN" => InvalidParameter, |s| s.ctx.memory().seq_div(SeqId(0), .., i32::MIN);
    };
    for (name, which, call) in CALLS {
        rows.push(Row::new(
            format!("Memory::{name}: {which}the memory of an encoder"),
            "NoMemory",
            move |s| call(&mut s.encoder.memory(), SeqId(0)),
        ));
        for seq in BAD_SEQUENCES {
            rows.push(Row::new(
                format!("Memory::{name}: {which}sequence {seq}"),
                "SeqIdOutOfRange",
                move |s| call(&mut s.ctx.memory(), SeqId(seq)),
            ));
        }
    }
    rows
}

type Call = fn(&mut Memory<'_>, SeqId) -> Result<(), Error>;

/// Every function that takes a sequence.
const CALLS: [(&str, &str, Call); 9] = [
    ("span", "", |m, seq| m.span(seq).map(drop)),
    ("pos_min", "", |m, seq| m.pos_min(seq).map(drop)),
    ("pos_max", "", |m, seq| m.pos_max(seq).map(drop)),
    ("seq_remove", "", |m, seq| m.seq_remove(seq, ..)),
    ("seq_copy", "from ", |m, seq| m.seq_copy(seq, SeqId(0), ..)),
    ("seq_copy", "to ", |m, seq| m.seq_copy(SeqId(0), seq, ..)),
    ("seq_keep", "", |m, seq| m.seq_keep(seq)),
    ("seq_add", "", |m, seq| m.seq_add(seq, .., 1)),
    ("seq_div", "", |m, seq| m.seq_div(seq, .., 2)),
];
