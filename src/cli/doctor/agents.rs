//! Do the agents' accounts exist, and can they be driven?

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::config::AgentConfig;
use crate::core::model::account::Account;
use crate::gitea::{Error, Gitea};

const AGENTS: &str = "agents";

const KINDS: &str = "kinds";

/// Whether this version can drive all of them; nothing to say if it can.
pub(super) fn kinds(agents: &[AgentConfig]) -> Option<CheckResult> {
    let undriven = agents.iter().filter(|agent| !agent.kind.is_driven());
    let named = undriven.map(|agent| format!("{} ({})", agent.name, agent.kind.word()));
    let named: Vec<String> = named.collect();
    (!named.is_empty()).then(|| {
        CheckResult::warning(
            KINDS,
            format!("This version cannot drive agents of these kinds: {}.", named.join(", ")),
            "They get no work. Drive them as hermes or openai, or wait for a newer version.",
        )
    })
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
