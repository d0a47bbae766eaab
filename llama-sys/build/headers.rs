//! Headers that the build generates, and the check that the bindings fit the sources.

use crate::bindings;
use crate::checks;
use crate::env::Env;
use crate::plan::{Plan, Source, VariantPlan};
use crate::plugin;
use crate::source::Tree;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The C API that this build exposes.
#[derive(Debug)]
pub(crate) struct Api {
    /// Names of all C functions.
    pub(crate) functions: Vec<String>,
    /// Names of those that each CPU variant defines for itself.
    pub(crate) cpu_functions: Vec<String>,
    /// `GUARD(...)` lines for the shim.
    guarded_inc: String,
    /// `CPU_API(...)` lines for the shim.
    cpu_api_inc: String,
    /// `#define` lines in front of files that describe computations.
    graph_ops_inc: String,
    /// Names of the C functions of the multimodal library.
    mtmd_functions: Vec<String>,
    /// `GUARD(...)` lines of the multimodal library.
    mtmd_guarded_inc: String,
}

/// Checks (or with feature `bindgen` makes) the bindings for `tree`.
///
/// # Errors
/// When the committed bindings were made from other headers: using them would corrupt memory.
pub(crate) fn prepare(env: &Env, tree: &Tree) -> Result<Api, String> {
    let read = |path: PathBuf| std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()));
    #[cfg(feature = "bindgen")]
    let made = {
        let _ = &read;
        let made = bindings::generate(&tree.path)?;
        put(&env.out_dir, "bindings.rs", &made.bindings)?;
        put(&env.out_dir, "guarded.rs", &made.guarded)?;
        put(&env.out_dir, "mtmd_bindings.rs", &made.mtmd_bindings)?;
        put(&env.out_dir, "mtmd_guarded.rs", &made.mtmd_guarded)?;
        made
    };
    #[cfg(not(feature = "bindgen"))]
    let made = {
        fits(env, &tree.path).map_err(|why| {
            format!(
                "{why}\nRemedies: use the pinned sources (unset LLAMA_CPP_DIR), or enable feature `bindgen` of \
                 llama-sys to generate bindings for this tree (needs libclang)."
            )
        })?;
        let file = |name: &str| read(env.crate_dir.join(name));
        bindings::Generated {
            bindings: file("src/bindings.rs")?,
            guarded: file("src/guarded.rs")?,
            guarded_inc: file("shim/generated/guarded.inc")?,
            cpu_api_inc: file("shim/generated/cpu_api.inc")?,
            mtmd_bindings: file("src/mtmd/bindings.rs")?,
            mtmd_guarded: file("src/mtmd/guarded.rs")?,
            mtmd_guarded_inc: file("shim/generated/mtmd_guarded.inc")?,
        }
    };
    let functions = bindings::functions(&made.bindings);
    let names = |functions: Vec<bindings::Function>| functions.into_iter().map(|f| f.name).collect();
    let mut cpu_functions: Vec<String> = made
        .cpu_api_inc
        .lines()
        .filter_map(|l| l.strip_prefix("CPU_API(")?.split_once(','))
        .map(|(name, _)| name.to_owned())
        .collect();
    cpu_functions.push(bindings::CPU_REGISTRY.to_owned());
    Ok(Api {
        graph_ops_inc: checks::graph_ops(&functions, &cpu_functions),
        functions: names(functions),
        cpu_functions,
        guarded_inc: made.guarded_inc,
        cpu_api_inc: made.cpu_api_inc,
        mtmd_functions: names(bindings::functions(&made.mtmd_bindings)),
        mtmd_guarded_inc: made.mtmd_guarded_inc,
    })
}

/// Folders with generated files. Each is named after its content, so that a change of one file makes
/// only those objects stale that can see it.
#[derive(Debug)]
pub(crate) struct Generated {
    /// `symbol_prefix.h`, included into every file.
    pub(crate) prefix: PathBuf,
    /// `ggml-version.h` and `llama-version.h`.
    pub(crate) versions: PathBuf,
    /// Lists for the shim.
    pub(crate) shim: PathBuf,
    /// Macros of `graph_checks.h`.
    pub(crate) checks: PathBuf,
    /// Files that include several others.
    pub(crate) unity: PathBuf,
    /// All of this for the multimodal library: [`MTMD_PREFIX`], its list for the shim, files that include others.
    pub(crate) multimodal: PathBuf,
    /// What plugins and the program that loads them agree on; empty without feature `dynamic-backends`.
    pub(crate) plugin: PathBuf,
}

/// Renames the functions of the multimodal library; a header of its own, so that nothing else depends on it.
pub(crate) const MTMD_PREFIX: &str = "mtmd_prefix.h";

