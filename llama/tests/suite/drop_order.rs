//! Handles may go in any order.

use crate::common::{batch, default_path};
use llama::{Grammar, Model, Sampler, Special, Token};

#[test]
fn every_order_of_dropping() {
    // model, context, vocabulary, sampler: all 24 orders
    for order in 0..24 {
        let model = Model::load(default_path()).unwrap();
        let mut ctx = model.context_builder().n_ctx(256).n_threads(2).build().unwrap();
        let vocab = model.vocab();
        let grammar = Grammar::new(&vocab, "root ::= [a-z]+").unwrap();
        let mut sampler = Sampler::builder().grammar(grammar).seed(1).build().unwrap();
        let logits = ctx.decode(&batch(0, 0, &[Token(5)])).unwrap().logits_last().unwrap().to_vec();
        sampler.sample(&logits).unwrap();

        let (mut model, mut ctx, mut vocab, mut sampler) =
            (Some(model), Some(ctx), Some(vocab), Some(sampler));
        let mut left = vec![0, 1, 2, 3];
        let mut code = order;
        for size in (1..=4).rev() {
            match left.remove(code % size) {
                0 => model = None,
                1 => ctx = None,
                2 => vocab = None,
                _ => sampler = None,
            }
            code /= size;
            // What is left still works.
            if let Some(ctx) = &mut ctx {
                let next = ctx.memory().pos_max(llama::SeqId(0)).unwrap().unwrap() + 1;
                ctx.decode(&batch(0, next, &[Token(6)])).unwrap();
            }
            if let Some(vocab) = &vocab {
                vocab.tokenize("text", Special::AsText).unwrap();
            }
            if let Some(sampler) = &mut sampler {
                sampler.sample(&logits).unwrap();
            }
            if let Some(model) = &model {
                assert!(model.n_params() > 0);
            }
        }
    }
}

#[test]
fn many_contexts_come_and_go() {
    let model = crate::common::model();
    for threads in [1, 2] {
        for _ in 0..5 {
            let mut ctx = model.context_builder().n_ctx(256).n_threads(threads).build().unwrap();
            ctx.decode(&batch(0, 0, &[Token(5)])).unwrap();
            ctx.set_n_threads(2, 1).unwrap();
            ctx.decode(&batch(0, 1, &[Token(5)])).unwrap();
        }
    }
}
