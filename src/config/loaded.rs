//! All of `timmy.toml`.

use super::agent::{Agent, Pool};
use super::crew::Crew;
use super::dispatch::{Budget, Dispatch, Score};
use super::engine::{Engine, Ledger, Report};
use super::gitea::{Gitea, Poll, Web};
use super::guards::{Accept, Guards};
use super::people::People;
use super::problem::Problem;
use super::webhook::Webhook;

/// A whole configuration without faults. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    pub gitea: Gitea,
    /// Where Gitea calls; none if timmy only polls.
    pub webhook: Option<Webhook>,
    pub poll: Poll,
    pub ledger: Ledger,
    /// Who may give which commands.
    pub people: People,
    /// The fleet, in the order of the file. Names and accounts are unlike each other.
    pub agents: Vec<Agent>,
    /// The quotas; every pool that an agent names is among them.
    pub pools: Vec<Pool>,
    /// What is handed out by itself.
    pub dispatch: Dispatch,
    /// What makes an issue urgent.
    pub score: Score,
    pub budget: Budget,
    /// What a result must stand up to.
    pub guards: Guards,
    /// What is asked before a result is merged, and how it is merged.
    pub accept: Accept,
    /// How several agents work one issue.
    pub crew: Crew,
    /// The one report; none if it is not wanted.
    pub report: Option<Report>,
    /// What keeps jobs alive.
    pub engine: Engine,
    pub web: Web,
}

/// A configuration, with what works but is unwise.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// What is unwise, in the order of the file.
    pub warnings: Vec<Problem>,
}
