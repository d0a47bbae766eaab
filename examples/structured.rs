//! Typed answers: the reply of a model as a value of a Rust type, and decisions as probabilities.
//!
//! `cargo run --release --features structured --example structured -- --help`

use llama::{Error, Model};
use schemars::JsonSchema;
use serde::Deserialize;
use std::process::ExitCode;

const DEFAULT_MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/model/llama-tiny-chat.gguf");

const HELP: &str = "\
Asks a language model about a city and prints the answer, which is a value of a Rust type.

Usage: structured [OPTIONS] [CITY]

  -m, --model FILE  a GGUF chat model (default: the tiny model of this repository, which knows
                    the form of an answer but little about cities)
      --seed N      the same seed gives the same answer
  -h, --help        show this";

/// What the answer looks like. The model can write nothing else.
#[derive(Deserialize, JsonSchema)]
struct City {
    #[schemars(length(max = 40))]
    name: String,
    #[schemars(length(max = 40))]
    country: String,
    continent: Continent,
    is_capital: bool,
    inhabitants: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
enum Continent {
    Africa,
    America,
    Asia,
    Australia,
    Europe,
}

struct Args {
    model: String,
    seed: Option<u32>,
    city: String,
}

/// The options; `None` when help is asked for.
fn parse(mut list: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
    let mut args = Args { model: DEFAULT_MODEL.to_owned(), seed: None, city: "Paris".to_owned() };
    while let Some(arg) = list.next() {
        let mut value = || list.next().ok_or_else(|| format!("{arg} needs a value, see --help"));
        match arg.as_str() {
            "-h" | "--help" => return Ok(None),
            "-m" | "--model" => args.model = value()?,
            "--seed" => {
                let text = value()?;
                args.seed = Some(text.parse().map_err(|_| format!("--seed needs a number, not \"{text}\""))?);
            }
            option if option.starts_with('-') => return Err(format!("unknown option {option}, see --help")),
            _ => args.city = arg,
        }
    }
    Ok(Some(args))
}

fn main() -> ExitCode {
    let list = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    let result = match parse(list) {
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Some(args)) => run(&args).map_err(|error| error.to_string()),
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.split_whitespace().collect::<Vec<_>>().join(" "));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    let model = Model::load(&args.model)?;
    let mut chat = model.chat_builder().system("You answer in JSON.");
    if let Some(seed) = args.seed {
        chat = chat.seed(seed);
    }
    let mut chat = chat.build()?;
    let city: City = chat.ask_for(format!("Describe {}.", args.city))?;
    let City { name, country, continent, is_capital, inhabitants } = &city;
    println!("{name} in {country}, {continent:?}; capital: {is_capital}; inhabitants: {inhabitants:?}");

    // The history stays as it is; nothing is drawn at random and no text is parsed.
    let big = chat.yes_no(format!("Is {name} a big city?"))?;
    for outcome in big.ranked() {
        println!("{:<4}{:.0}%", outcome.text, 100.0 * outcome.probability);
    }
    Ok(())
}
