//! Fill in the middle: the text between a prefix and a suffix.
#![forbid(unsafe_code)]

mod budget;
mod marks;

pub(crate) use marks::EndAtMarks;

use crate::error::{Error, Result};
use crate::generate::{GenerationBuilder, Session};
use crate::model::Model;
use crate::token::Token;
use crate::vocab::{Special, Vocab};
use budget::{Room, Sides};

/// Names used for a repository and a file that are given none; models were trained with both.
const DEFAULT_REPOSITORY: &str = "repository";
const DEFAULT_PATH: &str = "file";

/// What stands first in the prompt.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::InfillOrder;
/// let gap = |order| model.infill("let x = ", ";").order(order).build();
/// assert_ne!(gap(InfillOrder::PrefixFirst)?.tokens, gap(InfillOrder::SuffixFirst)?.tokens);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum InfillOrder {
    /// Prefix, then suffix: what most models are trained with.
    #[default]
    PrefixFirst,
    /// Suffix, then prefix: the new text follows its prefix directly, and prompts share their beginning while a
    /// user types. Only for models that were trained with it.
    SuffixFirst,
}

/// Puts the prompt for a gap together; made by [`Model::infill`].
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let gap = model
///     .infill("fn area(r: f64) -> f64 {\n    ", "\n}\n")
///     .path("src/circle.rs")
///     .file("src/lib.rs", "mod circle;\n")
///     .budget(200)
///     .build()?;
/// assert!(gap.tokens.len() <= 200);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is split before `build`"]
pub struct InfillBuilder {
    model: Model,
    prefix: String,
    suffix: String,
    order: InfillOrder,
    repository: Option<String>,
    path: Option<String>,
    files: Vec<(String, String)>,
    budget: Option<usize>,
}

/// The prompt for a gap, for [`Session::infill`].
///
/// Prefix, suffix and files are plain text: what looks like a control token in them is none.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let gap = model.infill("The capital of France is ", ". It lies on the Seine.").build()?;
/// let mut session = llama::Session::new(model.context_builder().n_ctx(512).build()?)?;
/// let mut text = session.infill(&gap)?.max_tokens(8).start()?;
/// for piece in &mut text {
///     print!("{}", piece?);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Infill {
    /// The tokens of the prompt.
    pub tokens: Vec<Token>,
    /// Tokens that were cut from the beginning of the prefix.
    pub cut_prefix: usize,
    /// Tokens that were cut from the end of the suffix.
    pub cut_suffix: usize,
    /// Files that were left out, the first ones.
    pub cut_files: usize,
}

impl Model {
    /// Starts a prompt for the text between `prefix` and `suffix`.
    #[doc(alias = "llama_vocab_fim_pre")]
    pub fn infill(&self, prefix: impl Into<String>, suffix: impl Into<String>) -> InfillBuilder {
        InfillBuilder {
            model: self.clone(),
            prefix: prefix.into(),
            suffix: suffix.into(),
            order: InfillOrder::default(),
            repository: None,
            path: None,
            files: Vec::new(),
            budget: None,
        }
    }
}

impl Session {
    /// Starts to fill a gap; nothing is computed yet.
    ///
    /// The text ends where the model ends it or begins a further gap. A
    /// [`sampler`](GenerationBuilder::sampler) of your own replaces the one that sees to the latter: give it
    /// [`end_at_infill_marks`](crate::SamplerBuilder::end_at_infill_marks).
    ///
    /// # Errors
    /// Errors of creating the sampler.
    pub fn infill(&mut self, gap: &Infill) -> Result<GenerationBuilder<'_>> {
        let model = self.model();
        let steps = model.metadata().sampling_defaults()?.sampler();
        let sampler = steps.end_at_infill_marks(&model.vocab()).build()?;
        Ok(self.generate(&gap.tokens).sampler(sampler))
    }
}

impl InfillBuilder {
    /// What stands first in the prompt.
    pub fn order(mut self, order: InfillOrder) -> Self {
        self.order = order;
        self
    }

