//! The key-value pairs of a model file.

use super::Model;
use crate::error::Result;
use crate::ffi::model::ModelPtr;
use crate::ffi::text::c_string;
use std::str::FromStr;

/// The metadata of a loaded model: every scalar value of its file, as text and typed.
///
/// Arrays are listed by their keys but have no value here; the [`gguf`](crate::gguf) module reads them from
/// the file.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let name = model.metadata().get("general.name")?;
/// let layers: Option<u32> = model.metadata().parse("llama.block_count")?;
/// for (key, value) in model.metadata().pairs()? {
///     println!("{key} = {value}");
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_model_meta_val_str")]
#[derive(Debug, Clone, Copy)]
pub struct Metadata<'a> {
    model: &'a Model,
}

impl<'a> Metadata<'a> {
    pub(super) fn new(model: &'a Model) -> Self {
        Self { model }
    }

    /// Number of pairs.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_model_meta_count")]
    pub fn len(&self) -> Result<usize> {
        Ok(usize::try_from(self.model.inner.ptr.meta_count()?).unwrap_or(0))
    }

    /// True when there are no pairs.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// The value of a key as text, of any length, or `None` when the key is absent.
    ///
    /// # Errors
    /// When the key contains a zero byte.
    pub fn get(&self, key: &str) -> Result<Option<String>> {
        self.model.inner.ptr.meta_value(&c_string("metadata key", key)?)
    }

    /// The value of a key as a number, a boolean or whatever else can be parsed; `None` when the key is absent
    /// or its value is something else.
    ///
    /// # Errors
    /// When the key contains a zero byte.
    pub fn parse<T: FromStr>(&self, key: &str) -> Result<Option<T>> {
        Ok(self.get(key)?.and_then(|value| value.parse().ok()))
    }

    /// All pairs in the order of llama.cpp.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_model_meta_key_by_index")]
    #[doc(alias = "llama_model_meta_val_str_by_index")]
    pub fn pairs(&self) -> Result<Vec<(String, String)>> {
        let ptr = &self.model.inner.ptr;
        let mut pairs = Vec::new();
        for index in 0..ptr.meta_count()? {
            if let (Some(key), Some(value)) = (ptr.meta_key_at(index)?, ptr.meta_value_at(index)?) {
                pairs.push((key, value));
            }
        }
        Ok(pairs)
    }

    fn recommended<T: FromStr>(self, key: llama_sys::llama_model_meta_key) -> Result<Option<T>> {
        self.parse(&ModelPtr::meta_key(key)?)
    }

    /// The sampling parameters that the makers of the model recommend in its file.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    #[doc(alias = "llama_model_meta_key_str")]
    pub fn sampling_defaults(&self) -> Result<SamplingDefaults> {
        Ok(SamplingDefaults {
            top_k: self.recommended(llama_sys::LLAMA_MODEL_META_KEY_SAMPLING_TOP_K)?,
            top_p: self.recommended(llama_sys::LLAMA_MODEL_META_KEY_SAMPLING_TOP_P)?,
            min_p: self.recommended(llama_sys::LLAMA_MODEL_META_KEY_SAMPLING_MIN_P)?,
            temperature: self.recommended(llama_sys::LLAMA_MODEL_META_KEY_SAMPLING_TEMP)?,
            repeat_penalty: self.recommended(llama_sys::LLAMA_MODEL_META_KEY_SAMPLING_PENALTY_REPEAT)?,
            repeat_last_n: self.recommended(llama_sys::LLAMA_MODEL_META_KEY_SAMPLING_PENALTY_LAST_N)?,
        })
    }
}

/// Sampling parameters recommended by a model file; `None` where it says nothing.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let defaults = model.metadata().sampling_defaults()?;
/// let sampler = defaults.sampler().seed(1).build()?;
/// println!("{:?}: {:?}", defaults.temperature, sampler.names()?);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct SamplingDefaults {
    /// Number of most likely tokens to choose from.
    pub top_k: Option<i32>,
    /// Probability mass to choose from.
    pub top_p: Option<f32>,
    /// Smallest probability relative to the best token.
    pub min_p: Option<f32>,
    /// Temperature.
    pub temperature: Option<f32>,
    /// Factor against repeated tokens.
    pub repeat_penalty: Option<f32>,
    /// Number of recent tokens that the factor looks at.
    pub repeat_last_n: Option<i32>,
}
