//! The one commit of an attempt, and its pull request.
//!
//! Each write is looked for before it is repeated: the commit by the attempt's key in its message,
//! the pull request by its branch.

use std::sync::Arc;

use crate::agents::handed_in::{
    HandInResult, NotHandedIn, SETTLE, TRAILER, TRIES, commit_message, open_pull,
};
use crate::agents::repository::JobRepository;
use crate::agents::workplace::Workplace;
use crate::clock::Clock;
use crate::core::jobs::Commit;
use crate::gitea::{Error, FileChange, NewCommit, WriteOutcome};

/// What is to be handed in.
pub(super) struct FinishedWork {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) changes: Vec<FileChange>,
}

/// Hands in for one attempt.
pub(super) struct HandIn<'a> {
    pub(super) repository: &'a dyn JobRepository,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) place: &'a Workplace,
    pub(super) key: &'a str,
}

impl HandIn<'_> {
    pub(super) async fn commit_and_pull(
        &self,
        work: FinishedWork,
    ) -> Result<HandInResult, NotHandedIn> {
        let FinishedWork { title, summary, changes } = work;
        let message = commit_message(&title, &summary, self.key);
        let commit = self.commit(&message, changes).await?;
        let pull = self.pull((&title, &summary)).await?;
        Ok(HandInResult { commit, pull })
    }

    /// What this attempt left, if it got so far: its pull request is opened if only that is missing.
    pub(super) async fn left(&self) -> Result<Option<HandInResult>, NotHandedIn> {
        let Head::Ours { commit, message } = self.head().await.map_err(NotHandedIn::Failed)? else {
            return Ok(None);
        };
        let text = message.trim_end().rsplit_once(TRAILER).map_or("", |(text, _)| text);
        let (title, summary) = text.split_once('\n').unwrap_or((text, ""));
        let pull = self.pull((title.trim(), summary.trim())).await?;
        Ok(Some(HandInResult { commit, pull }))
    }

    async fn commit(&self, message: &str, changes: Vec<FileChange>) -> Result<Commit, NotHandedIn> {
        let branch = self.place.branch.to_string();
        let mut tries = 0;
        loop {
            let (from, new_branch) = match self.head().await.map_err(NotHandedIn::Failed)? {
                Head::Ours { commit, .. } => return Ok(commit),
                Head::Other => return Err(NotHandedIn::BranchMoved),
                Head::Base => (branch.clone(), None),
                Head::None => (self.place.base_branch.clone(), Some(branch.clone())),
            };
            let changes = changes.clone();
            let new = NewCommit { branch: from, new_branch, message: message.to_owned(), changes };
            let error = match self.repository.make_commit(&self.place.repository, &new).await {
                Ok(commit) => return Ok(commit),
                Err(error) => error,
            };
            tries += 1;
            match error.fate() {
                _ if tries == TRIES => return Err(NotHandedIn::Failed(error)),
                WriteOutcome::NotDone if is_refusal(&error) => {
                    return Err(NotHandedIn::Refused(error));
                }
                WriteOutcome::NotDone | WriteOutcome::Ended | WriteOutcome::Open => {
                    self.clock.sleep(SETTLE).await;
                }
            }
        }
    }

    async fn pull(&self, said: (&str, &str)) -> Result<i64, NotHandedIn> {
        open_pull(self.repository, self.clock, self.place, said).await
    }

    /// What stands at the head of the attempt's branch.
    async fn head(&self) -> Result<Head, Error> {
        let Workplace { repository, base, branch, .. } = self.place;
        let found = self.repository.branch(repository, &branch.to_string()).await?;
        let Some(found) = found else { return Ok(Head::None) };
        if found.head == *base {
            return Ok(Head::Base);
        }
        let commit = self.repository.commit(repository, &found.head).await?;
        Ok(match commit {
            Some(commit) if self.is_ours(&commit.message) => {
                Head::Ours { commit: commit.commit, message: commit.message }
            }
            _ => Head::Other,
        })
    }

    /// Only the last line counts: the ones before are the model's.
    fn is_ours(&self, message: &str) -> bool {
        let last = message.trim_end().lines().next_back().unwrap_or_default();
        last.strip_prefix(TRAILER) == Some(self.key)
    }
}

enum Head {
    None,
    /// The commit that the attempt begins at.
    Base,
    Ours {
        commit: Commit,
        message: String,
    },
    Other,
}

/// Whether the forge looked at the commit and does not want it: it will not another time.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error,
        Error::Unprocessable { .. }
            | Error::Conflict { .. }
            | Error::Forbidden { .. }
            | Error::MissingScope { .. }
            | Error::NotFound { .. }
            | Error::Archived
    )
}
