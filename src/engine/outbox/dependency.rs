//! A thread waits for another, or does not.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::model::dependency::{SetDependency, same_readers};
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::Error;
use crate::store::backlog;

impl Deliver for SetDependency {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        self.shown(to, to.thread()).await
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        self.set(to, to.thread()).await
    }
}

impl SetDependency {
    /// Whether `thread`, of this repository, waits for the other one as it is to.
    pub(super) async fn shown(
        &self,
        to: &EffectDelivery<'_>,
        thread: ThreadId,
    ) -> Result<Option<Applied>, ApplyError> {
        let blockers = to.ctx.gitea.blockers(to.name(), thread.number).await?;
        let waits = blockers.seen.iter().any(|blocker| blocker.thread == self.on);
        Ok((waits == self.waits).then(|| Applied::written(WriteKind::Setting)))
    }

    /// Has `thread`, of this repository, wait for the other one, or not.
    ///
    /// To add what is there, or the reverse of it, and to remove what is not there is a 500 without
    /// a word: so that is looked for before.
    pub(super) async fn set(
        &self,
        to: &EffectDelivery<'_>,
        thread: ThreadId,
    ) -> Result<Applied, ApplyError> {
        if let Some(found) = self.shown(to, thread).await? {
            return Ok(found);
        }
        let gitea = &to.ctx.gitea;
        let on = &self.with_the_same_readers(to, self.on.repo).await?;
        let applied = Applied::written(WriteKind::Setting);
        // What comes of it, nobody shall look up in the ledger before it was asked again.
        let write = to.ctx.ledger.write(move |tx| backlog::ask_dependencies_again(tx, thread));
        write.await.map_err(ApplyError::Ledger)?;
        if !self.waits {
            let removed = gitea.remove_blocker(to.name(), thread.number, (on, self.on.number));
            return match removed.await {
                Ok(()) => {
                    read_again(to, thread).await?;
                    Ok(applied)
                }
                // Somebody may have been faster.
                Err(error @ (Error::Server { .. } | Error::NotFound { .. })) => {
                    self.shown(to, thread).await?.ok_or_else(|| error.into())
                }
                Err(error) => Err(error.into()),
            };
        }
        let reverse = gitea.blockers(on, self.on.number).await;
        if reverse
            .is_ok_and(|blockers| blockers.seen.iter().any(|blocker| blocker.thread == thread))
        {
            let message = "by now that one waits for this one".to_owned();
            return Err(Error::Conflict { status: 409, message }.into());
        }
        gitea.add_blocker(to.name(), thread.number, (on, self.on.number)).await?;
        read_again(to, thread).await?;
        Ok(applied)
    }

    /// What a repository is called now, if its threads may be bound to those of this one. Both may
    /// have been closed or opened since that was decided.
    async fn with_the_same_readers(
        &self,
        to: &EffectDelivery<'_>,
        other: RepoId,
    ) -> Result<RepoName, ApplyError> {
        if other == to.repo.id {
            return Ok(to.repo.name.clone());
        }
        let gitea = &to.ctx.gitea;
        let (home, other) = (gitea.repo_by_id(to.repo.id).await?, gitea.repo_by_id(other).await?);
        match same_readers(&home, &other) {
            true => Ok(other.name),
            false => Err(ApplyError::Refused(
                "by now not everybody who reads one of the two threads may read the other, and \
                 Gitea would show them its title and its text",
            )),
        }
    }
}

/// Lets the backlog know at once what a thread waits for now. If the forge does not say, it is
/// asked when the backlog is synced.
async fn read_again(to: &EffectDelivery<'_>, thread: ThreadId) -> Result<(), ApplyError> {
    let now = to.ctx.now();
    let Ok(waits) = to.ctx.gitea.blockers(to.name(), thread.number).await else { return Ok(()) };
    let write = to.ctx.ledger.write(move |tx| backlog::bind(tx, thread, &waits, now));
    write.await.map_err(ApplyError::Ledger)
}
