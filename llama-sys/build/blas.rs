//! The BLAS library of the machine (feature `blas`).

use crate::backends::{self, Libraries};
use crate::compile::Toolchain;
use crate::env::Env;
use crate::plan::Blas;
use crate::probe::Probe;
use std::path::PathBuf;

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

/// Its names: Fedora and its kin call the one with threads `openblasp` and another one `openblas`; on Windows the makers'
/// own library is `libopenblas.lib`.
const OPENBLAS: [&str; 3] = ["openblasp", "openblas", "libopenblas"];

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
        let text = format!("#include <{header}>\nint main() {{ {probe}(1); }}\n");
        for (include, folder) in folders {
            let program = Probe { text: &text, include, folder, library: Some(library) };
            if program.works(&env.out_dir, toolchain.cxx(), toolchain.is_like_msvc()) {
                let folders = program.folder.into_iter().collect();
                let libraries = Libraries { folders, names: vec![library.to_owned()] };
                return Ok(Blas { defines: vec![define.to_owned()], include: program.include, libraries });
            }
        }
    }
    Err("feature `blas` needs a BLAS library with its headers, and none was found that compiles and links\n\
         Remedies: install OpenBLAS (Debian: `apt install libopenblas-dev`; Fedora: `dnf install openblas-devel`), or \
         set MKLROOT to Intel's MKL, or name the folders of another OpenBLAS in CPATH and LIBRARY_PATH (Microsoft's \
         compiler: INCLUDE and LIB). A build for another system needs that system's library where its compiler looks \
         (Debian: `apt install libopenblas-dev:arm64`)."
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
    let mkl = Candidate {
        library: "mkl_rt",
        define: "GGML_BLAS_USE_MKL",
        header: "mkl.h",
        probe: "mkl_set_num_threads",
        folders: mkl.collect(),
    };
    let openblas = |library| Candidate {
        library,
        define: "GGML_BLAS_USE_OPENBLAS",
        header: "cblas.h",
        probe: "openblas_set_num_threads",
        folders: openblas.iter().map(|folder| (folder.map(PathBuf::from), None)).collect(),
    };
    std::iter::once(mkl).chain(OPENBLAS.into_iter().map(openblas)).collect()
}
