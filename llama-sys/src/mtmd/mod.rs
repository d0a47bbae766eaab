//! llama.cpp's multimodal library (`tools/mtmd`): images and audio as input of a model.
//!
//! The C API of `mtmd.h` and `mtmd-helper.h` at the root of this module, its guarded twin in [`guarded`], and
//! decoders of media files that keep to limits in [`media`]. Video, which upstream reads through a process of
//! `ffmpeg`, is not compiled in: its functions fail.

generated! {
    mod bindings {}
    "bindings.rs", "/mtmd_bindings.rs"
}

pub mod media;
pub mod memory;

pub use bindings::*;

unsafe extern "C" {
    /// A callback for [`mtmd_context_params::cb_eval`] that checks each operation before it is computed.
    ///
    /// An index beyond a table, or a type that cannot be computed with, is a failed assertion on a worker thread
    /// otherwise, where the guard cannot catch it. It takes no user data.
    #[link_name = "lrs_mtmd_check_node"]
    pub fn check_node(node: *mut crate::ggml_tensor, ask: bool, user: *mut std::ffi::c_void) -> bool;
}

generated! {
    /// Every function of the multimodal library once more, returning [`Fault`](crate::Fault) where C would abort or
    /// throw. See [`crate::guarded`].
    pub mod guarded {
        use super::bindings::*;
        use crate::bindings::*;
    }
    "guarded.rs", "/mtmd_guarded.rs"
}
