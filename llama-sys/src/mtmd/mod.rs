//! llama.cpp's multimodal library (`tools/mtmd`): images and audio as input of a model.
//!
//! The C API of `mtmd.h` and `mtmd-helper.h` at the root of this module, its guarded twin in [`guarded`], and
//! decoders of media files that keep to limits in [`media`]. Video, which upstream reads through a process of
//! `ffmpeg`, is not compiled in: its functions fail.

mod bindings {
    #![allow(
        missing_docs,
        missing_debug_implementations,
        clippy::all,
        clippy::pedantic,
        clippy::missing_safety_doc,
        clippy::allow_attributes_without_reason,
        unreachable_pub,
        reason = "generated from C headers"
    )]
    #[cfg(not(feature = "bindgen"))]
    include!("bindings.rs");
    #[cfg(feature = "bindgen")]
    include!(concat!(env!("OUT_DIR"), "/mtmd_bindings.rs"));
}

pub mod media;

pub use bindings::*;

unsafe extern "C" {
    /// A callback for [`mtmd_context_params::cb_eval`] that checks each operation before it is computed.
    ///
    /// An index beyond a table, or a type that cannot be computed with, is a failed assertion on a worker thread
    /// otherwise, where the guard cannot catch it. It takes no user data.
    #[link_name = "lrs_mtmd_check_node"]
    pub fn check_node(node: *mut crate::ggml_tensor, ask: bool, user: *mut std::ffi::c_void) -> bool;
}

pub mod guarded {
    //! Every function of the multimodal library once more, returning [`Fault`](crate::Fault) where C would abort or
    //! throw. See [`crate::guarded`].
    #![allow(
        clippy::all,
        clippy::pedantic,
        clippy::missing_safety_doc,
        reason = "generated list; the contract of each function is the one of its C twin"
    )]
    use super::bindings::*;
    use crate::bindings::*;

    #[cfg(not(feature = "bindgen"))]
    include!("guarded.rs");
    #[cfg(feature = "bindgen")]
    include!(concat!(env!("OUT_DIR"), "/mtmd_guarded.rs"));
}
