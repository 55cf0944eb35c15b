//! How much chance there is in a text, in whole numbers, so that it is the same on every platform.

/// The bits of chance of one character of `text`, in hundredths: how evenly its characters are
/// spread (Shannon's entropy).
pub(super) fn chance(text: &[u8]) -> u32 {
    let mut counts = [0_u32; 256];
    for byte in text {
        counts[usize::from(*byte)] += 1;
    }
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    // n * log2(n) - sum of c * log2(c), all over n.
    let all = u64::from(length) * log2(length);
    let each: u64 = counts.iter().map(|count| u64::from(*count) * log2(*count)).sum();
    let bits = (all - each.min(all)) / u64::from(length.max(1));
    u32::try_from(bits / 10).unwrap_or(u32::MAX)
}

/// The binary logarithm of `number` in thousandths; of zero and one it is zero.
fn log2(number: u32) -> u64 {
    if number < 2 {
        return 0;
    }
    let whole = number.ilog2();
    // The fraction, bit by bit: of a number from 1 to 2 the square says the next one.
    let mut rest = (u64::from(number) << 31) >> whole;
    let mut fraction = 0;
    for bit in (0..10).rev() {
        rest = (rest * rest) >> 31;
        if rest >= 1 << 32 {
            rest >>= 1;
            fraction |= 1 << bit;
        }
    }
    u64::from(whole) * 1000 + fraction * 1000 / 1024
}

#[cfg(test)]
mod tests {
    use crate::core::guards::secrets::chance::*;

    #[test]
    fn chance_is_what_the_formula_says() {
        assert_eq!(chance(b""), 0);
        assert_eq!(chance(b"aaaaaaaa"), 0);
        assert_eq!(chance(b"abababab"), 100);
        assert_eq!(chance(b"0123456789abcdef"), 400);
        let mixed = chance(b"hello world");
        assert!((283..=285).contains(&mixed), "{mixed}");
    }
}
