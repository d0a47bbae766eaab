//! What a model and its context take of each device's memory; llama.cpp tells it in C++ only.

use crate::fault::RawFault;
use crate::{Fault, ggml_backend_dev_t, llama_context};
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

type Sink = unsafe extern "C" fn(
    user: *mut c_void,
    device: ggml_backend_dev_t,
    model: usize,
    context: usize,
    compute: usize,
);

unsafe extern "C" {
    safe fn lrs_plan(on: bool);
    fn lrs_memory_breakdown(
        fault: *mut RawFault,
        ctx: *const llama_context,
        sink: Sink,
        user: *mut c_void,
    ) -> c_int;
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
