//! Who compiles what: we do with the `cc` crate, or llama.cpp's own CMake files do.
//!
//! `cc` is the default for everything but the back ends whose sources only CMake can put together.

use crate::backends::{BACKENDS, Sources};
use crate::target::Target;

/// What drives the compilers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builder {
    /// The `cc` crate, after the tables of `plan`.
    Cc,
    /// llama.cpp's CMake files.
    CMake,
}

impl Builder {
    /// As `LLAMA_SYS_BUILDER` spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cc => "cc",
            Self::CMake => "cmake",
        }
    }
}

/// A part of the library and who compiles it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// [`CORE`], [`SHIM`] or the feature of a back end.
    pub(crate) name: &'static str,
    /// Who compiles it.
    pub(crate) builder: Builder,
}

/// libllama, ggml and the kernels of the CPU.
pub(crate) const CORE: &str = "core";

/// Our own C++ with the files of llama.cpp's `common` and `mtmd` that it stands on. CMake would compile all of these
/// libraries, and without the headers that we put in front of their files.
pub(crate) const SHIM: &str = "shim";

/// The choice. `forced` is the value of `LLAMA_SYS_BUILDER`.
///
/// # Errors
/// When `forced` is no builder, or cannot compile what the features ask for.
pub(crate) fn parts(target: &Target, features: &[&str], forced: Option<&str>) -> Result<Vec<Part>, String> {
    let on = |feature: &str| features.contains(&feature);
    let forced = forced
        .map(|name| {
            [Builder::Cc, Builder::CMake]
                .into_iter()
                .find(|builder| builder.name() == name)
                .ok_or_else(|| format!("LLAMA_SYS_BUILDER is \"{name}\"; its values are cc and cmake"))
        })
        .transpose()?;
    if on("metal") && !target.is_apple() {
        let (arch, os) = (&target.arch, &target.os);
        return Err(format!(
            "feature `metal` is for Apple's systems, and this target is {arch} {os}: leave the feature out here"
        ));
    }
    if forced == Some(Builder::CMake) && !on("cmake") {
        return Err("LLAMA_SYS_BUILDER=cmake needs feature `cmake` of llama-sys".to_owned());
    }
    if forced == Some(Builder::CMake) && target.is_msvc() {
        return Err(
            "LLAMA_SYS_BUILDER=cmake is for GCC and Clang; for Microsoft's compiler leave it out".to_owned()
        );
    }

    let backends = BACKENDS.iter().filter(|backend| on(backend.feature));
    let only_cmake = |sources: &Sources| matches!(sources, Sources::CMake { .. });
    if forced == Some(Builder::Cc) {
        let others: Vec<String> = backends
            .clone()
            .filter(|backend| only_cmake(&backend.sources))
            .map(|backend| format!("`{}`", backend.feature))
            .collect();
        if !others.is_empty() {
            let others = others.join(" and ");
            return Err(format!(
                "LLAMA_SYS_BUILDER=cc, but {others} can only be compiled by cmake: leave one of the two out"
            ));
        }
    }
    let default = |sources| if only_cmake(sources) { Builder::CMake } else { Builder::Cc };
    let backends = backends.map(|backend| Part {
        name: backend.feature,
        builder: forced.unwrap_or_else(|| default(&backend.sources)),
    });
    let core = Part { name: CORE, builder: forced.unwrap_or(Builder::Cc) };
    Ok([core].into_iter().chain(backends).chain([Part { name: SHIM, builder: Builder::Cc }]).collect())
}

/// True when CMake compiles the part of that name.
pub(crate) fn is_cmakes(parts: &[Part], name: &str) -> bool {
    parts.iter().any(|part| part.name == name && part.builder == Builder::CMake)
}
