//! What we compile for, in the terms of `cfg(target_*)`.

/// A compilation target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// `target_arch`: `x86_64`, `aarch64`, ...
    pub(crate) arch: String,
    /// `target_os`: `linux`, `macos`, `windows`, `android`, ...
    pub(crate) os: String,
    /// `target_env`: `gnu`, `musl`, `msvc` or empty.
    pub(crate) env: String,
    /// `target_feature`: what rustc was allowed to use (`-C target-cpu`).
    pub(crate) features: Vec<String>,
    /// Another processor or system than the building machine's.
    pub(crate) is_foreign: bool,
}

impl Target {
    /// A target of the building machine's kind, without extra features.
    #[allow(dead_code, reason = "for tests")]
    #[must_use]
    pub(crate) fn new(arch: &str, os: &str, env: &str) -> Self {
        let (arch, os, env) = (arch.into(), os.into(), env.into());
        Self { arch, os, env, features: Vec::new(), is_foreign: false }
    }

    /// Reads `CARGO_CFG_TARGET_*`, `HOST` and `TARGET`.
    ///
    /// # Errors
    /// When the process is not a Cargo build script.
    pub(crate) fn from_cargo() -> Result<Self, String> {
        let var = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}"));
        Ok(Self {
            arch: var("ARCH").map_err(|_| "CARGO_CFG_TARGET_ARCH is not set")?,
            os: var("OS").map_err(|_| "CARGO_CFG_TARGET_OS is not set")?,
            env: var("ENV").unwrap_or_default(),
            features: var("FEATURE").unwrap_or_default().split(',').map(str::to_owned).collect(),
            is_foreign: is_foreign(
                &std::env::var("HOST").map_err(|_| "HOST is not set")?,
                &std::env::var("TARGET").map_err(|_| "TARGET is not set")?,
            ),
        })
    }

    /// True for the Microsoft compiler's conventions.
    #[must_use]
    pub(crate) fn is_msvc(&self) -> bool {
        self.env == "msvc"
    }

    /// True for Windows with the conventions and headers of MinGW.
    #[must_use]
    pub(crate) fn is_mingw(&self) -> bool {
        self.os == "windows" && !self.is_msvc()
    }

    /// True where objects are ELF files that binutils can merge and rename.
    #[must_use]
    pub(crate) fn is_linux(&self) -> bool {
        self.os == "linux"
    }

    /// True on Apple's systems.
    #[must_use]
    pub(crate) fn is_apple(&self) -> bool {
        matches!(self.os.as_str(), "macos" | "ios" | "tvos" | "visionos" | "watchos")
    }

    /// The oldest macOS for which C++ is compiled, `None` for other systems. `set` is `MACOSX_DEPLOYMENT_TARGET`.
    /// Without it the compiler takes the newest system that it knows, and rustc links programs that claim to run on
    /// an old one.
    ///
    /// # Errors
    /// Where `set` is a system that lacks what is called.
    pub(crate) fn oldest_macos(&self, blas: bool, set: Option<&str>) -> Result<Option<String>, String> {
        if self.os != "macos" {
            return Ok(None);
        }
        // Accelerate has the functions that ggml's BLAS back end calls since 13.3; libc++ has std::filesystem since
        // 10.15, and the first system on Apple silicon is 11.
        let needed = match (blas, self.arch.as_str()) {
            (true, _) => (13, 3),
            (false, "x86_64") => (10, 15),
            (false, _) => (11, 0),
        };
        let (major, minor) = needed;
        let Some(set) = set else { return Ok(Some(format!("{major}.{minor}"))) };
        let mut numbers = set.split('.').map(|part| part.parse::<u32>().ok());
        let given = (numbers.next().flatten(), numbers.next().unwrap_or(Some(0)));
        match given {
            (Some(given), Some(below)) if (given, below) >= needed => Ok(Some(set.to_owned())),
            _ => Err(format!(
                "MACOSX_DEPLOYMENT_TARGET is {set}, and llama.cpp{} needs macOS {major}.{minor} or newer\n\
                 Remedies: set it to {major}.{minor}, or leave it out (Tauri: `minimumSystemVersion` of the bundle).",
                if blas { " with feature `blas`" } else { "" }
            )),
        }
    }

    /// True where programs can load our plugins (feature `dynamic-backends`).
    #[must_use]
    pub(crate) fn loads_plugins(&self) -> bool {
        self.is_linux() && matches!(self.arch.as_str(), "x86_64" | "aarch64") && !self.has("crt-static")
    }

    /// True for aarch64 where a program can ask the system what the processor has (`shim/cpu_detect.cpp`).
    #[must_use]
    pub(crate) fn has_arm_detection(&self) -> bool {
        self.arch == "aarch64" && matches!(self.os.as_str(), "linux" | "android")
    }

    /// True when rustc was told that the processor has `feature`.
    #[must_use]
    pub(crate) fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|f| f == feature)
    }
}

/// True when programs for the triple `target` do not run on `host`: another processor or another system. The C
/// library may differ.
#[must_use]
pub(crate) fn is_foreign(host: &str, target: &str) -> bool {
    let machine = |triple: &str| {
        let mut parts = triple.split('-');
        (parts.next().map(str::to_owned), parts.nth(1).map(str::to_owned))
    };
    machine(host) != machine(target)
}
