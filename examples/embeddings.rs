//! Searches a folder of text files by meaning, and cites what it finds: file and lines.
//!
//! `cargo run --release --example embeddings -- "the capital of a country" FOLDER --model FILE.gguf`

mod support;

use llama::Model;
use pico_args::Arguments;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use support::Outcome;

const HELP: &str = "\
Searches the text files of a folder by meaning, and names file and lines of what is closest.

Usage: embeddings QUERY FOLDER [OPTIONS]

  -m, --model FILE            a GGUF embedding model (default: the tiny chat model of this repository, a poor one)
      --top N                 how many places to show (default 3)
      --lines N               longest passage in lines (default 8); an empty line ends one too
      --query-prefix TEXT     what the model wants in front of a query, for example \"query: \"
      --document-prefix TEXT  and in front of a passage
  -h, --help                  show this";

/// Lines of a file.
struct Passage {
    path: PathBuf,
    /// The first line, counted from 1.
    start: usize,
    lines: Vec<String>,
}

fn main() -> ExitCode {
    support::main(HELP, run)
}

fn run(mut args: Arguments) -> Outcome {
    let model = support::model(&mut args)?;
    let top = support::number(&mut args, "--top")?.unwrap_or(3);
    let lines: usize = support::number(&mut args, "--lines")?.unwrap_or(8);
    let query_prefix: Option<String> = args.opt_value_from_str("--query-prefix")?;
    let document_prefix: Option<String> = args.opt_value_from_str("--document-prefix")?;
    let texts = support::texts(args, 2)?;
    let [query, folder] = texts.as_slice() else {
        return Err("give a query and a folder, see --help".into());
    };

    let mut passages = Vec::new();
    read_folder(Path::new(folder), lines.max(1), &mut passages)?;
    if passages.is_empty() {
        return Err(format!("no text files in {folder}").into());
    }
    let model = Model::load(model)?;
    let mut embedder = model
        .embedder()
        .query_prefix(query_prefix.unwrap_or_default())
        .document_prefix(document_prefix.unwrap_or_default())
        .truncate(true)
        .build()?;
    let documents: Vec<String> = passages.iter().map(|passage| passage.lines.join("\n")).collect();
    let vectors = embedder.embed(&documents)?;
    if !vectors.truncated().is_empty() {
        eprintln!("{} passages are longer than the model can see, try --lines", vectors.truncated().len());
    }
    for found in vectors.nearest(&embedder.embed_query(query)?, top)? {
        let Passage { path, start, lines } = &passages[found.index];
        println!("{}:{start}-{} {:.2}", path.display(), start + lines.len() - 1, found.score);
        for line in lines {
            println!("    {line}");
        }
    }
    Ok(())
}

/// Collects the passages of all files that are text, in the order of their names.
fn read_folder(folder: &Path, most: usize, passages: &mut Vec<Passage>) -> Outcome {
    let unreadable = |error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() {
            read_folder(&path, most, passages)?;
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            split(&path, &text, most, passages);
        }
    }
    Ok(())
}

/// Cuts a text at empty lines, and where a passage gets too long.
fn split(path: &Path, text: &str, most: usize, passages: &mut Vec<Passage>) {
    let mut open = false;
    for (start, line) in (1..).zip(text.lines()) {
        match passages.last_mut().filter(|passage| open && passage.lines.len() < most) {
            _ if line.trim().is_empty() => open = false,
            Some(passage) => passage.lines.push(line.to_owned()),
            None => {
                open = true;
                passages.push(Passage { path: path.to_owned(), start, lines: vec![line.to_owned()] });
            }
        }
    }
}
