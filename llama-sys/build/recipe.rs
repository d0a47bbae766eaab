//! What CMake is told and what its libraries are linked with, as data: pure functions of target, options and plan.

use crate::backends::{self, Backend, Sources};
use crate::plan::{Blas, GRAPH_CHECKS, Options, Plan, Source, Unit};
use crate::target::Target;
use crate::variants::X86_FEATURES;
use std::path::Path;

/// Names of CMake's variables and their values.
pub(crate) type Variables = Vec<(String, String)>;

/// Said for every back end: nothing but its own library is wanted.
pub(crate) const BACKEND: [(&str, &str); 15] = [
    ("BUILD_SHARED_LIBS", "OFF"),
    // Said apart to compilers that the `cmake` crate does not know: CUDA's objects may become a plugin.
    ("CMAKE_POSITION_INDEPENDENT_CODE", "ON"),
    // On by themselves on Apple's systems.
    ("GGML_BLAS", "OFF"),
    ("GGML_METAL", "OFF"),
    ("GGML_CCACHE", "OFF"),
    ("GGML_CPU", "OFF"),
    ("GGML_NATIVE", "OFF"),
    ("GGML_OPENMP", "OFF"),
    ("LLAMA_BUILD_APP", "OFF"),
    ("LLAMA_BUILD_COMMON", "OFF"),
    ("LLAMA_BUILD_EXAMPLES", "OFF"),
    ("LLAMA_BUILD_SERVER", "OFF"),
    ("LLAMA_BUILD_TESTS", "OFF"),
    ("LLAMA_BUILD_TOOLS", "OFF"),
    ("LLAMA_OPENSSL", "OFF"),
];

/// Said for the core, where llama.cpp is a part of our own project and compiles no programs. What CMake finds on the
/// machine and we would not use is turned off.
pub(crate) const CORE: [(&str, &str); 6] = [
    ("BUILD_SHARED_LIBS", "OFF"),
    ("GGML_CCACHE", "OFF"),
    ("GGML_METAL", "OFF"),
    ("GGML_OPENMP", "OFF"),
    ("GIT_EXE", "OFF"),
    ("LLAMA_BUILD_IS_DEV", "OFF"),
];

/// Arguments of the compilers. `prefix` is the header that renames the C API, `tree` the folder of llama.cpp.
pub(crate) fn flags(
    target: &Target,
    prefix: &str,
    renames: impl Iterator<Item = String>,
    tree: &str,
) -> Vec<String> {
    let renames = renames.map(|rename| format!("-D{rename}"));
    if target.is_msvc() {
        // The `cmake` crate replaces CMake's own flags of a release there.
        let own =
            [&format!("/FI{prefix}"), "/O2", "/DNDEBUG", "/utf-8", "/bigobj", "/EHs", "/EHc-", "/FS", "/w"];
        return own.into_iter().map(str::to_owned).chain(renames).collect();
    }
    let own = ["-include", prefix, "-fvisibility=hidden", "-fexceptions", "-w"];
    let map = format!("-ffile-prefix-map={tree}=llama.cpp");
    own.into_iter().map(str::to_owned).chain(renames).chain([map]).collect()
}

/// What nvcc takes for `flags`: it reads the first kind of option itself and hands the second to the C++ compiler.
pub(crate) fn cuda_flags(target: &Target, flags: &[String]) -> String {
    let host = |flag: &&String| if target.is_msvc() { flag.starts_with('/') } else { flag.starts_with("-f") };
    let (host, own): (Vec<&String>, Vec<&String>) = flags.iter().partition(host);
    let own: Vec<String> = own.into_iter().map(|flag| quoted(flag)).collect();
    let host: Vec<String> = host.into_iter().map(|flag| quoted(&format!("-Xcompiler={flag}"))).collect();
    format!("{} {}", own.join(" "), host.join(" "))
}

