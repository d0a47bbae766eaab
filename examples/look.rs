//! A question about a picture: text model, projector, image.
//!
//! `cargo run --release --features multimodal --example look -- --help`

mod support;

use llama::multimodal::{Image, Projector, split_at_markers, unused_marker};
use llama::{Batch, ChatTemplate, Message, Model, Sampler, SeqId, Special, TemplateOptions};
use pico_args::Arguments;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Answers a question about a picture.

Usage: look IMAGE [QUESTION] --projector FILE [OPTIONS]

  -p, --projector FILE  turns pictures into what the model reads: the mmproj file that was published with it
  -m, --model FILE      a GGUF chat model (default: the tiny model of this repository, which never saw a picture)
  -h, --help            show this";

const MAX_TOKENS: usize = 400;

fn main() -> ExitCode {
    support::main(HELP, run)
}

fn run(mut args: Arguments) -> support::Outcome {
    let model = support::model(&mut args)?;
    let projector =
        args.opt_value_from_os_str(["-p", "--projector"], |path| Ok::<_, String>(PathBuf::from(path)))?;
    let texts = support::texts(args, 2)?;
    let (Some(projector), Some(image)) = (projector, texts.first()) else {
        return Err("give a picture and a projector, see --help".into());
    };
    let question = texts.get(1).map_or("What is in this picture?", String::as_str);

    let model = Model::load(model)?;
    let projector = Projector::load(&model, projector)?;
    let image = Image::decode(&std::fs::read(image)?)?;

    // The template renders text; the marker says where the picture belongs in it.
    let marker = unused_marker([question]);
    let template = ChatTemplate::of_model(&model)?;
    let message = Message::user(format!("{marker}\n{question}"));
    let rendered = template.render(&[message], &TemplateOptions::default())?;
    let parts = split_at_markers(rendered.parts(), &marker, [image.into()])?;
    let prompt = projector.tokenize(parts)?;

    let n_ctx = u32::try_from(prompt.n_tokens() + MAX_TOKENS)?;
    let mut ctx = model.context_builder().n_ctx(n_ctx).build()?;
    let mut sampler = Sampler::builder().top_k(40).top_p(0.95).temperature(0.2).seed(42).build()?;
    let (start, mut token) = {
        let done = prompt.evaluate(&mut ctx, SeqId(0), 0)?;
        (done.next_pos(), sampler.sample(done.output().logits_last()?)?)
    };
    let vocab = model.vocab();
    let mut decoder = vocab.decoder(Special::AsText);
    let mut batch = Batch::new();
    let mut out = std::io::stdout();
    for pos in (start..).take(MAX_TOKENS) {
        if vocab.is_eog(token)? {
            break;
        }
        write!(out, "{}", decoder.push(token)?)?;
        out.flush()?;
        batch.clear().add(token, pos, &[SeqId(0)], true);
        token = sampler.sample(ctx.decode(&batch)?.logits_last()?)?;
    }
    writeln!(out)?;
    Ok(())
}
