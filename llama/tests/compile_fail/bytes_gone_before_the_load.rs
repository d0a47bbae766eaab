//! A model is read from the bytes when it is loaded.
use llama::{Error, Model};

fn run(bytes: Vec<u8>) -> Result<Model, Error> {
    let builder = Model::builder_from_bytes(&bytes);
    drop(bytes); //~ E0505
    builder.load()
}

fn main() {
    let _ = run;
}
