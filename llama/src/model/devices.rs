//! Which devices a model uses besides the CPU.
#![forbid(unsafe_code)]

use super::SplitMode;
use crate::device::{self, Device, DeviceKind, devices};
use crate::error::{Error, Result};
use crate::ffi::backend::max_devices;

/// True for what computes on the host's memory: that takes part in every model.
fn is_the_hosts(device: &Device) -> bool {
    matches!(device.kind(), DeviceKind::Cpu | DeviceKind::Accelerator)
}

/// Those of a list that somebody chose.
pub(super) fn chosen(list: &[Device]) -> Result<Vec<Device>> {
    let used: Vec<Device> = list.iter().filter(|device| !is_the_hosts(device)).cloned().collect();
    used.iter().try_for_each(|device| device.single("devices").map(drop))?;
    Ok(used)
}

/// Those that llama.cpp takes where nobody chose: GPUs, or what is within the processor where there is no GPU. One that
/// does not work is left out, with a word in the log.
pub(super) fn by_default(split: Option<SplitMode>) -> Result<Vec<Device>> {
    let all: Vec<Device> =
        devices()?.into_iter().filter(|device| !is_the_hosts(device) && works(device)).collect();
    if split == Some(SplitMode::Tensor) {
        return Ok(all);
    }
    device::chosen(&all)
}

/// The first device that computes faster than the processor, where there is one that works.
#[cfg(feature = "multimodal")]
pub(crate) fn fastest() -> Result<Option<Device>> {
    let all = devices()?;
    let of = |kind: DeviceKind| all.iter().find(|device| device.kind() == kind && works(device));
    Ok(of(DeviceKind::Gpu).or_else(|| of(DeviceKind::IntegratedGpu)).cloned())
}

fn works(device: &Device) -> bool {
    let reason = match device.start() {
        // So CUDA's say that have failed.
        Ok(memory) if memory.total == 0 => "it has no memory".to_owned(),
        Ok(_) => return true,
        Err(error) => error.to_string(),
    };
    crate::log::warn(&format!("{} is left out: {reason}", device.name()));
    false
}

/// Refuses more devices than llama.cpp has room for.
pub(super) fn check_number(used: &[Device], split: Option<SplitMode>) -> Result<()> {
    let max = match split {
        // One of them is used.
        Some(SplitMode::None) => return Ok(()),
        Some(SplitMode::Tensor) => max_devices()?,
        // In each context the processor takes part as well, and what accelerates its work.
        _ => max_devices()?.saturating_sub(devices()?.iter().filter(|device| is_the_hosts(device)).count()),
    };
    if used.len() > max {
        return Err(Error::TooLong { what: "devices", len: used.len(), max });
    }
    if used.is_empty() && split == Some(SplitMode::Tensor) {
        return Err(Error::invalid(
            "split_mode",
            "there is no device besides the CPU that takes a part of each operation",
        ));
    }
    Ok(())
}
