//! What stands in for Temporal in a build without it: nothing can be made of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio_util::sync::CancellationToken;

use super::{CannotServe, NotBuilt, WorkerSetup};
use crate::agents::Agent;
use crate::config::{Config, TemporalConfig};
use crate::engine::Engine;

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
    pub fn of(_: &Config) -> Option<Self> {
        None
    }

    /// Never happens.
    pub fn agents(&self) -> BTreeMap<String, Arc<dyn Agent>> {
        match *self {}
    }

    /// Never happens.
    pub fn listen(&self) -> SocketAddr {
        match *self {}
    }

    /// Never happens.
    pub fn router(&self) -> Router {
        match *self {}
    }
}

/// Says that this build cannot do it.
///
/// # Errors
/// Always.
pub async fn work(_: WorkerSetup, _: CancellationToken) -> Result<(), CannotServe> {
    Err(NotBuilt.into())
}
