//! The search for what fits.

use super::places::{Places, count};
use super::room::Room;
use super::weights::Weights;
use super::{DeviceUsage, Fit, FitDevice};
use crate::context::ContextBuilder;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::model::builder::Planned;
use crate::model::{Layers, ModelBuilder};
use std::fmt;
use std::ops::RangeInclusive;

/// llama.cpp rounds contexts up to whole multiples of this many tokens.
const STEP: u32 = 256;

/// Chooses layers and context size so that a model fits; made by [`ModelBuilder::planner`].
///
/// Everything on devices with the longest context is best. If that does not fit, the context is shortened as far as
/// it may be. Only then weights stay with the CPU: the experts of as few layers as possible, see
/// [`ModelBuilder::cpu_moe`], or whole layers where a model has no experts or all of them stay and that is not enough.
/// Several devices are filled alike, each as far as its buffers for computing leave room; where one of them is small,
/// another way to share the layers out may hold one or two more.
///
/// What is free is read once, when the plan begins. Of the host that is what [`Device::memory`] says of the CPU, with
/// no margin but what is [reserved](Self::reserve). Models with a sliding window take several times less for past
/// tokens with [`swa_full(false)`](ContextBuilder::swa_full).
///
/// ```
/// let model = "../examples/model/llama-tiny-chat.gguf";
/// let plan = llama::Model::builder(model).planner().n_ctx(256..=4096).margin(512 << 20).plan()?;
/// plan.check()?;
/// let model = llama::Model::builder(model).planned(&plan).load()?;
/// let context = model.context_builder().n_ctx(plan.n_ctx).build()?;
/// # Ok::<(), llama::Error>(())
/// ```
#[must_use = "nothing is planned before `plan`"]
pub struct Planner<'a> {
    builder: ModelBuilder<'a>,
    context: Box<dyn Fn(ContextBuilder) -> ContextBuilder + 'a>,
    n_ctx: Option<RangeInclusive<u32>>,
    room: Room,
    /// From the shortest context.
    places: Option<Places>,
    planned: Option<(Key, Planned)>,
}

impl fmt::Debug for Planner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planner")
            .field("builder", &self.builder)
            .field("n_ctx", &self.n_ctx)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

/// What goes to devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) layers: Layers,
    /// Layers whose experts stay with the host.
    pub(super) cpu_moe: u32,
}

/// Also how many layers each device gets, where that is ours to say.
type Key = (Choice, Option<Vec<u16>>);

/// The devices, and how many layers each of them is to hold.
type Chosen<'a> = (&'a Places, &'a [u16]);

/// What one choice takes.
struct Measured {
    n_ctx: u32,
    /// The shares of the devices in `memories`.
    shares: Vec<f32>,
    memories: Vec<FitDevice>,
}

impl Measured {
    fn fits(&self) -> bool {
        self.memories.iter().all(|memory| memory.missing == 0)
    }

    fn fits_devices(&self) -> bool {
        self.memories.iter().all(|memory| memory.device.is_none() || memory.missing == 0)
    }
}

impl<'a> Planner<'a> {
    pub(super) fn new(builder: ModelBuilder<'a>) -> Self {
        let room = Room::new(1 << 30);
        Self { builder, context: Box::new(|context| context), n_ctx: None, room, places: None, planned: None }
    }

    /// Parameters of the context that is planned.
    pub fn context(mut self, set: impl Fn(ContextBuilder) -> ContextBuilder + 'a) -> Self {
        self.context = Box::new(set);
        self
    }

    /// The shortest context that is of use and the longest that is wanted, in tokens; as long as fits is chosen,
    /// in whole multiples of 256 (llama.cpp rounds up). Otherwise it is as long as [`context`](Self::context) says.
    pub fn n_ctx(mut self, n_ctx: RangeInclusive<u32>) -> Self {
        self.n_ctx = Some(n_ctx);
        self
    }

    /// Bytes that stay free on each device, for its driver and for others. Default: one GiB. With 0 and
    /// [`reserve`](Self::reserve) each device has a margin of its own.
    pub fn margin(mut self, bytes: u64) -> Self {
        self.room.margin = bytes;
        self
    }

    /// At most so many bytes of a device; the CPU stands for the memory of the host.
    pub fn limit(mut self, device: &Device, bytes: u64) -> Self {
        self.room.limit(device, bytes);
        self
    }

