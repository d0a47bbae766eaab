//! A context and what it computes with.

mod sampling;

pub(crate) use sampling::SampledView;

use super::backend::DevicePtr;
use super::batch::BatchPtr;
use super::model::ModelPtr;
use super::sampler::ChainPtr;
use super::threadpool::ThreadPool;
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::token::{Pos, SeqId};
use llama_sys::{Fault, guarded};
use std::ffi::c_void;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Owns a `llama_context` and everything that it points to.
///
/// Drop order: the batch that refers to the context; the context, since it refers to all the others; then they:
/// the flag, the samplers, the threads. After a failure in the middle of a computation everything is leaked:
/// worker threads may still read and write the context's buffers, and joining them would hang, since they wait for
/// an end that never comes.
#[derive(Debug)]
pub(crate) struct ContextPtr {
    ptr: NonNull<llama_sys::llama_context>,
    pools: Vec<ThreadPool>,
    /// Pools that were replaced. The CPU back end remembers the last one that it used and pauses it when it
    /// gets another, so a replaced pool lives until the next computation is done.
    retired: Vec<ThreadPool>,
    abort: Arc<AtomicBool>,
    /// Made when first needed; refers to the context.
    batch: Option<BatchPtr>,
    /// Chains that run in the context's graph, by sequence. They outlive the context.
    samplers: Vec<(SeqId, ChainPtr)>,
    logits: Option<View>,
    embeddings: Option<View>,
    sampled: Vec<SampledView>,
    abandoned: bool,
}

// SAFETY: a context has no thread affinity; methods that change it take `&mut self`.
unsafe impl Send for ContextPtr {}
// SAFETY: the methods that take `&self` only read values that nothing changes concurrently, since every
// change needs `&mut self`.
unsafe impl Sync for ContextPtr {}

/// llama.cpp's status for a batch that it does not take.
const REFUSED: i32 = -1;

/// Called by llama.cpp between the steps of a computation, also from worker threads.
unsafe extern "C" fn on_abort_poll(user: *mut c_void) -> bool {
    // SAFETY: `user` is the flag inside the `Arc` that the context holds until it is freed.
    let flag = unsafe { &*user.cast::<AtomicBool>() };
    flag.load(Ordering::Relaxed)
}

pub(crate) fn default_params() -> Result<llama_sys::llama_context_params> {
    // SAFETY: no arguments, returns a plain struct.
    Ok(unsafe { guarded::llama_context_default_params() }?)
}

impl ContextPtr {
    /// Creates a context; `None` when llama.cpp refuses, with the reason in its log. The caller keeps the
    /// model alive for as long as the context and serialises creations of one model.
    pub(crate) fn new(
        model: &ModelPtr,
        mut params: llama_sys::llama_context_params,
        abort: Arc<AtomicBool>,
    ) -> Result<Option<Self>, Fault> {
        params.abort_callback = Some(on_abort_poll);
        params.abort_callback_data = Arc::as_ptr(&abort).cast_mut().cast();
        // SAFETY: the model is alive; the parameters point to nothing but the flag, which outlives the call
        // and is then owned by the context's owner.
        let ptr = unsafe { guarded::llama_init_from_model(model.as_ptr(), params) }?;
        Ok(NonNull::new(ptr).map(|ptr| Self {
            ptr,
            pools: Vec::new(),
            retired: Vec::new(),
            abort,
            batch: None,
            samplers: Vec::new(),
            logits: None,
            embeddings: None,
            sampled: Vec::new(),
            abandoned: false,
        }))
    }

    pub(crate) fn as_ptr(&self) -> *mut llama_sys::llama_context {
        self.ptr.as_ptr()
    }

    /// Computes with these threads from now on: one pool for single tokens, one for batches (or one for both).
    pub(crate) fn attach(&mut self, pools: Vec<ThreadPool>) -> Result<()> {
        let Some(first) = pools.first() else { return Ok(()) };
        let last = pools.last().unwrap_or(first);
        // SAFETY: the context is alive; both pools are, and are stored in the owner below.
        unsafe { guarded::llama_attach_threadpool(self.as_ptr(), first.as_ptr(), last.as_ptr()) }?;
        self.retired.append(&mut self.pools);
        self.pools = pools;
        Ok(())
    }

    pub(crate) fn set_n_threads(&mut self, single: i32, batch: i32) -> Result<()> {
        // SAFETY: the context is alive; the caller checked the numbers.
        Ok(unsafe { guarded::llama_set_n_threads(self.as_ptr(), single, batch) }?)
    }

