//! Generates `src/bindings.rs` and the two lists of guarded functions from llama.cpp's headers, and the same for
//! the multimodal library.
//!
//! Shared by the build script (feature `bindgen`), by `examples/bump.rs` and by `tests/bindings.rs`.

use std::fmt::Write as _;
use std::path::Path;

/// Headers that are bound, relative to the llama.cpp tree. The fingerprint covers exactly these.
pub(crate) const HEADERS: [&str; 7] = [
    "include/llama.h",
    "ggml/include/ggml.h",
    "ggml/include/ggml-alloc.h",
    "ggml/include/ggml-backend.h",
    "ggml/include/ggml-cpu.h",
    "ggml/include/ggml-opt.h",
    "ggml/include/gguf.h",
];

/// Headers of the multimodal library, bound into a module of their own.
pub(crate) const MTMD_HEADERS: [&str; 2] = ["tools/mtmd/mtmd.h", "tools/mtmd/mtmd-helper.h"];

/// Prefix of every C function that we link, so that a second copy of ggml in one program cannot clash.
pub(crate) const SYMBOL_PREFIX: &str = "lrs_";

/// Prefix of the guarded twin of a C function.
pub(crate) const GUARD_PREFIX: &str = "lrsg_";

/// Entry point of the CPU back end, which the dispatcher treats apart from the rest of `ggml-cpu.h`.
pub(crate) const CPU_REGISTRY: &str = "ggml_backend_cpu_reg";

/// Functions that a header declares and no source defines (a pattern for bindgen).
#[cfg(feature = "bindgen")]
const DECLARED_ONLY: &str = "ggml_threadpool_get_n_threads";

/// What one run over the headers gives.
#[derive(Debug)]
pub(crate) struct Generated {
    /// `src/bindings.rs`: types, constants, raw functions.
    pub(crate) bindings: String,
    /// `src/guarded.rs`: one safe-to-unwind twin per function.
    pub(crate) guarded: String,
    /// `shim/generated/guarded.inc`: the same list for the C++ side.
    pub(crate) guarded_inc: String,
    /// `shim/generated/cpu_api.inc`: the functions of `ggml-cpu.h`, which each CPU variant defines.
    pub(crate) cpu_api_inc: String,
    /// `src/mtmd/bindings.rs`.
    pub(crate) mtmd_bindings: String,
    /// `src/mtmd/guarded.rs`.
    pub(crate) mtmd_guarded: String,
    /// `shim/generated/mtmd_guarded.inc`.
    pub(crate) mtmd_guarded_inc: String,
}

/// FNV-1a over the bytes of these headers, line ends normalised.
///
/// # Errors
/// When a header cannot be read.
pub(crate) fn fingerprint(tree: &Path, headers: &[&str]) -> std::io::Result<u64> {
    let mut hash = FNV_START;
    for header in headers {
        hash = fnv(hash, &std::fs::read(tree.join(header))?);
    }
    Ok(hash)
}

/// What [`fnv`] starts with.
pub(crate) const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// Adds bytes to an FNV-1a hash, line ends normalised.
#[must_use]
pub(crate) fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().filter(|&&b| b != b'\r');
    bytes.fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// One C function as the bindings declare it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// The C name.
    pub(crate) name: String,
    /// `name: type` pairs.
    pub(crate) args: Vec<(String, String)>,
    /// Rust result type, `None` for `void`.
    pub(crate) ret: Option<String>,
    /// True for `...` functions, which cannot be forwarded.
    pub(crate) variadic: bool,
    /// True when the function never returns.
    pub(crate) diverges: bool,
}

/// Reads the function declarations back out of generated bindings.
#[must_use]
pub(crate) fn functions(bindings: &str) -> Vec<Function> {
    let mut out = Vec::new();
    let mut rest = bindings;
    while let Some(at) = rest.find("    pub fn ") {
        rest = &rest[at + "    pub fn ".len()..];
        let Some(end) = rest.find(";\n") else { break };
        let decl = rest[..end].split_whitespace().collect::<Vec<_>>().join(" ");
        rest = &rest[end..];
        if let Some(function) = parse_function(&decl) {
            out.push(function);
        }
    }
    out
}

fn parse_function(decl: &str) -> Option<Function> {
    let open = decl.find('(')?;
    let close = matching_paren(decl, open)?;
    let args = split_top_level(&decl[open + 1..close]);
    let tail = decl[close + 1..].trim();
    let ret = tail.strip_prefix("->").map(|t| t.trim().to_owned());
    let variadic = args.iter().any(|a| a.contains("..."));
    Some(Function {
        name: decl[..open].to_owned(),
        diverges: ret.as_deref() == Some("!"),
        ret,
        variadic,
        args: args
            .iter()
            .filter_map(|a| a.split_once(':'))
            .map(|(n, t)| (n.trim().to_owned(), t.trim().to_owned()))
            .collect(),
    })
}

