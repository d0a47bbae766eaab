//! A shared context can be looked at, not computed with.
use llama::{Batch, Context};
use std::sync::Arc;

fn run(ctx: Arc<Context>, batch: &Batch) {
    let _ = ctx.n_ctx();
    let _ = ctx.decode(batch).is_ok(); //~ E0596
}

fn main() {
    let _ = run;
}
