//! Moves the pin of llama.cpp, generates the bindings again and prints what changed in the C API.
//!
//! `cargo run -p llama-sys --features bindgen --example bump -- 0.1.162` pins another version of the
//! carrier package; without a version the bindings of the current pin are generated again.

#![allow(dead_code, reason = "shared modules of the build script")]

#[path = "../build/bindings.rs"]
mod bindings;
#[path = "../build/carrier.rs"]
mod carrier;

use carrier::CARRIER;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let crate_dir = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let vendor = crate_dir.join("../vendor");
    if let Some(version) = std::env::args().nth(1) {
        pin(&vendor, &version)?;
    }
    let tree = tree(&vendor)?;
    println!("sources: {}", tree.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy());

    let bindings_file = crate_dir.join("src/bindings.rs");
    let mtmd_file = crate_dir.join("src/mtmd/bindings.rs");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let old = [read(&bindings_file), read(&mtmd_file)];
    let new = bindings::generate(&tree)?;
    for (path, text) in [
        (bindings_file, &new.bindings),
        (crate_dir.join("src/guarded.rs"), &new.guarded),
        (crate_dir.join("shim/generated/guarded.inc"), &new.guarded_inc),
        (crate_dir.join("shim/generated/cpu_api.inc"), &new.cpu_api_inc),
        (mtmd_file, &new.mtmd_bindings),
        (crate_dir.join("src/mtmd/guarded.rs"), &new.mtmd_guarded),
        (crate_dir.join("shim/generated/mtmd_guarded.inc"), &new.mtmd_guarded_inc),
    ] {
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    report(&items(&old.concat()), &items(&[new.bindings, new.mtmd_bindings].concat()));
    Ok(())
}

/// Writes the version into the pin's manifest and lets Cargo update the lockfile.
fn pin(vendor: &Path, version: &str) -> Result<(), String> {
    let manifest = vendor.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
    let line = format!("{CARRIER} = {{ version = \"={version}\", default-features = false }}");
    let text: Vec<&str> = text
        .lines()
        .map(|l| if l.starts_with(&format!("{CARRIER} =")) { line.as_str() } else { l })
        .collect();
    std::fs::write(&manifest, text.join("\n") + "\n").map_err(|e| format!("{}: {e}", manifest.display()))?;
    cargo(vendor, &["update", "--package", CARRIER]).map(drop)
}

/// The folder of the pinned llama.cpp tree.
fn tree(vendor: &Path) -> Result<PathBuf, String> {
    let text = cargo(vendor, &["metadata", "--format-version", "1"])?;
    carrier::tree(&text).ok_or_else(|| format!("{CARRIER} is not in the pin"))
}

fn cargo(dir: &Path, args: &[&str]) -> Result<String, String> {
    let out = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(args)
        .current_dir(dir)
        .output()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if out.status.success() {
        String::from_utf8(out.stdout).map_err(|e| e.to_string())
    } else {
        Err(String::from_utf8_lossy(&out.stderr).into_owned())
    }
}

/// Functions, constants and types of generated bindings, by name, with their declarations.
fn items(bindings: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for f in bindings::functions(bindings) {
        let args: Vec<String> = f.args.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        out.insert(
            format!("fn {}", f.name),
            format!("({}) -> {}", args.join(", "), f.ret.unwrap_or_default()),
        );
    }
    let mut lines = bindings.lines().peekable();
    while let Some(line) = lines.next() {
        let item = ["pub const ", "pub type ", "pub struct ", "pub union "]
            .iter()
            .find_map(|p| Some((p, line.strip_prefix(p)?)))
            .map(|(p, rest)| (p.trim_start_matches("pub ").to_owned(), rest));
        let Some((kind, rest)) = item else { continue };
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let mut body = rest[name.len()..].to_owned();
        if line.ends_with('{') {
            while let Some(next) = lines.next_if(|l| *l != "}") {
                body.push_str(next.trim());
            }
        }
        out.insert(format!("{kind}{name}"), body);
    }
    out.remove("const HEADER_FINGERPRINT");
    out
}

fn report(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) {
    let added = new.iter().filter(|(name, _)| !old.contains_key(*name));
    let removed = old.iter().filter(|(name, _)| !new.contains_key(*name));
    let changed = new.iter().filter(|(name, body)| old.get(*name).is_some_and(|o| o != *body));
    let mut count = 0;
    for (sign, name, body) in added
        .map(|(n, b)| ('+', n, b))
        .chain(removed.map(|(n, b)| ('-', n, b)))
        .chain(changed.map(|(n, b)| ('~', n, b)))
    {
        println!("{sign} {name}{body}");
        count += 1;
    }
    println!("{count} changes in the C API");
}
