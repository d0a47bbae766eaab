//! Text that C++ hands over piece by piece.

use std::ffi::{c_char, c_void};

/// Appends a piece to the `Vec<u8>` that `user` points to.
///
/// # Safety
/// `user` is a `Vec<u8>` that nobody else uses meanwhile; `text` has `len` bytes.
pub(crate) unsafe extern "C" fn push(user: *mut c_void, text: *const c_char, len: usize) {
    if len == 0 {
        return;
    }
    // SAFETY: the contract of this function.
    let out = unsafe { &mut *user.cast::<Vec<u8>>() };
    // SAFETY: likewise.
    out.extend_from_slice(unsafe { std::slice::from_raw_parts(text.cast::<u8>(), len) });
}
