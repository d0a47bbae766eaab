//! Logits are a view of the context: the next decode would overwrite them.
use llama::{Batch, Context, Error};

fn run(ctx: &mut Context, batch: &Batch) -> Result<f32, Error> {
    let logits = ctx.decode(batch)?.logits_last()?;
    ctx.decode(batch)?; //~ E0499
    Ok(logits[0])
}

fn main() {
    let _ = run;
}
