//! Pixels and samples.

use crate::error::{Error, Result};
use crate::ffi::mtmd::BitmapPtr;
use crate::ffi::text::c_string;
use llama_sys::mtmd::media;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Longest side of an image in pixels: sizes are multiplied in 32 bits further down.
const MAX_SIDE: u32 = 1 << 15;

/// Longest recording in samples: about 26 hours at 16 kHz, 6 GB.
const MAX_SAMPLES: usize = 1_500_000_000;

/// Fewest samples that can be looked at.
const MIN_SAMPLES: usize = 2;

/// Rates that recordings may have, in samples per second.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;

/// An image, as rows of red, green and blue.
///
/// Clones share the pixels.
///
/// ```
/// use llama::multimodal::Image;
/// let red = Image::from_rgb(2, 1, vec![255, 0, 0, 255, 0, 0])?;
/// assert_eq!((red.width(), red.height()), (2, 1));
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "mtmd_bitmap")]
#[derive(Clone)]
pub struct Image {
    rgb: Arc<media::Rgb>,
    id: Arc<str>,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Image");
        shown.field("width", &self.width()).field("height", &self.height()).field("id", &self.id);
        shown.finish_non_exhaustive()
    }
}

impl Image {
    /// Most pixels of an image: 64 million.
    pub const MAX_PIXELS: u64 = 1 << 26;

    /// Decodes a file in memory: JPEG, PNG, BMP, GIF (its first picture) or PNM.
    ///
    /// What memory the decoder takes depends on the size of the picture and not on what the file claims.
    ///
    /// # Errors
    /// [`Error::DecodeMedia`] when it is none of these, damaged, or larger than [`MAX_PIXELS`](Self::MAX_PIXELS).
    #[doc(alias = "mtmd_helper_bitmap_init_from_buf")]
    pub fn decode(file: &[u8]) -> Result<Self> {
        let rgb = media::image(file, Self::MAX_PIXELS).map_err(|fault| refused("image", fault.message()))?;
        Self::new(rgb)
    }

    /// Takes rows of red, green and blue bytes.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless there are `3 * width * height` bytes, both sides lie between 1 and 32768,
    /// and there are at most [`MAX_PIXELS`](Self::MAX_PIXELS) pixels.
    #[doc(alias = "mtmd_bitmap_init")]
    pub fn from_rgb(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self> {
        Self::new(media::Rgb { pixels, width, height })
    }

    fn new(rgb: media::Rgb) -> Result<Self> {
        let (width, height, given) = (rgb.width, rgb.height, rgb.pixels.len());
        let invalid = |reason: String| Err(Error::invalid("pixels", reason));
        let sides = 1..=MAX_SIDE;
        let pixels = u64::from(width) * u64::from(height);
        if !sides.contains(&width) || !sides.contains(&height) || pixels > Self::MAX_PIXELS {
            let max = Self::MAX_PIXELS;
            return invalid(format!(
                "{width} x {height}: each side may have 1 to {MAX_SIDE} pixels, the image {max}"
            ));
        }
        if given as u64 != 3 * pixels {
            let needed = 3 * pixels;
            return invalid(format!(
                "{width} x {height} of three bytes are {needed} bytes, {given} were given"
            ));
        }
        let id = format!("{width}x{height}-{}", media::sha256(&rgb.pixels)?).into();
        Ok(Self { rgb: Arc::new(rgb), id })
    }

    /// Pixels per row.
    #[doc(alias = "mtmd_bitmap_get_nx")]
    #[must_use]
    pub fn width(&self) -> u32 {
        self.rgb.width
    }

    /// Rows.
    #[doc(alias = "mtmd_bitmap_get_ny")]
    #[must_use]
    pub fn height(&self) -> u32 {
        self.rgb.height
    }

    /// Rows of red, green and blue: `3 * width * height` bytes.
    #[doc(alias = "mtmd_bitmap_get_data")]
    #[doc(alias = "mtmd_bitmap_get_n_bytes")]
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.rgb.pixels
    }

