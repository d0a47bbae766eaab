//! Embedders, rerankers, classifiers, and gaps in a text.

use super::{BAD_TOKENS, Row, Subjects, rows};
use llama::similarity::{cosine, dot};
use llama::{Embedder, Embeddings, Error, Pooling, Token};
use std::ops::ControlFlow;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
        "EmbedderBuilder::build: only a vocabulary" => VocabOnly, |s| s.vocab_only.embedder().build().map(drop);
        "EmbedderBuilder::build: no threads" => InvalidParameter, |s| {
            s.model.embedder().pooling(Pooling::Mean).n_threads(0).build().map(drop)
        };
        "EmbedderBuilder::build: more dimensions than there are" => InvalidParameter, |s| {
            s.model.embedder().pooling(Pooling::Mean).dimensions(usize::MAX).build().map(drop)
        };
        "RerankerBuilder::build: only a vocabulary" => VocabOnly, |s| s.vocab_only.reranker().build().map(drop);
        "ClassifierBuilder::build: only a vocabulary" => VocabOnly, |s| s.vocab_only.classifier().build().map(drop);
        "RerankerBuilder::build: no classifier" => InvalidParameter, |s| s.model.reranker().build().map(drop);
        "ClassifierBuilder::build: no classifier" => InvalidParameter, |s| s.model.classifier().build().map(drop);
        "Embedder::embed: longer than a text may be" => TextTooLong, |s| embedder(s)?.embed(&[long()]).map(drop);
        "Embedder::embed_with: stopped" => Cancelled, |s| {
            embedder(s)?.embed_with(&["a", "b"], |_| ControlFlow::Break(())).map(drop)
        };
        "Embedder::embed_query: longer than a text may be" => TextTooLong, |s| embedder(s)?.embed_query(&long()).map(drop);
        "Embedder::embed_tokens: of an embedder that pools" => InvalidParameter, |s| embedder(s)?.embed_tokens(&[long()]).map(drop);
        "Embedder::embed_tokenized: no tokens" => EmptyText, |s| embedder(s)?.embed_tokenized(&[Vec::new()]).map(drop);
        "Embeddings::from_vec: rows that do not divide" => InvalidParameter, |_| {
            Embeddings::from_vec(vec![0.0; 3], 2).map(drop)
        };
        "Embeddings::nearest: another width" => InvalidParameter, |_| {
            Embeddings::from_vec(vec![0.0; 4], 2)?.nearest(&[0.0; 3], 1).map(drop)
        };
        "dot: two widths" => InvalidParameter, |_| dot(&[0.0; 2], &[0.0; 3]).map(drop);
        "cosine: two widths" => InvalidParameter, |_| cosine(&[0.0; 2], &[]).map(drop);
        "InfillBuilder::build: a budget of nothing" => InvalidParameter, |s| s.model.infill("a", "b").budget(0).build().map(drop);
    };
    for token in BAD_TOKENS {
        rows.push(Row::new(
            format!("Embedder::embed_tokenized: token {token}"),
            "TokenOutOfRange",
            move |s| embedder(s)?.embed_tokenized(&[[Token(5), Token(token)]]).map(drop),
        ));
    }
    rows
}

fn embedder(s: &Subjects) -> Result<Embedder, Error> {
    s.model.embedder().pooling(Pooling::Mean).max_tokens(16).n_threads(1).build()
}

fn long() -> String {
    "word ".repeat(500)
}
