//! Runs llama.cpp's own CMake files: for back ends that only they can compile, and for the core where
//! `LLAMA_SYS_BUILDER` asks for it. What CMake is told is in `recipe`.

use crate::backends::{self, Backend, Built, Libraries, Sources};
use crate::builder::{self, CORE, Part};
use crate::cache;
use crate::compile::Toolchain;
use crate::env::Env;
use crate::headers::Generated;
use crate::merge::Archives;
use crate::plan::{Options, Plan};
use crate::probe::Probe;
use crate::recipe::{self, Found, Need, Variables};
use crate::source::Tree;
use crate::target::Target;
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
        let (archive, cache) = one(site, backend, target, variables)?;
        let libraries = libraries(site, backend.feature, &cache);
        if site.options.plugin(backend).is_some() {
            archives.plugins.push(Built { backend, archive, libraries });
        } else {
            archives.libraries.push(libraries);
            archives.others.push(archive);
        }
    }
    Ok(archives)
}

/// Says everything that is missing at once.
fn check(site: Site<'_>, who: &str, feature: &str) -> Result<(), String> {
    let missing: Vec<String> = recipe::needs(feature)
        .filter_map(|need| Some(format!("  {}{} ({})", need.what, lacks(site, need)?, need.remedy)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("{who} needs what was not found on this machine:\n{}", missing.join("\n")))
}

/// `None` when it is there, otherwise what there is to say beside that.
fn lacks(Site { env, toolchain, .. }: Site<'_>, need: &Need) -> Option<String> {
    let is_there = match &need.found {
        // The `cmake` crate finds the one of Visual Studio.
        Found::Program("cmake") if env.target.is_msvc() => true,
        Found::Program(name) => program(env, name).is_some(),
        Found::Make => {
            let runs = |name| Command::new(name).arg("--version").output().is_ok();
            cfg!(windows) || env.cmakes("CMAKE_GENERATOR").is_some() || runs("make") || runs("gmake")
        }
        Found::Source { text, links } => {
            let sdk = |below| env.vulkan_sdk.as_ref().map(|sdk| sdk.join(below));
            let library = links.then(|| backends::links(&env.target, need.feature)[0]);
            let program = Probe { text, include: sdk("include"), folder: sdk("lib"), library };
            program.works(&env.out_dir, toolchain.cxx(), toolchain.is_like_msvc())
        }
        Found::Cuda(text) => return cuda_failure(env, text).map(|why| format!("; nvcc says: {why}")),
    };
    (!is_there).then(String::new)
}

/// A program and what it says of its version.
fn program(env: &Env, name: &str) -> Option<(PathBuf, String)> {
    let mut places = Vec::new();
    match name {
        "glslc" => places.extend(env.vulkan_sdk.iter().map(|sdk| sdk.join("bin/glslc"))),
        "nvcc" => {
            places.extend(env.cuda_compiler.clone());
            places.extend(env.cuda_path.iter().map(|toolkit| toolkit.join("bin/nvcc")));
        }
        _ => places.extend(env.cmakes("CMAKE").map(PathBuf::from)),
    }
    places.push(PathBuf::from(name));
    if name == "nvcc" && cfg!(unix) {
        // Where NVIDIA's own installer and Arch put it, and no PATH leads.
        places.extend(["/usr/local/cuda/bin/nvcc", "/opt/cuda/bin/nvcc"].map(PathBuf::from));
    }
    places.into_iter().find_map(|place| {
        let out = Command::new(&place).arg("--version").output().ok()?;
        out.status.success().then(|| (place, String::from_utf8_lossy(&out.stdout).into_owned()))
    })
}

/// Why nvcc does not compile `text`. A missing nvcc has been named already; for another system or with Microsoft's
/// compiler only CMake knows how it is called.
fn cuda_failure(env: &Env, text: &str) -> Option<String> {
    let (nvcc, _) = program(env, "nvcc").filter(|_| !env.target.is_foreign && !env.target.is_msvc())?;
    let source = env.out_dir.join("probe.cu");
    std::fs::write(&source, text).ok()?;
    let option = env.cmake_options.iter().find(|(name, _)| name == "CMAKE_CUDA_HOST_COMPILER");
    let host = option.map(|(_, value)| value.as_str()).or(env.cmakes("CUDAHOSTCXX"));
    let mut command = Command::new(nvcc);
    command.args(host.map(|host| format!("-ccbin={host}")));
    command.args(env.cmakes("CUDAFLAGS").iter().flat_map(|all| all.split_whitespace()));
    command.arg("-c").arg("-o").arg(env.out_dir.join("probe.cu.o")).arg(&source);
    let out = match command.output() {
        Ok(out) if out.status.success() => return None,
        Ok(out) => out,
        Err(error) => return Some(error.to_string()),
    };
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("error")).or_else(|| text.lines().next());
    Some(line.unwrap_or("nothing").trim().to_owned())
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
    (&env.cmake_environment, &env.oldest_macos).hash(&mut hasher);
    let folder = folder(env, "core", &hasher);
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
        system: &env.target,
        source: &env.crate_dir.join("build/cmake"),
        target: "llama",
        folder: &folder,
        variables: &variables,
        flags: &flags,
        cxx_flag: toolchain.local_statics(&env.target),
    };
    // CMake itself knows which files have changed.
    let _lock = cache::lock(&folder)?;
    run.execute();

    let names = ["llama", "ggml", "ggml-base"].map(str::to_owned).into_iter();
    let names = names.chain(recipe::in_core(options).map(recipe::library));
    let others = names.map(|name| built(FORCED, &[&libraries], &name)).collect::<Result<_, _>>()?;
    Ok(Archives { cpu: Some(built(FORCED, &[&libraries], "ggml-cpu")?), others, ..Archives::default() })
}

