//! A loaded model.

use super::backend::DevicePtr;
use super::panic::PanicSlot;
use super::stream::CStream;
use super::text::{owned, with_buffer};
use super::vocab::VocabPtr;
use crate::error::{Error, Result};
use llama_sys::{Fault, guarded};
use std::ffi::{CStr, CString, c_void};
use std::ops::ControlFlow;
use std::ptr::NonNull;

/// Owns a `llama_model`.
#[derive(Debug)]
pub(crate) struct ModelPtr(NonNull<llama_sys::llama_model>);

// SAFETY: llama.cpp models have no thread affinity.
unsafe impl Send for ModelPtr {}
// SAFETY: all methods here only read the model, which does not change after loading. The two operations
// that do change it (creating a context with YaRN, loading an adapter) are serialised by a lock in `Model`.
unsafe impl Sync for ModelPtr {}

impl Drop for ModelPtr {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from a load function and everything that uses it holds this owner alive.
        let _ = unsafe { guarded::llama_model_free(self.0.as_ptr()) };
    }
}

/// A value that replaces one in the file's metadata.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OverrideValue {
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(CString),
}

/// Everything that the load function takes, owned on the Rust side.
#[derive(Debug)]
pub(crate) struct LoadParams {
    pub(crate) raw: llama_sys::llama_model_params,
    /// Those that are used besides the CPU.
    pub(crate) devices: Vec<DevicePtr>,
    pub(crate) tensor_split: Vec<f32>,
    pub(crate) overrides: Vec<(CString, OverrideValue)>,
    /// Patterns of tensor names, and the device whose memory holds those that match.
    pub(crate) placed: Vec<(CString, DevicePtr)>,
}

// SAFETY: `raw` only holds null pointers until `load` fills them in.
unsafe impl Send for LoadParams {}

/// Longest key and string value of an override, in bytes.
pub(crate) const OVERRIDE_LEN: usize = 127;

pub(crate) fn default_params() -> Result<llama_sys::llama_model_params> {
    // SAFETY: no arguments, returns a plain struct.
    Ok(unsafe { guarded::llama_model_default_params() }?)
}

/// llama.cpp's name of a load mode.
pub(crate) fn load_mode_name(mode: llama_sys::llama_load_mode) -> Result<Option<String>> {
    // SAFETY: a known mode.
    let text = unsafe { guarded::llama_load_mode_name(mode) }?;
    // SAFETY: null or a literal.
    Ok(unsafe { owned(text) })
}

type Progress<'a> = dyn FnMut(f32) -> ControlFlow<()> + 'a;

struct ProgressState<'a, 'b> {
    callback: &'a mut Progress<'b>,
    panic: PanicSlot,
    stopped: bool,
}

unsafe extern "C" fn on_progress(progress: f32, user: *mut c_void) -> bool {
    // SAFETY: `user` is the state on the stack of `load`, which is not touched while C runs.
    let state = unsafe { &mut *user.cast::<ProgressState<'_, '_>>() };
    let callback = &mut *state.callback;
    let flow = state.panic.run(ControlFlow::Break(()), || callback(progress));
    state.stopped |= flow.is_break();
    flow.is_continue()
}

/// Where a model is read from.
#[derive(Debug)]
pub(crate) enum LoadSource<'a> {
    /// A file, or the first of several whose names follow llama.cpp's pattern.
    Path(CString),
    /// All files of a split model, in order; at least one.
    Splits(Vec<CString>),
    /// An open stream.
    Stream(CStream<'a>),
}

/// How a load ended when it gave no model.
#[derive(Debug)]
pub(crate) enum LoadFailure {
    /// The progress callback stopped it.
    Stopped,
    /// llama.cpp refused; the reason is in the log.
    Refused,
    /// A contained failure.
    Fault(Fault),
}

