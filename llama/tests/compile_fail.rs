//! What must not compile: each file in `compile_fail/` marks the lines that the compiler has to refuse, and the
//! error. They are checked as programs of a project of their own, which compiles no C++.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// File name, line, and what the message has to contain.
type Mark = (String, usize, String);

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail")
}

/// The marks in the files, and a project with all of them.
fn set_up(project: &Path) -> BTreeSet<Mark> {
    std::fs::create_dir_all(project.join("src")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut manifest = format!(
        "[package]\nname = \"refused\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nllama = {{ path = {:?} }}\n",
        root.to_str().unwrap()
    );
    std::fs::write(project.join("src/lib.rs"), "").unwrap();
    let mut marks = BTreeSet::new();
    for entry in std::fs::read_dir(here()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let file = path.to_str().unwrap();
        write!(manifest, "\n[[bin]]\nname = {name:?}\npath = {file:?}\n").unwrap();
        let before = marks.len();
        for (line, text) in (1..).zip(std::fs::read_to_string(&path).unwrap().lines()) {
            marks.extend(
                text.split_once("//~ ").map(|(_, what)| (name.clone(), line, what.trim().to_owned())),
            );
        }
        assert!(marks.len() > before, "nothing is marked in {name}");
    }
    std::fs::write(project.join("Cargo.toml"), manifest).unwrap();
    // The versions that the workspace uses, which are on this machine.
    std::fs::copy(root.join("../Cargo.lock"), project.join("Cargo.lock")).unwrap();
    marks
}

/// Errors in lines like `path/name.rs:5:9: error[E0499]: message`.
fn errors(output: &str) -> Vec<Mark> {
    let parse = |line: &str| {
        let (place, message) = line.split_once(": error")?;
        let mut place = place.rsplit(':');
        let (_column, line) = (place.next()?, place.next()?.parse().ok()?);
        let file = Path::new(place.next()?).file_stem()?.to_str()?.to_owned();
        Some((file, line, message.to_owned()))
    };
    output.lines().filter_map(parse).collect()
}

#[test]
fn the_compiler_refuses_what_is_marked_and_nothing_else() {
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile-fail");
    let marks = set_up(&project);
    let check = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--bins", "--keep-going", "--message-format=short", "--target-dir"])
        .arg(project.join("target"))
        .current_dir(&project)
        .env("LLAMA_SYS_SKIP", "1")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&check.stderr);
    assert!(output.contains("Checking refused"), "the library did not compile: {output}");
    let mut seen = BTreeSet::new();
    for (file, line, message) in errors(&output) {
        let mark = marks.iter().find(|(f, l, what)| *f == file && *l == line && message.contains(what));
        seen.insert(mark.unwrap_or_else(|| panic!("{file}:{line} is not marked: {message}")));
    }
    let accepted: Vec<_> = marks.iter().filter(|mark| !seen.contains(mark)).collect();
    assert!(accepted.is_empty(), "the compiler accepts {accepted:#?}");
    println!("{} misuses refused by the compiler", marks.len());
}
