//! Looks at jobs that somebody outside calls for: a runner that keeps time for them.
//!
//! Without a runner a job is looked at as soon as that is due. With one it is rung for then
//! ([`JobRunner::ring`]), and looked at when the runner calls ([`CalledLooks::call`]): only here, in
//! the lane of the job, like any other look. What is lost on the way is rung for again.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::core::jobs::{JobId, StateKind};
use crate::core::model::time::Timestamp;

/// How long it is from one ring to the next, as long as nobody calls.
const AGAIN: Duration = Duration::from_secs(30);

/// How much later than due a moment may be that the runner knows of itself.
pub(super) const LATE: Duration = Duration::from_secs(10);

/// Keeps time for jobs outside, so that it outlives this process.
pub trait JobRunner: Send + Sync {
    /// This job is to be looked at: the runner calls for it
    /// ([`Engine::look_at`](crate::engine::Engine::look_at)) as soon as it can. It may be rung for
    /// more than once.
    fn ring(&self, job: JobId);
}

/// How a job stands after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookedJob {
    /// None: there is no such job.
    pub state: Option<StateKind>,
    /// How long its history is.
    pub steps: i64,
    /// It has ended, and is not looked after unless something happens to it.
    pub is_over: bool,
    /// When it is to be looked at again, whatever happens.
    pub after: Option<Duration>,
}

impl LookedJob {
    /// Of a job that is not there.
    pub(super) const NONE: Self = Self { state: None, steps: 0, is_over: true, after: None };
}

/// The calls that nobody answered yet.
#[derive(Debug, Default)]
pub(super) struct CalledLooks(Mutex<CallTable>);

#[derive(Debug, Default)]
struct CallTable {
    callers: HashMap<JobId, Vec<oneshot::Sender<LookedJob>>>,
    /// Those that are looked at right now.
    looking: BTreeSet<JobId>,
    /// When it was rung for a job of which nobody called since.
    rung: HashMap<JobId, Timestamp>,
    is_closed: bool,
}

impl CalledLooks {
    fn table(&self) -> MutexGuard<'_, CallTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls for a look; none if none is taken any more. Whoever waits and gets an error was dropped:
    /// the look failed, or this process stops.
    pub(super) fn call(&self, id: JobId) -> Option<oneshot::Receiver<LookedJob>> {
        let mut table = self.table();
        if table.is_closed {
            return None;
        }
        let (caller, answer) = oneshot::channel();
        let callers = table.callers.entry(id).or_default();
        callers.retain(|waiting| !waiting.is_closed());
        callers.push(caller);
        table.rung.remove(&id);
        Some(answer)
    }

    /// The jobs that somebody called for, and nobody looks at.
    pub(super) fn called(&self) -> Vec<JobId> {
        self.table().callers.keys().copied().collect()
    }

    /// Those of `due` that are to be rung for now, and when the next one is.
    pub(super) fn to_ring(
        &self,
        due: Vec<JobId>,
        now: Timestamp,
    ) -> (Vec<JobId>, Option<Timestamp>) {
        let mut table = self.table();
        let (mut ring, mut next) = (Vec::new(), None::<Timestamp>);
        for id in due {
            if table.callers.contains_key(&id) || table.looking.contains(&id) {
                continue;
            }
            match table.rung.get(&id).map(|at| at.after(AGAIN)).filter(|again| *again > now) {
                Some(again) => next = Some(next.map_or(again, |next| next.min(again))),
                None => {
                    table.rung.insert(id, now);
                    next = Some(next.map_or(now.after(AGAIN), |next| next.min(now.after(AGAIN))));
                    ring.push(id);
                }
            }
        }
        (ring, next)
    }

    /// A look begins: who called before is told of it.
    pub(super) fn begin(&self, id: JobId) -> Looking<'_> {
        let mut table = self.table();
        table.looking.insert(id);
        let callers = table.callers.remove(&id).unwrap_or_default();
        Looking { calls: self, id, callers }
    }

    /// No look is taken any more; who waits is sent away.
    pub(super) fn close(&self) {
        let mut table = self.table();
        table.is_closed = true;
        table.callers.clear();
    }
}

/// A look that has begun. Dropped, it sends away who waits for it.
pub(super) struct Looking<'a> {
    calls: &'a CalledLooks,
    id: JobId,
    callers: Vec<oneshot::Sender<LookedJob>>,
}

impl Looking<'_> {
    /// Whether anybody waits for what comes of it.
    pub(super) fn is_called_for(&self) -> bool {
        !self.callers.is_empty()
    }

    /// What came of it.
    pub(super) fn tell(&mut self, looked: LookedJob) {
        for caller in self.callers.drain(..) {
            // Whoever waits no more has no use for it.
            let _ = caller.send(looked);
        }
    }
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.calls.table().looking.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::jobs::called::*;

    const JOB: JobId = JobId(7);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::default().after(Duration::from_secs(seconds))
    }

    #[tokio::test]
    async fn who_calls_is_told_what_came_of_the_next_look() {
        let calls = CalledLooks::default();
        let (first, second) = (calls.call(JOB).unwrap(), calls.call(JOB).unwrap());
        assert_eq!(calls.called(), [JOB]);
        let mut look = calls.begin(JOB);
        assert!(calls.called().is_empty());
        // It comes too late for the look that has begun.
        let late = calls.call(JOB).unwrap();
        look.tell(LookedJob::NONE);
        assert_eq!((first.await, second.await), (Ok(LookedJob::NONE), Ok(LookedJob::NONE)));
        drop(look);
        assert_eq!(calls.called(), [JOB]);
        drop(calls.begin(JOB));
        assert!(late.await.is_err());
    }

    #[test]
    fn it_is_rung_for_now_and_then_as_long_as_nobody_calls() {
        let calls = CalledLooks::default();
        assert_eq!(calls.to_ring(vec![JOB], at(0)), (vec![JOB], Some(at(30))));
        assert_eq!(calls.to_ring(vec![JOB], at(20)), (vec![], Some(at(30))));
        assert_eq!(calls.to_ring(vec![JOB], at(30)), (vec![JOB], Some(at(60))));
        let call = calls.call(JOB);
        assert_eq!(calls.to_ring(vec![JOB], at(90)), (vec![], None));
        let look = calls.begin(JOB);
        assert_eq!(calls.to_ring(vec![JOB], at(90)), (vec![], None));
        drop((look, call));
        assert_eq!(calls.to_ring(vec![JOB], at(91)).0, [JOB]);
    }

    #[test]
    fn nobody_is_kept_waiting_when_it_stops() {
        let calls = CalledLooks::default();
        let mut waiting = calls.call(JOB).unwrap();
        calls.close();
        assert!(waiting.try_recv().is_err() && calls.call(JOB).is_none());
    }
}
