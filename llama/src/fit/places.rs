//! Which device holds which layers.

use super::FitDevice;
use crate::device::Device;
use crate::gguf::Gguf;
use crate::model::Layers;

/// Devices are filled to the same part of what they have, in steps of one part in so many.
const STEPS: u64 = 1 << 20;

/// Devices and what they are to hold.
#[derive(Debug, Clone)]
pub(super) struct Places {
    devices: Vec<Device>,
    /// What each device has left for weights and past tokens, once its computations have their buffers.
    left: Vec<u64>,
    /// Bytes of the weights of each layer, those of the output at the end.
    weights: Vec<u64>,
    /// Bytes of the past tokens of all layers.
    context: u64,
}

impl Places {
    /// From what all layers take; `None` where a device does not tell what it has.
    pub(super) fn new(header: &Gguf, layer_weights: &[u64], memories: &[FitDevice]) -> Option<Self> {
        let silent = |memory: &&FitDevice| memory.available == 0 && memory.missing == 0;
        let used: Vec<_> = memories.iter().filter(|memory| memory.device.is_some()).collect();
        if used.is_empty() || used.iter().any(silent) {
            return None;
        }
        let bytes = |name: &str| header.tensors().iter().find(|tensor| tensor.name() == name)?.bytes();
        let output = bytes("output.weight").or_else(|| bytes("token_embd.weight")).unwrap_or(0);
        Some(Self {
            devices: used.iter().filter_map(|memory| memory.device.clone()).collect(),
            left: used.iter().map(|memory| left_of(memory)).collect(),
            weights: layer_weights.iter().copied().chain([output]).collect(),
            context: 0,
        })
    }

    /// Learns what past tokens and computations take.
    pub(super) fn observe(&mut self, memories: &[FitDevice]) {
        self.context = memories.iter().map(|memory| memory.usage.context).sum();
        for (device, left) in self.devices.iter().zip(&mut self.left) {
            let same = |other: &Device| other.ptr() == device.ptr();
            if let Some(memory) = memories.iter().find(|memory| memory.device.as_ref().is_some_and(same)) {
                *left = left_of(memory);
            }
        }
    }

    /// How many of the layers that are to be on devices each of them gets. What none has room for counts as the first
    /// one's.
    pub(super) fn counts(&self, layers: Layers) -> Vec<u16> {
        let n_layer = self.weights.len() - 1;
        let context = self.context / u64::try_from(n_layer.max(1)).unwrap_or(1);
        let mut bytes = self.weights.clone();
        bytes[..n_layer].iter_mut().for_each(|bytes| *bytes += context);
        let count = count(layers, u32::try_from(n_layer).unwrap_or(u32::MAX));
        let first = bytes.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
        spread(&self.left, &bytes[first..])
    }

    /// The devices that get some, and their shares where they are several.
    pub(super) fn of(&self, counts: &[u16]) -> (Vec<Device>, Vec<f32>) {
        let used = self.devices.iter().zip(counts).filter(|(_, count)| **count > 0);
        let (devices, shares): (Vec<_>, Vec<_>) =
            used.map(|(device, count)| (device.clone(), f32::from(*count))).unzip();
        let several = shares.len() > 1;
        (devices, if several { shares } else { Vec::new() })
    }
}

/// What is left for weights and past tokens.
fn left_of(memory: &FitDevice) -> u64 {
    memory.available.saturating_sub(memory.usage.compute)
}

/// How many layers that is, the output counted as one more.
pub(super) fn count(layers: Layers, n_layer: u32) -> u32 {
    match layers {
        Layers::None => 0,
        Layers::Count(count) => count.min(n_layer + 1),
        Layers::Auto | Layers::All => n_layer + 1,
    }
}

/// How many of the consecutive `layers` go to each device, all devices filled to the same part.
fn spread(left: &[u64], layers: &[u64]) -> Vec<u16> {
    let tried = |part: u64| {
        let rooms: Vec<u64> = left.iter().map(|bytes| share(*bytes, part)).collect();
        fill(&rooms, layers)
    };
    let (mut too_little, mut part) = (0, STEPS);
    while too_little + 1 < part {
        let middle = too_little.midpoint(part);
        if tried(middle).1 == 0 { part = middle } else { too_little = middle }
    }
    let (mut counts, rest) = tried(part);
    let first = left.iter().position(|bytes| *bytes > 0).unwrap_or(0);
    counts[first] += rest;
    counts
}

fn share(bytes: u64, part: u64) -> u64 {
    u64::try_from(u128::from(bytes) * u128::from(part) / u128::from(STEPS)).unwrap_or(bytes)
}

/// Fills the last device with the last layers and goes on towards the first; also says how many are left over.
fn fill(rooms: &[u64], layers: &[u64]) -> (Vec<u16>, u16) {
    let mut counts = vec![0; rooms.len()];
    let mut rest = layers.iter().rev().peekable();
    for (count, &room) in counts.iter_mut().zip(rooms).rev() {
        let mut room = room;
        while let Some(bytes) = rest.next_if(|bytes| **bytes <= room) {
            room -= bytes;
            *count += 1;
        }
    }
    (counts, u16::try_from(rest.count()).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_devices_are_filled_alike() {
        assert_eq!(spread(&[1000, 1000], &[10; 10]), [5, 5]);
        assert_eq!(spread(&[3000, 1000], &[10; 8]), [6, 2]);
        // The output is as large as five layers.
        assert_eq!(spread(&[6400, 6400], &[100, 100, 100, 100, 100, 100, 100, 500]), [6, 2]);
        assert_eq!(spread(&[640], &[10, 20, 30]), [3]);
        assert_eq!(spread(&[1 << 40, 1 << 40], &[10_000_000; 20]), [10, 10]);
    }

    #[test]
    fn small_devices_take_what_they_can() {
        assert_eq!(spread(&[640, 64, 0], &[10; 50]), [46, 4, 0]);
        assert_eq!(spread(&[640, 64, 0], &[10; 70]), [64, 6, 0]);
        // The last device has no room for the output, so the layers before it cannot go there either.
        assert_eq!(spread(&[6400, 640], &[100, 100, 1000]), [3, 0]);
    }

    #[test]
    fn what_is_left_over_counts_as_the_first_ones() {
        assert_eq!(spread(&[0, 64], &[10; 10]), [0, 10]);
        assert_eq!(spread(&[64, 64], &[10; 20]), [14, 6]);
        assert_eq!(spread(&[0, 0], &[10; 3]), [3, 0]);
        assert_eq!(spread(&[5, 5], &[]), [0, 0]);
    }
}
