//! Weight types, and which tensor gets which type in a mix.

use std::fmt;
use std::str::FromStr;

use llama::gguf::TensorType;

use crate::arch::{Role, Tensor};

/// The types of a model's weights: one for all matrices, or one of llama.cpp's usual mixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WeightType {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 16-bit brain floats.
    Bf16,
    /// 8.5 bits per weight.
    Q8_0,
    /// 4.5 bits per weight, output matrix in `Q6_K`.
    Q4_0,
    /// `Q4_K` everywhere, output matrix in `Q6_K`.
    Q4KS,
    /// `Q4_K`, with `Q6_K` for the output matrix and about half of the value and feed-forward-down matrices.
    Q4KM,
    /// As [`Q4KM`](Self::Q4KM) with `Q5_K` in place of `Q4_K`.
    Q5KM,
    /// `Q6_K` everywhere.
    Q6K,
}

/// Type, name on the command line, number in `general.file_type`.
const ALL: [(WeightType, &str, u32); 9] = [
    (WeightType::F32, "f32", 0),
    (WeightType::F16, "f16", 1),
    (WeightType::Bf16, "bf16", 32),
    (WeightType::Q8_0, "q8_0", 7),
    (WeightType::Q4_0, "q4_0", 2),
    (WeightType::Q4KS, "q4_k_s", 14),
    (WeightType::Q4KM, "q4_k_m", 15),
    (WeightType::Q5KM, "q5_k_m", 17),
    (WeightType::Q6K, "q6_k", 18),
];

impl WeightType {
    /// All types.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(|row| row.0)
    }

    /// The name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    pub(crate) fn file_type(self) -> u32 {
        self.row().2
    }

    fn row(self) -> (Self, &'static str, u32) {
        ALL.into_iter().find(|row| row.0 == self).unwrap_or(ALL[0])
    }

    /// The type of one tensor in a model of `n_layer` layers.
    pub(crate) fn of(self, tensor: &Tensor, n_layer: u32) -> TensorType {
        if tensor.role == Role::Plain {
            return TensorType::F32;
        }
        let better = match tensor.role {
            Role::Output => true,
            Role::AttnV(layer) | Role::FfnDown(layer) => {
                matches!(self, Self::Q4KM | Self::Q5KM) && deserves_more_bits(layer, n_layer)
            }
            _ => false,
        };
        let wanted = match self {
            Self::F32 => TensorType::F32,
            Self::F16 => TensorType::F16,
            Self::Bf16 => TensorType::BF16,
            Self::Q8_0 => TensorType::Q8_0,
            _ if better => TensorType::Q6_K,
            Self::Q4_0 => TensorType::Q4_0,
            Self::Q4KS | Self::Q4KM => TensorType::Q4_K,
            Self::Q5KM => TensorType::Q5_K,
            Self::Q6K => TensorType::Q6_K,
        };
        fit(wanted, tensor.dims[0])
    }
}

impl fmt::Display for WeightType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for WeightType {
    type Err = UnknownWeightType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let row = ALL.iter().find(|row| row.1.eq_ignore_ascii_case(name));
        row.map(|row| row.0).ok_or_else(|| UnknownWeightType(name.to_owned()))
    }
}

/// A weight type that the kit does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown weight type '{0}'")]
pub struct UnknownWeightType(String);

/// The first and last eighth of the layers, and every third one between.
fn deserves_more_bits(layer: u32, n_layer: u32) -> bool {
    let eighth = n_layer / 8;
    layer < eighth || layer >= 7 * n_layer / 8 || (layer - eighth) % 3 == 2
}

/// The type itself, or its nearest relative whose blocks divide a row of `width`.
fn fit(wanted: TensorType, width: u64) -> TensorType {
    let fallback = match wanted {
        TensorType::Q4_K => TensorType::Q5_0,
        TensorType::Q5_K => TensorType::Q5_1,
        TensorType::Q6_K => TensorType::Q8_0,
        other => other,
    };
    match fallback {
        _ if fallback != wanted && width.is_multiple_of(256) => wanted,
        TensorType::F32 | TensorType::F16 | TensorType::BF16 => fallback,
        _ if width.is_multiple_of(32) => fallback,
        _ => TensorType::F16,
    }
}

#[cfg(test)]
mod tests {
    use llama::gguf::TensorType;

    use super::{WeightType, fit};
    use crate::arch::{Fill, Role, Tensor};

    fn tensor(role: Role, width: u64) -> Tensor {
        Tensor { name: "t".into(), dims: vec![width, 4], role, fill: Fill::One }
    }

    #[test]
    fn names_read_back() {
        for weights in WeightType::all() {
            assert_eq!(weights.to_string().parse(), Ok(weights));
        }
        assert!("q9".parse::<WeightType>().is_err());
    }

    #[test]
    fn mixes_give_more_bits_to_what_matters() {
        let of = |role| WeightType::Q4KM.of(&tensor(role, 256), 16);
        assert_eq!(of(Role::Plain), TensorType::F32);
        assert_eq!(of(Role::Matrix), TensorType::Q4_K);
        assert_eq!(of(Role::Embedding), TensorType::Q4_K);
        assert_eq!(of(Role::Output), TensorType::Q6_K);
        let better = (0..16).filter(|&l| of(Role::FfnDown(l)) == TensorType::Q6_K).count();
        assert_eq!(better, 8);
        assert_eq!(WeightType::Q4KS.of(&tensor(Role::AttnV(0), 256), 16), TensorType::Q4_K);
    }

    #[test]
    fn narrow_rows_fall_back() {
        assert_eq!(fit(TensorType::Q4_K, 256), TensorType::Q4_K);
        assert_eq!(fit(TensorType::Q4_K, 64), TensorType::Q5_0);
        assert_eq!(fit(TensorType::Q6_K, 64), TensorType::Q8_0);
        assert_eq!(fit(TensorType::Q4_0, 64), TensorType::Q4_0);
        assert_eq!(fit(TensorType::Q4_0, 40), TensorType::F16);
        assert_eq!(fit(TensorType::F32, 7), TensorType::F32);
    }
}
