//! Runs llama.cpp's own CMake files: for back ends that only they can compile, and for the core where
//! `LLAMA_SYS_BUILDER` asks for it. What CMake is told is in `recipe`.

use crate::backends::{self, Backend, Built, Libraries, Sources};
use crate::builder::{self, CORE, Part};
use crate::compile::Toolchain;
use crate::env::Env;
use crate::headers::Generated;
use crate::merge::Archives;
use crate::plan::{Options, Plan};
use crate::recipe::{self, Found, Need, Variables};
use crate::source::Tree;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every run has in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'a> {
    pub(crate) env: &'a Env,
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) tree: &'a Tree,
    pub(crate) generated: &'a Generated,
    pub(crate) options: &'a Options,
}

/// Compiles the parts that are CMake's, as static libraries.
///
/// # Errors
/// What is missing on this machine and how to get it, or CMake's own message.
pub(crate) fn all(site: Site<'_>, plan: &Plan, parts: &[Part]) -> Result<Archives, String> {
    let mut archives = if builder::is_cmakes(parts, CORE) { core(site, plan)? } else { Archives::default() };
    for backend in site.options.backends() {
        let Sources::CMake { target, options: variables } = &backend.sources else { continue };
        check(site, &format!("feature `{}`", backend.feature), backend.feature)?;
        let archive = one(site, backend, target, variables)?;
        let libraries = libraries(site, backend.feature);
        if site.options.plugin(backend).is_some() {
            archives.plugins.push(Built { backend, archive, libraries });
        } else {
            libraries.emit();
            archives.others.push(archive);
        }
    }
    Ok(archives)
}

/// Says everything that is missing at once.
fn check(site: Site<'_>, who: &str, feature: &str) -> Result<(), String> {
    let missing: Vec<String> = recipe::needs(feature)
        .filter(|need| !is_there(site, need))
        .map(|need| format!("  {} ({})", need.what, need.remedy))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("{who} needs what was not found on this machine:\n{}", missing.join("\n")))
}

fn is_there(Site { env, toolchain, .. }: Site<'_>, need: &Need) -> bool {
    match need.found {
        Found::Program(name) => {
            let sdk = env.vulkan_sdk.iter().map(|sdk| sdk.join("bin").join(name));
            let named = env.cuda_compiler.iter().filter(|_| name == "nvcc").cloned();
            named.chain(sdk).chain([PathBuf::from(name)]).any(|program| {
                Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success())
            })
        }
        // Microsoft's compiler takes other arguments: there CMake says what is missing.
        Found::Source { .. } if env.target.is_msvc() => true,
        Found::Source { text, library } => {
            let source = env.out_dir.join("need.cpp");
            let mut command = toolchain.cxx();
            if let Some(sdk) = &env.vulkan_sdk {
                command.arg("-isystem").arg(sdk.join("include")).arg("-L").arg(sdk.join("lib"));
            }
            command.arg("-o").arg(env.out_dir.join("need.out")).arg(&source);
            command.args(library.map(|library| format!("-l{library}")));
            std::fs::write(&source, text).is_ok() && command.output().is_ok_and(|o| o.status.success())
        }
    }
}

fn flags(site: Site<'_>, macros: impl Iterator<Item = String>) -> Vec<String> {
    let prefix = site.generated.prefix.join("symbol_prefix.h").display().to_string();
    recipe::flags(&site.env.target, &prefix, macros, &site.tree.path.display().to_string())
}

/// What the user asked for, in messages.
const FORCED: &str = "LLAMA_SYS_BUILDER=cmake";

/// libllama, ggml and the back ends that belong to them.
fn core(site: Site<'_>, plan: &Plan) -> Result<Archives, String> {
    let Site { env, toolchain, tree, options, .. } = site;
    check(site, FORCED, "")?;
    let flags = flags(site, recipe::core_macros(options).into_iter());
    let headers = tree.path.join("ggml/include").display().to_string();
    let mut variables =
        recipe::core(&env.target, options, plan, tree.commit.as_deref().unwrap_or("unknown"), &headers);
    variables.extend(env.cmake_options.iter().cloned());

    let mut hasher = DefaultHasher::new();
    (&tree.path, &env.crate_dir, &flags, toolchain.identity(), &variables).hash(&mut hasher);
    let folder = env.cache_dir.join(format!("core-{:016x}", hasher.finish()));
    let shim = env.crate_dir.join("shim");
    let preludes: Vec<String> = recipe::preludes(plan)
        .into_iter()
        .flat_map(|prelude| [prelude.target, prelude.file, prelude.header.to_owned()])
        .collect();
    let libraries = folder.join("lib");
    for (name, value) in [
        ("CMAKE_ARCHIVE_OUTPUT_DIRECTORY", libraries.display().to_string()),
        ("LLAMA_SYS_CHECKS", site.generated.checks.display().to_string()),
        ("LLAMA_SYS_PRELUDES", preludes.join(";")),
        ("LLAMA_SYS_SHIM", shim.display().to_string()),
        ("LLAMA_SYS_TREE", tree.path.display().to_string()),
    ] {
        variables.push((name.to_owned(), value));
    }
    let run = Run {
        what: FORCED,
        source: &env.crate_dir.join("build/cmake"),
        target: "llama",
        folder: &folder,
        variables: &variables,
        flags: &flags,
        cxx_flag: toolchain.local_statics(&env.target),
    };
    // CMake itself knows which files have changed.
    let _lock = lock(&folder)?;
    run.execute()?;

    let names = ["llama", "ggml", "ggml-base"].map(str::to_owned).into_iter();
    let names = names.chain(recipe::in_core(options).map(recipe::library));
    let others = names.map(|name| built(FORCED, &[&libraries], &name)).collect::<Result<_, _>>()?;
    Ok(Archives { cpu: Some(built(FORCED, &[&libraries], "ggml-cpu")?), others, ..Archives::default() })
}