impl ModelPtr {
    /// Loads a model. A panic of `progress` continues once C has returned.
    pub(crate) fn load(
        source: &LoadSource<'_>,
        params: &LoadParams,
        progress: &mut Progress<'_>,
    ) -> Result<Self, LoadFailure> {
        let mut raw = params.raw;
        let mut devices: Vec<_> = params.devices.iter().map(|device| device.as_ptr()).collect();
        devices.push(std::ptr::null_mut());
        raw.devices = devices.as_mut_ptr();
        if !params.tensor_split.is_empty() {
            raw.tensor_split = params.tensor_split.as_ptr();
        }
        let overrides = raw_overrides(&params.overrides);
        if !params.overrides.is_empty() {
            raw.kv_overrides = overrides.as_ptr();
        }
        let mut placed = Vec::new();
        for (pattern, device) in &params.placed {
            device.start().map_err(LoadFailure::Fault)?;
            let buft = device.buffer_type().map_err(LoadFailure::Fault)?;
            placed.push(llama_sys::llama_model_tensor_buft_override { pattern: pattern.as_ptr(), buft });
        }
        if !placed.is_empty() {
            placed.push(llama_sys::llama_model_tensor_buft_override {
                pattern: std::ptr::null(),
                buft: std::ptr::null_mut(),
            });
            raw.tensor_buft_overrides = placed.as_ptr();
        }
        let mut state = ProgressState { callback: progress, panic: PanicSlot::default(), stopped: false };
        raw.progress_callback = Some(on_progress);
        raw.progress_callback_user_data = (&raw mut state).cast();

        let result = match source {
            LoadSource::Path(path) => {
                // SAFETY: the path is terminated; all lists are terminated as C wants and, like the callback's
                // state, outlive the call.
                unsafe { guarded::llama_model_load_from_file(path.as_ptr(), raw) }
            }
            LoadSource::Splits(paths) => {
                let mut list: Vec<_> = paths.iter().map(|path| path.as_ptr()).collect();
                // SAFETY: as above, for each path; C reads as many as the list has.
                unsafe { guarded::llama_model_load_from_splits(list.as_mut_ptr(), list.len(), raw) }
            }
            LoadSource::Stream(stream) => {
                // SAFETY: as above; the stream is open for reading and not used by anybody else.
                unsafe { guarded::llama_model_load_from_file_ptr(stream.as_ptr(), raw) }
            }
        };
        llama_sys::memory::free_uploads();
        let stopped = state.stopped;
        // A model that was loaded although the callback panicked is freed while the panic unwinds.
        let model = result.map(|ptr| NonNull::new(ptr).map(Self));
        state.panic.resume();
        match model {
            Ok(Some(model)) => Ok(model),
            Ok(None) if stopped => Err(LoadFailure::Stopped),
            Ok(None) => Err(LoadFailure::Refused),
            Err(fault) => Err(LoadFailure::Fault(fault)),
        }
    }

    pub(crate) fn as_ptr(&self) -> *mut llama_sys::llama_model {
        self.0.as_ptr()
    }
}

pub(super) fn raw_overrides(list: &[(CString, OverrideValue)]) -> Vec<llama_sys::llama_model_kv_override> {
    let mut raw: Vec<_> = list
        .iter()
        .map(|(key, value)| {
            let mut entry = empty_override();
            copy_text(&mut entry.key, key);
            match value {
                OverrideValue::Int(v) => {
                    entry.tag = llama_sys::LLAMA_KV_OVERRIDE_TYPE_INT;
                    entry.__bindgen_anon_1.val_i64 = *v;
                }
                OverrideValue::Float(v) => {
                    entry.tag = llama_sys::LLAMA_KV_OVERRIDE_TYPE_FLOAT;
                    entry.__bindgen_anon_1.val_f64 = *v;
                }
                OverrideValue::Bool(v) => {
                    entry.tag = llama_sys::LLAMA_KV_OVERRIDE_TYPE_BOOL;
                    entry.__bindgen_anon_1.val_bool = *v;
                }
                OverrideValue::Str(v) => {
                    entry.tag = llama_sys::LLAMA_KV_OVERRIDE_TYPE_STR;
                    let mut text = [0; 128];
                    copy_text(&mut text, v);
                    entry.__bindgen_anon_1.val_str = text;
                }
            }
            entry
        })
        .collect();
    raw.push(empty_override());
    raw
}

