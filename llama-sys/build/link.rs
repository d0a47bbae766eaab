//! Tells Cargo how to link the library.

use crate::backends::Libraries;
use crate::compile::Toolchain;
use crate::env::Env;
use crate::libraries::{Stdcxx, libraries};
use crate::merge::LIBRARY;
use crate::source::Tree;
use std::path::Path;

/// Prints the link lines: the library, what it calls, what all of them call.
///
/// # Errors
/// When the C++ standard library is not there in the form that a feature asks for.
pub(crate) fn emit(
    env: &Env,
    toolchain: &Toolchain,
    tree: &Tree,
    behind: &[&Libraries],
) -> Result<(), String> {
    println!("cargo::rustc-link-search=native={}", env.out_dir.display());
    println!("cargo::rustc-link-lib=static={LIBRARY}");
    for libraries in behind {
        libraries.emit();
    }
    let archive = |name: &str| {
        toolchain.query(&format!("-print-file-name=lib{name}.a")).filter(|path| path.is_absolute())
    };
    let is_llvm = toolchain.has_libcxx;
    let stdcxx = Stdcxx {
        chosen: env.stdcxx.clone(),
        is_llvm,
        // zig has no file of libc++: it makes one for each program, and that is static.
        is_static: env.has("static-stdcxx") && (!is_llvm || archive("c++").is_some()),
    };
    for library in libraries(&env.target, &stdcxx, env.has("rpc")) {
        // rustc looks for what is static itself, and does not ask the compiler where.
        if let Some(name) = library.strip_prefix("static:-bundle=") {
            match archive(name).as_deref().and_then(Path::parent) {
                Some(folder) => println!("cargo::rustc-link-search=native={}", folder.display()),
                None if stdcxx.is_static => {
                    return Err(format!(
                        "feature `static-stdcxx` needs lib{name}.a, and {} has none\n\
                         Remedies: install it (Fedora: `dnf install libstdc++-static`), or leave the feature out.",
                        toolchain.version
                    ));
                }
                None => {}
            }
        }
        println!("cargo::rustc-link-lib={library}");
    }
    // For tests: those of this crate and of the workspace.
    println!("cargo::rustc-env=LLAMA_SYS_TREE={}", tree.path.display());
    println!("cargo::metadata=tree={}", tree.path.display());
    Ok(())
}