/// One back end.
fn one(
    site: Site<'_>,
    backend: &Backend,
    target: &str,
    variables: &[(&str, &str)],
) -> Result<PathBuf, String> {
    let Site { env, toolchain, tree, options, .. } = site;
    let flags = flags(site, backends::renames(backend, options.prefix));
    let mut hasher = DefaultHasher::new();
    (tree.path.as_path(), &flags, toolchain.identity(), variables, &env.vulkan_sdk).hash(&mut hasher);
    if backend.feature == "cuda" {
        (&env.cuda_architectures, &env.cuda_compiler, &env.cuda_path).hash(&mut hasher);
    }
    let folder = env.cache_dir.join(format!("{target}-{:016x}", hasher.finish()));
    let _lock = lock(&folder)?;

    let what = format!("feature `{}`", backend.feature);
    let library = folder.join("build/ggml/src").join(target);
    let places = [library.join("Release"), library];
    let archive = || built(&what, &[&places[0], &places[1]], target);
    let done = folder.join("done");
    // A tree of the user's may have changed.
    if done.is_file() && env.llama_cpp_dir.is_none() && archive().is_ok() {
        return archive();
    }
    let mut all: Variables = recipe::BACKEND
        .iter()
        .chain(variables)
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if backend.feature == "cuda" {
        all.push(("CMAKE_CUDA_FLAGS".to_owned(), recipe::cuda_flags(&env.target, &flags)));
        let architectures = env.cuda_architectures.iter().cloned();
        all.extend(architectures.map(|all| ("CMAKE_CUDA_ARCHITECTURES".to_owned(), all)));
    }
    let run = Run {
        what: &what,
        source: &tree.path,
        target,
        folder: &folder,
        variables: &all,
        flags: &flags,
        cxx_flag: None,
    };
    run.execute()?;
    let archive = archive()?;
    std::fs::write(&done, "").map_err(|e| format!("{}: {e}", done.display()))?;
    Ok(archive)
}

/// Two builds that share the folder wait for each other.
fn lock(folder: &Path) -> Result<std::fs::File, String> {
    let file = folder.join("lock");
    let lock = std::fs::create_dir_all(folder).and_then(|()| std::fs::File::create(&file));
    lock.and_then(|lock| lock.lock().map(|()| lock)).map_err(|e| format!("{}: {e}", file.display()))
}

/// A static library that CMake was to make.
fn built(what: &str, places: &[&PathBuf], target: &str) -> Result<PathBuf, String> {
    let names = [format!("lib{target}.a"), format!("{target}.a"), format!("{target}.lib")];
    let mut all = places.iter().flat_map(|place| names.iter().map(move |name| place.join(name)));
    all.find(|path| path.is_file()).ok_or_else(|| format!("{what}: CMake made no library {target}"))
}

/// One run of CMake.
struct Run<'a> {
    /// For messages: what asks for it.
    what: &'a str,
    /// The folder with the CMake file.
    source: &'a Path,
    /// What is compiled.
    target: &'a str,
    /// Where it is compiled.
    folder: &'a Path,
    /// CMake's variables.
    variables: &'a Variables,
    /// Arguments of both compilers.
    flags: &'a [String],
    /// One more of the C++ compiler.
    cxx_flag: Option<&'a str>,
}

impl Run<'_> {
    fn execute(&self) -> Result<(), String> {
        let mut config = cmake::Config::new(self.source);
        config.out_dir(self.folder).profile("Release").build_target(self.target).pic(true);
        for (name, value) in self.variables {
            config.define(name, value);
        }
        for flag in self.flags.iter().map(|flag| recipe::quoted(flag)) {
            config.cflag(&flag).cxxflag(&flag);
        }
        if let Some(flag) = self.cxx_flag {
            config.cxxflag(flag);
        }
        let built = catch_unwind(AssertUnwindSafe(|| config.build()));
        built.map(|_| ()).map_err(|cause| {
            let text = cause.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("cmake failed");
            let first = text.trim().lines().next().unwrap_or_default();
            format!("{}: CMake failed, its own words are in the output of this script: {first}", self.what)
        })
    }
}

/// What must be linked, and where it is.
fn libraries(Site { env, toolchain, .. }: Site<'_>, feature: &str) -> Libraries {
    let sdk = env.vulkan_sdk.iter().filter(|_| feature == "vulkan").map(|sdk| sdk.join("lib"));
    let toolkit = env.cuda_path.iter().filter(|_| feature == "cuda");
    let folders = sdk.chain(toolkit.flat_map(|cuda| ["lib64", "lib", "lib/x64"].map(|lib| cuda.join(lib))));
    let mut folders: Vec<PathBuf> = folders.filter(|folder| folder.is_dir()).collect();
    let mut names: Vec<String> =
        backends::links(&env.target, feature).iter().map(|&name| name.to_owned()).collect();
    if let Some(library) = recipe::clang_runtime(&env.target, feature) {
        let folder = toolchain.query("-print-resource-dir").map(|folder| folder.join("lib/darwin"));
        folders.extend(folder);
        names.push(library.to_owned());
    }
    Libraries { folders, names }
}
