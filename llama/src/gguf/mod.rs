//! GGUF files, read and written without llama.cpp.
//!
//! GGUF is the container llama.cpp loads models from: a list of typed
//! key-value pairs (the metadata) and a list of tensors with their data.
//!
//! [`Gguf`] reads everything but the tensors' data, which it hands out one by
//! one. It is made for files nobody vouches for: each length is checked against
//! what is left of the file before anything is allocated, and whatever is wrong
//! comes back as a [`GgufError`]. [`GgufWriter`] makes such files.
//!
//! ```
//! use std::io::Cursor;
//! # use llama::gguf;
//! use gguf::{Gguf, GgufWriter, TensorType};
//!
//! let mut writer = GgufWriter::new();
//! writer.set("general.architecture", "llama")?;
//! writer.set("llama.block_count", 4_u32)?;
//! writer.tensor("output_norm.weight", &[2], TensorType::F32, vec![0; 8])?;
//! let mut file = Vec::new();
//! writer.write_to(&mut file)?;
//!
//! let gguf = Gguf::read(&mut Cursor::new(&file))?;
//! assert_eq!(gguf.get("general.architecture").and_then(|value| value.as_str()), Some("llama"));
//! assert_eq!(gguf.tensors()[0].dims(), [2]);
//! # Ok::<(), gguf::GgufError>(())
//! ```
#![forbid(unsafe_code)]

mod error;
mod input;
mod read;
mod tensor;
mod value;
mod write;

pub use error::GgufError;
pub use read::Gguf;
pub use tensor::{TensorInfo, TensorType};
pub use value::{Array, Value, ValueType};
pub use write::{GgufStream, GgufWriter};

/// The first four bytes of every GGUF file.
pub const MAGIC: [u8; 4] = *b"GGUF";
/// The version of the format that is written; 2 is read as well.
pub const VERSION: u32 = 3;
/// Where tensor data starts, in multiples of this many bytes, unless the file says otherwise.
pub const DEFAULT_ALIGNMENT: u32 = 32;
/// The key that overrides [`DEFAULT_ALIGNMENT`].
pub const ALIGNMENT_KEY: &str = "general.alignment";
/// The most dimensions that a tensor can have.
pub const MAX_DIMS: usize = 4;
/// The longest name of a tensor, in bytes.
pub const MAX_TENSOR_NAME: usize = 63;

/// Rounds `offset` up to the next multiple of `alignment`.
fn aligned(offset: u64, alignment: u32) -> Option<u64> {
    offset.checked_next_multiple_of(u64::from(alignment))
}
