//! The memory of a context is a view too.
use llama::{Batch, Context, SeqId};

fn run(ctx: &mut Context, batch: &Batch) {
    let memory = ctx.memory();
    let _ = ctx.decode(batch).is_ok(); //~ E0499
    let _ = memory.pos_max(SeqId(0));
}

fn main() {
    let _ = run;
}