    /// Polls another flag from now on.
    pub(crate) fn set_abort(&mut self, abort: Arc<AtomicBool>) -> Result<()> {
        let user = Arc::as_ptr(&abort).cast_mut().cast();
        // SAFETY: the flag is kept alive by the field below until it is replaced or the context is freed.
        unsafe { guarded::llama_set_abort_callback(self.as_ptr(), Some(on_abort_poll), user) }?;
        self.abort = abort;
        Ok(())
    }

    /// After a contained failure in the middle of a computation that worker threads share: frees nothing any more.
    /// The caller keeps the model for ever, too.
    pub(crate) fn abandon(&mut self) {
        self.abandoned = true;
    }

    pub(crate) fn set_embeddings(&mut self, on: bool) -> Result<()> {
        // SAFETY: the context is alive.
        Ok(unsafe { guarded::llama_set_embeddings(self.as_ptr(), on) }?)
    }

    pub(crate) fn set_causal_attention(&mut self, on: bool) -> Result<()> {
        // SAFETY: the context is alive.
        Ok(unsafe { guarded::llama_set_causal_attn(self.as_ptr(), on) }?)
    }

    pub(crate) fn synchronize(&mut self) -> Result<(), Fault> {
        // SAFETY: the context is alive.
        unsafe { guarded::llama_synchronize(self.as_ptr()) }
    }

    pub(crate) fn perf(&self) -> Result<llama_sys::llama_perf_context_data> {
        // SAFETY: the context is alive; the function only reads.
        Ok(unsafe { guarded::llama_perf_context(self.as_ptr()) }?)
    }

    pub(crate) fn perf_reset(&mut self) -> Result<()> {
        // SAFETY: the context is alive.
        Ok(unsafe { guarded::llama_perf_context_reset(self.as_ptr()) }?)
    }

    /// Runs one piece of a batch that was checked completely. Returns llama.cpp's status, and that of turning the keys
    /// of positions that were moved before, where it failed: nothing in the memory can be used then.
    pub(crate) fn process(
        &mut self,
        batch: &Batch,
        part: Range<usize>,
        encode: bool,
    ) -> Result<(i32, Option<llama_sys::ggml_status>), Fault> {
        self.logits = None;
        self.embeddings = None;
        self.sampled.clear();
        if self.batch.is_none() {
            // SAFETY: the context is alive, and `drop` frees the batch before it.
            self.batch = unsafe { BatchPtr::new(self.ptr.as_ptr()) }?;
        }
        let Some(filled) = &mut self.batch else { return Ok((REFUSED, None)) };
        if !filled.fill(batch, part)? {
            return Ok((REFUSED, None));
        }
        let kind =
            if encode { llama_sys::LLAMA_PROCESS_TYPE_ENCODE } else { llama_sys::LLAMA_PROCESS_TYPE_DECODE };
        let _ = llama_sys::memory::take_shift_failure();
        // SAFETY: context and batch are alive and belong together. The caller has checked all values.
        let status = unsafe { guarded::llama_process(self.ptr.as_ptr(), kind, filled.as_ptr()) }?;
        if status == 0 {
            self.retired.clear();
        }
        Ok((status, llama_sys::memory::take_shift_failure()))
    }

    /// Makes the logits of the last call available: `rows` rows of `n_vocab`, in the order of the batch.
    /// Waits for devices.
    pub(crate) fn fetch_logits(&mut self, rows: usize, n_vocab: usize) -> Result<(), Fault> {
        // SAFETY: the context is alive.
        let data = unsafe { guarded::llama_get_logits(self.as_ptr()) }?;
        self.logits = View::new(data, rows * n_vocab);
        Ok(())
    }

    /// Makes the embeddings of the last call available: `rows` rows of `width`, in the order of the batch.
    pub(crate) fn fetch_embeddings(&mut self, rows: usize, width: usize) -> Result<(), Fault> {
        // SAFETY: the context is alive.
        let data = unsafe { guarded::llama_get_embeddings(self.as_ptr()) }?;
        self.embeddings = View::new(data, rows * width);
        Ok(())
    }

    /// What [`fetch_logits`](Self::fetch_logits) made available; empty after the next call that computes.
    pub(crate) fn logits(&self) -> &[f32] {
        self.logits.as_ref().map_or(&[], View::as_slice)
    }

    /// What [`fetch_embeddings`](Self::fetch_embeddings) made available.
    pub(crate) fn embeddings(&self) -> &[f32] {
        self.embeddings.as_ref().map_or(&[], View::as_slice)
    }

