//! Models: loading, metadata, sizes.

pub(crate) mod builder;
pub(crate) mod devices;
mod diagnose;
mod fingerprint;
mod hyper;
mod kinds;
mod metadata;
mod options;
mod rules;
mod save;
mod source;

pub use builder::ModelBuilder;
pub use kinds::{FileType, RopeType};
pub use metadata::{Metadata, SamplingDefaults};
pub use options::{Layers, LoadMode, MetadataOverride, ProgressFlow, SplitMode};

pub(crate) use builder::PATTERN_LEN;
pub(crate) use diagnose::{check_path, explain};
pub(crate) use options::checked_replacement;
pub(crate) use rules::broken_numbers;
pub(crate) use source::path_string;
pub use source::{split_path, split_prefix};

use crate::context::ContextBuilder;
use crate::error::Result;
use crate::ffi::model::ModelPtr;
use crate::ffi::text::c_string;
use crate::ffi::vocab::VocabPtr;
use crate::token::Token;
use crate::vocab::Vocab;
use crate::vocab::special::SpecialTokens;
use once_cell::sync::OnceCell;
use source::Source;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A loaded model.
///
/// A handle: clones are cheap and share the weights, which are freed with the last handle, context, sampler or
/// vocabulary that uses them. Models can be used from any number of threads at once.
///
/// ```
/// let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// println!("{}: {} parameters, {} bytes", model.description(), model.n_params(), model.size());
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_model")]
#[derive(Clone)]
pub struct Model {
    pub(crate) inner: Arc<ModelInner>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("description", &self.description()).finish_non_exhaustive()
    }
}

/// What the handles share.
#[derive(Debug)]
pub(crate) struct ModelInner {
    pub(crate) ptr: ModelPtr,
    pub(crate) vocab: VocabPtr,
    pub(crate) info: ModelInfo,
    pub(crate) special: SpecialTokens,
    /// Texts of the control tokens, collected when first needed.
    pub(crate) control_texts: OnceCell<Vec<crate::vocab::special::ControlText>>,
    /// Texts of all tokens, sorted when first needed.
    pub(crate) token_trie: OnceCell<crate::sampler::TokenTrie>,
    /// What the `llguidance` engine knows about the vocabulary, collected when first needed.
    #[cfg(feature = "llguidance")]
    pub(crate) guidance: OnceCell<crate::sampler::Guidance>,
    /// Held while a context or an adapter is created: both write to the C model.
    pub(crate) mutate: Mutex<()>,
    /// Computed when a state is first saved or restored.
    fingerprint: OnceCell<u64>,
}

/// Facts that never change, read once.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub(crate) struct ModelInfo {
    pub(crate) architecture: String,
    pub(crate) description: String,
    pub(crate) n_params: u64,
    pub(crate) size: u64,
    pub(crate) n_ctx_train: u32,
    pub(crate) n_embd: usize,
    pub(crate) n_embd_inp: usize,
    pub(crate) n_embd_out: usize,
    pub(crate) n_layer: u32,
    pub(crate) n_layer_nextn: u32,
    pub(crate) n_head: u32,
    pub(crate) n_head_kv: u32,
    pub(crate) n_swa: u32,
    pub(crate) n_cls_out: u32,
    pub(crate) n_vocab: usize,
    pub(crate) rope_type: i32,
    pub(crate) rope_freq_scale_train: f32,
    pub(crate) file_type: u32,
    pub(crate) has_encoder: bool,
    pub(crate) has_decoder: bool,
    pub(crate) decoder_start: Option<Token>,
    pub(crate) recurrent: bool,
    pub(crate) hybrid: bool,
    pub(crate) diffusion: bool,
    pub(crate) vocab_only: bool,
    /// There are no weights behind the tensors: nothing may be computed.
    pub(crate) planned: bool,
    /// The weights may lie in a mapped file, where they cannot be written.
    pub(crate) mapped: bool,
    /// The weights may have been rearranged, so that they cannot be read back.
    pub(crate) rearranged: bool,
}

