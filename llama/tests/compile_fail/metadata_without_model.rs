//! Metadata is read from the model.
use llama::{Error, Model};

fn run(model: Model) -> Result<usize, Error> {
    let metadata = model.metadata();
    drop(model); //~ E0505
    metadata.len()
}

fn main() {
    let _ = run;
}
