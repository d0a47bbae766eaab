//! The back ends in this binary and what they were compiled with.

use super::backend::DevicePtr;
use super::text::owned;
use crate::error::Result;
use llama_sys::guarded;
use std::ptr::NonNull;

/// A back end of ggml's registry. Back ends live as long as the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RegistryPtr(NonNull<llama_sys::ggml_backend_reg>);

/// All back ends; the caller has initialised llama.cpp.
pub(crate) fn registries() -> Result<Vec<RegistryPtr>> {
    // SAFETY: no arguments; the registry is filled.
    let count = unsafe { guarded::ggml_backend_reg_count() }?;
    let mut found = Vec::with_capacity(count);
    for index in 0..count {
        // SAFETY: `index` is below the count.
        let registry = unsafe { guarded::ggml_backend_reg_get(index) }?;
        found.extend(NonNull::new(registry).map(RegistryPtr));
    }
    Ok(found)
}

impl RegistryPtr {
    /// `registry` lives as long as the process, or is null.
    pub(super) fn new(registry: llama_sys::ggml_backend_reg_t) -> Option<Self> {
        NonNull::new(registry).map(Self)
    }

    pub(super) fn as_ptr(self) -> llama_sys::ggml_backend_reg_t {
        self.0.as_ptr()
    }

    pub(crate) fn name(self) -> Result<String> {
        // SAFETY: the back end comes from the registry.
        let name = unsafe { guarded::ggml_backend_reg_name(self.as_ptr()) }?;
        // SAFETY: a string that lives as long as the back end.
        Ok(unsafe { owned(name) }.unwrap_or_default())
    }

    pub(crate) fn devices(self) -> Result<Vec<DevicePtr>> {
        // SAFETY: the back end comes from the registry.
        let count = unsafe { guarded::ggml_backend_reg_dev_count(self.as_ptr()) }?;
        let mut found = Vec::with_capacity(count);
        for index in 0..count {
            // SAFETY: as above, and `index` is below the count.
            let device = unsafe { guarded::ggml_backend_reg_dev_get(self.as_ptr(), index) }?;
            found.extend(DevicePtr::new(device));
        }
        Ok(found)
    }

    /// Names and values of what the back end was compiled with, or what the machine offers it.
    pub(crate) fn features(self) -> Result<Vec<(String, String)>> {
        let name = c"ggml_backend_get_features".as_ptr();
        // SAFETY: the back end comes from the registry, the name is terminated.
        let address = unsafe { guarded::ggml_backend_reg_get_proc_address(self.as_ptr(), name) }?;
        if address.is_null() {
            return Ok(Vec::new());
        }
        // SAFETY: ggml documents this type for the function of this name; the address is not null.
        let call: llama_sys::ggml_backend_get_features_t = unsafe { std::mem::transmute(address) };
        let Some(call) = call else { return Ok(Vec::new()) };
        // SAFETY: the function belongs to this back end; it fills a list once and takes no locks of ours.
        let mut entry = unsafe { call(self.as_ptr()) };
        let mut features = Vec::new();
        while !entry.is_null() {
            // SAFETY: the list ends with an entry without a name, which has not been reached yet.
            let feature = unsafe { *entry };
            // SAFETY: null at the end of the list, a string that lives as long as the back end before it.
            let Some(name) = (unsafe { owned(feature.name) }) else { break };
            // SAFETY: as above.
            features.push((name, unsafe { owned(feature.value) }.unwrap_or_default()));
            // SAFETY: this entry was not the last one.
            entry = unsafe { entry.add(1) };
        }
        Ok(features)
    }
}

/// Arranges memory and threads for several nodes of memory; the caller makes sure that this happens once and
/// before anything computes.
pub(crate) fn numa_init(strategy: llama_sys::ggml_numa_strategy) -> Result<()> {
    // SAFETY: a known strategy; the caller has initialised llama.cpp.
    Ok(unsafe { guarded::llama_numa_init(strategy) }?)
}

/// Whether the machine has several nodes of memory, as far as [`numa_init`] looked.
pub(crate) fn is_numa() -> Result<bool> {
    // SAFETY: no arguments, reads a global that only `numa_init` changes.
    Ok(unsafe { guarded::ggml_is_numa() }?)
}

/// Most patterns that place tensors in buffers of another type.
pub(crate) fn max_tensor_overrides() -> Result<usize> {
    // SAFETY: no arguments, returns a constant.
    Ok(unsafe { guarded::llama_max_tensor_buft_overrides() }?)
}

/// Whether devices of other hosts can be used.
pub(crate) fn supports_rpc() -> Result<bool> {
    // SAFETY: no arguments; the registry is filled.
    Ok(unsafe { guarded::llama_supports_rpc() }?)
}
