//! The processors and accelerators that models can run on.

use crate::backend;
use crate::error::{Error, Result};
use crate::ffi;
use crate::ffi::backend::DevicePtr;
use crate::ffi::registry::RegistryPtr;
use crate::host_memory;
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
    /// Free now. Of the host's memory (the CPU's) what the system calls available, and the process's control groups
    /// allow, on Linux; free and unused pages on Apple's systems; all of it where that cannot be told.
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

/// The devices that llama.cpp takes of these where nobody chooses.
pub(crate) fn chosen(all: &[Device]) -> Result<Vec<Device>> {
    let traits: Vec<_> = all.iter().map(Device::traits).collect::<Result<_>>()?;
    Ok(chosen_among(&traits).into_iter().map(|index| all[index].clone()).collect())
}

/// What llama.cpp chooses devices by.
#[derive(Debug, PartialEq)]
struct Traits<'a> {
    kind: DeviceKind,
    /// Name of its back end.
    backend: String,
    id: Option<&'a str>,
}

/// Remote devices come first. Of local GPUs each is taken once, where several back ends know it, and those within
/// the processor, of one back end, where there are no others.
fn chosen_among(all: &[Traits<'_>]) -> Vec<usize> {
    let (mut remote, mut own) = (Vec::new(), Vec::<usize>::new());
    let (kinds, twice): (_, fn(&Traits<'_>, &Traits<'_>) -> bool) =
        if all.iter().any(|device| device.kind == DeviceKind::Gpu && !device.is_remote()) {
            (DeviceKind::Gpu, |a, b| a.id.is_some() && a.id == b.id)
        } else {
            (DeviceKind::IntegratedGpu, |a, b| a.backend != b.backend)
        };
    for (index, device) in all.iter().enumerate() {
        if device.is_remote() {
            remote.push(index);
        } else if device.kind == kinds && !own.iter().any(|&other| twice(&all[other], device)) {
            own.push(index);
        }
    }
    remote.append(&mut own);
    remote
}

impl Traits<'_> {
    fn is_remote(&self) -> bool {
        self.kind == DeviceKind::Gpu && self.backend == "RPC"
    }
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
        let host = if self.kind == DeviceKind::Cpu { host_memory::available() } else { None };
        let free = host.and_then(|bytes| usize::try_from(bytes).ok()).map_or(free, |bytes| bytes.min(free));
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

    fn traits(&self) -> Result<Traits<'_>> {
        let backend = RegistryPtr::of(self.ptr)?.map(RegistryPtr::name).transpose()?.unwrap_or_default();
        Ok(Traits { kind: self.kind, backend, id: self.id() })
    }

    /// True where what the device takes is taken from the host.
    pub(crate) fn shares_host_memory(&self) -> Result<bool> {
        // Metal does not tell the GPU of Apple's own processors from those with memory of their own.
        let apple = cfg!(all(target_vendor = "apple", target_arch = "aarch64"));
        Ok(self.kind == DeviceKind::IntegratedGpu || apple && self.traits()?.backend == "MTL")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_chosen_as_llama_cpp_does() {
        let device = |kind, backend: &str, id| Traits { kind, backend: backend.to_owned(), id };
        let cpu = || device(DeviceKind::Cpu, "CPU", None);
        let blas = || device(DeviceKind::Accelerator, "BLAS", None);
        let cuda = |id| device(DeviceKind::Gpu, "CUDA", Some(id));
        let vulkan = |id| device(DeviceKind::Gpu, "Vulkan", id);
        let inner = |backend| device(DeviceKind::IntegratedGpu, backend, None);
        let remote = || device(DeviceKind::Gpu, "RPC", None);
        for (all, expected) in [
            (vec![blas(), cpu()], vec![]),
            (vec![cuda("1"), cuda("2"), cpu()], vec![0, 1]),
            // One that two back ends know, one that only the second does, and two without an address.
            (
                vec![cuda("1"), vulkan(Some("1")), vulkan(Some("2")), vulkan(None), vulkan(None)],
                vec![0, 2, 3, 4],
            ),
            (vec![inner("Vulkan"), vulkan(Some("1")), cpu()], vec![1]),
            (vec![inner("Vulkan"), inner("CUDA"), inner("Vulkan"), cpu()], vec![0, 2]),
            (vec![inner("Vulkan"), cuda("1"), remote(), remote(), cpu()], vec![2, 3, 1]),
            // The processor's own may help devices of other hosts.
            (vec![inner("Vulkan"), remote(), cpu()], vec![1, 0]),
        ] {
            assert_eq!(chosen_among(&all), expected, "{all:?}");
        }
    }
}
