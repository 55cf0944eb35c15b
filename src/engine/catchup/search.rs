//! Which threads moved.

use super::{OVERLAP, Rounds, hear};
use crate::core::backlog::Entry;
use crate::core::heard::{Moved, Repo, Seen};
use crate::core::ids::ThreadId;
use crate::core::time::Timestamp;
use crate::engine::hear::Halt;
use crate::gitea;
use crate::store::backlog::{self, Told};
use crate::store::errands::{self, Errand};
use crate::store::{Error, Transaction, cursors, repos};

impl Rounds<'_> {
    /// Notes all that moved since the last search among the threads of `owner`.
    pub(super) async fn search(&mut self, owner: &str) -> Result<(), Halt> {
        let engine = self.engine;
        let name = owner.to_owned();
        let mark = engine.ledger.read(move |conn| cursors::searched(conn, &name)).await?;
        // Not listed yet, so there is nothing of which could be told what is new.
        let Some(mark) = mark else { return Ok(()) };
        let mut pages = engine.gitea.moved(owner, mark.before(OVERLAP));
        let mut began = None;
        loop {
            match pages.next().await {
                Ok(Some(page)) => {
                    began = began.or(page.at);
                    self.note(page.entries, page.at).await?;
                }
                Ok(None) => break,
                Err(gitea::Error::TooLarge { .. }) => {
                    tracing::warn!(owner, "so much has moved that all of it is read");
                    self.all_moved(owner).await?;
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let until = began.unwrap_or_else(|| engine.clock.now());
        let owner = owner.to_owned();
        Ok(engine.ledger.write(move |tx| cursors::search(tx, &owner, until)).await?)
    }

    /// Stores what one page of a search tells: the state of what moved, bodies that were just
    /// opened, and where to read on.
    async fn note(&mut self, mut moved: Vec<Moved>, at: Option<Timestamp>) -> Result<(), Halt> {
        moved.retain(|thread| self.engine.watch.covers(&thread.name));
        self.get_to_know(&moved).await?;
        let moved: Vec<(Repo, Seen, Entry)> = moved
            .into_iter()
            .filter_map(|Moved { repo, name, text, item }| {
                let listed = self.listed.repos.get(&repo)?;
                Some((Repo { name, ..listed.clone() }, text, self.engine.entry(item)))
            })
            .collect();
        if moved.is_empty() {
            return Ok(());
        }
        let now = self.engine.clock.now();
        let told = Told::Search(at.unwrap_or(now));
        let store = move |tx: &Transaction<'_>| {
            moved.into_iter().try_for_each(|(repo, text, entry)| {
                backlog::put(tx, repo.id, &entry, told)?;
                note_thread(tx, &repo, text, now)
            })
        };
        self.engine.ledger.write(store).await?;
        self.engine.ring();
        Ok(())
    }

    /// Looks for repositories that no list has shown so far.
    async fn get_to_know(&mut self, moved: &[Moved]) -> Result<(), Halt> {
        let known = |listed: &super::Listed, thread: &Moved| {
            listed.repos.contains_key(&thread.repo) || listed.strangers.contains(&thread.repo)
        };
        if moved.iter().all(|thread| known(&self.listed, thread)) {
            return Ok(());
        }
        self.list().await?;
        for thread in moved {
            if !known(&self.listed, thread) {
                self.listed.strangers.insert(thread.repo);
            }
        }
        Ok(())
    }

    async fn all_moved(&self, owner: &str) -> Result<(), Error> {
        let listed = self.listed.repos.values();
        let theirs = listed.filter(|repo| repo.name.owner().eq_ignore_ascii_case(owner));
        let theirs: Vec<_> = theirs.map(|repo| repo.id).collect();
        let write = self.engine.ledger.write(move |tx| {
            theirs.iter().try_for_each(|repo| cursors::moved(tx, *repo))?;
            backlog::read_again(tx, &theirs)
        });
        write.await
    }
}

fn note_thread(tx: &Transaction<'_>, repo: &Repo, text: Seen, now: Timestamp) -> Result<(), Error> {
    repos::remember(tx, repo)?;
    cursors::moved(tx, repo.id)?;
    let Some(watched) = cursors::watched(tx, repo.id)? else { return Ok(()) };
    if text.written.is_pull {
        let thread = ThreadId { repo: repo.id, number: text.written.number };
        errands::set(tx, thread, &Errand::ReadReviews { since: watched.since }, now)?;
    }
    // Once it has moved, nobody knows whether its body is still what its author opened it with.
    if text.is_as_written() && text.written.created_at >= watched.since {
        hear(tx, text, repo, now)?;
    }
    Ok(())
}
