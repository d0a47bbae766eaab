//! The loop by hand: model, template, context, batch, sampler.
//!
//! `cargo run --release --example simple -- "Tell me a story." --model FILE.gguf`

mod support;

use llama::{Batch, ChatTemplate, Message, Model, Sampler, SeqId, Special, TemplateOptions};
use pico_args::Arguments;
use std::io::Write;
use std::process::ExitCode;

const HELP: &str = "\
Answers one message.

Usage: simple [TEXT] [OPTIONS]

  -m, --model FILE  a GGUF chat model (default: the tiny model of this repository)
  -h, --help        show this";

const MAX_TOKENS: usize = 200;

fn main() -> ExitCode {
    support::main(HELP, run)
}

fn run(mut args: Arguments) -> support::Outcome {
    let path = support::model(&mut args)?;
    let text = support::texts(args, 1)?.pop().unwrap_or_else(|| "Tell me a story.".to_owned());

    let model = Model::load(path)?;
    let vocab = model.vocab();
    let mut ctx = model.context_builder().n_ctx(512).build()?;
    let mut sampler = Sampler::builder().top_k(40).top_p(0.95).temperature(0.2).seed(42).build()?;

    let template = ChatTemplate::of_model(&model)?;
    let prompt = template.render(&[Message::user(text)], &TemplateOptions::default())?.tokenize(&vocab)?;
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, &prompt).logits_for_last();

    let mut out = std::io::stdout();
    let mut decoder = vocab.decoder(Special::AsText);
    for pos in (0..).skip(prompt.len()).take(MAX_TOKENS) {
        let token = sampler.sample(ctx.decode(&batch)?.logits_last()?)?;
        if vocab.is_eog(token)? {
            break;
        }
        write!(out, "{}", decoder.push(token)?)?;
        out.flush()?;
        batch.clear().add(token, pos, &[SeqId(0)], true);
    }
    writeln!(out)?;
    Ok(())
}
