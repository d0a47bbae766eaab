//! The process-wide part: initialisation, versions, what the platform can do.

use crate::error::{Error, Result};
use crate::ffi;
use once_cell::sync::OnceCell;

/// What was said while llama.cpp was initialised.
static INITIALISED: OnceCell<Vec<String>> = OnceCell::new();

/// Initialises llama.cpp. Every function that needs this calls it itself; call it earlier to find out
/// whether the processor is supported before anything else happens. There is nothing to shut down.
///
/// # Errors
/// [`Error::UnsupportedCpu`] when no compiled-in CPU variant can run on this machine.
#[doc(alias = "llama_backend_init")]
pub fn init() -> Result<()> {
    init_log().map(|_| ())
}

/// What the back ends said while they looked for their devices: what they found, or why a GPU is missing (no
/// driver, one that is too old, none that is allowed). Models run on the processor then.
///
/// ```
/// for line in llama::backend::init_log()? {
///     println!("{line}");
/// }
/// # Ok::<(), llama::Error>(())
/// ```
///
/// # Errors
/// As [`init`].
pub fn init_log() -> Result<&'static [String]> {
    let lines = INITIALISED.get_or_try_init(|| {
        ffi::log::install();
        cpu_variant()?;
        let (outcome, lines) = crate::log::capture(|| {
            let outcome = ffi::backend::init();
            #[cfg(feature = "dynamic-backends")]
            if outcome.is_ok() {
                crate::backends::load_automatically();
            }
            outcome
        });
        outcome.map(|()| lines)
    })?;
    Ok(lines)
}

/// The CPU variant that runs on this machine, for example `haswell`.
///
/// # Errors
/// [`Error::UnsupportedCpu`] when the processor is too old for every compiled-in variant, or when
/// `LLAMA_CPU_VARIANT` asks for one that does not exist or cannot run here.
pub fn cpu_variant() -> Result<&'static str> {
    llama_sys::cpu::chosen().map_err(|detail| Error::UnsupportedCpu { detail: detail.to_owned() })
}

/// All CPU variants in this binary, the slowest first.
#[must_use]
pub fn cpu_variants() -> Vec<llama_sys::cpu::Variant> {
    llama_sys::cpu::variants()
}

/// llama.cpp's summary of the processor features in use.
///
/// # Errors
/// As [`init`].
#[doc(alias = "llama_print_system_info")]
pub fn system_info() -> Result<String> {
    init()?;
    ffi::backend::system_info()
}

/// Version of llama.cpp in this binary.
#[doc(alias = "llama_version")]
#[must_use]
pub fn llama_cpp_version() -> &'static str {
    llama_sys::build_info::LLAMA_CPP_VERSION
}

/// Version of ggml in this binary.
///
/// # Errors
/// As [`init`].
pub fn ggml_version() -> Result<String> {
    init()?;
    ffi::backend::ggml_version()
}

/// Most sequences that one context can hold.
///
/// # Errors
/// As [`init`].
#[doc(alias = "llama_max_parallel_sequences")]
pub fn max_sequences() -> Result<usize> {
    init()?;
    ffi::backend::max_sequences()
}

/// True when model files can be mapped into memory.
///
/// # Errors
/// As [`init`].
#[doc(alias = "llama_supports_mmap")]
pub fn supports_mmap() -> Result<bool> {
    init()?;
    ffi::backend::supports_mmap()
}

/// True when a model can be locked into memory.
///
/// # Errors
/// As [`init`].
#[doc(alias = "llama_supports_mlock")]
pub fn supports_mlock() -> Result<bool> {
    init()?;
    ffi::backend::supports_mlock()
}

/// True when there is a device other than the CPU.
///
/// # Errors
/// As [`init`].
#[doc(alias = "llama_supports_gpu_offload")]
pub fn supports_gpu_offload() -> Result<bool> {
    init()?;
    ffi::backend::supports_gpu_offload()
}

/// True when devices of other hosts can be used (feature of the build).
///
/// # Errors
/// As [`init`].
#[doc(alias = "llama_supports_rpc")]
pub fn supports_rpc() -> Result<bool> {
    init()?;
    ffi::registry::supports_rpc()
}

/// Most devices that one model can be spread over, the CPU and its accelerators included.
///
/// # Errors
/// As [`init`].
#[doc(alias = "llama_max_devices")]
pub fn max_devices() -> Result<usize> {
    init()?;
    ffi::backend::max_devices()
}

/// Most patterns that can place tensors in buffers of another type.
///
/// # Errors
/// As [`init`].
#[doc(alias = "llama_max_tensor_buft_overrides")]
pub fn max_tensor_overrides() -> Result<usize> {
    init()?;
    ffi::registry::max_tensor_overrides()
}

/// Names of the chat formats that llama.cpp knows without a template.
///
/// # Errors
/// As [`init`].
#[doc(alias = "llama_chat_builtin_templates")]
pub fn builtin_chat_templates() -> Result<Vec<String>> {
    init()?;
    ffi::chat::builtin_templates()
}
