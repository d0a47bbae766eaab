//! What the crate promises, tried on the default model and on tiny random ones.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod adapter;
mod cancel;
mod chat_template;
mod common;
mod coverage;
mod custom_sampler;
mod decide;
mod decode;
mod drop_order;
mod embeddings;
mod gbnf;
mod grammar;
#[cfg(feature = "tokenizers")]
mod hf;
mod load;
mod memory;
mod misuse;
mod misuse_models;
mod misuse_parts;
mod process;
mod quantize;
mod reference_vocabs;
mod registry;
mod sampler;
#[cfg(feature = "structured")]
mod schemas;
mod send_sync;
mod sources;
mod state;
mod structured;
mod threads;
mod train;
mod vocab;
