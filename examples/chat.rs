//! A chat in the terminal, on the model that comes with this repository or on any other chat model.
//!
//! `cargo run --release --example chat -- --help`

#[path = "chat/args.rs"]
mod args;
mod support;

use args::Args;
use llama::{CancelToken, Chat, Completion, Model};
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{Outcome, is_broken_pipe, one_line};

const COMMANDS: &str = "\
/stats  token speed of the last answer
/clear  start a new conversation
/help   this list
/exit   leave (also Ctrl-D; Ctrl-C stops the answer, a second one leaves)";

type Ask<'a> = &'a mut dyn FnMut(&mut Chat, &str) -> Outcome<Completion>;

fn main() -> ExitCode {
    support::main(args::HELP, |args| run(&Args::read(args)?))
}

fn run(args: &Args) -> Outcome {
    let model = Model::load(&args.model)?;
    let mut chat = args.apply(model.chat_builder()).build()?;
    let answering = stop_on_ctrl_c(chat.cancel_token())?;
    let mut ask = |chat: &mut Chat, text: &str| {
        answering.store(true, Ordering::Release);
        let done = answer(chat, text);
        answering.store(false, Ordering::Release);
        if let (true, Ok(done)) = (args.stats, &done) {
            eprintln!("{}", stats(done));
        }
        done
    };
    match &args.prompt {
        Some(prompt) => ask(&mut chat, prompt).map(drop),
        None => converse(&mut chat, &mut ask),
    }
}

fn converse(chat: &mut Chat, ask: Ask<'_>) -> Outcome {
    let interactive = io::stdin().is_terminal();
    let mut last = None;
    if interactive {
        let model = chat.model();
        let name = model.metadata().get("general.name")?;
        let name = name.as_deref().unwrap_or(model.description());
        eprintln!("Chatting with {name}. /help lists the commands.");
    }
    loop {
        if interactive {
            eprint!("> ");
        }
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(());
        }
        match line.trim() {
            "" => {}
            "/exit" | "/quit" => return Ok(()),
            "/help" => eprintln!("{COMMANDS}"),
            "/clear" => chat.clear(),
            "/stats" => eprintln!("{}", last.as_ref().map_or("no answer yet".to_owned(), stats)),
            text => match ask(chat, text) {
                Ok(done) => last = Some(done),
                // A message that is too long, for example: the conversation can go on.
                Err(error) if interactive && !is_broken_pipe(&*error) => eprintln!("{}", one_line(&*error)),
                Err(error) => return Err(error),
            },
        }
    }
}

/// Prints an answer while it is generated.
fn answer(chat: &mut Chat, text: &str) -> Outcome<Completion> {
    let mut out = io::stdout();
    let mut reply = chat.send(text)?;
    for piece in &mut reply {
        write!(out, "{}", piece?)?;
        out.flush()?;
    }
    let done = reply.finish()?;
    writeln!(out)?;
    if !done.stop.is_complete() {
        eprintln!("[{}]", done.stop);
    }
    Ok(done)
}

fn stats(done: &Completion) -> String {
    let (usage, timings) = (done.usage, done.timings);
    format!(
        "[{} tokens, {:.1} per second; prompt of {} tokens, {} reused, {:.1} per second; {}]",
        usage.generated,
        timings.generation_rate(),
        usage.prompt,
        usage.reused,
        timings.prompt_rate(),
        done.stop
    )
}

/// Ctrl-C stops the answer; when there is none to stop, it ends the program.
fn stop_on_ctrl_c(token: CancelToken) -> Outcome<Arc<AtomicBool>> {
    let answering = Arc::new(AtomicBool::new(false));
    let flag = answering.clone();
    ctrlc::set_handler(move || {
        if flag.swap(false, Ordering::AcqRel) {
            token.cancel();
        } else {
            std::process::exit(130);
        }
    })?;
    Ok(answering)
}
