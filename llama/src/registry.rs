//! The back ends of this program, and how they use the machine's memory.

use crate::backend;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::ffi;
use crate::ffi::registry::RegistryPtr;
use std::sync::{Mutex, PoisonError};

/// A back end of ggml: the code for one kind of device.
///
/// ```
/// for registry in llama::registries()? {
///     println!("{}: {} devices, {:?}", registry.name(), registry.devices().len(), registry.features());
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "ggml_backend_reg_t")]
#[derive(Debug, Clone)]
pub struct Registry {
    name: String,
    devices: Vec<Device>,
    features: Vec<(String, String)>,
}

impl Registry {
    pub(crate) fn new(ptr: RegistryPtr) -> Result<Self> {
        let _lock = FEATURES.lock().unwrap_or_else(PoisonError::into_inner);
        let devices = ptr.devices()?.into_iter().map(Device::new).collect::<Result<_>>()?;
        Ok(Self { name: ptr.name()?, devices, features: ptr.features()? })
    }

    /// Name, for example `CPU` or `CUDA`.
    #[doc(alias = "ggml_backend_reg_name")]
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its devices.
    #[doc(alias = "ggml_backend_reg_dev_count")]
    #[doc(alias = "ggml_backend_reg_dev_get")]
    #[must_use]
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// What it was compiled with and makes use of, as names and values, for example `AVX2` and `1`.
    #[doc(alias = "ggml_backend_get_features")]
    #[must_use]
    pub fn features(&self) -> &[(String, String)] {
        &self.features
    }
}

/// Some back ends fill their list of features at the first call, without a lock.
static FEATURES: Mutex<()> = Mutex::new(());

/// All back ends of this program.
///
/// # Errors
/// As [`backend::init`].
#[doc(alias = "ggml_backend_reg_count")]
#[doc(alias = "ggml_backend_reg_get")]
pub fn registries() -> Result<Vec<Registry>> {
    backend::init()?;
    ffi::registry::registries()?.into_iter().map(Registry::new).collect()
}

/// How work is spread over a machine with several nodes of memory (NUMA).
///
/// ```
/// use llama::NumaStrategy;
/// // Before the first model is loaded; true where the machine has several nodes.
/// println!("{:?}", llama::init_numa(NumaStrategy::Distribute));
/// ```
#[doc(alias = "ggml_numa_strategy")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NumaStrategy {
    /// Threads are spread over all nodes.
    Distribute,
    /// Threads stay on the node where the program started.
    Isolate,
    /// Threads use the processors that `numactl` allowed.
    Numactl,
}

impl NumaStrategy {
    fn raw(self) -> llama_sys::ggml_numa_strategy {
        match self {
            Self::Distribute => llama_sys::GGML_NUMA_STRATEGY_DISTRIBUTE,
            Self::Isolate => llama_sys::GGML_NUMA_STRATEGY_ISOLATE,
            Self::Numactl => llama_sys::GGML_NUMA_STRATEGY_NUMACTL,
        }
    }
}

/// What happened in this process so far.
struct Usage {
    loaded: bool,
    numa: bool,
}

static USAGE: Mutex<Usage> = Mutex::new(Usage { loaded: false, numa: false });

/// Tunes the whole process for a machine with several nodes of memory (NUMA). Once, before the first model
/// is loaded. Returns whether the machine has several nodes.
///
/// # Errors
/// [`Error::Failed`] for a second call, or after a model was loaded; otherwise as [`backend::init`].
#[doc(alias = "llama_numa_init")]
pub fn init_numa(strategy: NumaStrategy) -> Result<bool> {
    backend::init()?;
    let refuse = |detail: &str| Error::Failed { operation: "init_numa", detail: detail.to_owned() };
    let mut usage = USAGE.lock().unwrap_or_else(PoisonError::into_inner);
    if usage.loaded {
        return Err(refuse("a model was loaded already"));
    }
    if std::mem::replace(&mut usage.numa, true) {
        return Err(refuse("it was called before"));
    }
    ffi::registry::numa_init(strategy.raw())?;
    ffi::registry::is_numa()
}

/// Called before a model is loaded or a context is created: from now on C reads what `init_numa` would write, the
/// loader where it maps a file.
pub(crate) fn computing() {
    USAGE.lock().unwrap_or_else(PoisonError::into_inner).loaded = true;
}
