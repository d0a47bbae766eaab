//! Options of the chat example.

use crate::support::{self, Outcome, number};
use llama::ChatBuilder;
use pico_args::Arguments;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Chats with a language model. Reads lines from the terminal, or from a pipe without printing prompts.

Usage: chat [OPTIONS]

  -p, --prompt TEXT    answer this once and exit
  -m, --model FILE     a GGUF chat model (default: the tiny model of this repository)
  -s, --system TEXT    instructions to the model
      --temperature N  0 always takes the most likely token (default: what the model recommends)
      --seed N         the same seed gives the same answers
      --max-tokens N   longest answer, in tokens
      --context N      tokens of conversation that the model can see
      --threads N      processor threads to compute with
      --stats          show token speed after each answer
  -h, --help           show this";

pub(crate) struct Args {
    pub(crate) model: PathBuf,
    pub(crate) prompt: Option<String>,
    pub(crate) stats: bool,
    system: Option<String>,
    temperature: Option<f32>,
    seed: Option<u32>,
    max_tokens: Option<usize>,
    context: Option<u32>,
    threads: Option<u32>,
}

impl Args {
    pub(crate) fn read(mut args: Arguments) -> Outcome<Self> {
        let read = Self {
            model: support::model(&mut args)?,
            prompt: args.opt_value_from_str(["-p", "--prompt"])?,
            stats: args.contains("--stats"),
            system: args.opt_value_from_str(["-s", "--system"])?,
            temperature: number(&mut args, "--temperature")?,
            seed: number(&mut args, "--seed")?,
            max_tokens: number(&mut args, "--max-tokens")?,
            context: number(&mut args, "--context")?,
            threads: number(&mut args, "--threads")?,
        };
        support::texts(args, 0)?;
        Ok(read)
    }

    /// The settings of the chat.
    pub(crate) fn apply(&self, mut chat: ChatBuilder) -> ChatBuilder {
        if let Some(system) = &self.system {
            chat = chat.system(system);
        }
        if let Some(temperature) = self.temperature {
            chat = chat.temperature(temperature);
        }
        if let Some(seed) = self.seed {
            chat = chat.seed(seed);
        }
        if let Some(tokens) = self.max_tokens {
            chat = chat.max_tokens(tokens);
        }
        if let Some(tokens) = self.context {
            chat = chat.context(tokens);
        }
        if let Some(threads) = self.threads {
            chat = chat.n_threads(threads);
        }
        chat
    }
}
