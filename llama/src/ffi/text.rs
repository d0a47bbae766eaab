//! Strings across the border.

use crate::error::{Error, Result};
use std::ffi::{CStr, CString, c_char};

/// A terminated copy of `text`.
pub(crate) fn c_string(what: &'static str, text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::NulByte { what })
}

/// An owned copy of a C string, or `None` for a null pointer. Invalid UTF-8 is replaced.
///
/// # Safety
/// `text` is null, or points to a terminated string that stays unchanged during the call.
pub(crate) unsafe fn owned(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null; the caller promises a terminated string.
    let text = unsafe { CStr::from_ptr(text) };
    Some(text.to_string_lossy().into_owned())
}

/// Calls a C function of the `snprintf` kind (returns the full length) with a buffer that fits.
pub(crate) fn with_buffer<E>(
    mut call: impl FnMut(*mut c_char, usize) -> Result<i32, E>,
) -> Result<Option<String>, E> {
    let mut buffer = vec![0_u8; 256];
    loop {
        let written = call(buffer.as_mut_ptr().cast(), buffer.len())?;
        let Ok(written) = usize::try_from(written) else { return Ok(None) };
        if written < buffer.len() {
            buffer.truncate(written);
            return Ok(Some(String::from_utf8_lossy(&buffer).into_owned()));
        }
        buffer.resize(written + 1, 0);
    }
}
