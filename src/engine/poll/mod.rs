//! Polling: asks Gitea what happened, since webhooks are sent once and may be lost.
//!
//! It works with webhooks switched off altogether. In each round one search per owner (`search`)
//! finds the threads that moved; only where something moved are comments (`comments`) and reviews
//! (`reviews`) read. Once in a while all repositories count as moved, because an edit moves
//! nothing. What is found is stored like what a webhook brings, under the same key.
//!
//! Each mark that says how far something was read is a time of the forge's own clock, is stored
//! only after what was read, and is looked back from: so a crash repeats, and loses nothing.

mod comments;
mod ended;
pub(super) mod gestures;
mod heads;
mod listed_repos;
mod repositories;
mod revert_watch;
mod reverts;
pub(super) mod reviews;
mod search;
mod texts;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use listed_repos::ListedRepos;
use revert_watch::RevertWatch;
use tokio_util::sync::CancellationToken;

use super::accounts::Accounts;
use super::activity::Loop;
use super::context::Context;
use super::deleted;
use super::error::EngineError;
use super::first_start;
use super::identity::Identity;
use super::incidents::Incidents;
use crate::core::model::ids::ThreadId;
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::text::TextReader;
use crate::engine::sync::resync_if_rules_changed;
use crate::gitea::{self, Recovery};
use crate::store::{Error, cursors, meta};

/// Finds what webhooks missed; keeps what one round hands on to the next.
pub(super) struct Poller {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    accounts: Arc<Accounts>,
    reader: Arc<TextReader>,
    listed: ListedRepos,
    /// Whether it is known if the account answered before this ledger began.
    has_looked_back: bool,
    /// Which agents' accounts were assigned in a thread when its gestures were read last.
    assigned: HashMap<ThreadId, BTreeSet<i64>>,
    /// Counts rounds.
    turn: usize,
    reverts: RevertWatch,
    /// The incidents of this round.
    met: Vec<Incident>,
}

impl Poller {
    pub(super) fn new(
        ctx: &Context,
        (identity, incidents): (Arc<Identity>, Arc<Incidents>),
        accounts: Arc<Accounts>,
        reader: Arc<TextReader>,
    ) -> Self {
        Self {
            ctx: ctx.for_polling(),
            identity,
            incidents,
            accounts,
            reader,
            listed: ListedRepos::default(),
            has_looked_back: false,
            assigned: HashMap::new(),
            turn: 0,
            reverts: RevertWatch::default(),
            met: Vec::new(),
        }
    }

    /// Works until `stop`. A forge that is away delays it.
    pub(super) async fn run(mut self, mut at: Loop, stop: &CancellationToken) -> Result<(), Error> {
        self.start_marks().await?;
        let mut failures = 0;
        loop {
            let Some(round) = stop.run_until_cancelled(self.round()).await else { return Ok(()) };
            let due = match round {
                Ok(()) => {
                    tracing::debug!("poll finished");
                    failures = 0;
                    self.ctx.last_poll.set(self.ctx.now());
                    self.ctx.now().after(self.ctx.policy.poll.every)
                }
                Err(error) => {
                    failures += 1;
                    let error = error.of_forge()?;
                    self.incidents.met_everywhere(&error).await;
                    tracing::info!(%error, "poll failed");
                    self.next_round_after(&error, failures)
                }
            };
            self.ctx.moved.notify();
            let clock = self.ctx.clock.clone();
            let rest = at.rest(&*clock, Some(due), None);
            if stop.run_until_cancelled(rest).await.is_none() {
                return Ok(());
            }
        }
    }

    /// When to look again after a failure.
    fn next_round_after(&self, error: &gitea::Error, failures: u32) -> Timestamp {
        let now = self.ctx.now();
        match error.heals() {
            Recovery::Later(Some(pause)) => now.after(pause),
            _ => {
                let due = self.ctx.next_try(failures);
                match error {
                    // A new one is to be found soon, and a refusal costs the forge little.
                    gitea::Error::BadToken { .. } => due.min(now.after(self.ctx.policy.poll.every)),
                    _ => due,
                }
            }
        }
    }

    /// Learns once which repositories there are to watch and which threads moved, without reading
    /// what was said in them: that stays to be read.
    pub(super) async fn look_once(mut self) -> Result<(), EngineError> {
        self.start_marks().await?;
        self.list().await?;
        for owner in self.owners() {
            let searched = self.search(&owner).await;
            self.skip_unreadable(&owner, searched).await?;
        }
        Ok(())
    }

