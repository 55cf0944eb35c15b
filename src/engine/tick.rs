//! The tick: matches issues to agents again when something moved, and stores what changed.
//!
//! Nothing is handed out yet.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Engine;
use crate::config::DispatchMode;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::RankedBacklog;
use crate::store::{Error, backlog, matches};

/// What the last tick saw.
#[derive(Debug, Default)]
struct TickState {
    version: Option<i64>,
    knows_itself: bool,
    /// While it holds if nothing moves. A clock that was set back ends it as well.
    since: Timestamp,
    until: Timestamp,
}

impl Engine {
    /// Ticks until `stop`.
    pub(super) async fn run_planner(&self, stop: &CancellationToken) -> Result<(), Error> {
        let mut seen = TickState::default();
        loop {
            self.forget_old_ranking().await;
            if self.dispatch.mode != DispatchMode::Off {
                self.tick(&mut seen).await?;
            }
            let due = self.clock.now().after(self.dispatch.tick);
            self.ticked.send_replace(due);
            if stop.run_until_cancelled(self.clock.until(due)).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Waits until no tick is due or under way.
    pub(super) async fn ticked(&self) {
        let mut ticked = self.ticked.subscribe();
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = ticked.wait_for(|due| *due > self.clock.now()).await;
    }

    async fn tick(&self, seen: &mut TickState) -> Result<(), Error> {
        let version = Some(self.ledger.read(backlog::version).await?);
        let knows_itself = self.own_account().is_some();
        let is_same = (seen.version, seen.knows_itself) == (version, knows_itself);
        if is_same && (seen.since..seen.until).contains(&self.clock.now()) {
            return Ok(());
        }
        let judged = self.ranking().await?;
        let (since, until) = (judged.setting.now, judged.holds_until());
        *seen = TickState { version, knows_itself, since, until };
        let asked = judged.clone();
        let decided = self.ledger.read(move |conn| {
            let decided = asked.choose();
            // Before the first one nobody gets anything, as long as nothing is known.
            let last = matches::latest(conn)?.map(|tick| matches::all(conn, tick)).transpose()?;
            Ok((last.unwrap_or_default() != decided).then_some(decided))
        });
        let Some(decided) = decided.await? else { return Ok(()) };
        let given = decided.iter().filter(|choice| choice.winner.is_some()).count();
        tracing::info!(given, backlog_facts = decided.len(), "matches updated");
        self.note_facts(&judged).await?;
        let setting = judged.setting.clone();
        self.ledger.write(move |tx| matches::add(tx, &setting, &decided)).await
    }

    /// Stores the facts that a decision was made from.
    async fn note_facts(&self, judged: &Arc<RankedBacklog>) -> Result<(), Error> {
        loop {
            let judged = judged.clone();
            let moved = self.ledger.read(move |conn| matches::moved(conn, judged.replay_facts()));
            let moved = moved.await?;
            if moved.is_empty() {
                return Ok(());
            }
            self.ledger.write(move |tx| matches::note(tx, &moved)).await?;
        }
    }
}
