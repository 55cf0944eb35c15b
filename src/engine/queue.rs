//! The work queue: what is due now, and when to look again.
//!
//! In a lane one thing happens after the other; lanes run side by side, in pools: what people said
//! and what answers them in one, what nobody waits for in another. So a forge that hangs, or
//! hundreds of pull requests that moved, keep nobody waiting who says something.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;

use super::activity::{Loop, Work};
use super::context::Context;
use super::inbox::Inbox;
use super::jobs::{DueJobs, Jobs, JobsAtHand};
use super::outbox::{Outbox, give_up};
use super::report::Reporter;
use super::tasks::Tasks;
use crate::core::jobs::StepTime;
use crate::core::model::ids::{JobId, Lane};
use crate::core::model::time::Timestamp;
use crate::core::report::ReportTiming;
use crate::store::inbox::{self, Ending};
use crate::store::outbox::{self, EffectSeq, OutboxRow};
use crate::store::queue::{self, LaneWork};
use crate::store::tasks::{self, StoredTask, TaskId};
use crate::store::{Connection, Error, Transaction};

/// Who waits for the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum LanePool {
    /// People said it, or wait for it.
    People,
    /// Nobody waits for it.
    Background,
    /// Jobs and their agents.
    Jobs,
}

impl LanePool {
    /// How many lanes are worked on at the same time.
    const fn size(self) -> usize {
        match self {
            Self::People => 16,
            Self::Background => 4,
            Self::Jobs => 256,
        }
    }
}

/// So many tasks for which people wait go before what is due in lanes: else lanes that always are
/// would keep them waiting for ever.
const AWAITED_TASKS: usize = 4;

/// How many of each kind are looked up at once: more than can be busy, so that some are not.
const LOOKAHEAD: u32 = 64;

/// How long a stop waits for what has begun: requests are half sent, and the forge may hang.
pub const DRAIN: Duration = Duration::from_secs(5);

/// Runs whatever is due, in lanes.
pub(super) struct LaneQueue {
    ctx: Context,
    inbox: Arc<Inbox>,
    outbox: Arc<Outbox>,
    tasks: Arc<Tasks>,
    jobs: Arc<Jobs>,
    reporter: Arc<Reporter>,
}

/// What there is to do at one moment.
struct DueWork {
    lanes: Vec<Lane>,
    /// Tasks for which people wait.
    awaited: Vec<StoredTask>,
    rechecks: Vec<OutboxRow>,
    /// Tasks for which nobody waits.
    others: Vec<StoredTask>,
    jobs: JobsAtHand,
    /// When the next one is due.
    next: Option<Timestamp>,
}

impl DueWork {
    fn read(conn: &Connection, now: Timestamp) -> Result<Self, Error> {
        let next = [
            queue::next_after(conn, now)?,
            outbox::next_recheck_after(conn, now)?,
            tasks::next_after(conn, now)?,
        ];
        Ok(Self {
            lanes: queue::lanes_due(conn, now, LOOKAHEAD)?,
            awaited: tasks::due(conn, true, now, LOOKAHEAD)?,
            rechecks: outbox::rechecks_due(conn, now, LOOKAHEAD)?,
            others: tasks::due(conn, false, now, LOOKAHEAD)?,
            jobs: JobsAtHand::read(conn, now)?,
            next: next.into_iter().flatten().min(),
        })
    }
}

impl LaneQueue {
    pub(super) fn new(
        ctx: Context,
        inbox: Inbox,
        outbox: Arc<Outbox>,
        (tasks, jobs): (Tasks, Arc<Jobs>),
        reporter: Arc<Reporter>,
    ) -> Self {
        Self { ctx, inbox: Arc::new(inbox), outbox, tasks: Arc::new(tasks), jobs, reporter }
    }

