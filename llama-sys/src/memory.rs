//! What llama.cpp's C API leaves out about memory.

use crate::fault::RawFault;
use crate::{Fault, ggml_backend_dev_t, ggml_status, llama_context, llama_model};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

type Sink = unsafe extern "C" fn(
    user: *mut c_void,
    device: ggml_backend_dev_t,
    model: usize,
    context: usize,
    compute: usize,
);

type TensorSink =
    unsafe extern "C" fn(user: *mut c_void, name: *const c_char, device: ggml_backend_dev_t, size: usize);

unsafe extern "C" {
    safe fn lrs_plan(on: bool);
    fn lrs_memory_tensors(
        fault: *mut RawFault,
        model: *const llama_model,
        sink: TensorSink,
        user: *mut c_void,
    ) -> c_int;
    fn lrs_memory_breakdown(
        fault: *mut RawFault,
        ctx: *const llama_context,
        sink: Sink,
        user: *mut c_void,
    ) -> c_int;
    fn lrs_free_uploads();
    fn lrs_take_shift_failure() -> c_int;
}

/// While it lives, what this thread makes of a model that was loaded with `no_alloc` takes no memory. llama.cpp itself
/// allocates recurrent states for such a model, too.
#[derive(Debug)]
#[must_use = "planning ends when it is dropped"]
pub struct Planning {
    thread: PhantomData<*const ()>,
}

impl Planning {
    /// Begins.
    pub fn start() -> Self {
        lrs_plan(true);
        Self { thread: PhantomData }
    }
}

impl Drop for Planning {
    fn drop(&mut self) {
        lrs_plan(false);
    }
}

/// Bytes that one tensor takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSize {
    /// Its name. A matrix that serves as embeddings and as output may be there twice.
    pub name: String,
    /// The device that its memory belongs to; null for the host's.
    pub device: ggml_backend_dev_t,
    /// How many.
    pub size: usize,
}

/// The memory that the tensors of a model take, or would take.
///
/// # Errors
/// When llama.cpp fails to answer.
///
/// # Safety
/// `model` is a living model with tensors.
pub unsafe fn tensors(model: *const llama_model) -> Result<Vec<TensorSize>, Fault> {
    unsafe extern "C" fn push(
        user: *mut c_void,
        name: *const c_char,
        device: ggml_backend_dev_t,
        size: usize,
    ) {
        // SAFETY: `user` is the `list` below, alive and not borrowed during the call.
        let list = unsafe { &mut *user.cast::<Vec<TensorSize>>() };
        // SAFETY: the shim passes a terminated string that outlives the call.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
        list.push(TensorSize { name, device, size });
    }
    let mut list = Vec::<TensorSize>::new();
    let mut fault = MaybeUninit::<RawFault>::uninit();
    // SAFETY: the caller vouches for the model; the sink gets a valid pointer to `list`.
    let status = unsafe { lrs_memory_tensors(fault.as_mut_ptr(), model, push, (&raw mut list).cast()) };
    if status == 0 {
        return Ok(list);
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}

/// Bytes that are taken of one kind of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The device that the memory belongs to; null for the host's.
    pub device: ggml_backend_dev_t,
    /// By weights.
    pub model: usize,
    /// By the memory of past tokens.
    pub context: usize,
    /// By buffers of computations.
    pub compute: usize,
}

/// The memory that a context and its model take, one entry per kind of memory.
///
/// # Errors
/// When llama.cpp fails to answer.
///
/// # Safety
/// `ctx` is a living context.
pub unsafe fn breakdown(ctx: *const llama_context) -> Result<Vec<Taken>, Fault> {
    unsafe extern "C" fn push(
        user: *mut c_void,
        device: ggml_backend_dev_t,
        model: usize,
        context: usize,
        compute: usize,
    ) {
        // SAFETY: `user` is the `list` below, alive and not borrowed during the call.
        let list = unsafe { &mut *user.cast::<Vec<Taken>>() };
        list.push(Taken { device, model, context, compute });
    }
    let mut list = Vec::<Taken>::new();
    let mut fault = MaybeUninit::<RawFault>::uninit();
    // SAFETY: the caller vouches for the context; the sink gets a valid pointer to `list`.
    let status = unsafe { lrs_memory_breakdown(fault.as_mut_ptr(), ctx, push, (&raw mut list).cast()) };
    if status == 0 {
        return Ok(list);
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}

/// Frees the buffers that weights went through to a device, where the last load of a model on this thread was stopped
/// or failed. Nothing to do after other loads.
pub fn free_uploads() {
    // SAFETY: it frees what only this thread knows of, and nobody uses any more.
    unsafe { lrs_free_uploads() };
}

/// How turning keys has failed in calls of this thread since this was last asked: after positions were moved, their keys
/// are turned in front of the next computation, which does not say so when that fails. Some are turned then and others
/// are not: the memory of past tokens must be cleared.
#[must_use]
pub fn take_shift_failure() -> Option<ggml_status> {
    // SAFETY: no arguments; it reads and writes a number of this thread.
    match unsafe { lrs_take_shift_failure() } {
        0 => None,
        status => Some(status),
    }
}
