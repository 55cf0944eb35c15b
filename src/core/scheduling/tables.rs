//! Roots, logarithms and powers as tables, in millionths, each rounded to the nearest: a float
//! would not be the same on every platform.

use crate::core::command::value::Size;

/// `1 / sqrt(S)`, S being 1, 2, 3, 5 and 8 from `xs` to `xl`.
const BY_SIZE: [u32; 5] = [1_000_000, 707_107, 577_350, 447_214, 353_553];

/// `log2(1 + n) / log2(17)`.
const BY_DEPENDENTS: [u32; 17] = [
    0, 244_651, 387_762, 489_301, 568_061, 632_412, 686_821, 733_952, 775_524, 812_712, 846_352,
    877_063, 905_315, 931_471, 955_823, 978_602, 1_000_000,
];

/// `0.6 ^ n`.
const BY_FAILS: [u32; 7] = [1_000_000, 600_000, 360_000, 216_000, 129_600, 77_760, 46_656];

/// `0.4 + 0.6 n / 3`.
const BY_READINESS: [u32; 4] = [400_000, 600_000, 800_000, 1_000_000];

/// The factor of a size; unknown ones count as `m`.
pub(super) fn size(size: Option<Size>) -> u32 {
    BY_SIZE[size.unwrap_or(Size::M) as usize]
}

/// The share for `n` issues that wait; sixteen give all of it.
pub(super) fn dependents(n: u32) -> u32 {
    entry(&BY_DEPENDENTS, n)
}

/// The factor for `n` failed attempts; there are never more than six.
pub(super) fn fails(n: u32) -> u32 {
    entry(&BY_FAILS, n)
}

/// The factor for `n` of the three things that make a text ready.
pub(super) fn readiness(n: u32) -> u32 {
    entry(&BY_READINESS, n)
}

/// The entry of `n`, or the last one.
fn entry(table: &[u32], n: u32) -> u32 {
    table[usize::try_from(n).unwrap_or(usize::MAX).min(table.len() - 1)]
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::tables::*;

    /// Exact to the millionth, as far as a float of 53 bits can tell.
    fn nearest(exact: f64) -> u32 {
        (exact * 1e6).round() as u32
    }

    #[test]
    fn each_entry_is_the_exact_value_to_the_nearest_millionth() {
        for (weight, known) in [1.0, 2.0, 3.0, 5.0, 8.0_f64].into_iter().zip(Size::ALL) {
            assert_eq!(size(Some(known)), nearest(1.0 / weight.sqrt()), "{known}");
        }
        assert_eq!(size(None), size(Some(Size::M)));
        for n in 0..=40_u32 {
            let log = (f64::from(n) + 1.0).log2() / 17_f64.log2();
            assert_eq!(dependents(n), nearest(log.min(1.0)), "{n}");
            assert_eq!(fails(n), nearest(0.6_f64.powi(n.min(6) as i32)), "{n}");
            assert_eq!(readiness(n), nearest(0.4 + 0.2 * f64::from(n.min(3))), "{n}");
        }
        assert_eq!(fails(u32::MAX), 46_656);
    }
}
