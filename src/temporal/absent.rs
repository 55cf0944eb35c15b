//! What stands in for Temporal in a build without it: nothing can be made of it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::NotBuilt;
use crate::config::TemporalConfig;
use crate::engine::Engine;

/// Keeps time for jobs, in other builds.
pub enum TemporalRunner {}

impl TemporalRunner {
    /// Says that this build cannot do it.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: &TemporalConfig, _: &Arc<Engine>) -> Result<Self, NotBuilt> {
        Err(NotBuilt)
    }

    /// Never happens.
    pub async fn run(self, _: CancellationToken) {
        match self {}
    }
}
