//! Several contexts of one model at the same time.

use crate::common::{context, greedy, model, question};
use llama::Token;

const QUESTIONS: [&str; 4] = [
    "What is the capital of France?",
    "What is the opposite of hot?",
    "What comes after Monday?",
    "What is 7 + 8?",
];

#[test]
fn threads_get_the_tokens_that_they_get_alone() {
    let model = model();
    let alone: Vec<Vec<Token>> =
        QUESTIONS.iter().map(|q| greedy(&mut context(&model), 0, &question(q), 20)).collect();
    for round in 0..3 {
        let workers: Vec<_> = QUESTIONS
            .map(|text| {
                let model = model.clone();
                std::thread::spawn(move || greedy(&mut context(&model), 0, &question(text), 20))
            })
            .into_iter()
            .collect();
        for (worker, expected) in workers.into_iter().zip(&alone) {
            assert_eq!(&worker.join().unwrap(), expected, "round {round}");
        }
    }
}

#[test]
fn a_context_moves_between_threads() {
    let model = model();
    let expected = greedy(&mut context(&model), 0, &question(QUESTIONS[0]), 20);
    let mut ctx = context(&model);
    drop(model);
    for _ in 0..3 {
        let worker = std::thread::spawn(move || {
            let tokens = greedy(&mut ctx, 0, &question(QUESTIONS[0]), 20);
            ctx.memory().clear(true).unwrap();
            (ctx, tokens)
        });
        let tokens;
        (ctx, tokens) = worker.join().unwrap();
        assert_eq!(tokens, expected);
    }
}

#[test]
fn the_number_of_threads_does_not_change_the_answer() {
    let model = model();
    let expected = greedy(&mut context(&model), 0, &question(QUESTIONS[0]), 20);
    for (single, many) in [(1, 2), (2, 1), (2, 2)] {
        let mut ctx =
            model.context_builder().n_ctx(512).n_threads(single).n_threads_batch(many).build().unwrap();
        assert_eq!(greedy(&mut ctx, 0, &question(QUESTIONS[0]), 20), expected, "{single}, {many}");
    }
}

#[test]
fn models_load_on_several_threads() {
    let workers: Vec<_> = (0..4)
        .map(|_| std::thread::spawn(|| llama::Model::load(crate::common::default_path()).unwrap().n_vocab()))
        .collect();
    for worker in workers {
        assert_eq!(worker.join().unwrap(), model().n_vocab());
    }
}
