//! The file that turns media into embeddings.

use super::check;
use super::part::{Media, Part};
use super::prompt::MediaPrompt;
use crate::backend;
use crate::context::{FlashAttention, threads};
use crate::device::{Device, DeviceKind};
use crate::error::{Error, Result};
use crate::ffi::backend::DevicePtr;
use crate::ffi::mtmd::{BitmapPtr, Params, ProjectorPtr, RawPart};
use crate::fit::DeviceUsage;
use crate::model::{Model, devices, path_string};
use crate::stack;
use crate::vocab::{Special, VocabKind};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A projector (mmproj), loaded for one model: turns images and recordings into embeddings.
///
/// A handle: clones are cheap and share the weights. It keeps its model alive. Prompts are cut from any number of
/// threads at once; encoding media takes turns.
///
/// ```no_run
/// use llama::Model;
/// use llama::multimodal::Projector;
/// let model = Model::load("model.gguf")?;
/// let projector = Projector::load(&model, "mmproj.gguf")?;
/// println!("images: {}, audio: {:?} Hz", projector.takes_images(), projector.sample_rate());
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "mtmd_context")]
#[derive(Clone)]
pub struct Projector {
    pub(super) inner: Arc<Inner>,
}

impl fmt::Debug for Projector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projector").field("facts", &self.inner.facts).finish_non_exhaustive()
    }
}

/// What the handles share. Field order is drop order: the projector refers to the model's vocabulary.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) ptr: ProjectorPtr,
    pub(super) facts: Facts,
    pub(super) model: Model,
}

/// Facts that never change, read once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    images: bool,
    rate: Option<u32>,
    /// Embeddings have a position in each of several sections.
    pub(super) sections: bool,
    /// Tells projectors apart.
    fingerprint: u64,
}

impl Projector {
    /// Loads a projector file for `model` with default parameters.
    ///
    /// # Errors
    /// As [`ProjectorBuilder::load`].
    #[doc(alias = "mtmd_init_from_file")]
    pub fn load(model: &Model, path: impl AsRef<Path>) -> Result<Self> {
        Self::builder(model, path).load()
    }

    /// Starts loading with parameters of your own.
    #[doc(alias = "mtmd_context_params")]
    #[doc(alias = "mtmd_context_params_default")]
    pub fn builder(model: &Model, path: impl AsRef<Path>) -> ProjectorBuilder {
        ProjectorBuilder {
            model: model.clone(),
            path: path.as_ref().to_owned(),
            gpu: true,
            device: None,
            n_threads: None,
            flash_attention: FlashAttention::Auto,
            image_tokens: (None, None),
        }
    }

