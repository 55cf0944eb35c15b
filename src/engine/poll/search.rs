//! Searches for threads that were updated.

use super::Poller;
use super::gestures::MovedThread;
use super::texts::store_text;
use crate::core::model::ids::ThreadId;
use crate::core::model::repository::Repo;
use crate::core::model::text::{ListedText, UpdatedThread};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::BacklogEntry;
use crate::engine::error::EngineError;
use crate::engine::poll::listed_repos::ListedRepos;
use crate::engine::sync::OVERLAP;
use crate::gitea;
use crate::store::backlog::{self, BacklogSource};
use crate::store::tasks::{self, ScheduledTask};
use crate::store::{Error, Transaction, cursors, repos};

impl Poller {
    /// Notes all that moved since the last search among the threads of `owner`.
    pub(super) async fn search(&mut self, owner: &str) -> Result<(), EngineError> {
        let name = owner.to_owned();
        let mark = self.ctx.ledger.read(move |conn| cursors::searched(conn, &name)).await?;
        // Not listed yet: no repository could be searched.
        let Some(mark) = mark else { return Ok(()) };
        let gitea = self.ctx.gitea.clone();
        let mut pages = gitea.moved(owner, mark.before(OVERLAP));
        let mut began = None;
        loop {
            match pages.next().await {
                Ok(Some(page)) => {
                    began = began.or(page.at);
                    self.note(page.entries, page.at, mark.before(OVERLAP)).await?;
                }
                Ok(None) => break,
                Err(gitea::Error::TooLarge { .. }) => {
                    tracing::warn!(
                        owner,
                        "too many threads moved: reading all repositories of the owner"
                    );
                    self.all_moved(owner).await?;
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let until = began.unwrap_or_else(|| self.ctx.now());
        let owner = owner.to_owned();
        Ok(self.ctx.ledger.write(move |tx| cursors::search(tx, &owner, until)).await?)
    }

    /// Stores what one page of a search shows that began at `since`: the state of what moved, bodies
    /// that were just opened, and where to read on.
    async fn note(
        &mut self,
        mut moved: Vec<UpdatedThread>,
        at: Option<Timestamp>,
        since: Timestamp,
    ) -> Result<(), EngineError> {
        moved.retain(|thread| self.ctx.policy.watch.covers(&thread.name));
        self.list_unknown(&moved).await?;
        let looks: Vec<MovedThread> = moved.iter().map(|found| self.looks_now(found)).collect();
        let looked = looks.clone();
        let moved: Vec<(Repo, ListedText, BacklogEntry)> = moved
            .into_iter()
            .filter_map(|UpdatedThread { repo, name, text, item }| {
                let listed = self.listed.repos.get(&repo)?;
                Some((
                    Repo { name, ..listed.clone() },
                    text,
                    BacklogEntry::read(repo, item, &self.reader),
                ))
            })
            .collect();
        if moved.is_empty() {
            return Ok(());
        }
        let now = self.ctx.now();
        let source = BacklogSource::Search(at.unwrap_or(now));
        let store = move |tx: &Transaction<'_>| {
            moved.into_iter().try_for_each(|(repo, text, entry)| {
                backlog::put(tx, repo.id, &entry, source)?;
                note_thread(tx, &repo, text, now)
            })?;
            looks.iter().try_for_each(|thread| thread.read_if_different(tx, since, now))
        };
        self.ctx.ledger.write(store).await?;
        self.has_looked(looked);
        self.ctx.stored.notify();
        Ok(())
    }

    fn looks_now(&self, found: &UpdatedThread) -> MovedThread {
        self.looks(ThreadId { repo: found.repo, number: found.item.number }, &found.item)
    }

    /// Looks for repositories that no list has shown so far.
    async fn list_unknown(&mut self, moved: &[UpdatedThread]) -> Result<(), EngineError> {
        // What moves is archived no longer.
        let known = |listed: &ListedRepos, thread: &UpdatedThread| {
            let is_listed = listed.repos.contains_key(&thread.repo);
            is_listed && !listed.archived.contains(&thread.repo)
                || listed.untracked.contains(&thread.repo)
        };
        if moved.iter().all(|thread| known(&self.listed, thread)) {
            return Ok(());
        }
        self.list().await?;
        for thread in moved {
            if !self.listed.repos.contains_key(&thread.repo) {
                self.listed.untracked.insert(thread.repo);
            }
        }
        Ok(())
    }

    async fn all_moved(&self, owner: &str) -> Result<(), Error> {
        let listed = self.listed.repos.values();
        let theirs = listed.filter(|repo| repo.name.owner().eq_ignore_ascii_case(owner));
        let theirs: Vec<_> = theirs.map(|repo| repo.id).collect();
        let write = self.ctx.ledger.write(move |tx| {
            theirs.iter().try_for_each(|repo| cursors::moved(tx, *repo))?;
            backlog::read_again(tx, &theirs)
        });
        write.await
    }
}

fn note_thread(
    tx: &Transaction<'_>,
    repo: &Repo,
    text: ListedText,
    now: Timestamp,
) -> Result<(), Error> {
    repos::name_again(tx, repo)?;
    cursors::moved(tx, repo.id)?;
    let Some(watched) = cursors::watched(tx, repo.id)? else { return Ok(()) };
    if text.written.is_pull {
        let thread = ThreadId { repo: repo.id, number: text.written.number };
        tasks::set(
            tx,
            thread,
            &ScheduledTask::ReadReviews { since: watched.since, delivered: false },
            now,
        )?;
        tasks::set(tx, thread, &ScheduledTask::SayVerdict { since: now }, now)?;
    }
    // Once it has moved, nobody knows whether its body is still what its author opened it with.
    if text.is_as_written() && text.written.created_at >= watched.since {
        store_text(tx, text, repo, now)?;
    }
    Ok(())
}