    /// A copy of the pooled embedding of a sequence of the last call, of `width` numbers.
    pub(crate) fn pooled(&mut self, seq: SeqId, width: usize, out: &mut Vec<f32>) -> Result<bool, Fault> {
        // SAFETY: the context is alive; any id may be asked for.
        let data = unsafe { guarded::llama_get_embeddings_seq(self.as_ptr(), seq.0) }?;
        let Some(view) = View::new(data, width) else { return Ok(false) };
        out.extend_from_slice(view.as_slice());
        Ok(true)
    }

    /// What the context and its model take, by device; `None` for the host's memory.
    pub(crate) fn taken(&self) -> Result<Vec<(Option<DevicePtr>, llama_sys::memory::Taken)>> {
        // SAFETY: the context is alive.
        let list = unsafe { llama_sys::memory::breakdown(self.as_ptr()) }?;
        Ok(list.into_iter().map(|taken| (DevicePtr::new(taken.device), taken)).collect())
    }

    fn memory(&self) -> Result<llama_sys::llama_memory_t, Fault> {
        // SAFETY: the context is alive.
        unsafe { guarded::llama_get_memory(self.as_ptr()) }
    }

    pub(crate) fn has_memory(&self) -> Result<bool> {
        Ok(!self.memory()?.is_null())
    }

    pub(crate) fn memory_clear(&mut self, data: bool) -> Result<(), Fault> {
        let memory = self.memory()?;
        // SAFETY: the memory belongs to the living context; null is allowed.
        unsafe { guarded::llama_memory_clear(memory, data) }
    }

    pub(crate) fn seq_remove(&mut self, seq: SeqId, from: Pos, to: Pos) -> Result<bool, Fault> {
        let memory = self.memory()?;
        // SAFETY: the memory belongs to the living context; the caller checked the sequence.
        unsafe { guarded::llama_memory_seq_rm(memory, seq.0, from, to) }
    }

    pub(crate) fn seq_copy(&mut self, seq: SeqId, to_seq: SeqId, from: Pos, to: Pos) -> Result<(), Fault> {
        let memory = self.memory()?;
        // SAFETY: the memory belongs to the living context; the caller checked both sequences and the range.
        unsafe { guarded::llama_memory_seq_cp(memory, seq.0, to_seq.0, from, to) }
    }

    pub(crate) fn seq_keep(&mut self, seq: SeqId) -> Result<(), Fault> {
        let memory = self.memory()?;
        // SAFETY: the memory belongs to the living context; the caller checked the sequence.
        unsafe { guarded::llama_memory_seq_keep(memory, seq.0) }
    }

    pub(crate) fn seq_add(&mut self, seq: SeqId, from: Pos, to: Pos, delta: Pos) -> Result<(), Fault> {
        let memory = self.memory()?;
        // SAFETY: the memory belongs to the living context; the caller checked the sequence and that this
        // memory can shift.
        unsafe { guarded::llama_memory_seq_add(memory, seq.0, from, to, delta) }
    }

    pub(crate) fn seq_div(&mut self, seq: SeqId, from: Pos, to: Pos, divisor: i32) -> Result<(), Fault> {
        let memory = self.memory()?;
        // SAFETY: as for `seq_add`; the caller checked the divisor.
        unsafe { guarded::llama_memory_seq_div(memory, seq.0, from, to, divisor) }
    }

    pub(crate) fn pos_min(&self, seq: SeqId) -> Result<Option<Pos>, Fault> {
        let memory = self.memory()?;
        // SAFETY: the memory belongs to the living context; the caller checked the sequence.
        let pos = unsafe { guarded::llama_memory_seq_pos_min(memory, seq.0) }?;
        Ok((pos >= 0).then_some(pos))
    }

    pub(crate) fn pos_max(&self, seq: SeqId) -> Result<Option<Pos>, Fault> {
        let memory = self.memory()?;
        // SAFETY: the memory belongs to the living context; the caller checked the sequence.
        let pos = unsafe { guarded::llama_memory_seq_pos_max(memory, seq.0) }?;
        Ok((pos >= 0).then_some(pos))
    }

    pub(crate) fn can_shift(&self) -> Result<bool, Fault> {
        let memory = self.memory()?;
        // SAFETY: the memory belongs to the living context; null is allowed.
        unsafe { guarded::llama_memory_can_shift(memory) }
    }
}

