//! Tells Cargo how to link the library.

use crate::compile::Toolchain;
use crate::env::Env;
use crate::libraries::{Stdcxx, libraries};
use crate::merge::LIBRARY;
use crate::source::Tree;

/// Prints the link lines.
pub(crate) fn emit(env: &Env, toolchain: &Toolchain, tree: &Tree) {
    println!("cargo::rustc-link-search=native={}", env.out_dir.display());
    println!("cargo::rustc-link-lib=static={LIBRARY}");
    let stdcxx = Stdcxx {
        chosen: env.stdcxx.clone(),
        is_llvm: toolchain.has_libcxx,
        is_static: env.has("static-stdcxx"),
    };
    for library in libraries(&env.target, &stdcxx, env.has("rpc")) {
        // rustc looks for what is static itself, and does not ask the compiler where.
        if let Some(name) = library.strip_prefix("static:-bundle=") {
            let archive = toolchain.query(&format!("-print-file-name=lib{name}.a"));
            if let Some(folder) =
                archive.filter(|p| p.is_absolute()).as_deref().and_then(std::path::Path::parent)
            {
                println!("cargo::rustc-link-search=native={}", folder.display());
            }
        }
        println!("cargo::rustc-link-lib={library}");
    }
    // For tests: those of this crate and of the workspace.
    println!("cargo::rustc-env=LLAMA_SYS_TREE={}", tree.path.display());
    println!("cargo::metadata=tree={}", tree.path.display());
}
