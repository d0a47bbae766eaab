//! Failures inside llama.cpp come back as errors, and the process goes on.

#![allow(
    clippy::multiple_unsafe_ops_per_block,
    clippy::cast_precision_loss,
    reason = "tests of a C API: one block is one scenario, and the numbers are small"
)]

use llama_sys::guarded as g;
use llama_sys::{self as sys, FaultKind};
use std::ffi::CStr;
use std::ptr::null_mut;

/// Keeps ggml's log off the test output.
unsafe extern "C" fn quiet(_: sys::ggml_log_level, _: *const std::ffi::c_char, _: *mut std::ffi::c_void) {}

/// A ggml context with 1 MiB of room; freed on drop.
struct Ctx(*mut sys::ggml_context);

impl Ctx {
    fn new() -> Self {
        let params = sys::ggml_init_params { mem_size: 1 << 20, mem_buffer: null_mut(), no_alloc: false };
        // SAFETY: the callback does nothing and lives for ever.
        unsafe { g::ggml_log_set(Some(quiet), null_mut()) }.expect("log");
        // SAFETY: valid parameters; ggml allocates the buffer itself.
        Self(unsafe { g::ggml_init(params) }.expect("context"))
    }

    fn matrix(&self, cols: i64, rows: i64) -> *mut sys::ggml_tensor {
        // SAFETY: the context is alive and has room.
        unsafe { g::ggml_new_tensor_2d(self.0, sys::GGML_TYPE_F32, cols, rows) }.expect("tensor")
    }
}

impl Drop for Ctx {
    fn drop(&mut self) {
        // SAFETY: created by ggml_init, freed once.
        unsafe { g::ggml_free(self.0) }.expect("free");
    }
}

/// A correct call that must keep working after each failure: 2 x 3 matrix product on the CPU.
fn correct_call_works() {
    let ctx = Ctx::new();
    let (a, b) = (ctx.matrix(2, 1), ctx.matrix(2, 1));
    // SAFETY: tensors of this context, F32, large enough for what is written and read.
    let value = unsafe {
        g::ggml_set_f32(a, 2.0).expect("set");
        g::ggml_set_f32(b, 3.0).expect("set");
        let product = g::ggml_mul_mat(ctx.0, a, b).expect("op");
        let graph = g::ggml_new_graph(ctx.0).expect("graph");
        g::ggml_build_forward_expand(graph, product).expect("expand");
        let status = g::ggml_graph_compute_with_ctx(ctx.0, graph, 1).expect("compute");
        assert_eq!(status, sys::GGML_STATUS_SUCCESS);
        g::ggml_get_f32_1d(product, 0).expect("get")
    };
    assert!((value - 12.0).abs() < 1e-6);
}

fn gguf() -> *mut sys::gguf_context {
    // SAFETY: no arguments.
    unsafe { g::gguf_init_empty() }.expect("gguf")
}