    /// Bytes of a device that stay free for something else, together with those of other calls and the
    /// [margin](Self::margin); the CPU stands for the memory of the host.
    pub fn reserve(mut self, device: &Device, bytes: u64) -> Self {
        self.room.reserve(Some(device), bytes);
        self
    }

    /// [Reserves](Self::reserve) what another model is going to take: a draft model ([`Fit::usage`]), a projector
    /// (`Projector::memory_needed`, feature `multimodal`). What is loaded already takes its memory and needs no
    /// reservation. A LoRA adapter takes about the size of its file, beside the layers that it changes.
    ///
    /// ```
    /// use llama::Model;
    /// let (path, draft) = ("../examples/model/llama-tiny-chat.gguf", "../examples/model/llama-tiny-chat.gguf");
    /// let draft = Model::builder(draft).fit(|context| context.n_ctx(1024))?;
    /// let plan = Model::builder(path).planner().n_ctx(256..=1024).beside(&draft.usage()).plan()?;
    /// plan.check()?;
    /// # Ok::<(), llama::Error>(())
    /// ```
    pub fn beside(mut self, others: &[DeviceUsage]) -> Self {
        for other in others {
            self.room.reserve(other.device.as_ref(), other.usage.total());
        }
        self
    }

    /// Plans, without loading the weights. What is missing is in the plan, see [`Fit::check`].
    ///
    /// # Errors
    /// As [`ModelBuilder::load`] and [`ContextBuilder::build`]; [`Error::InvalidParameter`] for a range of context
    /// sizes with nothing in it, and for [`SplitMode::Tensor`](crate::SplitMode::Tensor): which part of each tensor a
    /// device gets is known once the model is loaded.
    pub fn plan(mut self) -> Result<Fit> {
        let range = self.n_ctx.clone();
        if let Some(range) = &range
            && (range.is_empty() || *range.start() == 0)
        {
            return Err(Error::invalid("n_ctx", format!("{range:?} is no range of context sizes")));
        }
        if self.builder.splits_tensors() {
            let detail = "devices that share each tensor are not planned for; Context::memory_usage says what they take";
            return Err(Error::invalid("split_mode", detail));
        }
        let used = self.builder.devices_of_plan()?;
        self.room.read(&used)?;
        let shortest = range.as_ref().map(|range| *range.start());
        let longest = range.as_ref().map(|range| *range.end());
        let free = self.builder.layers() == Layers::Auto;
        let layers = if free { Layers::All } else { self.builder.layers() };
        let mut choice = Choice { layers, cpu_moe: self.builder.experts_on_host().unwrap_or(0) };
        let may_move_experts = self.builder.experts_on_host().is_none();
        let weights = Weights::new(self.planned(choice, None)?)?;
        self.find_places(choice, shortest, &weights)?;
        let mut best = self.measure(choice, longest)?;
        if !best.fits() {
            if range.is_some() {
                best = self.measure(choice, shortest)?;
            }
            if free && !best.fits_devices() {
                let experts = may_move_experts && weights.has_experts();
                (choice, best) = self.less_on_devices(choice, weights.n_layer(), experts, shortest)?;
            }
            if let Some(range) = range.filter(|_| best.fits()) {
                best = self.longest(choice, &range, best)?;
            }
        }
        let Measured { n_ctx, shares, memories } = best;
        let among = |device: &Device| used.iter().any(|other| other.ptr() == device.ptr());
        let devices: Vec<_> =
            memories.iter().filter_map(|memory| memory.device.clone()).filter(among).collect();
        let n_layer = weights.n_layer();
        let (other, layers) = weights.file.split_last().unwrap_or((&0, &[]));
        Ok(Fit {
            n_layer,
            offloaded: if devices.is_empty() { 0 } else { count(choice.layers, n_layer) },
            cpu_moe: choice.cpu_moe,
            n_ctx,
            tensor_split: shares,
            layer_weights: layers.to_vec(),
            other_weights: *other,
            memories,
            devices,
        })
    }

    /// Devices are to hold what they have room for. llama.cpp itself counts layers and goes by what is free, so that
    /// the output or a small device would decide for all.
    fn find_places(&mut self, choice: Choice, n_ctx: Option<u32>, weights: &Weights) -> Result<()> {
        if self.builder.shares().is_empty() && self.builder.splits_by_layer() {
            let measured = self.measure(choice, n_ctx)?;
            self.places = Places::new(weights, &measured.memories, choice);
        }
        Ok(())
    }