/// Where CMake finds this compiler and the rest of its toolkit; what is on the PATH it finds itself.
pub(crate) fn toolkit(nvcc: &Path) -> Variables {
    let root = nvcc.parent().and_then(Path::parent).filter(|_| nvcc.is_absolute());
    let both = root.map(|root| [("CMAKE_CUDA_COMPILER", nvcc), ("CUDAToolkit_ROOT", root)]);
    let text = |(name, path): (&str, &Path)| (name.to_owned(), path.display().to_string());
    both.into_iter().flatten().map(text).collect()
}

/// One argument in a string of several, which a shell reads: folders have names like O'Brien.
pub(crate) fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%\\".contains(c);
    if argument.chars().all(plain) { argument.to_owned() } else { format!("\"{argument}\"") }
}

/// CMake's name of a back end's library.
pub(crate) fn library(backend: &Backend) -> String {
    format!("ggml-{}", backend.feature)
}

/// Back ends that are compiled together with the core.
pub(crate) fn in_core(options: &Options) -> impl Iterator<Item = &'static Backend> {
    options.backends().filter(|backend| matches!(backend.sources, Sources::Cc { .. }))
}

/// Macros beside the prefix for the core: every file is told about the back ends, as CMake does it.
pub(crate) fn core_macros(options: &Options) -> Vec<String> {
    let apart = options.backends().filter(|backend| !matches!(backend.sources, Sources::Cc { .. }));
    let apart = apart.map(|backend| backend.define.to_owned());
    apart.chain(options.backends().flat_map(|backend| backends::renames(backend, options.prefix))).collect()
}

/// The plan as CMake's variables. `commit` is llama.cpp's, and `headers` a folder of headers that is there.
pub(crate) fn core(
    target: &Target,
    options: &Options,
    plan: &Plan,
    commit: &str,
    headers: &str,
) -> Variables {
    let on_off = |on: bool| if on { "ON" } else { "OFF" };
    let with = |feature: &str| in_core(options).any(|backend| backend.feature == feature);
    let mut out: Vec<(&str, String)> = CORE.iter().map(|&(name, value)| (name, value.to_owned())).collect();
    out.push(("GGML_BLAS", on_off(with("blas")).to_owned()));
    out.push(("GGML_RPC", on_off(with("rpc")).to_owned()));
    out.push(("LLAMA_BUILD_COMMIT", commit.to_owned()));
    if with("rpc") {
        out.push(("GGML_RPC_RDMA", "OFF".to_owned()));
    }
    if let Some(blas) = &options.blas {
        // The library was found already: CMake's own search would want pkg-config.
        let include = blas.include.as_ref().map(|folder| folder.display().to_string());
        out.push(("GGML_BLAS_VENDOR", vendor(blas).to_owned()));
        out.push(("BLAS_LIBRARIES", "found".to_owned()));
        out.push(("BLAS_INCLUDE_DIRS", include.unwrap_or_else(|| headers.to_owned())));
    }
    out.extend(kernels(target, plan));
    out.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The instruction sets of the one CPU variant. Of other processors llama.cpp's CMake files know more than we do.
fn kernels(target: &Target, plan: &Plan) -> Vec<(&'static str, String)> {
    let units = plan.cmake.iter().flatten();
    let Some(unit) = units.into_iter().find(|unit| file(unit) == Some("ggml/src/ggml-cpu/ggml-cpu.c")) else {
        return Vec::new();
    };
    let native = unit.flags.iter().any(|flag| flag.ends_with("=native"));
    let on_off = |on: bool| if on { "ON" } else { "OFF" }.to_owned();
    let mut out = vec![("GGML_NATIVE", on_off(native))];
    match target.arch.as_str() {
        _ if native => {}
        "x86_64" | "x86" => {
            for name in X86_FEATURES.iter().map(|feature| feature.define).chain(["GGML_AMX_TILE"]) {
                out.push((name, on_off(unit.defines.iter().any(|define| define == name))));
            }
        }
        "aarch64" => {
            let arch = unit.flags.iter().find_map(|flag| flag.strip_prefix("-march="));
            out.extend(arch.map(|arch| ("GGML_CPU_ARM_ARCH", arch.to_owned())));
        }
        _ => {}
    }
    out
}

/// CMake's name of the BLAS library.
fn vendor(blas: &Blas) -> &'static str {
    const VENDORS: [(&str, &str); 2] =
        [("GGML_BLAS_USE_ACCELERATE", "Apple"), ("GGML_BLAS_USE_MKL", "Intel10_64lp")];
    let known = VENDORS.iter().find(|(define, _)| blas.defines.iter().any(|d| d == define));
    known.map_or("OpenBLAS", |(_, vendor)| vendor)
}

