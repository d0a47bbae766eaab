//! Back ends in files of their own: plugins (feature `dynamic-backends`).
//!
//! With this feature `blas`, `cuda` and `vulkan` are not parts of the program. Each becomes a shared library, and the
//! program is the same everywhere: it computes on the processor where there is nothing else, and on a GPU where the
//! plugin is there together with what it needs. What a plugin needs, a driver or libraries of its maker, the program
//! itself does without.
//!
//! # Where plugins are found
//! When this crate is initialised it loads all files `libllama-backend-*.so` in the folder of the running program, in
//! the order of their names. Nowhere else does it look by itself: not in the current directory, not where an
//! environment variable points. [`automatic`] tells what became of them; what cannot be loaded never stops the
//! program. [`load`] and [`load_from`] load plugins from other places:
//!
//! ```
//! use llama::backends;
//!
//! for file in backends::automatic()? {
//!     match &file.outcome {
//!         Ok(plugin) => println!("{}: {} devices", plugin.name(), plugin.devices().len()),
//!         Err(error) => eprintln!("{error}"),
//!     }
//! }
//! # Ok::<(), llama::Error>(())
//! ```
//!
//! Only files that a build of the same sources made are loaded: each carries a stamp, which is compared before
//! anything in it runs. Beyond that a plugin is trusted as the program is; a file that was changed on purpose
//! can do what it likes. A program that runs with more rights than its user has (set-user-ID) loads nothing by itself.
//!
//! # How a program is shipped
//! The build leaves the plugins in the folder [`PLUGINS`](llama_sys::build_info::PLUGINS). The build script of a
//! package that depends on `llama-sys` itself finds it in the environment variable `DEP_LLAMA_SYS_PLUGINS`. Copy the
//! files next to the program, those that you want. Libraries that a plugin needs are looked for beside it first, then
//! where the system has them.
//!
//! # When plugins are loaded
//! At any time, from any thread: other threads may use this crate meanwhile. Models that are loaded from then on can
//! use the new devices, and those that are loaded without a choice of devices do. Plugins are never unloaded.
#![forbid(unsafe_code)]

use crate::backend;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::registry::Registry;
use crate::{ffi, log};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// How the names of plugins start and end.
const NAME: (&str, &str) = ("libllama-backend-", ".so");

/// A back end that was loaded from a file.
///
/// ```
/// # let folder = "src";
/// for file in llama::backends::load_from(folder)? {
///     if let Ok(plugin) = file.outcome {
///         println!("{} from {}", plugin.name(), plugin.path().display());
///     }
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Plugin {
    path: PathBuf,
    registry: Registry,
    log: Vec<String>,
}

impl Plugin {
    /// The file, links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Name of the back end, for example `Vulkan`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.registry.name()
    }

    /// Its devices; none where the machine has no fitting hardware, see [`init_log`](Self::init_log).
    #[must_use]
    pub fn devices(&self) -> &[Device] {
        self.registry.devices()
    }

    /// What the back end said while it looked for its devices: what it found, or why there is none.
    #[must_use]
    pub fn init_log(&self) -> &[String] {
        &self.log
    }

    /// The back end.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

/// A file with the name of a plugin, and what became of it.
///
/// ```
/// for file in llama::backends::automatic()? {
///     println!("{}: {}", file.path.display(), if file.outcome.is_ok() { "loaded" } else { "not loaded" });
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PluginFile {
    /// The file as it was found.
    pub path: PathBuf,
    /// The back end, or why there is none: [`Error::LoadBackend`].
    pub outcome: Result<Plugin>,
}

/// What became of the files beside the program, in the order in which they were loaded. A folder that could not be
/// read is in the list itself.
///
/// # Errors
/// As [`backend::init`].
pub fn automatic() -> Result<Vec<PluginFile>> {
    backend::init()?;
    Ok(AUTOMATIC.get().cloned().unwrap_or_default())
}

