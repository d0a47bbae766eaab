//! Typed answers: the reply of a model as a value of a Rust type, and decisions as probabilities.
//!
//! `cargo run --release --features structured --example structured -- --help`

mod support;

use llama::Model;
use pico_args::Arguments;
use schemars::JsonSchema;
use serde::Deserialize;
use std::process::ExitCode;

const HELP: &str = "\
Asks a language model about a city and prints the answer, which is a value of a Rust type.

Usage: structured [CITY] [OPTIONS]

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

fn main() -> ExitCode {
    support::main(HELP, run)
}

fn run(mut args: Arguments) -> support::Outcome {
    let path = support::model(&mut args)?;
    let seed = support::number(&mut args, "--seed")?;
    let city = support::texts(args, 1)?.pop().unwrap_or_else(|| "Paris".to_owned());

    let mut chat = Model::load(path)?.chat_builder().system("You answer in JSON.");
    if let Some(seed) = seed {
        chat = chat.seed(seed);
    }
    let mut chat = chat.build()?;
    let city: City = chat.ask_for(format!("Describe {city}."))?;
    let City { name, country, continent, is_capital, inhabitants } = &city;
    println!("{name} in {country}, {continent:?}; capital: {is_capital}; inhabitants: {inhabitants:?}");

    // The history stays as it is; nothing is drawn at random and no text is parsed.
    let big = chat.yes_no(format!("Is {name} a big city?"))?;
    for outcome in big.ranked() {
        println!("{:<4}{:.0}%", outcome.text, 100.0 * outcome.probability);
    }
    Ok(())
}
