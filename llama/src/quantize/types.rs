//! The quantizations that llama.cpp can write.

use crate::error::{Error, Result};
use crate::gguf::TensorType;
use crate::model::FileType;
use std::str::FromStr;

/// What is known about one quantization.
#[derive(Debug)]
pub(super) struct Kind {
    name: &'static str,
    file_type: FileType,
    /// Type of most tensors.
    pub(super) main: TensorType,
    /// llama.cpp refuses it without an importance matrix.
    pub(super) needs_importance: bool,
}

macro_rules! file_types {
    ($($(#[$doc:meta])* $name:ident = $raw:ident, $main:ident, $needs:literal;)*) => {
        impl FileType {
            $($(#[$doc])* pub const $name: Self = Self(llama_sys::$raw);)*
        }
        const KINDS: &[Kind] = &[$(Kind {
            name: stringify!($name),
            file_type: FileType::$name,
            main: TensorType::$main,
            needs_importance: $needs,
        }),*];
    };
}

file_types! {
    /// 32-bit floating point.
    F32 = LLAMA_FTYPE_ALL_F32, F32, false;
    /// 16-bit floating point.
    F16 = LLAMA_FTYPE_MOSTLY_F16, F16, false;
    /// 16-bit floating point with the range of 32 bits.
    BF16 = LLAMA_FTYPE_MOSTLY_BF16, BF16, false;
    /// 8 bits: practically no loss.
    Q8_0 = LLAMA_FTYPE_MOSTLY_Q8_0, Q8_0, false;
    /// 4 bits, the oldest kind.
    Q4_0 = LLAMA_FTYPE_MOSTLY_Q4_0, Q4_0, false;
    /// 4 bits with a minimum per block.
    Q4_1 = LLAMA_FTYPE_MOSTLY_Q4_1, Q4_1, false;
    /// 5 bits.
    Q5_0 = LLAMA_FTYPE_MOSTLY_Q5_0, Q5_0, false;
    /// 5 bits with a minimum per block.
    Q5_1 = LLAMA_FTYPE_MOSTLY_Q5_1, Q5_1, false;
    /// 1 bit.
    Q1_0 = LLAMA_FTYPE_MOSTLY_Q1_0, Q1_0, false;
    /// 2 bits.
    Q2_0 = LLAMA_FTYPE_MOSTLY_Q2_0, Q2_0, false;
    /// About 2.6 bits.
    Q2_K = LLAMA_FTYPE_MOSTLY_Q2_K, Q2_K, false;
    /// About 2.2 bits; needs an importance matrix.
    Q2_K_S = LLAMA_FTYPE_MOSTLY_Q2_K_S, Q2_K, true;
    /// About 3.4 bits, small.
    Q3_K_S = LLAMA_FTYPE_MOSTLY_Q3_K_S, Q3_K, false;
    /// About 3.7 bits, medium.
    Q3_K_M = LLAMA_FTYPE_MOSTLY_Q3_K_M, Q3_K, false;
    /// About 4 bits, large.
    Q3_K_L = LLAMA_FTYPE_MOSTLY_Q3_K_L, Q3_K, false;
    /// About 4.4 bits, small.
    Q4_K_S = LLAMA_FTYPE_MOSTLY_Q4_K_S, Q4_K, false;
    /// About 4.6 bits, medium: what most people use.
    Q4_K_M = LLAMA_FTYPE_MOSTLY_Q4_K_M, Q4_K, false;
    /// About 5.2 bits, small.
    Q5_K_S = LLAMA_FTYPE_MOSTLY_Q5_K_S, Q5_K, false;
    /// About 5.3 bits, medium.
    Q5_K_M = LLAMA_FTYPE_MOSTLY_Q5_K_M, Q5_K, false;
    /// About 6.1 bits.
    Q6_K = LLAMA_FTYPE_MOSTLY_Q6_K, Q6_K, false;
    /// Ternary, about 1.7 bits, for models trained that way.
    TQ1_0 = LLAMA_FTYPE_MOSTLY_TQ1_0, TQ1_0, false;
    /// Ternary, about 2.1 bits, for models trained that way.
    TQ2_0 = LLAMA_FTYPE_MOSTLY_TQ2_0, TQ2_0, false;
    /// About 1.6 bits; needs an importance matrix.
    IQ1_S = LLAMA_FTYPE_MOSTLY_IQ1_S, IQ1_S, true;
    /// About 1.8 bits; needs an importance matrix.
    IQ1_M = LLAMA_FTYPE_MOSTLY_IQ1_M, IQ1_M, true;
    /// About 2.1 bits; needs an importance matrix.
    IQ2_XXS = LLAMA_FTYPE_MOSTLY_IQ2_XXS, IQ2_XXS, true;
    /// About 2.3 bits; needs an importance matrix.
    IQ2_XS = LLAMA_FTYPE_MOSTLY_IQ2_XS, IQ2_XS, true;
    /// About 2.5 bits; needs an importance matrix.
    IQ2_S = LLAMA_FTYPE_MOSTLY_IQ2_S, IQ2_XS, true;
    /// About 2.7 bits; needs an importance matrix.
    IQ2_M = LLAMA_FTYPE_MOSTLY_IQ2_M, IQ2_S, true;
    /// About 3.1 bits; needs an importance matrix.
    IQ3_XXS = LLAMA_FTYPE_MOSTLY_IQ3_XXS, IQ3_XXS, true;
    /// About 3.3 bits; needs an importance matrix.
    IQ3_XS = LLAMA_FTYPE_MOSTLY_IQ3_XS, IQ3_S, true;
    /// About 3.4 bits.
    IQ3_S = LLAMA_FTYPE_MOSTLY_IQ3_S, IQ3_S, false;
    /// About 3.7 bits.
    IQ3_M = LLAMA_FTYPE_MOSTLY_IQ3_M, IQ3_S, false;
    /// About 4.5 bits on a non-linear scale, for any width.
    IQ4_NL = LLAMA_FTYPE_MOSTLY_IQ4_NL, IQ4_NL, false;
    /// About 4.3 bits on a non-linear scale.
    IQ4_XS = LLAMA_FTYPE_MOSTLY_IQ4_XS, IQ4_XS, false;
    /// 4-bit floating point for the experts of a mixture, 8 bits for the rest.
    MXFP4_MOE = LLAMA_FTYPE_MOSTLY_MXFP4_MOE, MXFP4, false;
}

/// Types that a tensor can be converted to.
const TARGETS: [TensorType; 28] = {
    use TensorType as T;
    [
        T::F32,
        T::F16,
        T::BF16,
        T::Q8_0,
        T::Q4_0,
        T::Q4_1,
        T::Q5_0,
        T::Q5_1,
        T::Q1_0,
        T::Q2_0,
        T::Q2_K,
        T::Q3_K,
        T::Q4_K,
        T::Q5_K,
        T::Q6_K,
        T::TQ1_0,
        T::TQ2_0,
        T::IQ1_S,
        T::IQ1_M,
        T::IQ2_XXS,
        T::IQ2_XS,
        T::IQ2_S,
        T::IQ3_XXS,
        T::IQ3_S,
        T::IQ4_NL,
        T::IQ4_XS,
        T::MXFP4,
        T::NVFP4,
    ]
};

impl FileType {
    /// All quantizations that [`Quantize`](crate::Quantize) can write, by name.
    pub fn writable() -> impl Iterator<Item = (&'static str, Self)> {
        KINDS.iter().map(|kind| (kind.name, kind.file_type))
    }

    /// True when llama.cpp only writes this quantization with an importance matrix.
    #[must_use]
    pub fn needs_importance(self) -> bool {
        kind(self).is_some_and(|kind| kind.needs_importance)
    }
}

/// Reads a name like `Q4_K_M`, in any case.
impl FromStr for FileType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(name));
        found.map(|kind| kind.file_type).ok_or_else(|| {
            let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
            Error::invalid("file_type", format!("'{name}' is none of {}", known.join(", ")))
        })
    }
}

pub(super) fn kind(file_type: FileType) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.file_type == file_type)
}

