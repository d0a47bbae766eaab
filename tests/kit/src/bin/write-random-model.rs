//! Writes a GGUF model with random weights: `write-random-model --shape llama-180m --type q4_k_m --out FILE`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use llama_test_kit::{RandomModel, Shape, WeightType};

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("write-random-model: {text}");
            ExitCode::FAILURE
        }
    }
}

/// The text to print, or what was wrong.
fn run(mut args: impl Iterator<Item = String>) -> Result<String, String> {
    let (mut shape, mut weights, mut out, mut seed) = (None, WeightType::F32, None, 1);
    while let Some(flag) = args.next() {
        if flag == "--help" || flag == "-h" {
            return Ok(help());
        }
        if !["--shape", "--type", "--out", "--seed"].contains(&flag.as_str()) {
            return Err(format!("unknown option '{flag}', try --help"));
        }
        let value = args.next().ok_or_else(|| format!("{flag} needs a value, try --help"))?;
        match flag.as_str() {
            "--shape" => {
                let found = Shape::by_name(&value);
                shape = Some(found.ok_or_else(|| format!("unknown shape '{value}', try --help"))?);
            }
            "--type" => weights = value.parse().map_err(|e| format!("{e}, try --help"))?,
            "--out" => out = Some(PathBuf::from(value)),
            _ => seed = value.parse().map_err(|_| format!("'{value}' is no number"))?,
        }
    }
    let shape = shape.ok_or("--shape is missing, try --help")?;
    let out = out.ok_or("--out is missing, try --help")?;
    let start = Instant::now();
    let written = RandomModel::new(shape)
        .weights(weights)
        .seed(seed)
        .write(&out)
        .map_err(|e| format!("{}: {e}", out.display()))?;
    Ok(format!(
        "{}: {} weights, {} bytes, {:.1} s",
        out.display(),
        written.weights,
        written.bytes,
        start.elapsed().as_secs_f64()
    ))
}

fn help() -> String {
    let shapes: Vec<&str> = Shape::names().collect();
    let types: Vec<&str> = WeightType::all().map(WeightType::name).collect();
    format!(
        "Writes a GGUF model with random weights: for tests of loading and decoding, and for speed,\n\
         which does not depend on what the weights are.\n\n\
         Usage: write-random-model --shape NAME --out FILE [--type TYPE] [--seed N]\n\n\
         --shape NAME  {}\n\
         --type TYPE   {} (default f32)\n\
         --out FILE    the file to write\n\
         --seed N      same seed, same file (default 1)",
        shapes.join(", "),
        types.join(", ")
    )
}
