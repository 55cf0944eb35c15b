//! How each agent is, what it costs, and what its account may do.

use std::sync::Arc;

use super::action_secrets;
use super::check_result::CheckResult;
use crate::agents::{self, AgentHealth, AgentTrouble};
use crate::chance::Chance;
use crate::cli::watched::{Watched, a_few, repositories};
use crate::clock::{Clock, SystemClock};
use crate::config::{AgentConfig, AgentKind, Config};
use crate::core::jobs::money::{ChargeTerms, Spent};
use crate::core::model::ids::RepoName;
use crate::core::reply::jobs::usd;
use crate::core::reply::{AgentRights, AgentState};
use crate::engine::{agent_rights, state_of};
use crate::gitea::{Gitea, VisibleRepo};

const AGENT: &str = "agent";
const RIGHTS: &str = "rights";
const BUDGET: &str = "budget";

/// In how many repositories an agent's rights are looked at: each costs some requests.
const MOST: usize = 10;

/// Asks every agent how it is, and the forge what its account may do where it may work. `asker`:
/// timmy's own account. `shown`: the forge as whose token `--token-file` names is shown it, else as
/// timmy is.
pub(super) async fn check(
    (gitea, asker): (&Gitea, &str),
    shown: Option<&Gitea>,
    config: &Config,
    watched: &[Watched],
) -> Vec<CheckResult> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let fleet = match agents::fleet(config, gitea, &clock, &Chance::default()) {
        Ok(fleet) => fleet,
        Err((name, trouble)) => {
            let found = format!("The agent {name} cannot be reached at all: {trouble}.");
            return vec![CheckResult::broken(AGENT, found, "Correct its [[agent]].")];
        }
    };
    let mut results = Vec::new();
    for agent in &config.agents {
        match (fleet.get(&agent.name), &agent.kind) {
            (Some(driver), _) => {
                let health = driver.health().await;
                let cost = cost(agent, config.charge_terms(agent));
                results.push(judge_health(agent, &health, &cost));
            }
            (None, AgentKind::Elsewhere { .. }) => results.push(elsewhere(agent)),
            (None, _) => continue,
        }
        let places = places(agent, watched);
        let own = agents::own_account(agent, gitea).ok().flatten();
        let (mut rights, mut secrets) = (Vec::new(), Vec::new());
        for place in places.iter().take(MOST) {
            let who = (agent.account.as_str(), &place.repo.name);
            let found = agent_rights((gitea, asker), own.as_ref(), who).await;
            rights.push((&place.repo.name, found));
            if action_secrets::pushes_workflows(agent)
                && action_secrets::has_secrets([own.as_ref(), shown], &place.repo.name).await
                    == Some(true)
            {
                secrets.push(&place.repo.name);
            }
        }
        results.extend(action_secrets::judge(agent, &secrets));
        results.extend(judge_rights(agent, &rights, places.len().saturating_sub(MOST)));
    }
    results
}

/// Where an agent may work, by the configuration.
fn places<'a>(agent: &AgentConfig, watched: &'a [Watched]) -> Vec<&'a VisibleRepo> {
    let mut places = repositories(watched);
    places.retain(|place| {
        !place.is_archived && agent.repositories.covers(&place.repo.name, !place.repo.private)
    });
    places
}

/// What its work costs, in a few words.
fn cost(agent: &AgentConfig, terms: ChargeTerms) -> String {
    let bound = usd(terms.bound.micro_usd);
    match agent.price {
        Some(price) if price.input == 0 && price.output == 0 => "free".to_owned(),
        Some(price) => format!(
            "{} USD for a million tokens read, {} written, at most {bound} USD an attempt",
            usd(price.input),
            usd(price.output)
        ),
        None => format!("price unknown, {bound} USD charged for an attempt that tells no usage"),
    }
}

/// An agent that only a worker on its host can ask.
fn elsewhere(agent: &AgentConfig) -> CheckResult {
    let (name, host) = (&agent.name, agent.host.as_deref().unwrap_or("another host"));
    let found = format!(
        "{name} is driven by `timmy worker` on {host}: how it is, /timmy agents tells ({kind}).",
        kind = agent.kind.word()
    );
    CheckResult::good(AGENT, found)
}

fn judge_health(
    agent: &AgentConfig,
    health: &Result<AgentHealth, AgentTrouble>,
    cost: &str,
) -> CheckResult {
    let (name, kind) = (&agent.name, kind_of(agent, health.as_ref().ok()));
    match (state_of(health), health) {
        (AgentState::Ready, _) => {
            CheckResult::good(AGENT, format!("{name} is ready ({kind}; {cost})."))
        }
        (AgentState::Refuses(words), _) => CheckResult::warning(
            AGENT,
            format!("{name} answers and takes no work: {words} ({kind}; {cost})."),
            "It gets work again when it takes some.",
        ),
        (_, health) => {
            let trouble = health.as_ref().err().map(ToString::to_string).unwrap_or_default();
            CheckResult::broken(
                AGENT,
                format!("{name} does not work: {trouble} ({kind}; {cost})."),
                login_hint(agent, health.as_ref().err()).unwrap_or_else(|| {
                    "Until that is mended it gets no work, and jobs for it alone wait.".to_owned()
                }),
            )
        }
    }
}

