//! Can what an agent wrote be run here, where something is configured that does?

use super::check_result::CheckResult;
use crate::config::{Config, SandboxKind};
use crate::confinement::Confinement;
use crate::core::model::confined::ConfinementResult;
use crate::store::{Readers, meta};

const CONFINEMENT: &str = "confinement";

/// Looks at what the running service found when it started: its unit may forbid what this process may
/// do. Where none runs, it is tried here. `served`: what it remembers.
pub(super) async fn check(config: &Config, served: Option<&Readers>) -> Option<CheckResult> {
    let needed = needed_by(config);
    if needed.is_empty() {
        return None;
    }
    let Some(readers) = served else { return Some(judge(&needed, &try_here(config).await)) };
    let known = readers.read(|conn| meta::get(conn, meta::CONFINEMENT)).await;
    Some(match known.ok().flatten().flatten() {
        Some(known) => judge(&needed, &known),
        None => CheckResult::warning(
            CONFINEMENT,
            "The running timmy serve has not tried yet whether it can confine what an agent wrote.",
            "Wait a minute; if it stays so, restart timmy serve: it tries that when it starts.",
        ),
    })
}

async fn try_here(config: &Config) -> ConfinementResult {
    let tried = match Confinement::bwrap(&config.guards.runs.mounts, &config.secret_files()) {
        Ok(confinement) => confinement.check(&std::env::temp_dir()).await,
        Err(error) => Err(error),
    };
    match tried {
        Ok(()) => ConfinementResult::Works,
        Err(error) => {
            ConfinementResult::Fails { why: error.to_string(), remedy: error.remedy().to_owned() }
        }
    }
}

/// What runs confined.
fn needed_by(config: &Config) -> Vec<String> {
    let guards = &config.guards;
    let mut needed = Vec::new();
    if guards.away.is_none() && guards.runs.sandbox == SandboxKind::Bwrap {
        needed.extend(guards.scripts.iter().map(|script| format!("the guard {}", script.name)));
        needed.extend(guards.runs.test.as_ref().map(|_| "guards.test".to_owned()));
    }
    needed.extend(config.confined_agents().map(|agent| format!("the agent {}", agent.name)));
    needed
}

fn judge(needed: &[String], tried: &ConfinementResult) -> CheckResult {
    let needed = needed.join(", ");
    match tried {
        ConfinementResult::Works => CheckResult::good(
            CONFINEMENT,
            format!("What an agent wrote runs confined by bwrap here ({needed})."),
        ),
        ConfinementResult::Fails { why, remedy } => CheckResult::broken(
            CONFINEMENT,
            format!("What an agent wrote cannot be run here ({needed}): {why}."),
            remedy,
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::confinement::*;
    use crate::confinement::CannotRun;

    #[test]
    fn it_says_what_does_not_run_and_how_to_mend_that() {
        let why = CannotRun::NotInstalled("bwrap");
        let fails =
            ConfinementResult::Fails { why: why.to_string(), remedy: why.remedy().to_owned() };
        let result = judge(&["the guard lint".to_owned()], &fails);
        assert_eq!(
            result.found,
            "What an agent wrote cannot be run here (the guard lint): there is no program `bwrap` \
             on this machine."
        );
        let remedy = "Install bubblewrap 0.8 or later (apt install bubblewrap).";
        assert_eq!(result.remedy.as_deref(), Some(remedy));
    }
}
