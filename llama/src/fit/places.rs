//! Which device holds which layers.

use super::FitDevice;
use super::planner::Choice;
use super::weights::Weights;
use crate::device::Device;
use crate::model::Layers;

/// Devices are filled to the same part of what they have, in steps of one part in so many.
const STEPS: u64 = 1 << 20;

/// Devices and what they are to hold.
#[derive(Debug, Clone)]
pub(super) struct Places {
    devices: Vec<Device>,
    /// What each device has left for weights and past tokens, once its computations have their buffers.
    left: Vec<u64>,
    weights: Weights,
    /// Bytes that the past tokens of a layer take on its device.
    context: u64,
}

impl Places {
    /// From what a choice takes; `None` where a device does not tell what it has.
    pub(super) fn new(weights: &Weights, memories: &[FitDevice], choice: Choice) -> Option<Self> {
        let devices: Vec<_> = memories.iter().filter_map(|memory| memory.device.clone()).collect();
        if devices.is_empty()
            || memories.iter().any(|memory| memory.device.is_some() && memory.available.is_none())
        {
            return None;
        }
        let left = vec![0; devices.len()];
        let mut places = Self { devices, left, weights: weights.clone(), context: 0 };
        places.observe(memories, choice);
        Some(places)
    }

    /// Learns what past tokens and computations take.
    pub(super) fn observe(&mut self, memories: &[FitDevice], choice: Choice) {
        let on_devices = memories.iter().filter(|memory| memory.device.is_some());
        let context: u64 = on_devices.map(|memory| memory.usage.context).sum();
        // The output is one of those that are counted.
        let n_layer = count(choice.layers, self.weights.n_layer()).saturating_sub(1);
        self.context = context / u64::from(n_layer.max(1));
        for (device, left) in self.devices.iter().zip(&mut self.left) {
            let same = |other: &Device| other.ptr() == device.ptr();
            if let Some(memory) = memories.iter().find(|memory| memory.device.as_ref().is_some_and(same)) {
                *left = left_of(memory);
            }
        }
    }

    /// How many of the layers that are to be on devices each of them gets. What none has room for counts as the first
    /// one's.
    pub(super) fn counts(&self, choice: Choice) -> Vec<u16> {
        let mut bytes = self.weights.on_devices(choice.cpu_moe);
        let n_layer = bytes.len() - 1;
        bytes[..n_layer].iter_mut().for_each(|bytes| *bytes += self.context);
        let count = count(choice.layers, self.weights.n_layer());
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
    memory.available.unwrap_or(0).saturating_sub(memory.usage.compute)
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
