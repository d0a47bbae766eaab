//! Writes the text that belongs between two others.
//!
//! `cargo run --release --example infill -- "def add(a, b):\n    return " "\n" --model FILE.gguf`

mod support;

use llama::{Model, Session};
use pico_args::Arguments;
use std::io::Write;
use std::process::ExitCode;

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

fn main() -> ExitCode {
    support::main(HELP, run)
}

fn run(mut args: Arguments) -> support::Outcome {
    let path = support::model(&mut args)?;
    let files: Vec<String> = args.values_from_str("--file")?;
    let max_tokens = support::number(&mut args, "--max-tokens")?.unwrap_or(64);
    let gap_only = args.contains("--gap-only");
    let texts: Vec<String> =
        support::texts(args, 2)?.into_iter().map(|text| text.replace("\\n", "\n")).collect();
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
