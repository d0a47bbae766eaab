//! The functions of ggml that follow pointers to tensors, as macros that look at the pointers first.
//!
//! llama.cpp treats most weights as optional while it loads a file and hands them to ggml without a look while it
//! describes a computation. `shim/graph_checks.h` is included in front of its files.

use crate::bindings::{Function, SYMBOL_PREFIX};
use std::fmt::Write as _;

/// Arguments that may be null: function and name.
pub(crate) const OPTIONAL: [(&str, &str); 12] = [
    ("ggml_dsv4_hc_post", "comb"),
    ("ggml_flash_attn_ext", "mask"),
    ("ggml_flash_attn_ext_add_sinks", "sinks"),
    ("ggml_rope_ext", "c"),
    ("ggml_rope_ext_back", "c"),
    ("ggml_rope_ext_inplace", "c"),
    ("ggml_rope_multi", "c"),
    ("ggml_rope_multi_back", "c"),
    ("ggml_rope_multi_inplace", "c"),
    ("ggml_soft_max_add_sinks", "sinks"),
    ("ggml_soft_max_ext", "mask"),
    ("ggml_soft_max_ext_inplace", "mask"),
];

/// Not part of describing a computation: these work on tensors that exist.
const OTHERS: [&str; 3] = ["ggml_backend_", "ggml_opt_", "ggml_tallocr_"];

/// `#define` lines for the C functions of the bindings but those of `cpu`, which need tensors with data.
#[must_use]
pub(crate) fn graph_ops(functions: &[Function], cpu: &[String]) -> String {
    let describes = |f: &&Function| {
        f.name.starts_with("ggml_")
            && !f.variadic
            && !cpu.contains(&f.name)
            && !OTHERS.iter().any(|other| f.name.starts_with(other))
    };
    let mut text = String::new();
    for Function { name, args, .. } in functions.iter().filter(describes) {
        let is_tensor = |kind: &str| kind == "*mut ggml_tensor" || kind == "*const ggml_tensor";
        if !args.iter().any(|(_, kind)| is_tensor(kind)) {
            continue;
        }
        let optional = args
            .iter()
            .enumerate()
            .filter(|(_, (arg, _))| OPTIONAL.contains(&(name.as_str(), arg.as_str())))
            .fold(0_u32, |mask, (index, _)| mask | 1 << index);
        let _ = writeln!(
            text,
            "#undef {name}\n#define {name}(...) \
             lrs::checked<{optional:#x}>(\"{name}\", #__VA_ARGS__, {SYMBOL_PREFIX}{name}, __VA_ARGS__)"
        );
    }
    text
}