    /// A name of the content: equal for equal images, and for no others (it holds a SHA-256).
    #[doc(alias = "mtmd_bitmap_get_id")]
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A copy, without the pixels unless it is `real`.
    pub(super) fn bitmap(&self, real: bool) -> Result<BitmapPtr> {
        let (width, height, id) = (self.width(), self.height(), c_string("id", &self.id)?);
        let bitmap = if real {
            BitmapPtr::image(width, height, self.pixels(), &id)?
        } else {
            BitmapPtr::image_size(width, height, &id)?
        };
        bitmap.ok_or_else(|| refused("image", "its size and its pixels disagree"))
    }
}

/// A recording: samples of one channel.
///
/// Clones share the samples.
///
/// ```
/// use llama::multimodal::Audio;
/// let silence = Audio::from_samples(16_000, vec![0.0; 8_000])?;
/// assert_eq!(silence.duration().as_millis(), 500);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "mtmd_bitmap")]
#[derive(Clone)]
pub struct Audio {
    samples: Arc<[f32]>,
    rate: u32,
    id: Arc<str>,
}

impl fmt::Debug for Audio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Audio");
        shown.field("samples", &self.samples.len()).field("rate", &self.rate).field("id", &self.id);
        shown.finish_non_exhaustive()
    }
}

impl Audio {
    /// Decodes a file in memory (WAV, MP3 or FLAC) to one channel with `rate` samples per second: what
    /// [`Projector::sample_rate`](super::Projector::sample_rate) says.
    ///
    /// # Errors
    /// [`Error::DecodeMedia`] when it is none of these or damaged; otherwise as
    /// [`from_samples`](Self::from_samples).
    #[doc(alias = "mtmd_helper_bitmap_init_from_buf")]
    pub fn decode(file: &[u8], rate: u32) -> Result<Self> {
        check_rate(rate)?;
        let samples = media::audio(file, rate, MAX_SAMPLES as u64);
        Self::new(rate, samples.map_err(|fault| refused("audio", fault.message()))?)
    }

    /// Takes samples of one channel, `rate` per second, each between -1 and 1.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless the rate lies between 1,000 and 384,000, there are between 2 and
    /// 1,500,000,000 samples, and all are finite.
    #[doc(alias = "mtmd_bitmap_init_from_audio")]
    pub fn from_samples(rate: u32, samples: Vec<f32>) -> Result<Self> {
        check_rate(rate)?;
        Self::new(rate, samples)
    }

    fn new(rate: u32, samples: Vec<f32>) -> Result<Self> {
        let invalid = |reason: String| Err(Error::invalid("samples", reason));
        if !(MIN_SAMPLES..=MAX_SAMPLES).contains(&samples.len()) {
            return invalid(format!("{} is not between {MIN_SAMPLES} and {MAX_SAMPLES}", samples.len()));
        }
        if let Some(at) = samples.iter().position(|sample| !sample.is_finite()) {
            return invalid(format!("number {at} is not finite"));
        }
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let id = format!("{rate}-{}-{}", samples.len(), media::sha256(&bytes)?).into();
        Ok(Self { samples: samples.into(), rate, id })
    }

    /// The samples.
    #[doc(alias = "mtmd_bitmap_get_data")]
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Samples per second.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// How long it takes.
    #[must_use]
    pub fn duration(&self) -> std::time::Duration {
        let nanos = self.samples.len() as u128 * 1_000_000_000 / u128::from(self.rate);
        std::time::Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// A name of the content: equal for equal recordings, and for no others (it holds a SHA-256).
    #[doc(alias = "mtmd_bitmap_get_id")]
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bitmap(&self) -> Result<BitmapPtr> {
        let bitmap = BitmapPtr::audio(&self.samples, &c_string("id", &self.id)?)?;
        bitmap.ok_or_else(|| refused("audio", "there is no copy of it"))
    }
}

macro_rules! equal_by_id {
    ($($kind:ty),*) => { $(
        impl PartialEq for $kind {
            fn eq(&self, other: &Self) -> bool {
                self.id == other.id
            }
        }

        impl Eq for $kind {}

        impl Hash for $kind {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.id.hash(state);
            }
        }
    )* };
}

equal_by_id!(Image, Audio);

fn check_rate(rate: u32) -> Result<()> {
    if RATES.contains(&rate) {
        return Ok(());
    }
    Err(Error::invalid("rate", format!("{rate} is not between {} and {}", RATES.start(), RATES.end())))
}

#[cold]
fn refused(kind: &'static str, detail: &str) -> Error {
    Error::DecodeMedia { kind, detail: detail.to_owned() }
}
