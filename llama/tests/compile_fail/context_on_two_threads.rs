//! Two threads cannot compute with one context at once.
use llama::{Batch, Context};

fn run(ctx: &mut Context, batch: &Batch) {
    std::thread::scope(|scope| {
        scope.spawn(|| ctx.decode(batch).map(drop));
        scope.spawn(|| ctx.decode(batch).map(drop)); //~ E0499
    });
}

fn main() {
    let _ = run;
}
