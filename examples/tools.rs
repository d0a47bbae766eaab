//! A model that calls functions of this program: weather, calculator, clock.
//!
//! `cargo run --release --features tools --example tools -- "What is 6 times 7?" --model FILE.gguf`

mod support;

use llama::{Model, ReplyEvent, Tool, ToolCall, ToolResult, tool};
use pico_args::Arguments;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

const HELP: &str = "\
Answers one question with the help of three tools: weather, calculator, clock.
Calls and their arguments go to standard error, the answer to standard output.

Usage: tools [TEXT] [OPTIONS]

  -m, --model FILE  a GGUF chat model (default: the tiny model of this repository)
      --ask         ask before each call
  -h, --help        show this";

#[derive(Deserialize, JsonSchema)]
struct Place {
    /// Name of the city.
    city: String,
}

#[derive(Deserialize, JsonSchema)]
struct Calculation {
    /// Two numbers with +, -, * or / between them.
    expression: String,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

fn main() -> ExitCode {
    support::main(HELP, run)
}

fn run(mut args: Arguments) -> support::Outcome {
    let path = support::model(&mut args)?;
    let ask = args.contains("--ask");
    let text = support::texts(args, 1)?.pop().unwrap_or_else(|| "What is the weather in Lima?".to_owned());

    let model = Model::load(path)?;
    let mut chat = model.chat_builder().max_tokens(1000).temperature(0.0).build()?;
    let thoughts = |event: &ReplyEvent| {
        if let ReplyEvent::Reasoning(text) = event {
            eprint!("{text}");
        }
    };
    let answer = chat.with_tools(tools()).approve(|call| approve(call, ask)).on_event(thoughts).ask(text)?;
    Ok(writeln!(io::stdout(), "{}", answer.trim())?)
}

fn tools() -> [Tool; 3] {
    [
        tool("weather", "Current weather of a city", |place: Place| weather(&place.city)),
        tool("calculator", "Calculate an expression", |sum: Calculation| calculate(&sum.expression)),
        tool("clock", "Current time", |_: Nothing| {
            let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            Ok(format!("{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60))
        }),
    ]
}

/// A real program would ask a weather service.
fn weather(city: &str) -> ToolResult<Value> {
    match city.trim().to_lowercase().as_str() {
        "lima" => Ok(json!({"sky": "cloudy", "temperature": 18})),
        "london" => Ok(json!({"sky": "rainy", "temperature": 11})),
        _ => Err(format!("there is no weather station in {city}").into()),
    }
}

fn calculate(expression: &str) -> ToolResult<String> {
    // A minus in front belongs to the number.
    let at = expression.char_indices().skip(1).find(|(_, c)| "+-*/".contains(*c));
    let (at, operator) = at.ok_or_else(|| format!("there is no operator in \"{expression}\""))?;
    let (left, right): (f64, f64) = (expression[..at].trim().parse()?, expression[at + 1..].trim().parse()?);
    let result = match operator {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        _ if right == 0.0 => return Err("division by zero".into()),
        _ => left / right,
    };
    Ok(result.to_string())
}

fn approve(call: &ToolCall, ask: bool) -> bool {
    eprint!("[{}({})]{}", call.name, call.arguments, if ask { " allow? [y/N] " } else { "\n" });
    let mut line = String::new();
    !ask || (io::stdin().lock().read_line(&mut line).is_ok() && line.trim().eq_ignore_ascii_case("y"))
}
