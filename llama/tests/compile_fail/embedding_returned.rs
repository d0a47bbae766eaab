//! Embeddings are borrowed: copy them to keep them.
use llama::{Batch, Context, SeqId};

fn run(mut ctx: Context, batch: &Batch) -> &[f32] {
    ctx.encode(batch).unwrap().pooled(SeqId(0)).unwrap() //~ E0515
}

fn main() {
    let _ = run;
}
