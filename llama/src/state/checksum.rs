//! A fast checksum against accidents: truncation, bad disks, mixed-up files. Not against forgery.

/// Odd, with well-spread bits.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes bytes into 64 bits. Every step is reversible, so a change within one word always changes the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checksum(u64);

impl Checksum {
    pub(crate) fn new() -> Self {
        Self(0x51af_d7ed_558c_cd00)
    }

    fn word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(FACTOR);
        self.0 = mixed ^ (mixed >> 29);
    }

    /// Adds a piece; its length counts too, so moving bytes from one piece to the next changes the result.
    pub(crate) fn add(mut self, bytes: &[u8]) -> Self {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for &word in words {
            self.word(u64::from_le_bytes(word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last));
        self
    }

    pub(crate) fn finish(mut self) -> u64 {
        self.word(FACTOR);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Checksum;

    fn of(bytes: &[u8]) -> u64 {
        Checksum::new().add(bytes).finish()
    }

    #[test]
    fn every_flipped_bit_shows() {
        let bytes: Vec<u8> = (0..100).collect();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(of(&changed), of(&bytes), "bit {bit}");
        }
    }

    #[test]
    fn lengths_and_borders_count() {
        assert_ne!(of(&[]), of(&[0]));
        assert_ne!(of(&[0; 8]), of(&[0; 9]));
        let two = |a: &[u8], b: &[u8]| Checksum::new().add(a).add(b).finish();
        assert_ne!(two(&[1, 2], &[3]), two(&[1], &[2, 3]));
    }
}
