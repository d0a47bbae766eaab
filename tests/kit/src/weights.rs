//! Random weights as bytes of a ggml type, at the speed of memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;

use llama::gguf::TensorType;
use llama_sys as sys;

use crate::arch::{Fill, Role, Tensor};
use crate::rng::Rng;

/// Rows that are drawn and quantized per type and width; larger tensors repeat them in random order.
const POOL_ROWS: u32 = 256;

/// Draws tensors of one seed.
pub(crate) struct Weights {
    seed: u64,
    pools: HashMap<(TensorType, u64), Vec<u8>>,
}

impl Weights {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, pools: HashMap::new() }
    }

    /// All bytes of `tensor` as `kind`.
    pub(crate) fn draw(&mut self, tensor: &Tensor, kind: TensorType) -> io::Result<Vec<u8>> {
        let mut rng = Rng::named(self.seed, &tensor.name);
        let width = tensor.dims[0];
        let rows = tensor.len() / width;
        if tensor.role == Role::Plain {
            return Ok(plain(tensor, &mut rng));
        }
        if rows <= u64::from(POOL_ROWS) {
            return random_rows(&mut rng, kind, width, rows);
        }
        let pool = match self.pools.entry((kind, width)) {
            Entry::Occupied(pool) => pool.into_mut(),
            Entry::Vacant(empty) => {
                let mut rng = Rng::named(self.seed, &format!("pool {} {width}", kind.number()));
                empty.insert(random_rows(&mut rng, kind, width, u64::from(POOL_ROWS))?)
            }
        };
        let row_bytes = pool.len() / POOL_ROWS as usize;
        let mut bytes = Vec::new();
        for _ in 0..rows {
            let at = rng.below(POOL_ROWS) as usize * row_bytes;
            bytes.extend_from_slice(&pool[at..at + row_bytes]);
        }
        Ok(bytes)
    }
}

/// A tensor that stays F32, each weight on its own.
fn plain(tensor: &Tensor, rng: &mut Rng) -> Vec<u8> {
    let width = tensor.dims[0];
    let value = |index| match tensor.fill {
        Fill::One => 1.0 + 0.05 * rng.normal(),
        Fill::Normal(sigma) => sigma * rng.normal(),
        Fill::Decay => -1.0 - small(index % width),
    };
    (0..tensor.len()).map(value).flat_map(f32::to_le_bytes).collect()
}

/// Normal rows with a variance of one over their width, so that products keep their scale.
fn random_rows(rng: &mut Rng, kind: TensorType, width: u64, rows: u64) -> io::Result<Vec<u8>> {
    let sigma = small(width).sqrt().recip();
    let values: Vec<f32> = (0..width * rows).map(|_| sigma * rng.normal()).collect();
    quantize(kind, &values, width, rows)
}

/// Rows of floats as bytes of a ggml type.
fn quantize(kind: TensorType, values: &[f32], width: u64, rows: u64) -> io::Result<Vec<u8>> {
    let too_large = |_| io::Error::new(io::ErrorKind::InvalidInput, "the tensor is too large");
    let n_rows = i64::try_from(rows).map_err(too_large)?;
    let n_per_row = i64::try_from(width).map_err(too_large)?;
    assert_eq!(values.len() as u64, width * rows, "one value per weight");
    // No type is wider than the floats themselves.
    let mut bytes = vec![0_u8; size_of_val(values)];
    // SAFETY: `values` holds `rows * width` floats (asserted above) and `bytes` as many bytes, which is
    // room enough for any type; none of the kit's types needs an importance matrix.
    let written = unsafe {
        sys::guarded::ggml_quantize_chunk(
            kind.number(),
            values.as_ptr(),
            bytes.as_mut_ptr().cast(),
            0,
            n_rows,
            n_per_row,
            std::ptr::null(),
        )
    };
    bytes.truncate(written.map_err(io::Error::other)?);
    Ok(bytes)
}

/// A number far below 2^24 as a float.
#[allow(clippy::cast_precision_loss, reason = "dimensions are far below 2^24")]
fn small(number: u64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use llama::gguf::TensorType;

    use super::Weights;
    use crate::arch::{Fill, Role, Tensor};

    fn bytes(name: &str, rows: u64, kind: TensorType, seed: u64) -> Vec<u8> {
        let tensor =
            Tensor { name: name.into(), dims: vec![64, rows], role: Role::Matrix, fill: Fill::Normal(0.0) };
        Weights::new(seed).draw(&tensor, kind).expect("drawn")
    }

    #[test]
    fn sizes_match_the_type() {
        for rows in [3, 1000] {
            let rows_usize = usize::try_from(rows).expect("small");
            assert_eq!(bytes("a", rows, TensorType::F32, 1).len(), rows_usize * 256);
            assert_eq!(bytes("a", rows, TensorType::F16, 1).len(), rows_usize * 128);
            assert_eq!(bytes("a", rows, TensorType::Q8_0, 1).len(), rows_usize * 68);
            assert_eq!(bytes("a", rows, TensorType::Q4_0, 1).len(), rows_usize * 36);
        }
    }

    #[test]
    fn the_seed_and_the_name_decide() {
        let once = bytes("a", 1000, TensorType::F16, 1);
        assert_eq!(once, bytes("a", 1000, TensorType::F16, 1));
        assert_ne!(once, bytes("a", 1000, TensorType::F16, 2));
        assert_ne!(once, bytes("b", 1000, TensorType::F16, 1));
    }
}
