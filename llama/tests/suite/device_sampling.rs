//! Samplers in the graph of a context choose as those outside of it do.

use crate::common::{batch, context, greedy, model, question, random};
use llama::{Batch, PenaltyParams, Sampler, SamplerBuilder, SeqId, Token};
use llama_test_kit::Arch;

/// The continuation that a sampler chooses inside the graph.
fn on_device(sampler: SamplerBuilder, prompt: &[Token], max: usize) -> Vec<Token> {
    let mut ctx = context(&model());
    ctx.sample_on_device(SeqId(0), sampler).unwrap();
    assert!(ctx.samples_on_device(SeqId(0)) && !ctx.samples_on_device(SeqId(1)));
    let mut next = batch(0, 0, prompt);
    let mut out = Vec::new();
    for pos in (0..).skip(prompt.len()).take(max) {
        let token = ctx.decode(&next).unwrap().sampled_last().unwrap().token;
        if model().vocab().is_eog(token).unwrap() {
            break;
        }
        out.push(token);
        next = batch(0, pos, &[token]);
    }
    out
}

/// The same outside of the graph.
fn on_host(sampler: SamplerBuilder, prompt: &[Token], max: usize) -> Vec<Token> {
    let mut ctx = context(&model());
    let mut sampler = sampler.build().unwrap();
    let mut next = batch(0, 0, prompt);
    let mut out = Vec::new();
    for pos in (0..).skip(prompt.len()).take(max) {
        let token = sampler.sample(ctx.decode(&next).unwrap().logits_last().unwrap()).unwrap();
        if model().vocab().is_eog(token).unwrap() {
            break;
        }
        out.push(token);
        next = batch(0, pos, &[token]);
    }
    out
}

#[test]
fn greedy_choices_are_the_same() {
    for text in ["What is the capital of France?", "Hello!", "Name three animals."] {
        let prompt = question(text);
        let expected = greedy(&mut context(&model()), 0, &prompt, 40);
        assert_eq!(on_device(Sampler::builder().greedy(), &prompt, 40), expected, "{text}");
        let filtered = Sampler::builder().top_k(40).top_p(0.9).min_p(0.05).temperature(0.7).greedy();
        assert_eq!(on_device(filtered, &prompt, 40), expected, "{text}: filters keep the best token");
        let cold = Sampler::builder().temperature(0.0).top_k(5);
        assert_eq!(on_device(cold, &prompt, 40), expected, "{text}: temperature 0");
    }
}

#[test]
fn penalties_and_biases_are_the_same() {
    let prompt = question("Hello!");
    let plain = on_host(Sampler::builder().greedy(), &prompt, 30);
    let penalties = PenaltyParams { last_n: 32, repeat: 1.6, frequency: 0.5, presence: 0.5 };
    let build = || {
        let bans = [(plain[0], f32::NEG_INFINITY), (plain[1], -2.0), (plain[1], -2.0)];
        Sampler::builder().logit_bias(&bans).penalties(penalties).greedy()
    };
    let changed = on_host(build(), &prompt, 30);
    assert_ne!(changed, plain);
    assert_eq!(on_device(build(), &prompt, 30), changed);
}

#[test]
fn the_same_seed_draws_the_same_tokens_where_no_step_reorders() {
    let prompt = question("Hello!");
    let build = || Sampler::builder().temperature(1.3).seed(11);
    assert_eq!(on_device(build(), &prompt, 30), on_host(build(), &prompt, 30));
}

#[test]
fn draws_follow_the_probabilities() {
    let (mut ctx, mut host) = (context(&model()), context(&model()));
    let prompt = question("Hello!");
    let build = || Sampler::builder().top_k(8).top_p(0.95).min_p(0.01).temperature(1.5);
    ctx.sample_on_device(SeqId(0), build().seed(3)).unwrap();
    let logits = host.decode(&batch(0, 0, &prompt)).unwrap().logits_last().unwrap().to_vec();
    let (draws, n_vocab) = (400_u16, model().n_vocab());
    let (mut device, mut cpu) = (vec![0_u16; n_vocab], vec![0_u16; n_vocab]);
    let mut chooser = build().seed(4).build().unwrap();
    ctx.decode(&batch(0, 0, &prompt)).unwrap();
    let last = i32::try_from(prompt.len()).unwrap() - 1;
    for _ in 0..draws {
        ctx.memory().seq_remove(SeqId(0), last..).unwrap();
        let output = ctx.decode(&batch(0, last, &prompt[prompt.len() - 1..])).unwrap();
        let sampled = output.sampled_last().unwrap();
        let sum: f32 = sampled.probabilities.iter().sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        assert_eq!(sampled.candidates.len(), 8);
        assert_eq!(sampled.logits.len(), 8);
        assert_eq!(sampled.probabilities.len(), 8);
        let at = sampled.candidates.iter().position(|token| *token == sampled.token).unwrap();
        assert!(sampled.probabilities[at] > 0.0, "a token that a step had removed");
        device[sampled.token.index().unwrap()] += 1;
        cpu[chooser.sample(&logits).unwrap().index().unwrap()] += 1;
    }
    // Two samples of 400: a difference of 60 has less than one chance in ten thousand.
    for (token, (a, b)) in device.iter().zip(&cpu).enumerate() {
        assert!(a.abs_diff(*b) < 60, "token {token}: {a} times on the device, {b} times on the host");
    }
}

