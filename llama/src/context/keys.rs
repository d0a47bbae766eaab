//! In which formats keys can be kept, and which of them can be moved to other positions later.
#![forbid(unsafe_code)]

use super::FlashAttention;
use crate::error::{Error, Result};
use crate::gguf::TensorType;
use crate::model::Model;

/// The width of llama.cpp's smallest rotation of quantized keys.
const ROTATION: u64 = 64;

/// The keys of one head: how many numbers there are and how many of them hold the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    len: u64,
    turned: u64,
}

/// The heads of layers that see everything, and of those with a window.
fn heads(model: &Model) -> Result<[Head; 2]> {
    let info = &model.inner.info;
    let key = |name: &str| model.metadata().parse::<u64>(&format!("{}.{name}", info.architecture));
    let whole = match key("attention.key_length")? {
        _ if info.n_head == 0 => 0,
        Some(len) => len,
        None => (info.n_embd / info.n_head as usize) as u64,
    };
    let full = Head { len: whole, turned: key("rope.dimension_count")?.unwrap_or(whole) };
    if info.n_swa == 0 {
        return Ok([full; 2]);
    }
    let window = Head {
        len: key("attention.key_length_swa")?.unwrap_or(full.len),
        turned: key("rope.dimension_count_swa")?.unwrap_or(full.turned),
    };
    Ok([full, window])
}

/// Refuses blocks that would reach from one head into the next. llama.cpp itself only looks where attention may be
/// computed in one step, and gets no numbers otherwise.
pub(super) fn check(model: &Model, format: TensorType, flash: Option<FlashAttention>) -> Result<()> {
    let block = format.block_elements().unwrap_or(1);
    if flash != Some(FlashAttention::Off) {
        return Ok(());
    }
    match heads(model)?.iter().find(|head| !head.len.is_multiple_of(block)) {
        Some(head) => {
            let len = head.len;
            Err(Error::invalid(
                "type_k",
                format!("{format} has blocks of {block}, the model's heads have {len}"),
            ))
        }
        None => Ok(()),
    }
}

/// True when llama.cpp can compute keys of this format for another position. It does so for plain numbers of two
/// kinds, and for quantized ones that it keeps rotated.
pub(super) fn can_move(model: &Model, format: TensorType) -> Result<bool> {
    if model.inner.info.rope_type == llama_sys::LLAMA_ROPE_TYPE_NONE {
        return Ok(true);
    }
    Ok(match format.block_elements() {
        Some(1) => matches!(format, TensorType::F32 | TensorType::F16),
        _ => std::env::var_os("LLAMA_ATTN_ROT_DISABLE").is_none() && heads(model)?.into_iter().all(rotated),
    })
}

/// True when the rotation of a head keeps the numbers with the position apart from the others.
fn rotated(head: Head) -> bool {
    let mut width = ROTATION;
    while head.len.is_multiple_of(2 * width) && head.len > 0 {
        width *= 2;
    }
    head.len > 0 && head.len.is_multiple_of(width) && head.turned.is_multiple_of(width)
}

#[cfg(test)]
mod tests {
    use super::{Head, rotated};

    #[test]
    fn heads_that_are_rotated() {
        for (len, turned, expected) in [
            (64, 64, true),
            (128, 128, true),
            (192, 64, true),
            (576, 64, true),
            (128, 64, false),
            (96, 96, false),
            (16, 16, false),
            (0, 0, false),
        ] {
            assert_eq!(rotated(Head { len, turned }), expected, "{turned} of {len}");
        }
    }
}
