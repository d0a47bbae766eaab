//! What a projector takes of each device's memory, before it is loaded; llama.cpp tells it in C++ only.

use crate::fault::RawFault;
use crate::memory::Taken;
use crate::{Fault, ggml_backend_dev_t};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;

type Sink = unsafe extern "C" fn(user: *mut c_void, device: ggml_backend_dev_t, model: usize, compute: usize);

unsafe extern "C" {
    fn lrs_projector_memory(
        fault: *mut RawFault,
        loaded: *mut bool,
        path: *const c_char,
        gpu: bool,
        device: ggml_backend_dev_t,
        sink: Sink,
        user: *mut c_void,
    ) -> c_int;
}

/// What the projector in a file would take: on `device`, or the first GPU if that is null, or the processor without
/// `gpu`. Its weights are not read; buffers to compute in are allocated for a moment. `None` for a file that is
/// refused, with the reason in the log.
///
/// # Errors
/// When llama.cpp fails on the file.
///
/// # Safety
/// `device` is null or a device of the registry.
pub unsafe fn needed(
    path: &CStr,
    gpu: bool,
    device: ggml_backend_dev_t,
) -> Result<Option<Vec<Taken>>, Fault> {
    unsafe extern "C" fn push(user: *mut c_void, device: ggml_backend_dev_t, model: usize, compute: usize) {
        // SAFETY: `user` is the `list` below, alive and not borrowed during the call.
        let list = unsafe { &mut *user.cast::<Vec<Taken>>() };
        list.push(Taken { device, model, context: 0, compute });
    }
    let mut list = Vec::<Taken>::new();
    let mut fault = MaybeUninit::<RawFault>::uninit();
    let (mut loaded, user) = (false, (&raw mut list).cast());
    let (path, fault_ptr) = (path.as_ptr(), fault.as_mut_ptr());
    // SAFETY: the caller vouches for the device, the path is terminated; the sink gets a valid pointer to `list`.
    let status = unsafe { lrs_projector_memory(fault_ptr, &raw mut loaded, path, gpu, device, push, user) };
    if status == 0 {
        return Ok(loaded.then_some(list));
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}
