//! What holds in a repository, by the central file and its own.

use super::RepositoryPolicy;
use crate::config::guards::{GuardRuns, TestCommand};
use crate::config::role::Role;
use crate::config::sandbox_kind::SandboxKind;
use crate::core::guards::GuardRules;
use crate::core::reply::Autonomy;

/// What the central file says of one repository.
#[derive(Debug, Clone)]
pub struct CentralPolicy {
    pub mode: Autonomy,
    /// The agents that may work there, in lower case.
    pub agents: Vec<String>,
    pub rules: GuardRules,
    pub runs: GuardRuns,
}

/// What holds in one repository.
#[derive(Debug, Clone)]
pub struct EffectivePolicy {
    pub mode: Autonomy,
    /// The agents that may work there, in lower case.
    pub agents: Vec<String>,
    /// The roles that are worked in there.
    pub roles: Vec<Role>,
    pub rules: GuardRules,
    pub runs: GuardRuns,
    /// What each prompt says besides.
    pub instructions: Option<String>,
}

/// What holds where the central file says `central` and the repository's own says `own`. Nothing
/// holds that `central` forbids, whatever `own` says.
pub fn tighten(central: CentralPolicy, own: &RepositoryPolicy) -> EffectivePolicy {
    let CentralPolicy { mode, mut agents, rules, runs } = central;
    if let Some(listed) = &own.agents {
        agents.retain(|agent| listed.contains(agent));
    }
    let may = |role: &Role| own.roles.as_ref().is_none_or(|listed| listed.contains(role));
    EffectivePolicy {
        mode: own.mode.map_or(mode, |own| own.min(mode)),
        agents,
        roles: Role::ALL.into_iter().map(|(_, role)| role).filter(may).collect(),
        rules: tighten_rules(rules, own),
        runs: tighten_runs(runs, own),
        instructions: own.instructions.clone(),
    }
}

fn tighten_rules(mut rules: GuardRules, own: &RepositoryPolicy) -> GuardRules {
    rules.checks = own.checks.map_or(rules.checks, |own| own.max(rules.checks));
    rules.max_lines = own.max_lines.map_or(rules.max_lines, |own| own.min(rules.max_lines));
    rules.protected.extend(own.protected.iter().cloned());
    rules
}

/// A command of the repository adds a guard, and replaces none: one that always passes would take
/// the central one away. What prepares its tests runs before these alone: before a central script it
/// could take away what that looks for, and bring it a network. Without a sandbox it would run with
/// the rights of timmy itself, which nobody gave to those who merge there.
fn tighten_runs(mut runs: GuardRuns, own: &RepositoryPolicy) -> GuardRuns {
    if runs.sandbox == SandboxKind::Bwrap && runs.test.is_none() {
        let prepare = own.prepare.as_ref().or(runs.prepare.as_ref()).cloned();
        runs.test = own.test.clone().map(|command| TestCommand { command, prepare });
    }
    runs
}
