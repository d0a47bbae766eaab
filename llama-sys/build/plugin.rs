//! Back ends in files of their own (feature `dynamic-backends`).
//!
//! A plugin has the code of its back end and nothing of ggml: each function of ggml is a jump through a slot
//! (`shim/plugin.cpp`), and the program that loads the plugin fills the slots (`shim/plugin_host.cpp`). Both are
//! compiled from one list of names, and with a stamp that tells builds apart that do not fit together.

use crate::backends::{Built, Libraries};
use crate::bindings::{self, FNV_START, fnv};
use crate::compile::Toolchain;
use crate::env::Env;
use crate::headers::{Api, Generated};
use crate::merge;
use crate::plan::{Options, Plan};
use crate::plugin_link;
use crate::source::Tree;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The feature.
pub(crate) const FEATURE: &str = "dynamic-backends";

/// Functions of ggml that back ends call and no public header declares.
const INTERNAL: [&str; 3] = ["ggml_backend_buffer_init", "ggml_can_fuse_subgraph_ext", "ggml_log_internal"];

/// Headers with the types that a back end and ggml share, beside the public ones.
const SHARED: [&str; 2] = ["ggml/src/ggml-impl.h", "ggml/src/ggml-backend-impl.h"];

/// Raised when `shim/plugin.cpp` and `shim/plugin_host.cpp` change how they speak with each other.
const PROTOCOL: u32 = 1;

/// Refuses the feature where it cannot work.
///
/// # Errors
/// Where it works.
pub(crate) fn check(env: &Env) -> Result<(), String> {
    let target = &env.target;
    if !env.has(FEATURE) {
        return Ok(());
    }
    if env.builder.as_deref() == Some("cmake") {
        return Err(format!(
            "feature `{FEATURE}` needs ggml's registry with a lock around it, which llama.cpp's CMake files do not \
             compile: leave out either the feature or LLAMA_SYS_BUILDER=cmake"
        ));
    }
    if target.loads_plugins() {
        return Ok(());
    }
    let linked = if target.has("crt-static") { ", linked statically" } else { "" };
    Err(format!(
        "feature `{FEATURE}` needs Linux on x86-64 or aarch64 and a program that is linked dynamically; this one is \
         for {} on {}{linked}\nRemedies: leave the feature out (back ends are parts of the program then), or build \
         without `-C target-feature=+crt-static`.",
        target.os, target.arch,
    ))
}

/// Where the plugins are.
pub(crate) fn folder(env: &Env) -> PathBuf {
    env.out_dir.join("plugins")
}

/// Files that a plugin and the program that loads it are compiled with.
///
/// # Errors
/// When a header cannot be read.
pub(crate) fn lists(env: &Env, tree: &Tree, api: &Api) -> Result<Vec<(&'static str, String)>, String> {
    if !env.has(FEATURE) {
        return Ok(Vec::new());
    }
    let public = api.functions.iter().map(String::as_str).filter(|name| name.starts_with("ggml_"));
    let names = public.chain(INTERNAL).fold(String::new(), |mut text, name| {
        let _ = writeln!(text, "PLUGIN_API({name})");
        text
    });
    let shared = [&bindings::HEADERS[..], &SHARED].concat();
    let types =
        bindings::fingerprint(&tree.path, &shared).map_err(|e| format!("{}: {e}", tree.path.display()))?;
    let commit = tree.commit.as_deref().map(|commit| format!(" at {commit}")).unwrap_or_default();
    let stamp = format!(
        "llama.cpp {}{commit}, ggml {}, interface {PROTOCOL}-{types:016x}-{:016x}",
        tree.llama_version,
        tree.ggml_version,
        fnv(FNV_START, names.as_bytes()),
    );
    let stamp = format!("#pragma once\n\n#define LRS_PLUGIN_STAMP {stamp:?}\n");
    Ok(vec![("plugin_api.inc", names), ("plugin_stamp.h", stamp)])
}

/// Links every plugin of the plan, tells Cargo where they are, and removes those of earlier builds.
///
/// # Errors
/// The linker's words; they name a function of ggml that is not on the list.
pub(crate) fn all(
    env: &Env,
    toolchain: &Toolchain,
    generated: &Generated,
    options: &Options,
    plan: &Plan,
    objects: &[PathBuf],
    built: &[Built],
) -> Result<(), String> {
    if !options.dynamic {
        return Ok(());
    }
    let folder = folder(env);
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    }
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let script = env.out_dir.join("plugin.map");
    std::fs::write(&script, plugin_link::SCRIPT).map_err(failed)?;
    for plugin in &plan.plugins {
        let mut parts: Vec<&Path> = plugin.units.iter().map(|&i| objects[i].as_path()).collect();
        let own = built.iter().find(|built| built.backend.feature == plugin.feature);
        parts.extend(own.map(|built| built.archive.as_path()));
        let blas = options.blas.iter().filter(|_| plugin.feature == "blas").map(|blas| &blas.libraries);
        let libraries: Vec<&Libraries> = own.map(|built| &built.libraries).into_iter().chain(blas).collect();
        let out = folder.join(format!("libllama-backend-{}.so", plugin.feature));
        let static_stdcxx = env.has("static-stdcxx");
        let arguments = plugin_link::arguments(&script, &parts, &libraries, static_stdcxx, &out);
        merge::execute(toolchain.cxx().args(arguments)).map_err(|why| {
            format!("feature `{FEATURE}`: the back end `{}` does not link: {why}", plugin.feature)
        })?;
    }
    println!("cargo::metadata=plugins={}", folder.display());
    // For tests, which compile plugins of their own: those of this crate and of the workspace.
    println!("cargo::rustc-env=LLAMA_SYS_PREFIX={}", generated.prefix.display());
    println!("cargo::rustc-env=LLAMA_SYS_PLUGIN={}", generated.plugin.display());
    println!("cargo::metadata=prefix={}", generated.prefix.display());
    println!("cargo::metadata=plugin={}", generated.plugin.display());
    Ok(())
}
