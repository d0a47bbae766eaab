//! Settings of embedders, rerankers and classifiers.

use super::classify::Classifier;
use super::embedder::Embedder;
use super::rerank::Reranker;
use super::runner::{BATCH_TOKENS, Runner, Settings};
use crate::adapter::LoraAdapter;
use crate::cancel::CancelToken;
use crate::context::{ContextBuilder, Pooling};
use crate::error::{Error, Result};
use crate::model::Model;

/// Metadata of an adapter that was trained with a text in front of each input.
const ADAPTER_PREFIX: &str = "adapter.lora.prompt_prefix";

impl Settings {
    fn new(model: &Model) -> Self {
        Self {
            context: model.context_builder(),
            adapters: Vec::new(),
            max_tokens: None,
            batch_tokens: BATCH_TOKENS,
            truncate: false,
            cancel: CancelToken::new(),
        }
    }
}

macro_rules! common_settings {
    ($builder:ident $(, $field:ident: $value:expr)*) => {
        impl $builder {
            pub(super) fn new(model: Model) -> Self {
                let settings = Settings::new(&model);
                Self { model, settings $(, $field: $value)* }
            }

            /// Longest text in tokens, special tokens included. The default is the length that the model was
            /// trained on. Memory is only used for the longest text that really comes.
            pub fn max_tokens(mut self, tokens: usize) -> Self {
                self.settings.max_tokens = Some(tokens);
                self
            }

            /// Cuts texts that are too long, and says which, instead of refusing them.
            pub fn truncate(mut self, truncate: bool) -> Self {
                self.settings.truncate = truncate;
                self
            }

            /// Tokens that are computed at once where no text is longer; the default is 512. llama.cpp sets
            /// aside 4 bytes times the size of the vocabulary for each.
            pub fn batch_tokens(mut self, tokens: usize) -> Self {
                self.settings.batch_tokens = tokens;
                self
            }

            /// Threads to compute with. The default is [`default_threads`](crate::default_threads).
            pub fn n_threads(mut self, threads: u32) -> Self {
                self.settings.context = self.settings.context.n_threads(threads).n_threads_batch(threads);
                self
            }

            /// Computes with an adapter; may be called several times.
            pub fn adapter(mut self, adapter: &LoraAdapter, scale: f32) -> Self {
                self.settings.adapters.push((adapter.clone(), scale));
                self
            }

            /// Any other parameter of the context. Sizes, sequences and pooling are set by this builder.
            pub fn context_with(mut self, change: impl FnOnce(ContextBuilder) -> ContextBuilder) -> Self {
                self.settings.context = change(self.settings.context);
                self
            }

            /// The switch that stops a call with [`Error::Cancelled`]. As long as it is on, each call ends so.
            pub fn cancel(mut self, token: CancelToken) -> Self {
                self.settings.cancel = token;
                self
            }
        }
    };
}

/// Sets up an [`Embedder`]; made by [`Model::embedder`].
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::Pooling;
/// let mut embedder = model.embedder().pooling(Pooling::Mean).truncate(true).build()?;
/// assert_eq!(embedder.embed(&["one", "two"])?.len(), 2);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is created before `build`"]
pub struct EmbedderBuilder {
    model: Model,
    settings: Settings,
    pooling: Option<Pooling>,
    normalize: bool,
    dimensions: Option<usize>,
    query_prefix: Option<String>,
    document_prefix: Option<String>,
}

common_settings!(EmbedderBuilder, pooling: None, normalize: true, dimensions: None, query_prefix: None, document_prefix: None);

impl EmbedderBuilder {
    /// How the vectors of a text's tokens become one. The default is what the model's file names, and
    /// [`Pooling::Mean`] where it names nothing.
    pub fn pooling(mut self, pooling: Pooling) -> Self {
        self.pooling = Some(pooling);
        self
    }

    /// Gives each vector the length 1, so that their product is the cosine. On by default.
    pub fn normalize(mut self, normalize: bool) -> Self {
        self.normalize = normalize;
        self
    }

