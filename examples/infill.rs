//! Writes the text that belongs between two others.
//!
//! `cargo run --release --example infill -- "def add(a, b):\n    return " "\n" --model FILE.gguf`

use llama::{Model, Session};
use std::error::Error;
use std::io::Write;

const DEFAULT_MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/model/llama-tiny-chat.gguf");
/// Tokens of the context.
const CONTEXT: u32 = 2048;

const HELP: &str = "\
Writes what belongs between two texts: prefix, gap and suffix. \\n in them is a line break.

Usage: infill PREFIX SUFFIX [OPTIONS]

  -m, --model FILE    a GGUF model that was trained to fill gaps (default: the tiny model of this repository)
      --file FILE     another file that the model should see; may be given several times
      --max-tokens N  longest gap, in tokens (default 64)
      --gap-only      print the gap without the two texts
  -h, --help          show this";

fn main() -> std::process::ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => 0.into(),
        Err(error) => {
            eprintln!("error: {error}");
            1.into()
        }
    }
}

fn run(mut args: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let (mut path, mut max_tokens, mut gap_only) = (DEFAULT_MODEL.to_owned(), 64, false);
    let (mut files, mut texts) = (Vec::new(), Vec::new());
    while let Some(name) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{name} needs a value, see --help"));
        match name.as_str() {
            "-h" | "--help" => {
                println!("{HELP}");
                return Ok(());
            }
            "-m" | "--model" => path = value()?,
            "--file" => files.push(value()?),
            "--max-tokens" => {
                let text = value()?;
                max_tokens = text.parse().map_err(|_| format!("{name} needs a number, not \"{text}\""))?;
            }
            "--gap-only" => gap_only = true,
            _ if name.starts_with('-') && name.len() > 1 => {
                return Err(format!("unknown option {name}, see --help").into());
            }
            _ => texts.push(name.replace("\\n", "\n")),
        }
    }
    let [prefix, suffix] = texts.as_slice() else {
        return Err("give a prefix and a suffix, see --help".into());
    };

    let model = Model::load(path)?;
    let mut session = Session::new(model.context_builder().n_ctx(CONTEXT).build()?)?;
    let room = session.capacity().saturating_sub(max_tokens);
    let mut builder = model.infill(prefix, suffix).budget(room);
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
        builder = builder.file(file, text);
    }
    let gap = builder.build()?;
    if gap.cut_prefix + gap.cut_suffix + gap.cut_files > 0 {
        eprintln!(
            "[left out: {} tokens of the prefix, {} of the suffix, {} files]",
            gap.cut_prefix, gap.cut_suffix, gap.cut_files
        );
    }

    let (before, behind) = if gap_only { ("", "") } else { (prefix.as_str(), suffix.as_str()) };
    let mut out = std::io::stdout();
    write!(out, "{before}")?;
    let mut text = session.infill(&gap)?.max_tokens(max_tokens).start()?;
    for piece in &mut text {
        write!(out, "{}", piece?)?;
        out.flush()?;
    }
    writeln!(out, "{behind}")?;
    Ok(())
}