    /// Forgets marks that would let old words run: all in a copy of a ledger, and those of
    /// repositories that are no longer watched.
    async fn start_marks(&self) -> Result<(), Error> {
        let (policy, rules) = (self.ctx.policy.clone(), self.reader.rules());
        let write = self.ctx.ledger.write(move |tx| {
            // The original may have acted on what was said since, or still does.
            if let Some(at) = meta::take(tx, meta::COPIED_AT)? {
                tracing::warn!(%at, "ledger is a copy: texts since it was taken are not heard");
                cursors::forget_all(tx)?;
            }
            cursors::forget_unless(tx, |name| policy.watch.covers(name))?;
            resync_if_rules_changed(tx, &rules)
        });
        write.await
    }

    async fn round(&mut self) -> Result<(), EngineError> {
        self.turn = self.turn.wrapping_add(1);
        self.met.clear();
        self.look_back().await?;
        if self.listed.is_stale(self.ctx.now()) || self.was_archived() {
            self.list().await?;
        }
        self.sweep().await?;
        let mut owners = self.owners();
        // So that one whose search fails does not keep the others waiting for ever.
        let first = self.turn % owners.len().max(1);
        owners.rotate_left(first);
        for owner in owners {
            let searched = self.search(&owner).await;
            if searched.is_err() {
                self.listed.doubt();
            }
            self.skip_unreadable(&owner, searched).await?;
        }
        for watched in self.ctx.ledger.read(cursors::to_read).await? {
            let name = watched.repo.name.to_string();
            let read = self.read_comments(watched).await;
            self.skip_unreadable(&name, read).await?;
        }
        self.look_for_reverts().await?;
        self.ask_what_is_over().await?;
        Ok(self.incidents.polled(self.met.iter().chain(&self.listed.met)).await?)
    }

    /// Whether a write met that a repository was archived since the last listing.
    fn was_archived(&self) -> bool {
        self.incidents.all_open().iter().any(|incident| match incident {
            Incident::RepoArchived { repo } => {
                self.listed.repos.contains_key(repo) && !self.listed.archived.contains(repo)
            }
            _ => false,
        })
    }

    /// Asks once whether this ledger is the account's first.
    async fn look_back(&mut self) -> Result<(), EngineError> {
        if self.has_looked_back {
            return Ok(());
        }
        // The next round asks again.
        let Ok(own) = self.identity.get().await else { return Ok(()) };
        match first_start::look_back(&self.ctx, &own).await {
            Err(error) if error.is_about_one(&self.ctx.gitea).await => {
                tracing::info!(%error, "whether the account answered before cannot be told");
            }
            looked => looked?,
        }
        self.has_looked_back = true;
        Ok(())
    }

    /// Lets all repositories be read and all heads be looked at, from time to time, and looks for what
    /// was deleted.
    async fn sweep(&self) -> Result<(), EngineError> {
        let (now, every) = (self.ctx.now(), self.ctx.policy.poll.sweep);
        let last = self.ctx.ledger.read(|conn| meta::get(conn, meta::SWEPT_AT)).await?;
        if last.is_some_and(|last| !last.is_over(every, now)) {
            return Ok(());
        }
        let repos: Vec<_> = self.listed.repos.keys().copied().collect();
        let write = self.ctx.ledger.write(move |tx| {
            if last.is_some() {
                repos.iter().try_for_each(|repo| cursors::moved(tx, *repo))?;
            }
            meta::set(tx, meta::SWEPT_AT, &now)
        });
        write.await?;
        self.look_at_heads().await?;
        deleted::look_at_holds(&self.ctx, &self.listed.repos).await
    }

    /// Notes what is wrong with one owner or repository alone, since the forge answers otherwise;
    /// passes on what ends a round.
    async fn skip_unreadable<T>(
        &mut self,
        what: &str,
        outcome: Result<T, EngineError>,
    ) -> Result<Option<T>, EngineError> {
        match outcome {
            Err(error) if error.is_about_one(&self.ctx.gitea).await => {
                let error = error.of_forge()?;
                self.met.push(self.incidents.cannot_read(what, &error).await);
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }
}
