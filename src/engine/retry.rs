//! How long to wait before the next try.

use std::time::Duration;

use crate::core::backoff::Backoff;
use crate::gitea::{Error, Gitea};

const BACKOFF: Backoff =
    Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(300) };
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// The pause after `tries` failed ones: it doubles from 1 s up to 5 min.
pub(super) fn pause(tries: u32, chance: f64) -> Duration {
    BACKOFF.pause(tries, chance)
}

/// How often one and the same request may be answered in a way that cannot be understood.
const MOST_FAILURES: u32 = 10;

/// How often it may be left without an answer of Gitea's own: a server under load, or one that is
/// read and not written to for a while, deserves some hours.
const MOST_SILENCES: u32 = 100;

/// Whether another try makes no sense, although the error could heal: Gitea answers 500 also to
/// what it will never do, such as a comment on an issue that does not exist; a proxy may have its
/// own reasons for one request. What is true of all requests says nothing about the one, and is
/// waited for: a token that is not accepted, a forge that is away.
pub(super) async fn is_hopeless(gitea: &Gitea, error: &Error, tries: u32) -> bool {
    let failures = tries + 1;
    match error {
        Error::Server { .. }
        | Error::Unexpected { .. }
        | Error::Unreadable(_)
        | Error::Conflict { .. } => failures >= MOST_FAILURES,
        Error::NotGitea { status: ..500 } => failures >= MOST_FAILURES && answers(gitea).await,
        Error::NotGitea { .. } | Error::Unavailable { .. } | Error::Timeout | Error::Dropped(_) => {
            failures >= MOST_SILENCES && answers(gitea).await
        }
        _ => false,
    }
}

/// The same where it is about one thing alone: it must not hold up its thread for ever because the
/// token lacks a scope that others do not need.
pub(super) async fn is_hopeless_for_one(gitea: &Gitea, error: &Error, tries: u32) -> bool {
    match error {
        Error::MissingScope { .. } => tries + 1 >= MOST_FAILURES,
        error => is_hopeless(gitea, error, tries).await,
    }
}

/// Whether the forge answers something else now.
pub(super) async fn answers(gitea: &Gitea) -> bool {
    gitea.me().await.is_ok()
}

/// Whether the forge did not refuse, but said nothing that can be understood, or nothing at all.
pub(super) fn is_unreadable(error: &Error) -> bool {
    matches!(
        error,
        Error::Server { .. }
            | Error::Unexpected { .. }
            | Error::Unreadable(_)
            | Error::TooLarge { .. }
            | Error::NotGitea { .. }
            | Error::Unavailable { .. }
            | Error::Timeout
            | Error::Dropped(_)
    )
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