    /// Path of the file with the gap. Only used besides other files.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Another file that helps, in front of the one with the gap. May be called several times; the most helpful
    /// comes last.
    #[doc(alias = "llama_vocab_fim_sep")]
    pub fn file(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    /// Name of the repository. Only used besides other files.
    #[doc(alias = "llama_vocab_fim_rep")]
    pub fn repository(mut self, name: impl Into<String>) -> Self {
        self.repository = Some(name.into());
        self
    }

    /// Largest number of tokens of the prompt. What is too much is cut, and reported: first whole files, the first
    /// ones first; then the beginning of the prefix and the end of the suffix, of which the suffix gets a quarter
    /// of the room, or what the prefix leaves. Without a budget nothing is cut.
    pub fn budget(mut self, tokens: usize) -> Self {
        self.budget = Some(tokens);
        self
    }

    /// Splits the texts and puts the prompt together.
    ///
    /// # Errors
    /// [`Error::NoInfill`] when the vocabulary lacks a token that is needed; [`Error::InvalidParameter`] for a
    /// budget without room for any text; errors of [`Vocab::tokenize`].
    pub fn build(self) -> Result<Infill> {
        let vocab = self.model.vocab();
        let needed = |token: Option<Token>, what| token.ok_or(Error::NoInfill { what });
        let before_prefix = needed(vocab.fim_prefix(), "the beginning of the prefix")?;
        let before_suffix = needed(vocab.fim_suffix(), "the beginning of the suffix")?;
        let before_gap = needed(vocab.fim_middle(), "the beginning of the gap")?;
        let mut head: Vec<Token> = vocab.bos().filter(|_| vocab.adds_bos()).into_iter().collect();
        let mut files = Vec::new();
        if !self.files.is_empty() {
            let separator = needed(vocab.fim_separator(), "the beginning of a file")?;
            if let Some(mark) = vocab.fim_repo() {
                let name = self.repository.as_deref().unwrap_or(DEFAULT_REPOSITORY);
                head.extend(marked(&vocab, mark, &format!("{name}\n"))?);
            }
            for (path, text) in &self.files {
                // A file that does not end its last line would run into the next mark.
                let end = if text.ends_with('\n') { "" } else { "\n" };
                files.push(marked(&vocab, separator, &format!("{path}\n{text}{end}"))?);
            }
            let path = self.path.as_deref().unwrap_or(DEFAULT_PATH);
            files.push(marked(&vocab, separator, &format!("{path}\n"))?);
        }
        // The path of the file with the gap stays whatever is cut.
        let own_path = files.pop().unwrap_or_default();
        let prefix = vocab.tokenize_fragment(&self.prefix, Special::AsText)?;
        let suffix = vocab.tokenize_fragment(&self.suffix, Special::AsText)?;

        let fixed = head.len() + own_path.len() + [before_prefix, before_suffix, before_gap].len();
        let sides = Sides { prefix: prefix.len(), suffix: suffix.len() };
        let lengths: Vec<usize> = files.iter().map(Vec::len).collect();
        let Room { kept, cut_files } = match self.budget {
            Some(budget) => budget::divide(budget, fixed, sides, &lengths)?,
            None => Room { kept: sides, cut_files: 0 },
        };
        let cut_prefix = prefix.len() - kept.prefix;
        let prefix = [&[before_prefix], &prefix[cut_prefix..]].concat();
        let suffix = [&[before_suffix], &suffix[..kept.suffix]].concat();
        let mut tokens = head;
        tokens.extend(files[cut_files..].concat());
        tokens.extend(own_path);
        tokens.extend(match self.order {
            InfillOrder::PrefixFirst => [prefix, suffix].concat(),
            InfillOrder::SuffixFirst => [suffix, prefix].concat(),
        });
        tokens.push(before_gap);
        Ok(Infill { tokens, cut_prefix, cut_suffix: sides.suffix - kept.suffix, cut_files })
    }
}

/// A mark and the text behind it.
fn marked(vocab: &Vocab, mark: Token, text: &str) -> Result<Vec<Token>> {
    let mut tokens = vec![mark];
    tokens.extend(vocab.tokenize_fragment(text, Special::AsText)?);
    Ok(tokens)
}
