//! Options of the chat example.

use llama::ChatBuilder;
use std::str::FromStr;

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

#[derive(Default)]
pub(crate) struct Args {
    pub(crate) model: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) stats: bool,
    pub(crate) help: bool,
    system: String,
    temperature: Option<f32>,
    seed: Option<u32>,
    max_tokens: Option<usize>,
    context: Option<u32>,
    threads: Option<u32>,
}

impl Args {
    pub(crate) fn parse(mut list: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = Self::default();
        while let Some(name) = list.next() {
            let mut value = || list.next().ok_or_else(|| format!("{name} needs a value, see --help"));
            match name.as_str() {
                "-m" | "--model" => args.model = Some(value()?),
                "-p" | "--prompt" => args.prompt = Some(value()?),
                "-s" | "--system" => args.system = value()?,
                "--temperature" => args.temperature = Some(number(&name, &value()?)?),
                "--seed" => args.seed = Some(number(&name, &value()?)?),
                "--max-tokens" => args.max_tokens = Some(number(&name, &value()?)?),
                "--context" => args.context = Some(number(&name, &value()?)?),
                "--threads" => args.threads = Some(number(&name, &value()?)?),
                "--stats" => args.stats = true,
                "-h" | "--help" => args.help = true,
                _ => return Err(format!("unknown option {name}, see --help")),
            }
        }
        Ok(args)
    }

    /// The settings of the chat.
    pub(crate) fn apply(&self, mut chat: ChatBuilder) -> ChatBuilder {
        chat = chat.system(&self.system);
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

fn number<T: FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{name} needs a number in its range, not \"{text}\""))
}
