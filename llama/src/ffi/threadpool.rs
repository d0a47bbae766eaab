//! ggml's threads, owned by a context.

use crate::error::{Error, Result};
use llama_sys::guarded;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// A pool of ggml worker threads that stays alive between computations.
#[derive(Debug)]
pub(crate) struct ThreadPool(NonNull<llama_sys::ggml_threadpool>);

// SAFETY: a pool is not tied to the thread that created it; ggml only requires that one computation runs on
// it at a time, which the exclusive owner (a context behind `&mut`) guarantees.
unsafe impl Send for ThreadPool {}

impl ThreadPool {
    /// Starts `threads - 1` workers; the calling thread of each computation is the remaining one.
    pub(crate) fn new(threads: i32) -> Result<Self> {
        // SAFETY: no pointers; the count was checked to lie between 1 and the maximum.
        let mut params = unsafe { guarded::ggml_threadpool_params_default(threads) }?;
        // SAFETY: `params` is valid for the call, which copies what it needs.
        let pool = unsafe { guarded::ggml_threadpool_new(&raw mut params) }?;
        NonNull::new(pool)
            .map(Self)
            .ok_or_else(|| Error::Failed { operation: "starting threads", detail: crate::log::take_detail() })
    }

    pub(crate) fn as_ptr(&self) -> *mut llama_sys::ggml_threadpool {
        self.0.as_ptr()
    }

    /// Gives the pool up without joining its threads, which may wait for ever after a failed computation.
    pub(crate) fn leak(self) {
        let _ = ManuallyDrop::new(self);
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        // SAFETY: the pool comes from `ggml_threadpool_new`, and its context is gone or detached.
        let _ = unsafe { guarded::ggml_threadpool_free(self.0.as_ptr()) };
    }
}
