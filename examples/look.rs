//! A conversation about pictures and recordings: text model, projector, file.
//!
//! `cargo run --release --features multimodal --example look -- MODEL.gguf MMPROJ.gguf IMAGE "What is this?"`

use llama::multimodal::{Audio, Image, Media, Projector};
use llama::{Chat, Message, Model, Sampler};
use std::error::Error;
use std::io::{self, IsTerminal, Write};

const USAGE: &str = "\
Answers questions about a picture or a recording: first the one given, then those that it reads, line by line.

Usage: look MODEL.gguf MMPROJ.gguf FILE [QUESTION]

A line \"/look FILE\" adds another picture or recording to the next question.";
const DEFAULT_QUESTION: &str = "What is this?";
const MAX_TOKENS: usize = 400;

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, projector, file, question @ ..] = args.as_slice() else {
        println!("{USAGE}");
        return 0.into();
    };
    match run(model, projector, file, question.first().map_or(DEFAULT_QUESTION, String::as_str)) {
        Ok(()) => 0.into(),
        Err(error) => {
            eprintln!("error: {error}");
            1.into()
        }
    }
}

fn run(model: &str, projector: &str, file: &str, question: &str) -> Result<(), Box<dyn Error>> {
    let model = Model::load(model)?;
    let projector = Projector::load(&model, projector)?;
    let first = Message::user("").with_media(look_at(file, &projector)?).with_text(question);

    let sampler = Sampler::builder().top_k(40).top_p(0.95).temperature(0.2).seed(42).build()?;
    let mut chat =
        model.chat_builder().projector(&projector).sampler(sampler).max_tokens(MAX_TOKENS).build()?;
    answer(&mut chat, first)?;

    let mut next = Message::user("");
    prompt();
    for line in io::stdin().lines() {
        let line = line?;
        match line.trim().strip_prefix("/look ") {
            Some(file) => match look_at(file.trim(), &projector) {
                Ok(media) => next = next.with_media(media),
                Err(error) => eprintln!("error: {error}"),
            },
            None if line.trim().is_empty() => {}
            None => answer(&mut chat, std::mem::replace(&mut next, Message::user("")).with_text(line))?,
        }
        prompt();
    }
    Ok(())
}

/// What is in a file: a picture, or a recording where the model takes them.
fn look_at(file: &str, projector: &Projector) -> Result<Media, Box<dyn Error>> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let recording = projector.sample_rate().and_then(|rate| Audio::decode(&bytes, rate).ok());
    match recording {
        Some(audio) => Ok(audio.into()),
        None => Ok(Image::decode(&bytes)?.into()),
    }
}

/// Prints the reply while it comes. What the model has seen stays in its memory for the next question.
fn answer(chat: &mut Chat, message: Message) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    for piece in chat.send(message)? {
        write!(out, "{}", piece?)?;
        out.flush()?;
    }
    Ok(writeln!(out)?)
}

fn prompt() {
    if io::stdin().is_terminal() {
        eprint!("> ");
    }
}
