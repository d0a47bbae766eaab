//! Tensors: their types, shapes and places in the file.

use std::fmt;

use super::{GgufError, MAX_DIMS, MAX_TENSOR_NAME};

/// How the numbers of a tensor are stored; unknown types keep their number.
///
/// ```
/// use llama::gguf::TensorType;
/// assert_eq!(TensorType::Q4_0.block_elements(), Some(32));
/// assert_eq!(TensorType::F32.to_string(), "F32");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TensorType(u32);

/// Name, number, elements per block, bytes per block.
type Kind = (&'static str, u32, u64, u64);

macro_rules! tensor_types {
    ($($(#[$doc:meta])* $constant:ident = ($name:literal, $number:literal, $elements:literal, $bytes:literal);)*) => {
        impl TensorType {
            $($(#[$doc])* pub const $constant: Self = Self($number);)*
        }

        const KINDS: &[Kind] = &[$(($name, $number, $elements, $bytes)),*];
    };
}

tensor_types! {
    /// 32-bit floating point.
    F32 = ("F32", 0, 1, 4);
    /// 16-bit floating point.
    F16 = ("F16", 1, 1, 2);
    /// 4 bits and a scale per 32 numbers.
    Q4_0 = ("Q4_0", 2, 32, 18);
    /// 4 bits, a scale and a minimum per 32 numbers.
    Q4_1 = ("Q4_1", 3, 32, 20);
    /// 5 bits and a scale per 32 numbers.
    Q5_0 = ("Q5_0", 6, 32, 22);
    /// 5 bits, a scale and a minimum per 32 numbers.
    Q5_1 = ("Q5_1", 7, 32, 24);
    /// 8 bits and a scale per 32 numbers.
    Q8_0 = ("Q8_0", 8, 32, 34);
    /// 8 bits, a scale and a sum per 32 numbers.
    Q8_1 = ("Q8_1", 9, 32, 36);
    /// 2 bits in super-blocks of 256.
    Q2_K = ("Q2_K", 10, 256, 84);
    /// 3 bits in super-blocks of 256.
    Q3_K = ("Q3_K", 11, 256, 110);
    /// 4 bits in super-blocks of 256.
    Q4_K = ("Q4_K", 12, 256, 144);
    /// 5 bits in super-blocks of 256.
    Q5_K = ("Q5_K", 13, 256, 176);
    /// 6 bits in super-blocks of 256.
    Q6_K = ("Q6_K", 14, 256, 210);
    /// 8 bits in super-blocks of 256, for intermediate results.
    Q8_K = ("Q8_K", 15, 256, 292);
    /// About 2.06 bits, by importance.
    IQ2_XXS = ("IQ2_XXS", 16, 256, 66);
    /// About 2.31 bits, by importance.
    IQ2_XS = ("IQ2_XS", 17, 256, 74);
    /// About 3.06 bits, by importance.
    IQ3_XXS = ("IQ3_XXS", 18, 256, 98);
    /// About 1.56 bits, by importance.
    IQ1_S = ("IQ1_S", 19, 256, 50);
    /// 4 bits on a non-linear scale, in blocks of 32.
    IQ4_NL = ("IQ4_NL", 20, 32, 18);
    /// About 3.44 bits, by importance.
    IQ3_S = ("IQ3_S", 21, 256, 110);
    /// About 2.5 bits, by importance.
    IQ2_S = ("IQ2_S", 22, 256, 82);
    /// 4 bits on a non-linear scale, in super-blocks of 256.
    IQ4_XS = ("IQ4_XS", 23, 256, 136);
    /// 8-bit integers.
    I8 = ("I8", 24, 1, 1);
    /// 16-bit integers.
    I16 = ("I16", 25, 1, 2);
    /// 32-bit integers.
    I32 = ("I32", 26, 1, 4);
    /// 64-bit integers.
    I64 = ("I64", 27, 1, 8);
    /// 64-bit floating point.
    F64 = ("F64", 28, 1, 8);
    /// About 1.75 bits, by importance.
    IQ1_M = ("IQ1_M", 29, 256, 56);
    /// 16-bit floating point with the range of 32 bits.
    BF16 = ("BF16", 30, 1, 2);
    /// Ternary, about 1.69 bits.
    TQ1_0 = ("TQ1_0", 34, 256, 54);
    /// Ternary, about 2.06 bits.
    TQ2_0 = ("TQ2_0", 35, 256, 66);
    /// 4-bit floating point with a shared exponent per 32 numbers.
    MXFP4 = ("MXFP4", 39, 32, 17);
    /// 4-bit floating point with a small scale per 16 numbers.
    NVFP4 = ("NVFP4", 40, 64, 36);
    /// 1 bit and a scale per 128 numbers.
    Q1_0 = ("Q1_0", 41, 128, 18);
    /// 2 bits and a scale per 64 numbers.
    Q2_0 = ("Q2_0", 42, 64, 18);
}

impl TensorType {
    /// The type with this number in ggml, known here or not.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// The number of the type in ggml.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Every type that is known here.
    pub fn known() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|kind| Self(kind.1))
    }

    /// The type's usual name, unless it is unknown.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.kind().map(|kind| kind.0)
    }

    /// How many numbers form a block; a row is made of whole blocks.
    #[must_use]
    pub fn block_elements(self) -> Option<u64> {
        self.kind().map(|kind| kind.2)
    }

    /// How many bytes a block takes.
    #[must_use]
    pub fn block_bytes(self) -> Option<u64> {
        self.kind().map(|kind| kind.3)
    }

    fn kind(self) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.1 == self.0)
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "type {}", self.0),
        }
    }
}

