//! What the crate promises, tried on the default model and on tiny random ones.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod adapter;
mod batches;
#[cfg(feature = "blas")]
mod blas;
mod cancel;
mod chat_template;
mod common;
mod coverage;
mod custom_sampler;
mod decode;
mod device_sampling;
mod drop_order;
mod embed;
mod embeddings;
mod fit;
#[cfg(feature = "tokenizers")]
mod hf;
mod hostile;
mod infill;
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
mod send_sync;
mod sources;
mod state;
mod threads;
mod train;
mod vocab;
