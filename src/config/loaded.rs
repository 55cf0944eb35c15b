//! All of `timmy.toml`.

use std::path::PathBuf;

use super::accept::AcceptConfig;
use super::agent::AgentConfig;
use super::crew::CrewConfig;
use super::dispatch::{BudgetConfig, DispatchConfig, ScoreConfig};
use super::engine::{EngineConfig, LedgerConfig, ReportConfig};
use super::gitea::{GiteaConfig, PollConfig, WebConfig};
use super::guards::GuardsConfig;
use super::notify::NotifyConfig;
use super::otlp::OtlpConfig;
use super::people::PeopleConfig;
use super::pool::PoolConfig;
use super::problem::Problem;
use super::webhook::WebhookConfig;
use super::worker::WorkerConfig;
use crate::core::scheduling::Routine;

/// A whole configuration without faults. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it was read from.
    pub file: PathBuf,
    pub gitea: GiteaConfig,
    /// Where Gitea calls; none if timmy only polls.
    pub webhook: Option<WebhookConfig>,
    pub poll: PollConfig,
    pub ledger: LedgerConfig,
    /// Who may give which commands.
    pub people: PeopleConfig,
    /// The fleet, in the order of the file. Names and accounts are unlike each other.
    pub agents: Vec<AgentConfig>,
    /// The quotas; every pool that an agent names is among them.
    pub pools: Vec<PoolConfig>,
    /// What is handed out by itself.
    pub dispatch: DispatchConfig,
    /// What makes an issue urgent.
    pub score: ScoreConfig,
    pub budget: BudgetConfig,
    /// What a result must stand up to.
    pub guards: GuardsConfig,
    /// What is asked before a result is merged, and how it is merged.
    pub accept: AcceptConfig,
    /// How several agents work one issue.
    pub crew: CrewConfig,
    /// What comes up again and again; names are unlike each other.
    pub routines: Vec<Routine>,
    /// The one report; none if it is not wanted.
    pub report: Option<ReportConfig>,
    /// Who is told elsewhere; none if nobody is.
    pub notify: Option<NotifyConfig>,
    /// Who is sent traces; none if nobody is.
    pub otlp: Option<OtlpConfig>,
    /// What keeps jobs alive.
    pub engine: EngineConfig,
    /// How workers on other hosts are reached.
    pub worker: WorkerConfig,
    pub web: WebConfig,
}

/// A configuration, with what works but is unwise.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// What is unwise, in the order of the file.
    pub warnings: Vec<Problem>,
}