#[test]
fn sequences_choose_where_they_are_sampled() {
    let model = model();
    let mut ctx = model.context_builder().n_ctx(512).n_seq_max(3).n_threads(1).build().unwrap();
    ctx.sample_on_device(SeqId(1), Sampler::builder().greedy()).unwrap();
    let prompt = question("Hello!");
    let mut both = Batch::new();
    both.extend(SeqId(0), 0, &prompt).logits_for_last().extend(SeqId(1), 0, &prompt).logits_for_last();
    let out = ctx.decode(&both).unwrap();
    let logits = out.logits(prompt.len() - 1).unwrap();
    let best = Sampler::greedy().unwrap().sample(logits).unwrap();
    assert_eq!(out.sampled(both.len() - 1).unwrap().token, best);
    assert!(out.logits(both.len() - 1).is_err());
    assert!(out.sampled(prompt.len() - 1).is_err());
    assert!(out.sampled(0).is_err());
    // Replaced, removed, set again.
    ctx.sample_on_device(SeqId(1), Sampler::builder().logit_bias(&[(best, f32::NEG_INFINITY)]).greedy())
        .unwrap();
    ctx.memory().clear(false).unwrap();
    let other = ctx.decode(&both).unwrap().sampled_last().unwrap().token;
    assert_ne!(other, best);
    ctx.sample_on_host(SeqId(1)).unwrap();
    ctx.sample_on_host(SeqId(1)).unwrap();
    ctx.memory().clear(false).unwrap();
    assert_eq!(
        Sampler::greedy().unwrap().sample(ctx.decode(&both).unwrap().logits_last().unwrap()),
        Ok(best)
    );
    ctx.sample_on_device(SeqId(1), Sampler::builder().greedy()).unwrap();
    ctx.memory().clear(false).unwrap();
    assert_eq!(ctx.decode(&both).unwrap().sampled_last().unwrap().token, best);
}

#[test]
fn pieces_of_a_long_batch_keep_what_was_sampled() {
    let model = model();
    let mut ctx = model.context_builder().n_ctx(512).n_seq_max(2).n_batch(8).n_threads(1).build().unwrap();
    for seq in [0, 1] {
        ctx.sample_on_device(SeqId(seq), Sampler::builder().top_k(3).seed(5)).unwrap();
    }
    let prompt = question("Hello!");
    let mut both = Batch::new();
    both.extend(SeqId(0), 0, &prompt).logits_for_last().extend(SeqId(1), 0, &prompt).logits_for_last();
    let out = ctx.decode(&both).unwrap();
    for index in [prompt.len() - 1, both.len() - 1] {
        let sampled = out.sampled(index).unwrap();
        assert_eq!(sampled.candidates.len(), 3);
        assert!(sampled.candidates.contains(&sampled.token));
    }
    let sorted = |index| {
        let mut tokens = out.sampled(index).unwrap().candidates.to_vec();
        tokens.sort();
        tokens
    };
    assert_eq!(sorted(prompt.len() - 1), sorted(both.len() - 1), "the same text, the same candidates");
}

#[test]
fn resetting_draws_again() {
    let model = random(Arch::Qwen2);
    let mut ctx = context(&model);
    ctx.sample_on_device(SeqId(0), Sampler::builder().seed(9)).unwrap();
    let draw = |ctx: &mut llama::Context| {
        ctx.memory().clear(false).unwrap();
        ctx.decode(&batch(0, 0, &[Token(5), Token(9)])).unwrap().sampled_last().unwrap().token
    };
    let first: Vec<_> = (0..8).map(|_| draw(&mut ctx)).collect();
    assert!(first.iter().any(|token| *token != first[0]), "{first:?}");
    ctx.reset_on_device(SeqId(0)).unwrap();
    let second: Vec<_> = (0..8).map(|_| draw(&mut ctx)).collect();
    assert_eq!(first, second);
}
