//! LoRA adapters and control vectors.

use super::context::ContextPtr;
use super::model::ModelPtr;
use super::text::with_buffer;
use crate::error::Result;
use crate::token::Token;
use llama_sys::{Fault, guarded};
use std::ffi::CStr;
use std::ptr::NonNull;

/// Owns a `llama_adapter_lora`. The holder keeps its model alive, and holds the model's lock when this is
/// created and dropped.
#[derive(Debug)]
pub(crate) struct AdapterPtr(NonNull<llama_sys::llama_adapter_lora>);

// SAFETY: an adapter has no thread affinity.
unsafe impl Send for AdapterPtr {}
// SAFETY: the methods only read, and an adapter does not change once loaded.
unsafe impl Sync for AdapterPtr {}

impl Drop for AdapterPtr {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from the init function; the model that lists it is alive, and no context
        // refers to it, since contexts hold the owner of what they use.
        let _ = unsafe { guarded::llama_adapter_lora_free(self.0.as_ptr()) };
    }
}

impl AdapterPtr {
    /// `None` when llama.cpp refuses the file, with the reason in its log.
    pub(crate) fn load(model: &ModelPtr, path: &CStr) -> Result<Option<Self>, Fault> {
        // SAFETY: the model is alive, and locked by the caller against other writers of its list of adapters;
        // the path is terminated.
        let ptr = unsafe { guarded::llama_adapter_lora_init(model.as_ptr(), path.as_ptr()) }?;
        Ok(NonNull::new(ptr).map(Self))
    }

    pub(crate) fn meta_count(&self) -> Result<i32> {
        // SAFETY: the adapter is alive.
        Ok(unsafe { guarded::llama_adapter_meta_count(self.0.as_ptr()) }?)
    }

    pub(crate) fn meta_value(&self, key: &CStr) -> Result<Option<String>> {
        Ok(with_buffer(|buf, len| {
            // SAFETY: the key is terminated, the buffer has `len` bytes, the adapter is alive.
            unsafe { guarded::llama_adapter_meta_val_str(self.0.as_ptr(), key.as_ptr(), buf, len) }
        })?)
    }

    pub(crate) fn meta_key_at(&self, index: i32) -> Result<Option<String>> {
        Ok(with_buffer(|buf, len| {
            // SAFETY: C checks the index; the buffer has `len` bytes; the adapter is alive.
            unsafe { guarded::llama_adapter_meta_key_by_index(self.0.as_ptr(), index, buf, len) }
        })?)
    }

    pub(crate) fn meta_value_at(&self, index: i32) -> Result<Option<String>> {
        Ok(with_buffer(|buf, len| {
            // SAFETY: C checks the index; the buffer has `len` bytes; the adapter is alive.
            unsafe { guarded::llama_adapter_meta_val_str_by_index(self.0.as_ptr(), index, buf, len) }
        })?)
    }

    pub(crate) fn invocation_tokens(&self) -> Result<Vec<Token>> {
        // SAFETY: the adapter is alive.
        let len = unsafe { guarded::llama_adapter_get_alora_n_invocation_tokens(self.0.as_ptr()) }?;
        // SAFETY: the adapter is alive.
        let data = unsafe { guarded::llama_adapter_get_alora_invocation_tokens(self.0.as_ptr()) }?;
        let len = usize::try_from(len).unwrap_or(0);
        if data.is_null() || len == 0 {
            return Ok(Vec::new());
        }
        // SAFETY: the list has that many tokens and lives in the adapter.
        let tokens = unsafe { std::slice::from_raw_parts(data, len) };
        Ok(tokens.iter().copied().map(Token).collect())
    }
}

impl ContextPtr {
    /// Computes with these adapters from now on. The caller keeps them alive, and checked that they belong to
    /// the context's model.
    pub(crate) fn set_adapters(&mut self, adapters: &[(&AdapterPtr, f32)]) -> Result<i32, Fault> {
        let mut pointers: Vec<_> = adapters.iter().map(|(adapter, _)| adapter.0.as_ptr()).collect();
        let mut scales: Vec<f32> = adapters.iter().map(|&(_, scale)| scale).collect();
        let (list, scales) = (pointers.as_mut_ptr(), scales.as_mut_ptr());
        // SAFETY: the context is alive, both lists have as many entries as told and are only read.
        unsafe { guarded::llama_set_adapters_lora(self.as_ptr(), list, adapters.len(), scales) }
    }

    /// Adds these directions to the hidden states behind the layers `first..=last`; `None` adds nothing.
    /// `data` has `n_embd` numbers for each layer but the first.
    pub(crate) fn set_control_vector(
        &mut self,
        data: Option<&[f32]>,
        n_embd: i32,
        first: i32,
        last: i32,
    ) -> Result<i32, Fault> {
        let (pointer, len) = data.map_or((std::ptr::null(), 0), |data| (data.as_ptr(), data.len()));
        // SAFETY: the context is alive; null, or `len` numbers that are copied.
        unsafe { guarded::llama_set_adapter_cvec(self.as_ptr(), pointer, len, n_embd, first, last) }
    }
}
