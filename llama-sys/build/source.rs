//! Finds the llama.cpp tree.

use crate::carrier::{self, CARRIER};
use crate::env::Env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A llama.cpp tree and what we know of it.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The folder with `include/llama.h` in it.
    pub(crate) path: PathBuf,
    /// Where it comes from, for humans.
    pub(crate) origin: String,
    /// Version of llama.cpp.
    pub(crate) llama_version: String,
    /// Version of ggml.
    pub(crate) ggml_version: String,
    /// Commit of llama.cpp, where the tree is a git checkout.
    pub(crate) commit: Option<String>,
}

/// Searches the places where a tree may be, first hit wins. `fits` says why the bindings do not fit a tree that
/// merely lies around.
///
/// # Errors
/// A text that lists every place that was tried, and the remedies.
pub(crate) fn find(env: &Env, fits: impl Fn(&Path) -> Result<(), String>) -> Result<Tree, String> {
    let mut misses = Vec::new();
    if let Some(dir) = &env.llama_cpp_dir {
        // A folder that the user named is never silently replaced by another one.
        println!("cargo::rerun-if-changed={}", dir.display());
        return open(dir, &format!("LLAMA_CPP_DIR={}", dir.display()))
            .map_err(|why| format!("LLAMA_CPP_DIR is set, but {why}"));
    }
    let candidates =
        std::iter::once((env.crate_dir.join("llama.cpp"), "packaged inside llama-sys".to_owned()))
            .chain(siblings(&env.crate_dir));
    for (path, origin) in candidates {
        match open(&path, &origin).and_then(|tree| fits(&tree.path).map(|()| tree)) {
            Ok(tree) => return Ok(tree),
            Err(why) => misses.push(why),
        }
    }
    let vendor = env.crate_dir.join("../vendor");
    match pinned(&vendor).and_then(|(path, origin)| open(&path, &origin)) {
        Ok(tree) => Ok(tree),
        Err(why) => {
            misses.push(why);
            let manifest = vendor.join("Cargo.toml");
            let fetch = if manifest.is_file() {
                format!("run `cargo fetch --manifest-path {}` once with a network, or ", manifest.display())
            } else {
                String::new()
            };
            Err(format!(
                "llama-sys cannot find the sources of llama.cpp. Tried:\n  {}\nRemedies: {fetch}set LLAMA_CPP_DIR to \
                 a llama.cpp tree of the version that the bindings are made for.",
                misses.join("\n  ")
            ))
        }
    }
}

fn open(path: &Path, origin: &str) -> Result<Tree, String> {
    if !path.join("include/llama.h").is_file() || !path.join("ggml/src/ggml.c").is_file() {
        return Err(format!("{}: no llama.cpp tree there ({origin})", path.display()));
    }
    let read = |name: &str| {
        let file = path.join(name);
        std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))
    };
    Ok(Tree {
        llama_version: version(&read("CMakeLists.txt")?, "LLAMA_VERSION"),
        ggml_version: version(&read("ggml/CMakeLists.txt")?, "GGML_VERSION"),
        commit: commit(path),
        origin: origin.to_owned(),
        path: path.to_owned(),
    })
}

/// `set(LLAMA_VERSION_MAJOR 0)` and its two siblings.
fn version(cmake: &str, prefix: &str) -> String {
    let part = |name: &str| {
        cmake
            .lines()
            .find_map(|l| l.trim().strip_prefix(&format!("set({prefix}_{name} "))?.strip_suffix(')'))
            .map_or("?", str::trim)
            .to_owned()
    };
    format!("{}.{}.{}", part("MAJOR"), part("MINOR"), part("PATCH"))
}

fn commit(path: &Path) -> Option<String> {
    if !path.join(".git").exists() {
        return None;
    }
    let out = Command::new("git").arg("-C").arg(path).args(["rev-parse", "HEAD"]).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    out.status.success().then(|| text.trim().to_owned())
}

/// `cargo vendor` and similar tools put packages beside each other, with or without the version. The newest first.
fn siblings(crate_dir: &Path) -> impl Iterator<Item = (PathBuf, String)> {
    let mut found: Vec<(Vec<u64>, PathBuf)> = crate_dir
        .parent()
        .and_then(|parent| std::fs::read_dir(parent).ok())
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter_map(|path| Some((carrier::version(path.file_name()?.to_str()?)?, path)))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| (path.join("llama.cpp"), format!("{CARRIER} beside llama-sys")))
}

/// Asks Cargo for the folder of the pinned carrier package: offline first, then with a download.
fn pinned(vendor: &Path) -> Result<(PathBuf, String), String> {
    let manifest = vendor.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(format!("{}: no pin there", manifest.display()));
    }
    println!("cargo::rerun-if-changed={}", manifest.display());
    println!("cargo::rerun-if-changed={}", vendor.join("Cargo.lock").display());
    let metadata = metadata(&manifest, true).or_else(|_| metadata(&manifest, false))?;
    let tree = carrier::tree(&metadata)
        .ok_or_else(|| format!("{}: `cargo metadata` does not name {CARRIER}", manifest.display()))?;
    let name = tree.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    Ok((tree, name))
}

fn metadata(manifest: &Path, offline: bool) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--locked", "--manifest-path"]).arg(manifest);
    if offline {
        command.arg("--offline");
    }
    let out = command.output().map_err(|e| format!("cannot run cargo metadata: {e}"))?;
    if !out.status.success() {
        let why = String::from_utf8_lossy(&out.stderr);
        return Err(format!("{}: {}", manifest.display(), why.trim().replace('\n', " ")));
    }
    String::from_utf8(out.stdout).map_err(|e| e.to_string())
}
