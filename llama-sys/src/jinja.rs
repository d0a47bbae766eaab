//! The jinja engine of llama.cpp's `common` library: renders chat templates as llama-server does.

use crate::Fault;
use crate::fault::RawFault;
use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

type Sink = unsafe extern "C" fn(user: *mut c_void, text: *const c_char, len: usize, is_input: bool);

unsafe extern "C" {
    fn lrs_jinja_wants_parts(
        fault: *mut RawFault,
        template: *const c_char,
        template_len: usize,
        out: *mut bool,
    ) -> c_int;
    fn lrs_jinja_render(
        fault: *mut RawFault,
        template: *const c_char,
        template_len: usize,
        variables: *const c_char,
        variables_len: usize,
        sink: Sink,
        user: *mut c_void,
    ) -> c_int;
}

/// A run of rendered text from one origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The text.
    pub text: String,
    /// True when all of it came from the variables, false when the template wrote (some of) it.
    pub is_input: bool,
}

/// True when `template` takes the content of a message as a list of parts and not as a text. Found out by running it.
///
/// # Errors
/// When the template does not parse.
pub fn wants_parts(template: &str) -> Result<bool, Fault> {
    let mut fault = MaybeUninit::<RawFault>::uninit();
    let mut out = false;
    // SAFETY: the text is passed with its length, and the results are written to places of their types.
    let status = unsafe {
        lrs_jinja_wants_parts(fault.as_mut_ptr(), template.as_ptr().cast(), template.len(), &raw mut out)
    };
    if status == 0 {
        return Ok(out);
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}

/// Renders `template` with the variables of a JSON object, for example
/// `{"messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": true}`.
///
/// The concatenated texts are the rendered prompt; neighbours differ in origin.
///
/// # Errors
/// When the template does not parse, a template calls `raise_exception`, or `variables` is not a JSON object.
pub fn render(template: &str, variables: &str) -> Result<Vec<Part>, Fault> {
    unsafe extern "C" fn push(user: *mut c_void, text: *const c_char, len: usize, is_input: bool) {
        // SAFETY: `user` is the `runs` below, alive and not borrowed during the call.
        let runs = unsafe { &mut *user.cast::<Vec<(Vec<u8>, bool)>>() };
        if len == 0 {
            return;
        }
        // SAFETY: the shim passes a readable range of `len` bytes.
        let bytes = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), len) };
        match runs.last_mut() {
            Some((last, origin)) if *origin == is_input => last.extend_from_slice(bytes),
            _ => runs.push((bytes.to_vec(), is_input)),
        }
    }
    let mut runs = Vec::<(Vec<u8>, bool)>::new();
    let mut fault = MaybeUninit::<RawFault>::uninit();
    // SAFETY: both texts are passed with their lengths; the sink gets a valid pointer to `runs`.
    let status = unsafe {
        lrs_jinja_render(
            fault.as_mut_ptr(),
            template.as_ptr().cast(),
            template.len(),
            variables.as_ptr().cast(),
            variables.len(),
            push,
            (&raw mut runs).cast(),
        )
    };
    if status == 0 {
        let part = |(bytes, is_input): (Vec<u8>, bool)| Part {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            is_input,
        };
        return Ok(runs.into_iter().map(part).collect());
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}
