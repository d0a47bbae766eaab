//! What a program is linked with beside the library itself, as data.

use crate::target::Target;

/// The C++ standard library, as user and compiler have it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stdcxx {
    /// The user's choice; empty for none.
    pub(crate) chosen: Option<String>,
    /// The compiler compiles against LLVM's libc++.
    pub(crate) is_llvm: bool,
    /// The user wants it in the program.
    pub(crate) is_static: bool,
}

/// Libraries in the words of `rustc-link-lib`.
#[must_use]
pub(crate) fn libraries(target: &Target, stdcxx: &Stdcxx, rpc: bool) -> Vec<String> {
    let system: &[&str] = match target.os.as_str() {
        "windows" if rpc => &["advapi32", "ws2_32"],
        "windows" => &["advapi32"],
        "linux" => &["m", "dl", "pthread"],
        "android" => &["m", "dl"],
        _ if target.is_apple() => &["m", "framework=Accelerate"],
        _ => &["m", "pthread"],
    };
    let chosen = stdcxx.chosen.as_deref().map(|name| if name.is_empty() { vec![] } else { vec![name] });
    let standard = chosen.unwrap_or_else(|| standard_library(target, stdcxx));
    standard.iter().chain(system).map(|&name| name.to_owned()).collect()
}

fn standard_library(target: &Target, stdcxx: &Stdcxx) -> Vec<&'static str> {
    match target.os.as_str() {
        _ if target.is_msvc() => vec![],
        // The NDK has them beside the shared one.
        "android" if stdcxx.is_static => vec!["c++_static", "c++abi"],
        "android" => vec!["c++_shared"],
        _ if target.is_apple() => vec!["c++"],
        _ if stdcxx.is_llvm && stdcxx.is_static => vec!["static:-bundle=c++", "static:-bundle=c++abi"],
        _ if stdcxx.is_llvm => vec!["c++"],
        // rustc links libgcc statically there. libstdc++'s DLL brings another one, and thread-local variables that they
        // share, as `std::call_once` does, would exist twice.
        _ if stdcxx.is_static || target.os == "windows" => vec!["static:-bundle=stdc++"],
        _ => vec!["stdc++"],
    }
}