impl fmt::Debug for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TensorType({self})")
    }
}

/// A tensor's name, shape, type and place.
///
/// ```
/// use llama::gguf::Gguf;
/// let file = Gguf::open("../examples/model/llama-tiny-chat.gguf")?;
/// let tensor = file.tensor("token_embd.weight").expect("every model has one");
/// println!("{:?}, {} elements of {}", tensor.dims(), tensor.elements(), tensor.tensor_type());
/// # Ok::<(), llama::gguf::GgufError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    name: String,
    dims: Vec<u64>,
    tensor_type: TensorType,
    pub(super) offset: u64,
    bytes: Option<u64>,
}

impl TensorInfo {
    /// Checks all that can be known without the file. The offset is 0.
    pub(super) fn new(name: &str, dims: &[u64], tensor_type: TensorType) -> Result<Self, GgufError> {
        let invalid = |problem: &str| Err(GgufError::invalid(format!("tensor \"{name}\""), problem));
        if name.len() > MAX_TENSOR_NAME {
            return invalid("its name is longer than 63 bytes");
        }
        if dims.is_empty() || dims.len() > MAX_DIMS {
            return invalid("it needs one to four dimensions");
        }
        // llama.cpp counts elements in an i64.
        let elements = dims.iter().try_fold(1_u64, |product, &dim| product.checked_mul(dim));
        let Some(elements) = elements.filter(|&count| i64::try_from(count).is_ok()) else {
            return invalid("it has more elements than can be counted");
        };
        if dims.iter().any(|&dim| i64::try_from(dim).is_err()) {
            return invalid("one of its dimensions is too large");
        }
        let bytes = match tensor_type.kind() {
            None => None,
            Some(&(_, _, block, _)) if !dims[0].is_multiple_of(block) => {
                return invalid(&format!(
                    "rows of {} cannot be cut into {tensor_type} blocks of {block}",
                    dims[0]
                ));
            }
            Some(&(_, _, block, block_bytes)) => match (elements / block).checked_mul(block_bytes) {
                None => return invalid("it has more bytes than can be counted"),
                some => some,
            },
        };
        Ok(Self { name: name.to_owned(), dims: dims.to_vec(), tensor_type, offset: 0, bytes })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape, one to four sizes; the first one is the length of a row.
    #[must_use]
    pub fn dims(&self) -> &[u64] {
        &self.dims
    }

    /// How the numbers are stored.
    #[must_use]
    pub const fn tensor_type(&self) -> TensorType {
        self.tensor_type
    }

    /// The number of elements.
    #[must_use]
    pub fn elements(&self) -> u64 {
        self.dims.iter().product()
    }

    /// Where the data starts, in bytes from the start of the file's data section.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes the data takes, unless the type is unknown.
    #[must_use]
    pub const fn bytes(&self) -> Option<u64> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_from_type_and_shape() {
        let bytes = |dims: &[u64], kind| TensorInfo::new("t", dims, kind).map(|tensor| tensor.bytes());
        assert_eq!(bytes(&[64, 3], TensorType::Q8_0).ok(), Some(Some(204)));
        assert_eq!(bytes(&[5, 2, 2], TensorType::F16).ok(), Some(Some(40)));
        assert_eq!(bytes(&[5], TensorType::from_number(9999)).ok(), Some(None));
        assert_eq!(bytes(&[0, 7], TensorType::F32).ok(), Some(Some(0)));
    }

    #[test]
    fn impossible_shapes_are_refused() {
        let refused = |dims: &[u64], kind| TensorInfo::new("t", dims, kind).is_err();
        assert!(refused(&[], TensorType::F32));
        assert!(refused(&[1, 1, 1, 1, 1], TensorType::F32));
        assert!(refused(&[33], TensorType::Q8_0));
        assert!(refused(&[1 << 62, 4], TensorType::F32));
        assert!(refused(&[1 << 62], TensorType::F64));
        assert!(refused(&[u64::MAX, 0], TensorType::I8));
        assert!(TensorInfo::new(&"x".repeat(64), &[1], TensorType::F32).is_err());
    }

    #[test]
    fn types_have_names() {
        assert_eq!(TensorType::Q4_K.to_string(), "Q4_K");
        assert_eq!(TensorType::from_number(31).to_string(), "type 31");
        assert_eq!(TensorType::known().count(), 35);
    }
}
