//! What waits for what: read for a decision.
//!
//! What the ledger knows is used, the rest is asked for, once for all lines of a text.

use std::collections::HashMap;

use super::Snapshots;
use crate::core::handlers::{CircleSearch, OtherThread};
use crate::core::model::dependency::{Blocker, VisibleBlocker, WaitsFor};
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::text::InboundText;
use crate::engine::circle_search::{CircleFound, DependencyReads, find_circle};
use crate::engine::error::EngineError;
use crate::gitea::Error;

impl Snapshots {
    /// What a thread waits for, and what of it may be named where `inbound` was said; none if the
    /// forge keeps no dependencies there.
    pub(super) async fn visible_blockers(
        &self,
        inbound: &InboundText,
        (name, thread): (&RepoName, ThreadId),
        reads: &mut DependencyReads,
    ) -> Result<Option<WaitsFor<VisibleBlocker>>, EngineError> {
        match self.ctx.gitea.blockers(name, thread.number).await {
            Ok(waits) => {
                reads.add(thread, waits.clone());
                let WaitsFor { seen, unseen } = waits;
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

    /// Which of `targets` wait for the thread of `inbound`, or may do so.
    pub(super) async fn circles(
        &self,
        inbound: &InboundText,
        mut targets: Vec<&OtherThread>,
        reads: &mut DependencyReads,
    ) -> Result<HashMap<ThreadId, CircleSearch>, EngineError> {
        targets.retain(|target| target.same_readers);
        targets.sort_by_cached_key(|target| (target.repo.to_string(), target.thread));
        let mut circles = HashMap::new();
        for target in targets {
            if let Some(searched) = self.circle(inbound, target, reads).await? {
                circles.insert(target.thread, searched);
            }
        }
        Ok(circles)
    }

    /// Whether `target` waits for the thread of `inbound`, on whatever way; none if it does not.
    async fn circle(
        &self,
        inbound: &InboundText,
        target: &OtherThread,
        reads: &mut DependencyReads,
    ) -> Result<Option<CircleSearch>, EngineError> {
        let (thread, repo) = (target.thread, target.repo.clone());
        let start = Blocker { thread, repo, open: target.item.open };
        Ok(match find_circle(&self.ctx, start, inbound.thread(), reads).await? {
            CircleFound::No => None,
            CircleFound::Unfinished { met } | CircleFound::Unseen { met } => {
                Some(CircleSearch::Unfinished { met })
            }
            CircleFound::Way(way) | CircleFound::Unproven(way) => {
                Some(CircleSearch::Found(self.seen(inbound, way).await?))
            }
        })
    }
}