/// Loads a plugin. Links are followed, and a relative path starts in the current directory. The same file again
/// gives the same back end.
///
/// ```no_run
/// let plugin = llama::backends::load("/opt/example/lib/libllama-backend-vulkan.so")?;
/// println!("{}: {} devices", plugin.name(), plugin.devices().len());
/// # Ok::<(), llama::Error>(())
/// ```
///
/// # Errors
/// [`Error::LoadBackend`] when the file is none, or no plugin of this build, when a library is missing that it needs,
/// when its back end cannot run here or is there already from another file; otherwise as [`backend::init`].
#[doc(alias = "ggml_backend_load")]
#[doc(alias = "ggml_backend_register")]
pub fn load(file: impl AsRef<Path>) -> Result<Plugin> {
    backend::init()?;
    attach(file.as_ref())
}

/// Loads all files `libllama-backend-*.so` of a folder, in the order of their names. One that cannot be loaded does
/// not keep the others from it.
///
/// # Errors
/// [`Error::LoadBackend`] when the folder cannot be read; otherwise as [`backend::init`].
#[doc(alias = "ggml_backend_load_all_from_path")]
pub fn load_from(folder: impl AsRef<Path>) -> Result<Vec<PluginFile>> {
    backend::init()?;
    attach_all(folder.as_ref())
}

static AUTOMATIC: OnceLock<Vec<PluginFile>> = OnceLock::new();

/// Loads what is beside the program; a part of [`backend::init`], before anything else can ask for devices.
pub(crate) fn load_automatically() {
    AUTOMATIC.get_or_init(|| {
        if llama_sys::plugin::is_privileged() {
            return Vec::new();
        }
        let program = std::env::current_exe().and_then(|program| program.canonicalize());
        let folder = match &program {
            Ok(program) => program.parent().unwrap_or(program),
            Err(_) => Path::new(""),
        };
        let found = match &program {
            Ok(_) => attach_all(folder),
            Err(error) => Err(refusal(folder, format!("the folder of the program is not known: {error}"))),
        };
        found.unwrap_or_else(|error| vec![PluginFile { path: folder.to_owned(), outcome: Err(error) }])
    });
}

fn refusal(path: &Path, detail: String) -> Error {
    Error::LoadBackend { path: path.to_owned(), detail }
}

fn attach_all(folder: &Path) -> Result<Vec<PluginFile>> {
    let failed = |error: std::io::Error| refusal(folder, error.to_string());
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut files: Vec<PathBuf> = entries.map_err(failed)?.iter().map(std::fs::DirEntry::path).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix(NAME.0).is_some_and(|rest| rest.ends_with(NAME.1))
    });
    files.sort();
    Ok(files.into_iter().map(|path| PluginFile { outcome: attach(&path), path }).collect())
}

/// Plugins by their files. Held while one is loaded: one at a time.
static LOADED: Mutex<BTreeMap<PathBuf, Plugin>> = Mutex::new(BTreeMap::new());

fn attach(file: &Path) -> Result<Plugin> {
    // The system's loader is given a whole path, so that it does not search.
    let path = file.canonicalize().map_err(|error| refusal(file, error.to_string()))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(plugin) = loaded.get(&path) {
        return Ok(plugin.clone());
    }
    log::clear_detail();
    let (registry, log) = log::capture(|| connect(&path));
    let registry = registry.map_err(|why| {
        let said = log::take_detail();
        refusal(file, if said.is_empty() { why } else { format!("{why} ({said})") })
    })?;
    let plugin = Plugin { path: path.clone(), registry, log };
    loaded.insert(path, plugin.clone());
    Ok(plugin)
}

/// Opens a plugin and gives its back end to ggml.
fn connect(path: &Path) -> Result<Registry, String> {
    let words = |error: Error| error.to_string();
    let ptr = ffi::plugins::load(path)?;
    let registry = Registry::new(ptr).map_err(words)?;
    for other in ffi::registry::registries().map_err(words)? {
        if other != ptr && other.name().map_err(words)? == registry.name() {
            return Err(format!("a back end {} is there already, from another file", registry.name()));
        }
    }
    ffi::plugins::register(ptr)?;
    Ok(registry)
}
