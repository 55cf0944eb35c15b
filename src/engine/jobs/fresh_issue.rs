//! Issues as the forge shows them, read for a job: the backlog learns of them, so that whatever is asked
//! of the ledger in the act is asked of them as they are.

use super::Jobs;
use crate::core::model::dependency::{Blocker, WaitsFor};
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::BacklogEntry;
use crate::store::backlog::{self, BacklogSource};
use crate::store::{Error, Transaction};

/// An issue as the forge shows it now, of which the backlog is to know.
pub(super) struct FreshIssue {
    entry: BacklogEntry,
    thread: ThreadId,
    source: BacklogSource,
    waits: Option<WaitsFor<Blocker>>,
    read_at: Timestamp,
}

impl FreshIssue {
    /// The backlog knows it as the forge showed it, unless it knows something newer.
    pub(super) fn keep(&self, tx: &Transaction<'_>) -> Result<(), Error> {
        backlog::put(tx, self.thread.repo, &self.entry, self.source)?;
        // What it waits for by now is asked again where it moved since it was read.
        let is_as_read = backlog::moved_at(tx, self.thread)? == Some(self.entry.item.updated_at);
        match &self.waits {
            Some(waits) if is_as_read => backlog::bind(tx, self.thread, waits, self.read_at),
            Some(_) | None => Ok(()),
        }
    }
}

impl Jobs {
    /// Lets the backlog know the issue as it is now, and what that waits for.
    pub(super) async fn keep_fresh(
        &self,
        repo: &Repo,
        issue: &Issue,
        waits: Option<WaitsFor<Blocker>>,
    ) -> Result<(), Error> {
        let fresh = self.fresh(repo, issue, waits);
        self.ctx.ledger.write(move |tx| fresh.keep(tx)).await
    }

    pub(super) fn fresh(
        &self,
        repo: &Repo,
        issue: &Issue,
        waits: Option<WaitsFor<Blocker>>,
    ) -> FreshIssue {
        FreshIssue {
            entry: BacklogEntry::read(repo.id, issue.clone(), &self.reader),
            thread: ThreadId { repo: repo.id, number: issue.number },
            // Read now, whatever the clock of the forge says.
            source: BacklogSource::Search(issue.updated_at),
            waits: waits.filter(|_| !issue.is_pull),
            read_at: self.ctx.now(),
        }
    }
}
