//! How long to wait before the next try.

use std::time::Duration;

/// Exponential backoff with equal jitter: the pause doubles with each failure up to a limit, and
/// chance takes up to half of it, so that what failed together is not repeated together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    /// The most after one failure.
    pub(crate) first: Duration,
    /// The most after however many.
    pub(crate) longest: Duration,
}

impl Backoff {
    /// The pause after `failures` (1 or more) in a row; `chance` is drawn evenly from 0 to 1.
    pub(crate) fn pause(self, failures: u32, chance: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let full = self.first.saturating_mul(1 << doublings).min(self.longest);
        full.mul_f64(0.5 + chance / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::backoff::*;

    const BACKOFF: Backoff =
        Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(300) };

    #[test]
    fn it_doubles_up_to_its_limit() {
        let most = |failures| BACKOFF.pause(failures, 1.0).as_secs();
        assert_eq!([1, 2, 3, 9, 10, u32::MAX].map(most), [1, 2, 4, 256, 300, 300]);
    }

    #[test]
    fn chance_takes_at_most_half() {
        assert_eq!(BACKOFF.pause(1, 0.0), Duration::from_millis(500));
        assert_eq!(BACKOFF.pause(1, 0.5), Duration::from_millis(750));
        assert_eq!(BACKOFF.pause(20, 0.0), Duration::from_secs(150));
    }
}
