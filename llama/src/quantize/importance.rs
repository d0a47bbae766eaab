//! How much each column of a matrix matters.

use crate::error::{Error, Result};
use crate::gguf::{Gguf, GgufError, TensorType};
use std::collections::BTreeMap;
use std::path::Path;

/// How much each column of each matrix matters, measured on texts ("imatrix"). Makes small quantizations
/// better, and the smallest ones possible.
///
/// ```
/// use llama::Importance;
/// let importance = Importance::new().with("blk.0.attn_q.weight", vec![1.0; 64])?;
/// assert_eq!(importance.len(), 1);
/// assert!(Importance::new().with("x", vec![-1.0]).is_err());
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_model_imatrix_data")]
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Importance {
    entries: BTreeMap<String, Vec<f32>>,
}

impl Importance {
    /// Without any entry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a file that llama.cpp's `llama-imatrix` wrote in GGUF format.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read or is no importance matrix.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let refuse = |detail: String| Error::Io { path: path.to_owned(), detail };
        let of_gguf = |error: GgufError| refuse(error.to_string());
        let gguf = Gguf::open(path).map_err(of_gguf)?;
        let mut file = crate::regular_file::open(path).map_err(|error| refuse(error.to_string()))?;
        let mut importance = Self::new();
        for sums in gguf.tensors() {
            let Some(name) = sums.name().strip_suffix(".in_sum2") else { continue };
            let counts = gguf
                .tensor(&format!("{name}.counts"))
                .ok_or_else(|| refuse(format!("it has no counts for \"{name}\"")))?;
            if sums.tensor_type() != TensorType::F32 || counts.tensor_type() != TensorType::F32 {
                return Err(refuse(format!("the numbers of \"{name}\" are not F32")));
            }
            let mut values = floats(&gguf.read_tensor(&mut file, sums).map_err(of_gguf)?);
            let counts = floats(&gguf.read_tensor(&mut file, counts).map_err(of_gguf)?);
            if counts.is_empty() || !values.len().is_multiple_of(counts.len()) {
                return Err(refuse(format!("the counts of \"{name}\" do not fit its sums")));
            }
            let columns = values.len() / counts.len();
            for (matrix, count) in values.chunks_mut(columns.max(1)).zip(counts) {
                for value in matrix {
                    // An expert that was never used counts as if all its columns mattered alike.
                    *value = if count > 0.0 { *value / count } else { 1.0 };
                }
            }
            importance = importance.with(name, values).map_err(|error| refuse(error.to_string()))?;
        }
        if importance.entries.is_empty() {
            return Err(refuse("this is not an importance matrix".to_owned()));
        }
        Ok(importance)
    }

    /// Adds an entry: one number per column of the tensor `name`, one such row after the other for each expert.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless all numbers are finite and not negative.
    pub fn with(mut self, name: &str, values: Vec<f32>) -> Result<Self> {
        if let Some(bad) = values.iter().find(|value| !value.is_finite() || **value < 0.0) {
            return Err(Error::invalid("importance", format!("{bad} for \"{name}\" is no importance")));
        }
        self.entries.insert(name.to_owned(), values);
        Ok(self)
    }

    /// The numbers of a tensor.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.entries.get(name).map(Vec::as_slice)
    }

    /// Number of tensors with an entry.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without any entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Vec<f32>)> {
        self.entries.iter()
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect()
}
