//! The whole file, table by table.

use std::path::Path;

use toml::Spanned;
use toml::de::DeTable;

use super::accept::AcceptConfig;
use super::agent::AgentDraft;
use super::crew::CrewDraft;
use super::dispatch::{BudgetConfig, DispatchConfig, ScoreConfig};
use super::engine::{EngineConfig, LedgerConfig, ReportConfig};
use super::gitea::{GiteaConfig, PollConfig, WebConfig};
use super::guards::GuardsConfig;
use super::loaded::{Config, Loaded};
use super::notify::NotifyConfig;
use super::otlp::OtlpConfig;
use super::people::PeopleDraft;
use super::pool::PoolConfig;
use super::problem::Problems;
use super::reading::ConfigReading;
use super::routine::{RoutineDraft, routines_can_work};
use super::section::Section;
use super::webhook::WebhookDraft;
use super::worker::{Away, WorkerConfig};
use super::world::Outside;
use super::{check, syntax};

/// Reads `text`: first as TOML, as far as that goes, then every table of it. For a worker `stand_in` takes
/// the place of what only timmy itself needs.
pub(super) fn read(
    text: &str,
    origin: &Path,
    world: Outside<'_>,
    stand_in: Option<&str>,
) -> Result<Loaded, Problems> {
    let reading = ConfigReading::new(text, origin, world).by_worker(stand_in);
    let (table, errors) = DeTable::parse_recoverable(text);
    syntax::note(&reading, errors);
    let config = Section::root(&reading, table.get_ref(), read_tables);
    reading.finish(config).map(|(config, warnings)| Loaded { config, warnings })
}

fn read_tables(root: &Section<'_>) -> Option<Config> {
    let gitea = root.table("gitea", GiteaConfig::read).flatten();
    let webhook = root.table("webhook", WebhookDraft::read).flatten();
    let poll = root.table("poll", PollConfig::read);
    let ledger = root.table("ledger", LedgerConfig::read);
    let people = root.table("people", PeopleDraft::read).unwrap_or_default();
    let engine = root.table("engine", EngineConfig::read).flatten();
    let worker = root.table("worker", WorkerConfig::read).flatten();
    let away = Away::of(engine.as_ref(), worker.as_ref());
    let agents = root.tables("agent", |section| AgentDraft::read(section, &away));
    let pools = root.tables("pool", PoolConfig::read).into_iter().flatten().collect();
    let dispatch = root.table("dispatch", DispatchConfig::read).flatten();
    let score = root.table("score", ScoreConfig::read).flatten();
    let budget = root.table("budget", BudgetConfig::read);
    let guards = root.table("guards", |section| GuardsConfig::read(section, &away));
    let accept = root.table("accept", AcceptConfig::read);
    let crew = root.table("crew", CrewDraft::read);
    let routines = root.tables("routine", RoutineDraft::read);
    let report = root.table("report", ReportConfig::read).flatten();
    let notify = root.table("notify", NotifyConfig::read).flatten();
    let otlp = root.table("otlp", OtlpConfig::read).flatten();
    let web = root.table("web", WebConfig::read);

    check::agents_differ(root, &agents);
    check::agents_are_no_people(root, &agents, &people);
    check::nobody_commands_and_is_ignored(root, &people);
    check::agents_have_time(root, &agents, dispatch.as_ref());
    let pools = check::pools_exist(root, &agents, pools);
    check::crew_exists(root, crew.as_ref(), &agents);
    check::listeners_differ(root, webhook.as_ref(), web.as_ref());
    check::webhooks_are_told_apart(root, webhook.as_ref(), gitea.as_ref());
    check::report_is_watched(root, report.as_ref(), gitea.as_ref());
    routines_can_work(root, &routines, &agents, gitea.as_ref(), root.raw("report").is_some());

    Some(Config {
        file: root.reading.file(),
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
        routines: routines.into_iter().map(RoutineDraft::routine).collect::<Option<_>>()?,
        report: report.map(Spanned::into_inner),
        notify,
        otlp,
        engine: engine?,
        worker: worker?,
        web: web?,
    })
}