    /// As much as the devices hold: all but some experts, or else some layers without any.
    fn less_on_devices(
        &mut self,
        all: Choice,
        n_layer: u32,
        has_experts: bool,
        n_ctx: Option<u32>,
    ) -> Result<(Choice, Measured)> {
        let mut cpu_moe = all.cpu_moe;
        if has_experts {
            cpu_moe = n_layer;
            let none = self.measure(Choice { cpu_moe, ..all }, n_ctx)?;
            if none.fits_devices() {
                let with = |layers: u32| Choice { cpu_moe: n_layer - layers, ..all };
                let (layers, best) =
                    most(n_layer, none, Measured::fits_devices, |layers| self.measure(with(layers), n_ctx))?;
                return Ok((with(layers), best));
            }
        }
        let with = |layers: u32| Choice { layers: Layers::Count(layers), cpu_moe };
        let none = self.measure(with(0), n_ctx)?;
        let (layers, best) =
            most(n_layer + 1, none, Measured::fits_devices, |layers| self.measure(with(layers), n_ctx))?;
        // Without layers on devices there is no "all the same".
        Ok((Choice { cpu_moe: if layers == 0 { all.cpu_moe } else { cpu_moe }, ..with(layers) }, best))
    }

    /// Longest context with which everything still fits.
    fn longest(
        &mut self,
        choice: Choice,
        range: &RangeInclusive<u32>,
        shortest: Measured,
    ) -> Result<Measured> {
        let too_many = (range.end() - range.start()).div_ceil(STEP) + 1;
        let longest = most(too_many, shortest, Measured::fits, |steps| {
            let n_ctx = range.start().saturating_add(steps * STEP).min(*range.end());
            self.measure(choice, Some(n_ctx))
        })?;
        Ok(longest.1)
    }

    fn measure(&mut self, choice: Choice, n_ctx: Option<u32>) -> Result<Measured> {
        let Some(mut places) = self.places.clone() else { return self.build(choice, n_ctx, None) };
        let before = places.counts(choice);
        let first = self.build(choice, n_ctx, Some((&places, &before)))?;
        places.observe(&first.memories, choice);
        let after = places.counts(choice);
        if after == before {
            return Ok(first);
        }
        // So many layers, or so long a context, take so much that some belong elsewhere.
        let second = self.build(choice, n_ctx, Some((&places, &after)))?;
        Ok(if first.fits_devices() && !second.fits_devices() { first } else { second })
    }

    fn build(&mut self, choice: Choice, n_ctx: Option<u32>, places: Option<Chosen<'_>>) -> Result<Measured> {
        if self.builder.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let model = self.planned(choice, places)?.model.clone();
        let builder = (self.context)(model.context_builder().n_threads(1));
        let builder = match n_ctx {
            Some(n_ctx) => builder.n_ctx(n_ctx),
            None => builder,
        };
        let context = builder.plan(&model)?;
        let memories = self.room.rate(context.memory_usage()?)?;
        Ok(Measured { n_ctx: context.n_ctx(), shares: self.builder.shares().to_vec(), memories })
    }

    /// The model with that on devices; the last one is kept.
    fn planned(&mut self, choice: Choice, places: Option<Chosen<'_>>) -> Result<&Planned> {
        let key = (choice, places.map(|(_, counts)| counts.to_vec()));
        if self.planned.as_ref().is_none_or(|(other, _)| *other != key) {
            self.planned = None;
        }
        match &mut self.planned {
            Some((_, planned)) => Ok(planned),
            empty => {
                if let Some((places, counts)) = places {
                    self.builder.place(places.of(counts));
                }
                Ok(&empty.insert((key, self.builder.plan(choice.layers, choice.cpu_moe)?)).1)
            }
        }
    }
}

/// The largest number below `too_many` that fits, and what it takes: `none` is that of 0, more of it takes more.
fn most(
    mut too_many: u32,
    none: Measured,
    fits: fn(&Measured) -> bool,
    mut measure: impl FnMut(u32) -> Result<Measured>,
) -> Result<(u32, Measured)> {
    let (mut good, mut best) = (0, none);
    while good + 1 < too_many {
        let tried = good.midpoint(too_many);
        let measured = measure(tried)?;
        if fits(&measured) {
            (good, best) = (tried, measured);
        } else {
            too_many = tried;
        }
    }
    Ok((good, best))
}
