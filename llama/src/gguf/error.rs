use std::io;

use thiserror::Error;

/// Why a GGUF file cannot be read or written.
///
/// ```
/// use llama::gguf::{Gguf, GgufError};
/// match Gguf::open("Cargo.toml") {
///     Err(GgufError::NotGguf { found }) => assert_eq!(found, b"[pac"),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GgufError {
    /// The operating system reported a failure.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file does not begin with "GGUF".
    #[error("this is not a GGUF file: it begins with {found:02x?}")]
    NotGguf {
        /// The file's first bytes, four at most.
        found: Vec<u8>,
    },
    /// The file's version of the format is not known here.
    #[error("GGUF version {version} is not supported: this library reads versions 2 and 3")]
    Version {
        /// The version the file states.
        version: u32,
    },
    /// The file was written for processors with the other byte order.
    #[error("this is a big-endian GGUF file: only little-endian ones are supported")]
    BigEndian,
    /// The file ends before what it announces.
    #[error("the file is cut off: {what} needs {needed} bytes, {left} are left")]
    Truncated {
        /// What was being read.
        what: String,
        /// How many bytes it needs.
        needed: u64,
        /// How many bytes are left.
        left: u64,
    },
    /// A value has a type that the format does not define.
    #[error("the value of \"{key}\" has the unknown type {number}")]
    UnknownValueType {
        /// The key of the value.
        key: String,
        /// The number of the type.
        number: u32,
    },
    /// A text is not UTF-8.
    #[error("{what} is not UTF-8")]
    NotUtf8 {
        /// Which text it is.
        what: String,
    },
    /// Something is stated that cannot be.
    #[error("{what}: {problem}")]
    Invalid {
        /// What is wrong.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl GgufError {
    pub(super) fn invalid(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { what: what.into(), problem: problem.into() }
    }
}
