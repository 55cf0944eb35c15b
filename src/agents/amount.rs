//! Amounts of money as agents tell them.

/// An amount in millionths, rounded up; none for what is no amount. Zero is no word: it is written
/// where nobody knows.
pub(super) fn micro_usd(usd: f64) -> Option<u64> {
    let micro = (usd * 1e6).ceil();
    // A cast of what is too large gives the largest.
    (micro.is_finite() && micro > 0.0).then_some(micro as u64)
}
