//! Raw bindings to llama.cpp, compiled from source with nothing but a C++ compiler.
//!
//! Three things live here:
//!
//! - the C API of llama.cpp and ggml as [bindgen](https://docs.rs/bindgen) sees it, at the crate root;
//! - [`guarded`]: a twin of every C function that returns `Err` instead of aborting the process
//!   when a `GGML_ASSERT` fails or a C++ exception is thrown on the calling thread;
//! - [`cpu`]: the CPU variants compiled into this binary and the one that runs.
//!
//! Every C function is prefixed (`lrs_llama_decode`), and on Linux everything else is local to the library
//! ([`build_info::SYMBOLS_LOCAL`]), so another copy of ggml may live in the same program.
//! Most programs want the safe crate `llama` instead of this one.
//!
//! # What drives the compiler
//!
//! The build script does, after tables of its own ([`build_info::BUILDERS`] says `cc`); a test compares the tables with
//! llama.cpp's CMake files. Only the features `cuda`, `metal` and `vulkan` need CMake, each for its own back end.
//!
//! With feature `cmake`, and `LLAMA_SYS_BUILDER=cmake` in the environment, llama.cpp's CMake files compile all of
//! llama.cpp and ggml. That is good for
//!
//! - processors whose kernels are not in our tables (RISC-V, POWER, s390x, `LoongArch`);
//! - options of llama.cpp that no feature stands for: `LLAMA_SYS_CMAKE_OPTIONS="NAME=VALUE NAME=VALUE"`. What they make
//!   necessary to link is up to the program;
//! - comparing the two.
//!
//! There is one CPU variant then: the first of `LLAMA_SYS_CPU_VARIANTS`, with feature `native` the building machine's, or
//! the baseline. It is checked as everywhere; the check knows the instruction sets of x86-64 and aarch64.
//! `LLAMA_SYS_BUILDER=cc` makes sure that CMake has no part in a build.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(non_camel_case_types, non_upper_case_globals, non_snake_case, reason = "C names")]

/// A module of generated code: the committed file, or with feature `bindgen` the one that was just made.
macro_rules! generated {
    (
        $(#[$doc:meta])* $vis:vis mod $name:ident { $($import:item)* }
        $committed:literal, $made:literal
    ) => {
        $(#[$doc])*
        #[allow(
            missing_docs,
            missing_debug_implementations,
            clippy::all,
            clippy::pedantic,
            clippy::missing_safety_doc,
            clippy::allow_attributes_without_reason,
            unreachable_pub,
            reason = "generated from C headers; the contract of each function is the one of C"
        )]
        $vis mod $name {
            $($import)*

            #[cfg(not(feature = "bindgen"))]
            include!($committed);
            #[cfg(feature = "bindgen")]
            include!(concat!(env!("OUT_DIR"), $made));
        }
    };
}

generated! {
    mod bindings {}
    "bindings.rs", "/bindings.rs"
}

mod fault;
#[macro_use]
mod guard;
pub mod build_info;
#[cfg(feature = "chat")]
pub mod chat;
pub mod cpu;
#[cfg(feature = "jinja")]
pub mod jinja;
#[cfg(feature = "json-schema")]
pub mod json_schema;
pub mod memory;
#[cfg(feature = "multimodal")]
pub mod mtmd;
#[cfg(feature = "dynamic-backends")]
pub mod plugin;
#[cfg(feature = "rpc")]
pub mod rpc;
#[cfg(feature = "json-schema")]
mod text;
pub mod weights;

pub use bindings::*;
pub use fault::{Fault, FaultKind};

/// C's `FILE`, opaque here: open it with the C library that the program links.
#[repr(C)]
#[derive(Debug)]
pub struct FILE {
    _opaque: [u8; 0],
}

generated! {
    /// Every C function once more, returning [`Fault`] where C would abort or throw.
    ///
    /// A failed `GGML_ASSERT` or a C++ exception on the calling thread becomes an error with the
    /// message that llama.cpp printed. Objects that took part in the failed call are in an unknown
    /// state: free them, do not use them. Failures on ggml's worker threads cannot be caught; a failure of the
    /// calling thread in the middle of a computation that it shares with workers leaves these waiting, so a thread
    /// pool that took part must not be used or freed ([`Fault::left_workers`] says so for computations of a back end).
    pub mod guarded {
        use crate::bindings::*;
    }
    "guarded.rs", "/guarded.rs"
}
