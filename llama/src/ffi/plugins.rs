//! Back ends in files of their own.

use super::registry::RegistryPtr;
use llama_sys::plugin;
use std::path::Path;

/// The back end in `file`, which ggml does not know yet; the caller makes sure that one is loaded at a time.
///
/// # Errors
/// The reason, on one line.
pub(crate) fn load(file: &Path) -> Result<RegistryPtr, String> {
    // SAFETY: that the file is a plugin is what loading one means; the caller locks.
    let registry = unsafe { plugin::load(file) }?;
    RegistryPtr::new(registry).ok_or_else(|| "it has no back end".to_owned())
}

/// Makes the devices of a back end known to ggml.
///
/// # Errors
/// The reason, on one line.
pub(crate) fn register(registry: RegistryPtr) -> Result<(), String> {
    // SAFETY: the registry was handed out by a plugin, which is never closed.
    unsafe { plugin::register(registry.as_ptr()) }.map_err(|fault| fault.to_string())
}
