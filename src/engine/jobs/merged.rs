//! Whether somebody merged what a job brought, after it was done.

use std::time::Duration;

use super::Jobs;
use super::look::{NextLook, SeenJob, told};
use crate::core::jobs::{Done, JobEvent, State};
use crate::gitea::PullState;
use crate::store::{Error, jobs};

/// How long it is from one look to the next at one of which the backlog does not know.
const AGAIN: Duration = Duration::from_secs(10 * 60);

impl Jobs {
    /// Looks what became of the pull request of a job that is done: it is among the open ones no
    /// more, or not yet.
    pub(super) async fn look_after_end(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        if seen.job.spec.purpose.is_review() {
            return self.count_reviews(seen).await;
        }
        let (State::Done(Done::Verified | Done::Accepted), Some(pull), Some(repo)) =
            (&seen.job.state, seen.job.past.pull, &seen.repo)
        else {
            return Ok(NextLook::Idle);
        };
        let id = seen.id();
        match self.ctx.gitea.pull(&repo.name, pull).await {
            Ok(Some(found)) => match found.state {
                PullState::Open => {
                    if let Some(place) = seen.job.spec.crew_place() {
                        self.begin_reviews(place.crew).await?;
                    }
                    Ok(NextLook::At(self.ctx.now().after(AGAIN)))
                }
                PullState::Merged { commit, by } => {
                    let commit = commit.unwrap_or(found.head);
                    let into = &found.base_branch;
                    let merged = JobEvent::Merged(self.ctx.policy.merge(commit, by.as_ref(), into));
                    Ok(told(self.tell(id, merged).await?.is_some()))
                }
                PullState::Closed => self.closed(seen).await,
            },
            Ok(None) => self.closed(seen).await,
            Err(error) => {
                self.incidents.met(&error, seen.job.lane()).await;
                Ok(self.later(seen))
            }
        }
    }

    async fn closed(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let id = seen.id();
        self.ctx.ledger.write(move |tx| jobs::pull_closed(tx, id)).await?;
        Ok(NextLook::Idle)
    }
}
