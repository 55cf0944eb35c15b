//! How long to wait before the next try.

use std::time::Duration;

use crate::core::backoff::Backoff;
use crate::gitea::Error;

const BACKOFF: Backoff =
    Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(300) };
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// The pause after `tries` failed ones: it doubles from 1 s up to 5 min.
pub(super) fn pause(tries: u32, chance: f64) -> Duration {
    BACKOFF.pause(tries, chance)
}

/// How often the forge itself may fail at one and the same request.
const MOST_FAILURES: u32 = 10;

/// Whether another try makes no sense, although the error could heal: Gitea answers 500 also to
/// what it will never do, such as a comment on an issue that does not exist. One that is away, or
/// a token that is not accepted, says nothing about the request, and is waited for.
pub(super) fn is_hopeless(error: &Error, tries: u32) -> bool {
    matches!(error, Error::Server { .. }) && tries + 1 >= MOST_FAILURES
}

/// The same for a single effect: it must not hold up its thread for ever because the token lacks
/// a scope that others do not need.
pub(super) fn is_hopeless_for_one(error: &Error, tries: u32) -> bool {
    let lacks_a_scope = matches!(error, Error::MissingScope { .. });
    is_hopeless(error, tries) || (lacks_a_scope && tries + 1 >= MOST_FAILURES)
}

/// How long to wait after `tries` failed ones if the forge `asked` for a pause: as long as it
/// asked, at least the usual pause (a pause of none would never end), at most an hour.
pub(super) fn wait(asked: Option<Duration>, tries: u32, chance: f64) -> Duration {
    pause(tries, chance).max(asked.unwrap_or_default()).min(LONGEST_ASKED)
}

/// Whether the forge as a whole cannot be asked: then the next question would fail as well.
pub(super) fn is_unavailable(error: &Error) -> bool {
    use Error::{BadToken, Dropped, NotGitea, RateLimited, Timeout, Unavailable, Unreachable};
    matches!(
        error,
        BadToken { .. }
            | Dropped(_)
            | NotGitea { .. }
            | RateLimited { .. }
            | Timeout
            | Unavailable { .. }
            | Unreachable(_)
    )
}

#[cfg(test)]
mod tests {
    use crate::engine::retry::*;

    #[test]
    fn the_forge_may_ask_for_more_but_not_for_less_nor_for_ever() {
        let asked = |seconds| wait(Some(Duration::from_secs(seconds)), 1, 0.0);
        assert_eq!(asked(0), pause(1, 0.0));
        assert_eq!(asked(30), Duration::from_secs(30));
        assert_eq!(asked(u64::MAX), Duration::from_secs(3600));
        assert_eq!(wait(None, 3, 0.0), pause(3, 0.0));
    }
}