fn empty_override() -> llama_sys::llama_model_kv_override {
    llama_sys::llama_model_kv_override {
        tag: llama_sys::LLAMA_KV_OVERRIDE_TYPE_INT,
        key: [0; 128],
        __bindgen_anon_1: llama_sys::llama_model_kv_override__bindgen_ty_1 { val_str: [0; 128] },
    }
}

/// Copies a text that was checked to be shorter than the field.
fn copy_text(field: &mut [std::ffi::c_char; 128], text: &CStr) {
    for (to, from) in field.iter_mut().zip(text.to_bytes().iter().take(OVERRIDE_LEN)) {
        *to = std::ffi::c_char::from_ne_bytes([*from]);
    }
}

macro_rules! model_getters {
    ($($name:ident: $c:ident -> $ret:ty;)*) => {
        impl ModelPtr {
            $(pub(crate) fn $name(&self) -> Result<$ret> {
                // SAFETY: the model is alive as long as `self`; the function only reads it.
                Ok(unsafe { guarded::$c(self.0.as_ptr()) }?)
            })*
        }
    };
}

model_getters! {
    n_params: llama_model_n_params -> u64;
    size: llama_model_size -> u64;
    n_ctx_train: llama_model_n_ctx_train -> i32;
    n_embd: llama_model_n_embd -> i32;
    n_embd_inp: llama_model_n_embd_inp -> i32;
    n_embd_out: llama_model_n_embd_out -> i32;
    n_layer: llama_model_n_layer -> i32;
    n_layer_nextn: llama_model_n_layer_nextn -> i32;
    n_head: llama_model_n_head -> i32;
    n_head_kv: llama_model_n_head_kv -> i32;
    n_swa: llama_model_n_swa -> i32;
    n_cls_out: llama_model_n_cls_out -> u32;
    rope_type: llama_model_rope_type -> i32;
    rope_freq_scale_train: llama_model_rope_freq_scale_train -> f32;
    ftype: llama_model_ftype -> u32;
    has_encoder: llama_model_has_encoder -> bool;
    has_decoder: llama_model_has_decoder -> bool;
    decoder_start_token: llama_model_decoder_start_token -> i32;
    is_recurrent: llama_model_is_recurrent -> bool;
    is_hybrid: llama_model_is_hybrid -> bool;
    is_diffusion: llama_model_is_diffusion -> bool;
    meta_count: llama_model_meta_count -> i32;
}

impl ModelPtr {
    /// Writes the model as it is in memory. Whether that worked is only seen in the file.
    pub(crate) fn save(&self, path: &CStr) -> Result<(), Fault> {
        // SAFETY: the model is alive and has weights that can be read back (checked by the caller); the path
        // is terminated.
        unsafe { guarded::llama_model_save_to_file(self.0.as_ptr(), path.as_ptr()) }
    }

    pub(crate) fn description(&self) -> Result<String> {
        let text = with_buffer(|buf, len| {
            // SAFETY: the buffer has `len` bytes; the model is alive.
            unsafe { guarded::llama_model_desc(self.0.as_ptr(), buf, len) }
        })?;
        Ok(text.unwrap_or_default())
    }

    pub(crate) fn meta_value(&self, key: &CStr) -> Result<Option<String>> {
        Ok(with_buffer(|buf, len| {
            // SAFETY: the key is terminated, the buffer has `len` bytes, the model is alive.
            unsafe { guarded::llama_model_meta_val_str(self.0.as_ptr(), key.as_ptr(), buf, len) }
        })?)
    }

