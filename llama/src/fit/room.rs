//! How much of each memory a plan may take.

use super::{DeviceUsage, FitDevice};
use crate::device::{Device, DeviceKind, DeviceMemory, devices};
use crate::error::Result;
use crate::ffi::backend::DevicePtr;
use std::collections::BTreeMap;

/// What a plan leaves alone.
#[derive(Debug, Clone)]
pub(super) struct Room {
    /// Bytes that stay free on each device, for its driver and for others.
    pub(super) margin: u64,
    /// Most bytes of single memories.
    limits: Vec<(Place, u64)>,
    /// Bytes that others are going to take.
    reserved: Vec<(Option<Device>, u64)>,
    /// What each memory has. It is read once, before anything is made on a device: contexts that only serve to plan
    /// may take some.
    memory: BTreeMap<DevicePtr, DeviceMemory>,
}

/// A memory; `None` for the host's.
type Place = Option<DevicePtr>;

fn place_of(device: &Device) -> Place {
    (device.kind() != DeviceKind::Cpu).then(|| device.ptr())
}

impl Room {
    pub(super) fn new(margin: u64) -> Self {
        Self { margin, limits: Vec::new(), reserved: Vec::new(), memory: BTreeMap::new() }
    }

    /// The CPU stands for the host.
    pub(super) fn limit(&mut self, device: &Device, bytes: u64) {
        self.limits.push((place_of(device), bytes));
    }

    /// `None` and the CPU stand for the host.
    pub(super) fn reserve(&mut self, device: Option<&Device>, bytes: u64) {
        self.reserved.push((device.filter(|device| place_of(device).is_some()).cloned(), bytes));
    }

    /// Reads what these devices and the host have. A device that does not answer is asked again when it is needed.
    pub(super) fn read(&mut self, used: &[Device]) -> Result<()> {
        for device in used.iter().chain(&host()?) {
            let _ = self.memory(device);
        }
        Ok(())
    }

    /// Compares with what is there, the host first.
    pub(super) fn rate(&mut self, taken: Vec<DeviceUsage>) -> Result<Vec<FitDevice>> {
        let lent = self.lent(&taken)?;
        let host = host()?;
        let rated = taken.into_iter().map(|DeviceUsage { device, usage }| {
            let available = match device.as_ref().or(host.as_ref()) {
                Some(place) => self.of(place)?,
                None => None,
            };
            let needed = usage.total() + if device.is_none() { lent } else { 0 };
            let missing = available.map_or(0, |available| needed.saturating_sub(available));
            Ok(FitDevice { device, usage, available, missing })
        });
        rated.collect()
    }

    /// What devices without a memory of their own take of the host's.
    fn lent(&self, taken: &[DeviceUsage]) -> Result<u64> {
        let taken = taken.iter().map(|other| (&other.device, other.usage.total()));
        let reserved = self.reserved.iter().map(|(device, bytes)| (device, *bytes));
        let mut sum: u64 = 0;
        for (device, bytes) in taken.chain(reserved) {
            if device.as_ref().map_or(Ok(false), Device::shares_host_memory)? {
                sum = sum.saturating_add(bytes);
            }
        }
        Ok(sum)
    }

    /// What a device can give; `None` where it does not tell and nobody said.
    fn of(&mut self, device: &Device) -> Result<Option<u64>> {
        let memory = self.memory(device)?;
        let place = place_of(device);
        let same = |other: &Option<Device>| other.as_ref().and_then(place_of) == place;
        let reserved = self.reserved.iter().filter(|(other, _)| same(other)).map(|(_, bytes)| *bytes);
        let kept = reserved.fold(if place.is_some() { self.margin } else { 0 }, u64::saturating_add);
        let told = (memory.total > 0).then(|| (memory.free as u64).saturating_sub(kept));
        let limit = self.limits.iter().rev().find(|(other, _)| *other == place).map(|(_, limit)| *limit);
        Ok(told.into_iter().chain(limit).min())
    }

    fn memory(&mut self, device: &Device) -> Result<DeviceMemory> {
        if let Some(memory) = self.memory.get(&device.ptr()) {
            return Ok(*memory);
        }
        let memory = device.memory()?;
        self.memory.insert(device.ptr(), memory);
        Ok(memory)
    }
}

/// The CPU, whose memory is the host's.
fn host() -> Result<Option<Device>> {
    Ok(devices()?.into_iter().find(|device| device.kind() == DeviceKind::Cpu))
}