/// A header of `shim/` in front of a file of llama.cpp.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Prelude {
    /// The library that the file belongs to.
    pub(crate) target: String,
    /// The file, relative to the tree.
    pub(crate) file: String,
    /// The header.
    pub(crate) header: &'static str,
}

/// The headers that CMake is to put in front of single files. [`GRAPH_CHECKS`] is not among them: it is in front of
/// the whole library, for a file with options of its own leaves its unity batch.
pub(crate) fn preludes(plan: &Plan) -> Vec<Prelude> {
    let units = plan.cmake.iter().flatten();
    units
        .filter_map(|unit| {
            let header = unit.prelude.filter(|header| *header != GRAPH_CHECKS)?;
            let file = file(unit)?;
            Some(Prelude { target: owner(file), file: file.to_owned(), header })
        })
        .collect()
}

fn file(unit: &Unit) -> Option<&str> {
    match &unit.source {
        Source::Tree(file) => Some(file),
        _ => None,
    }
}

/// The library of llama.cpp's build that a file belongs to.
fn owner(file: &str) -> String {
    match file.strip_prefix("ggml/src/").map(|below| below.split_once('/')) {
        None => "llama".to_owned(),
        Some(None) => "ggml-base".to_owned(),
        Some(Some((folder, _))) => folder.to_owned(),
    }
}

/// The library of Clang's own that a back end calls and rustc's linker lines leave out: `@available` is a function.
pub(crate) fn clang_runtime(target: &Target, feature: &str) -> Option<&'static str> {
    (feature == "metal" && target.os == "macos").then_some("clang_rt.osx")
}

/// What CMake is told by name of the kind of a build. Said later, variables of the same name win.
pub(crate) fn release(target: &Target) -> Variables {
    let all: &[(&str, &str)] = if !target.is_msvc() {
        // Objects for link-time optimisation have no symbols to merge: it is turned off where the user's flags ask for it.
        &[
            ("CMAKE_C_FLAGS_RELEASE", "-O3 -DNDEBUG -fno-lto"),
            ("CMAKE_CXX_FLAGS_RELEASE", "-O3 -DNDEBUG -fno-lto"),
        ]
    } else if target.has("crt-static") {
        &[("CMAKE_MSVC_RUNTIME_LIBRARY", "MultiThreaded")]
    } else {
        &[("CMAKE_MSVC_RUNTIME_LIBRARY", "MultiThreadedDLL")]
    };
    all.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What a program must be linked with for a back end that was compiled with the user's `options`.
pub(crate) fn links(target: &Target, feature: &str, options: &Variables) -> Vec<&'static str> {
    let mut names = backends::links(target, feature).to_vec();
    let is_off = |value: &str| ["OFF", "0", "FALSE", "NO"].contains(&value.to_uppercase().as_str());
    if feature == "cuda" && options.iter().any(|(name, value)| name == "GGML_CUDA_NO_VMM" && is_off(value)) {
        names.push("cuda");
    }
    names
}

/// A library as CMake has found it, by the name of the linker; `cache` is the text of `CMakeCache.txt`.
pub(crate) fn found<'a>(cache: &'a str, feature: &str, library: &str) -> Option<&'a Path> {
    let name = library.strip_prefix("static=").unwrap_or(library);
    let variable = match (feature, name) {
        ("vulkan", _) => "Vulkan_LIBRARY".to_owned(),
        ("cuda", "cuda") => "CUDA_cuda_driver_LIBRARY".to_owned(),
        _ => format!("CUDA_{name}_LIBRARY"),
    };
    let value =
        cache.lines().find_map(|line| line.strip_prefix(&variable)?.strip_prefix(':')?.split_once('='));
    value.map(|(_, path)| Path::new(path)).filter(|path| path.is_absolute())
}

