//! ggml's RPC back end: devices of other hosts (feature `rpc`).

use crate::fault::RawFault;
use crate::{Fault, ggml_backend_dev_t, ggml_backend_reg_t};
use std::ffi::{CStr, c_char, c_int};
use std::mem::MaybeUninit;

unsafe extern "C" {
    fn lrs_rpc_version(version: *mut c_int);
    fn lrs_rpc_connect(
        fault: *mut RawFault,
        registry: *mut ggml_backend_reg_t,
        endpoint: *const c_char,
    ) -> c_int;
    fn lrs_rpc_serve(
        fault: *mut RawFault,
        endpoint: *const c_char,
        cache: *const c_char,
        n_threads: usize,
        n_devices: usize,
        devices: *mut ggml_backend_dev_t,
    ) -> c_int;
}

/// Version of the protocol: major, minor, patch. Hosts understand each other when the major numbers are equal and the
/// server's minor number is not the greater one.
#[must_use]
pub fn version() -> [c_int; 3] {
    let mut version = [0; 3];
    // SAFETY: the shim writes three numbers.
    unsafe { lrs_rpc_version(version.as_mut_ptr()) };
    version
}

/// `ggml_backend_rpc_add_server`: the devices of the server at `endpoint` (`host:port`), as a registry that lives as
/// long as the process. Null when it has no devices.
///
/// A connection that is lost later makes guarded calls fail that wait for an answer; objects on the server can still
/// be freed.
///
/// # Errors
/// When there is no connection, or the server speaks another version.
pub fn connect(endpoint: &CStr) -> Result<ggml_backend_reg_t, Fault> {
    let mut fault = MaybeUninit::<RawFault>::uninit();
    let mut registry: ggml_backend_reg_t = std::ptr::null_mut();
    // SAFETY: both out pointers are valid for writes, the endpoint is terminated.
    let status = unsafe { lrs_rpc_connect(fault.as_mut_ptr(), &raw mut registry, endpoint.as_ptr()) };
    if status == 0 {
        return Ok(registry);
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}

/// `ggml_backend_rpc_start_server`: serves `devices` at `endpoint` (`host:port`, an IPv4 address) to one client after
/// the other. Returns only when it cannot go on; the reason is in the log then.
///
/// # Errors
/// When an assertion failed while a client was served.
///
/// # Safety
/// The devices come from ggml's registry.
pub unsafe fn serve(
    endpoint: &CStr,
    cache: Option<&CStr>,
    n_threads: usize,
    devices: &mut [ggml_backend_dev_t],
) -> Result<(), Fault> {
    let mut fault = MaybeUninit::<RawFault>::uninit();
    // SAFETY: texts are terminated, the list has as many devices as it says, which the caller vouches for.
    let status = unsafe {
        lrs_rpc_serve(
            fault.as_mut_ptr(),
            endpoint.as_ptr(),
            cache.map_or(std::ptr::null(), CStr::as_ptr),
            n_threads,
            devices.len(),
            devices.as_mut_ptr(),
        )
    };
    if status == 0 {
        return Ok(());
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}
