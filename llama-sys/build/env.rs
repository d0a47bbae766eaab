//! Every environment variable that the build reads, in one place.

use crate::target::Target;
use std::path::{Path, PathBuf};

/// What Cargo and the user tell us.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "cmake"),
    allow(dead_code, reason = "options of CMake and places of SDKs matter where CMake runs")
)]
pub(crate) struct Env {
    /// Where generated files and objects go.
    pub(crate) out_dir: PathBuf,
    /// The folder of llama-sys.
    pub(crate) crate_dir: PathBuf,
    /// What we compile for.
    pub(crate) target: Target,
    /// `LLAMA_CPP_DIR`: a llama.cpp tree of the user's.
    pub(crate) llama_cpp_dir: Option<PathBuf>,
    /// `LLAMA_SYS_SKIP` or `DOCS_RS`: compile no C++.
    pub(crate) skip: bool,
    /// `LLAMA_SYS_CPU_VARIANTS`: comma-separated names, for a smaller library.
    pub(crate) variants: Option<Vec<String>>,
    /// `LLAMA_SYS_BUILDER`: `cc` or `cmake`, where the choice is not left to us.
    pub(crate) builder: Option<String>,
    /// `LLAMA_SYS_CMAKE_OPTIONS`: variables for what CMake compiles, `NAME=VALUE` with blanks between them.
    pub(crate) cmake_options: Vec<(String, String)>,
    /// `LLAMA_SYS_CACHE`: folder of compiled objects shared by all profiles.
    pub(crate) cache_dir: PathBuf,
    /// `OBJCOPY`, `OBJCOPY_<target>`: GNU objcopy, where it is not the one beside the compiler.
    pub(crate) objcopy: Option<PathBuf>,
    /// `CXXSTDLIB`, `CXXSTDLIB_<target>`: the C++ standard library to link; empty for none.
    pub(crate) stdcxx: Option<String>,
    /// `MKLROOT`: Intel's MKL, as its own scripts set it.
    pub(crate) mkl_root: Option<PathBuf>,
    /// `VULKAN_SDK`: Vulkan's headers, libraries and tools, as its own scripts set it.
    pub(crate) vulkan_sdk: Option<PathBuf>,
    /// `CUDA_PATH`: NVIDIA's toolkit, as its own installers set it.
    pub(crate) cuda_path: Option<PathBuf>,
    /// `CUDACXX`: NVIDIA's compiler, as CMake reads it.
    pub(crate) cuda_compiler: Option<PathBuf>,
    /// `CMAKE_CUDA_ARCHITECTURES`: the GPUs to compile for, as CMake reads it.
    pub(crate) cuda_architectures: Option<String>,
    /// Of [`CMAKES`] and [`NVCCS`] what is set.
    pub(crate) cmake_environment: Vec<(&'static str, String)>,
    /// `MACOSX_DEPLOYMENT_TARGET`, or our own choice: the oldest macOS to compile for.
    pub(crate) oldest_macos: Option<String>,
    /// Cargo features of llama-sys that are on.
    pub(crate) features: Vec<&'static str>,
}

impl Env {
    /// True when a Cargo feature is on.
    pub(crate) fn has(&self, feature: &str) -> bool {
        self.features.contains(&feature)
    }

    /// A variable of CMake's, where it is set.
    #[cfg_attr(not(feature = "cmake"), allow(dead_code, reason = "matters where CMake runs"))]
    pub(crate) fn cmakes(&self, name: &str) -> Option<&str> {
        self.cmake_environment.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
    }

