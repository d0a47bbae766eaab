//! Asks CMake what it would run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One compiler call as CMake would make it.
#[derive(Debug)]
pub(crate) struct Call {
    /// Files of the tree; several for a unity batch.
    pub(crate) files: BTreeSet<String>,
    /// `NAME` or `NAME=value`.
    pub(crate) defines: BTreeSet<String>,
    /// Processor flags.
    pub(crate) flags: Vec<String>,
    /// The last `-O`.
    pub(crate) opt: Option<String>,
    /// Headers in front of the file.
    pub(crate) included: Vec<String>,
    /// The object.
    pub(crate) output: String,
}

/// The tree that this crate was built from.
pub(crate) fn tree() -> PathBuf {
    PathBuf::from(option_env!("LLAMA_SYS_TREE").unwrap_or_default())
}

/// Configures `source` and reads the compiler calls; `None` where there is no CMake, or no tree.
pub(crate) fn configure(source: &Path, name: &str, options: &[String]) -> Option<Vec<Call>> {
    option_env!("LLAMA_SYS_TREE")?;
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new("cmake");
    command.arg("-S").arg(source).arg("-B").arg(&dir);
    command.args(["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]);
    let out = command.args(options).output().ok()?;
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = std::fs::read_to_string(dir.join("compile_commands.json")).expect("compile commands");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    Some(json.as_array().expect("array").iter().map(|entry| parse(entry, &dir)).collect())
}

fn parse(entry: &serde_json::Value, dir: &Path) -> Call {
    let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let words: Vec<String> = text("command").split_whitespace().map(str::to_owned).collect();
    let file = text("file");
    let files = if Path::new(&file).starts_with(dir) {
        let unity = std::fs::read_to_string(&file).unwrap_or_default();
        unity.lines().filter_map(|l| l.strip_prefix("#include \"")?.strip_suffix('"')).map(relative).collect()
    } else {
        BTreeSet::from([relative(&file)])
    };
    let after = |option: &str| -> Vec<String> {
        words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].clone()).collect()
    };
    Call {
        files,
        output: after("-o").pop().unwrap_or_default(),
        included: after("-include"),
        defines: words.iter().filter_map(|w| w.strip_prefix("-D")).map(str::to_owned).collect(),
        flags: words.iter().filter(|w| w.starts_with("-m")).cloned().collect(),
        opt: words.iter().rfind(|w| w.starts_with("-O")).cloned(),
    }
}

fn relative(file: &str) -> String {
    let tree = tree();
    Path::new(file).strip_prefix(&tree).unwrap_or(Path::new(file)).to_string_lossy().replace('\\', "/")
}

/// Without the macros that only say that CMake builds shared libraries there, and NDEBUG, which we always set.
pub(crate) fn comparable(defines: &BTreeSet<String>) -> BTreeSet<String> {
    let shared =
        ["GGML_SHARED", "GGML_BACKEND_SHARED", "GGML_BUILD", "LLAMA_SHARED", "LLAMA_BUILD", "NDEBUG"];
    defines.iter().filter(|d| !shared.contains(&d.as_str()) && !d.ends_with("_EXPORTS")).cloned().collect()
}
