//! What a model needs before it is loaded, and where its layers fit.
#![forbid(unsafe_code)]

use crate::context::ContextBuilder;
use crate::device::{Device, DeviceKind, devices};
use crate::error::Result;
use crate::ffi::backend::DevicePtr;
use crate::gguf::Gguf;
use crate::model::{Layers, Model, ModelBuilder};
use std::path::Path;

/// Bytes that stay free on each device, for its driver and for others.
const MARGIN: u64 = 1 << 30;

/// Bytes of memory, by what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MemoryUse {
    /// Weights.
    pub weights: u64,
    /// The memory of past tokens (KV cache, recurrent states).
    pub context: u64,
    /// Buffers of computations, and those of results.
    pub compute: u64,
}

impl MemoryUse {
    /// All together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.weights + self.context + self.compute
    }
}

/// What a model and its context take of one memory.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeviceUsage {
    /// The device; `None` for the memory of the host.
    pub device: Option<Device>,
    /// What is taken.
    pub usage: MemoryUse,
}

/// One memory of a [`Fit`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FitDevice {
    /// The device; `None` for the memory of the host.
    pub device: Option<Device>,
    /// What it would take.
    pub usage: MemoryUse,
    /// What it can give now: on devices, what is free less a GiB for others; 0 where it does not tell.
    pub available: u64,
    /// By how much that is too little.
    pub missing: u64,
}

/// What a model needs and where it fits; made by [`fit`] and [`ModelBuilder::fit`].
///
/// ```
/// let model = "../examples/model/llama-tiny-chat.gguf";
/// let plan = llama::fit(model, &llama::devices()?, 1024)?;
/// println!("{} of {} layers on devices", plan.offloaded, plan.n_layer);
/// for memory in &plan.memories {
///     println!("{} bytes needed, {} missing", memory.usage.total(), memory.missing);
/// }
/// let model = llama::Model::builder(model).gpu_layers(plan.gpu_layers()).load()?;
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fit {
    /// Layers of the model.
    pub n_layer: u32,
    /// How many layers the devices hold, the output counted as one more.
    pub offloaded: u32,
    /// Bytes of the weights of each layer.
    pub layer_weights: Vec<u64>,
    /// Bytes of the weights that belong to no layer: embeddings, output.
    pub other_weights: u64,
    /// The memory of the host, then that of each device that is used.
    pub memories: Vec<FitDevice>,
}

impl Fit {
    /// True when everything fits.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.missing() == 0
    }

    /// Bytes that are missing, over all memories.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.memories.iter().map(|memory| memory.missing).sum()
    }

    /// What to give to [`ModelBuilder::gpu_layers`].
    #[must_use]
    pub fn gpu_layers(&self) -> Layers {
        Layers::Count(self.offloaded)
    }
}

/// Says what a model needs with a context of `n_ctx` tokens (0: as long as in training), and how many of its layers
/// fit on `devices`, without loading its weights. The CPU among them is no limit of its own.
///
/// # Errors
/// As [`ModelBuilder::load`] and [`ContextBuilder::build`].
pub fn fit(path: impl AsRef<Path>, devices: &[Device], n_ctx: u32) -> Result<Fit> {
    let others: Vec<_> = devices.iter().filter(|device| device.kind() != DeviceKind::Cpu).cloned().collect();
    Model::builder(path)
        .devices(&others)
        .fit(|context| if n_ctx == 0 { context } else { context.n_ctx(n_ctx) })
}