    /// Says what the projector in a file would take of the memory of the host and of devices, without reading its
    /// weights. `device` is where it would compute; a GPU where there is one unless it is given. Images that are larger
    /// than llama.cpp's sample may take more to compute than that.
    ///
    /// ```no_run
    /// use llama::{Model, multimodal::Projector};
    /// let needed = Projector::memory_needed("mmproj.gguf", None)?;
    /// let plan = Model::builder("model.gguf").planner().n_ctx(4096..=32768).beside(&needed).plan()?;
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::LoadProjector`] and [`Error::Fault`] as [`ProjectorBuilder::load`]; [`Error::InvalidParameter`] for a
    /// device that combines others.
    #[doc(alias = "mtmd_get_memory_usage")]
    pub fn memory_needed(path: impl AsRef<Path>, device: Option<&Device>) -> Result<Vec<DeviceUsage>> {
        backend::init()?;
        let path = path.as_ref();
        let refuse = |detail: String| Error::LoadProjector { path: path.to_owned(), detail };
        check::check(path).map_err(refuse)?;
        let device = used_device(device)?;
        crate::registry::computing();
        crate::log::clear_detail();
        match crate::ffi::mtmd::memory_needed(&path_string(path)?, device)? {
            Some(list) => crate::fit::usage(list),
            None => Err(refuse(reason(&crate::log::take_detail()))),
        }
    }

    /// The model that it belongs to.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.inner.model
    }

    /// True when prompts may contain images.
    #[doc(alias = "mtmd_support_vision")]
    #[must_use]
    pub fn takes_images(&self) -> bool {
        self.inner.facts.images
    }

    /// True when prompts may contain recordings.
    #[doc(alias = "mtmd_support_audio")]
    #[must_use]
    pub fn takes_audio(&self) -> bool {
        self.inner.facts.rate.is_some()
    }

    /// Samples per second that recordings must have, or `None` when it does not take audio.
    #[doc(alias = "mtmd_get_audio_sample_rate")]
    #[must_use]
    pub fn sample_rate(&self) -> Option<u32> {
        self.inner.facts.rate
    }

    /// A number that is another one for almost every other file.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.inner.facts.fingerprint
    }

    /// Cuts a prompt into chunks, and prepares the media. A beginning-of-text token is added where the model wants
    /// one.
    ///
    /// # Errors
    /// [`Error::UnsupportedMedia`] and [`Error::SampleRate`] for media that the projector does not take,
    /// [`Error::TooLong`] for texts, [`Error::Failed`] when the media cannot be prepared.
    #[doc(alias = "mtmd_tokenize_from_parts")]
    #[doc(alias = "mtmd_tokenize")]
    pub fn tokenize(&self, parts: impl IntoIterator<Item = Part>) -> Result<MediaPrompt> {
        self.cut(&parts.into_iter().collect::<Vec<_>>(), true, &|_| true)
    }

    /// Cuts a part of a prompt that continues another one: no beginning-of-text token is added.
    ///
    /// # Errors
    /// As [`tokenize`](Self::tokenize).
    #[doc(alias = "mtmd_tokenize_from_parts")]
    pub fn tokenize_fragment(&self, parts: impl IntoIterator<Item = Part>) -> Result<MediaPrompt> {
        self.cut(&parts.into_iter().collect::<Vec<_>>(), false, &|_| true)
    }

    /// Media that are not `real` are counted only, and cannot be encoded.
    pub(super) fn cut(
        &self,
        parts: &[Part],
        add_special: bool,
        real: &dyn Fn(&Media) -> bool,
    ) -> Result<MediaPrompt> {
        let mut raw = Vec::with_capacity(parts.len());
        let mut longest = 0;
        for part in parts {
            raw.push(match part {
                Part::Text { text, special } => {
                    longest = longest.max(self.checked_text(text)?);
                    RawPart::Text { text, parse_special: *special == Special::Parse }
                }
                Part::Media(media) => RawPart::Media(self.checked_media(media, real(media))?),
            });
        }
        crate::log::clear_detail();
        let chunks = stack::with_room(
            "text without white space, or white space alone, in characters",
            longest,
            || self.inner.ptr.tokenize(&raw, add_special),
        )??;
        let media =
            parts.iter().filter_map(|part| if let Part::Media(media) = part { Some(media) } else { None });
        MediaPrompt::new(self.clone(), chunks, &media.map(Media::id).collect::<Vec<_>>())
    }

    /// The longest stretch that a regular expression may have to match.
    fn checked_text(&self, text: &str) -> Result<usize> {
        let max = i32::MAX as usize / 2;
        if text.len() > max {
            return Err(Error::TooLong { what: "text in bytes", len: text.len(), max });
        }
        let regular = self.model().vocab().kind() == VocabKind::Bpe;
        Ok(if regular { stack::longest_stretch(text) } else { 0 })
    }

    fn checked_media(&self, media: &Media, real: bool) -> Result<BitmapPtr> {
        match (media, self.inner.facts.rate) {
            (Media::Image(image), _) if self.takes_images() => image.bitmap(real),
            (Media::Image(_), _) => Err(Error::UnsupportedMedia { kind: "images" }),
            (Media::Audio(audio), Some(expected)) if audio.rate() == expected => audio.bitmap(),
            (Media::Audio(audio), Some(expected)) => Err(Error::SampleRate { given: audio.rate(), expected }),
            (Media::Audio(_), None) => Err(Error::UnsupportedMedia { kind: "audio" }),
        }
    }
}

/// Parameters for loading a [`Projector`].
///
/// ```no_run
/// # let model = llama::Model::load("model.gguf")?;
/// use llama::multimodal::Projector;
/// let projector = Projector::builder(&model, "mmproj.gguf").n_threads(4).max_image_tokens(512).load()?;
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "mtmd_context_params")]
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded before `load` is called"]
pub struct ProjectorBuilder {
    model: Model,
    path: PathBuf,
    gpu: bool,
    device: Option<Device>,
    n_threads: Option<u32>,
    flash_attention: FlashAttention,
    image_tokens: (Option<u32>, Option<u32>),
}

