//! What a model needs before it is loaded, and where its layers fit.
#![forbid(unsafe_code)]

mod places;
mod planner;
mod room;
mod weights;

pub use planner::Planner;

use crate::context::ContextBuilder;
use crate::device::{Device, chosen};
use crate::error::{Error, Result};
use crate::ffi::backend::DevicePtr;
use crate::ffi::memory::TakenOf;
use crate::model::{Layers, Model, ModelBuilder};
use std::path::Path;

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
    /// What it can give now, see [`Planner::margin`], [`Planner::limit`] and [`Planner::reserve`]; `None` where it does
    /// not tell.
    pub available: Option<u64>,
    /// By how much that is too little. Devices without a memory of their own take what they take from the host, too.
    pub missing: u64,
}

/// What a model needs and where it fits; made by [`fit`], [`ModelBuilder::fit`] and [`ModelBuilder::planner`].
///
/// ```
/// let model = "../examples/model/llama-tiny-chat.gguf";
/// let plan = llama::fit(model, &llama::devices()?, 1024)?;
/// println!("{} of {} layers on devices", plan.offloaded, plan.n_layer);
/// for memory in &plan.memories {
///     println!("{} bytes needed, {} missing", memory.usage.total(), memory.missing);
/// }
/// plan.check()?;
/// let model = llama::Model::builder(model).planned(&plan).load()?;
/// let context = model.context_builder().n_ctx(plan.n_ctx).build()?;
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fit {
    /// Layers of the model, also those that predict several tokens at once.
    pub n_layer: u32,
    /// How many layers the devices hold, the output counted as one more.
    pub offloaded: u32,
    /// Layers, counted from the first, whose experts stay in the memory of the host all the same, see
    /// [`ModelBuilder::cpu_moe`].
    pub cpu_moe: u32,
    /// Tokens that the context holds.
    pub n_ctx: u32,
    /// What to give to [`ModelBuilder::tensor_split`]; empty where there is nothing to share out.
    pub tensor_split: Vec<f32>,
    /// Bytes of the weights of each layer that are loaded.
    pub layer_weights: Vec<u64>,
    /// Bytes of the weights that belong to no layer: embeddings, output.
    pub other_weights: u64,
    /// The memory of the host, then that of each device that is used.
    pub memories: Vec<FitDevice>,
    /// Those that layers are shared out among; single tensors may be on others.
    devices: Vec<Device>,
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

    /// What is too little, as an error.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] for the first memory in which something is missing.
    pub fn check(&self) -> Result<()> {
        let Some(short) = self.memories.iter().find(|memory| memory.missing > 0) else { return Ok(()) };
        let memory = short.device.as_ref().map_or("the host", Device::name).to_owned();
        let (available, missing) = (short.available.unwrap_or(0), short.missing);
        Err(Error::DoesNotFit { memory, needed: available + missing, available })
    }

    /// What to give to [`ModelBuilder::gpu_layers`].
    #[must_use]
    pub fn gpu_layers(&self) -> Layers {
        match self.offloaded {
            0 => Layers::None,
            all if all > self.n_layer => Layers::All,
            some => Layers::Count(some),
        }
    }

    /// What the model would take of each memory, for the plan of another one ([`Planner::beside`]).
    #[must_use]
    pub fn usage(&self) -> Vec<DeviceUsage> {
        let of = |memory: &FitDevice| DeviceUsage { device: memory.device.clone(), usage: memory.usage };
        self.memories.iter().map(of).collect()
    }
}

/// Says what a model needs with a context of `n_ctx` tokens (0: as long as in training), and how many of its layers
/// fit on `devices`, without loading its weights. All there are may be given: those that llama.cpp would choose of them
/// are planned with (devices of other hosts, and GPUs, each once; those within the processor where there are no
/// others). [`ModelBuilder::devices`] and [`ModelBuilder::fit`] take a list as it is.
///
/// # Errors
/// As [`ModelBuilder::load`] and [`ContextBuilder::build`].
pub fn fit(path: impl AsRef<Path>, devices: &[Device], n_ctx: u32) -> Result<Fit> {
    Model::builder(path)
        .devices(&chosen(devices)?)
        .fit(|context| if n_ctx == 0 { context } else { context.n_ctx(n_ctx) })
}

impl<'a> ModelBuilder<'a> {
    /// Says what the model needs with these parameters and those that `context` sets, without loading its weights:
    /// llama.cpp plans everything and allocates nothing. How many layers go to devices is chosen, and which of them
    /// without their experts, unless [`gpu_layers`](Self::gpu_layers) and [`cpu_moe`](Self::cpu_moe) say it.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    pub fn fit(self, context: impl Fn(ContextBuilder) -> ContextBuilder + 'a) -> Result<Fit> {
        self.planner().context(context).plan()
    }

    /// Plans with more to say: a context as long as fits, memory to leave alone.
    pub fn planner(self) -> Planner<'a> {
        Planner::new(self)
    }

    /// Takes the layers, shares and devices of a plan, and the experts that stay with the host. Other options are to be
    /// those of the plan.
    pub fn planned(self, plan: &Fit) -> Self {
        self.gpu_layers(plan.gpu_layers())
            .cpu_moe(plan.cpu_moe)
            .tensor_split(&plan.tensor_split)
            .only_devices(&plan.devices)
    }
}

/// Sums up what llama.cpp lists by kind of memory; that of the host comes first.
pub(crate) fn usage(list: TakenOf) -> Result<Vec<DeviceUsage>> {
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
