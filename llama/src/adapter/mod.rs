//! LoRA adapters: small changes to a model's weights that can be switched on and off.
#![forbid(unsafe_code)]

mod check;

use crate::error::{Error, Result};
use crate::ffi::adapter::AdapterPtr;
use crate::ffi::text::c_string;
use crate::gguf::{GgufError, GgufWriter, TensorType};
use crate::model::Model;
use crate::token::Token;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError};

/// A LoRA adapter, loaded for one model.
///
/// A handle: clones are cheap and share the weights. It keeps its model alive, and a context keeps the
/// adapters alive that it computes with.
///
/// ```no_run
/// use llama::{LoraAdapter, Model};
/// let model = Model::load("model.gguf")?;
/// let pirate = LoraAdapter::load(&model, "pirate.gguf")?;
/// let polite = LoraAdapter::load(&model, "polite.gguf")?;
/// let mut ctx = model.context_builder().build()?;
/// ctx.set_adapters(&[(pirate.clone(), 1.0), (polite, 0.3)])?;   // both, from the next decode on
/// ctx.set_adapters(&[(pirate, 0.5)])?;                           // only one of them, weaker
/// ctx.clear_adapters()?;
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_adapter_lora")]
#[derive(Debug, Clone)]
pub struct LoraAdapter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Only `None` while it is dropped.
    ptr: Option<AdapterPtr>,
    invocation: Vec<Token>,
    model: Model,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Freeing takes it out of the model's list, which a new context may be reading.
        let _lock = self.model.inner.mutate.lock().unwrap_or_else(PoisonError::into_inner);
        self.ptr = None;
    }
}

/// Loads a checked file, or says why llama.cpp refuses it.
fn load(model: &Model, path: &Path) -> Result<AdapterPtr, String> {
    let text = path.to_str().ok_or("the path is not valid UTF-8")?;
    let text = c_string("path", text).map_err(|error| error.to_string())?;
    crate::log::clear_detail();
    let loaded = {
        let _lock = model.inner.mutate.lock().unwrap_or_else(PoisonError::into_inner);
        AdapterPtr::load(&model.inner.ptr, &text)
    };
    let refused = || crate::log::take_detail().replace("failed to apply lora adapter: ", "");
    loaded.map_err(|fault| fault.to_string())?.ok_or_else(refused)
}

/// True when the model has no output matrix of its own. The C API has no question for that, but llama.cpp
/// looks the matrix up when an adapter names it, so a tiny one that cannot fit gets one of two refusals.
fn ties_embeddings(model: &Model) -> Result<bool, GgufError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut probe = GgufWriter::new();
    probe.set("general.type", "adapter")?;
    probe.set("general.architecture", model.architecture())?;
    probe.set("adapter.type", "lora")?;
    for name in ["output.weight.lora_a", "output.weight.lora_b"] {
        probe.tensor(name, &[1, 1], TensorType::F32, vec![0; 4])?;
    }
    let name = format!("llama-probe-{}-{}.gguf", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    let result = probe.save(&path).map(|()| load(model, &path));
    // The probe is only litter from here on.
    let _ = std::fs::remove_file(&path);
    Ok(result?.is_err_and(|reason| reason.contains("does not exist")))
}

impl LoraAdapter {
    /// Loads an adapter file (GGUF) for `model`.
    ///
    /// # Errors
    /// [`Error::LoadAdapter`] says what is wrong with the file, or that it belongs to another model;
    /// [`Error::VocabOnly`] for a model without weights.
    #[doc(alias = "llama_adapter_lora_init")]
    pub fn load(model: &Model, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if model.is_vocab_only() {
            return Err(Error::VocabOnly);
        }
        let refuse = |detail: String| Error::LoadAdapter { path: path.to_owned(), detail };
        let embeddings = check::check(model, path).map_err(refuse)?;
        if embeddings && ties_embeddings(model).map_err(|error| refuse(error.to_string()))? {
            return Err(refuse(
                "it changes the table of embeddings, which this model also uses as output matrix; \
                 llama.cpp cannot do that"
                    .to_owned(),
            ));
        }
        let ptr = load(model, path).map_err(refuse)?;
        let invocation = ptr.invocation_tokens()?;
        Ok(Self { inner: Arc::new(Inner { ptr: Some(ptr), invocation, model: model.clone() }) })
    }

    /// The model that it belongs to.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.inner.model
    }

    /// The tokens behind which an activated LoRA (aLoRA) begins to work; empty for an ordinary one.
    ///
    /// Attach such an adapter only once these tokens were decoded: the past before them is the base model's,
    /// and so can be shared.
    #[doc(alias = "llama_adapter_get_alora_invocation_tokens")]
    #[doc(alias = "llama_adapter_get_alora_n_invocation_tokens")]
    #[must_use]
    pub fn invocation_tokens(&self) -> &[Token] {
        &self.inner.invocation
    }

    /// Where in `tokens` the last invocation begins: the index of the first token that needs the adapter.
    /// `None` for an ordinary adapter, or when the invocation is not there.
    #[must_use]
    pub fn find_invocation(&self, tokens: &[Token]) -> Option<usize> {
        let wanted = self.invocation_tokens();
        if wanted.is_empty() {
            return None;
        }
        tokens.windows(wanted.len()).rposition(|window| window == wanted)
    }

    /// A value of the file's metadata as text, or `None` when the key is absent or its value is an array.
    ///
    /// # Errors
    /// When the key contains a zero byte.
    #[doc(alias = "llama_adapter_meta_val_str")]
    pub fn metadata(&self, key: &str) -> Result<Option<String>> {
        let key = c_string("metadata key", key)?;
        self.ptr().map_or(Ok(None), |ptr| ptr.meta_value(&key))
    }

    /// All pairs of the file's metadata but arrays, as text, sorted by key.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_adapter_meta_count")]
    #[doc(alias = "llama_adapter_meta_key_by_index")]
    #[doc(alias = "llama_adapter_meta_val_str_by_index")]
    pub fn metadata_pairs(&self) -> Result<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        if let Some(ptr) = self.ptr() {
            for index in 0..ptr.meta_count()? {
                if let (Some(key), Some(value)) = (ptr.meta_key_at(index)?, ptr.meta_value_at(index)?) {
                    pairs.push((key, value));
                }
            }
        }
        pairs.sort();
        Ok(pairs)
    }

    pub(crate) fn ptr(&self) -> Option<&AdapterPtr> {
        self.inner.ptr.as_ref()
    }

    /// True for handles of the same loaded adapter.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}
