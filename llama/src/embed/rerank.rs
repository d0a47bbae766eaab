//! Documents in the order of their relevance.

use super::runner::Runner;
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::token::Token;
use crate::vocab::{PromptPart, Special, Vocab};
use std::ops::ControlFlow;

/// Name of the template that says how query and document become one prompt, and its places for them.
const TEMPLATE: &str = "rerank";
const QUERY: &str = "{query}";
const DOCUMENT: &str = "{document}";

/// Says how relevant documents are to a query, better than the closeness of vectors can.
///
/// Needs a model that was trained for it: with a classifier head, and mostly "reranker" in its name. Query and
/// document are put together as llama.cpp's server does it: by the file's own template, or with the vocabulary's
/// special tokens between them. Text of either never becomes a control token.
///
/// ```no_run
/// # let model = llama::Model::load("reranker.gguf")?;
/// let mut reranker = model.reranker().build()?;
/// let texts = ["The llama is a camelid.", "Llamas spit when annoyed.", "Lima is a city."];
/// for found in reranker.rank("how do llamas spit", &texts)? {
///     println!("{:.2} {}", found.score, texts[found.index]);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug)]
pub struct Reranker {
    runner: Runner,
    vocab: Vocab,
    form: Form,
}

/// A document with its relevance to a query.
///
/// ```no_run
/// # let model = llama::Model::load("reranker.gguf")?;
/// let texts = ["Lima is a city.", "Llamas spit when annoyed."];
/// let ranked = model.reranker().build()?.rank("how do llamas spit", &texts)?;
/// let best = ranked[0];
/// println!("{} ({:.2})", texts[best.index], best.score);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Ranked {
    /// The document, counted from 0.
    pub index: usize,
    /// Higher is more relevant. The scale is the model's: mostly a logit, for some a probability.
    pub score: f32,
    /// True when the document was cut because it was too long.
    pub truncated: bool,
}

/// How query and document become one prompt.
#[derive(Debug)]
enum Form {
    /// A text with places for both.
    Template(String),
    /// Tokens around and between both.
    Pair { start: Option<Token>, between: Vec<Token>, end: Option<Token> },
}

impl Reranker {
    pub(super) fn new(runner: Runner) -> Result<Self> {
        let vocab = runner.model().vocab();
        let form = Form::of(runner.model(), &vocab)?;
        Ok(Self { runner, vocab, form })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.runner.model()
    }

    /// The switch that stops the running call, from any thread.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.runner.cancel_token()
    }

    /// The documents, the most relevant first; of equally relevant ones the first.
    ///
    /// # Errors
    /// [`Error::TextTooLong`] names a document that, with the query, is longer than the model can take. With
    /// [`truncate`](crate::RerankerBuilder::truncate) its end is cut instead, unless the query alone is too long.
    /// [`Error::Cancelled`]; failures of computing.
    pub fn rank<T: AsRef<str>>(&mut self, query: &str, documents: &[T]) -> Result<Vec<Ranked>> {
        let mut prompts = Vec::with_capacity(documents.len());
        let mut ranked = Vec::with_capacity(documents.len());
        for (index, document) in documents.iter().enumerate() {
            let (prompt, truncated) = self.prompt(index, query, document.as_ref())?;
            prompts.push(prompt);
            ranked.push(Ranked { index, score: 0.0, truncated });
        }
        let each = |found: &super::runner::Found<'_>| {
            let score = found.pooled()?.first().copied().filter(|score| score.is_finite());
            ranked[found.index].score = score.ok_or_else(|| Error::Failed {
                operation: "rank",
                detail: format!("the model gives no finite score for document {}", found.index),
            })?;
            Ok(())
        };
        self.runner.run(&prompts, each, &mut |_| ControlFlow::Continue(()))?;
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(ranked)
    }

    /// The prompt for one document, and whether the document was cut for it.
    fn prompt(&self, index: usize, query: &str, document: &str) -> Result<(Vec<Token>, bool)> {
        let max = self.runner.max_tokens();
        let whole = self.form.prompt(&self.vocab, query, document)?;
        let tokens = whole.len();
        if tokens == 0 {
            return Err(Error::EmptyText { index });
        }
        if tokens <= max {
            return Ok((whole, false));
        }
        let too_long = Error::TextTooLong { index, tokens, max };
        if !self.runner.truncates() {
            return Err(too_long);
        }
        // A template may put anything behind the document, so it is the text that is cut: at the last character
        // with which the prompt still fits.
        let ends: Vec<usize> = document.char_indices().map(|(at, _)| at).collect();
        let mut best = None;
        let (mut low, mut high) = (0, ends.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let prompt = self.form.prompt(&self.vocab, query, &document[..ends[middle]])?;
            if prompt.len() <= max {
                best = Some(prompt);
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        best.filter(|prompt| !prompt.is_empty()).map(|prompt| (prompt, true)).ok_or(too_long)
    }
}

impl Form {
    fn of(model: &Model, vocab: &Vocab) -> Result<Self> {
        if let Some(template) = model.chat_template_source(Some(TEMPLATE))? {
            if [QUERY, DOCUMENT].iter().all(|place| template.contains(place)) {
                return Ok(Self::Template(template));
            }
            return Err(Error::Template {
                detail: format!("the one named {TEMPLATE} lacks {QUERY} or {DOCUMENT}"),
            });
        }
        let end = vocab.eos().or_else(|| vocab.sep()).filter(|_| vocab.adds_eos());
        let between: Vec<Token> = end.into_iter().chain(vocab.sep().filter(|_| vocab.adds_sep())).collect();
        if between.is_empty() {
            return Err(Error::Template {
                detail: format!(
                    "the file has none named {TEMPLATE}, and its vocabulary has no token between two texts"
                ),
            });
        }
        Ok(Self::Pair { start: vocab.bos().filter(|_| vocab.adds_bos()), between, end })
    }

    fn prompt(&self, vocab: &Vocab, query: &str, document: &str) -> Result<Vec<Token>> {
        match self {
            Self::Template(template) => vocab.tokenize_prompt_fragment(&fill(template, query, document)),
            Self::Pair { start, between, end } => {
                let mut tokens: Vec<Token> = start.iter().copied().collect();
                tokens.extend(vocab.tokenize_fragment(query, Special::AsText)?);
                tokens.extend(between);
                tokens.extend(vocab.tokenize_fragment(document, Special::AsText)?);
                tokens.extend(end);
                Ok(tokens)
            }
        }
    }
}

/// The template with both texts in their places.
fn fill(template: &str, query: &str, document: &str) -> Vec<PromptPart> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((at, place, text)) = [(QUERY, query), (DOCUMENT, document)]
        .iter()
        .filter_map(|&(place, text)| rest.find(place).map(|at| (at, place, text)))
        .min_by_key(|&(at, ..)| at)
    {
        parts.push(PromptPart::template(&rest[..at]));
        parts.push(PromptPart::input(text));
        rest = &rest[at + place.len()..];
    }
    parts.push(PromptPart::template(rest));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_put_in_their_places_once() {
        let parts = fill("<q>{query}</q>{document}!", "{document}", "{query}");
        let shown: Vec<_> = parts.iter().map(|part| (part.text.as_str(), part.is_input)).collect();
        let expected =
            [("<q>", false), ("{document}", true), ("</q>", false), ("{query}", true), ("!", false)];
        assert_eq!(shown, expected);
    }
}
