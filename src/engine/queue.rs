//! The work queue: one lane per thread, what is due now, and when to look again.
//!
//! A thread is a lane. In a lane one thing happens after the other; lanes run side by side.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, watch};
use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;

use super::{Engine, report};
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::core::report::ReportTiming;
use crate::store::inbox::{self, Ending};
use crate::store::outbox::{self, OutboxRow};
use crate::store::queue::{self, LaneWork};
use crate::store::{Error, tasks};

/// How many lanes are worked on at the same time.
const MOST_RUNNING: usize = 16;

/// How many of each kind are looked up at once: more than can be busy, so that some are not.
const LOOKAHEAD: u32 = 64;

/// The bell that wakes the loop, and the news that it has nothing left to do.
#[derive(Debug, Default)]
pub(super) struct Wakeup {
    generation: AtomicU64,
    wake: Notify,
    quiet: watch::Sender<u64>,
}

impl Wakeup {
    /// Rings it.
    pub(super) fn notify(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// How often it was rung.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Waits until it rings, or has rung since the last time.
    pub(super) async fn notified(&self) {
        self.wake.notified().await;
    }

    /// Everything that was rung for up to `rung` is dealt with.
    pub(super) fn is_quiet_since(&self, generation: u64) {
        self.quiet.send_replace(generation);
    }

    /// Waits until everything is dealt with that was rung for up to now.
    pub(super) async fn quiet(&self) {
        let generation = self.generation();
        let mut quiet = self.quiet.subscribe();
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = quiet.wait_for(|since| *since >= generation).await;
    }
}

/// What there is to do at one moment.
struct DueWork {
    threads: Vec<ThreadId>,
    rechecks: Vec<OutboxRow>,
    tasks: Vec<tasks::StoredTask>,
    next: Option<Timestamp>,
}

impl Engine {
    /// Says that something new is stored.
    pub fn notify(&self) {
        self.wakeup.notify();
    }

    /// Waits until nothing is left to do before the clock moves or something new is stored.
    pub async fn quiet(&self) {
        self.polled_up().await;
        self.sync_wakeup.quiet().await;
        self.wakeup.quiet().await;
        self.ticked().await;
    }

    /// Waits until nothing is left to do at all, however long what was put off has to wait.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub async fn idle(&self) -> Result<(), Error> {
        loop {
            self.quiet().await;
            let now = self.clock.now();
            let next = self.ledger.read(move |conn| queue::next_after(conn, now)).await?;
            match next {
                Some(moment) => self.clock.until(moment).await,
                None if self.ledger.read(queue::is_idle).await? => return Ok(()),
                None => {}
            }
            self.notify();
        }
    }

    /// Works in the lanes until `stop`; what has been begun is finished first.
    pub(super) async fn run_queue(self: Arc<Self>, stop: CancellationToken) -> Result<(), Error> {
        self.recover().await?;
        self.load_incidents().await?;
        let mut busy = Running::default();
        while !stop.is_cancelled() {
            let generation = self.wakeup.generation();
            let now = self.clock.now();
            let agenda = self.agenda(now).await?;
            let report = self.report_due(now, generation);
            if report.is_some_and(|due| due <= now) {
                let engine = self.clone();
                busy.take(report::REPORT_LANE, async move {
                    engine.report_begins(now, generation);
                    engine.write_due_report(ReportTiming::InHours).await
                });
            }
            for task in agenda.tasks {
                let engine = self.clone();
                busy.take(task.thread, async move { engine.run_task(task).await });
            }
            for row in agenda.rechecks {
                let engine = self.clone();
                busy.take(row.thread, async move { engine.recheck(&row).await });
            }
            for thread in agenda.threads {
                let (engine, stop) = (self.clone(), stop.clone());
                busy.take(thread, async move { engine.work(thread, stop).await });
            }
            // One that is due and could not begin waits for somebody to end.
            let later = report.filter(|due| *due > now);
            if busy.threads.is_empty() {
                self.wakeup.is_quiet_since(generation);
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wakeup.notified() => {}
                Some(ended) = busy.tasks.join_next_with_id() => self.ended(&mut busy, ended).await?,
                () = self.moment(agenda.next.into_iter().chain(later).min()) => {}
            }
        }
        while let Some(ended) = busy.tasks.join_next_with_id().await {
            self.ended(&mut busy, ended).await?;
        }
        Ok(())
    }

