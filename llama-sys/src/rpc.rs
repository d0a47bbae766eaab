//! ggml's RPC back end: devices of other hosts (feature `rpc`).

use crate::fault::RawFault;
use crate::{Fault, ggml_backend_dev_t, ggml_backend_reg_t};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

/// Memory layout shared with `shim/rpc_server.h`.
#[repr(C)]
struct Offer {
    endpoint: *const c_char,
    cache: *const c_char,
    n_threads: usize,
    n_devices: usize,
    devices: *mut ggml_backend_dev_t,
    stop: unsafe extern "C" fn(*mut c_void) -> bool,
    stop_user: *mut c_void,
}

unsafe extern "C" {
    fn lrs_rpc_version(version: *mut c_int);
    fn lrs_rpc_connect(
        fault: *mut RawFault,
        registry: *mut ggml_backend_reg_t,
        endpoint: *const c_char,
    ) -> c_int;
    fn lrs_rpc_serve(fault: *mut RawFault, offer: *const Offer) -> c_int;
}

unsafe extern "C" fn is_set(flag: *mut c_void) -> bool {
    // SAFETY: `serve` hands out a flag that it borrows for as long as the server runs.
    let flag = unsafe { &*flag.cast::<AtomicBool>() };
    flag.load(Ordering::Acquire)
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
/// be freed, and what is made afterwards connects anew.
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

/// `ggml_backend_rpc_start_server`, and an end: serves `devices` at `endpoint` (`host:port`, an IPv4 address) to one
/// client after the other, until `stop` is true. A client whose request fails is sent away. Elsewhere than on Windows
/// `stop` is noticed within a second, but for a computation that must end first; there when the next client comes.
///
/// # Errors
/// When it cannot listen, and when a computation of several threads failed: they go on for ever.
///
/// # Safety
/// The devices come from ggml's registry.
pub unsafe fn serve(
    endpoint: &CStr,
    cache: Option<&CStr>,
    n_threads: usize,
    devices: &mut [ggml_backend_dev_t],
    stop: &AtomicBool,
) -> Result<(), Fault> {
    let mut fault = MaybeUninit::<RawFault>::uninit();
    let offer = Offer {
        endpoint: endpoint.as_ptr(),
        cache: cache.map_or(std::ptr::null(), CStr::as_ptr),
        n_threads,
        n_devices: devices.len(),
        devices: devices.as_mut_ptr(),
        stop: is_set,
        stop_user: std::ptr::from_ref(stop).cast_mut().cast(),
    };
    // SAFETY: texts are terminated, the list has as many devices as it says, which the caller vouches for, and all of
    // it is borrowed until the call returns.
    let status = unsafe { lrs_rpc_serve(fault.as_mut_ptr(), &raw const offer) };
    if status == 0 {
        return Ok(());
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}
