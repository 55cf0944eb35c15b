//! What only several tables together can say: contradictions between them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use toml::Spanned;

use super::agent::{AgentDraft, environment_name};
use super::crew::{CrewDraft, CrewEngine};
use super::dispatch::DispatchConfig;
use super::engine::ReportConfig;
use super::gitea::{GiteaConfig, WebConfig};
use super::people::PeopleDraft;
use super::pool::{PoolConfig, unknown_pool};
use super::section::Section;
use super::timeouts;
use super::value::quoted;
use super::watch::{Watch, WatchPattern};
use super::webhook::{VARIABLE, WebhookDraft, WebhookSecret};
use crate::core::command::grammar::nearest;
use crate::core::model::ids::RepoName;
use crate::core::policy::webhook_scope::HookScope;

/// Two agents of one name, one account, or one set of variables are one too many.
pub(super) fn agents_differ(root: &Section<'_>, agents: &[AgentDraft]) {
    let names = agents.iter().filter_map(|agent| agent.name.as_ref());
    twice(names, environment_name, |name, first| {
        let message = match first.get_ref() == name.get_ref() {
            true => format!("agent.name {} stands twice.", quoted(name.get_ref())),
            false => format!(
                "agent.name {} has the same variables in the environment as {}: TIMMY_AGENT_{}_KEY.",
                quoted(name.get_ref()),
                quoted(first.get_ref()),
                environment_name(name.get_ref())
            ),
        };
        root.contradiction(Some(name.span()), message, "Give each agent a name of its own.");
    });
    let accounts = agents.iter().filter_map(|agent| agent.account.as_ref());
    twice(accounts, str::to_ascii_lowercase, |account, _| {
        root.contradiction(
            Some(account.span()),
            format!("agent.account {} stands twice.", quoted(account.get_ref())),
            "Give each agent an account of its own: otherwise nobody can tell who did what.",
        );
    });
}

/// Calls `report` with each value whose `key` came before, and with the first of that key.
fn twice<'a>(
    values: impl Iterator<Item = &'a Spanned<String>>,
    key: impl Fn(&str) -> String,
    report: impl Fn(&Spanned<String>, &Spanned<String>),
) {
    let mut seen: BTreeMap<String, &Spanned<String>> = BTreeMap::new();
    for value in values {
        match seen.entry(key(value.get_ref())) {
            Entry::Occupied(first) => report(value, first.get()),
            Entry::Vacant(free) => {
                free.insert(value);
            }
        }
    }
}

/// An agent never commands: its account is no person's who may.
pub(super) fn agents_are_no_people(
    root: &Section<'_>,
    agents: &[AgentDraft],
    people: &PeopleDraft,
) {
    for account in agents.iter().filter_map(|agent| agent.account.as_ref()) {
        let person = people
            .commanders
            .iter()
            .find(|person| person.account.get_ref().eq_ignore_ascii_case(account.get_ref()));
        if let Some(person) = person {
            root.contradiction(
                Some(account.span()),
                format!(
                    "agent.account {} is named in people.{}.",
                    quoted(account.get_ref()),
                    person.key
                ),
                "Agents never command: give the agent an account of its own, or delete the name there.",
            );
        }
    }
}

/// Who is ignored cannot command.
pub(super) fn nobody_commands_and_is_ignored(root: &Section<'_>, people: &PeopleDraft) {
    for ignored in &people.ignored {
        let person = people
            .commanders
            .iter()
            .find(|person| person.account.get_ref().eq_ignore_ascii_case(ignored.get_ref()));
        if let Some(person) = person {
            root.contradiction(
                Some(ignored.span()),
                format!(
                    "people.ignore and people.{} both name {}.",
                    person.key,
                    quoted(ignored.get_ref())
                ),
                "Delete one of the two: who is ignored is never answered.",
            );
        }
    }
}

