//! Do the agents' accounts exist, and what can they do to this machine?

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::config::{AgentConfig, LocalConfig, SandboxKind};
use crate::core::model::account::Account;
use crate::gitea::{Error, Gitea};

const AGENTS: &str = "agents";

const SANDBOX: &str = "sandbox";

/// What agents that are programs here can do to this machine, where that is more than it has to be.
pub(super) fn locals(agents: &[AgentConfig]) -> Vec<CheckResult> {
    let those = |is: &dyn Fn(&LocalConfig) -> bool| {
        let those = agents.iter().filter(|agent| agent.kind.local().is_some_and(is));
        let named: Vec<&str> = those.map(|agent| agent.name.as_str()).collect();
        (!named.is_empty()).then(|| named.join(", "))
    };
    let is_free = |local: &LocalConfig| local.sandbox == SandboxKind::None;
    let bare = those(&is_free).map(|named| {
        CheckResult::warning(
            SANDBOX,
            format!("Without a sandbox, so with all rights of this service, runs: {named}."),
            "Delete `sandbox = \"none\"` where bwrap works, or run timmy as a user of its own.",
        )
    });
    let reaches = those(&|local| !is_free(local) && local.reach.is_none()).map(|named| {
        CheckResult::warning(
            SANDBOX,
            format!("They reach all that this machine does, its own ports included: {named}."),
            "Name what it needs as agent.reach, such as [\"api.example.com:443\"].",
        )
    });
    bare.into_iter().chain(reaches).collect()
}

/// Looks each account up; nothing to say where there are no agents. That none of them is a
/// person who commands was checked with the configuration.
pub(super) async fn check(gitea: &Gitea, agents: &[AgentConfig]) -> Option<CheckResult> {
    let mut accounts = Vec::new();
    for agent in agents {
        accounts.push((agent, gitea.account(&agent.account).await));
    }
    if accounts.is_empty() { None } else { Some(judge(&accounts)) }
}

fn judge(accounts: &[(&AgentConfig, Result<Option<Account>, Error>)]) -> CheckResult {
    let missing: Vec<String> = accounts
        .iter()
        .filter(|(_, answer)| matches!(answer, Ok(None)))
        .map(|(agent, _)| agent.account.clone())
        .collect();
    if !missing.is_empty() {
        return CheckResult::broken(
            AGENTS,
            format!("The server knows no account {}.", missing.join(", ")),
            "Make the account, or correct agent.account: by it timmy tells who did what.",
        );
    }
    let refused = accounts.iter().find_map(|(agent, answer)| Some((agent, answer.as_ref().err()?)));
    match refused {
        Some((agent, error)) => CheckResult::warning(
            AGENTS,
            format!("The account {} cannot be looked up: {}.", agent.account, in_short(error)),
            "Run timmy doctor again.",
        ),
        None => CheckResult::good(AGENTS, format!("The accounts of {} exist.", names(accounts))),
    }
}

fn names<T>(accounts: &[(&AgentConfig, T)]) -> String {
    let names: Vec<&str> = accounts.iter().map(|(agent, _)| agent.name.as_str()).collect();
    names.join(", ")
}
