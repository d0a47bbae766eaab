//! Makes the default model, step by step: see `README.md` beside this crate.

mod commands;
mod growth;
mod quantize;
mod vocabulary;

use std::path::Path;
use std::process::ExitCode;

use default_model::Split;
use tokenizers::Tokenizer;

/// What a step of the making returns: all errors end in one line for the user.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "usage: default-model <command>
  vocab  TOKENIZER                 train the vocabulary and write it as tokenizer.json
  extend TOKENIZER NEW             add tokens to a vocabulary and move none
  corpus TOKENIZER FOLDER [TOKENS] write the rows that train.py reads
  pack   TOKENIZER WEIGHTS GGUF    turn vocabulary and weights into a GGUF file
  eval   GGUF [COUNT] [mistakes]   ask COUNT held-out questions per topic, report accuracy
  show   [train|held-out] [COUNT]  print dialogues of every topic";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("default-model: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["vocab", tokenizer] => vocabulary::train(Path::new(tokenizer)),
        ["extend", tokenizer, new] => vocabulary::extend(&load(tokenizer)?, Path::new(new)),
        ["corpus", tokenizer, folder] => {
            commands::corpus::run(&load(tokenizer)?, Path::new(folder), 8_000_000)
        }
        ["corpus", tokenizer, folder, tokens] => {
            commands::corpus::run(&load(tokenizer)?, Path::new(folder), tokens.parse()?)
        }
        ["pack", tokenizer, weights, gguf] => {
            commands::pack::run(Path::new(tokenizer), Path::new(weights), Path::new(gguf))
        }
        ["eval", gguf] => commands::eval::run(Path::new(gguf), 100, false),
        ["eval", gguf, count] => commands::eval::run(Path::new(gguf), count.parse()?, false),
        ["eval", gguf, count, "mistakes"] => commands::eval::run(Path::new(gguf), count.parse()?, true),
        ["show"] => show(Split::Train, 3),
        ["show", split] => show(named(split)?, 3),
        ["show", split, count] => show(named(split)?, count.parse()?),
        _ => Err(USAGE.into()),
    }
}

/// The file's bytes; an error names the file.
fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn load(path: &str) -> Outcome<Tokenizer> {
    Tokenizer::from_bytes(read(Path::new(path))?)
}

fn named(split: &str) -> Outcome<Split> {
    match split {
        "train" => Ok(Split::Train),
        "held-out" => Ok(Split::HeldOut),
        other => Err(format!("no split is called \"{other}\": try train or held-out").into()),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "every command returns an outcome")]
fn show(split: Split, count: usize) -> Outcome {
    commands::show::run(split, count, 1);
    Ok(())
}
