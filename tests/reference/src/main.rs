//! Our side of the comparison that `minilm.sh` makes.
//!
//! `llama-reference convert FOLDER FILE.gguf` makes a GGUF file of a BERT model in the format of the `transformers`
//! library; `llama-reference embed FILE.gguf TEXTS` prints tokens and vector of each line of a text file as JSON.

mod convert;

use llama::{Model, Special};
use serde_json::json;
use std::error::Error;
use std::process::ExitCode;

const USAGE: &str =
    "Usage: llama-reference convert FOLDER FILE.gguf\n       llama-reference embed FILE.gguf TEXTS";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["convert", folder, file] => convert::convert(folder.as_ref(), file.as_ref()),
        ["embed", file, texts] => embed(file, texts),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn embed(file: &str, texts: &str) -> Result<(), Box<dyn Error>> {
    let model = Model::load(file)?;
    let texts = std::fs::read_to_string(texts)?;
    let texts: Vec<&str> = texts.lines().collect();
    let vectors = model.embedder().build()?.embed(&texts)?;
    for (text, vector) in texts.iter().zip(&vectors) {
        let tokens: Vec<i32> =
            model.vocab().tokenize(text, Special::AsText)?.iter().map(|token| token.0).collect();
        println!("{}", json!({ "text": text, "tokens": tokens, "vector": vector }));
    }
    Ok(())
}
