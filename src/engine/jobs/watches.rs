//! When each job is looked at next, and what is remembered of it only as long as timmy runs.
//!
//! Whatever is lost with it is looked up again: a job that nobody remembers is looked at at once,
//! and what may have been started is looked for before it is started.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::core::jobs::{Commit, Fence, JobId};
use crate::core::model::time::Timestamp;
use crate::store::jobs::WatchedJob;

/// How often the forge is asked at least what became of an open question, though nothing is known to
/// have moved.
pub(super) const ASKS: Duration = Duration::from_secs(60 * 60);

/// What is remembered of a job.
#[derive(Debug, Clone, Default)]
pub(super) struct JobWatch {
    /// How long its history was when it was looked at last, and whether its thread was known as open.
    steps: i64,
    is_thread_known: bool,
    /// Whether it waited for its card to be written.
    pub(super) card_waits: bool,
    looked_at: Timestamp,
    /// When it is looked at again, whatever moves.
    look_at: Timestamp,
    /// Something happened to it that its history does not show.
    pub(super) is_woken: bool,
    /// How often in a row something could not be found out.
    pub(super) failures: u32,
    /// Before this moment it is left alone: timmy itself failed at it.
    rests_until: Timestamp,
    /// The attempt of which this process knows that its start was not sent yet.
    pub(super) unsent: Option<Fence>,
    /// The latest sign of life, and when the job was told of one.
    pub(super) sign: Option<String>,
    pub(super) told_at: Option<Timestamp>,
    /// Whether there was a sign of life that the job was not told of.
    pub(super) has_news: bool,
    /// When what its agent does was kept last, and when it showed what was not kept yet.
    pub(super) kept_at: Option<Timestamp>,
    pub(super) unkept: Option<Timestamp>,
    /// The push that was told last.
    pub(super) pushed: Option<Commit>,
    pub(super) stop_asked_at: Option<Timestamp>,
    /// The texts that were brought, or could not be.
    pub(super) texts: BTreeSet<u32>,
    /// When its threads had moved last as what a question covers was looked at, and when that was.
    pub(super) question_seen: Option<([Option<Timestamp>; 2], Timestamp)>,
    /// When its pull request had moved last as the timeline of that was read for a question, and when
    /// that was.
    pub(super) timeline_seen: Option<(Option<Timestamp>, Timestamp)>,
    /// When it was asked last whether its thread is still open.
    pub(super) thread_asked_at: Option<Timestamp>,
    /// How long its history was when its card was brought up to date in a state that passes.
    pub(super) card_steps: Option<i64>,
}

impl JobWatch {
    /// Whether nothing happened to it since it was looked at.
    fn is_as_seen(&self, job: &WatchedJob) -> bool {
        let is_thread_gone = self.is_thread_known && !job.is_thread_known;
        let is_card_there = self.card_waits && !job.card_waits;
        self.steps == job.steps && !self.is_woken && !is_thread_gone && !is_card_there
    }

    /// Whether the timeline of its pull request, which `moved` last then, may tell more than when it was
    /// read.
    pub(super) fn is_timeline_new(&self, moved: Option<Timestamp>, now: Timestamp) -> bool {
        self.timeline_seen.is_none_or(|(then, at)| then != moved || at.is_over(ASKS, now))
    }
}

/// All jobs that are looked after.
#[derive(Debug, Default)]
pub(super) struct Watches(Mutex<HashMap<JobId, JobWatch>>);

impl Watches {
    fn table(&self) -> MutexGuard<'_, HashMap<JobId, JobWatch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of `jobs` that are to be looked at now, and when the next one is. Others are forgotten.
    pub(super) fn due(
        &self,
        jobs: &[WatchedJob],
        now: Timestamp,
    ) -> (Vec<JobId>, Option<Timestamp>) {
        let mut table = self.table();
        if table.len() > jobs.len() {
            let live: BTreeSet<JobId> = jobs.iter().map(|job| job.id).collect();
            table.retain(|id, _| live.contains(id));
        }
        let moment = |job: &WatchedJob| match table.get(&job.id) {
            Some(watch) if watch.is_as_seen(job) => {
                // A deadline that was over when it was looked at is no reason to look again.
                let due_at = job.due_at.filter(|due| *due > watch.looked_at);
                due_at.map_or(watch.look_at, |due| watch.look_at.min(due))
            }
            _ => now,
        };
        let mut due = Vec::new();
        let mut next: Option<Timestamp> = None;
        for job in jobs {
            let rests = table.get(&job.id).map_or(now, |watch| watch.rests_until);
            match moment(job).max(rests) {
                at if at <= now => due.push(job.id),
                at => next = Some(next.map_or(at, |next| next.min(at))),
            }
        }
        (due, next)
    }

    /// A job was looked at when its history was so long; it is looked at again at `look_at`.
    pub(super) fn looked(
        &self,
        id: JobId,
        (steps, is_thread_known): (i64, bool),
        now: Timestamp,
        look_at: Timestamp,
    ) {
        let mut table = self.table();
        let watch = table.entry(id).or_default();
        (watch.steps, watch.is_thread_known) = (steps, is_thread_known);
        (watch.looked_at, watch.look_at) = (now, look_at);
    }

    /// It is looked at again as soon as nobody looks at it any more.
    pub(super) fn wake(&self, id: JobId) {
        self.table().entry(id).or_default().is_woken = true;
    }

    /// Timmy itself failed at a job: it is left alone until then.
    pub(super) fn rest(&self, id: JobId, until: Timestamp) {
        self.table().entry(id).or_default().rests_until = until;
    }

    /// Reads or changes what is remembered of a job.
    pub(super) fn with<T>(&self, id: JobId, change: impl FnOnce(&mut JobWatch) -> T) -> T {
        change(self.table().entry(id).or_default())
    }

    /// Another attempt begins: what was remembered of the one before is nothing to it.
    pub(super) fn begin(&self, id: JobId, fence: Fence) {
        self.table().insert(id, JobWatch { unsent: Some(fence), ..JobWatch::default() });
    }
}