macro_rules! context_getters {
    ($($name:ident: $c:ident -> $ret:ty;)*) => {
        impl ContextPtr {
            $(pub(crate) fn $name(&self) -> Result<$ret> {
                // SAFETY: the context is alive; the function only reads it.
                Ok(unsafe { guarded::$c(self.ptr.as_ptr()) }?)
            })*
        }
    };
}

context_getters! {
    n_ctx: llama_n_ctx -> u32;
    n_ctx_seq: llama_n_ctx_seq -> u32;
    n_batch: llama_n_batch -> u32;
    n_ubatch: llama_n_ubatch -> u32;
    n_seq_max: llama_n_seq_max -> u32;
    pooling: llama_pooling_type -> i32;
    causal_attention: llama_get_causal_attn -> bool;
}

impl Drop for ContextPtr {
    fn drop(&mut self) {
        if !self.abandoned {
            self.batch = None;
        }
        // SAFETY: the pointer comes from `llama_init_from_model` and nothing else refers to the context: worker
        // threads neither, unless it was abandoned. The fields, threads included, are dropped after this body.
        let freed = !self.abandoned && unsafe { guarded::llama_free(self.ptr.as_ptr()) }.is_ok();
        if !freed {
            // What is left of the context still points to these.
            std::mem::forget(self.abort.clone());
            std::mem::forget(self.batch.take());
            std::mem::forget(std::mem::take(&mut self.samplers));
            for pool in self.pools.drain(..).chain(self.retired.drain(..)) {
                pool.leak();
            }
        }
    }
}

/// Numbers inside a context. Private to the owner, which forgets them before anything can change them.
#[derive(Debug)]
struct View<T = f32> {
    data: NonNull<T>,
    len: usize,
}

// SAFETY: a view only gives shared access to plain numbers, like the slice that it stands for.
unsafe impl<T: Sync> Send for View<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for View<T> {}

impl<T> View<T> {
    fn new(data: *mut T, len: usize) -> Option<Self> {
        NonNull::new(data).map(|data| Self { data, len })
    }

    fn as_slice(&self) -> &[T] {
        // SAFETY: C vouches for `len` numbers behind the pointer; they stay until the context computes again,
        // and `ContextPtr::process` drops all views before it does.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }
}

/// Checks a number that goes to C as `i32`.
pub(crate) fn as_i32(name: &'static str, value: u32) -> Result<i32> {
    i32::try_from(value).map_err(|_| Error::invalid(name, format!("{value} is too large")))
}

/// A failed assertion of the processor in the middle of a computation, contained; for tests.
#[cfg(test)]
pub(crate) fn provoke_fault_at_work() -> Result<(), Fault> {
    let params =
        llama_sys::ggml_init_params { mem_size: 1 << 20, mem_buffer: std::ptr::null_mut(), no_alloc: false };
    // SAFETY: valid parameters; ggml allocates the memory itself, and never frees it here.
    let ctx = unsafe { guarded::ggml_init(params) }?;
    // SAFETY: the context has room, as it has for all that follows.
    let table = unsafe { guarded::ggml_new_tensor_2d(ctx, llama_sys::GGML_TYPE_F32, 4, 4) }?;
    // SAFETY: as above.
    let index = unsafe { guarded::ggml_new_tensor_1d(ctx, llama_sys::GGML_TYPE_I32, 1) }?;
    // SAFETY: a tensor of the context, which has its data.
    unsafe { guarded::ggml_set_i32(index, 99) }?;
    // SAFETY: tensors of the context.
    let row = unsafe { guarded::ggml_get_rows(ctx, table, index) }?;
    // SAFETY: as above.
    let graph = unsafe { guarded::ggml_new_graph(ctx) }?;
    // SAFETY: graph and tensor are of the context.
    unsafe { guarded::ggml_build_forward_expand(graph, row) }?;
    // SAFETY: no arguments.
    let backend = unsafe { guarded::ggml_backend_cpu_init() }?;
    // SAFETY: the back end was just made.
    unsafe { guarded::ggml_backend_cpu_set_n_threads(backend, 1) }?;
    // SAFETY: all of it is alive; the index that is out of range is checked before it is used.
    unsafe { guarded::ggml_backend_graph_compute(backend, graph) }.map(drop)
}

/// A failed assertion inside llama.cpp, contained; for tests.
#[cfg(test)]
pub(crate) fn provoke_fault() -> Result<(), Fault> {
    // SAFETY: an unknown name is no memory error: the function asserts on it.
    unsafe { guarded::llama_load_mode_from_str(c"no such mode".as_ptr()) }.map(drop)
}
