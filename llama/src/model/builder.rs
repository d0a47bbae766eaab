//! Loading a model with parameters.

use super::options::{Layers, LoadMode, MetadataOverride, ProgressFlow, SplitMode, checked_replacement};
use super::source::Source;
use super::{LoadTraits, Model, devices, hyper, rules};
use crate::backend;
use crate::cancel::CancelToken;
use crate::device::{Device, DeviceKind};
use crate::error::{Error, Result};
use crate::ffi;
use crate::ffi::backend::DevicePtr;
use crate::ffi::model::{LoadFailure, LoadParams, ModelPtr, OverrideValue};
use crate::ffi::text::c_string;
use crate::gguf::Gguf;
use std::ffi::CString;
use std::fmt;
use std::ops::ControlFlow;

/// Longest pattern of a tensor name, in bytes.
pub(crate) const PATTERN_LEN: usize = 512;

/// llama.cpp refuses models with more layers.
const MAX_LAYERS: u32 = 512;

/// Largest share of a device: llama.cpp sums shares up and multiplies them by sizes, in 32 bits.
const MAX_SHARE: f32 = 1e20;

type Progress<'a> = Box<dyn FnMut(f32) -> ControlFlow<()> + 'a>;

/// Loads a model; made by [`Model::builder`].
///
/// ```
/// use llama::{Layers, Model};
/// let model = Model::builder("../examples/model/llama-tiny-chat.gguf")
///     .gpu_layers(Layers::All)
///     .on_progress(|done| eprint!("\r{:.0}%", 100.0 * done))
///     .load()?;
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_model_params")]
#[must_use = "nothing is loaded before `load`"]
pub struct ModelBuilder<'a> {
    source: Source<'a>,
    layers: Layers,
    load_mode: LoadMode,
    split_mode: Option<SplitMode>,
    main_gpu: Option<i32>,
    tensor_split: Vec<f32>,
    devices: Option<Vec<Device>>,
    overrides: Vec<(String, MetadataOverride)>,
    check_tensors: bool,
    vocab_only: bool,
    extra_buffer_types: Option<bool>,
    lazy: Option<bool>,
    mtp: Option<bool>,
    no_host: Option<bool>,
    placed: Vec<(String, Device)>,
    cpu_moe: Option<u32>,
    progress: Option<Progress<'a>>,
    cancel: Option<CancelToken>,
}

impl fmt::Debug for ModelBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelBuilder").field("source", &self.source.label()).finish_non_exhaustive()
    }
}

/// A model to plan with, and the header of its file.
pub(crate) struct Planned {
    pub(crate) model: Model,
    pub(crate) header: Gguf,
}

