//! When a read is tried again. Writes never are: only the outbox may repeat them, after looking.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::error::Error;

/// How often a read is tried in all.
pub(super) const TRIES: u32 = 3;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Whether the same read may well succeed in a moment.
pub(super) fn is_worthwhile(error: &Error) -> bool {
    matches!(
        error,
        Error::Unreachable(_)
            | Error::Timeout
            | Error::Dropped(_)
            | Error::Server { .. }
            | Error::Unavailable { .. }
            | Error::NotGitea { status: 500.. }
    )
}

/// How long to wait after `failures` (1 or more) tries: exponential backoff with full jitter.
pub(super) fn pause(failures: u32) -> Duration {
    full_jitter(failures, chance())
}

/// `chance` spread evenly over zero to the present bound, which doubles with each failure.
fn full_jitter(failures: u32, chance: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let bound = (FIRST_PAUSE * 2u32.pow(doublings)).min(LONGEST_PAUSE);
    let micros = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(chance % (micros + 1))
}

/// A number that nobody needs to foresee: the standard library's seed for hash maps.
fn chance() -> u64 {
    RandomState::new().hash_one(())
}

#[cfg(test)]
mod tests {
    use crate::gitea::retry::*;

    #[test]
    fn the_bound_doubles_up_to_its_limit() {
        let longest =
            |failures| (0..5_000_000).step_by(997).map(|c| full_jitter(failures, c)).max();
        assert!(longest(1) <= Some(FIRST_PAUSE));
        assert!(longest(2) > Some(FIRST_PAUSE) && longest(2) <= Some(2 * FIRST_PAUSE));
        assert!(longest(u32::MAX) > Some(Duration::from_secs(1)));
        assert!(longest(u32::MAX) <= Some(LONGEST_PAUSE));
    }
}
