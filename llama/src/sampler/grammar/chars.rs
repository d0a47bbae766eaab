//! Sets of characters, and characters that arrive byte by byte.

/// Largest code point.
const MAX_CHAR: u32 = 0x10_FFFF;

/// A set of characters. Surrogates, which are no characters, are never in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CharSet {
    /// One bit for each of the first 128 characters.
    ascii: u128,
    /// Ranges in ascending order without overlaps.
    ranges: Vec<(u32, u32)>,
}

impl CharSet {
    pub(super) fn new(mut ranges: Vec<(u32, u32)>, negated: bool) -> Self {
        ranges.retain(|&(low, high)| low <= high);
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        if negated {
            merged = complement(&merged);
        }
        let mut clipped = Vec::with_capacity(merged.len() + 1);
        for (low, high) in merged {
            for (from, to) in [(0, 0xD7FF), (0xE000, MAX_CHAR)] {
                let (low, high) = (low.max(from), high.min(to));
                if low <= high {
                    clipped.push((low, high));
                }
            }
        }
        let ascii = (0..128).filter(|&c| within(&clipped, c, c)).fold(0, |bits, c| bits | 1 << c);
        Self { ascii, ranges: clipped }
    }

    pub(super) fn contains(&self, c: u32) -> bool {
        if c < 128 { self.ascii >> c & 1 == 1 } else { within(&self.ranges, c, c) }
    }

    /// True when some character from `low` to `high` is in the set.
    pub(super) fn meets(&self, low: u32, high: u32) -> bool {
        low <= high && within(&self.ranges, low, high)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

fn within(ranges: &[(u32, u32)], low: u32, high: u32) -> bool {
    let at = ranges.partition_point(|range| range.1 < low);
    ranges.get(at).is_some_and(|range| range.0 <= high)
}

fn complement(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut gaps = Vec::with_capacity(ranges.len() + 1);
    let mut next = 0;
    for &(low, high) in ranges {
        if low > next {
            gaps.push((next, low - 1));
        }
        next = high.saturating_add(1);
    }
    if next <= MAX_CHAR {
        gaps.push((next, MAX_CHAR));
    }
    gaps
}

/// The beginning of a character in UTF-8; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Partial {
    value: u32,
    /// Bytes to come.
    left: u8,
    /// Smallest character of this length; a smaller one would be spelled too long.
    least: u32,
}

/// What a byte leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Byte {
    Whole(u32),
    Part(Partial),
    /// No text has this byte here.
    Invalid,
}

impl Partial {
    pub(super) fn is_empty(self) -> bool {
        self.left == 0
    }

    pub(super) fn push(self, byte: u8) -> Byte {
        let byte_value = u32::from(byte);
        let part = |value, left, least| Byte::Part(Self { value, left, least });
        if self.left == 0 {
            return match byte {
                0..=0x7F => Byte::Whole(byte_value),
                0xC2..=0xDF => part(byte_value & 0x1F, 1, 0x80),
                0xE0..=0xEF => part(byte_value & 0x0F, 2, 0x800),
                0xF0..=0xF4 => part(byte_value & 0x07, 3, 0x1_0000),
                _ => Byte::Invalid,
            };
        }
        if byte & 0xC0 != 0x80 {
            return Byte::Invalid;
        }
        let value = self.value << 6 | (byte_value & 0x3F);
        match self.left {
            1 if value >= self.least && char::from_u32(value).is_some() => Byte::Whole(value),
            1 => Byte::Invalid,
            left => part(value, left - 1, self.least),
        }
    }

    /// The characters that this may become, from the smallest to the largest.
    pub(super) fn range(self) -> (u32, u32) {
        let bits = 6 * u32::from(self.left);
        let low = self.value << bits;
        (low.max(self.least), low | ((1 << bits) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        let set = CharSet::new(vec![(97, 99), (99, 122), (0x1F999, 0x1F999)], false);
        assert!(set.contains(97) && set.contains(122) && set.contains(0x1F999));
        assert!(!set.contains(96) && !set.contains(123) && !set.contains(0x1F998));
        assert!(set.meets(123, 0x2_0000) && !set.meets(123, 0x1F998));
        let others = CharSet::new(vec![(97, 122)], true);
        assert!(!others.contains(110) && others.contains(10) && others.contains(MAX_CHAR));
        assert!(!others.meets(0x800, 0x3F), "a spelling that is too long becomes nothing");
        assert!(!others.contains(0xD800) && !others.meets(0xD800, 0xDFFF));
        assert!(CharSet::new(vec![(0, u32::MAX)], true).is_empty());
        assert!(CharSet::new(vec![(5, 3), (0xD800, 0xDBFF)], false).is_empty());
        assert!(CharSet::new(Vec::new(), true).contains(0));
    }

    fn spell(bytes: &[u8]) -> Byte {
        let mut partial = Partial::default();
        for &byte in bytes {
            match partial.push(byte) {
                Byte::Part(next) => partial = next,
                end => return end,
            }
        }
        Byte::Part(partial)
    }

    #[test]
    fn bytes_become_characters() {
        for c in ['a', '\u{7f}', '\u{80}', 'é', '\u{7ff}', '\u{800}', '\u{ffff}', '🦙', '\u{10ffff}'] {
            let text = c.to_string();
            assert_eq!(spell(text.as_bytes()), Byte::Whole(u32::from(c)));
            for cut in 1..text.len() {
                let Byte::Part(partial) = spell(&text.as_bytes()[..cut]) else { panic!("{c:?}") };
                let (low, high) = partial.range();
                assert!((low..=high).contains(&u32::from(c)) && !partial.is_empty());
            }
        }
        for bad in
            [&[0x80][..], &[0xC0], &[0xC1], &[0xF5], &[0xE0, 0x80, 0x80], &[0xED, 0xA0, 0x80], &[0xC3, 0x41]]
        {
            assert_eq!(spell(bad), Byte::Invalid, "{bad:x?}");
        }
        let Byte::Part(surrogate) = spell(&[0xED, 0xA0]) else { panic!() };
        let (low, high) = surrogate.range();
        assert!(!CharSet::new(Vec::new(), true).meets(low, high), "it can become no character");
    }
}