impl ProjectorBuilder {
    /// Computes on a GPU where there is one that works (on by default).
    pub fn gpu(mut self, on: bool) -> Self {
        self.gpu = on;
        self
    }

    /// Computes on this device, unless [`gpu`](Self::gpu) is off.
    pub fn device(mut self, device: &Device) -> Self {
        self.device = Some(device.clone());
        self
    }

    /// Threads for encoding, 1 to 512; [`default_threads`](crate::default_threads) unless set.
    pub fn n_threads(mut self, threads: u32) -> Self {
        self.n_threads = Some(threads);
        self
    }

    /// Whether attention is computed without its full matrix.
    pub fn flash_attention(mut self, choice: FlashAttention) -> Self {
        self.flash_attention = choice;
        self
    }

    /// Fewest tokens of an image, for projectors that take images of any size: smaller ones are enlarged.
    pub fn min_image_tokens(mut self, tokens: u32) -> Self {
        self.image_tokens.0 = Some(tokens);
        self
    }

    /// Most tokens of an image, for projectors that take images of any size: larger ones are reduced.
    pub fn max_image_tokens(mut self, tokens: u32) -> Self {
        self.image_tokens.1 = Some(tokens);
        self
    }

    /// Loads the projector.
    ///
    /// # Errors
    /// [`Error::LoadProjector`] says what is wrong with the file, or that it belongs to another model;
    /// [`Error::InvalidParameter`] for threads, tokens, and what combines devices; [`Error::VocabOnly`] and [`Error::NoVocab`] for such a
    /// model; [`Error::Fault`] when llama.cpp fails on the file.
    #[doc(alias = "mtmd_init_from_file")]
    pub fn load(self) -> Result<Projector> {
        if self.model.is_vocab_only() {
            return Err(Error::VocabOnly);
        }
        self.model.vocab().usable()?;
        let params = Params {
            device: if self.gpu { used_device(self.device.as_ref())? } else { None },
            threads: threads::checked("n_threads", self.n_threads.unwrap_or_else(threads::default_threads))?,
            flash_attention: self.flash_attention.raw(),
            image_tokens: self.checked_image_tokens()?,
        };
        let refuse = |detail: String| Error::LoadProjector { path: self.path.clone(), detail };
        let fingerprint = check::check(&self.path).map_err(refuse)?;
        let path = path_string(&self.path)?;
        crate::registry::computing();
        crate::log::clear_detail();
        let Some(ptr) = ProjectorPtr::load(&self.model.inner.ptr, &path, params)? else {
            return Err(refuse(reason(&crate::log::take_detail())));
        };
        let rate = if ptr.has_audio()? { u32::try_from(ptr.sample_rate()?).ok() } else { None };
        let (images, sections) = (ptr.has_vision()?, ptr.has_sections()?);
        let facts = Facts { images, rate, sections, fingerprint };
        Ok(Projector { inner: Arc::new(Inner { ptr, facts, model: self.model }) })
    }

    fn checked_image_tokens(&self) -> Result<(i32, i32)> {
        const MAX: u32 = 1 << 16;
        let checked = |name, tokens: Option<u32>| match tokens {
            None => Ok(-1),
            Some(tokens) if (1..=MAX).contains(&tokens) => crate::ffi::context::as_i32(name, tokens),
            Some(tokens) => Err(Error::invalid(name, format!("{tokens} is not between 1 and {MAX}"))),
        };
        let (min, max) = self.image_tokens;
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            return Err(Error::invalid("min_image_tokens", format!("{min} is more than the maximum, {max}")));
        }
        Ok((checked("min_image_tokens", min)?, checked("max_image_tokens", max)?))
    }
}

/// llama.cpp's words on one line.
fn reason(log: &str) -> String {
    let line = log.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { "llama.cpp refused the file without a reason".to_owned() } else { line }
}

/// The device besides the CPU: the fastest one, where nobody chose.
fn used_device(chosen: Option<&Device>) -> Result<Option<DevicePtr>> {
    let Some(device) = chosen else {
        return Ok(devices::fastest()?.as_ref().map(Device::ptr));
    };
    let ptr = device.single("device")?;
    device.start()?;
    Ok((device.kind() != DeviceKind::Cpu).then_some(ptr))
}
