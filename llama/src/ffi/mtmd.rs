//! The multimodal library: projectors, what they are given, what they make of it.

use super::backend::DevicePtr;
use super::memory::TakenOf;
use super::model::ModelPtr;
use super::text::owned;
use crate::error::{Error, Result};
use crate::token::{Pos, Token};
use llama_sys::Fault;
use llama_sys::mtmd::{self, guarded};
use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::ptr::{NonNull, null};
use std::sync::{Mutex, PoisonError};

/// How a projector is loaded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    /// `None` for the CPU alone.
    pub(crate) device: Option<DevicePtr>,
    pub(crate) threads: i32,
    pub(crate) flash_attention: i32,
    /// Fewest and most tokens of an image; -1 for what the file says.
    pub(crate) image_tokens: (i32, i32),
}

/// Owns an `mtmd_context`. The holder keeps the model alive.
#[derive(Debug)]
pub(crate) struct ProjectorPtr {
    ptr: NonNull<mtmd::mtmd_context>,
    /// Held while the projector computes; a contained failure, which makes it unusable.
    computing: Mutex<Option<Fault>>,
}

// SAFETY: a projector has no thread affinity.
unsafe impl Send for ProjectorPtr {}
// SAFETY: tokenizing and the getters only read it: in C they take it as `const`, the preprocessors that it points to
// are `const` too and keep no state, and the vocabulary does not change. What writes to it, encoding and reading the
// result, happens under the lock.
unsafe impl Sync for ProjectorPtr {}

impl Drop for ProjectorPtr {
    fn drop(&mut self) {
        let failure = self.computing.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Other threads may still be at work with it.
        if failure.as_ref().is_some_and(Fault::left_workers) {
            return;
        }
        // SAFETY: the pointer comes from the init function, and nothing else refers to the projector.
        let _ = unsafe { guarded::mtmd_free(self.ptr.as_ptr()) };
    }
}

macro_rules! facts {
    ($($name:ident: $c:ident -> $ret:ty;)*) => {
        $(pub(crate) fn $name(&self) -> Result<$ret> {
            // SAFETY: the projector is alive; the function only reads it.
            Ok(unsafe { guarded::$c(self.ptr.as_ptr()) }?)
        })*
    };
}

/// What a projector would take on a device, or the CPU alone; `None` when the library refuses the file, with the reason
/// in its log.
pub(crate) fn memory_needed(path: &CStr, device: Option<DevicePtr>) -> Result<Option<TakenOf>> {
    let ptr = device.map_or(std::ptr::null_mut(), DevicePtr::as_ptr);
    // SAFETY: the device is null or comes from the registry.
    let found = unsafe { mtmd::memory::needed(path, device.is_some(), ptr) }?;
    Ok(found.map(|list| list.into_iter().map(|taken| (DevicePtr::new(taken.device), taken)).collect()))
}

impl ProjectorPtr {
    /// `None` when the library refuses the file, with the reason in its log.
    pub(crate) fn load(model: &ModelPtr, path: &CStr, params: Params) -> Result<Option<Self>, Fault> {
        // SAFETY: no arguments, returns a plain struct.
        let mut raw = unsafe { guarded::mtmd_context_params_default() }?;
        raw.use_gpu = params.device.is_some();
        raw.device = params.device.map_or(std::ptr::null_mut(), DevicePtr::as_ptr);
        raw.print_timings = false;
        raw.n_threads = params.threads;
        raw.flash_attn_type = params.flash_attention;
        (raw.image_min_tokens, raw.image_max_tokens) = params.image_tokens;
        raw.cb_eval = Some(mtmd::check_node);
        // SAFETY: the model is alive, the path is terminated, the marker in the parameters is a literal in C.
        let ptr = unsafe { guarded::mtmd_init_from_file(path.as_ptr(), model.as_ptr(), raw) }?;
        Ok(NonNull::new(ptr).map(|ptr| Self { ptr, computing: Mutex::new(None) }))
    }