type Case = (&'static str, FaultKind, fn() -> Result<(), sys::Fault>);

/// Each row breaks another assertion or makes C++ throw.
fn cases() -> Vec<Case> {
    use FaultKind::{Assertion, Exception};
    vec![
        ("tensor with too many dimensions", Assertion, || {
            let ctx = Ctx::new();
            let dims = [1_i64; 5];
            // SAFETY: the context lives; the array has as many entries as announced.
            unsafe { g::ggml_new_tensor(ctx.0, sys::GGML_TYPE_F32, 5, dims.as_ptr()) }.map(drop)
        }),
        ("tensor of an unknown type", Assertion, || {
            let ctx = Ctx::new();
            // SAFETY: the context lives; the type is what is being tested.
            unsafe { g::ggml_new_tensor_1d(ctx.0, sys::GGML_TYPE_COUNT, 4) }.map(drop)
        }),
        ("more memory than the context has", Assertion, || {
            let ctx = Ctx::new();
            // SAFETY: the context lives.
            unsafe { g::ggml_new_tensor_1d(ctx.0, sys::GGML_TYPE_F32, 1 << 24) }.map(drop)
        }),
        ("product of matrices that do not fit", Assertion, || {
            let ctx = Ctx::new();
            // SAFETY: tensors of the same live context.
            unsafe { g::ggml_mul_mat(ctx.0, ctx.matrix(2, 3), ctx.matrix(5, 7)) }.map(drop)
        }),
        ("sum of shapes that cannot repeat", Assertion, || {
            let ctx = Ctx::new();
            // SAFETY: tensors of the same live context.
            unsafe { g::ggml_add(ctx.0, ctx.matrix(2, 3), ctx.matrix(4, 3)) }.map(drop)
        }),
        ("reshape to another number of elements", Assertion, || {
            let ctx = Ctx::new();
            // SAFETY: tensor of the live context.
            unsafe { g::ggml_reshape_1d(ctx.0, ctx.matrix(2, 3), 7) }.map(drop)
        }),
        ("permutation that names an axis twice", Assertion, || {
            let ctx = Ctx::new();
            // SAFETY: tensor of the live context.
            unsafe { g::ggml_permute(ctx.0, ctx.matrix(2, 3), 0, 0, 1, 2) }.map(drop)
        }),
        ("concatenation of shapes that do not fit", Assertion, || {
            let ctx = Ctx::new();
            // SAFETY: tensors of the same live context.
            unsafe { g::ggml_concat(ctx.0, ctx.matrix(2, 3), ctx.matrix(4, 5), 2) }.map(drop)
        }),
        ("GGUF key by an index out of range", Assertion, || {
            let file = gguf();
            // SAFETY: live; the index is what is being tested.
            let out = unsafe { g::gguf_get_key(file, 99) }.map(drop);
            // SAFETY: created above, freed once.
            unsafe { g::gguf_free(file) }.expect("free");
            out
        }),
        ("GGUF value of another type", Assertion, || {
            let file = gguf();
            // SAFETY: live; strings are terminated; the type is what is being tested.
            let out = unsafe {
                g::gguf_set_val_str(file, c"k".as_ptr(), c"text".as_ptr()).expect("set");
                g::gguf_get_val_u32(file, 0).map(drop)
            };
            // SAFETY: created above, freed once.
            unsafe { g::gguf_free(file) }.expect("free");
            out
        }),
        ("GGUF tensor that does not exist", Assertion, || {
            let file = gguf();
            // SAFETY: live; the name is terminated.
            let out = unsafe { g::gguf_set_tensor_type(file, c"none".as_ptr(), sys::GGML_TYPE_F16) };
            // SAFETY: created above, freed once.
            unsafe { g::gguf_free(file) }.expect("free");
            out
        }),
        ("back end by an index out of range", Assertion, || {
            // SAFETY: the index is what is being tested.
            unsafe { g::ggml_backend_dev_get(9_999) }.map(drop)
        }),
        ("buffer type without a device", Assertion, || {
            // SAFETY: null is what is being tested; it is checked before use.
            unsafe { g::ggml_backend_buft_name(null_mut()) }.map(drop)
        }),
        ("template variables that are not JSON", Exception, || {
            sys::jinja::render("{{ x }}", "{ not json").map(drop)
        }),
        ("template that raises", Exception, || {
            sys::jinja::render("{{ raise_exception('no system role') }}", "{}").map(drop)
        }),
        ("template that does not parse", Exception, || sys::jinja::render("{% if %}", "{}").map(drop)),
    ]
}

#[test]
fn failures_become_errors_and_the_next_call_works() {
    correct_call_works();
    let table = cases();
    for (name, kind, case) in &table {
        let fault = case().expect_err(name);
        println!("{name}: {fault}");
        assert_eq!(fault.kind(), *kind, "{name}: {fault}");
        assert!(!fault.message().is_empty(), "{name}");
        correct_call_works();
    }
    assert!(table.len() >= 10);
}

#[test]
fn failures_on_many_threads_at_once() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    for (name, _, case) in cases() {
                        case().expect_err(name);
                    }
                }
            });
        }
    });
    correct_call_works();
}

