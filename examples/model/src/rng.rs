//! A small deterministic random number generator.

/// Pseudo random numbers that depend on the seed and on nothing else.
///
/// The corpus must be the same on every machine and in every year, so neither the
/// system's entropy nor a library that may change its algorithm is used.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator whose numbers depend on `seed` only.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = Self(seed ^ 0x5DEE_CE66_D1CE_4E5B);
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `limit`; 0 where `limit` is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let wide = u128::from(self.next()) * limit as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        let span = high.saturating_sub(low) as usize + 1;
        low + u32::try_from(self.below(span)).unwrap_or(0)
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of `items`.
    ///
    /// # Panics
    /// If `items` is empty: the tables of this package never are.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &'a [&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// One of `items`, by reference.
    ///
    /// # Panics
    /// If `items` is empty: the tables of this package never are.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// One of `items`, as often as its number says in comparison to the others'.
    ///
    /// # Panics
    /// If `items` is empty: the tables of this package never are.
    pub fn weighted<T: Copy>(&mut self, items: &[(u32, T)]) -> T {
        let mut at = self.between(1, items.iter().map(|item| item.0).sum());
        for &(share, item) in items {
            if at <= share {
                return item;
            }
            at -= share;
        }
        items[0].1
    }
}
