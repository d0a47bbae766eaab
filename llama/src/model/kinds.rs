//! Properties of a model that come as numbers from C.

use crate::ffi::model::ModelPtr;
use std::fmt;

/// How a model encodes positions.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// assert_eq!(model.rope_type(), llama::RopeType::Norm);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_rope_type")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RopeType {
    /// No rotary positions.
    None,
    /// Rotates neighbouring pairs.
    Norm,
    /// Rotates pairs half a head apart.
    Neox,
    /// Several position sections per token, for pictures.
    Mrope,
    /// Several interleaved position sections per token.
    Imrope,
    /// Positions of a vision encoder.
    Vision,
    /// A value that this version of the crate does not know.
    Other(i32),
}

impl RopeType {
    pub(crate) fn from_raw(raw: i32) -> Self {
        match raw {
            llama_sys::LLAMA_ROPE_TYPE_NONE => Self::None,
            llama_sys::LLAMA_ROPE_TYPE_NORM => Self::Norm,
            llama_sys::LLAMA_ROPE_TYPE_NEOX => Self::Neox,
            llama_sys::LLAMA_ROPE_TYPE_MROPE => Self::Mrope,
            llama_sys::LLAMA_ROPE_TYPE_IMROPE => Self::Imrope,
            llama_sys::LLAMA_ROPE_TYPE_VISION => Self::Vision,
            other => Self::Other(other),
        }
    }
}

/// The quantization that a model file names, for example `Q4_K - Medium`.
///
/// ```
/// use llama::FileType;
/// let kind: FileType = "Q4_K_M".parse()?;
/// assert_eq!(kind, FileType::Q4_K_M);
/// println!("{kind}");
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_ftype")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileType(pub u32);

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ModelPtr::ftype_name(self.0) {
            Ok(Some(name)) => f.write_str(&name),
            _ => write!(f, "file type {}", self.0),
        }
    }
}
