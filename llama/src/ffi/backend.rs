//! The process-wide part of llama.cpp: initialisation and the list of devices.

use super::registry::RegistryPtr;
use super::text::owned;
use crate::error::{Error, Result};
use llama_sys::{Fault, guarded};
use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// A device of ggml's registry. Devices live as long as the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DevicePtr(NonNull<llama_sys::ggml_backend_device>);

// SAFETY: ggml's registry grows and nothing in it is ever freed; devices have no thread affinity.
unsafe impl Send for DevicePtr {}
// SAFETY: as above; the functions used on devices only read them or take ggml's own locks.
unsafe impl Sync for DevicePtr {}

/// Initialises llama.cpp; the caller makes sure that this happens once.
pub(crate) fn init() -> Result<()> {
    // SAFETY: no arguments; called once, before any other call.
    unsafe { guarded::llama_backend_init() }.map_err(Error::fault)
}

/// All devices of the registry.
pub(crate) fn devices() -> Result<Vec<DevicePtr>, Fault> {
    // SAFETY: no arguments; the backend is initialised by the caller.
    let count = unsafe { guarded::ggml_backend_dev_count() }?;
    let mut found = Vec::with_capacity(count);
    for index in 0..count {
        // SAFETY: `index` is below the count.
        let device = unsafe { guarded::ggml_backend_dev_get(index) }?;
        found.extend(NonNull::new(device).map(DevicePtr));
    }
    Ok(found)
}

impl DevicePtr {
    /// `device` comes from the registry, or is null.
    pub(super) fn new(device: llama_sys::ggml_backend_dev_t) -> Option<Self> {
        NonNull::new(device).map(Self)
    }

    pub(crate) fn as_ptr(self) -> llama_sys::ggml_backend_dev_t {
        self.0.as_ptr()
    }

    /// The kind of memory that the device computes on.
    pub(super) fn buffer_type(self) -> Result<llama_sys::ggml_backend_buffer_type_t, llama_sys::Fault> {
        // SAFETY: the device comes from the registry.
        unsafe { guarded::ggml_backend_dev_buffer_type(self.as_ptr()) }
    }

    /// Short name.
    pub(crate) fn name(self) -> Result<String, Fault> {
        // SAFETY: the device comes from the registry.
        let name = unsafe { guarded::ggml_backend_dev_name(self.as_ptr()) }?;
        // SAFETY: the registry's strings are terminated and live as long as the device.
        Ok(unsafe { owned(name) }.unwrap_or_default())
    }

    /// The maker's name.
    pub(crate) fn description(self) -> Result<String, Fault> {
        // SAFETY: the device comes from the registry.
        let text = unsafe { guarded::ggml_backend_dev_description(self.as_ptr()) }?;
        // SAFETY: as for the name.
        Ok(unsafe { owned(text) }.unwrap_or_default())
    }

    pub(crate) fn kind(self) -> Result<llama_sys::ggml_backend_dev_type, Fault> {
        // SAFETY: the device comes from the registry.
        unsafe { guarded::ggml_backend_dev_type(self.as_ptr()) }
    }

    /// The back end that it belongs to; `None` for what combines devices of others.
    pub(crate) fn registry(self) -> Result<Option<RegistryPtr>, Fault> {
        // SAFETY: the device comes from the registry.
        let registry = unsafe { guarded::ggml_backend_dev_backend_reg(self.as_ptr()) }?;
        Ok(RegistryPtr::new(registry))
    }

    /// True for a device of another host.
    pub(crate) fn is_remote(self) -> bool {
        let name = self.registry().map(|registry| registry.map(RegistryPtr::name));
        matches!(name, Ok(Some(Ok(name))) if name == REMOTE)
    }

    /// Its address on its bus. Many back ends ask the device for its memory on the way.
    pub(crate) fn id(self) -> Result<Option<String>, Fault> {
        let mut props = MaybeUninit::<llama_sys::ggml_backend_dev_props>::zeroed();
        // SAFETY: the device comes from the registry; the out pointer is valid for writes.
        unsafe { guarded::ggml_backend_dev_get_props(self.as_ptr(), props.as_mut_ptr()) }?;
        // SAFETY: zero bytes are a valid value of this plain C struct, and the call has filled it.
        let props = unsafe { props.assume_init() };
        // SAFETY: null, or as for the name.
        Ok(unsafe { owned(props.device_id) })
    }

    /// Bytes that are free, and those that there are: 0 where the device does not tell.
    pub(crate) fn memory(self) -> Result<(usize, usize), Fault> {
        let (mut free, mut total) = (0, 0);
        // SAFETY: the device comes from the registry; both numbers are valid for writes.
        unsafe { guarded::ggml_backend_dev_memory(self.as_ptr(), &raw mut free, &raw mut total) }?;
        // Some back ends subtract what is taken from a budget that has become smaller than that.
        Ok((isize::try_from(free).map_or(0, |_| free), total))
    }

    /// Lets the device set itself up, before something uses it. Some back ends do it at the first use, without a lock,
    /// and leave a device half made where that fails: such a device is asked once, by one thread at a time. Another
    /// host may be there the next time.
    pub(crate) fn start(self) -> Result<(), Fault> {
        static STARTED: Mutex<BTreeMap<DevicePtr, Result<(), Fault>>> = Mutex::new(BTreeMap::new());
        if self.is_remote() {
            return self.buffer_type().map(drop);
        }
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        started.entry(self).or_insert_with(|| self.buffer_type().map(drop)).clone()
    }
}

/// ggml's name of the back end for devices of other hosts.
const REMOTE: &str = "RPC";

/// llama.cpp's line about the processor features in use.
pub(crate) fn system_info() -> Result<String> {
    // llama.cpp assembles the text in a static buffer.
    static BUFFER: Mutex<()> = Mutex::new(());
    let _guard = BUFFER.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: no arguments; the lock keeps other calls away from the static buffer.
    let text = unsafe { guarded::llama_print_system_info() }?;
    // SAFETY: a terminated string, unchanged while the lock is held.
    Ok(unsafe { owned(text) }.unwrap_or_default())
}

/// ggml's version.
pub(crate) fn ggml_version() -> Result<String> {
    // SAFETY: no arguments.
    let text = unsafe { guarded::ggml_version() }?;
    // SAFETY: a literal.
    Ok(unsafe { owned(text) }.unwrap_or_default())
}

/// Most sequences that one context can have.
pub(crate) fn max_sequences() -> Result<usize> {
    // SAFETY: no arguments, returns a constant.
    Ok(unsafe { guarded::llama_max_parallel_sequences() }?)
}

/// Most devices that one model can be spread over.
pub(crate) fn max_devices() -> Result<usize> {
    // SAFETY: no arguments, returns a constant.
    Ok(unsafe { guarded::llama_max_devices() }?)
}

/// Whether the platform can lock memory.
pub(crate) fn supports_mlock() -> Result<bool> {
    // SAFETY: no arguments, returns a constant.
    Ok(unsafe { guarded::llama_supports_mlock() }?)
}

/// Whether the platform can map files.
pub(crate) fn supports_mmap() -> Result<bool> {
    // SAFETY: no arguments, returns a constant.
    Ok(unsafe { guarded::llama_supports_mmap() }?)
}

/// Whether a device other than the CPU is there.
pub(crate) fn supports_gpu_offload() -> Result<bool> {
    // SAFETY: no arguments; the registry is filled.
    Ok(unsafe { guarded::llama_supports_gpu_offload() }?)
}