/// How a model was loaded, as far as it matters later.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub(crate) struct LoadTraits {
    pub(crate) vocab_only: bool,
    pub(crate) planned: bool,
    pub(crate) mapped: bool,
    pub(crate) rearranged: bool,
}

impl Model {
    /// Loads a GGUF file with default parameters.
    ///
    /// # Errors
    /// [`Error::LoadModel`](crate::Error::LoadModel) says what is wrong with the file and what to do.
    #[doc(alias = "llama_model_load_from_file")]
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder(path).load()
    }

    /// Starts loading with parameters of your own.
    #[doc(alias = "llama_model_params")]
    #[doc(alias = "llama_model_default_params")]
    pub fn builder<'a>(path: impl AsRef<Path>) -> ModelBuilder<'a> {
        ModelBuilder::new(Source::Path(path.as_ref().to_owned()))
    }

    /// `architecture` is the one that llama.cpp took: that of the file, or of an override.
    pub(crate) fn from_ptr(ptr: ModelPtr, traits: LoadTraits, architecture: Option<String>) -> Result<Self> {
        let vocab = ptr.vocab()?;
        let info = ModelInfo::read(&ptr, vocab, traits, architecture.unwrap_or_default())?;
        let special = SpecialTokens::read(vocab)?;
        Ok(Self {
            inner: Arc::new(ModelInner {
                ptr,
                vocab,
                info,
                special,
                control_texts: OnceCell::new(),
                token_trie: OnceCell::new(),
                #[cfg(feature = "llguidance")]
                guidance: OnceCell::new(),
                mutate: Mutex::new(()),
                fingerprint: OnceCell::new(),
            }),
        })
    }

    fn info(&self) -> &ModelInfo {
        &self.inner.info
    }

    /// The vocabulary, as a handle that keeps the model alive.
    #[doc(alias = "llama_model_get_vocab")]
    #[must_use]
    pub fn vocab(&self) -> Vocab {
        Vocab::new(self.clone())
    }

    /// Starts a context for this model.
    #[doc(alias = "llama_context_default_params")]
    pub fn context_builder(&self) -> ContextBuilder {
        ContextBuilder::new(self.clone())
    }

    /// Name of the architecture, for example `llama`.
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.info().architecture
    }

    /// Architecture, size and quantization in a few words, for example `llama 7B Q4_K - Medium`.
    #[doc(alias = "llama_model_desc")]
    #[must_use]
    pub fn description(&self) -> &str {
        &self.info().description
    }

    /// Number of parameters.
    #[doc(alias = "llama_model_n_params")]
    #[must_use]
    pub fn n_params(&self) -> u64 {
        self.info().n_params
    }

    /// Size of all tensors in bytes.
    #[doc(alias = "llama_model_size")]
    #[must_use]
    pub fn size(&self) -> u64 {
        self.info().size
    }

    /// Length of the texts that the model was trained on, in tokens.
    #[doc(alias = "llama_model_n_ctx_train")]
    #[must_use]
    pub fn n_ctx_train(&self) -> u32 {
        self.info().n_ctx_train
    }

    /// Width of the hidden state.
    #[doc(alias = "llama_model_n_embd")]
    #[must_use]
    pub fn n_embd(&self) -> usize {
        self.info().n_embd
    }

    /// Width of an embedding given as input.
    #[doc(alias = "llama_model_n_embd_inp")]
    #[must_use]
    pub fn n_embd_input(&self) -> usize {
        self.info().n_embd_inp
    }

    /// Width of an embedding that comes out.
    #[doc(alias = "llama_model_n_embd_out")]
    #[must_use]
    pub fn n_embd_output(&self) -> usize {
        self.info().n_embd_out
    }

    /// Number of layers.
    #[doc(alias = "llama_model_n_layer")]
    #[must_use]
    pub fn n_layer(&self) -> u32 {
        self.info().n_layer
    }

    /// Number of extra layers that predict several tokens at once, 0 without them.
    #[doc(alias = "llama_model_n_layer_nextn")]
    #[must_use]
    pub fn n_layer_nextn(&self) -> u32 {
        self.info().n_layer_nextn
    }

    /// Number of attention heads of the first layer.
    #[doc(alias = "llama_model_n_head")]
    #[must_use]
    pub fn n_head(&self) -> u32 {
        self.info().n_head
    }

    /// Number of key-value heads of the first layer.
    #[doc(alias = "llama_model_n_head_kv")]
    #[must_use]
    pub fn n_head_kv(&self) -> u32 {
        self.info().n_head_kv
    }

    /// Width of the sliding attention window in tokens, 0 without one.
    #[doc(alias = "llama_model_n_swa")]
    #[must_use]
    pub fn n_swa(&self) -> u32 {
        self.info().n_swa
    }

    /// Number of tokens in the vocabulary; also the width of the logits.
    #[doc(alias = "llama_vocab_n_tokens")]
    #[must_use]
    pub fn n_vocab(&self) -> usize {
        self.info().n_vocab
    }

    /// How the model encodes positions.
    #[doc(alias = "llama_model_rope_type")]
    #[must_use]
    pub fn rope_type(&self) -> RopeType {
        RopeType::from_raw(self.info().rope_type)
    }

    /// Scale of the rotary frequencies in training.
    #[doc(alias = "llama_model_rope_freq_scale_train")]
    #[must_use]
    pub fn rope_freq_scale_train(&self) -> f32 {
        self.info().rope_freq_scale_train
    }

    /// The quantization that the file names.
    #[doc(alias = "llama_model_ftype")]
    #[must_use]
    pub fn file_type(&self) -> FileType {
        FileType(self.info().file_type)
    }

    /// True when the model has an encoder that [`Context::encode`](crate::Context::encode) runs.
    #[doc(alias = "llama_model_has_encoder")]
    #[must_use]
    pub fn has_encoder(&self) -> bool {
        self.info().has_encoder
    }

    /// True when the model has a decoder that [`Context::decode`](crate::Context::decode) runs.
    #[doc(alias = "llama_model_has_decoder")]
    #[must_use]
    pub fn has_decoder(&self) -> bool {
        self.info().has_decoder
    }

    /// The token that starts the decoder of an encoder-decoder model.
    #[doc(alias = "llama_model_decoder_start_token")]
    #[must_use]
    pub fn decoder_start_token(&self) -> Option<Token> {
        self.info().decoder_start
    }

    /// True for models whose whole past is one state, like Mamba or RWKV.
    #[doc(alias = "llama_model_is_recurrent")]
    #[must_use]
    pub fn is_recurrent(&self) -> bool {
        self.info().recurrent
    }

    /// True for models that combine a recurrent state with attention.
    #[doc(alias = "llama_model_is_hybrid")]
    #[must_use]
    pub fn is_hybrid(&self) -> bool {
        self.info().hybrid
    }

    /// True for models that generate by diffusion.
    #[doc(alias = "llama_model_is_diffusion")]
    #[must_use]
    pub fn is_diffusion(&self) -> bool {
        self.info().diffusion
    }

    /// True when only the vocabulary was loaded.
    #[must_use]
    pub fn is_vocab_only(&self) -> bool {
        self.info().vocab_only
    }

    /// Labels of a classifier model, one per output; `None` where the file names none. Empty for other models.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_model_cls_label")]
    #[doc(alias = "llama_model_n_cls_out")]
    pub fn classifier_labels(&self) -> Result<Vec<Option<String>>> {
        let labels: Vec<_> =
            (0..self.info().n_cls_out).map(|i| self.inner.ptr.cls_label(i)).collect::<Result<_>>()?;
        Ok(if labels.len() == 1 && labels[0].is_none() { Vec::new() } else { labels })
    }

    /// Number of outputs of a classifier; 1 for models that are none.
    #[must_use]
    pub fn n_classifier_outputs(&self) -> u32 {
        self.info().n_cls_out
    }

    /// Source of the chat template in the file: the default one, or the one with that name.
    ///
    /// # Errors
    /// When the name contains a zero byte.
    #[doc(alias = "llama_model_chat_template")]
    pub fn chat_template_source(&self, name: Option<&str>) -> Result<Option<String>> {
        let name = name.map(|name| c_string("template name", name)).transpose()?;
        self.inner.ptr.chat_template(name.as_deref())
    }

    /// The metadata of the file.
    #[must_use]
    pub fn metadata(&self) -> Metadata<'_> {
        Metadata::new(self)
    }

    /// The raw model.
    ///
    /// Calling C functions with it needs `unsafe` and is outside this crate's stability promise.
    #[must_use]
    pub fn as_ptr(&self) -> *mut llama_sys::llama_model {
        self.inner.ptr.as_ptr()
    }
}

