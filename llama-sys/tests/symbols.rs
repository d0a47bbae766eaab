//! What the static library shows to the linker: nothing but our prefixed names.

mod support;

use std::path::PathBuf;
use std::process::Command;

/// `nm` over the library that this test was linked with, `None` where there is none or no `nm`.
fn symbols(which: &str) -> Option<Vec<String>> {
    let library = PathBuf::from(env!("OUT_DIR")).join("libllama_cpp.a");
    let out = Command::new("nm").args(["--extern-only", which]).arg(library).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    Some(
        text.lines()
            .filter_map(|l| {
                let mut words = l.split_whitespace().rev();
                let (name, kind) = (words.next()?, words.next()?);
                (kind.len() == 1).then(|| name.to_owned())
            })
            .collect(),
    )
}

#[test]
fn only_prefixed_symbols_are_visible() {
    if !llama_sys::build_info::SYMBOLS_LOCAL {
        support::skipped("visible symbols", "objects are merged only where binutils can");
        return;
    }
    let Some(symbols) = symbols("--defined-only") else {
        support::skipped("visible symbols", "nm is not installed");
        return;
    };
    assert!(symbols.len() > 1500, "{}", symbols.len());
    let foreign: Vec<&String> =
        symbols.iter().filter(|s| !s.starts_with("lrs_") && !s.starts_with("lrsg_")).take(10).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn nothing_is_taken_down_while_threads_may_compute() {
    if !llama_sys::build_info::SYMBOLS_LOCAL {
        support::skipped("destructors of static objects", "objects are merged only where binutils can");
        return;
    }
    let Some(symbols) = symbols("--undefined-only") else {
        support::skipped("destructors of static objects", "nm is not installed");
        return;
    };
    assert!(symbols.iter().any(|s| s == "__cxa_throw"), "{symbols:?}");
    assert!(!symbols.iter().any(|s| s == "__cxa_atexit"), "destructors run at the end");
}