#[test]
fn messages_name_file_and_condition_without_folders_of_the_build() {
    let ctx = Ctx::new();
    // SAFETY: tensors of the same live context.
    let fault = unsafe { g::ggml_mul_mat(ctx.0, ctx.matrix(2, 3), ctx.matrix(5, 7)) }.expect_err("mismatch");
    assert!(fault.message().contains("ggml.c:"), "{fault}");
    assert!(fault.message().contains("GGML_ASSERT"), "{fault}");
    assert!(!fault.message().contains("/registry/"), "{fault}");
}

#[test]
fn strings_and_structs_pass_through() {
    // SAFETY: no arguments, static string.
    let info = unsafe { CStr::from_ptr(g::llama_print_system_info().expect("info")) };
    assert!(info.to_string_lossy().contains("CPU"), "{info:?}");
    // SAFETY: no arguments.
    let params = unsafe { g::llama_context_default_params() }.expect("params");
    assert_eq!(params.n_ctx, 512);
}

unsafe extern "C" fn to_stdout(
    _: sys::ggml_log_level,
    text: *const std::ffi::c_char,
    _: *mut std::ffi::c_void,
) {
    // SAFETY: ggml passes a terminated string.
    println!("LOG {}", unsafe { CStr::from_ptr(text) }.to_string_lossy());
}

/// Not a test of its own: the parent below runs it in a process that is meant to die.
#[test]
fn child_fails_without_a_guard() {
    if std::env::var_os("LLAMA_SYS_TEST_DIE").is_none() {
        return;
    }
    let ctx = Ctx::new();
    // SAFETY: the callback lives for ever.
    unsafe { g::ggml_log_set(Some(to_stdout), null_mut()) }.expect("log");
    // SAFETY: tensors of the same live context; the raw function aborts, which is what is being tested.
    unsafe { sys::ggml_mul_mat(ctx.0, ctx.matrix(2, 3), ctx.matrix(5, 7)) };
}

#[test]
fn without_a_guard_there_are_last_words() {
    let out = std::process::Command::new(std::env::current_exe().expect("exe"))
        .args(["--exact", "child_fails_without_a_guard", "--nocapture"])
        .env("LLAMA_SYS_TEST_DIE", "1")
        .output()
        .expect("child");
    assert!(!out.status.success());
    let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(stdout.contains("LOG") && stdout.contains("ggml_can_mul_mat"), "{stdout}");
    assert!(stderr.contains("failed on a thread without a guard"), "{stderr}");
}

#[test]
fn runaway_recursion_is_an_error() {
    if !sys::build_info::SYMBOLS_LOCAL {
        return;
    }
    let templates = [
        format!("{{{{ {}1 }}}}", "(".repeat(200_000)),
        format!("{{{{ {} }}}}", "[".repeat(200_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(200_000)),
        format!("{{{{ 1{} }}}}", "+1".repeat(200_000)),
        format!("{{{{ x{} }}}}", ".x".repeat(200_000)),
        format!("{{{{ x{} }}}}", "|trim".repeat(200_000)),
        "{% if x %}".repeat(200_000),
        format!("{{% if x %}}{}", "{% elif x %}".repeat(200_000)),
        format!("{{{{ {}1 }}}}", "1 if x else ".repeat(200_000)),
        "{% macro f(x) %}{{ f([x]) }}{% endmacro %}{{ f(1) }}".to_owned(),
    ];
    for template in templates {
        // An ordinary thread: its stack is small.
        let fault = std::thread::spawn(move || sys::jinja::render(&template, "{}").expect_err("too deep"))
            .join()
            .expect("no panic");
        assert!(fault.message().contains("nested too deeply"), "{fault}");
        correct_call_works();
    }
    let deep = format!("{{\"x\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let fault = std::thread::spawn(move || sys::jinja::render("{{ x }}", &deep).expect_err("too deep"));
    println!("{}", fault.join().expect("no panic"));
    correct_call_works();
}
