//! Back ends that llama.cpp's own CMake files compile (features `cuda`, `metal` and `vulkan`).

use crate::backends::{self, Backend, Built, Libraries, Sources};
use crate::compile::Toolchain;
use crate::env::Env;
use crate::headers::Generated;
use crate::plan::Options;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles the back ends of `options` that need CMake.
///
/// # Errors
/// What is missing on this machine and how to get it, or CMake's own message.
pub(crate) fn all(
    env: &Env,
    toolchain: &Toolchain,
    tree: &Path,
    generated: &Generated,
    options: &Options,
) -> Result<Vec<Built>, String> {
    let mut built = Vec::new();
    for backend in options.backends() {
        let Sources::CMake { target, options: variables } = &backend.sources else { continue };
        check(env, toolchain, backend.feature)?;
        let archive = build(env, toolchain, tree, generated, options, backend, target, variables)?;
        built.push(Built { backend, archive, libraries: libraries(env, backend.feature) });
    }
    Ok(built)
}

/// Something that must be on the machine.
struct Need {
    feature: &'static str,
    what: &'static str,
    found: Found,
    remedy: &'static str,
}

/// How it is looked for.
enum Found {
    /// A program that answers to `--version`.
    Program(&'static str),
    /// A program that compiles and links with this library.
    Source { text: &'static str, library: Option<&'static str> },
    /// The system compiled for.
    Apple,
}

const NEEDS: [Need; 7] = [
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
            library: None,
        },
        remedy: "Debian 13 and newer: `apt install libvulkan-dev`; or Vulkan's SDK, or its headers alone, with \
                 VULKAN_SDK set to the folder that has include/ in it",
    },
    Need {
        feature: "vulkan",
        what: "the headers of SPIR-V",
        found: Found::Source {
            text: "#include <spirv/unified1/spirv.hpp>\nint main() { return 0; }\n",
            library: None,
        },
        remedy: "Debian: `apt install spirv-headers`",
    },
    Need {
        feature: "vulkan",
        what: "Vulkan's loader library",
        found: Found::Source {
            text: "extern \"C\" void vkDestroyInstance(void *, void *);\n\
                   int main() { vkDestroyInstance(nullptr, nullptr); }\n",
            library: Some("vulkan"),
        },
        remedy: "Debian: `apt install libvulkan-dev`",
    },
    Need {
        feature: "cuda",
        what: "NVIDIA's compiler nvcc",
        found: Found::Program("nvcc"),
        remedy: "install NVIDIA's CUDA toolkit (12 or newer), and put its bin folder on the PATH or name nvcc in CUDACXX",
    },
    Need {
        feature: "metal",
        what: "a target of Apple's",
        found: Found::Apple,
        remedy: "leave the feature out elsewhere",
    },
    Need {
        feature: "",
        what: "cmake",
        found: Found::Program("cmake"),
        remedy: "Debian: `apt install cmake`",
    },
];

/// Says everything that is missing at once.
fn check(env: &Env, toolchain: &Toolchain, feature: &str) -> Result<(), String> {
    let missing: Vec<String> = NEEDS
        .iter()
        .filter(|need| {
            (need.feature == feature || need.feature.is_empty()) && !is_there(env, toolchain, need)
        })
        .map(|need| format!("  {} ({})", need.what, need.remedy))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("feature `{feature}` needs what was not found on this machine:\n{}", missing.join("\n")))
}

