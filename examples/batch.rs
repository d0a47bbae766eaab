//! Several answers to one question, computed side by side: one context, many sequences, one shared prompt.
//!
//! `cargo run --release --example batch -- "Tell me a story." --answers 8`

mod support;

use llama::{Batch, ChatTemplate, Message, Model, Sampler, SeqId, Special, TemplateOptions, TokenDecoder};
use pico_args::Arguments;
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "\
Answers one message several times, all answers side by side. The prompt is computed once.

Usage: batch [TEXT] [OPTIONS]

  -m, --model FILE    a GGUF chat model (default: the tiny model of this repository)
      --answers N     how many answers (default 4)
      --max-tokens N  longest answer, in tokens (default 100)
      --seed N        seed of the first answer (default 1); the others count up
  -h, --help          show this";

/// One of the answers.
struct Answer {
    seq: SeqId,
    sampler: Sampler,
    decoder: TokenDecoder,
    text: String,
}

fn main() -> ExitCode {
    support::main(HELP, run)
}

fn run(mut args: Arguments) -> support::Outcome {
    let path = support::model(&mut args)?;
    let count = support::number(&mut args, "--answers")?.unwrap_or(4_u32);
    let max_tokens = support::number(&mut args, "--max-tokens")?.unwrap_or(100_u32);
    let seed = support::number(&mut args, "--seed")?.unwrap_or(1_u32);
    let text = support::texts(args, 1)?.pop().unwrap_or_else(|| "Tell me a story.".to_owned());

    let model = Model::load(path)?;
    let vocab = model.vocab();
    let template = ChatTemplate::of_model(&model)?;
    let prompt = template.render(&[Message::user(text)], &TemplateOptions::default())?.tokenize(&vocab)?;
    let n_prompt = u32::try_from(prompt.len())?;
    // The memory is shared, so the prompt is in it only once.
    let n_ctx = count.saturating_mul(max_tokens).saturating_add(n_prompt);
    let mut ctx = model.context_builder().n_ctx(n_ctx).n_seq_max(count).kv_unified(true).build()?;

    let seqs: Vec<SeqId> = (0..i32::try_from(count)?).map(SeqId).collect();
    let mut answers = Vec::new();
    for (&seq, seed) in seqs.iter().zip(seed..) {
        let sampler = Sampler::builder().top_k(40).top_p(0.95).temperature(1.0).seed(seed).build()?;
        answers.push(Answer { seq, sampler, decoder: vocab.decoder(Special::AsText), text: String::new() });
    }
    // Each token of the prompt belongs to all sequences, so it is computed and kept once.
    let mut batch = Batch::new();
    for (pos, &token) in (0..).zip(&prompt) {
        batch.add(token, pos, &seqs, false);
    }
    batch.logits_for_last();

    // The answers that go on, each with the entry of the batch that has its logits.
    let mut running: Vec<(usize, usize)> =
        (0..answers.len()).map(|index| (index, prompt.len() - 1)).collect();
    let (start, mut generated) = (Instant::now(), 0);
    for pos in (0..).skip(prompt.len()).take(max_tokens as usize) {
        let output = ctx.decode(&batch)?;
        batch.clear();
        let mut going_on = Vec::new();
        for (index, entry) in running {
            let answer = &mut answers[index];
            let token = answer.sampler.sample(output.logits(entry)?)?;
            if !vocab.is_eog(token)? {
                answer.text.push_str(answer.decoder.push(token)?);
                going_on.push((index, batch.len()));
                batch.add(token, pos, &[answer.seq], true);
            }
        }
        running = going_on;
        generated += running.len();
        if running.is_empty() {
            break;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    for answer in &answers {
        println!("{}. {}", answer.seq.0 + 1, answer.text.trim());
    }
    eprintln!("[{generated} tokens in {seconds:.2} s]");
    Ok(())
}
