//! Vectors of many texts in one piece of memory.

use super::input::Truncated;
use super::similarity::{inverse_norm, product, same_width};
use crate::error::{Error, Result};
use std::ops::Index;
use std::slice::ChunksExact;

/// One vector per text, in the order of the texts: `len` rows of `width` numbers, one behind the other.
///
/// ```
/// use llama::Embeddings;
/// let stored = Embeddings::from_vec(vec![1.0, 0.0, 0.0, 1.0], 2)?;
/// assert_eq!(stored.len(), 2);
/// assert_eq!(stored[1], [0.0, 1.0]);
/// let best = stored.nearest(&[0.1, 0.9], 1)?;
/// assert_eq!(best[0].index, 1);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    values: Vec<f32>,
    width: usize,
    n_tokens: usize,
    truncated: Vec<Truncated>,
}

/// A row of [`Embeddings`] that is like a query.
///
/// ```
/// use llama::Embeddings;
/// let stored = Embeddings::from_vec(vec![1.0, 0.0, 0.6, 0.8], 2)?;
/// let like = stored.nearest(&[2.0, 0.0], 2)?;
/// assert_eq!((like[0].index, like[0].score), (0, 1.0));
/// assert_eq!(like[1].index, 1);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Neighbour {
    /// The row, counted from 0.
    pub index: usize,
    /// Cosine of the angle to the query, -1 to 1.
    pub score: f32,
}

impl Embeddings {
    /// Rows of zeros, to be filled.
    pub(super) fn zeros(rows: usize, width: usize) -> Self {
        Self { values: vec![0.0; rows * width], width, n_tokens: 0, truncated: Vec::new() }
    }

    pub(super) fn with_facts(mut self, n_tokens: usize, truncated: Vec<Truncated>) -> Self {
        self.n_tokens = n_tokens;
        self.truncated = truncated;
        self
    }

    pub(super) fn row_mut(&mut self, index: usize) -> &mut [f32] {
        self.values.get_mut(index * self.width..(index + 1) * self.width).unwrap_or_default()
    }

    /// Vectors that were computed earlier, for example read from a file.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless the numbers are a whole number of rows.
    pub fn from_vec(values: Vec<f32>, width: usize) -> Result<Self> {
        if width == 0 || !values.len().is_multiple_of(width) {
            let reason = format!("{} numbers are no rows of {width}", values.len());
            return Err(Error::invalid("values", reason));
        }
        Ok(Self { values, width, n_tokens: 0, truncated: Vec::new() })
    }

    /// Number of vectors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Numbers per vector.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// One vector, or `None` when there are fewer.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        self.iter().nth(index)
    }

    /// All vectors in order.
    pub fn iter(&self) -> ChunksExact<'_, f32> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// All numbers, row by row.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.values
    }

    /// All numbers, row by row.
    #[must_use]
    pub fn into_vec(self) -> Vec<f32> {
        self.values
    }

    /// Tokens that were computed for these vectors, special tokens included.
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        self.n_tokens
    }

    /// The texts that were cut, by their index; only with
    /// [`truncate`](crate::EmbedderBuilder::truncate).
    #[must_use]
    pub fn truncated(&self) -> &[Truncated] {
        &self.truncated
    }

    /// The `k` rows that are most like `query`, best first; of equally good ones the first.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a query of another width.
    pub fn nearest(&self, query: &[f32], k: usize) -> Result<Vec<Neighbour>> {
        same_width(self.width, query.len())?;
        let factor = inverse_norm(query);
        let score = |row| match product(row, query) * inverse_norm(row) * factor {
            // Stored rows may hold anything.
            score if score.is_nan() => f32::NEG_INFINITY,
            score => score,
        };
        let mut all: Vec<Neighbour> =
            self.iter().enumerate().map(|(index, row)| Neighbour { index, score: score(row) }).collect();
        let better = |a: &Neighbour, b: &Neighbour| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index));
        if k < all.len() {
            all.select_nth_unstable_by(k, better);
            all.truncate(k);
        }
        all.sort_unstable_by(better);
        Ok(all)
    }
}

impl Index<usize> for Embeddings {
    type Output = [f32];

    /// # Panics
    /// When there are not that many vectors.
    fn index(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }
}

impl<'a> IntoIterator for &'a Embeddings {
    type Item = &'a [f32];
    type IntoIter = ChunksExact<'a, f32>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first() {
        let values = vec![1.0, 0.0, 0.0, 2.0, 3.0, 3.0, f32::NAN, 1.0, 0.0, 0.0];
        let rows = Embeddings::from_vec(values, 2).unwrap();
        let found = |k| rows.nearest(&[1.0, 0.1], k).unwrap().iter().map(|n| n.index).collect::<Vec<_>>();
        assert_eq!(found(0), [] as [usize; 0]);
        assert_eq!(found(2), [0, 2]);
        assert_eq!(found(9), [0, 2, 1, 4, 3], "what is no number comes last");
        assert!(rows.nearest(&[1.0], 1).is_err());
    }

    #[test]
    fn of_equal_rows_the_first_counts() {
        let rows = Embeddings::from_vec([1.0, 0.0].repeat(50), 2).unwrap();
        let found: Vec<usize> = rows.nearest(&[1.0, 0.0], 3).unwrap().iter().map(|n| n.index).collect();
        assert_eq!(found, [0, 1, 2]);
    }

    #[test]
    fn rows_must_be_whole() {
        assert!(Embeddings::from_vec(vec![1.0; 5], 2).is_err());
        assert!(Embeddings::from_vec(vec![1.0; 5], 0).is_err());
        let none = Embeddings::from_vec(Vec::new(), 3).unwrap();
        assert!(none.is_empty() && none.row(0).is_none());
        assert!(none.nearest(&[0.0; 3], 5).unwrap().is_empty());
    }
}
