//! Headers that the build generates, and the check that the bindings fit the sources.

use crate::bindings;
use crate::env::Env;
use crate::plan::{Plan, Source, VariantPlan};
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
}

/// Checks (or with feature `bindgen` makes) the bindings for `tree`.
///
/// # Errors
/// When the committed bindings were made from other headers: using them would corrupt memory.
pub(crate) fn prepare(env: &Env, tree: &Tree) -> Result<Api, String> {
    let read = |path: PathBuf| std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()));
    #[cfg(feature = "bindgen")]
    let (bindings, guarded_inc, cpu_api_inc) = {
        let _ = &read;
        let made = bindings::generate(&tree.path)?;
        put(&env.out_dir, "bindings.rs", &made.bindings)?;
        put(&env.out_dir, "guarded.rs", &made.guarded)?;
        (made.bindings, made.guarded_inc, made.cpu_api_inc)
    };
    #[cfg(not(feature = "bindgen"))]
    let (bindings, guarded_inc, cpu_api_inc) = {
        let bindings = read(env.crate_dir.join("src/bindings.rs"))?;
        fits(env, &tree.path).map_err(|why| {
            format!(
                "{why}\nRemedies: use the pinned sources (unset LLAMA_CPP_DIR), or enable feature `bindgen` of \
                 llama-sys to generate bindings for this tree (needs libclang)."
            )
        })?;
        let generated = env.crate_dir.join("shim/generated");
        (bindings, read(generated.join("guarded.inc"))?, read(generated.join("cpu_api.inc"))?)
    };
    let mut cpu_functions: Vec<String> = cpu_api_inc
        .lines()
        .filter_map(|l| l.strip_prefix("CPU_API(")?.split_once(','))
        .map(|(name, _)| name.to_owned())
        .collect();
    cpu_functions.push(bindings::CPU_REGISTRY.to_owned());
    Ok(Api {
        functions: bindings::functions(&bindings).into_iter().map(|f| f.name).collect(),
        cpu_functions,
        guarded_inc,
        cpu_api_inc,
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
    /// Files that include several others.
    pub(crate) unity: PathBuf,
}

/// Whether the committed bindings were generated from the headers of `tree`; with feature `bindgen` they always are.
///
/// # Errors
/// A sentence that says that they were not.
pub(crate) fn fits(env: &Env, tree: &Path) -> Result<(), String> {
    if env.has("bindgen") {
        return Ok(());
    }
    let committed = env.crate_dir.join("src/bindings.rs");
    let text = std::fs::read_to_string(&committed).map_err(|e| format!("{}: {e}", committed.display()))?;
    let found = bindings::fingerprint(tree).map_err(|e| format!("{}: {e}", tree.display()))?;
    if text.contains(&format!("HEADER_FINGERPRINT: u64 = {found:#018x};")) {
        return Ok(());
    }
    Err(format!(
        "{}: its headers are not the ones that the bindings of llama-sys were generated from",
        tree.display()
    ))
}

/// Writes all generated files of the C++ side.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(env: &Env, tree: &Tree, plan: &Plan, api: &Api) -> Result<Generated, String> {
    let unity = plan.units.iter().filter_map(|unit| {
        let Source::Unity(name, parts) = &unit.source else { return None };
        let text = parts.iter().fold(String::new(), |mut text, part| {
            let _ = writeln!(text, "#include \"{}\"", tree.path.join(part).display());
            text
        });
        Some((name.as_str(), text))
    });
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
        unity: folder(env, "unity", unity)?,
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
