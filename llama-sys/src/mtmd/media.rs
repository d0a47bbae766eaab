//! Image and audio files to numbers, within limits.

use crate::Fault;
use crate::fault::RawFault;
use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

type ImageSink = unsafe extern "C" fn(user: *mut c_void, rgb: *const u8, width: u32, height: u32);
type AudioSink = unsafe extern "C" fn(user: *mut c_void, samples: *const f32, len: usize);

unsafe extern "C" {
    fn lrs_media_image(
        fault: *mut RawFault,
        bytes: *const u8,
        len: usize,
        max_pixels: u64,
        sink: ImageSink,
        user: *mut c_void,
    ) -> c_int;
    fn lrs_media_audio(
        fault: *mut RawFault,
        bytes: *const u8,
        len: usize,
        rate: u32,
        max_samples: u64,
        sink: AudioSink,
        user: *mut c_void,
    ) -> c_int;
    fn lrs_media_sha256(fault: *mut RawFault, bytes: *const c_void, len: usize, digits: *mut c_char)
    -> c_int;
}

/// A decoded image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rgb {
    /// Rows of red, green, blue; `3 * width * height` bytes.
    pub pixels: Vec<u8>,
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Runs a function of the shim.
fn call(run: impl FnOnce(*mut RawFault) -> c_int) -> Result<(), Fault> {
    let mut fault = MaybeUninit::<RawFault>::uninit();
    match run(fault.as_mut_ptr()) {
        0 => Ok(()),
        // SAFETY: the shim writes the message before it returns non-zero.
        status => Err(unsafe { fault.assume_init() }.into_fault(status)),
    }
}

/// Decodes JPEG, PNG, BMP, GIF (its first picture) and PNM.
///
/// # Errors
/// When the bytes are none of these or damaged, or the image has more than `max_pixels` pixels; nothing of that
/// size is allocated then.
pub fn image(bytes: &[u8], max_pixels: u64) -> Result<Rgb, Fault> {
    unsafe extern "C" fn keep(user: *mut c_void, rgb: *const u8, width: u32, height: u32) {
        // SAFETY: `user` is the `image` below, alive and not borrowed during the call.
        let image = unsafe { &mut *user.cast::<Rgb>() };
        // SAFETY: the shim passes three bytes per pixel.
        let pixels = unsafe { std::slice::from_raw_parts(rgb, 3 * width as usize * height as usize) };
        *image = Rgb { pixels: pixels.to_vec(), width, height };
    }
    let mut image = Rgb::default();
    call(|fault| {
        let user = (&raw mut image).cast();
        // SAFETY: the bytes are passed with their length; the sink gets a valid pointer to `image`.
        unsafe { lrs_media_image(fault, bytes.as_ptr(), bytes.len(), max_pixels, keep, user) }
    })?;
    Ok(image)
}

/// Decodes WAV, MP3 and FLAC to one channel with `rate` samples per second.
///
/// # Errors
/// When the bytes are none of these, or there are more than `max_samples` samples.
pub fn audio(bytes: &[u8], rate: u32, max_samples: u64) -> Result<Vec<f32>, Fault> {
    unsafe extern "C" fn keep(user: *mut c_void, samples: *const f32, len: usize) {
        // SAFETY: `user` is the `all` below, alive and not borrowed during the call.
        let all = unsafe { &mut *user.cast::<Vec<f32>>() };
        // SAFETY: the shim passes `len` samples.
        all.extend_from_slice(unsafe { std::slice::from_raw_parts(samples, len) });
    }
    let mut all = Vec::<f32>::new();
    call(|fault| {
        let user = (&raw mut all).cast();
        // SAFETY: the bytes are passed with their length; the sink gets a valid pointer to `all`.
        unsafe { lrs_media_audio(fault, bytes.as_ptr(), bytes.len(), rate, max_samples, keep, user) }
    })?;
    Ok(all)
}

/// SHA-256 of `bytes` as 64 hexadecimal digits.
///
/// # Errors
/// When there is no memory for the text.
pub fn sha256(bytes: &[u8]) -> Result<String, Fault> {
    let mut digits = [0_u8; 64];
    call(|fault| {
        // SAFETY: the bytes are passed with their length; there is room for 64 digits.
        unsafe { lrs_media_sha256(fault, bytes.as_ptr().cast(), bytes.len(), digits.as_mut_ptr().cast()) }
    })?;
    Ok(digits.iter().map(|&digit| char::from(digit)).collect())
}
