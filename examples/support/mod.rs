//! What the examples share: how they read options and how they end.
#![allow(dead_code, reason = "each example uses a part of it")]

use pico_args::Arguments;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Runs an example: its work, or its help; what goes wrong is said in one line.
pub(crate) fn main(help: &str, run: impl FnOnce(Arguments) -> Outcome) -> ExitCode {
    let mut args = Arguments::from_env();
    let result = if args.contains(["-h", "--help"]) {
        writeln!(io::stdout(), "{help}").map_err(Into::into)
    } else {
        run(args)
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output has seen enough.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", one_line(&*error));
            ExitCode::FAILURE
        }
    }
}

/// The file of `--model`, or the model of this repository.
pub(crate) fn model(args: &mut Arguments) -> Outcome<PathBuf> {
    let given = args.opt_value_from_os_str(["-m", "--model"], |path| Ok::<_, String>(PathBuf::from(path)));
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/model/llama-tiny-chat.gguf");
    Ok(given?.unwrap_or_else(|| default.into()))
}

/// The number behind an option.
pub(crate) fn number<T: FromStr>(args: &mut Arguments, option: &'static str) -> Outcome<Option<T>> {
    let Some(text) = args.opt_value_from_str::<_, String>(option)? else { return Ok(None) };
    let number = text.parse().map_err(|_| format!("{option} needs a number in its range, not \"{text}\""))?;
    Ok(Some(number))
}

/// What is left once all options are read: at most `most` texts.
pub(crate) fn texts(args: Arguments, most: usize) -> Outcome<Vec<String>> {
    let texts: Vec<String> =
        args.finish().into_iter().map(|text| text.to_string_lossy().into_owned()).collect();
    if let Some(option) = texts.iter().find(|text| text.starts_with('-') && text.len() > 1) {
        return Err(format!("unexpected option {option}, see --help").into());
    }
    match texts.get(most) {
        Some(extra) => Err(format!("unexpected argument {extra}, see --help").into()),
        None => Ok(texts),
    }
}

pub(crate) fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

pub(crate) fn one_line(error: &(dyn Error + 'static)) -> String {
    let text = match error.downcast_ref() {
        Some(pico_args::Error::OptionWithoutAValue(option)) => format!("{option} needs a value, see --help"),
        _ => error.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