fn is_there(env: &Env, toolchain: &Toolchain, need: &Need) -> bool {
    match need.found {
        Found::Apple => env.target.is_apple(),
        Found::Program(name) => {
            let sdk = env.vulkan_sdk.iter().map(|sdk| sdk.join("bin").join(name));
            let named = std::env::var_os("CUDACXX").filter(|_| name == "nvcc").map(PathBuf::from);
            named.into_iter().chain(sdk).chain([PathBuf::from(name)]).any(|program| {
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

#[expect(clippy::too_many_arguments, reason = "all of them go into one call of CMake")]
fn build(
    env: &Env,
    toolchain: &Toolchain,
    tree: &Path,
    generated: &Generated,
    options: &Options,
    backend: &Backend,
    target: &str,
    variables: &[(&str, &str)],
) -> Result<PathBuf, String> {
    let prefix = generated.prefix.join("symbol_prefix.h");
    let mut flags = vec!["-include".to_owned(), prefix.display().to_string()];
    flags.extend(["-fvisibility=hidden", "-fexceptions", "-w"].map(str::to_owned));
    flags.extend(backends::renames(backend, options.prefix).map(|rename| format!("-D{rename}")));
    flags.push(format!("-ffile-prefix-map={}=llama.cpp", tree.display()));

    let architectures = std::env::var("CMAKE_CUDA_ARCHITECTURES").unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    (tree, &flags, &toolchain.version, variables, &env.vulkan_sdk, &architectures).hash(&mut hasher);
    let folder = env.cache_dir.join(format!("{target}-{:016x}", hasher.finish()));
    let archive = folder.join("build/ggml/src").join(target).join(format!("lib{target}.a"));
    let done = folder.join("done");
    if done.is_file() && archive.is_file() {
        return Ok(archive);
    }
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;

    let mut config = cmake::Config::new(tree);
    config.out_dir(&folder).profile("Release").build_target(target).pic(true);
    for (name, value) in [
        ("BUILD_SHARED_LIBS", "OFF"),
        // Said apart to compilers that the `cmake` crate does not know: CUDA's objects may become a plugin.
        ("CMAKE_POSITION_INDEPENDENT_CODE", "ON"),
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
    ]
    .iter()
    .chain(variables)
    {
        config.define(name, value);
    }
    for flag in &flags {
        config.cflag(flag).cxxflag(flag);
    }
    if backend.feature == "cuda" {
        // nvcc reads the first kind of option itself and hands the second to the C++ compiler.
        let (own, host): (Vec<&String>, Vec<&String>) = flags.iter().partition(|f| !f.starts_with("-f"));
        let own: Vec<&str> = own.into_iter().map(String::as_str).collect();
        let host: Vec<String> = host.into_iter().map(|f| format!("-Xcompiler={f}")).collect();
        config.define("CMAKE_CUDA_FLAGS", format!("{} {}", own.join(" "), host.join(" ")));
        if !architectures.is_empty() {
            config.define("CMAKE_CUDA_ARCHITECTURES", &architectures);
        }
    }
    catch_unwind(AssertUnwindSafe(|| config.build())).map_err(|cause| {
        let text = cause.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("cmake failed");
        let first = text.trim().lines().next().unwrap_or_default();
        format!(
            "feature `{}`: CMake failed, its own words are in the output of this script: {first}",
            backend.feature
        )
    })?;
    if !archive.is_file() {
        return Err(format!("feature `{}`: CMake made no {}", backend.feature, archive.display()));
    }
    std::fs::write(&done, "").map_err(|e| format!("{}: {e}", done.display()))?;
    Ok(archive)
}

/// What must be linked.
fn libraries(env: &Env, feature: &str) -> Libraries {
    let names: &[&str] = match feature {
        "vulkan" if env.target.os == "windows" => &["vulkan-1"],
        "vulkan" => &["vulkan"],
        "cuda" => &["static=cudart_static", "cublas", "cublasLt", "dl", "rt", "pthread"],
        _ => &["framework=Foundation", "framework=Metal", "framework=MetalKit"],
    };
    let sdk = env.vulkan_sdk.iter().filter(|_| feature == "vulkan").map(|sdk| sdk.join("lib"));
    let toolkit = env.cuda_path.iter().filter(|_| feature == "cuda");
    let folders = sdk.chain(toolkit.flat_map(|cuda| ["lib64", "lib"].map(|lib| cuda.join(lib))));
    Libraries {
        folders: folders.filter(|folder| folder.is_dir()).collect(),
        names: names.iter().map(|&name| name.to_owned()).collect(),
    }
}
