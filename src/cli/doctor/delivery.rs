//! Does what the forge sends reach timmy? The judgement; `trial` gathers what it is made of.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

use url::{Host, Url};

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::core::model::time::{Timestamp, rounded};
use crate::core::policy::webhook_scope::HookScope;
use crate::gitea::Error;
use crate::web::{RefusedDeliveries, WEBHOOK};

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
    /// From where such deliveries came within a day.
    pub(super) refused_from: BTreeMap<IpAddr, RefusedDeliveries>,
}

impl ProbeResult {
    /// `3 from 203.0.113.7 and 1 from 192.0.2.1`, those that sent most first; none if nothing was
    /// refused.
    fn refused(&self) -> Option<String> {
        const FEW: usize = 3;
        let mut sources: Vec<(&IpAddr, u32)> =
            self.refused_from.iter().map(|(from, sent)| (from, sent.count)).collect();
        sources.sort_by_key(|(from, count)| (Reverse(*count), *from));
        let (few, rest) = sources.split_at(sources.len().min(FEW));
        let mut told: Vec<String> =
            few.iter().map(|(from, count)| format!("{count} from {from}")).collect();
        let others: u32 = rest.iter().map(|(_, count)| count).sum();
        if others > 0 {
            told.push(format!("{others} from elsewhere"));
        }
        let last = told.pop()?;
        Some(if told.is_empty() { last } else { format!("{} and {last}", told.join(", ")) })
    }

    /// What is good, and what beside it was refused: anybody can send that.
    fn good(&self, found: &str) -> CheckResult {
        CheckResult::good(
            REACHABLE,
            match self.refused() {
                Some(refused) => format!(
                    "{found} Refused within a day, signed with no secret of mine: {refused}."
                ),
                None => found.to_owned(),
            },
        )
    }
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
        Tested::Arrived => trial.good("The server's test delivery arrived, with a good signature."),
        Tested::Refused => other_secret("The server's test delivery arrived, but", None),
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
        let ago = rounded(now.since(refused));
        let what = format!("A delivery came {ago} ago, and no good one since: it was");
        return other_secret(&what, trial.refused());
    }
    if let Some(last) = trial.last_signed {
        let ago = rounded(now.since(last));
        return trial.good(&format!(
            "{url} leads to timmy, and the server's last delivery came {ago} ago."
        ));
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

fn other_secret(what: &str, refused: Option<String>) -> CheckResult {
    let found = format!("{what} signed with another secret than webhook.secret_files has for it.");
    let (found, run) = match refused {
        Some(refused) => (
            format!("{found} So were within a day: {refused}."),
            "If one of these is the server, run",
        ),
        None => (found, "Run"),
    };
    let remedy = format!(
        "{run} timmy hooks repair --rotate: it makes the webhooks anew, each with its own."
    );
    CheckResult::broken(REACHABLE, found, remedy)
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
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::delivery::*;

    fn trial(
        direct_call: u16,
        tested: Tested,
        signed: Option<i64>,
        refused: Option<i64>,
    ) -> ProbeResult {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let (last_signed, last_refused) = (signed.map(at), refused.map(at));
        let (direct_call, scope, refused_from) = (Ok(direct_call), None, BTreeMap::new());
        ProbeResult { direct_call, scope, tested, last_signed, last_refused, refused_from }
    }

    fn state(trial: &ProbeResult) -> CheckGrade {
        let url = "https://timmy.example.org/webhook".parse().unwrap();
        judge(&url, trial, HostList::Webhook, Timestamp::from_micros(100_000_000)).state
    }

    #[test]
    fn silence_tells_only_where_something_was_certainly_sent() {
        let certain = Tested::Silent { certain: true };
        assert_eq!(state(&trial(202, certain, Some(1), None)), CheckGrade::Broken);
        let perhaps = Tested::Silent { certain: false };
        assert_eq!(state(&trial(202, perhaps.clone(), Some(1), None)), CheckGrade::Good);
        assert_eq!(state(&trial(202, perhaps, None, None)), CheckGrade::Warning);
        assert_eq!(state(&trial(202, Tested::NoTest, None, None)), CheckGrade::Warning);
    }

    #[test]
    fn an_arrival_outweighs_what_this_machine_cannot_reach() {
        assert_eq!(state(&trial(404, Tested::Arrived, None, None)), CheckGrade::Good);
        assert_eq!(state(&trial(404, Tested::NoTest, None, None)), CheckGrade::Broken);
        assert_eq!(state(&trial(404, Tested::NoTest, Some(1), None)), CheckGrade::Warning);
    }

    #[test]
    fn a_newer_delivery_with_another_secret_is_told() {
        assert_eq!(state(&trial(202, Tested::NoTest, Some(1), Some(2))), CheckGrade::Broken);
        assert_eq!(state(&trial(202, Tested::NoTest, Some(2), Some(1))), CheckGrade::Good);
        assert_eq!(state(&trial(202, Tested::Refused, Some(2), None)), CheckGrade::Broken);
    }

    #[test]
    fn who_sent_what_is_told() {
        let mut trial = trial(202, Tested::NoTest, Some(2), Some(1));
        assert_eq!(trial.refused(), None);
        for (last, count) in [(1, 1), (7, 3), (2, 1), (3, 1), (4, 2)] {
            let sent = RefusedDeliveries { count, last: Timestamp::default() };
            trial.refused_from.insert(IpAddr::from([203, 0, 113, last]), sent);
        }
        let told =
            "3 from 203.0.113.7, 2 from 203.0.113.4, 1 from 203.0.113.1 and 2 from elsewhere";
        assert_eq!(trial.refused().as_deref(), Some(told));
        trial.refused_from.retain(|from, _| *from == IpAddr::from([203, 0, 113, 7]));
        assert_eq!(trial.refused().as_deref(), Some("3 from 203.0.113.7"));
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
