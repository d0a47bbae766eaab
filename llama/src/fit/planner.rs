//! The search for what fits.

use super::places::{Places, count};
use super::room::Room;
use super::{Fit, FitDevice, weights};
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
/// it may be, and only then layers stay with the CPU.
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
    planned: Option<(Choice, Planned)>,
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

/// Layers on devices, and how many of them on each where that is ours to say.
type Choice = (Layers, Option<Vec<u16>>);

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
        let room = Room { margin: 1 << 30, limits: Vec::new() };
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

    /// Bytes that stay free on each device, for its driver and for others. Default: one GiB.
    pub fn margin(mut self, bytes: u64) -> Self {
        self.room.margin = bytes;
        self
    }

    /// At most so many bytes of a device; the CPU stands for the memory of the host.
    pub fn limit(mut self, device: &Device, bytes: u64) -> Self {
        self.room.limits.push((device.ptr(), bytes));
        self
    }

    /// Plans, without loading the weights. What is missing is in the plan, see [`Fit::check`].
    ///
    /// # Errors
    /// As [`ModelBuilder::load`] and [`ContextBuilder::build`]; [`Error::InvalidParameter`] for a range of context
    /// sizes with nothing in it.
    pub fn plan(mut self) -> Result<Fit> {
        let range = self.n_ctx.clone();
        if let Some(range) = &range
            && (range.is_empty() || *range.start() == 0)
        {
            return Err(Error::invalid("n_ctx", format!("{range:?} is no range of context sizes")));
        }
        let shortest = range.as_ref().map(|range| *range.start());
        let longest = range.as_ref().map(|range| *range.end());
        let chosen = self.builder.layers();
        let free = chosen == Layers::Auto;
        let wanted = if free { Layers::All } else { chosen };
        let planned = self.planned(wanted, None)?;
        let n_layer = planned.model.n_layer();
        let (layer_weights, other_weights) = weights(&planned.header, n_layer);
        self.find_places(wanted, shortest, &layer_weights)?;
        let mut layers = wanted;
        let mut best = self.measure(layers, longest)?;
        if !best.fits() {
            if range.is_some() {
                best = self.measure(layers, shortest)?;
            }
            if free && !best.fits_devices() {
                (layers, best) = self.most_layers(n_layer, shortest)?;
            }
            if let Some(range) = range.filter(|_| best.fits()) {
                best = self.longest(layers, &range, best)?;
            }
        }
        let offloaded = if best.memories.len() == 1 { 0 } else { count(layers, n_layer) };
        let Measured { n_ctx, shares: tensor_split, memories } = best;
        Ok(Fit { n_layer, offloaded, n_ctx, tensor_split, layer_weights, other_weights, memories })
    }

    /// Devices are to hold what they have room for. llama.cpp itself counts layers and goes by what is free, so that
    /// the output or a small device would decide for all.
    fn find_places(&mut self, layers: Layers, n_ctx: Option<u32>, layer_weights: &[u64]) -> Result<()> {
        if self.builder.shares().is_empty() && self.builder.splits_by_layer() {
            let measured = self.measure(layers, n_ctx)?;
            let header = &self.planned(layers, None)?.header;
            self.places = Places::new(header, layer_weights, &measured.memories);
        }
        Ok(())
    }

    /// Largest number of layers that the devices hold: more layers need more of them.
    fn most_layers(&mut self, n_layer: u32, n_ctx: Option<u32>) -> Result<(Layers, Measured)> {
        let mut best = self.measure(Layers::None, n_ctx)?;
        let mut offloaded: u32 = 0;
        let mut too_many = n_layer + 1;
        while offloaded + 1 < too_many {
            let tried = offloaded.midpoint(too_many);
            let measured = self.measure(Layers::Count(tried), n_ctx)?;
            if measured.fits_devices() {
                (offloaded, best) = (tried, measured);
            } else {
                too_many = tried;
            }
        }
        Ok((Layers::Count(offloaded), best))
    }

    /// Longest context with which everything still fits: a longer one needs more.
    fn longest(
        &mut self,
        layers: Layers,
        range: &RangeInclusive<u32>,
        shortest: Measured,
    ) -> Result<Measured> {
        let (mut best, mut steps) = (shortest, 0);
        let mut too_many = (range.end() - range.start()).div_ceil(STEP) + 1;
        while steps + 1 < too_many {
            let tried = steps.midpoint(too_many);
            let n_ctx = range.start().saturating_add(tried * STEP).min(*range.end());
            let measured = self.measure(layers, Some(n_ctx))?;
            if measured.fits() {
                (steps, best) = (tried, measured);
            } else {
                too_many = tried;
            }
        }
        Ok(best)
    }

    fn measure(&mut self, layers: Layers, n_ctx: Option<u32>) -> Result<Measured> {
        let Some(mut places) = self.places.clone() else { return self.build(layers, n_ctx, None) };
        let before = places.counts(layers);
        let first = self.build(layers, n_ctx, Some((&places, &before)))?;
        places.observe(&first.memories);
        let after = places.counts(layers);
        if after == before {
            return Ok(first);
        }
        // So many layers, or so long a context, take so much that some belong elsewhere.
        let second = self.build(layers, n_ctx, Some((&places, &after)))?;
        Ok(if first.fits_devices() && !second.fits_devices() { first } else { second })
    }

    fn build(&mut self, layers: Layers, n_ctx: Option<u32>, places: Option<Chosen<'_>>) -> Result<Measured> {
        if self.builder.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let model = self.planned(layers, places)?.model.clone();
        let builder = (self.context)(model.context_builder().n_threads(1));
        let builder = match n_ctx {
            Some(n_ctx) => builder.n_ctx(n_ctx),
            None => builder,
        };
        let context = builder.plan(&model)?;
        let memories = self.room.rate(context.memory_usage()?)?;
        Ok(Measured { n_ctx: context.n_ctx(), shares: self.builder.shares().to_vec(), memories })
    }

    /// The model with that many layers on devices; the last one is kept.
    fn planned(&mut self, layers: Layers, places: Option<Chosen<'_>>) -> Result<&Planned> {
        let choice = (layers, places.map(|(_, counts)| counts.to_vec()));
        if self.planned.as_ref().is_none_or(|(other, _)| *other != choice) {
            self.planned = None;
        }
        match &mut self.planned {
            Some((_, planned)) => Ok(planned),
            empty => {
                if let Some((places, counts)) = places {
                    self.builder.place(places.of(counts));
                }
                Ok(&empty.insert((choice, self.builder.plan(layers)?)).1)
            }
        }
    }
}
