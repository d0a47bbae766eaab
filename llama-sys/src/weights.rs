//! What llama.cpp's C API leaves out about the weights of a model.

use crate::fault::RawFault;
use crate::{Fault, llama_model};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;

type Sink = unsafe extern "C" fn(user: *mut c_void, name: *const c_char, least: i64, most: i64);

unsafe extern "C" {
    fn lrs_model_indices(
        fault: *mut RawFault,
        model: *const llama_model,
        sink: Sink,
        user: *mut c_void,
    ) -> c_int;
}

/// A tensor of integers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indices {
    /// Its name.
    pub name: String,
    /// The least number in it.
    pub least: i64,
    /// The greatest number in it.
    pub most: i64,
}

/// The tensors of a model that hold integers; none of a model without weights.
///
/// # Errors
/// When the numbers cannot be read.
///
/// # Safety
/// `model` is a living model.
pub unsafe fn indices(model: *const llama_model) -> Result<Vec<Indices>, Fault> {
    unsafe extern "C" fn push(user: *mut c_void, name: *const c_char, least: i64, most: i64) {
        // SAFETY: `user` is the `list` below, alive and not borrowed during the call.
        let list = unsafe { &mut *user.cast::<Vec<Indices>>() };
        // SAFETY: the shim passes a terminated string that outlives the call.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
        list.push(Indices { name, least, most });
    }
    let mut list = Vec::<Indices>::new();
    let mut fault = MaybeUninit::<RawFault>::uninit();
    // SAFETY: the caller vouches for the model; the sink gets a valid pointer to `list`.
    let status = unsafe { lrs_model_indices(fault.as_mut_ptr(), model, push, (&raw mut list).cast()) };
    if status == 0 {
        return Ok(list);
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}
