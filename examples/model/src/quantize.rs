//! From `f32` to the 16- and 8-bit forms that ggml computes with.

/// Numbers per `Q8_0` block.
const BLOCK: usize = 32;

/// `value` as an IEEE half, rounded to the nearest, ties to even.
pub(crate) fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) & 0x8000;
    let exponent = (bits >> 23) & 0xFF;
    let mantissa = bits & 0x007F_FFFF;
    // The half's bits before rounding, and how many bits of `mantissa` fall off.
    let (kept, full, lost) = match exponent {
        0xFF => return low_bits(sign | 0x7C00 | (if mantissa == 0 { 0 } else { 0x200 })),
        143.. => return low_bits(sign | 0x7C00),
        113.. => ((exponent - 112) << 10, mantissa, 13),
        102.. => (0, mantissa | 0x0080_0000, 126 - exponent),
        _ => return low_bits(sign),
    };
    let truncated = kept + (full >> lost);
    let rest = full & ((1 << lost) - 1);
    let middle = 1 << (lost - 1);
    let up = rest > middle || (rest == middle && truncated & 1 == 1);
    // A carry into the exponent is what rounding up to the next power of two means.
    low_bits(sign | (truncated + u32::from(up)))
}

fn low_bits(bits: u32) -> u16 {
    let [low, high, ..] = bits.to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// `values` as `Q8_0`: blocks of a half-precision scale and 32 signed bytes.
///
/// The number of values must be a multiple of 32; what is over is left out.
pub(crate) fn q8_0(values: &[f32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len() / BLOCK * (2 + BLOCK));
    for block in values.chunks_exact(BLOCK) {
        let largest = block.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let scale = largest / 127.0;
        let inverse = if scale == 0.0 { 0.0 } else { scale.recip() };
        bytes.extend(half(scale).to_le_bytes());
        bytes.extend(block.iter().flat_map(|value| to_i8(value * inverse).to_le_bytes()));
    }
    bytes
}

#[allow(clippy::cast_possible_truncation, reason = "a float-to-int cast saturates, which is what is wanted")]
fn to_i8(value: f32) -> i8 {
    value.round() as i8
}

#[cfg(test)]
mod tests {
    use super::{half, q8_0};

    #[test]
    fn halves_round_to_even() {
        for (value, bits) in [
            (0.0, 0x0000),
            (-0.0, 0x8000),
            (1.0, 0x3C00),
            (-2.0, 0xC000),
            (65504.0, 0x7BFF),
            (65519.0, 0x7BFF),
            (65520.0, 0x7C00),
            (1e9, 0x7C00),
            (f32::INFINITY, 0x7C00),
            (6.103_515_6e-5, 0x0400),
            (5.960_464_5e-8, 0x0001),
            (2.980_232_2e-8, 0x0000),
            (3.0e-8, 0x0001),
            (1.000_488_3, 0x3C00),
            (1.001_464_8, 0x3C02),
            (0.333_333_34, 0x3555),
        ] {
            assert_eq!(half(value), bits, "{value}");
        }
        assert_eq!(half(f32::NAN) & 0x7E00, 0x7E00);
    }

    #[test]
    fn blocks_hold_a_scale_and_bytes() {
        let values: Vec<f32> = (0_u8..64).map(|n| if n < 32 { 0.0 } else { f32::from(n) * 2.0 }).collect();
        let bytes = q8_0(&values);
        assert_eq!(bytes.len(), 68);
        assert_eq!(bytes[..34], [0; 34]);
        assert_eq!(bytes[67], 127);
        assert_eq!(bytes[36], 65);
    }
}
