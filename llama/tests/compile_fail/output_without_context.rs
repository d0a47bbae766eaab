//! What a decode gave cannot outlive the context.
use llama::{Batch, Context, Error};

fn run(mut ctx: Context, batch: &Batch) -> Result<f32, Error> {
    let output = ctx.decode(batch)?;
    drop(ctx); //~ E0505
    Ok(output.logits_last()?[0])
}

fn main() {
    let _ = run;
}