fn matching_paren(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (i, c) in text.char_indices().skip(open) {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

fn split_top_level(args: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let mut out = vec![String::new()];
    for c in args.chars() {
        match c {
            '(' | '<' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            // `->` inside a function pointer type is not a closing bracket
            '>' if !out.last().is_some_and(|s| s.ends_with('-')) => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            out.push(String::new());
        } else if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out.retain(|s| !s.trim().is_empty());
    out
}

/// The lists of guarded functions for both languages.
#[must_use]
pub(crate) fn guard_lists(bindings: &str) -> (String, String) {
    let mut rust = String::from("// Generated from the bindings. Do not edit.\nguarded! {\n");
    let mut cpp = String::from("// Generated from the bindings. Do not edit.\n");
    for f in functions(bindings).iter().filter(|f| !f.variadic && !f.diverges) {
        let args: Vec<String> = f.args.iter().map(|(n, t)| format!("{n}: {t}")).collect();
        let ret = f.ret.as_deref().unwrap_or("()");
        let _ = writeln!(
            rust,
            "    \"{GUARD_PREFIX}{name}\" fn {name}({args}) -> {ret};",
            name = f.name,
            args = args.join(", "),
        );
        let _ = writeln!(cpp, "GUARD({}, {})", f.name, f.args.len());
    }
    rust.push_str("}\n");
    (rust, cpp)
}

/// The functions that `header` (the text of `ggml-cpu.h`) declares, as `CPU_API(name, arity)` lines.
#[must_use]
pub(crate) fn cpu_api(bindings: &str, header: &str) -> String {
    let mut out = String::from("// Generated from the bindings. Do not edit.\n");
    for f in functions(bindings).iter().filter(|f| f.name != CPU_REGISTRY && declares(header, &f.name)) {
        let _ = writeln!(out, "CPU_API({}, {})", f.name, f.args.len());
    }
    out
}

/// True when a line of `header` that starts with an API macro declares the function `name`.
fn declares(header: &str, name: &str) -> bool {
    header.lines().filter(|l| l.trim_start().starts_with("GGML_BACKEND_API")).any(|line| {
        line.match_indices(name).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + name.len()..].trim_start();
            after.starts_with('(') && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    })
}

/// Runs bindgen over the headers of `tree`.
///
/// # Errors
/// When libclang cannot parse the headers or a header is missing.
#[cfg(feature = "bindgen")]
pub(crate) fn generate(tree: &Path) -> Result<Generated, String> {
    let core = builder(tree)?
        .allowlist_item("(llama|ggml|gguf|LLAMA|GGML|GGUF)_.*")
        .opaque_type("FILE")
        .blocklist_type("FILE|_IO_.*|__off.*_t")
        .blocklist_function(DECLARED_ONLY)
        .raw_line("pub use crate::FILE;");
    let bindings = run(core, tree, &HEADERS)?;
    let (guarded, guarded_inc) = guard_lists(&bindings);
    let cpu_header =
        std::fs::read_to_string(tree.join("ggml/include/ggml-cpu.h")).map_err(|e| e.to_string())?;
    let cpu_api_inc = cpu_api(&bindings, &cpu_header);
    // Types of llama.h and ggml.h are those of the core's bindings.
    let mtmd = builder(tree)?
        .allowlist_item("(mtmd|MTMD)_.*")
        .allowlist_recursively(false)
        .raw_line("use crate::bindings::*;");
    let mtmd_bindings = run(mtmd, tree, &MTMD_HEADERS)?;
    let (mtmd_guarded, mtmd_guarded_inc) = guard_lists(&mtmd_bindings);
    Ok(Generated {
        bindings,
        guarded,
        guarded_inc,
        cpu_api_inc,
        mtmd_bindings,
        mtmd_guarded,
        mtmd_guarded_inc,
    })
}

/// What all our bindings have in common.
#[cfg(feature = "bindgen")]
fn builder(tree: &Path) -> Result<bindgen::Builder, String> {
    use bindgen::callbacks::{ItemInfo, ItemKind, ParseCallbacks};

    #[derive(Debug)]
    struct Prefixed;
    impl ParseCallbacks for Prefixed {
        fn generated_link_name_override(&self, item: ItemInfo<'_>) -> Option<String> {
            matches!(item.kind, ItemKind::Function).then(|| format!("{SYMBOL_PREFIX}{}", item.name))
        }
    }

    Ok(bindgen::Builder::default()
        .clang_args(["-x", "c", "-std=c11"])
        .clang_arg(format!("-I{}", tree.join("include").display()))
        .clang_arg(format!("-I{}", tree.join("ggml/include").display()))
        .default_enum_style(bindgen::EnumVariation::Consts)
        .translate_enum_integer_types(true)
        .prepend_enum_name(false)
        .derive_default(false)
        .derive_debug(true)
        .generate_comments(false)
        .layout_tests(true)
        .merge_extern_blocks(true)
        .sort_semantically(true)
        .size_t_is_usize(true)
        .rust_target(bindgen::RustTarget::stable(89, 0).map_err(|e| e.to_string())?)
        .rust_edition(bindgen::RustEdition::Edition2024)
        .formatter(bindgen::Formatter::Prettyplease)
        .parse_callbacks(Box::new(Prefixed)))
}

/// Bindings of `headers`, with our head and without anything that depends on the target.
#[cfg(feature = "bindgen")]
fn run(builder: bindgen::Builder, tree: &Path, headers: &[&str]) -> Result<String, String> {
    let includes = headers.iter().fold(String::new(), |mut text, header| {
        let _ = writeln!(text, "#include \"{}\"", tree.join(header).display());
        text
    });
    let raw =
        builder.header_contents("llama_sys.h", &includes).generate().map_err(|e| e.to_string())?.to_string();
    let print = fingerprint(tree, headers).map_err(|e| e.to_string())?;

    // One file for every target: the layout checks hold where pointers have 64 bits.
    let raw = raw
        .replace("const _: () = {", "#[cfg(target_pointer_width = \"64\")]\nconst _: () = {")
        .replace("#[link_name = \"\\u{1}", "#[link_name = \"");
    let body = raw.split_once("*/").map_or(raw.as_str(), |(_, rest)| rest).trim_start();
    Ok(format!(
        "// Generated from llama.cpp's headers. Do not edit.\n\n\
         /// FNV-1a fingerprint of the headers that these bindings were generated from.\n\
         pub const HEADER_FINGERPRINT: u64 = {print:#018x};\n\n{body}"
    ))
}