    /// Keeps only the first numbers of each vector, and normalizes those. For models that were trained for it
    /// (Matryoshka).
    pub fn dimensions(mut self, dimensions: usize) -> Self {
        self.dimensions = Some(dimensions);
        self
    }

    /// Text in front of each query, for models that were trained with one, for example `query: `. The default is
    /// the prefix that an adapter's file names, otherwise nothing.
    pub fn query_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.query_prefix = Some(prefix.into());
        self
    }

    /// Text in front of each text that is no query, for example `passage: `. The default is that of
    /// [`query_prefix`](Self::query_prefix).
    pub fn document_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.document_prefix = Some(prefix.into());
        self
    }

    /// Creates the context.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for values that cannot work, and for [`Pooling::Rank`], which gives scores;
    /// [`Error::CreateContext`] mostly for missing memory; [`Error::VocabOnly`] and [`Error::NoVocab`] for models
    /// that cannot compute or read texts.
    pub fn build(self) -> Result<Embedder> {
        let width = self.model.n_embd_output();
        let dimensions = self.dimensions.unwrap_or(width);
        let pooling = self.pooling.map_or_else(|| own_pooling(&self.model), Ok)?;
        let refused = if pooling == Pooling::Rank {
            Some(("pooling", "this gives scores and no vectors; use a reranker or a classifier".to_owned()))
        } else if !self.model.is_vocab_only() && !(1..=width).contains(&dimensions) {
            Some(("dimensions", format!("{dimensions} is not between 1 and the model's {width}")))
        } else {
            None
        };
        if let Some((name, reason)) = refused {
            return Err(Error::invalid(name, reason));
        }
        let mut trained_with = None;
        for (adapter, _) in &self.settings.adapters {
            trained_with = adapter.metadata(ADAPTER_PREFIX)?.or(trained_with);
        }
        let prefix = |given: Option<String>| given.or_else(|| trained_with.clone()).unwrap_or_default();
        Ok(Embedder {
            query_prefix: prefix(self.query_prefix),
            document_prefix: prefix(self.document_prefix),
            runner: Runner::new(self.model, self.settings, pooling)?,
            normalize: self.normalize,
            dimensions,
        })
    }
}

/// What the file names, or the mean.
fn own_pooling(model: &Model) -> Result<Pooling> {
    let named = model.metadata().parse(&format!("{}.pooling_type", model.architecture()))?;
    Ok(match named.map(Pooling::from_raw) {
        None | Some(Pooling::None) => Pooling::Mean,
        Some(pooling) => pooling,
    })
}

/// Sets up a [`Reranker`]; made by [`Model::reranker`].
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// // Documents that are too long are cut, and the result says so. This model is none for reranking.
/// let refused = model.reranker().max_tokens(128).truncate(true).build();
/// assert!(matches!(refused, Err(llama::Error::InvalidParameter { .. })));
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is created before `build`"]
pub struct RerankerBuilder {
    model: Model,
    settings: Settings,
}

common_settings!(RerankerBuilder);

impl RerankerBuilder {
    /// Creates the context.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a model without a classifier head, and for values that cannot work;
    /// otherwise as [`EmbedderBuilder::build`].
    pub fn build(self) -> Result<Reranker> {
        Reranker::new(Runner::new(self.model, self.settings, Pooling::Rank)?)
    }
}

/// Sets up a [`Classifier`]; made by [`Model::classifier`].
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// // Texts go through the model 512 tokens at a time. This model is none that classifies.
/// let refused = model.classifier().batch_tokens(512).build();
/// assert!(matches!(refused, Err(llama::Error::InvalidParameter { .. })));
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is created before `build`"]
pub struct ClassifierBuilder {
    model: Model,
    settings: Settings,
}

common_settings!(ClassifierBuilder);

impl ClassifierBuilder {
    /// Creates the context.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a model without a classifier head, and for values that cannot work;
    /// otherwise as [`EmbedderBuilder::build`].
    pub fn build(self) -> Result<Classifier> {
        Classifier::new(Runner::new(self.model, self.settings, Pooling::Rank)?)
    }
}
