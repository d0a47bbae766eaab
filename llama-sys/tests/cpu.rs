//! The CPU variants and the choice among them.

#![allow(
    clippy::multiple_unsafe_ops_per_block,
    clippy::cast_precision_loss,
    reason = "tests of a C API: one block is one scenario, and the numbers are small"
)]

use llama_sys::{build_info, cpu};
use std::process::Command;

#[test]
fn the_binary_holds_what_the_build_says() {
    let names: Vec<&str> = cpu::variants().iter().map(|v| v.name).collect();
    assert_eq!(names, build_info::CPU_VARIANTS);
    if build_info::SINGLE_VARIANT_REASON.is_none() && option_env!("LLAMA_SYS_CPU_VARIANTS").is_none() {
        // Every compiler that is still in use knows these.
        let expected: &[&str] =
            if cfg!(target_arch = "x86_64") { &["sse42", "haswell", "icelake"] } else { &["armv8_0"] };
        assert!(expected.iter().all(|class| names.contains(class)), "{names:?}");
    }
}

#[test]
fn the_best_supported_variant_runs() {
    if std::env::var_os("LLAMA_CPU_VARIANT").is_some() {
        return;
    }
    let best = cpu::variants().iter().rfind(|v| v.supported).map(|v| v.name);
    assert_eq!(cpu::chosen().ok(), best);
}

/// Runs this test binary again with a forced variant and lets it compute something.
fn child(variant: &str) -> std::process::Output {
    Command::new(std::env::current_exe().expect("exe"))
        .args(["--exact", "child_computes", "--nocapture"])
        .env("LLAMA_CPU_VARIANT", variant)
        .output()
        .expect("child")
}

#[test]
fn every_supported_variant_computes_the_same() {
    let mut results = Vec::new();
    for variant in cpu::variants().iter().filter(|v| v.supported) {
        let out = child(variant.name);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{}: {text}", variant.name);
        let line = text.lines().find(|l| l.contains("RESULT")).expect("result").to_owned();
        assert!(line.contains(variant.name), "{line}");
        results.push(line.split_once('=').expect("value").1.trim().to_owned());
    }
    println!("{} variants agree", results.len());
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{results:?}");
}

#[test]
fn unknown_variant_is_an_error_not_a_crash() {
    let out = child("no-such-cpu");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{text}");
    assert!(text.contains("NO-VARIANT LLAMA_CPU_VARIANT names \"no-such-cpu\""), "{text}");
}

#[test]
fn child_computes() {
    use llama_sys::guarded as g;
    let variant = match cpu::chosen() {
        Ok(name) => name,
        Err(why) => {
            if build_info::CPU_VARIANTS.len() > 1 {
                // Behind the dispatcher every CPU function is an error then.
                // SAFETY: no arguments.
                let fault = unsafe { g::ggml_cpu_has_avx2() }.expect_err("no variant");
                assert_eq!(fault.message(), why);
            }
            println!("NO-VARIANT {why}");
            return;
        }
    };
    let params =
        llama_sys::ggml_init_params { mem_size: 1 << 20, mem_buffer: std::ptr::null_mut(), no_alloc: false };
    // SAFETY: one context, tensors of that context, indices within their sizes; integers below 2^24 are
    // exact in F32 whatever the order of summation.
    let sum = unsafe {
        let ctx = g::ggml_init(params).expect("context");
        let a = g::ggml_new_tensor_2d(ctx, llama_sys::GGML_TYPE_F32, 64, 8).expect("a");
        let b = g::ggml_new_tensor_2d(ctx, llama_sys::GGML_TYPE_F32, 64, 8).expect("b");
        for i in 0..512 {
            g::ggml_set_f32_1d(a, i, (i % 7) as f32).expect("set");
            g::ggml_set_f32_1d(b, i, (i % 5) as f32).expect("set");
        }
        let c = g::ggml_mul_mat(ctx, a, b).expect("op");
        let graph = g::ggml_new_graph(ctx).expect("graph");
        g::ggml_build_forward_expand(graph, c).expect("expand");
        g::ggml_graph_compute_with_ctx(ctx, graph, 2).expect("compute");
        let sum: f32 = (0..64).map(|i| g::ggml_get_f32_1d(c, i).expect("get") * (i as f32 + 1.0)).sum();
        g::ggml_free(ctx).expect("free");
        sum
    };
    println!("RESULT {variant} = {sum}");
}
