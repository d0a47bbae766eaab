//! Values of the options of a model.

use crate::error::{Error, Result};
use crate::ffi;
use crate::ffi::model::{OVERRIDE_LEN, OverrideValue};
use crate::ffi::text::c_string;
use std::ffi::CString;
use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

/// How many layers go to devices other than the CPU.
///
/// ```
/// use llama::{Layers, Model};
/// let model = Model::builder("../examples/model/llama-tiny-chat.gguf").gpu_layers(Layers::None).load()?;
/// # drop(model);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Layers {
    /// llama.cpp's default.
    #[default]
    Auto,
    /// All of them.
    All,
    /// None: everything runs on the CPU.
    None,
    /// This many, counted from the output.
    Count(u32),
}

/// How the file gets into memory.
///
/// ```
/// use llama::{LoadMode, Model};
/// let model = Model::builder("../examples/model/llama-tiny-chat.gguf").load_mode(LoadMode::Read).load()?;
/// assert_eq!("mmap".parse::<LoadMode>()?, LoadMode::Mmap);
/// # drop(model);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_load_mode")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LoadMode {
    /// llama.cpp's choice for the devices at hand.
    #[default]
    Auto,
    /// Read into memory.
    Read,
    /// Map the file: starts fast and shares pages between processes.
    Mmap,
    /// Read into memory and lock it there.
    Mlock,
    /// Map the file and lock it in memory.
    MmapMlock,
    /// Read past the page cache where the platform can; otherwise, and from file systems with blocks of more than
    /// 4096 bytes, as [`Read`](Self::Read).
    DirectIo,
}

impl LoadMode {
    pub(super) fn raw(self) -> llama_sys::llama_load_mode {
        match self {
            Self::Auto => llama_sys::LLAMA_LOAD_MODE_AUTO,
            Self::Read => llama_sys::LLAMA_LOAD_MODE_NONE,
            Self::Mmap => llama_sys::LLAMA_LOAD_MODE_MMAP,
            Self::Mlock => llama_sys::LLAMA_LOAD_MODE_MLOCK,
            Self::MmapMlock => llama_sys::LLAMA_LOAD_MODE_MMAP_MLOCK,
            Self::DirectIo => llama_sys::LLAMA_LOAD_MODE_DIRECT_IO,
        }
    }
}

/// llama.cpp's name, for example `mmap`.
impl fmt::Display for LoadMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ffi::model::load_mode_name(self.raw()) {
            Ok(Some(name)) => f.pad(&name),
            _ => write!(f, "{self:?}"),
        }
    }
}

/// Reads llama.cpp's name of a mode (`llama_load_mode_from_str`).
impl FromStr for LoadMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let all = [Self::Auto, Self::Read, Self::Mmap, Self::Mlock, Self::MmapMlock, Self::DirectIo];
        let found = all.into_iter().find(|mode| mode.to_string() == name);
        found.ok_or_else(|| Error::invalid("load_mode", format!("'{name}' is no load mode")))
    }
}

/// How a model is spread over several devices.
///
/// ```
/// use llama::{Model, SplitMode};
/// let builder = Model::builder("../examples/model/llama-tiny-chat.gguf");
/// let model = builder.split_mode(SplitMode::Layer).tensor_split(&[3.0, 1.0]).load()?;
/// # drop(model);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_split_mode")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SplitMode {
    /// One device holds all; see [`ModelBuilder::main_gpu`](crate::ModelBuilder::main_gpu).
    None,
    /// Each device holds some layers.
    Layer,
    /// Each device holds some rows of each matrix. No back end that this crate builds has it in this version of
    /// llama.cpp: a load on such devices is [`Error::LoadModel`].
    Row,
    /// Each device computes a part of each tensor operation. [`Planner`](crate::Planner) refuses it.
    Tensor,
}

impl SplitMode {
    pub(super) fn raw(self) -> llama_sys::llama_split_mode {
        match self {
            Self::None => llama_sys::LLAMA_SPLIT_MODE_NONE,
            Self::Layer => llama_sys::LLAMA_SPLIT_MODE_LAYER,
            Self::Row => llama_sys::LLAMA_SPLIT_MODE_ROW,
            Self::Tensor => llama_sys::LLAMA_SPLIT_MODE_TENSOR,
        }
    }
}

/// A value that replaces one in the file's metadata while loading.
///
/// ```
/// use llama::Model;
/// let builder = Model::builder("../examples/model/llama-tiny-chat.gguf");
/// let model = builder.metadata_override("llama.context_length", 128_i64).load()?;
/// assert_eq!(model.n_ctx_train(), 128);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_model_kv_override")]
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MetadataOverride {
    /// A whole number.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A text of at most 127 bytes.
    Str(String),
}

impl From<i64> for MetadataOverride {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for MetadataOverride {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<bool> for MetadataOverride {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for MetadataOverride {
    fn from(value: &str) -> Self {
        Self::Str(value.to_owned())
    }
}

/// What a progress callback may return: nothing, or whether to go on.
///
/// ```
/// use llama::{Error, Model};
/// use std::ops::ControlFlow;
/// let path = "../examples/model/llama-tiny-chat.gguf";
/// Model::builder(path).on_progress(|done| println!("{:.0}%", 100.0 * done)).load()?;
/// let stopped = Model::builder(path).on_progress(|_| ControlFlow::Break(())).load();
/// assert!(matches!(stopped, Err(Error::Cancelled)));
/// # Ok::<(), llama::Error>(())
/// ```
pub trait ProgressFlow {
    /// `Break` stops the load with [`Error::Cancelled`].
    fn into_flow(self) -> ControlFlow<()>;
}

impl ProgressFlow for () {
    fn into_flow(self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl ProgressFlow for ControlFlow<()> {
    fn into_flow(self) -> ControlFlow<()> {
        self
    }
}

/// As [`checked_override`], but for keys that describe the file itself.
pub(crate) fn checked_replacement(pair: &(String, MetadataOverride)) -> Result<(CString, OverrideValue)> {
    if pair.0 == crate::gguf::ALIGNMENT_KEY || pair.0.starts_with("split.") {
        let reason = format!("\"{}\" describes the file itself", pair.0);
        return Err(Error::invalid("metadata_override", reason));
    }
    checked_override(pair)
}

fn checked_override((key, value): &(String, MetadataOverride)) -> Result<(CString, OverrideValue)> {
    let fits = |what, text: &str| {
        if text.len() > OVERRIDE_LEN {
            return Err(Error::TooLong { what, len: text.len(), max: OVERRIDE_LEN });
        }
        c_string(what, text)
    };
    if key.is_empty() {
        return Err(Error::invalid("metadata_override", "the key is empty"));
    }
    let value = match value {
        MetadataOverride::Int(v) => OverrideValue::Int(*v),
        MetadataOverride::Float(v) => OverrideValue::Float(*v),
        MetadataOverride::Bool(v) => OverrideValue::Bool(*v),
        MetadataOverride::Str(v) => OverrideValue::Str(fits("metadata override value", v)?),
    };
    Ok((fits("metadata override key", key)?, value))
}
