//! Does what the forge sends reach timmy? The judgement; `trial` gathers what it is made of.

use url::{Host, Url};

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::core::model::time::{Timestamp, rounded};
use crate::core::policy::webhook_scope::HookScope;
use crate::gitea::Error;
use crate::web::WEBHOOK;

const REACHABLE: &str = "reachable";

/// What came of asking the forge for a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tested {
    /// It came, signed with a good secret.
    Arrived,
    /// It came, signed with another secret or none.
    Refused,
    /// Nothing came. Certain if the forge certainly sent something.
    Silent {
        /// Whether the webhook asked for `push`, the event that tests are.
        certain: bool,
    },
    /// There is no repository's webhook to test: organisations' cannot be.
    NoTest,
    /// In no watched repository with a commit in it may we make a webhook for a moment.
    NoProbe,
    /// The forge did not do it.
    Failed(Error),
}

/// All that is known about the way from the forge to timmy.
#[derive(Debug)]
pub(super) struct ProbeResult {
    /// What a delivery of our own to the public address was answered.
    pub(super) direct_call: Result<u16, Error>,
    /// For what the secret of that delivery speaks: the first one that was not accepted, else the
    /// last one.
    pub(super) scope: Option<HookScope>,
    /// What Gitea's own test delivery came to.
    pub(super) tested: Tested,
    /// When the newest delivery with a good signature had come before.
    pub(super) last_signed: Option<Timestamp>,
    /// When the newest delivery without a good signature had come before.
    pub(super) last_refused: Option<Timestamp>,
}

/// Where the forge's `app.ini` has the list of hosts that it may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostList {
    /// As until 1.26.
    Webhook,
    /// As since 1.27, where what stands under the former heading still wins.
    Security,
    /// One of the two.
    Unknown,
}

impl HostList {
    /// How to let it hold `hosts`, and nothing else.
    fn set_to(self, hosts: &str) -> String {
        match self {
            Self::Webhook => format!("Set ALLOWED_HOST_LIST = {hosts} under [webhook]"),
            Self::Security => format!(
                "Set ALLOWED_HOST_LIST = {hosts} under [security] (what stands under [webhook] \
                 wins: take it out there)"
            ),
            Self::Unknown => format!(
                "Set ALLOWED_HOST_LIST = {hosts} under [security] (before Gitea 1.27: [webhook])"
            ),
        }
    }
}

/// Whether `url` leads from the forge to timmy, at the time `now`.
pub(super) fn judge(url: &Url, trial: &ProbeResult, list: HostList, now: Timestamp) -> CheckResult {
    match &trial.tested {
        Tested::Arrived => CheckResult::good(
            REACHABLE,
            "The server's test delivery arrived, with a good signature.",
        ),
        Tested::Refused => other_secret("The server's test delivery arrived"),
        tested => match &trial.direct_call {
            Err(error) => no_way(url, trial, &in_short(error)),
            Ok(202) => way_is_open(url, trial, tested, list, now),
            Ok(401) => CheckResult::broken(
                REACHABLE,
                format!("At {url} somebody answers who does not know {}.", secret(trial)),
                "Restart timmy serve, if webhook.secret_files changed since its start. Else the \
                 address leads to another timmy.",
            ),
            Ok(status) => wrong_place(url, trial, *status),
        },
    }
}

/// Our own delivery got through to timmy; the forge's did not, or was not sent.
fn way_is_open(
    url: &Url,
    trial: &ProbeResult,
    tested: &Tested,
    list: HostList,
    now: Timestamp,
) -> CheckResult {
    if *tested == (Tested::Silent { certain: true }) {
        return CheckResult::broken(
            REACHABLE,
            format!(
                "The server's test delivery did not arrive, although this machine reaches {url}."
            ),
            format!(
                "Most likely Gitea may not call that address: by default it calls public ones \
                 only. {} in its app.ini, and restart it. Else a firewall or the server's DNS is in the way, or the repository has \
                 no commit yet: the webhook's page in Gitea shows what it tried.",
                list.set_to(&allowed(url))
            ),
        );
    }
    if let Some(refused) = trial.last_refused.filter(|_| trial.last_refused > trial.last_signed) {
        return other_secret(&format!("A delivery came {} ago", rounded(now.since(refused))));
    }
    if let Some(last) = trial.last_signed {
        let ago = rounded(now.since(last));
        return CheckResult::good(
            REACHABLE,
            format!("{url} leads to timmy, and the server's last delivery came {ago} ago."),
        );
    }
    let found = format!("{url} leads to timmy, but nothing of the server was heard yet");
    let why = match tested {
        Tested::Failed(error) => format!("{found} ({}).", in_short(error)),
        Tested::Silent { .. } => format!("{found}, and no test arrived."),
        Tested::NoProbe => format!("{found}, and this token may make no probe."),
        _ => format!("{found}."),
    };
    CheckResult::warning(
        REACHABLE,
        why,
        "Write a comment in a watched repository, and run timmy doctor again. Or let the server \
         call: timmy doctor --probe --token-file FILE, with a token of an administrator of a \
         watched repository, makes a webhook there for a moment.",
    )
}

fn no_way(url: &Url, trial: &ProbeResult, error: &str) -> CheckResult {
    let found = format!("From this machine {url} cannot be reached: {error}.");
    let remedy = format!(
        "Check webhook.public_url: its name, its port, its certificate, and that the proxy there \
         passes it on to webhook.listen, path {WEBHOOK}."
    );
    match (&trial.tested, trial.last_signed) {
        (Tested::Silent { certain: true }, _) | (_, None) => {
            CheckResult::broken(REACHABLE, found, remedy)
        }
        (_, Some(_)) => {
            CheckResult::warning(REACHABLE, format!("{found} Deliveries came before."), remedy)
        }
    }
}

