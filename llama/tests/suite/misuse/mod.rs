//! Every public function with bad arguments: each must end in the error that says so, leave the process alive,
//! and leave the objects usable for the next correct call.
//!
//! The rows run in a process of their own, so that one that kills it is counted and named instead of taking the
//! other tests along.

#![allow(clippy::too_many_lines, clippy::type_complexity, reason = "these are tables")]

#[cfg(feature = "dynamic-backends")]
mod backends;
mod chat;
mod context;
mod coverage;
mod device;
mod embed;
mod gguf;
#[cfg(feature = "tokenizers")]
mod hf;
#[cfg(feature = "multimodal")]
mod media;
mod memory;
pub(crate) mod model;
mod quantize;
#[cfg(feature = "rpc")]
mod rpc;
mod sampler;
mod session;
mod state;
mod structured;
mod subjects;
#[cfg(feature = "tools")]
mod tools;
mod train;
mod vocab;

use llama::Error;
use std::process::Command;
use subjects::Subjects;

/// Bad arguments for one function: the function and what is bad, and the variant of [`Error`] it ends in.
struct Row {
    what: String,
    variant: &'static str,
    run: Box<dyn Fn(&mut Subjects) -> Result<(), Error>>,
}

impl Row {
    fn new(
        what: impl Into<String>,
        variant: &'static str,
        run: impl Fn(&mut Subjects) -> Result<(), Error> + 'static,
    ) -> Self {
        Self { what: what.into(), variant, run: Box::new(run) }
    }

    /// What is wrong with how the row ended, if anything.
    fn problem(&self, result: Result<(), Error>) -> Option<String> {
        let Err(error) = result else { return Some("accepted".to_owned()) };
        let words = format!("{error:?}");
        let variant: String = words.chars().take_while(char::is_ascii_alphanumeric).collect();
        if variant != self.variant {
            return Some(format!("ended as {variant}, not {}: {error}", self.variant));
        }
        words.contains("GGML_ASSERT").then(|| format!("only the net caught it: {error}"))
    }
}

macro_rules! rows {
    ($($what:literal => $variant:ident, $run:expr;)*) => {
        vec![$(crate::misuse::Row::new($what, stringify!($variant), $run)),*]
    };
}
use rows;

/// Token ids that no vocabulary has.
const BAD_TOKENS: [i32; 4] = [-1, i32::MIN, 1 << 30, i32::MAX];

/// Sequences that a context with two does not have.
const BAD_SEQUENCES: [i32; 4] = [-1, i32::MIN, 2, i32::MAX];

fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(context::rows());
    rows.extend(device::rows());
    rows.extend(memory::rows());
    rows.extend(state::rows());
    rows.extend(vocab::rows());
    rows.extend(sampler::rows());
    rows.extend(session::rows());
    rows.extend(chat::rows());
    rows.extend(structured::rows());
    #[cfg(feature = "tools")]
    rows.extend(tools::rows());
    #[cfg(feature = "multimodal")]
    rows.extend(media::rows());
    rows.extend(embed::rows());
    rows.extend(gguf::rows());
    #[cfg(feature = "tokenizers")]
    rows.extend(hf::rows());
    #[cfg(feature = "rpc")]
    rows.extend(rpc::rows());
    rows.extend(model::rows());
    rows.extend(quantize::rows());
    #[cfg(feature = "dynamic-backends")]
    rows.extend(backends::rows());
    rows.extend(train::rows());
    rows
}

/// Names the row that the child process starts with.
const FIRST: &str = "LLAMA_TEST_MISUSE_FIRST";
const STARTS: &str = "misuse starts ";
const WRONG: &str = "misuse wrong ";
const ENDS: &str = "misuse ends";

/// Run by the test below in a process of its own.
#[test]
fn rows_in_order() {
    let Ok(first) = std::env::var(FIRST) else { return };
    let mut subjects = Subjects::new();
    subjects.still_work();
    for (index, row) in all().iter().enumerate().skip(first.parse().unwrap()) {
        println!("\n{STARTS}{index}");
        if let Some(problem) = row.problem((row.run)(&mut subjects)) {
            println!("\n{WRONG}{}: {problem}", row.what);
        }
        subjects.still_work();
    }
    println!("\n{ENDS}");
}

#[test]
fn every_misuse_is_an_error_and_the_next_call_works() {
    let rows = all();
    let (mut first, mut deaths, mut wrong) = (0, Vec::new(), Vec::new());
    while first < rows.len() {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["misuse::rows_in_order", "--exact", "--nocapture"])
            .env(FIRST, first.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&child.stdout);
        wrong.extend(text.lines().filter_map(|line| line.strip_prefix(WRONG)).map(str::to_owned));
        if text.lines().any(|line| line == ENDS) {
            break;
        }
        let started = text.lines().filter_map(|line| line.strip_prefix(STARTS)).next_back();
        let last: usize = started.unwrap_or_else(|| panic!("no row began: {child:?}")).parse().unwrap();
        let words = String::from_utf8_lossy(&child.stderr);
        deaths.push(format!("{} ({}): {}", rows[last].what, child.status, words.trim()));
        first = last + 1;
    }
    println!("misuse table: {} rows, {} deaths", rows.len(), deaths.len());
    assert!(deaths.is_empty(), "rows that ended the process:\n{}", deaths.join("\n"));
    assert!(wrong.is_empty(), "rows that ended otherwise:\n{}", wrong.join("\n"));
}