/// Where CMake compiles. The name is short: Microsoft's tools fail where paths are long.
fn folder(env: &Env, part: &str, hasher: &DefaultHasher) -> PathBuf {
    env.cache_dir.join(format!("{part}-{:08x}", hasher.finish() >> 32))
}

/// One back end, and what CMake knows after having compiled it (`CMakeCache.txt`).
fn one(
    site: Site<'_>,
    backend: &Backend,
    target: &str,
    variables: &[(&str, &str)],
) -> Result<(PathBuf, String), String> {
    let Site { env, toolchain, tree, options, .. } = site;
    let flags = flags(site, backends::renames(backend, options.prefix));
    let mut all: Variables = recipe::BACKEND
        .iter()
        .chain(variables)
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut version = String::new();
    match backend.feature {
        "cuda" => {
            let own = recipe::cuda_flags(&env.target, &flags);
            let users = env.cmakes("CUDAFLAGS").unwrap_or_default();
            all.push(("CMAKE_CUDA_FLAGS".to_owned(), format!("{own} {users}").trim().to_owned()));
            let architectures = env.cuda_architectures.iter().cloned();
            all.extend(architectures.map(|all| ("CMAKE_CUDA_ARCHITECTURES".to_owned(), all)));
            if let Some((nvcc, text)) = program(env, "nvcc") {
                // Visual Studio has a toolkit of its own choice.
                all.extend(recipe::toolkit(&nvcc).into_iter().filter(|_| !env.target.is_msvc()));
                version = text;
            }
        }
        "vulkan" => version.extend(program(env, "glslc").map(|(_, text)| text)),
        _ => {}
    }
    all.extend(env.cmake_options.iter().cloned());
    let mut hasher = DefaultHasher::new();
    (tree.path.as_path(), &flags, toolchain.identity(), &all, version).hash(&mut hasher);
    (&env.vulkan_sdk, &env.cuda_path, &env.cmake_environment, &env.oldest_macos).hash(&mut hasher);
    let folder = folder(env, backend.feature, &hasher);
    let _lock = cache::lock(&folder)?;

    let what = format!("feature `{}`", backend.feature);
    let library = folder.join("build/ggml/src").join(target);
    let places = [library.join("Release"), library];
    let cache = folder.join("build/CMakeCache.txt");
    let result = || {
        let archive = built(&what, &[&places[0], &places[1]], target)?;
        let known = std::fs::read_to_string(&cache).map_err(|e| format!("{}: {e}", cache.display()))?;
        Ok((archive, known))
    };
    let done = folder.join("done");
    let whole = hasher.finish().to_string();
    let is_done = std::fs::read_to_string(&done).is_ok_and(|of| of == whole);
    // A tree of the user's may have changed.
    if is_done && env.llama_cpp_dir.is_none() && result().is_ok() {
        return result();
    }
    let run = Run {
        what: &what,
        system: &env.target,
        source: &tree.path,
        target,
        folder: &folder,
        variables: &all,
        flags: &flags,
        cxx_flag: None,
    };
    run.execute();
    let result = result()?;
    std::fs::write(&done, whole).map_err(|e| format!("{}: {e}", done.display()))?;
    Ok(result)
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
    /// What programs are for.
    system: &'a Target,
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
    /// Ends the process where CMake fails: with its status Cargo shows what CMake has said.
    fn execute(&self) {
        let mut config = cmake::Config::new(self.source);
        config.out_dir(self.folder).profile("Release").build_target(self.target).pic(true);
        // Processor flags are llama.cpp's business, not rustc's.
        let mut compiler = cc::Build::new();
        compiler.inherit_rustflags(false);
        config.init_c_cfg(compiler.clone()).init_cxx_cfg(compiler);
        for (name, value) in recipe::release(self.system).iter().chain(self.variables) {
            config.define(name, value);
        }
        for flag in self.flags.iter().map(|flag| recipe::quoted(flag)) {
            config.cflag(&flag).cxxflag(&flag);
        }
        if let Some(flag) = self.cxx_flag {
            config.cxxflag(flag);
        }
        if self.system.is_msvc() {
            // What its build system notes of files has paths that are too long for it.
            config.env("TrackFileAccess", "false");
        }
        // The crate panics with CMake's exit status, which says nothing of where.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let built = catch_unwind(AssertUnwindSafe(|| config.build()));
        std::panic::set_hook(hook);
        if let Err(cause) = built {
            let text = cause.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("cmake failed");
            let first = text.trim().lines().next().unwrap_or_default();
            crate::tell(&format!("{}: CMake failed, see below for its own words: {first}", self.what));
            std::process::exit(1);
        }
    }
}

/// What must be linked, and where it is: CMake has looked for it.
fn libraries(Site { env, toolchain, .. }: Site<'_>, feature: &str, cache: &str) -> Libraries {
    let names = recipe::links(&env.target, feature, &env.cmake_options);
    let mut folders: Vec<PathBuf> = Vec::new();
    for name in &names {
        let Some(path) = recipe::found(cache, feature, name) else { continue };
        // rustc looks for what is static itself, the linker for the rest.
        let missing = name.starts_with("static=") || !toolchain.knows(path);
        folders.extend(path.parent().filter(|_| missing).map(Path::to_owned));
    }
    folders.dedup();
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    if let Some(library) = recipe::clang_runtime(&env.target, feature) {
        let folder = toolchain.query("-print-resource-dir").map(|folder| folder.join("lib/darwin"));
        folders.extend(folder);
        names.push(library.to_owned());
    }
    Libraries { folders, names }
}