    /// Reads the environment and tells Cargo what was read.
    pub(crate) fn read() -> Result<Self, String> {
        let out_dir = PathBuf::from(required("OUT_DIR")?);
        let crate_dir = PathBuf::from(required("CARGO_MANIFEST_DIR")?);
        for path in ["build", "shim", "src/bindings.rs", "src/mtmd"] {
            println!("cargo::rerun-if-changed={}", crate_dir.join(path).display());
        }
        let cache_dir = tracked("LLAMA_SYS_CACHE").map_or_else(|| default_cache(&out_dir), PathBuf::from);
        let cache_dir = std::fs::create_dir_all(&cache_dir)
            .and_then(|()| plain(&cache_dir))
            .map_err(|e| format!("{}: {e}", cache_dir.display()))?;
        let target = Target::from_cargo()?;
        let oldest_macos =
            target.oldest_macos(is_on("blas"), tracked("MACOSX_DEPLOYMENT_TARGET").as_deref())?;
        Ok(Self {
            llama_cpp_dir: tracked("LLAMA_CPP_DIR")
                .map(|dir| std::path::absolute(&dir).map_err(|e| format!("LLAMA_CPP_DIR={dir}: {e}")))
                .transpose()?,
            skip: tracked("LLAMA_SYS_SKIP").is_some_and(|v| v != "0") || tracked("DOCS_RS").is_some(),
            variants: tracked("LLAMA_SYS_CPU_VARIANTS")
                .map(|list| list.split(',').map(|name| name.trim().to_owned()).collect()),
            builder: tracked("LLAMA_SYS_BUILDER"),
            cmake_options: tracked("LLAMA_SYS_CMAKE_OPTIONS").map_or(Ok(Vec::new()), |all| options(&all))?,
            cmake_environment: cmake_environment()?,
            oldest_macos,
            target,
            cache_dir,
            vulkan_sdk: tracked("VULKAN_SDK").map(PathBuf::from),
            cuda_path: tracked("CUDA_PATH").map(PathBuf::from),
            cuda_compiler: tracked("CUDACXX").map(PathBuf::from),
            cuda_architectures: tracked("CMAKE_CUDA_ARCHITECTURES"),
            mkl_root: tracked("MKLROOT").map(PathBuf::from),
            objcopy: for_target("OBJCOPY")?.filter(|v| !v.is_empty()).map(PathBuf::from),
            stdcxx: for_target("CXXSTDLIB")?,
            features: FEATURES.into_iter().filter(|f| is_on(f)).collect(),
            out_dir,
            crate_dir,
        })
    }
}

/// Variables that the `cmake` crate reads for each target; `CMAKE` is the program itself.
const CMAKES: [&str; 4] = ["CMAKE", "CMAKE_GENERATOR", "CMAKE_PREFIX_PATH", "CMAKE_TOOLCHAIN_FILE"];

/// Variables that CMake reads for NVIDIA's compiler: its C++ compiler, arguments and GPUs.
const NVCCS: [&str; 3] = ["CUDAHOSTCXX", "CUDAFLAGS", "CUDAARCHS"];

fn cmake_environment() -> Result<Vec<(&'static str, String)>, String> {
    let mut all = Vec::new();
    for name in CMAKES {
        all.extend(for_target(name)?.filter(|value| !value.is_empty()).map(|value| (name, value)));
    }
    all.extend(NVCCS.into_iter().filter_map(|name| Some((name, tracked(name)?))));
    Ok(all)
}

/// One absolute path per folder, in a form that every compiler takes: Windows' own canonical paths are none.
fn plain(path: &Path) -> std::io::Result<PathBuf> {
    if cfg!(windows) { std::path::absolute(path) } else { path.canonicalize() }
}

/// All features that mean something to the build.
const FEATURES: [&str; 14] = [
    "bindgen",
    "blas",
    "chat",
    "cmake",
    "cuda",
    "dynamic-backends",
    "jinja",
    "json-schema",
    "metal",
    "multimodal",
    "native",
    "rpc",
    "static-stdcxx",
    "vulkan",
];

fn is_on(feature: &str) -> bool {
    std::env::var_os(format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"))).is_some()
}

fn options(all: &str) -> Result<Vec<(String, String)>, String> {
    all.split_whitespace()
        .map(|option| {
            let (name, value) = option.split_once('=').ok_or_else(|| {
                format!("LLAMA_SYS_CMAKE_OPTIONS has \"{option}\", which is not of the form NAME=VALUE")
            })?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

fn required(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set: this program is a Cargo build script"))
}

fn tracked(name: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed={name}");
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// A variable that other targets of the same build may have otherwise, by the convention of the `cc` crate.
fn for_target(name: &str) -> Result<Option<String>, String> {
    let names = names_for_target(name, &required("HOST")?, &required("TARGET")?);
    Ok(names.iter().find_map(|name| {
        println!("cargo::rerun-if-env-changed={name}");
        std::env::var(name).ok()
    }))
}

/// The names that are looked at, the first one that is set wins.
pub(crate) fn names_for_target(name: &str, host: &str, target: &str) -> [String; 4] {
    let kind = if host == target { "HOST" } else { "TARGET" };
    let underscores = target.replace(['-', '.'], "_");
    [format!("{name}_{target}"), format!("{name}_{underscores}"), format!("{kind}_{name}"), name.to_owned()]
}

/// `target/llama-sys-cache`, found from `target/<profile>/build/llama-sys-<hash>/out`, so that a second
/// Cargo profile finds the objects of the first. `cargo clean` removes it with the rest.
fn default_cache(out_dir: &Path) -> PathBuf {
    let profile = out_dir.ancestors().find(|p| p.file_name().is_some_and(|n| n == "build"));
    match profile.and_then(Path::parent).and_then(Path::parent) {
        Some(target) => target.join("llama-sys-cache"),
        None => out_dir.join("cache"),
    }
}
