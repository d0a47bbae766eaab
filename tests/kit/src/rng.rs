//! A small seeded generator: the same numbers on every platform.

/// Sum of four 16-bit uniforms, minus its mean, has this standard deviation: 65536 / sqrt(3).
const FOUR_UNIFORMS_SIGMA: f32 = 37_837.227;

/// A splitmix64 generator. Integer arithmetic only, so nothing depends on a maths library.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator for `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator for one named thing under `seed`: independent of the order of creation.
    #[must_use]
    pub fn named(seed: u64, name: &str) -> Self {
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let mut rng = Self(seed ^ hash);
        rng.next_u64();
        rng
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: u32) -> u32 {
        // The product of two 32-bit numbers, shifted right by 32, is below the bound.
        #[allow(clippy::cast_possible_truncation, reason = "the value is below a u32")]
        let scaled = (((self.next_u64() >> 32) * u64::from(bound)) >> 32) as u32;
        scaled
    }

    /// A close-to-normal number with mean 0 and standard deviation 1, never beyond 3.5.
    pub fn normal(&mut self) -> f32 {
        let bits = self.next_u64();
        let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        #[allow(clippy::cast_precision_loss, reason = "the sum has 18 bits")]
        let centred = sum as f32 - 131_070.0;
        centred / FOUR_UNIFORMS_SIGMA
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn same_seed_same_numbers() {
        let (mut a, mut b) = (Rng::named(7, "x"), Rng::named(7, "x"));
        assert!((0..100).all(|_| a.next_u64() == b.next_u64()));
        assert_ne!(Rng::named(7, "x").next_u64(), Rng::named(7, "y").next_u64());
        assert_ne!(Rng::named(7, "x").next_u64(), Rng::named(8, "x").next_u64());
    }

    #[test]
    fn normal_has_mean_zero_and_variance_one() {
        let mut rng = Rng::new(1);
        let values: Vec<f64> = (0..100_000).map(|_| f64::from(rng.normal())).collect();
        let mean = values.iter().sum::<f64>() / 100_000.0;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 100_000.0;
        assert!(mean.abs() < 0.02, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.02, "variance {variance}");
    }

    #[test]
    fn below_stays_below() {
        let mut rng = Rng::new(3);
        assert!((0..1000).all(|_| rng.below(7) < 7));
    }
}