    /// Works until `stop`; what has been begun is finished first, unless that takes too long. What
    /// is dropped then is taken up by the next run as after a crash.
    pub(super) async fn run(&self, mut at: Loop, stop: &CancellationToken) -> Result<(), Error> {
        let mut running = Running::new(self.ctx.clone());
        while !stop.is_cancelled() {
            let due = self.begin_what_is_due(&mut running, stop).await?;
            let rest =
                at.rest_or(&*self.ctx.clock, due, Some(&self.ctx.stored), running.next_end());
            let mut ended = stop.run_until_cancelled(rest).await.flatten();
            // What ended meanwhile is one reason to look, however many these are.
            while let Some(one) = ended {
                self.ended(&mut running, one).await?;
                ended = running.tasks.try_join_next_with_id();
            }
        }
        let mut patience = self.ctx.clock.sleep(DRAIN);
        loop {
            let ended = tokio::select! {
                ended = running.tasks.join_next_with_id() => ended,
                () = &mut patience => break,
            };
            let Some(ended) = ended else { return Ok(()) };
            self.ended(&mut running, ended).await?;
        }
        tracing::warn!(
            dropped = running.tasks.len(),
            "forge hangs: the next start looks what became of it"
        );
        running.tasks.shutdown().await;
        Ok(())
    }

    /// Begins what is due and can begin; when there is more to do. What could not begin waits for
    /// somebody to end.
    async fn begin_what_is_due(
        &self,
        running: &mut Running,
        stop: &CancellationToken,
    ) -> Result<Option<Timestamp>, Error> {
        let (news, now) = (self.ctx.stored.count(), self.ctx.now());
        let work = self.ctx.ledger.read(move |conn| DueWork::read(conn, now)).await?;
        let mut awaited = work.awaited.into_iter();
        while running.awaited_tasks() < AWAITED_TASKS
            && let Some(task) = awaited.next()
        {
            running.begin(LanePool::People, Piece::of(&task), || self.run_task(task));
        }
        for lane in work.lanes {
            running.begin(LanePool::People, Piece::Lane(lane), || self.work_in(lane, stop));
        }
        for task in awaited {
            running.begin(LanePool::People, Piece::of(&task), || self.run_task(task));
        }
        for row in work.rechecks {
            running.begin(LanePool::Background, Piece::Recheck(row.lane, row.seq), || {
                let outbox = self.outbox.clone();
                async move { outbox.recheck(&row).await }
            });
        }
        let report = self.reporter.due(now, news);
        if report.is_some_and(|due| due <= now) {
            running.begin(LanePool::Background, Piece::Look, || self.look_at_report(now, news));
        }
        for task in work.others {
            running.begin(LanePool::Background, Piece::of(&task), || self.run_task(task));
        }
        let jobs = self.begin_jobs(running, &work.jobs, now);
        Ok(work.next.into_iter().chain(report.filter(|due| *due > now)).chain(jobs).min())
    }

    /// Begins what is due of jobs; when there is more.
    fn begin_jobs(
        &self,
        running: &mut Running,
        at_hand: &JobsAtHand,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let DueJobs { jobs, agents, gives_out, next } = self.jobs.due(at_hand, now);
        for place in agents {
            let jobs = self.jobs.clone();
            running.begin(LanePool::Jobs, Piece::Agent(place), || async move {
                jobs.check(place).await
            });
        }
        if gives_out {
            let jobs = self.jobs.clone();
            running.begin(LanePool::Jobs, Piece::GiveOut, || async move { jobs.give_out().await });
        }
        for job in jobs {
            let jobs = self.jobs.clone();
            running.begin(LanePool::Jobs, Piece::Job(job), || async move { jobs.look(job).await });
        }
        next
    }

    /// Does what is due in one lane, one thing after the other.
    fn work_in(
        &self,
        lane: Lane,
        stop: &CancellationToken,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let Self { ctx, inbox, outbox, .. } = self;
        let (ctx, inbox, outbox) = (ctx.clone(), inbox.clone(), outbox.clone());
        let stop = stop.clone();
        async move {
            while !stop.is_cancelled() {
                let now = ctx.now();
                match ctx.ledger.read(move |conn| queue::next_in(conn, lane, now)).await? {
                    Some(LaneWork::Effect(row)) => outbox.deliver(&row).await?,
                    Some(LaneWork::Text(row)) => inbox.handle(&row).await?,
                    None => break,
                }
            }
            Ok(())
        }
    }

