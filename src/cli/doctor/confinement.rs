//! Can what an agent wrote be run here, where something is configured that does?

use super::check_result::CheckResult;
use crate::config::{AgentConfig, Config, SandboxKind};
use crate::confinement::{CannotRun, Confinement};

const CONFINEMENT: &str = "confinement";

/// Tries it, if something is to be run; it is the same try as `timmy serve` would make, as far as
/// both run as the same user.
pub(super) async fn check(config: &Config) -> Option<CheckResult> {
    let needed = needed_by(config);
    if needed.is_empty() {
        return None;
    }
    let tried = match Confinement::bwrap(&config.guards.runs.mounts, &config.secret_files()) {
        Ok(confinement) => confinement.check(&std::env::temp_dir()).await,
        Err(error) => Err(error),
    };
    Some(judge(&needed, &tried))
}

/// What runs confined.
fn needed_by(config: &Config) -> Vec<String> {
    let guards = &config.guards;
    let mut needed = Vec::new();
    if guards.runs.sandbox == SandboxKind::Bwrap {
        needed.extend(guards.scripts.iter().map(|script| format!("the guard {}", script.name)));
        needed.extend(guards.runs.test.as_ref().map(|_| "guards.test".to_owned()));
    }
    let is_confined = |agent: &&AgentConfig| {
        agent.kind.local().is_some_and(|local| local.sandbox == SandboxKind::Bwrap)
    };
    let agents = config.agents.iter().filter(is_confined);
    needed.extend(agents.map(|agent| format!("the agent {}", agent.name)));
    needed
}

fn judge(needed: &[String], tried: &Result<(), CannotRun>) -> CheckResult {
    let needed = needed.join(", ");
    match tried {
        Ok(()) => CheckResult::good(
            CONFINEMENT,
            format!("What an agent wrote runs confined by bwrap here ({needed})."),
        ),
        Err(error) => CheckResult::broken(
            CONFINEMENT,
            format!("What an agent wrote cannot be run here ({needed}): {error}."),
            error.remedy(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::confinement::*;

    #[test]
    fn it_says_what_does_not_run_and_how_to_mend_that() {
        let result = judge(&["the guard lint".to_owned()], &Err(CannotRun::NotInstalled("bwrap")));
        assert_eq!(
            result.found,
            "What an agent wrote cannot be run here (the guard lint): there is no program `bwrap` \
             on this machine."
        );
        let remedy = "Install bubblewrap 0.8 or later (apt install bubblewrap).";
        assert_eq!(result.remedy.as_deref(), Some(remedy));
    }
}
