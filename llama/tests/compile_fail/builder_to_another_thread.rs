//! A builder may hold a callback that borrows from this thread.
use llama::{Model, ModelBuilder};

fn run(builder: ModelBuilder<'static>) -> std::thread::JoinHandle<Result<Model, llama::Error>> {
    std::thread::spawn(move || builder.load()) //~ E0277
}

fn main() {
    let _ = run;
}
