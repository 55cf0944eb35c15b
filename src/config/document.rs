//! The whole file, table by table.

use std::path::Path;

use toml::Spanned;
use toml::de::DeTable;

use super::agent::{AgentDraft, Pool};
use super::crew::CrewDraft;
use super::dispatch::{Budget, Dispatch, Score};
use super::engine::{Engine, Ledger, Report};
use super::gitea::{Gitea, Poll, Web};
use super::guards::{Accept, Guards};
use super::loaded::{Config, Loaded};
use super::people::PeopleDraft;
use super::problem::Problems;
use super::reading::Reading;
use super::section::Section;
use super::webhook::WebhookDraft;
use super::world::World;
use super::{check, syntax};

/// Reads `text`: first as TOML, as far as that goes, then every table of it.
pub(super) fn read(text: &str, origin: &Path, world: World<'_>) -> Result<Loaded, Problems> {
    let reading = Reading::new(text, origin, world);
    let (table, errors) = DeTable::parse_recoverable(text);
    syntax::note(&reading, errors);
    let config = Section::root(&reading, table.get_ref(), read_tables);
    reading.finish(config).map(|(config, warnings)| Loaded { config, warnings })
}

fn read_tables(root: &Section<'_>) -> Option<Config> {
    let gitea = root.table("gitea", Gitea::read).flatten();
    let webhook = root.table("webhook", WebhookDraft::read).flatten();
    let poll = root.table("poll", Poll::read);
    let ledger = root.table("ledger", Ledger::read);
    let people = root.table("people", PeopleDraft::read).unwrap_or_default();
    let agents = root.tables("agent", AgentDraft::read);
    let pools = root.tables("pool", Pool::read).into_iter().flatten().collect();
    let dispatch = root.table("dispatch", Dispatch::read).flatten();
    let score = root.table("score", Score::read).flatten();
    let budget = root.table("budget", Budget::read);
    let guards = root.table("guards", Guards::read);
    let accept = root.table("accept", Accept::read);
    let crew = root.table("crew", CrewDraft::read);
    let report = root.table("report", Report::read).flatten();
    let engine = root.table("engine", Engine::read);
    let web = root.table("web", Web::read);

    check::agents_differ(root, &agents);
    check::agents_are_no_people(root, &agents, &people);
    check::nobody_commands_and_is_ignored(root, &people);
    let pools = check::pools_exist(root, &agents, pools);
    check::crew_exists(root, crew.as_ref(), &agents);
    check::listeners_differ(root, webhook.as_ref(), web.as_ref());
    check::webhooks_are_told_apart(root, webhook.as_ref(), gitea.as_ref());
    check::report_is_watched(root, report.as_ref(), gitea.as_ref());

    Some(Config {
        gitea: gitea?,
        webhook: webhook.map(|draft| draft.webhook),
        poll: poll?,
        ledger: ledger?,
        people: people.people?,
        agents: agents.into_iter().map(|draft| draft.agent).collect::<Option<_>>()?,
        pools,
        dispatch: dispatch?,
        score: score?,
        budget: budget?,
        guards: guards?,
        accept: accept?,
        crew: crew?.crew,
        report: report.map(Spanned::into_inner),
        engine: engine?,
        web: web?,
    })
}
