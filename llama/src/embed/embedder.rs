//! Vectors of texts.

use super::input::{Input, Limit};
use super::runner::Runner;
use super::similarity::normalize;
use super::vectors::Embeddings;
use crate::cancel::CancelToken;
use crate::context::Pooling;
use crate::error::{Error, Result};
use crate::model::{Model, ProgressFlow};
use crate::token::Token;
use std::ops::ControlFlow;

/// Turns texts into vectors whose closeness says how alike the texts are.
///
/// Works with embedding models, for which it is made, and with generative ones. Texts are computed many at a time,
/// and the results come in the order of the texts. Nothing is cut silently: a text that is too long is an error,
/// or, with [`truncate`](crate::EmbedderBuilder::truncate), is reported.
///
/// Use one embedder per thread.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut embedder = model.embedder().build()?;
/// let texts = ["Paris is in France.", "Grass is green.", "Lima is in Peru."];
/// let vectors = embedder.embed(&texts)?;
/// let query = embedder.embed_query("Where is Paris?")?;
/// for found in vectors.nearest(&query, 2)? {
///     println!("{:.2} {}", found.score, texts[found.index]);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_get_embeddings_seq")]
#[derive(Debug)]
pub struct Embedder {
    pub(super) runner: Runner,
    pub(super) normalize: bool,
    pub(super) dimensions: usize,
    pub(super) query_prefix: String,
    pub(super) document_prefix: String,
}

/// One text's tokens, each with its vector: the result of [`Embedder::embed_tokens`].
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut embedder = model.embedder().pooling(llama::Pooling::None).build()?;
/// let vocab = model.vocab();
/// for text in embedder.embed_tokens(&["The capital of France"])? {
///     assert_eq!(text.tokens.len(), text.vectors.len());
///     for (&token, vector) in text.tokens.iter().zip(text.vectors.iter()) {
///         println!("{:?} {:?}", vocab.text(token)?, &vector[..3]);
///     }
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TokenEmbeddings {
    /// The tokens, special tokens included.
    pub tokens: Vec<Token>,
    /// One vector per token.
    pub vectors: Embeddings,
}

