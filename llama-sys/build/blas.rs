//! The BLAS library of the machine (feature `blas`).

use crate::backends::{self, Libraries};
use crate::compile::Toolchain;
use crate::env::Env;
use crate::plan::Blas;
use std::path::{Path, PathBuf};

/// A library that may be there.
struct Candidate {
    /// What to link.
    library: &'static str,
    /// Macro that ggml-blas knows it by.
    define: &'static str,
    /// Its header.
    header: &'static str,
    /// A function that only this library has.
    probe: &'static str,
    /// Folders with the header and with the library, where they are not among the compiler's own.
    folders: Vec<(Option<PathBuf>, Option<PathBuf>)>,
}

/// Finds the library.
///
/// # Errors
/// What to install when there is none.
pub(crate) fn find(env: &Env, toolchain: &Toolchain) -> Result<Blas, String> {
    if env.target.is_apple() {
        let names = backends::links(&env.target, "blas").iter().map(|&name| name.to_owned()).collect();
        return Ok(Blas { libraries: Libraries { folders: Vec::new(), names }, ..Blas::accelerate() });
    }
    for Candidate { library, define, header, probe, folders } in candidates(env) {
        for (include, lib) in folders {
            let text = format!("#include <{header}>\nint main() {{ {probe}(1); }}\n");
            if !links(env, toolchain, &text, include.as_deref(), lib.as_deref(), library) {
                continue;
            }
            let libraries = Libraries { folders: lib.into_iter().collect(), names: vec![library.to_owned()] };
            return Ok(Blas { defines: vec![define.to_owned()], include, libraries });
        }
    }
    Err("feature `blas` needs a BLAS library with its headers, and none was found that compiles and links\n\
         Remedies: install OpenBLAS (Debian: `apt install libopenblas-dev`; Fedora: `dnf install openblas-devel`), or \
         set MKLROOT to Intel's MKL, or name the folders of another OpenBLAS in CPATH and LIBRARY_PATH. A build for \
         another system needs that system's library where its compiler looks (Debian: `apt install \
         libopenblas-dev:arm64`)."
        .to_owned())
}

fn candidates(env: &Env) -> Vec<Candidate> {
    let mkl = env.mkl_root.iter().flat_map(|root| {
        let libraries = ["lib", "lib/intel64"].map(|lib| root.join(lib));
        libraries.map(|lib| (Some(root.join("include")), Some(lib)))
    });
    // The folders below /usr are this machine's.
    let folders = [None, Some("/usr/include/openblas"), Some("/usr/local/include/openblas")];
    let openblas = &folders[..if env.target.is_foreign { 1 } else { folders.len() }];
    vec![
        Candidate {
            library: "mkl_rt",
            define: "GGML_BLAS_USE_MKL",
            header: "mkl.h",
            probe: "mkl_set_num_threads",
            folders: mkl.collect(),
        },
        Candidate {
            library: "openblas",
            define: "GGML_BLAS_USE_OPENBLAS",
            header: "cblas.h",
            probe: "openblas_set_num_threads",
            folders: openblas.iter().map(|folder| (folder.map(PathBuf::from), None)).collect(),
        },
    ]
}

fn links(
    env: &Env,
    toolchain: &Toolchain,
    text: &str,
    include: Option<&Path>,
    lib: Option<&Path>,
    library: &str,
) -> bool {
    let source = env.out_dir.join("blas.cpp");
    if std::fs::write(&source, text).is_err() {
        return false;
    }
    let mut command = toolchain.cxx();
    if let Some(include) = include {
        command.arg("-isystem").arg(include);
    }
    command.arg("-o").arg(env.out_dir.join("blas.out")).arg(&source);
    if let Some(lib) = lib {
        command.arg("-L").arg(lib);
    }
    command.arg(format!("-l{library}")).output().is_ok_and(|out| out.status.success())
}
