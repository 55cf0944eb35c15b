//! Is anybody told elsewhere, and does whoever is told take it?

use std::time::Duration;

use super::check_result::CheckResult;
use crate::config::NotifyConfig;
use crate::core::model::incident::Incident;
use crate::core::model::time::{Timestamp, rounded};
use crate::store::{Readers, incidents, notifications};

const NOTIFY: &str = "notify";

/// What waits for so long was not only put off by quiet hours.
const LONG: Duration = Duration::from_secs(16 * 60 * 60);

/// What the ledger knows of it. Nothing is sent: nobody wants to be told that all is well.
pub(super) async fn check(
    config: Option<&NotifyConfig>,
    readers: Option<&Readers>,
    now: Timestamp,
) -> Option<CheckResult> {
    let config = config?;
    let Some(readers) = readers else { return Some(judge(config, None, (0, None), now)) };
    let read = readers.read(|conn| {
        let mut all = incidents::all(conn)?.into_iter();
        let failed = all.find(|open| open.incident == Incident::NotifyFailed);
        Ok((failed.map(|open| open.text), notifications::waiting(conn)?))
    });
    Some(match read.await {
        Ok((failed, waiting)) => judge(config, failed, waiting, now),
        Err(error) => CheckResult::broken(
            NOTIFY,
            format!("What was told cannot be read: {error}."),
            "Restore a backup, or point ledger.path to a new file.",
        ),
    })
}

fn judge(
    config: &NotifyConfig,
    failed: Option<String>,
    (count, oldest): (u64, Option<Timestamp>),
    now: Timestamp,
) -> CheckResult {
    let (kind, host) = (config.kind.name(), config.host());
    if let Some(text) = failed {
        return CheckResult::warning(
            NOTIFY,
            format!("{}. {count} waiting.", text.trim_end_matches('.')),
            "Correct [notify] and restart timmy serve: it tries at once.",
        );
    }
    match oldest.map(|oldest| now.since(oldest)).filter(|age| *age >= LONG) {
        Some(age) => CheckResult::warning(
            NOTIFY,
            format!("What is to be told to {host} has waited for {}.", rounded(age)),
            "Start timmy serve, or look at its log: it says why.",
        ),
        None => CheckResult::good(
            NOTIFY,
            format!("Decisions, dead letters and incidents are told to {host} ({kind})."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::notify::*;
    use crate::config::NotifyKind;

    fn config() -> NotifyConfig {
        let url = "https://ntfy.example.org/a-topic-that-is-a-secret".parse().unwrap();
        NotifyConfig { kind: NotifyKind::Ntfy, url, token: None }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_micros(hours * 3_600_000_000)
    }

    #[test]
    fn it_names_who_is_told_and_not_where() {
        let good = judge(&config(), None, (1, Some(at(1))), at(2));
        assert_eq!(good.state, CheckGrade::Good);
        assert_eq!(
            good.found,
            "Decisions, dead letters and incidents are told to ntfy.example.org (ntfy)."
        );
    }

    #[test]
    fn what_is_not_taken_is_said_with_what_to_do() {
        let failed = Some("ntfy.example.org takes nothing: it answers 403".to_owned());
        let refused = judge(&config(), failed, (3, Some(at(1))), at(2));
        assert_eq!(refused.state, CheckGrade::Warning);
        assert_eq!(refused.found, "ntfy.example.org takes nothing: it answers 403. 3 waiting.");
        let stuck = judge(&config(), None, (3, Some(at(1))), at(20));
        assert_eq!(stuck.state, CheckGrade::Warning);
        assert!(stuck.found.contains("19 h"), "{}", stuck.found);
        assert!(!stuck.found.contains("secret"));
    }
}
