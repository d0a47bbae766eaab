//! The processors and accelerators that models can run on.

use crate::backend;
use crate::error::{Error, Result};
use crate::ffi;
use crate::ffi::backend::DevicePtr;
use std::fmt;

/// A device that ggml can compute on. Known before any model is loaded.
///
/// Where a device has failed (its driver gave up, say), what is asked of it is an error from then on. Memory that models,
/// contexts, adapters and projectors have there is never freed: the driver would end the process.
///
/// ```
/// for device in llama::devices()? {
///     println!("{} ({}): {} bytes free", device.name(), device.kind(), device.memory()?.free);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "ggml_backend_dev_t")]
#[derive(Debug, Clone)]
pub struct Device {
    ptr: DevicePtr,
    name: String,
    description: String,
    id: Option<String>,
    kind: DeviceKind,
}

/// What a device is.
///
/// ```
/// use llama::DeviceKind;
/// let devices = llama::devices()?;
/// let gpus = devices.iter().filter(|device| device.kind() == DeviceKind::Gpu).count();
/// println!("{gpus} of {} devices are GPUs", devices.len());
/// assert!(devices.iter().any(|device| device.kind() == DeviceKind::Cpu));
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "ggml_backend_dev_type")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceKind {
    /// The processor.
    Cpu,
    /// A graphics processor with its own memory, or one on another host.
    Gpu,
    /// A graphics processor that shares the main memory.
    IntegratedGpu,
    /// Something that speeds up the processor's work on the processor's own memory.
    Accelerator,
    /// Several devices that act as one, for one model ([`SplitMode::Tensor`](crate::SplitMode::Tensor)).
    Combined,
    /// A kind that this version of the crate does not know.
    Other(u32),
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("CPU"),
            Self::Gpu => f.write_str("GPU"),
            Self::IntegratedGpu => f.write_str("integrated GPU"),
            Self::Accelerator => f.write_str("accelerator"),
            Self::Combined => f.write_str("combined"),
            Self::Other(raw) => write!(f, "kind {raw}"),
        }
    }
}

/// Memory of a device in bytes.
///
/// ```
/// for device in llama::devices()? {
///     let memory = device.memory()?;
///     println!("{}: {} of {} bytes free", device.name(), memory.free, memory.total);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceMemory {
    /// Free now.
    pub free: usize,
    /// In total. 0 where the device does not tell.
    pub total: usize,
}

/// All devices of this host, the processor last. Those that do not work are among them: [`Device::memory`] is an error
/// for most.
///
/// # Errors
/// As [`backend::init`].
#[doc(alias = "ggml_backend_dev_count")]
#[doc(alias = "ggml_backend_dev_get")]
pub fn devices() -> Result<Vec<Device>> {
    backend::init()?;
    let mut all: Vec<Device> =
        ffi::backend::devices()?.into_iter().map(Device::new).collect::<Result<_>>()?;
    // ggml has them in the order in which it got to know them.
    all.sort_by_key(|device| device.kind() == DeviceKind::Cpu);
    Ok(all)
}

impl Device {
    pub(crate) fn new(ptr: DevicePtr) -> Result<Self> {
        let kind = match ptr.kind()? {
            llama_sys::GGML_BACKEND_DEVICE_TYPE_CPU => DeviceKind::Cpu,
            llama_sys::GGML_BACKEND_DEVICE_TYPE_GPU => DeviceKind::Gpu,
            llama_sys::GGML_BACKEND_DEVICE_TYPE_IGPU => DeviceKind::IntegratedGpu,
            llama_sys::GGML_BACKEND_DEVICE_TYPE_ACCEL => DeviceKind::Accelerator,
            llama_sys::GGML_BACKEND_DEVICE_TYPE_META => DeviceKind::Combined,
            raw => DeviceKind::Other(raw),
        };
        // Most ask the device itself for that: one that does not answer is still one of the devices.
        let id = if ptr.is_remote() { None } else { ptr.id().unwrap_or_default() };
        Ok(Self { ptr, name: ptr.name()?, description: ptr.description()?, id, kind })
    }

    /// Short name, for example `CPU` or `CUDA0`.
    #[doc(alias = "ggml_backend_dev_name")]
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The maker's name of the device.
    #[doc(alias = "ggml_backend_dev_description")]
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Address on its bus, where the driver tells one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What the device is.
    #[doc(alias = "ggml_backend_dev_type")]
    #[must_use]
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// Its memory at this moment.
    ///
    /// # Errors
    /// When the driver fails to answer.
    #[doc(alias = "ggml_backend_dev_memory")]
    pub fn memory(&self) -> Result<DeviceMemory> {
        let (free, total) = self.ptr.memory()?;
        Ok(DeviceMemory { free, total })
    }

    /// The device for uses of their own. What combines devices for a model asks that model how, and cannot outlive it.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] with this name for such a one.
    pub(crate) fn single(&self, parameter: &'static str) -> Result<DevicePtr> {
        match self.kind {
            DeviceKind::Combined => {
                let detail = format!("{} belongs to one model: name the devices that it combines", self.name);
                Err(Error::invalid(parameter, detail))
            }
            _ => Ok(self.ptr),
        }
    }

    /// Lets it set itself up, before something uses it.
    pub(crate) fn start(&self) -> Result<DeviceMemory> {
        self.ptr.start()?;
        self.memory()
    }

    pub(crate) fn ptr(&self) -> DevicePtr {
        self.ptr
    }
}