impl ModelInfo {
    fn read(ptr: &ModelPtr, vocab: VocabPtr, traits: LoadTraits, architecture: String) -> Result<Self> {
        let count = |value: i32| u32::try_from(value).unwrap_or(0);
        let width = |value: i32| usize::try_from(value).unwrap_or(0);
        let vocab_size = width(vocab.n_tokens()?);
        // Per-layer numbers are not there when only the vocabulary was loaded.
        let vocab_only = traits.vocab_only;
        let deep = !vocab_only;
        Ok(Self {
            architecture,
            description: ptr.description()?,
            n_params: ptr.n_params()?,
            size: ptr.size()?,
            n_ctx_train: count(ptr.n_ctx_train()?),
            n_embd: width(ptr.n_embd()?),
            n_embd_inp: if deep { width(ptr.n_embd_inp()?) } else { 0 },
            n_embd_out: if deep { width(ptr.n_embd_out()?) } else { 0 },
            n_layer: if deep { count(ptr.n_layer()?) } else { 0 },
            n_layer_nextn: if deep { count(ptr.n_layer_nextn()?) } else { 0 },
            n_head: if deep { count(ptr.n_head()?) } else { 0 },
            n_head_kv: if deep { count(ptr.n_head_kv()?) } else { 0 },
            n_swa: count(ptr.n_swa()?),
            n_cls_out: if deep { ptr.n_cls_out()? } else { 0 },
            n_vocab: vocab_size,
            rope_type: ptr.rope_type()?,
            rope_freq_scale_train: ptr.rope_freq_scale_train()?,
            file_type: ptr.ftype()?,
            has_encoder: ptr.has_encoder()?,
            has_decoder: ptr.has_decoder()?,
            decoder_start: Token::present(ptr.decoder_start_token()?),
            recurrent: ptr.is_recurrent()?,
            hybrid: ptr.is_hybrid()?,
            diffusion: ptr.is_diffusion()?,
            vocab_only,
            planned: traits.planned,
            mapped: traits.mapped,
            rearranged: traits.rearranged,
        })
    }

    /// True when a position has several sections.
    pub(crate) fn has_sections(&self) -> bool {
        matches!(self.rope_type, llama_sys::LLAMA_ROPE_TYPE_MROPE | llama_sys::LLAMA_ROPE_TYPE_IMROPE)
    }

    /// True when tokens and embeddings may be in one batch.
    pub(crate) fn takes_mixed_batches(&self) -> bool {
        const APART: [&str; 6] =
            ["cogvlm", "deepseek4", "graniteswitch", "eagle3", "dflash", "gemma4-assistant"];
        !APART.contains(&self.architecture.as_str())
    }

    /// True when positions index a table of fixed size, so that a larger one would be out of bounds.
    pub(crate) fn has_position_table(&self) -> bool {
        matches!(self.architecture.as_str(), "bert" | "gpt2" | "starcoder" | "mpt")
    }
}
