//! A question about a picture: text model, projector, image.
//!
//! `cargo run --release --features multimodal --example look -- MODEL.gguf MMPROJ.gguf IMAGE "What is this?"`

use llama::multimodal::{Image, Projector, split_at_markers, unused_marker};
use llama::{Batch, ChatTemplate, Message, Model, Sampler, SeqId, Special, TemplateOptions};
use std::io::Write;

const USAGE: &str =
    "Answers a question about a picture.\n\nUsage: look MODEL.gguf MMPROJ.gguf IMAGE [QUESTION]";
const DEFAULT_QUESTION: &str = "What is in this picture?";
const MAX_TOKENS: usize = 400;

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, projector, image, question @ ..] = args.as_slice() else {
        println!("{USAGE}");
        return 0.into();
    };
    match run(model, projector, image, question.first().map_or(DEFAULT_QUESTION, String::as_str)) {
        Ok(()) => 0.into(),
        Err(error) => {
            eprintln!("error: {error}");
            1.into()
        }
    }
}

fn run(model: &str, projector: &str, image: &str, question: &str) -> Result<(), Box<dyn std::error::Error>> {
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
