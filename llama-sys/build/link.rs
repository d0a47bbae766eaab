//! Tells Cargo how to link the library.

use crate::compile::Toolchain;
use crate::env::Env;
use crate::merge::LIBRARY;
use crate::source::Tree;

/// Prints the link lines.
pub(crate) fn emit(env: &Env, toolchain: &Toolchain, tree: &Tree) {
    println!("cargo::rustc-link-search=native={}", env.out_dir.display());
    println!("cargo::rustc-link-lib=static={LIBRARY}");
    let target = &env.target;
    if env.has("static-stdcxx") && !target.is_msvc() && !target.is_apple() {
        let archive = toolchain.query("-print-file-name=libstdc++.a").filter(|p| p.is_absolute());
        if let Some(folder) = archive.as_deref().and_then(std::path::Path::parent) {
            println!("cargo::rustc-link-search=native={}", folder.display());
        }
        println!("cargo::rustc-link-lib=static:-bundle=stdc++");
    } else if target.is_apple() || matches!(target.os.as_str(), "freebsd" | "openbsd") {
        println!("cargo::rustc-link-lib=c++");
    } else if target.os == "android" {
        println!("cargo::rustc-link-lib=c++_shared");
    } else if !target.is_msvc() {
        println!("cargo::rustc-link-lib=stdc++");
    }
    if target.os == "windows" {
        println!("cargo::rustc-link-lib=advapi32");
        if env.has("rpc") {
            println!("cargo::rustc-link-lib=ws2_32");
        }
    } else {
        println!("cargo::rustc-link-lib=m");
    }
    // For the tests of this crate.
    println!("cargo::rustc-env=LLAMA_SYS_TREE={}", tree.path.display());
}