/// What it is, in a few words: its kind, and what it says of itself.
fn kind_of(agent: &AgentConfig, health: Option<&AgentHealth>) -> String {
    let mut words = vec![agent.kind.word().to_owned()];
    words.extend(health.and_then(|health| Some(format!("model {}", health.model.as_ref()?))));
    if let AgentKind::Acp(acp) = &agent.kind {
        words.extend(health.and_then(|health| health.version.clone()));
        words.push(format!("mode {}", acp.mode));
    }
    words.join(", ")
}

/// How to log in an agent that says that nobody is.
fn login_hint(agent: &AgentConfig, trouble: Option<&AgentTrouble>) -> Option<String> {
    let (AgentKind::Acp(acp), Some(AgentTrouble::BadKey)) = (&agent.kind, trouble) else {
        return None;
    };
    let program = acp.local.command.program.display();
    Some(match &acp.local.home {
        Some(home) => format!(
            "Log it in, with HOME={} in its environment when you run {program}, and name the file \
             that it keeps that in as agent.home_keep.",
            home.display()
        ),
        None => format!(
            "It is logged in nowhere: name a folder as agent.home, and log it in there, with that \
             folder as HOME when you run {program}."
        ),
    })
}

/// `unseen`: how many repositories were not looked at.
fn judge_rights(
    agent: &AgentConfig,
    rights: &[(&RepoName, AgentRights)],
    unseen: usize,
) -> Vec<CheckResult> {
    let named = |is: &dyn Fn(&AgentRights) -> bool| {
        let those: Vec<&RepoName> =
            rights.iter().filter(|(_, rights)| is(rights)).map(|(repo, _)| *repo).collect();
        (!those.is_empty()).then(|| a_few(those.into_iter()))
    };
    let (name, account) = (&agent.name, &agent.account);
    let mut results = Vec::new();
    let too_much = |rights: &AgentRights| *rights == AgentRights::Pushes { to_default: Some(true) };
    if let Some(repos) = named(&too_much) {
        results.push(CheckResult::warning(
            RIGHTS,
            format!("{name} may push to the default branch of {repos}, or merge into it."),
            format!(
                "Protect that branch and leave {account} out of those who may push or merge: else \
                 nobody has to look at what it does."
            ),
        ));
    }
    let too_little =
        |rights: &AgentRights| matches!(rights, AgentRights::Nothing | AgentRights::Reads);
    if let Some(repos) = named(&too_little) {
        results.push(CheckResult::warning(
            RIGHTS,
            format!("{name} may not push to {repos}."),
            format!(
                "Give {account} write access there, or leave these out of its repositories in the \
                 configuration: code for them is not given to it."
            ),
        ));
    }
    if let Some(repos) = named(&|rights| *rights == AgentRights::Unknown) {
        results.push(CheckResult::warning(
            RIGHTS,
            format!("What {name} may do in {repos} is unknown: the forge does not show it."),
            "Only its own token tells for sure: name its token_file.",
        ));
    }
    if let Some(repos) = named(&|rights| *rights == AgentRights::Pushes { to_default: None }) {
        results.push(CheckResult::warning(
            RIGHTS,
            format!(
                "{name} may push to {repos}; whether to the default branch as well is unknown."
            ),
            "Only its own token tells: name its token_file.",
        ));
    }
    if results.is_empty() && !rights.is_empty() {
        let more = match unseen {
            0 => String::new(),
            unseen => format!(" {unseen} more were not looked at."),
        };
        let found = format!(
            "{name} may push to {}, and not to their default branches.{more}",
            a_few(rights.iter().map(|(repo, _)| *repo))
        );
        results.push(CheckResult::good(RIGHTS, found));
    }
    results
}

/// Agents that may never start, since what one attempt may cost is more than may be spent.
pub(super) fn budgets(config: &Config) -> Vec<CheckResult> {
    let budgets = config.budgets();
    let over = |agent: &AgentConfig| {
        let bound = config.charge_terms(agent).bound;
        let limits = [
            ("budget.issue", budgets.issue),
            ("budget.agent_day", budgets.agent_day),
            ("budget.day", budgets.day),
        ];
        let (key, most) =
            limits.into_iter().find(|(_, limit)| !limit.has_room(Spent::default(), bound))?;
        let most = most.micro_usd.map(usd).unwrap_or_default();
        Some(CheckResult::warning(
            BUDGET,
            format!(
                "An attempt of {} may cost {} USD, its max_tokens at its price, and {key} is {most} \
                 USD: it never starts.",
                agent.name,
                usd(bound.micro_usd)
            ),
            format!("Lower its max_tokens, or raise {key}."),
        ))
    };
    config.agents.iter().filter_map(over).collect()
}
