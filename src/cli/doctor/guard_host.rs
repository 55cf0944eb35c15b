//! Can guards be run on the host that is named for them, and do they catch what they are there for?

use super::check_result::CheckResult;
use super::fixtures;
use crate::config::Config;
use crate::core::model::confined::ConfinementResult;
use crate::core::model::fixture::GuardHostTrial;
use crate::store::{Readers, meta};

const GUARDS: &str = "guards";

/// What the running service was told by that host: from here nothing can be tried there. `served`: what it
/// remembers.
pub(super) async fn check(config: &Config, served: Option<&Readers>) -> Vec<CheckResult> {
    let Some(host) = &config.guards.away else { return Vec::new() };
    let Some(readers) = served else {
        return vec![CheckResult::warning(
            GUARDS,
            format!("Guards run on {host}, and from here nothing can be tried there."),
            format!("Start timmy serve here and `timmy worker --host {host}` there: they try it."),
        )];
    };
    let known = readers.read(|conn| meta::get(conn, meta::GUARD_HOST)).await;
    let known = known.ok().flatten().filter(|known| known.host == *host);
    let mut found = vec![judge(host, known.as_ref())];
    if let Some(known) = known {
        found.extend(fixtures::all(&config.guards.scripts, &known.fixtures));
    }
    found
}

fn judge(host: &str, known: Option<&GuardHostTrial>) -> CheckResult {
    match known.map(|known| &known.confined) {
        None => CheckResult::warning(
            GUARDS,
            format!("Guards run on {host}, where nobody has tried them yet."),
            format!(
                "Start `timmy worker --host {host}` there; timmy serve asks it within a minute."
            ),
        ),
        Some(None) => CheckResult::good(
            GUARDS,
            format!("Guards run on {host}, and nothing confines them there."),
        ),
        Some(Some(ConfinementResult::Works)) => {
            CheckResult::good(GUARDS, format!("Guards run on {host}, confined by bwrap there."))
        }
        Some(Some(ConfinementResult::Fails { why, remedy })) => CheckResult::broken(
            GUARDS,
            format!("Guards cannot be run on {host}: {why}."),
            format!("On {host}: {remedy}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::guard_host::*;

    #[test]
    fn it_says_which_host_and_what_is_to_be_done_there() {
        let with = |confined| {
            let known = GuardHostTrial { host: "vps-2".to_owned(), confined, fixtures: Vec::new() };
            judge("vps-2", Some(&known))
        };
        assert_eq!(judge("vps-2", None).state, CheckGrade::Warning);
        let works = with(Some(ConfinementResult::Works));
        assert_eq!(
            works,
            CheckResult::good(GUARDS, "Guards run on vps-2, confined by bwrap there.")
        );
        let (why, remedy) = ("there is no program `bwrap` on this machine", "Install bubblewrap.");
        let (why, remedy) = (why.to_owned(), remedy.to_owned());
        let fails = with(Some(ConfinementResult::Fails { why, remedy }));
        assert_eq!(fails.state, CheckGrade::Broken);
        assert!(fails.found.starts_with("Guards cannot be run on vps-2: there is no program"));
        assert_eq!(fails.remedy.as_deref(), Some("On vps-2: Install bubblewrap."));
    }
}
