//! How alike two vectors are.
//!
//! ```
//! use llama::similarity::{cosine, dot};
//! assert_eq!(dot(&[1.0, 2.0], &[3.0, 4.0])?, 11.0);
//! assert_eq!(cosine(&[1.0, 0.0], &[5.0, 0.0])?, 1.0);
//! # Ok::<(), llama::Error>(())
//! ```

use crate::error::{Error, Result};

/// Numbers that are added side by side, so that the compiler can use wide registers.
const LANES: usize = 8;

/// The sum of the products; for vectors of length 1 the same as [`cosine`].
///
/// # Errors
/// [`Error::InvalidParameter`] for vectors of different width.
pub fn dot(a: &[f32], b: &[f32]) -> Result<f32> {
    same_width(a.len(), b.len())?;
    Ok(product(a, b))
}

/// The cosine of the angle between two vectors, -1 to 1; 0 when one of them is zero.
///
/// # Errors
/// [`Error::InvalidParameter`] for vectors of different width.
pub fn cosine(a: &[f32], b: &[f32]) -> Result<f32> {
    same_width(a.len(), b.len())?;
    Ok(product(a, b) * inverse_norm(a) * inverse_norm(b))
}

pub(super) fn same_width(a: usize, b: usize) -> Result<()> {
    if a == b {
        return Ok(());
    }
    Err(Error::invalid("vector", format!("its width is {b}, the other one's is {a}")))
}

pub(super) fn product(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    let mut sums = [0.0_f32; LANES];
    for (x, y) in a.zip(b) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// 1 over the length of a vector; 0 for the zero vector, which has no direction.
pub(super) fn inverse_norm(vector: &[f32]) -> f32 {
    let length = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    #[allow(clippy::cast_possible_truncation, reason = "the vectors have this precision")]
    if length > 0.0 { (1.0 / length) as f32 } else { 0.0 }
}

/// Gives a vector the length 1, or leaves it zero.
pub(super) fn normalize(vector: &mut [f32]) {
    let factor = inverse_norm(vector);
    for value in vector {
        *value *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_any_width() {
        for width in [0_u8, 1, 7, 8, 9, 48, 100] {
            let a: Vec<f32> = (0..width).map(f32::from).collect();
            let b = vec![2.0; usize::from(width)];
            let expected: f32 = a.iter().map(|x| 2.0 * x).sum();
            assert!((dot(&a, &b).unwrap() - expected).abs() < 1e-3, "{width}");
        }
    }

    #[test]
    fn angles() {
        assert!((cosine(&[1.0, 1.0], &[-2.0, -2.0]).unwrap() + 1.0).abs() < 1e-6);
        assert!(cosine(&[1.0, 0.0], &[0.0, 3.0]).unwrap().abs() < 1e-6);
        assert!(cosine(&[0.0, 0.0], &[0.0, 3.0]).unwrap().abs() < 1e-6, "zero is like nothing");
        assert!(matches!(cosine(&[1.0], &[1.0, 2.0]), Err(Error::InvalidParameter { .. })));
    }

    #[test]
    fn normalized_vectors_have_length_one() {
        let mut vector = [3.0, 4.0];
        normalize(&mut vector);
        assert!((vector[0] - 0.6).abs() < 1e-6 && (vector[1] - 0.8).abs() < 1e-6);
        let mut zero = [0.0, 0.0];
        normalize(&mut zero);
        assert!(zero.iter().all(|x| x.abs() < 1e-9));
    }
}
