//! What stands in for Temporal in a build without it: nothing can be made of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{CannotServe, NotBuilt, WorkerSetup};
use crate::agents::{Agent, AgentTrouble, Origin};
use crate::clock::Clock;
use crate::config::{Config, TemporalConfig};
use crate::engine::Engine;
use crate::gitea::Gitea;
use crate::guard_runs::GuardHost;
use crate::store::Ledger;

/// Keeps time for jobs, in other builds.
pub enum TemporalRunner {}

impl TemporalRunner {
    /// Says that this build cannot do it.
    ///
    /// # Errors
    /// Always.
    pub fn new(
        _: &TemporalConfig,
        _: &Arc<Engine>,
        _: Option<&RemoteHosts>,
    ) -> Result<Self, NotBuilt> {
        Err(NotBuilt)
    }

    /// Never happens.
    pub async fn run(self, _: CancellationToken) {
        match self {}
    }
}

/// The agents on other hosts, in other builds.
pub enum RemoteHosts {}

impl RemoteHosts {
    /// There are none.
    ///
    /// # Errors
    /// Never.
    pub fn of(
        _: &Config,
        _: &Gitea,
        _: &Arc<dyn Clock>,
        _: &Ledger,
    ) -> Result<Option<Self>, (String, AgentTrouble)> {
        Ok(None)
    }

    /// Never happens.
    pub fn agents(&self) -> BTreeMap<String, Arc<dyn Agent>> {
        match *self {}
    }

    /// Never happens.
    pub fn guards(&self) -> Option<Arc<dyn GuardHost>> {
        match *self {}
    }

    /// Never happens.
    pub fn listen(&self) -> SocketAddr {
        match *self {}
    }

    /// Never happens.
    pub fn router(&self) -> Option<Router> {
        match *self {}
    }
}

/// The way of a worker to timmy, in other builds.
pub enum Errands {}

impl Errands {
    /// Says that this build cannot do it.
    ///
    /// # Errors
    /// Always.
    pub fn to(_: &Url, _: Option<&Path>) -> Result<Arc<Self>, CannotServe> {
        Err(NotBuilt.into())
    }
}

/// Says that this build cannot do it.
///
/// # Errors
/// Always.
pub async fn find_namespace(_: &TemporalConfig) -> Result<(), String> {
    Err(NotBuilt.to_string())
}

/// Never happens.
pub fn origin_by_ticket(errands: &Arc<Errands>) -> Arc<dyn Origin> {
    match **errands {}
}

/// Says that this build cannot do it.
///
/// # Errors
/// Always.
pub async fn work(_: WorkerSetup, _: CancellationToken) -> Result<(), CannotServe> {
    Err(NotBuilt.into())
}
