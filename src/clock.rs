//! The clock, injected, so that tests need not wait and a decision can be replayed.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::core::model::time::Timestamp;

/// What a clock that waits gives: it is over when the moment has come.
pub type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits for it.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Waits until `moment`; at once if it is past. A clock that is set back meanwhile makes it no
    /// longer: who waits looks at the clock again.
    fn until(&self, moment: Timestamp) -> Waiting;

    /// How long it runs, from some moment on that does not matter: unlike the time of day it is
    /// never set back.
    fn uptime(&self) -> Duration;

    /// Waits so long.
    fn sleep(&self, span: Duration) -> Waiting;
}

/// The longest sleep in one piece.
const SLICE: Duration = Duration::from_secs(30);

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// How far it goes ahead, in seconds: by `TIMMY_CLOCK_AHEAD` the kill tests let hours pass between
/// a crash and the next start. A release build cannot be told to go wrong.
#[cfg(debug_assertions)]
fn ahead() -> Duration {
    static AHEAD: OnceLock<Duration> = OnceLock::new();
    *AHEAD.get_or_init(|| {
        let seconds = std::env::var("TIMMY_CLOCK_AHEAD").ok().and_then(|text| text.parse().ok());
        Duration::from_secs(seconds.unwrap_or(0))
    })
}

#[cfg(not(debug_assertions))]
fn ahead() -> Duration {
    Duration::ZERO
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::default().after(since).after(ahead())
    }

    fn until(&self, moment: Timestamp) -> Waiting {
        let clock = *self;
        Box::pin(async move {
            let (began, span) = (Instant::now(), moment.since(clock.now()));
            loop {
                let left = moment.since(clock.now()).min(span.saturating_sub(began.elapsed()));
                if left.is_zero() {
                    return;
                }
                // A machine that slept, or whose clock was set, is noticed within a slice.
                tokio::time::sleep(left.min(SLICE)).await;
            }
        })
    }

    fn uptime(&self) -> Duration {
        static STARTED: OnceLock<Instant> = OnceLock::new();
        STARTED.get_or_init(Instant::now).elapsed()
    }

    fn sleep(&self, span: Duration) -> Waiting {
        Box::pin(tokio::time::sleep(span))
    }
}

/// A clock that moves only when it is told to: for tests and for replays.
#[derive(Debug, Clone)]
pub struct ManualClock(watch::Sender<Timestamp>);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(watch::Sender::new(now))
    }

    /// Moves it forward; whoever waits for a moment on the way wakes up.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = now.after(by));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    fn until(&self, moment: Timestamp) -> Waiting {
        let mut hands = self.0.subscribe();
        Box::pin(async move {
            if hands.wait_for(|now| *now >= moment).await.is_err() {
                // The clock is gone: nothing will ever become due.
                std::future::pending::<()>().await;
            }
        })
    }

    fn uptime(&self) -> Duration {
        self.now().since(Timestamp::default())
    }

    fn sleep(&self, span: Duration) -> Waiting {
        // Never too early: timestamps count whole microseconds.
        self.until(self.now().after(span + Duration::from_nanos(999)))
    }
}
