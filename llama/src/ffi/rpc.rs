//! Devices of other hosts.

use super::backend::DevicePtr;
use super::registry::RegistryPtr;
use crate::error::Result;
use llama_sys::rpc;
use std::ffi::CStr;
use std::sync::atomic::AtomicBool;

/// The devices of the server at `endpoint`; the caller has initialised llama.cpp.
pub(crate) fn connect(endpoint: &CStr) -> Result<Vec<DevicePtr>> {
    let registry = RegistryPtr::new(rpc::connect(endpoint)?);
    registry.map_or_else(|| Ok(Vec::new()), RegistryPtr::devices)
}

/// Serves `devices` until that fails, or `stop` is true.
pub(crate) fn serve(
    endpoint: &CStr,
    cache: Option<&CStr>,
    n_threads: usize,
    devices: &[DevicePtr],
    stop: &AtomicBool,
) -> Result<()> {
    devices.iter().try_for_each(|device| device.start())?;
    let mut devices: Vec<_> = devices.iter().map(|device| device.as_ptr()).collect();
    // SAFETY: a `DevicePtr` comes from ggml's registry.
    Ok(unsafe { rpc::serve(endpoint, cache, n_threads, &mut devices, stop) }?)
}