    fn run_task(&self, task: StoredTask) -> impl Future<Output = Result<(), Error>> + use<> {
        let tasks = self.tasks.clone();
        async move { tasks.run(task).await }
    }

    fn look_at_report(
        &self,
        now: Timestamp,
        news: u64,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let reporter = self.reporter.clone();
        async move {
            reporter.begin_look(now, news);
            reporter.look(ReportTiming::InHours).await
        }
    }

    /// A piece of work has come to an end. One that panicked does not take the others with it, nor
    /// is what it panicked at tried again.
    async fn ended(&self, running: &mut Running, ended: Finished) -> Result<(), Error> {
        match ended {
            Ok((id, result)) => {
                running.busy.remove(&id);
                result
            }
            Err(error) => {
                let piece = running.busy.remove(&error.id()).map(|busy| busy.piece);
                tracing::error!(?piece, %error, "panic: the work item is set aside (a bug in timmy)");
                if let Some(Piece::Job(job)) = piece {
                    self.jobs.set_aside(job);
                }
                let Some(piece) = piece else { return Ok(()) };
                let now = self.ctx.step_time();
                self.ctx.ledger.write(move |tx| set_aside(tx, piece, now)).await?;
                self.ctx.stored.notify();
                Ok(())
            }
        }
    }
}

/// Ends what a panic has interrupted, without having done it.
fn set_aside(tx: &Transaction<'_>, piece: Piece, now: StepTime) -> Result<(), Error> {
    match piece {
        Piece::Lane(lane) => match queue::next_in(tx, lane, now.at)? {
            Some(LaneWork::Effect(row)) => {
                give_up(tx, &row, ("a bug in timmy".to_owned(), false), now)
            }
            Some(LaneWork::Text(text)) => inbox::finish(tx, text.seq, Ending::Bug, now.at),
            None => Ok(()),
        },
        Piece::Task(_, task) => tasks::take(tx, task).map(drop),
        Piece::Recheck(_, effect) => outbox::rechecked(tx, effect, None),
        // It has begun, so the next one comes in its own time.
        Piece::Look | Piece::Job(_) | Piece::Agent(_) | Piece::GiveOut => Ok(()),
    }
}

type Finished = Result<(task::Id, Result<(), Error>), task::JoinError>;

/// The lanes that are busy, by pool.
struct Running {
    ctx: Context,
    busy: HashMap<task::Id, Busy>,
    tasks: JoinSet<Result<(), Error>>,
}

struct Busy {
    pool: LanePool,
    piece: Piece,
    _work: Work,
}

/// At what somebody is at work.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// What is due in a lane.
    Lane(Lane),
    Task(Lane, TaskId),
    Recheck(Lane, EffectSeq),
    /// At the report.
    Look,
    /// At what becomes of a job.
    Job(JobId),
    /// At how the agent at this place is.
    Agent(usize),
    /// At giving agents to jobs.
    GiveOut,
}

/// Where somebody is at work: at each one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LanePlace {
    Lane(Lane),
    Agent(usize),
    GiveOut,
}

impl Piece {
    fn of(task: &StoredTask) -> Self {
        Self::Task(task.thread.into(), task.id)
    }

    fn place(self) -> LanePlace {
        match self {
            Self::Lane(lane) | Self::Task(lane, _) | Self::Recheck(lane, _) => {
                LanePlace::Lane(lane)
            }
            Self::Look => LanePlace::Lane(Lane::Report),
            Self::Job(job) => LanePlace::Lane(Lane::Job(job)),
            Self::Agent(place) => LanePlace::Agent(place),
            Self::GiveOut => LanePlace::GiveOut,
        }
    }
}

