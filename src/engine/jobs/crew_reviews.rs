//! The reviews of a crew, which come before a person is asked to accept what was reviewed. One that
//! somebody dismissed says nothing any more: it is asked for again, also while the question is open.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Jobs;
use super::look::{NextLook, SeenJob};
use crate::core::command::value::DecisionId;
use crate::core::crew::Crew;
use crate::core::decisions::VoidReason;
use crate::core::jobs::{Commit, GivenReview, JobId};
use crate::core::model::ids::ThreadId;
use crate::core::model::repository::Repo;
use crate::store::{Connection, Error, Transaction, jobs};

/// How long it is from one look whether a crew's reviews are over to the next.
const AWAITS: Duration = Duration::from_secs(10);

/// A review that was dismissed, and the task of its crew that asked for it.
#[derive(Debug, Clone)]
struct DismissedReview {
    task: u32,
    job: JobId,
    agent: String,
}

impl Jobs {
    /// A crew's reviews come before the question.
    pub(super) async fn await_reviews(&self, crew: JobId) -> Result<NextLook, Error> {
        self.begin_reviews(crew).await?;
        Ok(NextLook::At(self.ctx.now().after(AWAITS)))
    }

    /// Begins the reviews of a crew before which something else was in the way.
    pub(super) async fn begin_reviews(&self, crew: JobId) -> Result<(), Error> {
        let now = self.ctx.now();
        self.ctx.ledger.write(move |tx| jobs::crew_due(tx, crew, now)).await?;
        self.ctx.stored.notify();
        Ok(())
    }

    /// Asks again for the reviews of `crew` that were dismissed, of what a person is asked to accept; an
    /// open question about that is void. Whether there was one. What cannot be told now is looked for
    /// again.
    pub(super) async fn ask_reviews_again(
        &self,
        (seen, repo): (&SeenJob, &Repo),
        crew: &Crew,
        asked: Option<DecisionId>,
    ) -> Result<bool, Error> {
        let (Some(pull), Some(head)) = (seen.job.past.pull, seen.job.past.commit.as_ref()) else {
            return Ok(false);
        };
        let Some(dismissed) = self.dismissed((repo, pull), crew, head).await? else {
            return Ok(false);
        };
        let (crew, now) = (crew.id, self.step_time());
        let DismissedReview { task, job, agent } = dismissed;
        tracing::info!(%crew, task, agent, "its review was dismissed, and is asked for again");
        let write = self.ctx.ledger.write(move |tx: &Transaction<'_>| {
            jobs::review_dismissed(tx, crew, (task, job), now.at)?;
            match asked {
                Some(id) => jobs::void(tx, id, VoidReason::Dismissed { agent }, false, now),
                None => Ok(None),
            }
        });
        if let Some(advanced) = &write.await? {
            self.moved(advanced).await;
        }
        self.ctx.stored.notify();
        Ok(true)
    }

    /// The first of a crew's reviews of this head that was dismissed, as the forge shows it.
    async fn dismissed(
        &self,
        (repo, pull): (&Repo, i64),
        crew: &Crew,
        head: &Commit,
    ) -> Result<Option<DismissedReview>, Error> {
        let stands_on = crew.reviews_of(head);
        if stands_on.is_empty() {
            return Ok(None);
        }
        let thread = ThreadId { repo: repo.id, number: pull };
        let read = move |conn: &Connection| jobs::reviews_of_pull(conn, thread);
        let given: Vec<GivenReview> = self.ctx.ledger.read(read).await?;
        let shown = match self.ctx.gitea.all_reviews(&repo.name, pull).await {
            Ok(shown) => shown,
            Err(error) => {
                tracing::debug!(pull, %error, "whether a review was dismissed is unknown");
                return Ok(None);
            }
        };
        let dismissed: BTreeSet<i64> = shown
            .into_iter()
            .filter(|review| review.verdict.is_dismissed)
            .map(|review| review.id)
            .collect();
        let found = stands_on.into_iter().find_map(|(task, job)| {
            let review = given.iter().rev().find(|review| review.job == job)?;
            let is_dismissed = review.review.is_some_and(|number| dismissed.contains(&number));
            is_dismissed.then(|| DismissedReview { task, job, agent: review.agent.clone() })
        });
        Ok(found)
    }
}