    facts! {
        has_vision: mtmd_support_vision -> bool;
        has_audio: mtmd_support_audio -> bool;
        sample_rate: mtmd_get_audio_sample_rate -> i32;
        has_sections: mtmd_decode_use_mrope -> bool;
    }

    /// True when the tokens of this chunk see each other, those behind them included.
    pub(crate) fn is_non_causal(&self, chunk: ChunkPtr<'_>) -> Result<bool> {
        // SAFETY: both are alive; the function only reads.
        Ok(unsafe { guarded::mtmd_decode_use_non_causal(self.ptr.as_ptr(), chunk.ptr.as_ptr()) }?)
    }

    /// Cuts a prompt into chunks. The caller checked that the media are of a kind that the projector takes.
    pub(crate) fn tokenize(&self, parts: &[RawPart<'_>], add_special: bool) -> Result<ChunksPtr> {
        let texts: Vec<_> = parts.iter().map(RawPart::text).collect();
        let raw: Vec<_> = parts.iter().zip(&texts).map(|(part, text)| part.raw(text.as_ref())).collect();
        let list: Vec<*const mtmd::mtmd_input_part> = raw.iter().map(std::ptr::from_ref).collect();
        let chunks = ChunksPtr::new()?;
        let (out, n_parts) = (chunks.0.as_ptr(), list.len());
        // SAFETY: the projector is alive; the list has an entry per part, whose text or bitmap lives beyond the call.
        let status = unsafe {
            guarded::mtmd_tokenize_from_parts(self.ptr.as_ptr(), out, list.as_ptr(), n_parts, add_special)
        }?;
        if status == 0 { Ok(chunks) } else { Err(failed("tokenizing the prompt", status)) }
    }

    /// The embeddings of a media chunk, `len` numbers. One chunk at a time.
    pub(crate) fn encode(&self, chunk: ChunkPtr<'_>, len: usize) -> Result<Vec<f32>> {
        let mut poison = self.computing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = &*poison {
            return Err(Error::Poisoned { cause: cause.to_string() });
        }
        crate::log::clear_detail();
        // SAFETY: both are alive, and the lock makes this the only computation.
        let status = unsafe { guarded::mtmd_encode_chunk(self.ptr.as_ptr(), chunk.ptr.as_ptr()) };
        let status = status.inspect_err(|fault| *poison = Some(fault.clone()))?;
        if status != 0 {
            return Err(failed("encoding the media", status));
        }
        // SAFETY: the projector is alive and has just computed.
        let data = unsafe { guarded::mtmd_get_output_embd(self.ptr.as_ptr()) }?;
        if data.is_null() {
            return Err(failed("encoding the media", status));
        }
        // SAFETY: a computation of this chunk leaves `n_tokens * n_embd_inp` numbers there, which is what the caller
        // asks for; they stay until the next one, which the lock holds back.
        Ok(unsafe { std::slice::from_raw_parts(data, len) }.to_vec())
    }
}

/// The error for a status; the library's words are in the log.
#[cold]
fn failed(operation: &'static str, status: i32) -> Error {
    let detail = crate::log::take_detail();
    Error::Failed { operation, detail: if detail.is_empty() { format!("status {status}") } else { detail } }
}

/// The marker that stands for a medium in texts unless another one is chosen.
pub(crate) fn default_marker() -> Result<String> {
    // SAFETY: no arguments.
    let text = unsafe { guarded::mtmd_default_marker() }?;
    // SAFETY: a literal in C.
    Ok(unsafe { owned(text) }.unwrap_or_default())
}

/// Owns an `mtmd_bitmap`: pixels or samples with an id.
#[derive(Debug)]
pub(crate) struct BitmapPtr(NonNull<mtmd::mtmd_bitmap>);

// SAFETY: plain data without thread affinity.
unsafe impl Send for BitmapPtr {}
// SAFETY: nothing changes it once it is made.
unsafe impl Sync for BitmapPtr {}

impl Drop for BitmapPtr {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from an init function and is freed once.
        let _ = unsafe { guarded::mtmd_bitmap_free(self.0.as_ptr()) };
    }
}

