//! Back ends beside the CPU, as data.

use crate::target::Target;
use std::path::PathBuf;

/// A back end that a Cargo feature turns on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Backend {
    /// The feature.
    pub(crate) feature: &'static str,
    /// Macro that puts it into ggml's registry.
    pub(crate) define: &'static str,
    /// What compiles it.
    pub(crate) sources: Sources,
    /// The function that a plugin made of it hands its registry out with; `None` where it is always in the program.
    pub(crate) plugin: Option<&'static str>,
    /// Its C functions; they get the prefix of the C API.
    pub(crate) functions: &'static [&'static str],
}

/// Who compiles a back end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sources {
    /// We do: files of llama.cpp, each with a header of `shim/` in front of it, and files of `shim/`.
    Cc { files: &'static [(&'static str, Option<&'static str>)], shim: &'static [&'static str] },
    /// llama.cpp's CMake files do.
    CMake {
        /// Target, and name of the static library.
        target: &'static str,
        /// Variables and their values.
        options: &'static [(&'static str, &'static str)],
    },
}

/// All of them.
pub(crate) const BACKENDS: [Backend; 5] = [
    Backend {
        feature: "rpc",
        define: "GGML_USE_RPC",
        sources: Sources::Cc {
            files: &[
                ("ggml/src/ggml-rpc/ggml-rpc.cpp", Some("rpc_client.h")),
                ("ggml/src/ggml-rpc/transport.cpp", Some("rpc_transport.h")),
            ],
            shim: &["rpc.cpp"],
        },
        plugin: None,
        functions: &[
            "ggml_backend_is_rpc",
            "ggml_backend_rpc_add_server",
            "ggml_backend_rpc_buffer_type",
            "ggml_backend_rpc_get_device_memory",
            "ggml_backend_rpc_init",
            "ggml_backend_rpc_reg",
            "ggml_backend_rpc_start_server",
        ],
    },
    Backend {
        feature: "blas",
        define: "GGML_USE_BLAS",
        sources: Sources::Cc { files: &[("ggml/src/ggml-blas/ggml-blas.cpp", None)], shim: &[] },
        plugin: Some("ggml_backend_blas_reg"),
        functions: &[
            "ggml_backend_blas_init",
            "ggml_backend_blas_reg",
            "ggml_backend_blas_set_n_threads",
            "ggml_backend_is_blas",
        ],
    },
    Backend {
        feature: "vulkan",
        define: "GGML_USE_VULKAN",
        sources: Sources::CMake { target: "ggml-vulkan", options: &[("GGML_VULKAN", "ON")] },
        plugin: Some("ggml_backend_vk_reg"),
        functions: &[
            "ggml_backend_is_vk",
            "ggml_backend_vk_buffer_type",
            "ggml_backend_vk_get_device_count",
            "ggml_backend_vk_get_device_description",
            "ggml_backend_vk_get_device_memory",
            "ggml_backend_vk_host_buffer_type",
            "ggml_backend_vk_init",
            "ggml_backend_vk_reg",
        ],
    },
    Backend {
        feature: "cuda",
        define: "GGML_USE_CUDA",
        sources: Sources::CMake {
            target: "ggml-cuda",
            // Without VMM nothing refers to the driver: programs start where there is none.
            options: &[("GGML_CUDA", "ON"), ("GGML_CUDA_NO_VMM", "ON"), ("GGML_CUDA_NCCL", "OFF")],
        },
        plugin: Some("ggml_backend_cuda_reg"),
        functions: &[
            "ggml_backend_cuda_allreduce_tensor",
            "ggml_backend_cuda_buffer_type",
            "ggml_backend_cuda_get_device_count",
            "ggml_backend_cuda_get_device_description",
            "ggml_backend_cuda_get_device_memory",
            "ggml_backend_cuda_host_buffer_type",
            "ggml_backend_cuda_init",
            "ggml_backend_cuda_reg",
            "ggml_backend_cuda_register_host_buffer",
            "ggml_backend_cuda_unregister_host_buffer",
            "ggml_backend_is_cuda",
        ],
    },
    Backend {
        feature: "metal",
        define: "GGML_USE_METAL",
        sources: Sources::CMake {
            target: "ggml-metal",
            options: &[("GGML_METAL", "ON"), ("GGML_METAL_EMBED_LIBRARY", "ON")],
        },
        plugin: None,
        functions: &[
            "ggml_backend_is_metal",
            "ggml_backend_metal_capture_next_compute",
            "ggml_backend_metal_init",
            "ggml_backend_metal_reg",
            "ggml_backend_metal_set_abort_callback",
            "ggml_backend_metal_supports_family",
        ],
    },
];

/// External libraries that a back end calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Libraries {
    /// Folders where they are looked for first.
    pub(crate) folders: Vec<PathBuf>,
    /// Their names, with rustc's `static=` or `framework=` in front where they are such.
    pub(crate) names: Vec<String>,
}

impl Libraries {
    /// Tells Cargo to link the program with them.
    pub(crate) fn emit(&self) {
        for folder in &self.folders {
            println!("cargo::rustc-link-search=native={}", folder.display());
        }
        for name in &self.names {
            println!("cargo::rustc-link-lib={name}");
        }
    }
}

/// A back end that llama.cpp's CMake files have compiled.
#[derive(Debug)]
pub(crate) struct Built {
    /// Which one.
    pub(crate) backend: &'static Backend,
    /// Its static library.
    pub(crate) archive: PathBuf,
    /// What must be linked with it.
    pub(crate) libraries: Libraries,
}

/// Macros that put `prefix` in front of the C functions of `backend`.
pub(crate) fn renames(backend: &Backend, prefix: &str) -> impl Iterator<Item = String> {
    backend.functions.iter().map(move |f| format!("{f}={prefix}{f}"))
}

/// What a program must be linked with; what `blas` finds on the machine comes on top.
pub(crate) fn links(target: &Target, feature: &str) -> &'static [&'static str] {
    match (feature, target.os.as_str()) {
        ("blas", _) if target.is_apple() => &["framework=Accelerate"],
        ("metal", _) => &["framework=Foundation", "framework=Metal", "framework=MetalKit"],
        ("vulkan", "windows") => &["vulkan-1"],
        ("vulkan", _) => &["vulkan"],
        ("cuda", "windows") => &["static=cudart_static", "cublas", "cublasLt"],
        ("cuda", _) => &["static=cudart_static", "cublas", "cublasLt", "dl", "rt", "pthread"],
        _ => &[],
    }
}
