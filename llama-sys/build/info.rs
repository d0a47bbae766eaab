//! `build_info.rs`: constants that say what was built.

use crate::builder::Part;
use crate::compile::Toolchain;
use crate::env::Env;
use crate::plan::Plan;
use crate::plugin;
use crate::source::Tree;
use std::path::PathBuf;

struct Info<'a> {
    llama_version: &'a str,
    ggml_version: &'a str,
    commit: Option<&'a str>,
    source: &'a str,
    builders: Vec<(&'a str, &'a str)>,
    compiler: &'a str,
    variants: Vec<&'a str>,
    single_variant_reason: Option<&'a str>,
    merged: bool,
    plugins: Option<PathBuf>,
}

/// Writes the constants of a real build.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(
    env: &Env,
    tree: &Tree,
    toolchain: &Toolchain,
    plan: &Plan,
    parts: &[Part],
    cannot_merge: Option<&str>,
) -> Result<(), String> {
    let reason = if env.has("native") {
        Some("feature native")
    } else if plan.cmake.is_some() {
        Some("cmake compiles one")
    } else if plan.dispatch {
        None
    } else {
        Some(cannot_merge.unwrap_or("no variant table for this target"))
    };
    render(
        env,
        &Info {
            llama_version: &tree.llama_version,
            ggml_version: &tree.ggml_version,
            commit: tree.commit.as_deref(),
            source: &tree.origin,
            builders: parts.iter().map(|part| (part.name, part.builder.name())).collect(),
            compiler: &toolchain.version,
            variants: plan.variants.iter().map(|v| v.name.as_str()).collect(),
            single_variant_reason: reason,
            merged: cannot_merge.is_none(),
            plugins: env.has(plugin::FEATURE).then(|| plugin::folder(env)),
        },
    )
}

/// Writes the constants of a build without C++; such a build links into no program.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write_skipped(env: &Env) -> Result<(), String> {
    #[cfg(feature = "bindgen")]
    for (from, to) in [
        ("src/bindings.rs", "bindings.rs"),
        ("src/guarded.rs", "guarded.rs"),
        ("src/mtmd/bindings.rs", "mtmd_bindings.rs"),
        ("src/mtmd/guarded.rs", "mtmd_guarded.rs"),
    ] {
        std::fs::copy(env.crate_dir.join(from), env.out_dir.join(to)).map_err(|e| e.to_string())?;
    }
    render(
        env,
        &Info {
            llama_version: "unknown",
            ggml_version: "unknown",
            commit: None,
            source: "none",
            builders: Vec::new(),
            compiler: "none",
            variants: Vec::new(),
            single_variant_reason: Some("nothing was compiled"),
            merged: false,
            plugins: None,
        },
    )
}

fn render(env: &Env, info: &Info<'_>) -> Result<(), String> {
    let text = format!(
        "/// Version of llama.cpp.\npub const LLAMA_CPP_VERSION: &str = {:?};\n\
         /// Version of ggml.\npub const GGML_VERSION: &str = {:?};\n\
         /// Commit of llama.cpp, where the sources are a git checkout.\n\
         pub const LLAMA_CPP_COMMIT: Option<&str> = {:?};\n\
         /// Where the sources came from: a package with its version, or a folder.\n\
         pub const SOURCE: &str = {:?};\n\
         /// What drove the compilers, `cc` or `cmake`: of `core` (llama.cpp, ggml and the CPU's kernels), of each\n\
         /// back end, and of `shim` (our guard and what it takes from llama.cpp's common library).\n\
         pub const BUILDERS: &[(&str, &str)] = &{:?};\n\
         /// The C++ compiler.\npub const COMPILER: &str = {:?};\n\
         /// CPU variants in this library, slowest first.\npub const CPU_VARIANTS: &[&str] = &{:?};\n\
         /// Why there is only one CPU variant, where there is only one.\n\
         pub const SINGLE_VARIANT_REASON: Option<&str> = {:?};\n\
         /// True when all symbols but the prefixed C API are local to this library.\n\
         pub const SYMBOLS_LOCAL: bool = {:?};\n\
         /// Features that this library was built with.\npub const FEATURES: &[&str] = &{:?};\n\
         /// Folder on the building machine with the back ends that are files of their own (feature \
         `dynamic-backends`).\npub const PLUGINS: Option<&str> = {:?};\n",
        info.llama_version,
        info.ggml_version,
        info.commit,
        info.source,
        info.builders,
        info.compiler,
        info.variants,
        info.single_variant_reason,
        info.merged,
        env.features,
        info.plugins,
    );
    let path = env.out_dir.join("build_info.rs");
    std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
}
