//! Gathers which threads of jobs that have ended are closed: on those nobody works, whoever wants it.

use std::collections::{BTreeMap, BTreeSet};

use super::Snapshots;
use crate::core::handlers::KnownJob;
use crate::core::model::ids::ThreadId;
use crate::engine::error::EngineError;
use crate::gitea::Error;

impl Snapshots {
    /// The threads of those of these jobs that have ended which are closed, or gone, as the forge
    /// shows them now: what the backlog knows may be older than that somebody reopened them.
    pub(super) async fn closed_threads(
        &self,
        known: impl Iterator<Item = &KnownJob>,
    ) -> Result<BTreeSet<ThreadId>, EngineError> {
        let ended = known.filter(|known| known.record.job.state.kind().is_end());
        let threads: BTreeMap<_, _> =
            ended.filter_map(|known| Some((known.record.job.spec.given()?, &known.repo))).collect();
        let mut closed = BTreeSet::new();
        for (thread, repo) in threads {
            match self.ctx.gitea.issue(repo, thread.number).await {
                Ok(issue) if issue.open => {}
                Ok(_) | Err(Error::NotFound { .. }) => {
                    closed.insert(thread);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(closed)
    }
}