impl Embedder {
    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.runner.model()
    }

    /// How the vectors of a text's tokens become one.
    #[must_use]
    pub fn pooling(&self) -> Pooling {
        self.runner.pooling()
    }

    /// Numbers per vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Longest text in tokens, special tokens included.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.runner.max_tokens()
    }

    /// The switch that stops the running call, from any thread.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.runner.cancel_token()
    }

    /// One vector per text, in their order.
    ///
    /// # Errors
    /// [`Error::TextTooLong`] and [`Error::EmptyText`] name the text, before anything is computed. An empty text
    /// has a vector where the model puts special tokens around it. [`Error::InvalidParameter`] with
    /// [`Pooling::None`]; [`Error::Cancelled`]; [`Error::CreateContext`] where the longest text needs more memory
    /// than there is; failures of computing.
    pub fn embed<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<Embeddings> {
        self.embed_with(texts, |_| {})
    }

    /// [`embed`](Self::embed) that tells how many texts are done. Return `ControlFlow::Break(())` to stop.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// let texts = vec!["text"; 1000];
    /// model.embedder().build()?.embed_with(&texts, |done| println!("{done} of {}", texts.len()))?;
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`embed`](Self::embed); [`Error::Cancelled`] when the callback stops it.
    pub fn embed_with<T: AsRef<str>, R: ProgressFlow>(
        &mut self,
        texts: &[T],
        mut progress: impl FnMut(usize) -> R,
    ) -> Result<Embeddings> {
        let input = self.input(&self.document_prefix, texts)?;
        self.vectors(input, &mut |done| progress(done).into_flow())
    }

    /// The vector of a query, with the query's prefix in front of it.
    ///
    /// # Errors
    /// As [`embed`](Self::embed).
    pub fn embed_query(&mut self, text: &str) -> Result<Vec<f32>> {
        let input = self.input(&self.query_prefix, &[text])?;
        Ok(self.vectors(input, &mut go_on)?.into_vec())
    }

    /// One vector per list of tokens, for texts that were split elsewhere. Special tokens must be there already,
    /// and nothing is cut.
    ///
    /// For models with a [`Wpm`](crate::VocabKind::Wpm) vocabulary llama.cpp drops parts of Korean and Devanagari
    /// characters that the makers of such models keep; a tokenizer of theirs (feature `tokenizers`) does not.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`]; otherwise as [`embed`](Self::embed).
    pub fn embed_tokenized<T: AsRef<[Token]>>(&mut self, texts: &[T]) -> Result<Embeddings> {
        let input = Input::split(&self.model().vocab(), texts, self.max_tokens())?;
        self.vectors(input, &mut go_on)
    }

    /// One vector per token of each text, for an embedder built with [`Pooling::None`].
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// use llama::Pooling;
    /// let mut embedder = model.embedder().pooling(Pooling::None).build()?;
    /// let found = embedder.embed_tokens(&["Good morning"])?;
    /// assert_eq!(found[0].tokens.len(), found[0].vectors.len());
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] with any other pooling; otherwise as [`embed`](Self::embed).
    pub fn embed_tokens<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<Vec<TokenEmbeddings>> {
        if self.pooling() != Pooling::None {
            let reason = format!("it is {:?}; vectors of tokens need Pooling::None", self.pooling());
            return Err(Error::invalid("pooling", reason));
        }
        let input = self.input(&self.document_prefix, texts)?;
        let shape = self.shape();
        let mut all: Vec<Embeddings> =
            input.tokens.iter().map(|tokens| Embeddings::zeros(tokens.len(), shape.dimensions)).collect();
        let each = |found: &super::runner::Found<'_>| {
            for (row, vector) in found.per_token().enumerate() {
                shape.store(found.index, vector?, all[found.index].row_mut(row))?;
            }
            Ok(())
        };
        self.runner.run(&input.tokens, each, &mut go_on)?;
        let cut = |index| input.truncated.iter().filter(move |cut| cut.index == index).copied().collect();
        let texts = input.tokens.iter().zip(all).enumerate();
        Ok(texts
            .map(|(index, (tokens, vectors))| TokenEmbeddings {
                tokens: tokens.clone(),
                vectors: vectors.with_facts(tokens.len(), cut(index)),
            })
            .collect())
    }

    fn input<T: AsRef<str>>(&self, prefix: &str, texts: &[T]) -> Result<Input> {
        let limit = Limit { max: self.runner.max_tokens(), truncate: self.runner.truncates() };
        Input::of(&self.model().vocab(), prefix, texts, limit)
    }

    fn vectors(
        &mut self,
        input: Input,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Embeddings> {
        if self.pooling() == Pooling::None {
            return Err(Error::invalid("pooling", "with Pooling::None there are vectors of tokens only"));
        }
        let shape = self.shape();
        let mut all = Embeddings::zeros(input.tokens.len(), shape.dimensions);
        let each = |found: &super::runner::Found<'_>| {
            shape.store(found.index, found.pooled()?, all.row_mut(found.index))
        };
        self.runner.run(&input.tokens, each, progress)?;
        let n_tokens = input.n_tokens();
        Ok(all.with_facts(n_tokens, input.truncated))
    }

    fn shape(&self) -> Shape {
        Shape { dimensions: self.dimensions, normalize: self.normalize }
    }
}

fn go_on(_: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// What becomes of the model's vectors.
#[derive(Debug, Clone, Copy)]
struct Shape {
    dimensions: usize,
    normalize: bool,
}

impl Shape {
    /// Copies the vector of a text to its place.
    fn store(self, index: usize, vector: &[f32], row: &mut [f32]) -> Result<()> {
        let vector = vector.get(..self.dimensions).unwrap_or_default();
        if vector.len() != row.len() || vector.iter().any(|value| !value.is_finite()) {
            let detail = format!("the model gives no finite numbers for text {index}");
            return Err(Error::Failed { operation: "embed", detail });
        }
        row.copy_from_slice(vector);
        if self.normalize {
            normalize(row);
        }
        Ok(())
    }
}
