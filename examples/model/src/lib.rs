//! What the default model learns: a deterministic generator of small dialogues.
//!
//! A seed and a [`Split`] determine every dialogue. The two splits differ in their
//! wordings, so the held-out split measures whether the model understands
//! questions it was never shown.
//!
//! ```
//! use default_model::{Dialogue, Split, Topic, rng::Rng};
//!
//! let mut rng = Rng::new(1);
//! let dialogue = Dialogue::about(&mut rng, Split::HeldOut, Topic::Capital);
//! let turn = dialogue.turns.last().expect("a dialogue has a turn");
//! assert!(turn.expect.accepts(&turn.reply));
//! ```
#![forbid(unsafe_code)]

mod dialogue;
mod json;
mod made_up;
mod phrase;
pub mod rng;
pub mod tables;
mod tool;
mod topics;
mod turn;

pub use dialogue::{Dialogue, Kind};
pub use tool::Tool;
pub use turn::{Asker, Expect, GAP, Topic, Turn};

/// Which wordings are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// The wordings the model is trained on.
    Train,
    /// Wordings it never saw.
    HeldOut,
}
