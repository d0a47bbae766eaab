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
}

impl Target {
    /// A target without extra features.
    #[allow(dead_code, reason = "for tests")]
    #[must_use]
    pub(crate) fn new(arch: &str, os: &str, env: &str) -> Self {
        Self { arch: arch.into(), os: os.into(), env: env.into(), features: Vec::new() }
    }

    /// Reads `CARGO_CFG_TARGET_*`.
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
        })
    }

    /// True for the Microsoft compiler's conventions.
    #[must_use]
    pub(crate) fn is_msvc(&self) -> bool {
        self.env == "msvc"
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

    /// True where programs can load our plugins (feature `dynamic-backends`).
    #[must_use]
    pub(crate) fn loads_plugins(&self) -> bool {
        self.is_linux() && matches!(self.arch.as_str(), "x86_64" | "aarch64") && !self.has("crt-static")
    }

    /// True when rustc was told that the processor has `feature`.
    #[must_use]
    pub(crate) fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|f| f == feature)
    }
}