/// Whether the committed bindings were generated from the headers of `tree`; with feature `bindgen` they always are.
///
/// # Errors
/// A sentence that says that they were not.
pub(crate) fn fits(env: &Env, tree: &Path) -> Result<(), String> {
    if env.has("bindgen") {
        return Ok(());
    }
    let mut pairs = vec![("src/bindings.rs", &bindings::HEADERS[..])];
    if env.has("multimodal") {
        pairs.push(("src/mtmd/bindings.rs", &bindings::MTMD_HEADERS));
    }
    for (file, headers) in pairs {
        let committed = env.crate_dir.join(file);
        let text =
            std::fs::read_to_string(&committed).map_err(|e| format!("{}: {e}", committed.display()))?;
        let found = bindings::fingerprint(tree, headers).map_err(|e| format!("{}: {e}", tree.display()))?;
        if !text.contains(&format!("HEADER_FINGERPRINT: u64 = {found:#018x};")) {
            return Err(format!(
                "{}: its headers are not the ones that the bindings of llama-sys were generated from",
                tree.display()
            ));
        }
    }
    Ok(())
}

/// Writes all generated files of the C++ side.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(env: &Env, tree: &Tree, plan: &Plan, api: &Api) -> Result<Generated, String> {
    let unity = |multimodal: bool| {
        let units = plan.units.iter().filter(move |u| u.is_multimodal() == multimodal);
        units.filter_map(|unit| {
            let Source::Unity(name, parts) = &unit.source else { return None };
            let text = parts.iter().fold(String::new(), |mut text, part| {
                let _ = writeln!(text, "#include \"{}\"", tree.path.join(part).display());
                text
            });
            Some((name.as_str(), text))
        })
    };
    let mtmd = [
        (MTMD_PREFIX, symbol_prefix(&api.mtmd_functions)),
        ("mtmd_guarded.inc", api.mtmd_guarded_inc.clone()),
    ];
    Ok(Generated {
        prefix: folder(env, "prefix", [("symbol_prefix.h", symbol_prefix(&api.functions))])?,
        versions: folder(
            env,
            "versions",
            [
                ("ggml-version.h", version("GGML", &tree.ggml_version, tree)),
                ("llama-version.h", version("LLAMA", &tree.llama_version, tree)),
            ],
        )?,
        shim: folder(
            env,
            "shim",
            [
                ("guarded.inc", api.guarded_inc.clone()),
                ("cpu_api.inc", api.cpu_api_inc.clone()),
                ("variants.inc", variants(plan)),
                ("variant_tables.inc", variant_tables(plan, &api.cpu_functions)),
            ],
        )?,
        checks: folder(env, "checks", [("graph_ops.inc", api.graph_ops_inc.clone())])?,
        unity: folder(env, "unity", unity(false))?,
        multimodal: folder(env, "multimodal", mtmd.into_iter().chain(unity(true)))?,
        plugin: folder(env, "plugin", plugin::lists(env, tree, api)?)?,
    })
}

/// Writes files into a folder of the cache that is named after their content.
fn folder<'a>(
    env: &Env,
    name: &str,
    files: impl IntoIterator<Item = (&'a str, String)>,
) -> Result<PathBuf, String> {
    let files: Vec<(&str, String)> = files.into_iter().collect();
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    let folder = env.cache_dir.join("generated").join(format!("{name}-{:016x}", hasher.finish()));
    for (file, text) in &files {
        put(&folder, file, text)?;
    }
    Ok(folder)
}

/// Writes a file unless it is there already with the same content, so that its time stamp stays. It appears whole:
/// another build may be reading it.
fn put(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = folder.join(name);
    if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let partial = folder.join(format!("{name}.tmp{}", std::process::id()));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&partial, text))
        .and_then(|()| std::fs::rename(&partial, &path))
        .map_err(|e| format!("{}: {e}", path.display()))
}

/// Renames every C function, so that a second copy of ggml can live in the same program.
fn symbol_prefix(functions: &[String]) -> String {
    functions.iter().fold(String::new(), |mut text, name| {
        let _ = writeln!(text, "#define {name} {}{name}", bindings::SYMBOL_PREFIX);
        text
    })
}

fn variants(plan: &Plan) -> String {
    plan.variants.iter().fold(String::new(), |mut text, v| {
        let _ = writeln!(text, "VARIANT({})", v.name);
        text
    })
}

/// Declares the renamed symbols of each variant and collects them in a table.
fn variant_tables(plan: &Plan, cpu_functions: &[String]) -> String {
    let mut text = String::new();
    for VariantPlan { name, .. } in plan.variants.iter().filter(|_| plan.dispatch) {
        let _ = writeln!(text, "extern \"C\" {{");
        let _ = writeln!(text, "extern const std::uint64_t lrv_{name}_needs;");
        let _ = writeln!(text, "extern initializer lrv_{name}_init_first;");
        let _ = writeln!(text, "extern initializer lrv_{name}_init_last;");
        for f in cpu_functions {
            let _ = writeln!(text, "decltype({f}) lrv_{name}_{f};");
        }
        let _ = writeln!(text, "}}\nstatic const api {name}_api = {{");
        for f in cpu_functions {
            let _ = writeln!(text, "    lrv_{name}_{f},");
        }
        let _ = writeln!(text, "}};");
    }
    text
}

fn version(prefix: &str, number: &str, tree: &Tree) -> String {
    let commit = tree.commit.as_deref().unwrap_or("unknown");
    format!("#pragma once\n\n#define {prefix}_VERSION \"{number}\"\n#define {prefix}_COMMIT \"{commit}\"\n")
}
