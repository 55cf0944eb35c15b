//! Polling: asks Gitea what happened, since webhooks are sent once and may be lost.
//!
//! It works with webhooks switched off altogether. In each round one search per owner (`search`)
//! finds the threads that moved; only where something moved are comments (`comments`) and reviews
//! (`reviews`) read. Once in a while all repositories count as moved, because an edit moves
//! nothing. What is found is stored like what a webhook tells, under the same key.
//!
//! Each mark that says how far something was read is a time of the forge's own clock, is stored
//! only after what was read, and is looked back from: so a crash repeats, and loses nothing.

mod comments;
mod listed_repos;
mod repositories;
mod reviews;
mod search;

use tokio_util::sync::CancellationToken;

use super::inbox::EngineError;
use super::{Engine, retry};
use crate::core::model::ids::Subject;
use crate::core::model::repository::Repo;
use crate::core::model::text::{ListedText, TextEvent};
use crate::core::model::time::Timestamp;
use crate::engine::retry::is_unavailable;
use crate::engine::sync::resync_if_rules_changed;
use crate::gitea::Recovery;
use crate::store::inbox::{self, Inserted};
use crate::store::{Error, Transaction, cursors, meta};
use listed_repos::ListedRepos;

impl Engine {
    /// Looks after what webhooks missed, until `stop`. A forge that is away delays it.
    pub(super) async fn run_poller(&self, stop: &CancellationToken) -> Result<(), Error> {
        self.start_marks().await?;
        let mut rounds = Poller::of(self);
        let mut failures = 0;
        loop {
            let Some(round) = stop.run_until_cancelled(rounds.round()).await else { return Ok(()) };
            let wait = match round {
                Ok(()) => {
                    tracing::debug!("poll finished");
                    failures = 0;
                    self.poll.every
                }
                Err(EngineError::Ledger(error)) => return Err(error),
                Err(EngineError::Forge(error) | EngineError::Nameless(error)) => {
                    failures += 1;
                    self.record_forge_error(&error).await;
                    tracing::info!(%error, "poll failed");
                    match error.heals() {
                        Recovery::Later(Some(pause)) => pause,
                        _ => retry::pause(failures, retry::chance()),
                    }
                }
            };
            self.sync_wakeup.notify();
            let due = self.clock.now().after(wait);
            self.polled.send_replace(due);
            if stop.run_until_cancelled(self.clock.until(due)).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Waits until no round is due or under way.
    pub(super) async fn polled_up(&self) {
        let mut polled = self.polled.subscribe();
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = polled.wait_for(|due| *due > self.clock.now()).await;
    }

    /// Learns once which repositories there are to watch and which threads moved, without reading
    /// what was said in them: that stays to be read.
    pub(super) async fn poll_once(&self) -> Result<(), EngineError> {
        self.start_marks().await?;
        let mut rounds = Poller::of(self);
        rounds.list().await?;
        for owner in rounds.owners() {
            let searched = rounds.search(&owner).await;
            rounds.bear(&owner, searched).await?;
        }
        Ok(())
    }

    /// Forgets marks that would let old words run: all in a copy of a ledger, and those of
    /// repositories that are no longer watched.
    async fn start_marks(&self) -> Result<(), Error> {
        let watch = self.watch.clone();
        let reading = self.acceptance.as_str().to_owned();
        let write = self.ledger.write(move |tx| {
            // The original may have acted on what was said since, or still does.
            if let Some(at) = meta::take(tx, meta::COPIED_AT)? {
                tracing::warn!(%at, "ledger is a copy: texts since it was taken are not heard");
                cursors::forget_all(tx)?;
            }
            cursors::forget_unless(tx, |name| watch.covers(name))?;
            resync_if_rules_changed(tx, &reading)
        });
        write.await
    }
}

/// What one round hands on to the next.
struct Poller<'a> {
    engine: &'a Engine,
    listed: ListedRepos,
    /// Counts rounds.
    turn: usize,
    /// The keys of what went wrong in this one.
    incidents: Vec<String>,
}

impl<'a> Poller<'a> {
    fn of(engine: &'a Engine) -> Self {
        Self { engine, listed: ListedRepos::default(), turn: 0, incidents: Vec::new() }
    }

    async fn round(&mut self) -> Result<(), EngineError> {
        self.turn = self.turn.wrapping_add(1);
        self.incidents.clear();
        if self.listed.is_stale(self.engine.clock.now()) {
            self.list().await?;
        }
        self.sweep().await?;
        let mut owners = self.owners();
        // So that one whose search fails does not keep the others waiting for ever.
        let first = self.turn % owners.len().max(1);
        owners.rotate_left(first);
        for owner in owners {
            let searched = self.search(&owner).await;
            self.bear(&owner, searched).await?;
        }
        for watched in self.engine.ledger.read(cursors::to_read).await? {
            let name = watched.repo.name.to_string();
            let read = self.engine.read_comments(watched).await;
            self.bear(&name, read).await?;
        }
        let incidents = self.incidents.iter().chain(&self.listed.incidents);
        Ok(self.engine.resolve_incidents_except(incidents).await?)
    }

    /// Lets all repositories be read, from time to time.
    async fn sweep(&self) -> Result<(), EngineError> {
        let (now, every) = (self.engine.clock.now(), self.engine.poll.sweep);
        let last = self.engine.ledger.read(|conn| meta::get(conn, meta::SWEPT_AT)).await?;
        if last.is_some_and(|last| !last.is_over(every, now)) {
            return Ok(());
        }
        let repos: Vec<_> = self.listed.repos.keys().copied().collect();
        let write = self.engine.ledger.write(move |tx| {
            if last.is_some() {
                repos.iter().try_for_each(|repo| cursors::moved(tx, *repo))?;
            }
            meta::set(tx, meta::SWEPT_AT, &now)
        });
        Ok(write.await?)
    }

    /// Notes what is wrong with one owner or repository alone; passes on what ends a round.
    async fn bear<T>(
        &mut self,
        what: &str,
        outcome: Result<T, EngineError>,
    ) -> Result<Option<T>, EngineError> {
        match outcome {
            Err(EngineError::Forge(error)) if !is_unavailable(&error) => {
                self.incidents.push(self.engine.record_poll_error(what, &error).await);
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }
}

/// Stores a text that was found; whether there is something new in it.
fn store_text(
    tx: &Transaction<'_>,
    seen: ListedText,
    repo: &Repo,
    now: Timestamp,
) -> Result<bool, Error> {
    let act = match seen.subject {
        Subject::Issue(_) => TextEvent::Opened,
        Subject::Comment(_)
            if seen.is_as_written() && !inbox::is_heard(tx, seen.subject, repo.id)? =>
        {
            TextEvent::Created
        }
        Subject::Comment(_) => TextEvent::Edited,
    };
    let hearing = inbox::insert(tx, &seen.heard(repo.clone(), act), now)?;
    Ok(matches!(hearing, Inserted::New(_)))
}
