//! Whether there is work left before the clock moves: one count of what is outstanding.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::core::model::time::Timestamp;

/// What is under way or called for, and when the loops that rest look again.
#[derive(Debug, Default)]
pub(super) struct Activity(watch::Sender<ActivityState>);

#[derive(Debug, Default)]
struct ActivityState {
    /// Loops that are at work, pieces of work begun, signals that nobody has seen yet.
    outstanding: usize,
    /// When each loop that rests looks again by itself.
    alarms: BTreeMap<&'static str, Timestamp>,
}

impl Activity {
    /// A piece of work begins; it ends when what this gives is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Work {
        self.0.send_modify(|state| state.outstanding += 1);
        Work(self.clone())
    }

    /// A loop begins. It counts as working until it rests for the first time, also before it runs.
    pub(super) fn begin_loop(self: &Arc<Self>, name: &'static str) -> Loop {
        Loop { name, work: Some(self.begin()), activity: self.clone() }
    }

    /// Waits until nothing is left to do before the clock moves or something new happens.
    pub(super) async fn quiet(&self, clock: &dyn Clock) {
        let mut states = self.0.subscribe();
        let quiet = states.wait_for(|state| {
            state.outstanding == 0 && state.alarms.values().all(|alarm| *alarm > clock.now())
        });
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = quiet.await;
    }
}

/// A piece of work that has begun.
#[derive(Debug)]
pub(super) struct Work(Arc<Activity>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.outstanding -= 1);
    }
}

/// One of the loops that make up the engine.
#[derive(Debug)]
pub(super) struct Loop {
    name: &'static str,
    activity: Arc<Activity>,
    /// Nothing while the loop is idle.
    work: Option<Work>,
}

impl Loop {
    /// Rests until `due`, if there is such a moment, or until `signal`.
    pub(super) async fn rest(
        &mut self,
        clock: &dyn Clock,
        due: Option<Timestamp>,
        signal: Option<&Signal>,
    ) {
        self.rest_or(clock, due, signal, std::future::pending::<()>()).await;
    }

    /// The same, or until `other` gives something.
    pub(super) async fn rest_or<T>(
        &mut self,
        clock: &dyn Clock,
        due: Option<Timestamp>,
        signal: Option<&Signal>,
        other: impl Future<Output = T>,
    ) -> Option<T> {
        if let Some(due) = due {
            self.activity.0.send_modify(|state| {
                state.alarms.insert(self.name, due);
            });
        }
        self.work = None;
        let alarm = async {
            match due {
                Some(due) => clock.until(due).await,
                None => std::future::pending().await,
            }
        };
        let signalled = async {
            match signal {
                Some(signal) => signal.wake.notified().await,
                None => std::future::pending().await,
            }
        };
        let given = tokio::select! {
            given = other => Some(given),
            () = signalled => None,
            () = alarm => None,
        };
        // Before the alarm and the signal are taken back: in between nobody may think it rests.
        self.work = Some(self.activity.begin());
        self.activity.0.send_modify(|state| {
            state.alarms.remove(self.name);
        });
        if let Some(signal) = signal {
            signal.seen();
        }
        given
    }
}

impl Drop for Loop {
    /// One that is given up while it rests wakes no more.
    fn drop(&mut self) {
        self.activity.0.send_modify(|state| {
            state.alarms.remove(self.name);
        });
    }
}

/// Notifies a loop that there is something new for it. It counts as outstanding until it is seen.
#[derive(Debug)]
pub(super) struct Signal {
    activity: Arc<Activity>,
    count: AtomicU64,
    is_unseen: AtomicBool,
    wake: Notify,
}

impl Signal {
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        let (count, is_unseen) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { activity, count, is_unseen, wake: Notify::new() }
    }

    /// Wakes whoever waits for something new.
    pub(super) fn notify(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        // In one step: in between it would be unseen and not outstanding.
        self.activity.0.send_modify(|state| {
            state.outstanding += usize::from(!self.is_unseen.swap(true, Ordering::SeqCst));
        });
        self.wake.notify_one();
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    fn seen(&self) {
        self.activity.0.send_modify(|state| {
            state.outstanding -= usize::from(self.is_unseen.swap(false, Ordering::SeqCst));
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::clock::ManualClock;
    use crate::engine::activity::*;

    fn is_ready(future: impl Future<Output = ()>) -> bool {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        std::pin::pin!(future).poll(&mut context).is_ready()
    }

    #[tokio::test]
    async fn it_is_quiet_when_nothing_is_outstanding_and_no_alarm_is_due() {
        let (activity, clock) =
            (Arc::new(Activity::default()), ManualClock::at(Timestamp::default()));
        let is_quiet = || is_ready(activity.quiet(&clock));
        let signal = Signal::new(activity.clone());
        let mut at_work = activity.begin_loop("one");
        assert!(!is_quiet());
        let due = Some(clock.now().after(Duration::from_secs(60)));
        {
            let mut rest = std::pin::pin!(at_work.rest(&clock, due, Some(&signal)));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(rest.as_mut().poll(&mut context).is_pending());
            assert!(is_quiet());
            let work = activity.begin();
            assert!(!is_quiet());
            drop(work);
            assert!(is_quiet());
            // Twice, but it is seen once.
            signal.notify();
            signal.notify();
            assert!(!is_quiet());
            rest.await;
        }
        assert!(!is_quiet());
        {
            let mut rest = std::pin::pin!(at_work.rest(&clock, due, None));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(rest.as_mut().poll(&mut context).is_pending());
            assert!(is_quiet());
            clock.advance(Duration::from_secs(60));
            // Although the loop was not notified yet.
            assert!(!is_quiet());
        }
    }
}