/// What an agent says of its times fits into its whole, be that its own or that of all.
pub(super) fn agents_have_time(
    root: &Section<'_>,
    agents: &[AgentDraft],
    dispatch: Option<&DispatchConfig>,
) {
    let Some(dispatch) = dispatch else { return };
    for own in agents.iter().filter_map(|agent| agent.timeout.as_ref()) {
        let times = own.get_ref().over(dispatch.timeout);
        if let Some(message) = timeouts::too_long(&times, "agent.timeout") {
            root.contradiction(Some(own.span()), message, timeouts::REMEDY);
        }
    }
}

/// The pools, with one without limits for each name that only agents give. That is an error
/// once the file describes pools: then the name is probably misspelt.
pub(super) fn pools_exist(
    root: &Section<'_>,
    agents: &[AgentDraft],
    described: Vec<Spanned<PoolConfig>>,
) -> Vec<PoolConfig> {
    let mut pools: Vec<PoolConfig> = Vec::new();
    for pool in described {
        if pools.iter().any(|other| other.name == pool.get_ref().name) {
            let message = format!("pool.name {} stands twice.", quoted(&pool.get_ref().name));
            root.contradiction(Some(pool.span()), message, "Keep one of the two.");
        }
        if !agents
            .iter()
            .filter_map(|agent| agent.pool.as_ref())
            .any(|named| *named.get_ref() == pool.get_ref().name)
        {
            let message = format!("pool.name {} is no agent's pool.", quoted(&pool.get_ref().name));
            let remedy =
                "Name it as the pool of the agents that share it: until then it limits nothing.";
            root.reading.warning(Some(pool.span()), message, remedy);
        }
        pools.push(pool.into_inner());
    }
    let are_described = !pools.is_empty();
    for named in agents.iter().filter_map(|agent| agent.pool.as_ref()) {
        let name = named.get_ref();
        if pools.iter().any(|pool| pool.name == *name) {
            continue;
        }
        if are_described {
            let known: Vec<&str> = pools.iter().map(|pool| pool.name.as_str()).collect();
            let wrong = unknown_pool(name, &known);
            let message = format!("agent.pool {}.", wrong.message);
            root.contradiction(Some(named.span()), message, wrong.remedy);
        } else {
            pools.push(PoolConfig::unlimited(name));
        }
    }
    pools
}

/// The manager is an agent, and CrewAI has a sidecar.
pub(super) fn crew_exists(root: &Section<'_>, crew: Option<&CrewDraft>, agents: &[AgentDraft]) {
    let Some(crew) = crew else { return };
    let names = || agents.iter().filter_map(|a| a.name.as_ref()).map(|n| n.get_ref().as_str());
    if let Some(manager) = &crew.manager
        && !names().any(|name| name == manager.get_ref())
    {
        let remedy = match nearest(manager.get_ref(), names()) {
            Some(meant) => format!("Did you mean \"{meant}\"?"),
            None => "Name one of the [[agent]]s.".to_owned(),
        };
        let message = format!("crew.manager {} is no agent.", quoted(manager.get_ref()));
        root.contradiction(Some(manager.span()), message, remedy);
    }
    if let Some(engine) = &crew.engine
        && *engine.get_ref() == CrewEngine::CrewAi
        && !agents.iter().any(|agent| agent.is_crew)
    {
        root.contradiction(
            Some(engine.span()),
            "crew.engine is \"crewai\", but no agent is of that kind.".to_owned(),
            "Add an [[agent]] with kind = \"crewai\" and the command of the sidecar.",
        );
    }
}

/// Webhooks come from outside, the status page is for inside: they never share an address.
pub(super) fn listeners_differ(
    root: &Section<'_>,
    webhook: Option<&WebhookDraft>,
    web: Option<&WebConfig>,
) {
    let (Some(webhook), Some(web)) = (webhook, web.and_then(|web| web.listen)) else { return };
    let (a, b) = (webhook.webhook.listen, web);
    // Port 0 lets the system choose, so two of them never meet.
    let is_same_port = a.port() == b.port() && a.port() != 0;
    let covers = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    if is_same_port && covers {
        root.contradiction(
            Some(webhook.listen.clone()),
            format!("webhook.listen ({a}) and web.listen ({b}) are the same."),
            "Give each a port of its own, or set web.listen = \"off\".",
        );
    }
}