impl Running {
    fn new(ctx: Context) -> Self {
        Self { ctx, busy: HashMap::new(), tasks: JoinSet::new() }
    }

    /// How many tasks are under way for which people wait.
    fn awaited_tasks(&self) -> usize {
        let is_one =
            |busy: &&Busy| busy.pool == LanePool::People && matches!(busy.piece, Piece::Task(..));
        self.busy.values().filter(is_one).count()
    }

    /// What ends next; waits for ever if nothing runs.
    async fn next_end(&mut self) -> Finished {
        match self.tasks.join_next_with_id().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    /// Begins `work` at `piece`, unless somebody is at work in its lane or enough are at work.
    fn begin<W>(&mut self, pool: LanePool, piece: Piece, work: impl FnOnce() -> W)
    where
        W: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let mut busy = self.busy.values().filter(|busy| busy.pool == pool);
        if busy.clone().count() >= pool.size()
            || busy.any(|busy| busy.piece.place() == piece.place())
        {
            return;
        }
        let id = self.tasks.spawn(work()).id();
        self.busy.insert(id, Busy { pool, piece, _work: self.ctx.activity.begin() });
    }
}

#[cfg(test)]
mod tests {
    use crate::core::effect::{Bond, Condition, Effect, IssueName, LabelScope, SetLabel};
    use crate::core::jobs::Draw;
    use crate::core::model::ids::ThreadId;
    use crate::engine::queue::*;
    use crate::store::outbox::{EffectState, NewEffect};
    use crate::store::tasks::ScheduledTask;
    use crate::store::{Ledger, meta, threads};
    use crate::support::facts::comment;
    use crate::support::people::account;

    #[tokio::test]
    async fn a_task_that_panicked_is_set_aside_and_no_text_of_its_thread() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path().join("timmy.db")).unwrap();
        let now = Timestamp::default();
        let text = comment(1, now, "/timmy ping");
        let thread = text.thread();
        let (scope, value, condition) = (LabelScope::Size, None, Condition::Always);
        let task = ScheduledTask::Relabel(SetLabel { scope, value, condition });
        let left = ledger.write(move |tx| {
            inbox::insert(tx, &text, now)?;
            tasks::set(tx, thread, &task, now)?;
            let due = tasks::due(tx, true, now, 1)?.remove(0);
            set_aside(tx, Piece::of(&due), step(now))?;
            Ok((tasks::due(tx, true, now, 1)?.len(), queue::lanes_due(tx, now, 1)?))
        });
        assert_eq!(left.await.unwrap(), (0, vec![thread.into()]));
    }

    fn step(at: Timestamp) -> StepTime {
        StepTime { at, chance: Draw(0) }
    }

    #[tokio::test]
    async fn whoever_waits_for_an_effect_that_panicked_learns_that_it_will_not_come() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path().join("timmy.db")).unwrap();
        let now = Timestamp::default();
        let epic = comment(1, now, "/timmy split").thread();
        let waits = ThreadId { number: epic.number + 30, ..epic };
        let (issue, on) = (IssueName::Number(waits.number), IssueName::Number(7));
        let bond = Effect::Bond(Bond { issue, on, while_open: Vec::new() });
        let left = ledger.write(move |tx| {
            meta::set(tx, meta::ACCOUNT, &account("timmy"))?;
            outbox::push(
                tx,
                &NewEffect::new("f-j1.9.bond#31-7".to_owned(), epic, &bond, now)?,
                now,
            )?;
            set_aside(tx, Piece::Lane(epic.into()), step(now))?;
            let state = outbox::get(tx, "f-j1.9.bond#31-7")?.map(|row| row.state);
            Ok((state, threads::state(tx, waits)?.hold.map(|hold| hold.by.login)))
        });
        let expected = (Some(EffectState::Dead), Some("timmy".to_owned()));
        assert_eq!(left.await.unwrap(), expected, "nobody begins it before it waits");
    }
}
