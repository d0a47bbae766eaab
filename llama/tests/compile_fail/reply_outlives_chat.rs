//! A reply writes into its chat until it is dropped.
use llama::{Model, Reply};

fn run(model: &Model) -> Reply<'static> {
    let mut chat = model.chat("").unwrap();
    chat.send("Hello!").unwrap() //~ E0515
}

fn main() {
    let _ = run;
}
