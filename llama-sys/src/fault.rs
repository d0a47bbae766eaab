//! What the C++ guard reports.

use std::ffi::c_int;
use std::fmt;

/// Bytes that a fault message may have, the final zero included. Mirrors `shim/guard.h`.
const MESSAGE_LEN: usize = 1024;

/// Memory layout shared with `shim/guard.h`.
#[repr(C)]
pub(crate) struct RawFault {
    message: [u8; MESSAGE_LEN],
    left_workers: bool,
}

impl RawFault {
    /// The owned error for a status other than zero.
    #[cold]
    pub(crate) fn into_fault(self, status: c_int) -> Fault {
        let text = self.message.split(|&byte| byte == 0).next().unwrap_or_default();
        let message = String::from_utf8_lossy(text).into_owned();
        Fault { kind: FaultKind::from_status(status), message, left_workers: self.left_workers }
    }
}

/// How a C++ call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// A `GGML_ASSERT` failed or `GGML_ABORT` was reached.
    Assertion,
    /// A C++ exception derived from `std::exception`.
    Exception,
    /// `std::bad_alloc`: the C++ side could not get memory.
    OutOfMemory,
    /// An exception of an unknown type.
    Unknown,
}

impl FaultKind {
    fn from_status(status: c_int) -> Self {
        match status {
            1 => Self::Assertion,
            2 => Self::Exception,
            3 => Self::OutOfMemory,
            _ => Self::Unknown,
        }
    }
}

/// A failure inside llama.cpp that would have ended the process without the guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    message: String,
    left_workers: bool,
}

impl Fault {
    /// How the call failed.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// llama.cpp's own words; for an assertion `file:line: GGML_ASSERT(...) failed`.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// True when the processor was computing on the calling thread. Threads that took part may still be at work, with
    /// everything that the computation uses, and wait for an end that never comes: nothing of it must be freed.
    #[must_use]
    pub fn left_workers(&self) -> bool {
        self.left_workers
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FaultKind::Assertion => "assertion failed in llama.cpp",
            FaultKind::Exception => "exception in llama.cpp",
            FaultKind::OutOfMemory => "llama.cpp is out of memory",
            FaultKind::Unknown => "unknown exception in llama.cpp",
        };
        if self.message.is_empty() { f.write_str(what) } else { write!(f, "{what}: {}", self.message) }
    }
}

impl std::error::Error for Fault {}
