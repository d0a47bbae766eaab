//! Editing the memory needs the context to itself.
use llama::{Batch, Context, Error};

fn run(ctx: &mut Context, batch: &Batch) -> Result<f32, Error> {
    let logits = ctx.decode(batch)?.logits_last()?;
    ctx.memory().clear(true)?; //~ E0499
    Ok(logits[0])
}

fn main() {
    let _ = run;
}
