//! The tick: matches issues to agents again when something moved, and stores what changed.
//!
//! Nothing is handed out yet.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::activity::Loop;
use super::context::Context;
use super::identity::Identity;
use super::planner::Planner;
use crate::config::DispatchMode;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::RankedBacklog;
use crate::store::{Error, backlog, matches};

pub(super) struct Ticker {
    ctx: Context,
    identity: Arc<Identity>,
    planner: Arc<Planner>,
}

/// What the last tick was computed from.
#[derive(Debug, Default)]
struct TickState {
    version: Option<i64>,
    knows_itself: bool,
    /// While it holds if nothing moves. A clock that was set back ends it as well.
    since: Timestamp,
    until: Timestamp,
}

impl Ticker {
    pub(super) fn new(ctx: Context, identity: Arc<Identity>, planner: Arc<Planner>) -> Self {
        Self { ctx, identity, planner }
    }

    /// Matches whenever something changed, until `stop`.
    pub(super) async fn run(&self, mut at: Loop, stop: &CancellationToken) -> Result<(), Error> {
        let dispatch = &self.ctx.policy.dispatch;
        let mut seen = TickState::default();
        if !dispatch.auto.is_empty() {
            tracing::info!(
                "dispatch.auto: this version suggests there, and starts nothing by itself"
            );
        }
        loop {
            self.planner.forget_old().await;
            if dispatch.mode != DispatchMode::Off {
                self.tick(&mut seen).await?;
            }
            let due = Some(self.ctx.now().after(dispatch.tick));
            let rest = at.rest(&*self.ctx.clock, due, None);
            if stop.run_until_cancelled(rest).await.is_none() {
                return Ok(());
            }
        }
    }

    async fn tick(&self, seen: &mut TickState) -> Result<(), Error> {
        let version = Some(self.ctx.ledger.read(backlog::version).await?);
        let knows_itself = self.identity.known().is_some();
        let is_same = (seen.version, seen.knows_itself) == (version, knows_itself);
        if is_same && (seen.since..seen.until).contains(&self.ctx.now()) {
            return Ok(());
        }
        let _turn = self.planner.turn().await;
        // What would be handed out is looked at once more, by what the people there want.
        self.planner.read_policies(&*self.planner.ranking().await?).await?;
        let judged = self.planner.ranking().await?;
        let (since, until) = (judged.setting.now, judged.holds_until());
        *seen = TickState { version, knows_itself, since, until };
        let asked = judged.clone();
        let decided = self.ctx.ledger.read(move |conn| {
            let decided = asked.choices();
            // Before the first one nobody gets anything, as long as nothing is known.
            let last = matches::latest(conn)?.map(|tick| matches::all(conn, tick)).transpose()?;
            Ok((last.unwrap_or_default() != decided).then(|| decided.to_vec()))
        });
        let Some(decided) = decided.await? else { return Ok(()) };
        let given = decided.iter().filter(|choice| choice.winner.is_some()).count();
        tracing::info!(given, backlog_facts = decided.len(), "matches updated");
        self.note_facts(&judged).await?;
        let setting = judged.setting.clone();
        self.ctx.ledger.write(move |tx| matches::add(tx, &setting, &decided)).await
    }

    /// Stores the facts that a decision was made from.
    async fn note_facts(&self, judged: &Arc<RankedBacklog>) -> Result<(), Error> {
        loop {
            let judged = judged.clone();
            let moved =
                self.ctx.ledger.read(move |conn| matches::moved(conn, judged.replay_facts()));
            let moved = moved.await?;
            if moved.is_empty() {
                return Ok(());
            }
            self.ctx.ledger.write(move |tx| matches::note(tx, &moved)).await?;
        }
    }
}