    /// A lane has come to an end. One that panicked does not take the others with it, nor is what
    /// it panicked at tried again.
    async fn ended(&self, busy: &mut Running, ended: Finished) -> Result<(), Error> {
        match ended {
            Ok((task, result)) => {
                busy.threads.remove(&task);
                result
            }
            Err(error) => {
                let thread = busy.threads.remove(&error.id());
                tracing::error!(?thread, %error, "panic: the work item is set aside (a bug in timmy)");
                match thread {
                    Some(thread) => self.abandon(thread).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Ends the first thing in a thread without having done it.
    async fn abandon(&self, thread: ThreadId) -> Result<(), Error> {
        let now = self.clock.now();
        self.ledger
            .write(move |tx| match queue::next_in(tx, thread, now)? {
                Some(LaneWork::Effect(row)) => outbox::die(tx, row.seq, "a bug in timmy", now),
                Some(LaneWork::Text(text)) => inbox::finish(tx, text.seq, Ending::Bug, now),
                None => Ok(()),
            })
            .await
    }

    /// Whoever died left writes behind whose outcome nobody knows.
    pub(super) async fn recover(&self) -> Result<(), Error> {
        let due = self.clock.now().after(self.settle);
        let uncertain = self.ledger.write(move |tx| outbox::recover(tx, due)).await?;
        if uncertain > 0 {
            *self.labels_not_before.lock().await = due;
            tracing::warn!(
                uncertain,
                "writes of an earlier run are uncertain: looked for before any repeat"
            );
        }
        Ok(())
    }

    async fn agenda(&self, now: Timestamp) -> Result<DueWork, Error> {
        self.ledger
            .read(move |conn| {
                let next = [
                    queue::next_after(conn, now)?,
                    outbox::next_recheck_after(conn, now)?,
                    tasks::next_after(conn, now)?,
                ];
                Ok(DueWork {
                    threads: queue::lanes_due(conn, now, LOOKAHEAD)?,
                    rechecks: outbox::rechecks_due(conn, now, LOOKAHEAD)?,
                    tasks: tasks::due(conn, now, LOOKAHEAD)?,
                    next: next.into_iter().flatten().min(),
                })
            })
            .await
    }

    async fn moment(&self, next: Option<Timestamp>) {
        match next {
            Some(moment) => self.clock.until(moment).await,
            None => std::future::pending().await,
        }
    }

    /// Does what is due in one thread, one thing after the other.
    async fn work(&self, thread: ThreadId, stop: CancellationToken) -> Result<(), Error> {
        while !stop.is_cancelled() {
            let now = self.clock.now();
            match self.ledger.read(move |conn| queue::next_in(conn, thread, now)).await? {
                Some(LaneWork::Effect(row)) => self.deliver(&row).await?,
                Some(LaneWork::Text(row)) => self.hear(&row).await?,
                None => break,
            }
        }
        Ok(())
    }
}

type Finished = Result<(task::Id, Result<(), Error>), task::JoinError>;

/// Who is at work, and in which thread.
#[derive(Default)]
struct Running {
    threads: HashMap<task::Id, ThreadId>,
    tasks: JoinSet<Result<(), Error>>,
}

impl Running {
    /// Begins `work` in `thread`, unless somebody is at work there or enough are at work.
    fn take(
        &mut self,
        thread: ThreadId,
        work: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) {
        let free = !self.threads.values().any(|busy| *busy == thread);
        if free && self.threads.len() < MOST_RUNNING {
            let id = self.tasks.spawn(work).id();
            self.threads.insert(id, thread);
        }
    }
}
