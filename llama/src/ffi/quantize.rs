//! Quantizing a model file.

use super::model::{OverrideValue, raw_overrides};
use crate::error::Result;
use llama_sys::{Fault, guarded};
use std::ffi::{CStr, CString};

/// Everything that the quantizer takes, owned on the Rust side.
#[derive(Debug)]
pub(crate) struct QuantizeParams {
    pub(crate) raw: llama_sys::llama_model_quantize_params,
    pub(crate) overrides: Vec<(CString, OverrideValue)>,
    /// Patterns of tensor names, and the type of those that match.
    pub(crate) types: Vec<(CString, u32)>,
    /// Layers to leave out, ascending.
    pub(crate) prune: Vec<i32>,
    /// Tensor names and the importance of their columns.
    pub(crate) importance: Vec<(CString, Vec<f32>)>,
}

pub(crate) fn default_params() -> Result<llama_sys::llama_model_quantize_params> {
    // SAFETY: no arguments, returns a plain struct.
    Ok(unsafe { guarded::llama_model_quantize_default_params() }?)
}

/// Quantizes `input` to `output`. False when llama.cpp refuses, with the reason in its log.
pub(crate) fn quantize(input: &CStr, output: &CStr, params: &QuantizeParams) -> Result<bool, Fault> {
    let mut raw = params.raw;
    let overrides = raw_overrides(&params.overrides);
    if !params.overrides.is_empty() {
        raw.kv_overrides = overrides.as_ptr();
    }
    let mut types: Vec<_> = params
        .types
        .iter()
        .map(|(pattern, kind)| llama_sys::llama_model_tensor_override {
            pattern: pattern.as_ptr(),
            type_: *kind,
        })
        .collect();
    types.push(llama_sys::llama_model_tensor_override { pattern: std::ptr::null(), type_: 0 });
    if !params.types.is_empty() {
        raw.tt_overrides = types.as_ptr();
    }
    let mut prune = params.prune.clone();
    prune.push(-1);
    if !params.prune.is_empty() {
        raw.prune_layers = prune.as_ptr();
    }
    let mut importance: Vec<_> = params
        .importance
        .iter()
        .map(|(name, data)| llama_sys::llama_model_imatrix_data {
            name: name.as_ptr(),
            data: data.as_ptr(),
            size: data.len(),
        })
        .collect();
    importance.push(llama_sys::llama_model_imatrix_data {
        name: std::ptr::null(),
        data: std::ptr::null(),
        size: 0,
    });
    if !params.importance.is_empty() {
        raw.imatrix = importance.as_ptr();
    }
    // SAFETY: both paths are terminated; every list ends as C wants it and outlives the call, as do the texts
    // and numbers that it points to.
    let status = unsafe { guarded::llama_model_quantize(input.as_ptr(), output.as_ptr(), &raw const raw) }?;
    Ok(status == 0)
}
