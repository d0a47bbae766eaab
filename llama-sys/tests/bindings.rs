//! The committed bindings are what the generator makes, and they fit the headers.

#![allow(dead_code, reason = "the build script's module is tested here, not all of it is used")]

#[path = "../build/bindings.rs"]
mod bindings;
#[cfg(not(feature = "bindgen"))]
mod support;

use std::path::PathBuf;

fn committed(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn every_function_is_prefixed_and_guarded() {
    let text = committed("src/bindings.rs");
    let functions = bindings::functions(&text);
    assert!(functions.len() > 800, "{}", functions.len());
    for f in &functions {
        assert!(text.contains(&format!("#[link_name = \"lrs_{}\"]", f.name)), "{} has no prefix", f.name);
    }
    let (guarded, inc) = bindings::guard_lists(&text);
    assert_eq!(guarded, committed("src/guarded.rs"));
    assert_eq!(inc, committed("shim/generated/guarded.inc"));
    if let Some(tree) = option_env!("LLAMA_SYS_TREE") {
        let header = std::fs::read_to_string(format!("{tree}/ggml/include/ggml-cpu.h")).expect("header");
        assert_eq!(bindings::cpu_api(&text, &header), committed("shim/generated/cpu_api.inc"));
    }
    for name in ["llama_decode", "llama_model_load_from_file", "gguf_init_from_file", "ggml_threadpool_new"] {
        assert!(functions.iter().any(|f| f.name == name), "{name}");
    }
}

#[test]
fn the_multimodal_library_is_prefixed_and_guarded() {
    let text = committed("src/mtmd/bindings.rs");
    let functions = bindings::functions(&text);
    assert!(functions.len() > 80, "{}", functions.len());
    for f in &functions {
        assert!(f.name.starts_with("mtmd_"), "{}", f.name);
        assert!(text.contains(&format!("#[link_name = \"lrs_{}\"]", f.name)), "{} has no prefix", f.name);
    }
    let (guarded, inc) = bindings::guard_lists(&text);
    assert_eq!(guarded, committed("src/mtmd/guarded.rs"));
    assert_eq!(inc, committed("shim/generated/mtmd_guarded.inc"));
    if let Some(tree) = option_env!("LLAMA_SYS_TREE") {
        let found =
            bindings::fingerprint(std::path::Path::new(tree), &bindings::MTMD_HEADERS).expect("headers");
        assert!(text.contains(&format!("HEADER_FINGERPRINT: u64 = {found:#018x};")));
    }
}

#[test]
fn declarations_are_parsed() {
    let text = r#"
    pub fn a(x: *mut T, cb: ::std::option::Option<unsafe extern "C" fn(i32, u8) -> bool>) -> i32;
    pub fn b();
    pub fn c(fmt: *const c_char, ...);
    pub fn d(x: [u8; 4usize]) -> !;
"#;
    let found = bindings::functions(text);
    assert_eq!(found.len(), 4);
    assert_eq!(found[0].args.len(), 2);
    assert_eq!(found[0].ret.as_deref(), Some("i32"));
    assert!(found[1].args.is_empty() && found[1].ret.is_none());
    assert!(found[2].variadic);
    assert!(found[3].diverges);
    let (guarded, _) = bindings::guard_lists(text);
    assert!(guarded.contains("fn a(") && guarded.contains("fn b(") && !guarded.contains("fn c("));
}

#[test]
fn no_comment_of_upstream_is_committed() {
    for file in ["src/bindings.rs", "src/mtmd/bindings.rs"] {
        let text = committed(file);
        let comments: Vec<&str> = text.lines().filter(|l| l.trim_start().starts_with("//")).collect();
        assert_eq!(comments.len(), 2, "{file}: {comments:?}");
    }
}

#[cfg(not(feature = "bindgen"))]
#[test]
fn regeneration_gives_the_same() {
    support::skipped("bindings made anew", "needs `--features bindgen` and libclang");
}

#[cfg(feature = "bindgen")]
#[test]
fn regeneration_gives_the_same() {
    // The build script has just generated from the tree that it compiled.
    let made = |file: &str| {
        let path = PathBuf::from(env!("OUT_DIR")).join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    for (file, source) in [
        ("bindings.rs", "src/bindings.rs"),
        ("guarded.rs", "src/guarded.rs"),
        ("mtmd_bindings.rs", "src/mtmd/bindings.rs"),
        ("mtmd_guarded.rs", "src/mtmd/guarded.rs"),
    ] {
        assert!(made(file) == committed(source), "{source} is not what the headers give");
    }
}
