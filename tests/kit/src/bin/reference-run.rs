//! Prints what the safe crate computes for each prompt, in the words of `tests/reference/reference.cpp`.

use std::process::ExitCode;

use llama::{Batch, Model, Sampler, SeqId, Special, Token};

const N_PREDICT: usize = 48;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((model, prompts)) = args.split_first() else {
        eprintln!("usage: reference-run MODEL PROMPT...");
        return ExitCode::FAILURE;
    };
    match Model::load(model).and_then(|model| prompts.iter().try_for_each(|text| report(&model, text))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reference-run: {error}");
            ExitCode::FAILURE
        }
    }
}

fn report(model: &Model, text: &str) -> llama::Result<()> {
    let prompt = model.vocab().tokenize(text, Special::Parse)?;
    print("prompt", &prompt);
    let mut hash = 0xcbf2_9ce4_8422_2325;
    print("greedy", &run(model, &prompt, Sampler::greedy()?, &mut hash)?);
    println!("logits {hash:016x}");
    let chain = Sampler::builder().top_k(40).top_p(0.95).temperature(1.2).seed(42).build()?;
    print("drawn", &run(model, &prompt, chain, &mut hash)?);
    Ok(())
}

fn print(what: &str, tokens: &[Token]) {
    let tokens: Vec<String> = tokens.iter().map(|token| format!(" {token}")).collect();
    println!("{what}{}", tokens.concat());
}

fn run(model: &Model, prompt: &[Token], mut sampler: Sampler, hash: &mut u64) -> llama::Result<Vec<Token>> {
    let mut ctx = model.context_builder().n_ctx(512).n_threads(1).build()?;
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, prompt).logits_for_last();
    let mut out = Vec::new();
    for pos in (0..).skip(prompt.len()).take(N_PREDICT) {
        let logits = ctx.decode(&batch)?.logits_last()?;
        *hash = logits.iter().flat_map(|logit| logit.to_le_bytes()).fold(*hash, fnv);
        let token = sampler.sample(logits)?;
        if model.vocab().is_eog(token)? {
            break;
        }
        out.push(token);
        batch.clear().add(token, pos, &[SeqId(0)], true);
    }
    Ok(out)
}

/// One step of FNV-1a.
fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
}
