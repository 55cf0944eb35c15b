//! The tick: matches issues to agents again when something moved, stores what changed, and begins
//! what starts by itself; and looks whether a routine is due.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::activity::Loop;
use super::automatic::{AutomaticWork, KEPT, starting};
use super::context::Context;
use super::identity::Identity;
use super::jobs::Jobs;
use super::planner::Planner;
use super::routines::Routines;
use super::scope_questions::ScopeQuestions;
use crate::config::DispatchMode;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::RankedBacklog;
use crate::store::{Error, backlog, matches};

pub(super) struct Ticker {
    ctx: Context,
    identity: Arc<Identity>,
    planner: Arc<Planner>,
    automatic: AutomaticWork,
    questions: ScopeQuestions,
    routines: Routines,
    jobs: Arc<Jobs>,
}

/// How often in a row it is judged anew because of what was found of what would start, or since the
/// backlog moved meanwhile. The next tick goes on.
const ROUNDS: usize = 4;

/// How long after the start nothing is decided while some agent has not said yet how it is: before that
/// nobody would get anything.
const FIRST_LOOK: Duration = Duration::from_secs(30);

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
    pub(super) fn new(
        ctx: Context,
        identity: Arc<Identity>,
        (planner, automatic): (Arc<Planner>, AutomaticWork),
        questions: ScopeQuestions,
        (routines, jobs): (Routines, Arc<Jobs>),
    ) -> Self {
        Self { ctx, identity, planner, automatic, questions, routines, jobs }
    }

    /// Matches whenever something changed, until `stop`.
    pub(super) async fn run(&self, mut at: Loop, stop: &CancellationToken) -> Result<(), Error> {
        let dispatch = &self.ctx.policy.dispatch;
        let mut seen = TickState::default();
        let began = self.ctx.now();
        loop {
            self.planner.forget_old().await;
            let next_date = self.routines.look().await?;
            self.automatic.look().await?;
            let is_ready = self.jobs.knows_agents() || began.is_over(FIRST_LOOK, self.ctx.now());
            if dispatch.mode != DispatchMode::Off && is_ready {
                self.tick(&mut seen).await?;
            }
            let due = self.ctx.now().after(dispatch.tick);
            let due = next_date.map_or(due, |next| next.min(due));
            let rest = at.rest(&*self.ctx.clock, Some(due), None);
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
        for _ in 0..ROUNDS {
            // What would be handed out is looked at once more, by what the people there want.
            self.planner.read_policies(&*self.planner.ranking().await?).await?;
            let (judged, version) = self.planner.versioned_ranking().await?;
            if !self.automatic.finds_nothing(&judged).await? {
                continue;
            }
            self.store(&judged).await?;
            if !self.jobs.begin_by_itself(&judged, &starting(&judged), version).await? {
                continue;
            }
            self.questions.ask(&judged, &self.automatic).await?;
            let since = judged.setting.now;
            let asks = self.ctx.policy.dispatch.ask_scope;
            let until = match self.automatic.is_wished() || asks {
                true => judged.holds_until().min(since.after(KEPT)),
                false => judged.holds_until(),
            };
            *seen = TickState { version: Some(version), knows_itself, since, until };
            break;
        }
        Ok(())
    }

    /// Stores what was decided, if it is something else than before.
    async fn store(&self, judged: &Arc<RankedBacklog>) -> Result<(), Error> {
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
        self.note_facts(judged).await?;
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
