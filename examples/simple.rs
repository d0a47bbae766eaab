//! The loop by hand: model, template, context, batch, sampler.
//!
//! `cargo run --release --example simple -- "Tell me a story." FILE.gguf`

use llama::{Batch, ChatTemplate, Message, Model, Sampler, SeqId, Special, TemplateOptions};
use std::io::Write;

const DEFAULT_MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/model/llama-tiny-chat.gguf");
const DEFAULT_TEXT: &str = "Tell me a story.";
const MAX_TOKENS: usize = 200;

fn main() -> std::process::ExitCode {
    let mut args = std::env::args().skip(1);
    let text = args.next().unwrap_or_else(|| DEFAULT_TEXT.to_owned());
    if text == "-h" || text == "--help" {
        println!("Answers one message.\n\nUsage: simple [TEXT [FILE.gguf]]");
        return 0.into();
    }
    match run(&text, args.next().as_deref().unwrap_or(DEFAULT_MODEL)) {
        Ok(()) => 0.into(),
        Err(error) => {
            eprintln!("error: {error}");
            1.into()
        }
    }
}

fn run(text: &str, path: &str) -> Result<(), Box<dyn std::error::Error>> {
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
