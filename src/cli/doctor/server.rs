//! Is the forge there, is it new enough, and do its clock and ours agree?

use std::time::Duration;

use url::Url;

use super::account;
use super::check_result::CheckResult;
use super::delivery::HostList;
use crate::cli::forge::in_short;
use crate::core::model::time::{Timestamp, rounded};
use crate::gitea::{Error, Server};

const SERVER: &str = "server";
const CLOCK: &str = "clock";

/// Clocks that differ by more than this put times in replies and "since" queries in doubt.
const TOLERABLE: Duration = Duration::from_secs(30);

/// The oldest version that timmy is made for. What one lacks it is asked itself.
const OLDEST: (u32, u32) = (1, 20);

/// Judges what the server says of itself.
pub(super) fn judge(url: &Url, answer: &Result<Server, Error>) -> CheckResult {
    let at = url.as_str().trim_end_matches('/');
    match answer {
        Ok(server) => judge_version(at, &server.version),
        Err(Error::BadToken { message }) => account::not_accepted(message),
        Err(Error::NotGitea { status }) => CheckResult::broken(
            SERVER,
            format!("At {at} a web page answers ({status}), not Gitea."),
            "Let gitea.url be the address of Gitea's front page, its ROOT_URL. A proxy that asks \
             for a password must let /api/ through.",
        ),
        Err(error) => CheckResult::broken(
            SERVER,
            format!("The server at {at} does not answer: {}.", in_short(error)),
            "Check gitea.url, and try it from this machine: curl -I. What comes behind this needs \
             the server, and was not checked.",
        ),
    }
}

fn judge_version(at: &str, version: &str) -> CheckResult {
    let found = format!("Gitea {version} answers at {at}.");
    match release(version) {
        Some(release) if release < OLDEST => CheckResult::warning(
            SERVER,
            format!("{found} timmy is made for 1.20 and later."),
            "Upgrade Gitea to 1.20 or later.",
        ),
        Some(_) => CheckResult::good(SERVER, found),
        None => CheckResult::warning(
            SERVER,
            format!("{found} That is no version that I know."),
            "Nothing, if it is like Gitea 1.20 or later.",
        ),
    }
}

/// Where in its `app.ini` a server of this version keeps the list of hosts that it may call.
pub(super) fn host_list(version: &str) -> HostList {
    match release(version) {
        Some(release) if release >= (1, 27) => HostList::Security,
        Some(_) => HostList::Webhook,
        None => HostList::Unknown,
    }
}

/// Major and minor of `1.25.4`; of Forgejo's `13.0.2+gitea-1.22.0` those of the Gitea that it is
/// like.
fn release(version: &str) -> Option<(u32, u32)> {
    let gitea = version.split_once("+gitea-").map_or(version, |(_, gitea)| gitea);
    let mut numbers = gitea.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// How far our clock is from the server's, of which we asked between `before` and `after`.
pub(super) fn judge_clock(server: Timestamp, before: Timestamp, after: Timestamp) -> CheckResult {
    // The server drops fractions of a second.
    let latest = server.after(Duration::from_secs(1));
    let (word, off) = if before > latest {
        ("ahead of", before.since(latest))
    } else {
        ("behind", server.since(after))
    };
    if off <= TOLERABLE {
        return CheckResult::good(CLOCK, "The clock agrees with the server's.");
    }
    CheckResult::warning(
        CLOCK,
        format!("This machine's clock is {} {word} the server's.", rounded(off)),
        "Let both keep time by NTP (timedatectl set-ntp true): snoozes and reports go by it.",
    )
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::server::*;

    fn state_of(version: &str) -> CheckGrade {
        judge_version("https://git.example.org", version).state
    }

    #[test]
    fn what_timmy_is_not_made_for_is_worth_a_warning() {
        assert_eq!(state_of("1.25.4"), CheckGrade::Good);
        assert_eq!(state_of("1.20.0+rc1"), CheckGrade::Good);
        assert_eq!(state_of("1.15.11"), CheckGrade::Warning);
        assert_eq!(state_of("13.0.2+gitea-1.22.0"), CheckGrade::Good);
        assert_eq!(state_of("development"), CheckGrade::Warning);
    }

    #[test]
    fn the_list_of_hosts_moved_with_1_27() {
        assert_eq!(host_list("1.26.3"), HostList::Webhook);
        assert_eq!(host_list("1.27.0+dev-12-gabc"), HostList::Security);
        assert_eq!(host_list("13.0.2+gitea-1.22.0"), HostList::Webhook);
        assert_eq!(host_list("development"), HostList::Unknown);
    }

    #[test]
    fn half_a_minute_is_borne_either_way() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let state = |server| judge_clock(at(server), at(1000), at(1002)).state;
        assert_eq!(state(969), CheckGrade::Good);
        assert_eq!(state(968), CheckGrade::Warning);
        assert_eq!(state(1032), CheckGrade::Good);
        assert_eq!(state(1033), CheckGrade::Warning);
        let found = judge_clock(at(1000), at(1201), at(1201)).found;
        assert_eq!(found, "This machine's clock is 3 min ahead of the server's.");
    }
}
