//! The linker call that makes a plugin.

use crate::backends::Libraries;
use std::ffi::OsString;
use std::path::Path;

/// What a plugin shows to the program that loads it; for the linker's `--version-script`.
pub(crate) const SCRIPT: &str = "{ global: lrs_plugin_attach; local: *; };\n";

/// Arguments of the C++ compiler that make the plugin `out` of objects and archives. Nothing may be missing:
/// a function of ggml that no slot stands for fails here. Libraries beside a plugin are found before the system's.
pub(crate) fn arguments(
    script: &Path,
    parts: &[&Path],
    libraries: &[&Libraries],
    static_stdcxx: bool,
    out: &Path,
) -> Vec<OsString> {
    let mut all: Vec<OsString> = ["-shared", "-fPIC", "-fno-lto", "-o"].map(OsString::from).to_vec();
    all.push(out.into());
    // Not with `-Wl,`, which would split a path at its commas.
    all.extend(["-Xlinker".into(), after("--version-script=", script)]);
    all.extend(["defs", "relro", "now", "noexecstack"].map(|word| format!("-Wl,-z,{word}").into()));
    // The old kind of search path also counts for what these libraries need, and comes before LD_LIBRARY_PATH.
    all.extend(["-Wl,--disable-new-dtags,-rpath,$ORIGIN", "-Wl,--whole-archive"].map(OsString::from));
    all.extend(parts.iter().map(OsString::from));
    all.push("-Wl,--no-whole-archive".into());
    for libraries in libraries {
        all.extend(libraries.folders.iter().map(|folder| after("-L", folder)));
        let name = |name: &String| format!("-l{}", name.strip_prefix("static=").unwrap_or(name)).into();
        all.extend(libraries.names.iter().map(name));
    }
    all.extend(static_stdcxx.then(|| "-static-libstdc++".into()));
    all
}

fn after(option: &str, path: &Path) -> OsString {
    let mut out = OsString::from(option);
    out.push(path);
    out
}
