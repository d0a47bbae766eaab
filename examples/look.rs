//! A conversation about pictures and recordings: text model, projector, file.
//!
//! `cargo run --release --features multimodal --example look -- --help`

mod support;

use llama::multimodal::{Audio, Image, Media, Projector};
use llama::{Chat, Message, Sampler};
use pico_args::Arguments;
use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Answers questions about a picture or a recording: first the one given, then those that it reads, line by line.

Usage: look FILE [QUESTION] --projector FILE [OPTIONS]

  -p, --projector FILE  turns media into what the model reads: the mmproj file that was published with it
  -m, --model FILE      a GGUF chat model (default: the tiny model of this repository, which never saw a picture)
  -h, --help            show this

A line \"/look FILE\" adds another picture or recording to the next question.";

const MAX_TOKENS: usize = 400;

fn main() -> ExitCode {
    support::main(HELP, run)
}

fn run(mut args: Arguments) -> support::Outcome {
    let model = support::model(&mut args)?;
    let projector =
        args.opt_value_from_os_str(["-p", "--projector"], |path| Ok::<_, String>(PathBuf::from(path)))?;
    let texts = support::texts(args, 2)?;
    let (Some(projector), Some(file)) = (projector, texts.first()) else {
        return Err("give a picture or a recording and a projector, see --help".into());
    };
    let question = texts.get(1).map_or("What is this?", String::as_str);

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
