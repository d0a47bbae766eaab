//! The only place that talks to C. Everything here hands out safe functions and owning types.
//!
//! All calls go through `llama_sys::guarded`, so a failed assertion or a C++ exception comes back as a
//! `Fault`. Arguments are checked by the callers first; the guard is the net.

#![allow(unsafe_code, reason = "this module wraps the C API")]

pub(crate) mod adapter;
pub(crate) mod backend;
mod batch;
pub(crate) mod chat;
pub(crate) mod context;
#[cfg(target_vendor = "apple")]
pub(crate) mod host;
pub(crate) mod log;
pub(crate) mod memory;
pub(crate) mod model;
#[cfg(feature = "multimodal")]
pub(crate) mod mtmd;
pub(crate) mod panic;
#[cfg(feature = "dynamic-backends")]
pub(crate) mod plugins;
pub(crate) mod quantize;
pub(crate) mod registry;
#[cfg(feature = "rpc")]
pub(crate) mod rpc;
pub(crate) mod sampler;
pub(crate) mod state;
pub(crate) mod stream;
pub(crate) mod text;
pub(crate) mod threadpool;
pub(crate) mod train;
pub(crate) mod vocab;