impl<'a> ModelBuilder<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self {
            source,
            layers: Layers::Auto,
            load_mode: LoadMode::Auto,
            split_mode: None,
            main_gpu: None,
            tensor_split: Vec::new(),
            devices: None,
            overrides: Vec::new(),
            check_tensors: false,
            vocab_only: false,
            extra_buffer_types: None,
            lazy: None,
            mtp: None,
            no_host: None,
            placed: Vec::new(),
            cpu_moe: None,
            progress: None,
            cancel: None,
        }
    }

    /// How many layers go to devices other than the CPU.
    pub fn gpu_layers(mut self, layers: Layers) -> Self {
        self.layers = layers;
        self
    }

    /// How the file gets into memory.
    pub fn load_mode(mut self, mode: LoadMode) -> Self {
        self.load_mode = mode;
        self
    }

    /// Maps the file (`true`) or reads it (`false`).
    pub fn mmap(self, mmap: bool) -> Self {
        self.load_mode(if mmap { LoadMode::Mmap } else { LoadMode::Read })
    }

    /// Maps the file and locks it in memory, so that it is never swapped out (`true`), or leaves the load mode to
    /// llama.cpp (`false`).
    pub fn mlock(self, lock: bool) -> Self {
        self.load_mode(if lock { LoadMode::MmapMlock } else { LoadMode::Auto })
    }

    /// How the model is spread over several devices.
    pub fn split_mode(mut self, mode: SplitMode) -> Self {
        self.split_mode = Some(mode);
        self
    }

    /// The device that holds everything under [`SplitMode::None`], as an index into the devices used.
    pub fn main_gpu(mut self, index: i32) -> Self {
        self.main_gpu = Some(index);
        self
    }

    /// Relative shares of the model, one for each device that is used besides the CPU.
    pub fn tensor_split(mut self, shares: &[f32]) -> Self {
        self.tensor_split = shares.to_vec();
        self
    }

    /// Only these devices are used besides the CPU. Together with the CPU and its accelerators they may be
    /// [`max_devices`](crate::backend::max_devices). Unless chosen here they are all GPUs of this host, and the log says
    /// which ones do not work and are left out.
    ///
    /// The CPU takes part in every model, and so do accelerators of its own work, such as BLAS: they may be in the list
    /// and change nothing. Without other devices in it the model runs on the CPU alone.
    pub fn devices(mut self, devices: &[Device]) -> Self {
        self.devices = Some(devices.to_vec());
        self
    }

    /// Replaces a value of the file's metadata. Lists, and what describes the file itself (`general.alignment`,
    /// `split.` keys), cannot be replaced.
    pub fn metadata_override(mut self, key: &str, value: impl Into<MetadataOverride>) -> Self {
        self.overrides.push((key.to_owned(), value.into()));
        self
    }

    /// Validates all tensor data while loading; slow.
    pub fn check_tensors(mut self, check: bool) -> Self {
        self.check_tensors = check;
        self
    }

    /// Loads the vocabulary and metadata only, no weights.
    pub fn vocab_only(mut self, vocab_only: bool) -> Self {
        self.vocab_only = vocab_only;
        self
    }

    /// Allows buffer types that rearrange weights for faster computation; llama.cpp's default is yes.
    pub fn extra_buffer_types(mut self, allow: bool) -> Self {
        self.extra_buffer_types = Some(allow);
        self
    }

    /// Reads rows of very large tensors only when they are needed (`true`), or everything at once (`false`).
    /// llama.cpp decides unless set; only some architectures have such tensors.
    #[doc(alias = "llama_lazy_mode")]
    pub fn lazy_tensors(mut self, lazy: bool) -> Self {
        self.lazy = Some(lazy);
        self
    }

    /// Loads the layers that predict several tokens at once, where the file has some.
    pub fn load_mtp(mut self, load: bool) -> Self {
        self.mtp = Some(load);
        self
    }

    /// Keeps weights out of memory that is pinned for a device, so that they can be rearranged for the CPU.
    pub fn no_host(mut self, bypass: bool) -> Self {
        self.no_host = Some(bypass);
        self
    }

    /// Puts tensors whose name contains a match of `pattern` (a regular expression of ECMAScript) into the
    /// memory of `device`, for example large embeddings (`per_layer_token_embd`) into that of the CPU. The first
    /// pattern that matches counts.
    #[doc(alias = "llama_model_tensor_buft_override")]
    pub fn tensor_device(mut self, pattern: &str, device: &Device) -> Self {
        self.placed.push((pattern.to_owned(), device.clone()));
        self
    }

    /// Keeps the experts of the first `layers` layers in the memory of the host (`u32::MAX`: of all), and computes with
    /// them there. They are most of the weights, few of them are used for each token, and the rest of each layer is
    /// worth a device more. Models without experts are not concerned; [`tensor_device`](Self::tensor_device) counts
    /// first. [`Planner`](crate::Planner) chooses a number, unless one is given.
    ///
    /// ```
    /// use llama::{Layers, Model};
    /// let builder = Model::builder("../examples/model/llama-tiny-chat.gguf");
    /// let model = builder.gpu_layers(Layers::All).cpu_moe(12).load()?;
    /// # drop(model);
    /// # Ok::<(), llama::Error>(())
    /// ```
    pub fn cpu_moe(mut self, layers: u32) -> Self {
        self.cpu_moe = Some(layers);
        self
    }

    /// Loads so that the weights can be changed by a [`Trainer`](crate::Trainer) and saved by
    /// [`Model::save`]: read into memory, unmapped, in the order of the file.
    pub fn trainable(mut self) -> Self {
        self.load_mode = LoadMode::Read;
        self.extra_buffer_types = Some(false);
        self.lazy = Some(false);
        self
    }

    /// Called on this thread with the progress from 0 to 1. Return `ControlFlow::Break(())` to stop the load;
    /// a panic stops it too and continues in the caller of [`load`](Self::load).
    #[doc(alias = "llama_progress_callback")]
    pub fn on_progress<R: ProgressFlow>(mut self, mut callback: impl FnMut(f32) -> R + 'a) -> Self {
        self.progress = Some(Box::new(move |progress| callback(progress).into_flow()));
        self
    }

    /// Stops the load, or the search for a plan, with [`Error::Cancelled`] when the token is cancelled.
    pub fn cancel(mut self, token: CancelToken) -> Self {
        self.cancel = Some(token);
        self
    }

    /// Loads the model.
    ///
    /// # Errors
    /// [`Error::LoadModel`] says what is wrong with the file and what to do; [`Error::Cancelled`] after a
    /// cancel; [`Error::InvalidParameter`] for parameters that cannot work.
    ///
    /// # Panics
    /// Only where the progress callback panics.
    #[doc(alias = "llama_model_load_from_file")]
    pub fn load(mut self) -> Result<Model> {
        backend::init()?;
        let mut params = self.params()?;
        let cancel = self.cancel.take();
        let mut callback = self.progress.take();
        let mut progress = |done: f32| {
            if cancel.as_ref().is_some_and(CancelToken::is_cancelled) {
                return ControlFlow::Break(());
            }
            callback.as_mut().map_or(ControlFlow::Continue(()), |callback| callback(done))
        };
        if progress(0.0).is_break() {
            return Err(Error::Cancelled);
        }
        let opened = self.source.open(&mut params.raw)?;
        self.check_header(&opened.header, &params.overrides)?;
        let architecture = rules::architecture(&opened.header, &params.overrides);
        let traits = LoadTraits {
            vocab_only: self.vocab_only,
            planned: false,
            mapped: params.raw.lazy_mode != llama_sys::LLAMA_LAZY_MODE_OFF
                || !matches!(
                    params.raw.load_mode,
                    llama_sys::LLAMA_LOAD_MODE_NONE | llama_sys::LLAMA_LOAD_MODE_MLOCK
                ),
            rearranged: params.raw.use_extra_bufts,
        };
        crate::registry::computing();
        crate::log::clear_detail();
        match ModelPtr::load(&opened.load, &params, &mut progress) {
            Ok(ptr) if self.vocab_only => Model::from_ptr(ptr, traits, architecture),
            Ok(ptr) => match hyper::check(&ptr, &params.overrides, &opened.header)? {
                Some(detail) => Err(self.source.refuse(&detail)),
                None => Model::from_ptr(ptr, traits, architecture),
            },
            Err(LoadFailure::Stopped) => Err(Error::Cancelled),
            Err(LoadFailure::Refused) => Err(self.source.explain(&crate::log::take_detail())),
            Err(LoadFailure::Fault(fault)) => Err(self.source.explain(&crate::error::words(&fault))),
        }
    }

    /// Checks what the header says, and the tokens where they matter.
    fn check_header(&self, header: &Gguf, overrides: &[(CString, OverrideValue)]) -> Result<()> {
        if let Some(reason) = rules::fixed_key(header, overrides) {
            return Err(Error::invalid("metadata_override", reason));
        }
        let check = if self.vocab_only { rules::bad_vocabulary } else { rules::broken };
        let mut bad = check(header, overrides);
        let tokenizer = rules::text(header, overrides, "tokenizer.ggml.model").unwrap_or_default();
        if bad.is_none() && rules::vocabulary::LOOKED_AT.contains(&tokenizer.as_str()) {
            bad = rules::vocabulary::bad_tokens(&tokenizer, &self.source.tokens()?);
        }
        bad.map_or(Ok(()), |detail| Err(self.source.refuse(&detail)))
    }

    pub(crate) fn layers(&self) -> Layers {
        self.layers
    }

    pub(crate) fn shares(&self) -> &[f32] {
        &self.tensor_split
    }

    pub(crate) fn splits_by_layer(&self) -> bool {
        matches!(self.split_mode, None | Some(SplitMode::Layer))
    }

    pub(crate) fn splits_tensors(&self) -> bool {
        self.split_mode == Some(SplitMode::Tensor)
    }

    pub(crate) fn experts_on_host(&self) -> Option<u32> {
        self.cpu_moe
    }

    pub(crate) fn place(&mut self, (devices, shares): (Vec<Device>, Vec<f32>)) {
        (self.devices, self.tensor_split) = (Some(devices), shares);
    }

    /// The devices among which a plan shares out layers.
    pub(crate) fn devices_of_plan(&mut self) -> Result<Vec<Device>> {
        backend::init()?;
        self.vocab_only = false;
        self.settle_devices()
    }

    /// Where everything is on one device, a list of devices with that one alone names it.
    pub(crate) fn only_devices(self, devices: &[Device]) -> Self {
        Self { main_gpu: None, ..self }.devices(devices)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// A model without weights, to plan with: nothing may be computed with it.
    pub(crate) fn plan(&mut self, layers: Layers, cpu_moe: u32) -> Result<Planned> {
        backend::init()?;
        (self.layers, self.cpu_moe) = (layers, Some(cpu_moe));
        let mut params = self.params()?;
        params.raw.no_alloc = true;
        params.raw.load_mode = llama_sys::LLAMA_LOAD_MODE_NONE;
        params.raw.lazy_mode = llama_sys::LLAMA_LAZY_MODE_OFF;
        let opened = self.source.open(&mut params.raw)?;
        self.check_header(&opened.header, &params.overrides)?;
        crate::registry::computing();
        crate::log::clear_detail();
        let architecture = rules::architecture(&opened.header, &params.overrides);
        let rearranged = params.raw.use_extra_bufts;
        let traits = LoadTraits { vocab_only: false, planned: true, mapped: false, rearranged };
        match ModelPtr::load(&opened.load, &params, &mut |_| ControlFlow::Continue(())) {
            Ok(ptr) => match hyper::check(&ptr, &params.overrides, &opened.header)? {
                Some(detail) => Err(self.source.refuse(&detail)),
                None => {
                    Ok(Planned { model: Model::from_ptr(ptr, traits, architecture)?, header: opened.header })
                }
            },
            Err(LoadFailure::Fault(fault)) => Err(self.source.explain(&crate::error::words(&fault))),
            Err(_) => Err(self.source.explain(&crate::log::take_detail())),
        }
    }

    fn params(&mut self) -> Result<LoadParams> {
        let mut raw = ffi::model::default_params()?;
        match self.layers {
            Layers::Auto => {}
            Layers::All => raw.n_gpu_layers = -1,
            Layers::None => raw.n_gpu_layers = 0,
            Layers::Count(n) => {
                raw.n_gpu_layers = i32::try_from(n)
                    .map_err(|_| Error::invalid("gpu_layers", format!("{n} is more than any model has")))?;
            }
        }
        raw.load_mode = self.load_mode.raw();
        if let Some(mode) = self.split_mode.filter(|_| !self.vocab_only) {
            raw.split_mode = mode.raw();
        }
        if let Some(index) = self.main_gpu {
            raw.main_gpu = index;
        }
        raw.check_tensors = self.check_tensors;
        raw.vocab_only = self.vocab_only;
        if let Some(allow) = self.extra_buffer_types {
            raw.use_extra_bufts = allow;
        }
        if self.lazy == Some(false) {
            raw.lazy_mode = llama_sys::LLAMA_LAZY_MODE_OFF;
        }
        if self.lazy == Some(true) {
            raw.lazy_mode = llama_sys::LLAMA_LAZY_MODE_ON;
        }
        if let Some(load) = self.mtp {
            raw.load_mtp = load;
        }
        if let Some(bypass) = self.no_host {
            raw.no_host = bypass;
        }
        let placed = self.checked_places()?;
        let overrides = self.overrides.iter().map(checked_replacement).collect::<Result<_>>()?;
        let used = self.settle_devices()?;
        let tensor_split = self.checked_tensor_split(&used)?;
        let devices = used.iter().map(Device::ptr).collect();
        Ok(LoadParams { raw, devices, tensor_split, overrides, placed })
    }

    /// The devices that are used, which stay the same from now on.
    fn settle_devices(&mut self) -> Result<Vec<Device>> {
        if self.vocab_only {
            return Ok(Vec::new());
        }
        let used = match &self.devices {
            Some(list) => devices::chosen(list)?,
            None => devices::by_default(self.split_mode)?,
        };
        devices::check_number(&used, self.split_mode)?;
        for device in &used {
            let refuse = |error| self.source.refuse(&format!("{} cannot be used: {error}", device.name()));
            device.start().map_err(refuse)?;
        }
        self.devices = Some(used.clone());
        Ok(used)
    }

    fn checked_places(&self) -> Result<Vec<(CString, DevicePtr)>> {
        // One may be needed for experts, and one ends the list.
        let max = ffi::registry::max_tensor_overrides()?.saturating_sub(2);
        if self.placed.len() > max {
            return Err(Error::TooLong { what: "tensor_device", len: self.placed.len(), max });
        }
        let checked = self.placed.iter().map(|(pattern, device)| {
            if pattern.is_empty() {
                return Err(Error::invalid("tensor_device", "the pattern is empty"));
            }
            if pattern.len() > PATTERN_LEN {
                let len = pattern.len();
                return Err(Error::TooLong { what: "pattern of a tensor name", len, max: PATTERN_LEN });
            }
            Ok((c_string("pattern of a tensor name", pattern)?, device.single("tensor_device")?))
        });
        let mut places: Vec<_> = checked.collect::<Result<_>>()?;
        let layers = self.cpu_moe.unwrap_or(0);
        let cpu = |device: &Device| device.kind() == DeviceKind::Cpu;
        if layers > 0
            && let Some(cpu) = crate::device::devices()?.into_iter().find(cpu)
        {
            places.push((c_string("pattern of a tensor name", &experts_of(layers))?, cpu.ptr()));
        }
        Ok(places)
    }

    /// The shares, filled up to the length that C reads.
    fn checked_tensor_split(&self, used: &[Device]) -> Result<Vec<f32>> {
        let max = ffi::backend::max_devices()?;
        if self.tensor_split.is_empty() {
            // llama.cpp would divide by what is free.
            return Ok(if self.are_full(used) { vec![1.0; max] } else { Vec::new() });
        }
        if self.tensor_split.len() > max {
            return Err(Error::TooLong { what: "tensor_split", len: self.tensor_split.len(), max });
        }
        if let Some(share) = self.tensor_split.iter().find(|share| !(0.0..=MAX_SHARE).contains(*share)) {
            return Err(Error::invalid(
                "tensor_split",
                format!("{share} is not between 0 and {MAX_SHARE:e}"),
            ));
        }
        let mut shares = self.tensor_split.clone();
        shares.resize(max, 0.0);
        Ok(shares)
    }

    /// True when none of the devices that would hold layers has anything left.
    fn are_full(&self, used: &[Device]) -> bool {
        if matches!(self.layers, Layers::None | Layers::Count(0)) {
            return false;
        }
        let full = |device: &Device| device.memory().is_ok_and(|memory| memory.free == 0 && memory.total > 0);
        !used.is_empty() && used.iter().all(full)
    }
}

/// A pattern for the experts of the first layers.
fn experts_of(layers: u32) -> String {
    let listed = || (0..layers).map(|layer| layer.to_string()).collect::<Vec<_>>().join("|");
    let numbers = if layers < MAX_LAYERS { listed() } else { r"\d+".to_owned() };
    format!(r"blk\.({numbers})\.ffn_(up|down|gate|gate_up)_(ch|)exps")
}
