//! Generating text: a session with a history, a stream of pieces, a result.
//!
//! [`Session`] owns a context and keeps track of its memory, [`Session::generate`] gives a [`Generation`], which
//! is an iterator of pieces and ends in a [`Completion`].
#![forbid(unsafe_code)]

mod completion;
mod defaults;
mod generation;
mod run;
mod session;
mod stop;

pub use completion::{Completion, StopReason, Timings, Usage};
pub use generation::{Generation, GenerationBuilder};
pub(crate) use run::{Limits, Run};
pub use session::Session;