/// Something that must be on the machine.
#[derive(Debug)]
pub(crate) struct Need {
    /// The feature that needs it; empty for all of CMake's.
    pub(crate) feature: &'static str,
    /// What it is.
    pub(crate) what: &'static str,
    /// How it is looked for.
    pub(crate) found: Found,
    /// How to get it.
    pub(crate) remedy: &'static str,
}

/// How it is looked for.
#[derive(Debug)]
pub(crate) enum Found {
    /// A program that answers to `--version`.
    Program(&'static str),
    /// What CMake drives the compilers with, where it is not told otherwise.
    Make,
    /// A program that compiles; with `links` it is linked with the back end's library, too.
    Source { text: &'static str, links: bool },
    /// A program that NVIDIA's compiler compiles.
    Cuda(&'static str),
}

const NEEDS: [Need; 8] = [
    Need {
        feature: "vulkan",
        what: "the shader compiler glslc",
        found: Found::Program("glslc"),
        remedy: "Debian: `apt install glslc`; or Vulkan's SDK, with VULKAN_SDK set",
    },
    Need {
        feature: "vulkan",
        what: "Vulkan's C++ headers of version 1.3.275 or newer",
        found: Found::Source {
            text: "#include <vulkan/vulkan.h>\n#if !__has_include(<vulkan/vulkan.hpp>)\n#error\n#endif\n\
                   static_assert(VK_HEADER_VERSION_COMPLETE >= VK_MAKE_API_VERSION(0, 1, 3, 275), \"\");\n\
                   int main() { return 0; }\n",
            links: false,
        },
        remedy: "Debian 13 and newer: `apt install libvulkan-dev`; or Vulkan's SDK, or its headers alone, with \
                 VULKAN_SDK set to the folder that has include/ in it",
    },
    Need {
        feature: "vulkan",
        what: "the headers of SPIR-V",
        found: Found::Source {
            text: "#include <spirv/unified1/spirv.hpp>\nint main() { return 0; }\n",
            links: false,
        },
        remedy: "Debian: `apt install spirv-headers`",
    },
    Need {
        feature: "vulkan",
        what: "Vulkan's loader library",
        found: Found::Source {
            text: "extern \"C\" void vkDestroyInstance(void *, void *);\n\
                   int main() { vkDestroyInstance(nullptr, nullptr); }\n",
            links: true,
        },
        remedy: "Debian: `apt install libvulkan-dev`",
    },
    Need {
        feature: "cuda",
        what: "NVIDIA's compiler nvcc",
        found: Found::Program("nvcc"),
        remedy: "install NVIDIA's CUDA toolkit (12 or newer), and put its bin folder on the PATH, or name nvcc in \
                 CUDACXX or the toolkit in CUDA_PATH",
    },
    Need {
        feature: "cuda",
        what: "a C++ compiler that nvcc works with, and the headers of the CUDA runtime and of cuBLAS",
        found: Found::Cuda("#include <cuda_runtime.h>\n#include <cublas_v2.h>\n"),
        remedy: "install the whole toolkit; nvcc says which compilers it takes, CUDAHOSTCXX names one",
    },
    Need {
        feature: "",
        what: "cmake",
        found: Found::Program("cmake"),
        remedy: "Debian: `apt install cmake`",
    },
    Need {
        feature: "",
        what: "make",
        found: Found::Make,
        remedy: "Debian: `apt install make`; or another generator of CMake's, named in CMAKE_GENERATOR",
    },
];

/// What CMake needs for a back end.
pub(crate) fn needs(feature: &str) -> impl Iterator<Item = &'static Need> {
    NEEDS.iter().filter(move |need| need.feature == feature || need.feature.is_empty())
}
