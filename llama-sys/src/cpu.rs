//! CPU variants: the same kernels compiled for several processor generations, one chosen at run time.
//!
//! On Linux with GNU binutils the library holds several variants and picks the best one that the
//! processor and the operating system support when ggml first asks for the CPU back end.
//! `LLAMA_CPU_VARIANT=name` forces one of [`variants`] (for bug reports and tests); a name that
//! is unknown, or needs instructions that this machine lacks, makes initialisation fail with a reason.
//!
//! Elsewhere there is one variant, linked as it is: ask [`chosen`] before anything is computed. The safe crate
//! `llama` does.

use std::ffi::{CStr, c_char};

unsafe extern "C" {
    fn lrs_cpu_variant_count() -> usize;
    fn lrs_cpu_variant_name(index: usize) -> *const c_char;
    fn lrs_cpu_variant_supported(index: usize) -> bool;
    fn lrs_cpu_variant_chosen() -> *const c_char;
    fn lrs_cpu_variant_error() -> *const c_char;
}

/// One compiled-in CPU variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Name as in `LLAMA_CPU_VARIANT`, for example `haswell`.
    pub name: &'static str,
    /// True when processor and operating system can run it.
    pub supported: bool,
}

/// All variants in this binary, the slowest first.
#[must_use]
pub fn variants() -> Vec<Variant> {
    // SAFETY: no arguments, reads a constant.
    let count = unsafe { lrs_cpu_variant_count() };
    (0..count)
        .map(|i| {
            // SAFETY: `i` is below the count.
            let name = unsafe { lrs_cpu_variant_name(i) };
            Variant {
                // SAFETY: the name is a literal in the library.
                name: unsafe { static_str(name) }.unwrap_or("unknown"),
                // SAFETY: `i` is below the count.
                supported: unsafe { lrs_cpu_variant_supported(i) },
            }
        })
        .collect()
}

/// The variant that runs on this machine.
///
/// # Errors
/// When the processor is older than the oldest variant, or `LLAMA_CPU_VARIANT` names one that
/// does not exist or cannot run here. No model can be loaded then.
pub fn chosen() -> Result<&'static str, &'static str> {
    // SAFETY: no arguments; the choice is made once, thread-safely, and never changes.
    let name = unsafe { lrs_cpu_variant_chosen() };
    // SAFETY: null or a literal.
    if let Some(name) = unsafe { static_str(name) } {
        return Ok(name);
    }
    // SAFETY: no arguments; null or a text that lives as long as the process.
    let error = unsafe { lrs_cpu_variant_error() };
    // SAFETY: as above.
    Err(unsafe { static_str(error) }.unwrap_or("no CPU variant can run on this processor"))
}

/// # Safety
/// `text` is null or a zero-terminated string that is never freed.
unsafe fn static_str(text: *const c_char) -> Option<&'static str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null; the caller promises termination and lifetime.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}