/// Where secrets and what is watched do not fit together: both work, the one less well.
pub(super) fn webhooks_are_told_apart(
    root: &Section<'_>,
    webhook: Option<&WebhookDraft>,
    gitea: Option<&GiteaConfig>,
) {
    let (Some(draft), Some(gitea)) = (webhook, gitea) else { return };
    let warn = |message: String, remedy: &str| {
        root.reading.warning(draft.secrets.clone(), message, remedy);
    };
    let scopes: Vec<&HookScope> = draft.webhook.secrets.iter().map(|one| &one.scope).collect();
    let is_shared = scopes.contains(&&HookScope::Everything);
    if is_shared && is_several(&gitea.watch) {
        let which = if draft.secrets.is_some() { "webhook.secret_files" } else { VARIABLE };
        warn(
            format!("{which} is one secret for the webhooks of several owners or repositories."),
            "Whoever administers one of them can speak for all. Give each its own, such as \
             secret_files = { foundation = \"secrets/webhook-foundation\" }, restart timmy serve, \
             and run timmy hooks repair --rotate.",
        );
    }
    let secrets = &draft.webhook.secrets;
    for (index, one) in secrets.iter().enumerate() {
        let is_same = |other: &&WebhookSecret| {
            other.scope != one.scope && other.secret.expose() == one.secret.expose()
        };
        if let Some(other) = secrets[..index].iter().find(is_same) {
            warn(
                format!(
                    "webhook.secret_files has the same secret for {} and {}.",
                    other.scope, one.scope
                ),
                "Give each its own: who knows it can speak for both.",
            );
        }
    }
    for pattern in gitea.watch.patterns() {
        if !scopes.iter().any(|scope| is_about(scope, pattern)) {
            warn(
                format!("webhook.secret_files has no secret for {pattern}, which is watched."),
                "Add one: until then its webhooks are refused, and timmy hears it by polling.",
            );
        }
    }
    for scope in scopes {
        if !gitea.watch.patterns().iter().any(|pattern| is_about(scope, pattern)) {
            warn(
                format!("webhook.secret_files has a secret for {scope}, which is not watched."),
                "Check the spelling, or delete it.",
            );
        }
    }
}

/// Whether people of more than one place can make webhooks for what is watched.
fn is_several(watch: &Watch) -> bool {
    let patterns = watch.patterns();
    let is_within = |name: &RepoName| {
        patterns.iter().any(|pattern| match pattern {
            WatchPattern::Owner(owner) => owner.eq_ignore_ascii_case(name.owner()),
            _ => false,
        })
    };
    let places = patterns.iter().filter(|pattern| match pattern {
        WatchPattern::Repository(name) => !is_within(name),
        _ => true,
    });
    patterns.contains(&WatchPattern::Everything) || places.count() > 1
}

/// Whether a secret of `scope` signs something that `pattern` names.
fn is_about(scope: &HookScope, pattern: &WatchPattern) -> bool {
    match (scope, pattern) {
        (HookScope::Everything, _) | (_, WatchPattern::Everything) => true,
        (_, WatchPattern::Repository(name)) => scope.covers(name),
        (HookScope::Owner(one), WatchPattern::Owner(other)) => one.eq_ignore_ascii_case(other),
        (HookScope::Repository(name), WatchPattern::Owner(owner)) => {
            owner.eq_ignore_ascii_case(name.owner())
        }
    }
}

/// A report that nobody listens to still reports, but nobody can answer in it.
pub(super) fn report_is_watched(
    root: &Section<'_>,
    report: Option<&Spanned<ReportConfig>>,
    gitea: Option<&GiteaConfig>,
) {
    let (Some(report), Some(gitea)) = (report, gitea) else { return };
    if !gitea.watch.covers(&report.get_ref().repository) {
        root.reading.warning(
            Some(report.span()),
            format!("report.repository {} is not watched.", report.get_ref().repository),
            "Add it to gitea.watch: otherwise replies to the report are not heard.",
        );
    }
}
