//! A trainer has its model to itself.
use llama::{Error, Model, Trainer};

fn run(model: Model) -> Result<Trainer, Error> {
    let trainer = Trainer::builder(model).build()?;
    let _context = model.context_builder().build()?; //~ E0382
    Ok(trainer)
}

fn main() {
    let _ = run;
}
