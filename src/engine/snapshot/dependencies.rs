//! What waits for what: read for a decision.
//!
//! What the ledger knows is used, the rest is asked for, once for all lines of a text.

use std::collections::HashMap;

use super::Snapshots;
use super::circle_search::{DependencyReads, MOST_MET, Searched, search};
use crate::core::handlers::{CircleSearch, OtherThread};
use crate::core::model::dependency::{Blocker, VisibleBlocker, WaitsFor};
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::text::InboundText;
use crate::engine::error::EngineError;
use crate::gitea::Error;

/// Of how many threads on a way that the ledger knows it is asked whether it still is so.
const MOST_DOUBTFUL: usize = 10;

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
                reads.known.insert(thread, waits.clone());
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
        loop {
            let (start, known) = (start.clone(), reads.known.clone());
            let goal = inbound.thread();
            let search = self.ctx.ledger.read(move |conn| search(conn, start, goal, &known));
            let to_read = match search.await? {
                Searched::TooMany => return Ok(Some(CircleSearch::Unfinished { met: MOST_MET })),
                Searched::Open { unknown, known: met, unseen } if unknown.is_empty() => {
                    return Ok(unseen.then_some(CircleSearch::Unfinished { met }));
                }
                Searched::Open { known: met, .. } if reads.left == 0 => {
                    return Ok(Some(CircleSearch::Unfinished { met }));
                }
                Searched::Open { unknown, .. } => unknown,
                // The ledger may be a minute old: before a refusal a short way is looked at again.
                Searched::Circle(way) => {
                    let doubtful = way.iter().filter(|at| at.thread != goal);
                    let doubtful = doubtful.filter(|at| !reads.known.contains_key(&at.thread));
                    let doubtful: Vec<Blocker> = doubtful.cloned().collect();
                    if doubtful.is_empty() || doubtful.len() > MOST_DOUBTFUL || reads.left == 0 {
                        return Ok(Some(CircleSearch::Found(self.seen(inbound, way).await?)));
                    }
                    doubtful
                }
            };
            self.read_more(&to_read, reads).await?;
        }
    }

    /// Asks what these wait for, as far as it may still be asked.
    async fn read_more(
        &self,
        threads: &[Blocker],
        reads: &mut DependencyReads,
    ) -> Result<(), EngineError> {
        for at in threads.iter().take(reads.left) {
            let waits = match self.ctx.gitea.blockers(&at.repo, at.thread.number).await {
                // Where there are no dependencies, the way ends.
                Err(Error::NotFound { .. }) => WaitsFor::default(),
                waits => waits?,
            };
            reads.known.insert(at.thread, waits);
            reads.left -= 1;
        }
        Ok(())
    }
}
