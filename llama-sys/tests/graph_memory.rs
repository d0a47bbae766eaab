//! Computations that find no memory, and threads that are left in the middle of one.

#![allow(clippy::multiple_unsafe_ops_per_block, reason = "tests of a C API: one block is one scenario")]

use llama_sys::guarded as g;
use llama_sys::{self as sys, FaultKind};
use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

/// Keeps ggml's log off the test output.
unsafe extern "C" fn quiet(_: sys::ggml_log_level, _: *const c_char, _: *mut c_void) {}

/// Back ends of the processor, which all use one kind of buffers, and what runs graphs on them.
struct Scheduler {
    backends: Vec<sys::ggml_backend_t>,
    ptr: sys::ggml_backend_sched_t,
}

impl Scheduler {
    fn new(n_backends: usize) -> Self {
        let start = |_| {
            // SAFETY: no arguments.
            let backend = unsafe { g::ggml_backend_cpu_init() }.expect("a back end");
            // SAFETY: the back end was just made.
            unsafe { g::ggml_backend_cpu_set_n_threads(backend, 1) }.expect("one thread");
            backend
        };
        let mut backends: Vec<_> = (0..n_backends).map(start).collect();
        let count = i32::try_from(n_backends).expect("few");
        // SAFETY: the callback lives for ever; the list has as many back ends as announced, which outlive the result.
        let ptr = unsafe {
            g::ggml_log_set(Some(quiet), null_mut()).expect("log");
            g::ggml_backend_sched_new(backends.as_mut_ptr(), null_mut(), count, 64, false, false)
        };
        Self { ptr: ptr.expect("a scheduler"), backends }
    }

    /// Doubles so many numbers; `None` where there is no memory for that.
    fn double(&self, n: i64) -> Option<f32> {
        let params = sys::ggml_init_params { mem_size: 1 << 20, mem_buffer: null_mut(), no_alloc: true };
        // SAFETY: tensors and graph are of this context, which outlives the computation; numbers that are written and read
        // are in memory that the scheduler gave.
        unsafe {
            let ctx = g::ggml_init(params).expect("context");
            let numbers = g::ggml_new_tensor_1d(ctx, sys::GGML_TYPE_F32, n).expect("tensor");
            g::ggml_set_input(numbers).expect("input");
            let doubled = g::ggml_scale(ctx, numbers, 2.0).expect("op");
            let graph = g::ggml_new_graph_custom(ctx, 16, false).expect("graph");
            g::ggml_build_forward_expand(graph, doubled).expect("expand");
            g::ggml_backend_sched_reset(self.ptr).expect("reset");
            let there = g::ggml_backend_sched_alloc_graph(self.ptr, graph).expect("no failure");
            let result = there.then(|| {
                g::ggml_set_f32(numbers, 1.5).expect("set");
                let status = g::ggml_backend_sched_graph_compute(self.ptr, graph).expect("compute");
                assert_eq!(status, sys::GGML_STATUS_SUCCESS);
                g::ggml_get_f32_1d(doubled, 0).expect("get")
            });
            g::ggml_free(ctx).expect("free");
            result
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        // SAFETY: made above, freed once, and before the back ends that it uses.
        unsafe { g::ggml_backend_sched_free(self.ptr) }.expect("free");
        for &backend in &self.backends {
            // SAFETY: made above, freed once.
            unsafe { g::ggml_backend_free(backend) }.expect("free");
        }
    }
}

/// More bytes than a processor has addresses.
const TOO_MUCH: i64 = 1 << 46;

#[test]
fn a_computation_that_found_no_memory_can_be_tried_again() {
    for n_backends in [1, 2] {
        let scheduler = Scheduler::new(n_backends);
        for n in [100, 1000] {
            assert_eq!(scheduler.double(n), Some(3.0));
            assert_eq!(scheduler.double(TOO_MUCH), None, "{n_backends} back ends");
            assert_eq!(scheduler.double(TOO_MUCH), None, "the same shape again");
        }
        assert_eq!(scheduler.double(10), Some(3.0));
    }
    // Freed right after a failure.
    for n_backends in [1, 2] {
        let scheduler = Scheduler::new(n_backends);
        assert_eq!(scheduler.double(100), Some(3.0));
        assert_eq!(scheduler.double(TOO_MUCH), None);
    }
}

/// Takes a row of a table of four: out of range, the processor asserts while it computes.
fn row(index: i32) -> Result<(), sys::Fault> {
    let params = sys::ggml_init_params { mem_size: 1 << 20, mem_buffer: null_mut(), no_alloc: false };
    // SAFETY: all tensors are of this context, which has room for them; the index is checked before it is used. After a
    // failure nothing is freed.
    unsafe {
        let ctx = g::ggml_init(params)?;
        let table = g::ggml_new_tensor_2d(ctx, sys::GGML_TYPE_F32, 4, 4)?;
        let indices = g::ggml_new_tensor_1d(ctx, sys::GGML_TYPE_I32, 1)?;
        g::ggml_set_i32(indices, index)?;
        let found = g::ggml_get_rows(ctx, table, indices)?;
        let graph = g::ggml_new_graph(ctx)?;
        g::ggml_build_forward_expand(graph, found)?;
        let backend = g::ggml_backend_cpu_init()?;
        g::ggml_backend_cpu_set_n_threads(backend, 1)?;
        g::ggml_backend_graph_compute(backend, graph)?;
        g::ggml_backend_free(backend)?;
        g::ggml_free(ctx)
    }
}

#[test]
fn a_failure_says_whether_the_processor_was_at_work() {
    row(3).expect("the last row");
    let fault = row(4).expect_err("out of range");
    assert!(fault.kind() == FaultKind::Assertion && fault.left_workers(), "{fault:?}");
    // SAFETY: the index is what is being tested.
    let fault = unsafe { g::ggml_backend_dev_get(9_999) }.expect_err("out of range");
    assert!(!fault.left_workers(), "the mark does not outlive its call: {fault:?}");
}
