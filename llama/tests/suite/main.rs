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
mod crate_root;
mod custom_sampler;
mod decide;
mod decode;
mod device_sampling;
mod drop_order;
mod embed;
mod embeddings;
mod fit;
mod gbnf;
#[cfg(any(feature = "cuda", feature = "metal", feature = "vulkan"))]
mod gpu;
mod grammar;
#[cfg(feature = "tokenizers")]
mod hf;
mod hostile;
mod infill;
mod lazy;
mod load;
#[cfg(feature = "multimodal")]
mod media_chat;
mod memory;
mod misuse;
#[cfg(feature = "multimodal")]
mod misuse_media;
#[cfg(feature = "multimodal")]
mod multimodal;
mod process;
mod quantize;
mod reference;
mod reference_vocabs;
mod registry;
mod sampler;
#[cfg(feature = "structured")]
mod schemas;
mod send_sync;
mod sources;
mod state;
#[cfg(feature = "async")]
mod stream;
mod structured;
#[cfg(feature = "tools")]
mod templates;
mod threads;
#[cfg(feature = "tools")]
mod tools;
mod train;
mod vocab;
