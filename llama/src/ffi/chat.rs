//! llama.cpp's built-in chat formats.

use crate::error::Result;
use llama_sys::guarded;
use std::ffi::{CStr, CString};

/// Renders messages (role, content) with the built-in format that the template text is recognised as. `None`
/// when it is not recognised.
pub(crate) fn apply_template(
    template: &CStr,
    messages: &[(CString, CString)],
    add_assistant: bool,
) -> Result<Option<Vec<u8>>> {
    let list: Vec<_> = messages
        .iter()
        .map(|(role, content)| llama_sys::llama_chat_message {
            role: role.as_ptr(),
            content: content.as_ptr(),
        })
        .collect();
    let total: usize =
        messages.iter().map(|(role, content)| role.as_bytes().len() + content.as_bytes().len()).sum();
    let mut out = vec![0_u8; total * 2 + 256];
    loop {
        let room = i32::try_from(out.len()).unwrap_or(i32::MAX);
        // SAFETY: the template and all messages are terminated; `room` bytes are free.
        let written = unsafe {
            guarded::llama_chat_apply_template(
                template.as_ptr(),
                list.as_ptr(),
                list.len(),
                add_assistant,
                out.as_mut_ptr().cast(),
                room,
            )
        }?;
        let Ok(written) = usize::try_from(written) else { return Ok(None) };
        if written <= out.len() {
            out.truncate(written);
            return Ok(Some(out));
        }
        out.resize(written, 0);
    }
}

/// Names of the built-in formats.
pub(crate) fn builtin_templates() -> Result<Vec<String>> {
    // SAFETY: a length of zero asks for the number only.
    let count = unsafe { guarded::llama_chat_builtin_templates(std::ptr::null_mut(), 0) }?;
    let mut names = vec![std::ptr::null(); usize::try_from(count).unwrap_or(0)];
    // SAFETY: the list has as many entries as announced.
    unsafe { guarded::llama_chat_builtin_templates(names.as_mut_ptr(), names.len()) }?;
    // SAFETY: null, or the names of a static table.
    Ok(names.into_iter().filter_map(|name| unsafe { super::text::owned(name) }).collect())
}
