//! Back ends beside the CPU, as data.

/// A back end that the `cc` builder compiles.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Backend {
    /// Cargo feature that turns it on.
    pub(crate) feature: &'static str,
    /// Macro that puts it into ggml's registry.
    pub(crate) define: &'static str,
    /// Its files, and a header of `shim/` in front of each.
    pub(crate) files: &'static [(&'static str, Option<&'static str>)],
    /// Files of `shim/` that it needs.
    pub(crate) shim: &'static [&'static str],
    /// Its C functions; they get the prefix of the C API.
    pub(crate) functions: &'static [&'static str],
}

/// All of them.
pub(crate) const BACKENDS: [Backend; 2] = [
    Backend {
        feature: "rpc",
        define: "GGML_USE_RPC",
        files: &[
            ("ggml/src/ggml-rpc/ggml-rpc.cpp", Some("rpc_client.h")),
            ("ggml/src/ggml-rpc/transport.cpp", Some("rpc_transport.h")),
        ],
        shim: &["rpc.cpp"],
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
        files: &[("ggml/src/ggml-blas/ggml-blas.cpp", None)],
        shim: &[],
        functions: &[
            "ggml_backend_blas_init",
            "ggml_backend_blas_reg",
            "ggml_backend_blas_set_n_threads",
            "ggml_backend_is_blas",
        ],
    },
];

/// Macros that put `prefix` in front of the C functions of `backend`.
pub(crate) fn renames(backend: &Backend, prefix: &str) -> impl Iterator<Item = String> {
    backend.functions.iter().map(move |f| format!("{f}={prefix}{f}"))
}