impl BitmapPtr {
    /// A copy of an image; `None` unless there are three bytes per pixel.
    pub(crate) fn image(width: u32, height: u32, rgb: &[u8], id: &CStr) -> Result<Option<Self>> {
        let pixels = u64::from(width) * u64::from(height);
        if Some(rgb.len() as u64) != pixels.checked_mul(3) {
            return Ok(None);
        }
        // SAFETY: as many bytes as C copies, see above.
        let ptr = unsafe { guarded::mtmd_bitmap_init(width, height, rgb.as_ptr()) }?;
        Self::with_id(ptr, id)
    }

    /// An image without pixels, which can be counted and not encoded.
    pub(crate) fn image_size(width: u32, height: u32, id: &CStr) -> Result<Option<Self>> {
        // SAFETY: C takes null for an image without pixels.
        let ptr = unsafe { guarded::mtmd_bitmap_init(width, height, null()) }?;
        Self::with_id(ptr, id)
    }

    /// A copy of a recording.
    pub(crate) fn audio(samples: &[f32], id: &CStr) -> Result<Option<Self>> {
        // SAFETY: the samples are passed with their number.
        let ptr = unsafe { guarded::mtmd_bitmap_init_from_audio(samples.len(), samples.as_ptr()) }?;
        Self::with_id(ptr, id)
    }

    fn with_id(ptr: *mut mtmd::mtmd_bitmap, id: &CStr) -> Result<Option<Self>> {
        let Some(bitmap) = NonNull::new(ptr).map(Self) else { return Ok(None) };
        // SAFETY: alive and not shared yet; the id is terminated and copied.
        unsafe { guarded::mtmd_bitmap_set_id(bitmap.0.as_ptr(), id.as_ptr()) }?;
        Ok(Some(bitmap))
    }
}

/// A part of a prompt as C takes it.
#[derive(Debug)]
pub(crate) enum RawPart<'a> {
    Text { text: &'a str, parse_special: bool },
    Media(BitmapPtr),
}

impl RawPart<'_> {
    fn text(&self) -> Option<mtmd::mtmd_input_text> {
        let Self::Text { text, parse_special } = self else { return None };
        Some(mtmd::mtmd_input_text {
            text: text.as_ptr().cast::<c_char>(),
            text_len: text.len(),
            add_special: false,
            parse_special: *parse_special,
        })
    }

    fn raw(&self, text: Option<&mtmd::mtmd_input_text>) -> mtmd::mtmd_input_part {
        let bitmap = match self {
            Self::Text { .. } => null(),
            Self::Media(bitmap) => bitmap.0.as_ptr().cast_const(),
        };
        mtmd::mtmd_input_part { text: text.map_or(null(), std::ptr::from_ref), bitmap }
    }
}

/// Owns an `mtmd_input_chunks`, which does not change once it is filled.
#[derive(Debug)]
pub(crate) struct ChunksPtr(NonNull<mtmd::mtmd_input_chunks>);

// SAFETY: plain data without thread affinity.
unsafe impl Send for ChunksPtr {}
// SAFETY: only `tokenize` writes to it, before anybody else has it.
unsafe impl Sync for ChunksPtr {}

impl Drop for ChunksPtr {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from the init function and is freed once; chunks borrow from `self`.
        let _ = unsafe { guarded::mtmd_input_chunks_free(self.0.as_ptr()) };
    }
}

impl ChunksPtr {
    fn new() -> Result<Self> {
        // SAFETY: no arguments.
        let ptr = unsafe { guarded::mtmd_input_chunks_init() }?;
        NonNull::new(ptr).map(Self).ok_or_else(|| failed("tokenizing the prompt", 0))
    }

