//! Why a saved state cannot be used.

use crate::token::{SeqId, Token};

/// Why a saved state cannot be read, or cannot be used with this context.
///
/// ```
/// use llama::{Error, State, StateError};
/// let refused = State::from_bytes(b"no state");
/// assert!(matches!(refused, Err(Error::State(StateError::NotAState))), "{refused:?}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// These bytes are no saved state.
    #[error("this is no saved state of this library")]
    NotAState,
    /// The format is of another version.
    #[error("format version {found}, this library reads version {supported}")]
    Format {
        /// The version found.
        found: u32,
        /// The version that can be read.
        supported: u32,
    },
    /// The end is missing.
    #[error("it is cut off: {found} of {expected} bytes are there")]
    Truncated {
        /// Bytes that belong to it.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// There is something behind the end.
    #[error("it has {expected} bytes, but {found} were given")]
    TooLong {
        /// Bytes that belong to it.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Some bytes have changed since it was saved.
    #[error("it is damaged: the checksum does not match")]
    Corrupted,
    /// The content contradicts itself, although the checksum matches.
    #[error("it is malformed: {problem}")]
    Malformed {
        /// What is wrong.
        problem: String,
    },
    /// It was saved with another version of llama.cpp, whose states may look different.
    #[error("it was saved with llama.cpp {saved}, this is {here}")]
    Version {
        /// The version that saved it.
        saved: String,
        /// The version in this binary.
        here: String,
    },
    /// It was saved with another model.
    #[error("it belongs to another model ({saved}), the context has {here}")]
    OtherModel {
        /// The model that it was saved with.
        saved: String,
        /// The model of the context.
        here: String,
    },
    /// The context was built with another parameter.
    #[error("it was saved with {name} = {saved}, the context has {here}")]
    OtherParameter {
        /// The parameter, named as its setter.
        name: &'static str,
        /// Its value when the state was saved.
        saved: String,
        /// Its value here.
        here: String,
    },
    /// It is of another kind than the function takes.
    #[error("it is {found}, not {expected}")]
    OtherKind {
        /// What the function takes.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// It names a token that the vocabulary does not have.
    #[error("its token list has token {token}, the vocabulary has {n_vocab} tokens")]
    Token {
        /// The token.
        token: Token,
        /// Size of the vocabulary.
        n_vocab: usize,
    },
    /// It does not fit into the context.
    #[error("it has {needed} tokens, {available} fit")]
    TooLarge {
        /// Tokens of the state.
        needed: usize,
        /// Tokens that fit.
        available: usize,
    },
    /// A partial state goes on top of a past that the sequence does not have.
    #[error("sequence {seq} does not have the past that this partial state continues")]
    MissingPast {
        /// The sequence.
        seq: SeqId,
    },
    /// Positions were moved or sequences copied and the change is not computed yet.
    #[error("the memory was edited (positions moved or sequences copied); decode something first")]
    EditPending,
    /// A state kept on the device that a later one of the same sequence has replaced.
    #[error("a later state of sequence {seq} on the device has replaced it")]
    Replaced {
        /// The sequence that it was saved from.
        seq: SeqId,
    },
    /// A state kept on the device of another context.
    #[error("it lies on the device of another context")]
    OtherContext,
    /// This cannot be done with this model or context.
    #[error("{reason}")]
    Unsupported {
        /// Why.
        reason: &'static str,
    },
    /// llama.cpp refused it. What was to be replaced is empty now.
    #[error("llama.cpp refused it: {detail}")]
    Refused {
        /// llama.cpp's words.
        detail: String,
    },
}

impl StateError {
    pub(crate) fn malformed(problem: impl Into<String>) -> Self {
        Self::Malformed { problem: problem.into() }
    }
}