impl ModelBuilder<'_> {
    /// Says what the model needs with these parameters and those that `context` sets, without loading its weights:
    /// llama.cpp plans everything and allocates nothing. How many layers go to devices is chosen, unless
    /// [`gpu_layers`](Self::gpu_layers) says it.
    ///
    /// # Errors
    /// As [`load`](Self::load) and [`ContextBuilder::build`].
    pub fn fit(mut self, context: impl Fn(ContextBuilder) -> ContextBuilder) -> Result<Fit> {
        let chosen = self.layers();
        let mut measure = |layers: Layers| -> Result<Measured> {
            let planned = self.plan(layers)?;
            let memories = context(planned.model.context_builder().n_threads(1)).build()?.memory_usage()?;
            let memories = memories.into_iter().map(rate).collect::<Result<_>>()?;
            Ok(Measured { n_layer: planned.model.n_layer(), header: planned.header, memories })
        };
        let mut best = measure(if chosen == Layers::Auto { Layers::None } else { chosen })?;
        let all = best.n_layer + 1;
        let mut offloaded = match chosen {
            Layers::All => all,
            Layers::Count(n) => n.min(all),
            _ => 0,
        };
        if chosen == Layers::Auto && devices()?.iter().any(|device| device.kind() != DeviceKind::Cpu) {
            // Largest number of layers whose memory is there: more layers need more of it.
            let mut too_many = all + 1;
            while offloaded + 1 < too_many {
                let tried = offloaded.midpoint(too_many);
                let measured = measure(Layers::Count(tried))?;
                let fits =
                    measured.memories.iter().all(|memory| memory.device.is_none() || memory.missing == 0);
                if fits {
                    (offloaded, best) = (tried, measured);
                } else {
                    too_many = tried;
                }
            }
        }
        let (layer_weights, other_weights) = weights(&best.header, best.n_layer);
        Ok(Fit { n_layer: best.n_layer, offloaded, layer_weights, other_weights, memories: best.memories })
    }
}

struct Measured {
    n_layer: u32,
    header: Gguf,
    memories: Vec<FitDevice>,
}

/// Compares with what is there.
fn rate(taken: DeviceUsage) -> Result<FitDevice> {
    let cpu = || devices().map(|list| list.into_iter().find(|device| device.kind() == DeviceKind::Cpu));
    let (device, margin) = match &taken.device {
        Some(device) => (Some(device.clone()), MARGIN),
        None => (cpu()?, 0),
    };
    let free = device.map_or(Ok(0), |device| device.memory().map(|memory| memory.free as u64))?;
    let available = free.saturating_sub(margin);
    let known = free > 0;
    let missing = if known { taken.usage.total().saturating_sub(available) } else { 0 };
    Ok(FitDevice { device: taken.device, usage: taken.usage, available, missing })
}

/// Sums up what llama.cpp lists by kind of memory; that of the host comes first.
pub(crate) fn usage(list: Vec<(Option<DevicePtr>, llama_sys::memory::Taken)>) -> Result<Vec<DeviceUsage>> {
    let mut sums: Vec<(Option<DevicePtr>, MemoryUse)> = vec![(None, MemoryUse::default())];
    for (device, taken) in list {
        let at = sums.iter().position(|(other, _)| *other == device).unwrap_or_else(|| {
            sums.push((device, MemoryUse::default()));
            sums.len() - 1
        });
        let sum = &mut sums[at].1;
        sum.weights += taken.model as u64;
        sum.context += taken.context as u64;
        sum.compute += taken.compute as u64;
    }
    let named = |(device, usage): (Option<DevicePtr>, MemoryUse)| {
        Ok(DeviceUsage { device: device.map(Device::new).transpose()?, usage })
    };
    sums.into_iter().map(named).collect()
}

/// Bytes of the weights of each layer and of all others.
fn weights(header: &Gguf, n_layer: u32) -> (Vec<u64>, u64) {
    let (mut layers, mut others) = (vec![0; n_layer as usize], 0);
    for tensor in header.tensors() {
        let bytes = tensor.bytes().unwrap_or(0);
        let number = tensor.name().split_once("blk.").and_then(|(_, rest)| rest.split('.').next());
        match number.and_then(|n| n.parse::<usize>().ok()).and_then(|n| layers.get_mut(n)) {
            Some(layer) => *layer += bytes,
            None => others += bytes,
        }
    }
    (layers, others)
}