    pub(crate) fn len(&self) -> Result<usize> {
        // SAFETY: alive; the function only reads.
        Ok(unsafe { guarded::mtmd_input_chunks_size(self.0.as_ptr()) }?)
    }

    /// `None` for an index out of range.
    pub(crate) fn get(&self, index: usize) -> Result<Option<ChunkPtr<'_>>> {
        // SAFETY: alive; C checks the index.
        let ptr = unsafe { guarded::mtmd_input_chunks_get(self.0.as_ptr(), index) }?;
        Ok(NonNull::new(ptr.cast_mut()).map(|ptr| ChunkPtr { ptr, owner: PhantomData }))
    }
}

/// One chunk of a [`ChunksPtr`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChunkPtr<'a> {
    ptr: NonNull<mtmd::mtmd_input_chunk>,
    owner: PhantomData<&'a ChunksPtr>,
}

// SAFETY: a shared reference to data that does not change.
unsafe impl Send for ChunkPtr<'_> {}
// SAFETY: as above.
unsafe impl Sync for ChunkPtr<'_> {}

impl<'a> ChunkPtr<'a> {
    pub(crate) fn kind(self) -> Result<mtmd::mtmd_input_chunk_type> {
        // SAFETY: the chunk lives as long as its owner, which is borrowed; the function only reads.
        Ok(unsafe { guarded::mtmd_input_chunk_get_type(self.ptr.as_ptr()) }?)
    }

    pub(crate) fn n_tokens(self) -> Result<usize> {
        // SAFETY: as for `kind`.
        Ok(unsafe { guarded::mtmd_input_chunk_get_n_tokens(self.ptr.as_ptr()) }?)
    }

    pub(crate) fn n_pos(self) -> Result<Pos> {
        // SAFETY: as for `kind`.
        Ok(unsafe { guarded::mtmd_input_chunk_get_n_pos(self.ptr.as_ptr()) }?)
    }

    /// `None` for text.
    pub(crate) fn id(self) -> Result<Option<String>> {
        // SAFETY: as for `kind`.
        let text = unsafe { guarded::mtmd_input_chunk_get_id(self.ptr.as_ptr()) }?;
        // SAFETY: null, or a text inside the chunk.
        Ok(unsafe { owned(text) })
    }

    /// The tokens of a text; empty for media.
    pub(crate) fn tokens(self) -> Result<&'a [Token]> {
        let mut len = 0;
        // SAFETY: as for `kind`; the length is written.
        let data = unsafe { guarded::mtmd_input_chunk_get_tokens_text(self.ptr.as_ptr(), &raw mut len) }?;
        if data.is_null() || len == 0 {
            return Ok(&[]);
        }
        // SAFETY: `len` tokens that live as long as the owner; `Token` is a transparent `i32`.
        Ok(unsafe { std::slice::from_raw_parts(data.cast::<Token>(), len) })
    }

    /// Position of each embedding of an image in every section, when the first one is at `start`; `None` for
    /// anything else.
    pub(crate) fn image_positions(self, start: Pos, n_tokens: usize) -> Result<Option<Vec<[Pos; 4]>>> {
        // SAFETY: as for `kind`.
        let image = unsafe { guarded::mtmd_input_chunk_get_tokens_image(self.ptr.as_ptr()) }?;
        if image.is_null() {
            return Ok(None);
        }
        let mut all = vec![mtmd::mtmd_decoder_pos { t: 0, x: 0, y: 0, z: 0 }; n_tokens];
        // SAFETY: the image belongs to the chunk, whose number of tokens is the room in `all`.
        unsafe { guarded::mtmd_helper_image_get_decoder_pos(image, start, all.as_mut_ptr()) }?;
        // In this order the library itself passes them on.
        let pos = |value: u32| Pos::try_from(value).unwrap_or(Pos::MAX);
        Ok(Some(all.iter().map(|p| [p.t, p.y, p.x, p.z].map(pos)).collect()))
    }
}
