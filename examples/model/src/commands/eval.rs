//! `eval`: asks the finished model the held-out questions, through llama.cpp.

use std::path::Path;

use default_model::{Dialogue, Split, Topic, Turn, rng::Rng};
use llama::{Grammar, Model, Sampler, Session, Special};

use crate::Outcome;

/// Neither the seed of the corpus nor that of the trainer's reports.
const SEED: u64 = 4;
const CONTEXT: u32 = 512;
const LONGEST_REPLY: usize = 200;

/// Prints the share of right replies per topic, under greedy decoding.
pub(crate) fn run(gguf: &Path, per_topic: usize, show_mistakes: bool) -> Outcome {
    let model = Model::load(gguf)?;
    // So small a model is no faster with more threads, and on a busy machine they wait for each other.
    let context = model.context_builder().n_ctx(CONTEXT).n_threads(1).n_threads_batch(1).build()?;
    let mut session = Session::new(context)?;
    let mut rng = Rng::new(SEED);
    let mut all = 0;
    for topic in Topic::ALL {
        let mut right = 0;
        for _ in 0..per_topic {
            let dialogue = Dialogue::about(&mut rng, Split::HeldOut, topic);
            let Some(turn) = dialogue.turns.last() else { continue };
            let reply = answer(&mut session, &dialogue)?;
            if turn.expect.accepts(&reply) {
                right += 1;
            } else if show_mistakes {
                println!("{topic}: {}\n  wanted {}\n  got    {reply}", turn.user, turn.reply);
            }
        }
        all += right;
        report(topic.name(), right, per_topic);
    }
    report("total", all, per_topic * Topic::ALL.len());
    Ok(())
}

fn answer(session: &mut Session, dialogue: &Dialogue) -> Outcome<String> {
    let vocab = session.model().vocab();
    let tokens = vocab.tokenize(&dialogue.prompt(), Special::Parse)?;
    let sampler = match dialogue.turns.last().and_then(Turn::grammar) {
        Some(grammar) => Sampler::builder().grammar(Grammar::new(&vocab, &grammar)?).greedy().build()?,
        None => Sampler::greedy()?,
    };
    let generation = session.generate(&tokens).sampler(sampler).max_tokens(LONGEST_REPLY);
    Ok(generation.start()?.finish()?.text)
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred questions")]
fn report(name: &str, right: usize, of: usize) {
    println!("{name:<12} {right:>5} of {of:<5} {:>6.1} %", 100.0 * right as f64 / of.max(1) as f64);
}