    pub(crate) fn meta_key_at(&self, index: i32) -> Result<Option<String>> {
        Ok(with_buffer(|buf, len| {
            // SAFETY: C checks the index; the buffer has `len` bytes; the model is alive.
            unsafe { guarded::llama_model_meta_key_by_index(self.0.as_ptr(), index, buf, len) }
        })?)
    }

    pub(crate) fn meta_value_at(&self, index: i32) -> Result<Option<String>> {
        Ok(with_buffer(|buf, len| {
            // SAFETY: C checks the index; the buffer has `len` bytes; the model is alive.
            unsafe { guarded::llama_model_meta_val_str_by_index(self.0.as_ptr(), index, buf, len) }
        })?)
    }

    pub(crate) fn chat_template(&self, name: Option<&CStr>) -> Result<Option<String>> {
        let name = name.map_or(std::ptr::null(), CStr::as_ptr);
        // SAFETY: the name is null or terminated; the model is alive.
        let text = unsafe { guarded::llama_model_chat_template(self.0.as_ptr(), name) }?;
        // SAFETY: null, or a string that lives in the model.
        Ok(unsafe { owned(text) })
    }

    /// Label of a classifier output; the caller checks `index` against `n_cls_out`.
    pub(crate) fn cls_label(&self, index: u32) -> Result<Option<String>> {
        // SAFETY: the index is below the number of outputs; the model is alive.
        let text = unsafe { guarded::llama_model_cls_label(self.0.as_ptr(), index) }?;
        // SAFETY: null, or a string that lives in the model.
        Ok(unsafe { owned(text) })
    }

    /// `None` for numbers that C++ cannot keep in its enum.
    pub(crate) fn ftype_name(ftype: u32) -> Result<Option<String>> {
        // The mark of a guess is the highest bit of the enum.
        if ftype >= 2 * llama_sys::LLAMA_FTYPE_GUESSED {
            return Ok(None);
        }
        // SAFETY: a number that the enum can hold; unknown ones have a name too.
        let text = unsafe { guarded::llama_ftype_name(ftype) }?;
        // SAFETY: null or a literal.
        Ok(unsafe { owned(text) })
    }

    /// The metadata key of a recommended sampling parameter.
    pub(crate) fn meta_key(key: llama_sys::llama_model_meta_key) -> Result<String> {
        // SAFETY: any value is accepted.
        let text = unsafe { guarded::llama_model_meta_key_str(key) }?;
        // SAFETY: null or a literal.
        Ok(unsafe { owned(text) }.unwrap_or_default())
    }

    /// The vocabulary. It lives inside the model and never changes.
    pub(crate) fn vocab(&self) -> Result<VocabPtr> {
        // SAFETY: the model is alive.
        let vocab = unsafe { guarded::llama_model_get_vocab(self.0.as_ptr()) }?;
        NonNull::new(vocab.cast_mut()).map(VocabPtr).ok_or(Error::NoVocab)
    }
}

/// The name of one part of a split model; the caller checks the numbers.
pub(crate) fn split_path(prefix: &CStr, index: i32, count: i32) -> Result<String> {
    let mut out = vec![0_u8; prefix.to_bytes().len() + 64];
    // SAFETY: the buffer has as many bytes as announced; the prefix is terminated.
    let written = unsafe {
        guarded::llama_split_path(out.as_mut_ptr().cast(), out.len(), prefix.as_ptr(), index, count)
    }?;
    out.truncate(usize::try_from(written).unwrap_or(0));
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// The beginning of the name of one part of a split model, or `None` when it has another form.
pub(crate) fn split_prefix(path: &CStr, index: i32, count: i32) -> Result<Option<String>> {
    let mut out = vec![0_u8; path.to_bytes().len() + 1];
    // SAFETY: the buffer has as many bytes as announced; the path is terminated.
    let written = unsafe {
        guarded::llama_split_prefix(out.as_mut_ptr().cast(), out.len(), path.as_ptr(), index, count)
    }?;
    out.truncate(usize::try_from(written).unwrap_or(0));
    Ok((written > 0).then(|| String::from_utf8_lossy(&out).into_owned()))
}