fn wrong_place(url: &Url, trial: &ProbeResult, status: u16) -> CheckResult {
    let found = format!("At {url} somebody answers {status}, which is not timmy's answer.");
    let remedy = match status {
        502..=504 => "The proxy there does not reach timmy: let it pass the path on to \
                      webhook.listen."
            .to_owned(),
        _ => format!(
            "timmy listens at the path {WEBHOOK}: let the proxy pass webhook.public_url on to \
             that path of webhook.listen."
        ),
    };
    match trial.last_signed {
        Some(_) if trial.tested == Tested::NoTest => CheckResult::warning(REACHABLE, found, remedy),
        _ => CheckResult::broken(REACHABLE, found, remedy),
    }
}

fn other_secret(what: &str) -> CheckResult {
    CheckResult::broken(
        REACHABLE,
        format!("{what}, but signed with another secret than webhook.secret_files has for it."),
        "Run timmy hooks repair --rotate: it makes the webhooks anew, each with its own.",
    )
}

/// The secret that was not accepted, in words.
fn secret(trial: &ProbeResult) -> String {
    match &trial.scope {
        None | Some(HookScope::Everything) => "my secret".to_owned(),
        Some(scope) => format!("my secret for {scope}"),
    }
}

/// The word of Gitea's host list that covers the address.
fn allowed(url: &Url) -> String {
    match url.host() {
        Some(Host::Ipv4(ip)) if ip.is_loopback() => "loopback".to_owned(),
        Some(Host::Ipv6(ip)) if ip.is_loopback() => "loopback".to_owned(),
        Some(Host::Ipv4(ip)) if ip.is_private() => "private".to_owned(),
        Some(Host::Ipv6(ip)) if ip.is_unique_local() => "private".to_owned(),
        Some(Host::Domain("localhost")) => "loopback".to_owned(),
        // Names that lead to private addresses are covered by the name alone, and addresses that
        // are neither private nor external (100.64.0.0/10 and others, since 1.26.3) by themselves.
        Some(host) => format!("external, {host}"),
        None => "external".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckState;
    use crate::cli::doctor::delivery::*;

    fn trial(
        direct_call: u16,
        tested: Tested,
        signed: Option<i64>,
        refused: Option<i64>,
    ) -> ProbeResult {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let (last_signed, last_refused) = (signed.map(at), refused.map(at));
        ProbeResult { direct_call: Ok(direct_call), scope: None, tested, last_signed, last_refused }
    }

    fn state(trial: &ProbeResult) -> CheckState {
        let url = "https://timmy.example.org/webhook".parse().unwrap();
        judge(&url, trial, HostList::Webhook, Timestamp::from_micros(100_000_000)).state
    }

    #[test]
    fn silence_tells_only_where_something_was_certainly_sent() {
        let certain = Tested::Silent { certain: true };
        assert_eq!(state(&trial(202, certain, Some(1), None)), CheckState::Broken);
        let perhaps = Tested::Silent { certain: false };
        assert_eq!(state(&trial(202, perhaps.clone(), Some(1), None)), CheckState::Good);
        assert_eq!(state(&trial(202, perhaps, None, None)), CheckState::Warning);
        assert_eq!(state(&trial(202, Tested::NoTest, None, None)), CheckState::Warning);
    }

    #[test]
    fn an_arrival_outweighs_what_this_machine_cannot_reach() {
        assert_eq!(state(&trial(404, Tested::Arrived, None, None)), CheckState::Good);
        assert_eq!(state(&trial(404, Tested::NoTest, None, None)), CheckState::Broken);
        assert_eq!(state(&trial(404, Tested::NoTest, Some(1), None)), CheckState::Warning);
    }

    #[test]
    fn a_newer_delivery_with_another_secret_is_told() {
        assert_eq!(state(&trial(202, Tested::NoTest, Some(1), Some(2))), CheckState::Broken);
        assert_eq!(state(&trial(202, Tested::NoTest, Some(2), Some(1))), CheckState::Good);
        assert_eq!(state(&trial(202, Tested::Refused, Some(2), None)), CheckState::Broken);
    }

    #[test]
    fn the_host_list_covers_the_address() {
        let allowed = |url: &str| allowed(&url.parse().unwrap());
        assert_eq!(allowed("http://127.0.0.1:8787/webhook"), "loopback");
        assert_eq!(allowed("http://[fd00::1]/webhook"), "private");
        assert_eq!(allowed("http://10.0.0.2/webhook"), "private");
        assert_eq!(allowed("https://timmy.lan/webhook"), "external, timmy.lan");
        assert_eq!(allowed("http://100.101.1.2/webhook"), "external, 100.101.1.2");
    }

    #[test]
    fn the_host_list_is_looked_for_where_the_version_has_it() {
        let silent = trial(202, Tested::Silent { certain: true }, None, None);
        let url = "http://10.0.0.2/webhook".parse().unwrap();
        let remedy = |list| judge(&url, &silent, list, Timestamp::default()).remedy.unwrap();
        assert!(remedy(HostList::Webhook).contains("= private under [webhook] in its app.ini"));
        assert!(remedy(HostList::Security).contains("= private under [security] (what stands"));
        assert!(remedy(HostList::Unknown).contains("(before Gitea 1.27: [webhook]) in its"));
    }
}
