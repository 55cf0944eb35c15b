//! The request budget: a pace that keeps the forge's load low, and a pause when it asks for one.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a request is for: how much of the burst it may use after a quiet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// Half of it, so that a long list leaves room for what people wait for.
    Read,
    /// All of it.
    Write,
}

impl Share {
    /// How many requests may start at once.
    const fn burst(self) -> u32 {
        match self {
            Self::Read => 10,
            Self::Write => 20,
        }
    }
}

/// The longest pause that the forge can impose at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Shared by all requests of one client.
#[derive(Debug)]
pub(super) struct Budget(Mutex<Bucket>);

impl Budget {
    /// A budget of so many requests a second.
    pub(super) fn new(requests_per_second: std::num::NonZeroU32) -> Self {
        Self(Mutex::new(Bucket::new(requests_per_second, Instant::now())))
    }

    /// Waits until a request may start.
    ///
    /// If the forge asked for a pause longer than `patience`, gives at once what is left of it.
    pub(super) async fn permit(&self, share: Share, patience: Duration) -> Result<(), Duration> {
        let wait = self.bucket().take(share, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        loop {
            let left = self.bucket().closed_for(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            if left > patience {
                return Err(left);
            }
            tokio::time::sleep(left).await;
        }
    }

    /// No request starts for `pause`, at most ten minutes.
    pub(super) fn close(&self, pause: Duration) {
        self.bucket().close(Instant::now(), pause);
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token bucket in the form of the generic cell rate algorithm (ITU-T I.371): instead of
/// tokens it keeps the time at which an evenly paced sender would send next.
#[derive(Debug)]
struct Bucket {
    interval: Duration,
    next: Instant,
    closed_until: Instant,
}

impl Bucket {
    fn new(requests_per_second: std::num::NonZeroU32, now: Instant) -> Self {
        let interval = Duration::from_secs(1) / requests_per_second.get();
        Self { interval, next: now, closed_until: now }
    }

    /// Takes a token, and tells how long to wait until it is there.
    fn take(&mut self, share: Share, now: Instant) -> Duration {
        let due = self.next.max(now);
        self.next = due + self.interval;
        due.saturating_duration_since(now).saturating_sub(self.interval * (share.burst() - 1))
    }

    fn close(&mut self, now: Instant, pause: Duration) {
        self.closed_until = self.closed_until.max(now + pause.min(LONGEST_PAUSE));
    }

    fn closed_for(&self, now: Instant) -> Duration {
        self.closed_until.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use crate::gitea::budget::*;

    fn ten_a_second(now: Instant) -> Bucket {
        Bucket::new(NonZeroU32::new(10).unwrap(), now)
    }

    #[test]
    fn a_burst_passes_at_once_then_the_pace_holds() {
        let now = Instant::now();
        let mut bucket = ten_a_second(now);
        for _ in 0..20 {
            assert_eq!(bucket.take(Share::Write, now), Duration::ZERO);
        }
        assert_eq!(bucket.take(Share::Write, now), Duration::from_millis(100));
        assert_eq!(bucket.take(Share::Write, now), Duration::from_millis(200));
    }

    #[test]
    fn reads_without_end_leave_room_for_a_write() {
        let mut now = Instant::now();
        let mut bucket = ten_a_second(now);
        for _ in 0..100 {
            now += bucket.take(Share::Read, now);
        }
        assert_eq!(bucket.take(Share::Write, now), Duration::ZERO);
        assert!(!bucket.take(Share::Read, now).is_zero());
    }

    #[test]
    fn quiet_time_fills_the_burst_and_no_more() {
        let start = Instant::now();
        let mut bucket = ten_a_second(start);
        for _ in 0..20 {
            bucket.take(Share::Write, start);
        }
        let later = start + Duration::from_secs(3600);
        for _ in 0..20 {
            assert_eq!(bucket.take(Share::Write, later), Duration::ZERO);
        }
        assert!(!bucket.take(Share::Write, later).is_zero());
    }

    #[test]
    fn a_pause_is_never_shortened_and_never_endless() {
        let now = Instant::now();
        let mut bucket = ten_a_second(now);
        bucket.close(now, Duration::from_secs(30));
        bucket.close(now, Duration::from_secs(5));
        assert_eq!(bucket.closed_for(now), Duration::from_secs(30));
        bucket.close(now, Duration::MAX);
        assert_eq!(bucket.closed_for(now), LONGEST_PAUSE);
    }
}
