//! JSON schemas as grammars, by the converter of llama.cpp's `common` library.

use crate::Fault;
use crate::fault::RawFault;
use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

type Sink = unsafe extern "C" fn(user: *mut c_void, text: *const c_char, len: usize);

unsafe extern "C" {
    fn lrs_json_schema_to_grammar(
        fault: *mut RawFault,
        schema: *const c_char,
        schema_len: usize,
        sink: Sink,
        user: *mut c_void,
    ) -> c_int;
}

/// Converts a JSON schema (its text) to a grammar in GBNF; the start rule is `root`.
///
/// ```
/// let grammar = llama_sys::json_schema::to_grammar(r#"{"type": "boolean"}"#)?;
/// assert!(grammar.contains("root ::= (\"true\" | \"false\")"), "{grammar}");
/// # Ok::<(), llama_sys::Fault>(())
/// ```
///
/// # Errors
/// When the text is not JSON or not a schema that the converter knows: a reference into another document, a name of
/// more than 1024 bytes, a count above 2000, nesting deeper than 256.
pub fn to_grammar(schema: &str) -> Result<String, Fault> {
    let mut out = Vec::<u8>::new();
    let mut fault = MaybeUninit::<RawFault>::uninit();
    // SAFETY: the text is passed with its length; the sink gets a valid pointer to `out`.
    let status = unsafe {
        lrs_json_schema_to_grammar(
            fault.as_mut_ptr(),
            schema.as_ptr().cast(),
            schema.len(),
            crate::text::push,
            (&raw mut out).cast(),
        )
    };
    if status == 0 {
        return Ok(String::from_utf8_lossy(&out).into_owned());
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}
