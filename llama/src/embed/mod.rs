//! Vectors of texts, rankings and classes: many texts in one call, batched inside.
//!
//! A [`Runner`](runner::Runner) packs tokenized texts into as few computations as possible and hands out the
//! result of each; [`Embedder`], [`Reranker`] and [`Classifier`] say what goes in and what the numbers mean.
#![forbid(unsafe_code)]

mod builder;
mod classify;
mod embedder;
mod input;
mod pack;
mod rerank;
mod runner;
pub mod similarity;
mod vectors;

pub use builder::{ClassifierBuilder, EmbedderBuilder, RerankerBuilder};
pub use classify::{Classification, Classifier};
pub use embedder::{Embedder, TokenEmbeddings};
pub use input::Truncated;
pub use rerank::{Ranked, Reranker};
pub use vectors::{Embeddings, Neighbour};

use crate::model::Model;

impl Model {
    /// Starts an [`Embedder`]: vectors of texts.
    pub fn embedder(&self) -> EmbedderBuilder {
        EmbedderBuilder::new(self.clone())
    }

    /// Starts a [`Reranker`]: documents in the order of their relevance to a query.
    pub fn reranker(&self) -> RerankerBuilder {
        RerankerBuilder::new(self.clone())
    }

    /// Starts a [`Classifier`]: the labels of a model with a classifier head.
    pub fn classifier(&self) -> ClassifierBuilder {
        ClassifierBuilder::new(self.clone())
    }
}
