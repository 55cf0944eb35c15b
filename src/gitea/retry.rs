//! When a read is tried again. Writes never are: only the outbox may repeat them, after looking.

use std::time::Duration;

use super::error::Error;
use crate::chance::Chance;
use crate::core::backoff::Backoff;

/// How often a read is tried in all.
pub(super) const TRIES: u32 = 3;

const BACKOFF: Backoff =
    Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(2) };

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

/// How long to wait after `failures` (1 or more) tries.
pub(super) fn pause(failures: u32, chance: &Chance) -> Duration {
    BACKOFF.pause(failures, chance.draw())
}
