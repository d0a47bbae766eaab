//! Every function of llama.h and of the multimodal library is wrapped, or listed with a reason in `unwrapped.txt`;
//! every public type shows how it is used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// How the names of functions start.
const PREFIXES: [&str; 2] = ["llama_", "mtmd_"];

fn is_function(word: &str) -> bool {
    PREFIXES.iter().any(|prefix| word.starts_with(prefix))
}

/// The functions that the bindings declare.
fn bound() -> BTreeSet<String> {
    let read = |file| std::fs::read_to_string(root().join("../llama-sys/src").join(file)).unwrap();
    let bindings = [read("bindings.rs"), read("mtmd/bindings.rs")].concat();
    let names = bindings.lines().filter_map(|line| line.trim().strip_prefix("pub fn "));
    names
        .filter_map(|rest| rest.split('(').next())
        .filter(|name| is_function(name))
        .map(str::to_owned)
        .collect()
}

/// The source files of the safe crate, with their texts.
fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    files
}

/// The functions that the safe crate calls, from all its source files.
fn called() -> BTreeSet<String> {
    sources().iter().flat_map(|(_, text)| code(text).flat_map(names)).collect()
}

/// Lines of code, without comments and attributes.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with("#["))
}

/// The words of a line that start like a function of llama.cpp.
fn names(line: &str) -> impl Iterator<Item = String> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| is_function(word))
        .map(str::to_owned)
}

/// Function and reason of each line of `unwrapped.txt`.
fn unwrapped() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root().join("unwrapped.txt")).unwrap();
    let mut listed = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let (name, reason) = line.split_once(": ").unwrap_or_else(|| panic!("no reason: {line}"));
        assert!(reason.trim().len() > 10, "no reason: {line}");
        assert!(listed.insert(name.to_owned(), reason.to_owned()).is_none(), "listed twice: {name}");
    }
    listed
}

#[test]
fn every_function_is_wrapped_or_listed_with_a_reason() {
    let (bound, called, listed) = (bound(), called(), unwrapped());
    let count = |what: &str| listed.values().filter(|reason| reason.starts_with(what)).count();
    let missing: Vec<_> = bound.iter().filter(|n| !called.contains(*n) && !listed.contains_key(*n)).collect();
    let wrapped_after_all: Vec<_> = listed.keys().filter(|name| called.contains(*name)).collect();
    let unknown: Vec<_> = listed.keys().filter(|name| !bound.contains(*name)).collect();
    println!(
        "llama.h and mtmd.h: {} functions, {} wrapped, {} deprecated, {} done another way",
        bound.len(),
        bound.iter().filter(|name| called.contains(*name)).count(),
        count("deprecated"),
        listed.len() - count("deprecated"),
    );
    assert_eq!(count("not "), 0, "a reason says why, not when");
    assert!(missing.is_empty(), "neither wrapped nor listed in unwrapped.txt: {missing:#?}");
    assert!(wrapped_after_all.is_empty(), "wrapped, remove them from unwrapped.txt: {wrapped_after_all:#?}");
    assert!(unknown.is_empty(), "not in the bindings, remove them from unwrapped.txt: {unknown:#?}");
}

#[test]
fn deprecated_functions_are_those_of_the_header() {
    let Some(tree) = std::env::var_os("LLAMA_CPP_DIR") else {
        println!("SKIPPED: set LLAMA_CPP_DIR to a llama.cpp tree to compare with its header");
        return;
    };
    let header = std::fs::read_to_string(PathBuf::from(tree).join("include/llama.h")).unwrap();
    let header: String = header
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    let marked: BTreeSet<_> = header
        .split("DEPRECATED(")
        .skip(1)
        .filter_map(|text| {
            let before = &text[..text.find('"')?];
            before.split('(').next()?.split_whitespace().last().map(|n| n.trim_start_matches('*').to_owned())
        })
        .collect();
    let listed = unwrapped()
        .into_iter()
        .filter(|(name, reason)| name.starts_with("llama_") && reason.starts_with("deprecated"));
    assert_eq!(listed.map(|(name, _)| name).collect::<BTreeSet<_>>(), marked);
}

/// Types that the example of the type that holds them shows.
const SHOWN_ELSEWHERE: [&str; 3] = ["DeviceUsage", "FitDevice", "MemoryUse"];

/// The name of the public type or trait that a line at the root of a module declares.
fn public_type(line: &str) -> Option<&str> {
    let declared = line.strip_prefix("pub ")?;
    let rest = ["struct ", "enum ", "trait ", "type "].iter().find_map(|kind| declared.strip_prefix(kind))?;
    rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()
}

#[test]
fn every_public_type_has_an_example() {
    let mut without = Vec::new();
    let mut count = 0;
    for (file, text) in sources() {
        if file.starts_with(root().join("src/ffi")) {
            continue;
        }
        let mut shown = false;
        for line in text.lines() {
            match public_type(line) {
                Some(name) => {
                    count += 1;
                    if !shown && !SHOWN_ELSEWHERE.contains(&name) {
                        without.push(format!("{name} in {}", file.display()));
                    }
                }
                None if line.starts_with("///") => shown |= line.starts_with("/// ```"),
                // Attributes stand between the text and the type.
                None if line.starts_with(['#', ' ', ')']) => {}
                None => shown = false,
            }
        }
    }
    assert!(count > 100, "only {count} types were found");
    assert!(without.is_empty(), "these types have no example: {without:#?}");
}
