//! Generating text: a session with a history, a stream of pieces, a result.
//!
//! [`Session`] owns a context and keeps track of its memory, [`Session::generate`] gives a [`Generation`], which
//! is an iterator of pieces and ends in a [`Completion`].
#![forbid(unsafe_code)]

mod checkpoint;
mod completion;
mod content;
mod defaults;
mod generation;
#[cfg_attr(not(feature = "multimodal"), path = "no_media.rs")]
mod media;
mod overflow;
mod persist;
mod rewind;
mod run;
mod session;
mod speculative;
mod stop;
#[cfg(feature = "async")]
mod stream;
mod written;

pub use completion::{Completion, Piece, StopReason, Timings, TokenLogprobs, Usage};
pub(crate) use content::Content;
pub use generation::{Generation, GenerationBuilder};
pub(crate) use run::{Limits, Run};
pub use session::Session;
pub use speculative::{Draft, PromptLookup};
#[cfg(feature = "async")]
pub use stream::TextStream;
