//! Chat formats of llama.cpp's `common` library: what llama-server does between messages and tokens.
//!
//! JSON goes in and comes out; the safe crate gives it types.

use crate::Fault;
use crate::fault::RawFault;
use crate::text::{Sink, push};
use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// C++'s `common_chat_templates`.
#[repr(C)]
struct Templates {
    _opaque: [u8; 0],
}

/// C++'s `common_chat_parser_params`.
#[repr(C)]
struct ParserParams {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn lrs_chat_new(
        fault: *mut RawFault,
        source: *const c_char,
        source_len: usize,
        bos: *const c_char,
        bos_len: usize,
        eos: *const c_char,
        eos_len: usize,
        out: *mut *mut Templates,
    ) -> c_int;
    fn lrs_chat_free(templates: *mut Templates);
    fn lrs_chat_apply(
        fault: *mut RawFault,
        templates: *const Templates,
        request: *const c_char,
        request_len: usize,
        sink: Sink,
        user: *mut c_void,
    ) -> c_int;
    fn lrs_chat_caps(
        fault: *mut RawFault,
        templates: *const Templates,
        sink: Sink,
        user: *mut c_void,
    ) -> c_int;
    fn lrs_chat_parser_new(
        fault: *mut RawFault,
        params: *const c_char,
        len: usize,
        out: *mut *mut ParserParams,
    ) -> c_int;
    fn lrs_chat_parser_free(parser: *mut ParserParams);
    fn lrs_chat_parse(
        fault: *mut RawFault,
        parser: *const ParserParams,
        text: *const c_char,
        len: usize,
        partial: bool,
        sink: Sink,
        user: *mut c_void,
    ) -> c_int;
}

/// Collects what C++ gives; an error for a status other than zero.
fn collect(call: impl FnOnce(*mut RawFault, *mut c_void) -> c_int) -> Result<String, Fault> {
    let mut out = Vec::<u8>::new();
    let mut fault = MaybeUninit::<RawFault>::uninit();
    let status = call(fault.as_mut_ptr(), (&raw mut out).cast());
    if status == 0 {
        return Ok(String::from_utf8_lossy(&out).into_owned());
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}

/// Takes over what C++ made; an error for a status other than zero.
fn made<T>(call: impl FnOnce(*mut RawFault, *mut *mut T) -> c_int) -> Result<NonNull<T>, Fault> {
    let mut out = std::ptr::null_mut();
    let mut fault = MaybeUninit::<RawFault>::zeroed();
    let status = call(fault.as_mut_ptr(), &raw mut out);
    if let Some(made) = NonNull::new(out).filter(|_| status == 0) {
        return Ok(made);
    }
    // SAFETY: zeroes are an empty message.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}

/// A template with what was found out about it.
#[derive(Debug)]
pub struct Format(NonNull<Templates>);

// SAFETY: the object is immutable once made: C++ takes it as `const` and renders with a context per call.
unsafe impl Send for Format {}
// SAFETY: as above.
unsafe impl Sync for Format {}

impl Format {
    /// Parses a template. `bos` and `eos` are the texts of its variables `bos_token` and `eos_token`.
    ///
    /// # Errors
    /// When the template does not parse.
    pub fn new(source: &str, bos: &str, eos: &str) -> Result<Self, Fault> {
        made(|fault, out| {
            // SAFETY: all texts are passed with their lengths.
            unsafe {
                lrs_chat_new(
                    fault,
                    source.as_ptr().cast(),
                    source.len(),
                    bos.as_ptr().cast(),
                    bos.len(),
                    eos.as_ptr().cast(),
                    eos.len(),
                    out,
                )
            }
        })
        .map(Self)
    }

    /// Renders a request, a JSON object: `messages` and `tools` as in `OpenAI`'s API, and if wanted `tool_choice`
    /// (`auto`, `required`, `none`), `parallel_tool_calls`, `json_schema`, `grammar`, `add_generation_prompt`,
    /// `enable_thinking`, `continue` and `variables` of the template.
    ///
    /// The result is a JSON object: `prompt` (a list of `text` and `is_input`), `grammar`, `grammar_lazy`,
    /// `triggers` (`kind`: `word`, `pattern` or `whole`; `text`), `preserved_tokens`, `additional_stops`,
    /// `generation_prompt`, `supports_thinking`, `thinking_start`, `thinking_ends`, `format`, `parser`.
    ///
    /// # Errors
    /// When the request is not of that form or the template refuses it.
    pub fn apply(&self, request: &str) -> Result<String, Fault> {
        collect(|fault, user| {
            // SAFETY: live templates; the text with its length; `user` is what `push` takes.
            unsafe {
                lrs_chat_apply(fault, self.0.as_ptr(), request.as_ptr().cast(), request.len(), push, user)
            }
        })
    }

    /// What the template supports: a JSON object of truth values.
    ///
    /// # Errors
    /// When C++ runs out of memory.
    pub fn caps(&self) -> Result<String, Fault> {
        // SAFETY: live templates; `user` is what `push` takes.
        collect(|fault, user| unsafe { lrs_chat_caps(fault, self.0.as_ptr(), push, user) })
    }
}

impl Drop for Format {
    fn drop(&mut self) {
        // SAFETY: made by `lrs_chat_new`, freed once.
        unsafe { lrs_chat_free(self.0.as_ptr()) };
    }
}

/// A parser for what a model says in reply to one request.
#[derive(Debug)]
pub struct Parser(NonNull<ParserParams>);

// SAFETY: immutable once made: parsing takes it as `const`.
unsafe impl Send for Parser {}
// SAFETY: as above.
unsafe impl Sync for Parser {}

impl Parser {
    /// Makes a parser from `format`, `generation_prompt` and `parser` of a result of [`Format::apply`], as a JSON
    /// object.
    ///
    /// # Errors
    /// When the object is not of that form.
    pub fn new(params: &str) -> Result<Self, Fault> {
        made(|fault, out| {
            // SAFETY: the text is passed with its length.
            unsafe { lrs_chat_parser_new(fault, params.as_ptr().cast(), params.len(), out) }
        })
        .map(Self)
    }

    /// Parses text of a model to a JSON object: `content`, `reasoning`, `tool_calls` (`name`, `arguments`, `id`).
    /// With `partial` the text may stop anywhere.
    ///
    /// # Errors
    /// When the text is not of the format.
    pub fn parse(&self, text: &str, partial: bool) -> Result<String, Fault> {
        collect(|fault, user| {
            // SAFETY: a live parser; the text with its length; `user` is what `push` takes.
            unsafe {
                lrs_chat_parse(fault, self.0.as_ptr(), text.as_ptr().cast(), text.len(), partial, push, user)
            }
        })
    }
}

impl Drop for Parser {
    fn drop(&mut self) {
        // SAFETY: made by `lrs_chat_parser_new`, freed once.
        unsafe { lrs_chat_parser_free(self.0.as_ptr()) };
    }
}
