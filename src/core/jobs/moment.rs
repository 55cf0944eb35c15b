//! When a step happens, and what chance says to it: both are arguments, and both are stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::model::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTime {
    pub at: Timestamp,
    pub chance: Draw,
}

/// An even draw, in whole numbers: a history gives the same pauses on every platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Draw(pub u16);

impl Draw {
    /// Of a number that was drawn evenly from 0 to 1.
    pub fn of(share: f64) -> Self {
        // A float becomes the nearest number that there is.
        Self((share * f64::from(u16::MAX)) as u16)
    }
}

/// The pause after `failures` (1 or more) in a row: it doubles with each up to a limit, and chance
/// takes up to half of it, so that what failed together is not repeated together.
pub(super) fn pause(first: Duration, longest: Duration, failures: u32, chance: Draw) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = first.saturating_mul(1 << doublings).min(longest);
    let half = full / 2;
    half + half.saturating_mul(u32::from(chance.0)) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::moment::*;

    #[test]
    fn a_pause_doubles_up_to_its_limit_and_chance_takes_at_most_half() {
        let after = |failures, chance| {
            let (first, longest) = (Duration::from_secs(60), Duration::from_secs(1800));
            pause(first, longest, failures, Draw(chance)).as_secs()
        };
        assert_eq!([1, 2, 3, 6, u32::MAX].map(|n| after(n, u16::MAX)), [60, 120, 240, 1800, 1800]);
        assert_eq!([1, 2, 3, 6, u32::MAX].map(|n| after(n, 0)), [30, 60, 120, 900, 900]);
        assert!((30..=60).contains(&after(1, 12_345)));
        assert_eq!(
            [-1.0, 0.0, 0.5, 1.0, 2.0].map(|share| Draw::of(share).0),
            [0, 0, 32_767, 65_535, 65_535]
        );
    }
}
