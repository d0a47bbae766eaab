//! Training.

use super::subjects::{tiny, trainable};
use super::{BAD_TOKENS, Row, rows};
use crate::common::{default_path, folder};
use llama::{CancelToken, Error, Model, Optimizer, Token, Trainer, TrainingData};
use std::ops::ControlFlow;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "TrainerBuilder::build: mapped weights" => Untrainable, |_| Trainer::builder(Model::load(tiny()).unwrap()).build().map(drop);
    "TrainerBuilder::build: quantized weights" => Untrainable, |_| {
        Trainer::builder(Model::builder(default_path()).trainable().load().unwrap()).build().map(drop)
    };
    "TrainerBuilder::build: a shared model" => Untrainable, |_| {
        let model = trainable();
        Trainer::builder(model.clone()).build().map(drop)
    };
    "TrainerBuilder::build: a vocabulary in use" => Untrainable, |_| {
        let model = trainable();
        let _vocab = model.vocab();
        Trainer::builder(model).build().map(drop)
    };
    "TrainerBuilder::build: contexts of odd length" => InvalidParameter, |_| Trainer::builder(trainable()).n_ctx(300).build().map(drop);
    "TrainerBuilder::build: contexts without end" => InvalidParameter, |_| Trainer::builder(trainable()).n_ctx(u32::MAX - 255).build().map(drop);
    "TrainerBuilder::build: no threads" => InvalidParameter, |_| Trainer::builder(trainable()).n_threads(0).build().map(drop);
    "TrainerBuilder::build: nothing" => InvalidParameter, |_| Trainer::builder(trainable()).train_only(|_| false).build().map(drop);
    "Optimizer::adamw: rate 0" => InvalidParameter, |_| optimizer(Optimizer::adamw(0.0)?);
    "TrainerBuilder::build: rate NaN" => InvalidParameter, |_| optimizer(Optimizer::sgd(f32::NAN));
    "TrainerBuilder::build: rate negative" => InvalidParameter, |_| optimizer(Optimizer::sgd(-1.0));
    "TrainerBuilder::build: decay of 2" => InvalidParameter, |_| optimizer(Optimizer::Sgd { rate: 0.1, weight_decay: 2.0 });
    "TrainingData::push: too few tokens" => InvalidParameter, |_| train(&[Token(5); 256]);
    "TrainingData::push: too many tokens" => InvalidParameter, |_| train(&[Token(5); 258]);
    "Trainer::evaluate: examples of another length" => InvalidParameter, |_| {
        let data = TrainingData::from_text(&[Token(5); 600], 512, 1)?;
        Trainer::builder(trainable()).n_threads(1).build()?.evaluate(&data).map(drop)
    };
    "Trainer::epoch: no examples" => InvalidParameter, |_| {
        Trainer::builder(trainable()).n_threads(1).build()?.epoch(&TrainingData::new(256)).map(drop)
    };
    "TrainingData::from_text: stride 0" => InvalidParameter, |_| TrainingData::from_text(&[Token(5); 600], 512, 0).map(drop);
    "TrainingData::from_text: examples of no length" => InvalidParameter, |_| TrainingData::from_text(&[Token(5); 600], 0, 1).map(drop);
    "TrainingData::from_text: examples longer than the text" => InvalidParameter, |_| TrainingData::from_text(&[Token(5)], u32::MAX, 1).map(drop);
    "TrainerBuilder::build: only a vocabulary" => VocabOnly, |_| {
        Trainer::builder(Model::builder(tiny()).trainable().vocab_only(true).load()?).build().map(drop)
    };
    "TrainerBuilder::build: contexts of no length" => InvalidParameter, |_| Trainer::builder(trainable()).n_ctx(0).build().map(drop);
    "TrainerBuilder::build: too many threads" => InvalidParameter, |_| {
        Trainer::builder(trainable()).n_threads(u32::MAX).build().map(drop)
    };
    "Optimizer::adamw: rate NaN" => InvalidParameter, |_| optimizer(Optimizer::adamw(f32::NAN)?);
    "Optimizer::adamw: rate infinite" => InvalidParameter, |_| optimizer(Optimizer::adamw(f32::INFINITY)?);
    "Trainer::set_optimizer: of another kind" => InvalidParameter, |_| trainer()?.set_optimizer(Optimizer::sgd(0.1));
    "Trainer::set_optimizer: rate NaN" => InvalidParameter, |_| {
        let mut trainer = Trainer::builder(trainable()).n_threads(1).optimizer(Optimizer::sgd(0.1)).build()?;
        trainer.set_optimizer(Optimizer::sgd(f32::NAN))
    };
    "Trainer::epoch_with: stopped" => Cancelled, |_| {
        let mut data = TrainingData::new(256);
        data.push(&[Token(5); 257])?;
        trainer()?.epoch_with(&data, |_| ControlFlow::Break(())).map(drop)
    };
    "Trainer::epoch: cancelled" => Cancelled, |_| {
        let mut data = TrainingData::new(256);
        data.push(&[Token(5); 257])?;
        let token = CancelToken::new();
        token.cancel();
        Trainer::builder(trainable()).n_threads(1).cancel(token).build()?.epoch(&data).map(drop)
    };
    "Trainer::evaluate: no examples" => InvalidParameter, |_| trainer()?.evaluate(&TrainingData::new(256)).map(drop);
    "Trainer::save: a folder" => SaveModel, |_| trainer()?.save(folder());
    "Trainer::save: zero byte" => NulByte, |_| trainer()?.save("a\0b");
    };
    for token in BAD_TOKENS {
        rows.push(Row::new(format!("Trainer::epoch: token {token}"), "TokenOutOfRange", move |_| {
            train(&[Token(token); 257])
        }));
    }
    rows
}

fn trainer() -> Result<Trainer, Error> {
    Trainer::builder(trainable()).n_threads(1).build()
}

fn train(tokens: &[Token]) -> Result<(), Error> {
    let mut data = TrainingData::new(256);
    data.push(tokens)?;
    trainer()?.epoch(&data).map(drop)
}

fn optimizer(optimizer: Optimizer) -> Result<(), Error> {
    Trainer::builder(trainable()).n_threads(1).optimizer(optimizer).build().map(drop)
}