/// Checks that tensors can be converted to this type.
pub(super) fn checked_target(name: &'static str, tensor_type: TensorType) -> Result<u32> {
    if TARGETS.contains(&tensor_type) {
        Ok(tensor_type.number())
    } else {
        Err(Error::invalid(name, format!("tensors cannot be converted to {tensor_type}")))
    }
}

/// Types that ggml only computes with the importance of each column.
pub(super) fn insists_on_importance(tensor_type: TensorType) -> bool {
    [TensorType::IQ1_S, TensorType::IQ2_XXS, TensorType::IQ2_XS].contains(&tensor_type)
}

/// Types whose search gives up with an assertion on unusual numbers.
pub(super) fn may_give_up(tensor_type: TensorType) -> bool {
    use TensorType as T;
    [T::IQ1_S, T::IQ1_M, T::IQ2_XXS, T::IQ2_XS, T::IQ2_S, T::IQ3_XXS, T::IQ3_S].contains(&tensor_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!("q4_k_m".parse::<FileType>().ok(), Some(FileType::Q4_K_M));
        assert!("Q4_K_X".parse::<FileType>().is_err());
        assert!("".parse::<FileType>().is_err());
    }

    #[test]
    fn main_types_are_targets() {
        for kind in KINDS {
            assert!(TARGETS.contains(&kind.main), "{}", kind.name);
        }
    }
}
