//! What waits for what, as the forge has it: read for a decision.

use std::collections::HashMap;

use super::Snapshots;
use crate::core::handlers::OtherThread;
use crate::core::model::dependency::{Blocker, DependencyWalk, VisibleBlocker, WaitsFor};
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::text::InboundText;
use crate::engine::error::EngineError;
use crate::gitea::Error;

/// How many threads' blockers are read in search of a circle. Gitea itself refuses only a circle
/// of two, so one that is longer than this search does no harm but to whoever waits.
const MOST_READS: usize = 50;

impl Snapshots {
    /// What a thread waits for, and what of it may be named where `inbound` was said; none if the
    /// forge keeps no dependencies there.
    pub(super) async fn visible_blockers(
        &self,
        inbound: &InboundText,
        name: &RepoName,
        number: i64,
    ) -> Result<Option<WaitsFor<VisibleBlocker>>, EngineError> {
        match self.ctx.gitea.blockers(name, number).await {
            Ok(WaitsFor { seen, unseen }) => {
                Ok(Some(WaitsFor { seen: self.seen(inbound, seen).await?, unseen }))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn seen(
        &self,
        inbound: &InboundText,
        blockers: Vec<Blocker>,
    ) -> Result<Vec<VisibleBlocker>, EngineError> {
        let mut known: HashMap<RepoId, bool> = HashMap::new();
        let mut seen = Vec::new();
        for blocker in blockers {
            let nameable = match known.get(&blocker.thread.repo) {
                Some(nameable) => *nameable,
                None => self.nameable(inbound, &blocker.repo).await?.is_some(),
            };
            known.insert(blocker.thread.repo, nameable);
            seen.push(VisibleBlocker { blocker, nameable });
        }
        Ok(seen)
    }

    /// The way on which `target` waits for the thread of `inbound`, if it does.
    pub(super) async fn circle(
        &self,
        inbound: &InboundText,
        target: &OtherThread,
    ) -> Result<Option<Vec<VisibleBlocker>>, EngineError> {
        let (thread, repo) = (target.thread, target.repo.clone());
        let start = Blocker { thread, repo, open: target.item.open };
        let mut walk = DependencyWalk::new(start, inbound.thread());
        for _ in 0..MOST_READS {
            let Some((place, at)) = walk.next_unread() else { break };
            let blockers = match self.ctx.gitea.blockers(&at.repo, at.thread.number).await {
                // Where there are no dependencies, the way ends.
                Err(Error::NotFound { .. }) => Vec::new(),
                blockers => blockers?.seen,
            };
            if let Some(way) = walk.add_blockers(place, blockers) {
                return Ok(Some(self.seen(inbound, way).await?));
            }
        }
        Ok(None)
    }
}
