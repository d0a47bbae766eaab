//! What the host's memory can still give: bytes that can be taken without anything being swapped or ended for it. ggml
//! asks the system on Windows only, elsewhere it takes all of it for free.
#![forbid(unsafe_code)]

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn available() -> Option<u64> {
    linux::available(std::path::Path::new("/"))
}

#[cfg(target_vendor = "apple")]
pub(crate) use crate::ffi::host::available;

/// `None` where it cannot be told.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(crate) fn available() -> Option<u64> {
    None
}
