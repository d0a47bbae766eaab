//! How much of each memory a plan may take.

use super::{DeviceUsage, FitDevice};
use crate::device::{Device, DeviceKind, devices};
use crate::error::Result;
use crate::ffi::backend::DevicePtr;

/// What a plan leaves alone.
#[derive(Debug, Clone)]
pub(super) struct Room {
    /// Bytes that stay free on each device, for its driver and for others.
    pub(super) margin: u64,
    /// Most bytes of single devices; the CPU's are those of the host.
    pub(super) limits: Vec<(DevicePtr, u64)>,
}

impl Room {
    /// Compares with what is there, the host first.
    pub(super) fn rate(&self, taken: Vec<DeviceUsage>) -> Result<Vec<FitDevice>> {
        let cpu = devices()?.into_iter().find(|device| device.kind() == DeviceKind::Cpu);
        // What takes the host's own memory takes it away from the host.
        let shared = |device: &Device| device.kind() == DeviceKind::IntegratedGpu;
        let lent: u64 = taken
            .iter()
            .filter(|other| other.device.as_ref().is_some_and(shared))
            .map(|other| other.usage.total())
            .sum();
        let rated = taken.into_iter().map(|DeviceUsage { device, usage }| {
            let room = match device.as_ref().or(cpu.as_ref()) {
                Some(place) => self.of(place, if device.is_some() { self.margin } else { 0 })?,
                None => None,
            };
            let needed = usage.total() + if device.is_none() { lent } else { 0 };
            let missing = room.map_or(0, |room| needed.saturating_sub(room));
            Ok(FitDevice { device, usage, available: room.unwrap_or(0), missing })
        });
        rated.collect()
    }

    /// What a device can give; `None` where it does not tell and nobody said.
    fn of(&self, device: &Device, margin: u64) -> Result<Option<u64>> {
        let memory = device.memory()?;
        let told = (memory.total > 0).then(|| (memory.free as u64).saturating_sub(margin));
        let limit = self.limits.iter().rev().find(|(other, _)| *other == device.ptr()).map(|limit| limit.1);
        Ok(match (told, limit) {
            (Some(told), Some(limit)) => Some(told.min(limit)),
            (told, limit) => told.or(limit),
        })
    }
}
