//! What the crate's `lib.rs` declares, as far as the features of this build compile it.

use std::path::{Path, PathBuf};

pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Whether an optional item is compiled.
fn is_on(feature: &str) -> bool {
    match feature {
        "async" => cfg!(feature = "async"),
        "derive" => cfg!(feature = "derive"),
        "dynamic-backends" => cfg!(feature = "dynamic-backends"),
        "llguidance" => cfg!(feature = "llguidance"),
        "multimodal" => cfg!(feature = "multimodal"),
        "rpc" => cfg!(feature = "rpc"),
        "structured" => cfg!(feature = "structured"),
        "tools" => cfg!(feature = "tools"),
        "tokenizers" => cfg!(feature = "tokenizers"),
        other => panic!("tell {} about the feature {other}", file!()),
    }
}

/// Items in a file, outside of others, that start with `start`, each without it and up to its semicolon. Those of
/// features that are off are in the second list.
fn items(file: &Path, start: &str) -> (Vec<String>, Vec<String>) {
    let text = std::fs::read_to_string(file).unwrap();
    let (mut on, mut off) = (Vec::new(), Vec::new());
    let mut condition = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(feature) = line.strip_prefix("#[cfg(feature = \"") {
            condition = feature.strip_suffix("\")]");
            continue;
        }
        if let Some(rest) = line.strip_prefix(start) {
            let mut item = rest.to_owned();
            while !item.contains(';') {
                item.push_str(lines.next().unwrap_or(";"));
            }
            let list = if condition.is_none_or(is_on) { &mut on } else { &mut off };
            list.push(item.split(';').next().unwrap_or_default().to_owned());
        }
        condition = None;
    }
    (on, off)
}

/// The `pub use` lines.
pub(crate) fn exports() -> Vec<String> {
    items(&sources().join("lib.rs"), "pub use ").0
}

/// The files of public modules.
pub(crate) fn public_modules() -> Vec<PathBuf> {
    let file_of = |module: &String| {
        let file = sources().join(format!("{module}.rs"));
        if file.is_file() { file } else { sources().join(module).join("mod.rs") }
    };
    items(&sources().join("lib.rs"), "pub mod ").0.iter().map(file_of).collect()
}

/// Where modules are, in one folder of the sources, that are not compiled.
pub(crate) fn absent_modules(folder: &Path) -> Vec<PathBuf> {
    let Some(file) =
        ["lib.rs", "mod.rs"].map(|name| folder.join(name)).into_iter().find(|file| file.is_file())
    else {
        return Vec::new();
    };
    let names = ["pub mod ", "mod "].map(|start| items(&file, start).1).concat();
    names.iter().flat_map(|name| [folder.join(name), folder.join(format!("{name}.rs"))]).collect()
}
