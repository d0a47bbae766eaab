//! Takes over llama.cpp's log.

use std::ffi::{CStr, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

static INSTALLED: Once = Once::new();

/// Installs the callback, once per process. llama.cpp's logger is global and not thread-safe to change, so
/// nothing else in this crate touches it.
pub(crate) fn install() {
    INSTALLED.call_once(|| {
        // SAFETY: the callback is a function that lives forever and takes no user data. A failure would
        // leave llama.cpp's own logger in place, which is harmless.
        let _ = unsafe { llama_sys::guarded::llama_log_set(Some(on_log), std::ptr::null_mut()) };
        #[cfg(feature = "multimodal")]
        // SAFETY: as above; it sets the two loggers of the multimodal library.
        let _ = unsafe { llama_sys::mtmd::guarded::mtmd_helper_log_set(Some(on_log), std::ptr::null_mut()) };
    });
}

unsafe extern "C" fn on_log(level: llama_sys::ggml_log_level, text: *const c_char, _user: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a terminated string that lives during the call.
    let text = unsafe { CStr::from_ptr(text) };
    if let Err(payload) =
        catch_unwind(AssertUnwindSafe(|| crate::log::receive(level, &text.to_string_lossy())))
    {
        // Dropping it may panic again, and nothing must unwind into C.
        std::mem::forget(payload);
    }
}
