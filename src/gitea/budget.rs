//! The request budget: a pace that keeps the forge's load low, and a pause when it asks for one.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// What a request is for: how much of the burst it may use after a quiet time. Each kind leaves
/// room for those that people wait for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// Requests that nobody waits for.
    Background,
    /// What may find a new text of a person.
    Polling,
    /// Reads that a reply waits for.
    Read,
    /// Writes: they may use all of it.
    Write,
}

impl Share {
    /// How many requests may start at once.
    const fn burst(self) -> u32 {
        match self {
            Self::Background => 4,
            Self::Polling => 7,
            Self::Read => 10,
            Self::Write => 20,
        }
    }
}

/// Who has waited so long goes with the most urgent.
const LATE: Duration = Duration::from_secs(5);

/// The longest pause that the forge can impose at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Shared by all requests of one account.
#[derive(Debug)]
pub(super) struct Budget(Mutex<Bucket>);

impl Budget {
    /// A budget of so many requests a second.
    pub(super) fn new(requests_per_second: NonZeroU32) -> Self {
        Self(Mutex::new(Bucket::new(requests_per_second)))
    }

    /// Waits until a request may start.
    ///
    /// If the forge asked for a pause longer than `patience`, gives at once what is left of it.
    pub(super) async fn permit(
        &self,
        share: Share,
        patience: Duration,
        clock: &dyn Clock,
    ) -> Result<(), Duration> {
        // Who waits takes no place in a queue: as long as somebody more urgent comes, they go first.
        // But not for ever.
        let asked_at = clock.uptime();
        loop {
            let now = clock.uptime();
            let is_late = now.saturating_sub(asked_at) >= LATE;
            let share = if is_late { Share::Write } else { share };
            let wait = self.bucket().take(share, now);
            if wait.is_zero() {
                break;
            }
            clock.sleep(wait).await;
        }
        loop {
            let left = self.bucket().closed_for(clock.uptime());
            if left.is_zero() {
                return Ok(());
            }
            if left > patience {
                return Err(left);
            }
            clock.sleep(left).await;
        }
    }

    /// No request starts for `pause`, at most ten minutes.
    pub(super) fn close(&self, pause: Duration, clock: &dyn Clock) {
        self.bucket().close(clock.uptime(), pause);
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token bucket in the form of the generic cell rate algorithm (ITU-T I.371): instead of
/// tokens it keeps the time at which an evenly paced sender would send next. All times are of a
/// clock's [uptime](Clock::uptime).
#[derive(Debug)]
struct Bucket {
    interval: Duration,
    next: Duration,
    closed_until: Duration,
}

impl Bucket {
    fn new(requests_per_second: NonZeroU32) -> Self {
        let interval = Duration::from_secs(1) / requests_per_second.get();
        Self { interval, next: Duration::ZERO, closed_until: Duration::ZERO }
    }

    /// Takes a token if there is one, or says how long there will be none.
    fn take(&mut self, share: Share, now: Duration) -> Duration {
        let due = self.next.max(now);
        let ahead = self.interval * (share.burst() - 1);
        let wait = due.saturating_sub(now).saturating_sub(ahead);
        if wait.is_zero() {
            self.next = due + self.interval;
        }
        wait
    }

    fn close(&mut self, now: Duration, pause: Duration) {
        self.closed_until = self.closed_until.max(now + pause.min(LONGEST_PAUSE));
    }

    fn closed_for(&self, now: Duration) -> Duration {
        self.closed_until.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use crate::clock::ManualClock;
    use crate::core::model::time::Timestamp;
    use crate::gitea::budget::*;

    const LATER: Duration = Duration::from_secs(3600);

    fn ten_a_second() -> Bucket {
        Bucket::new(NonZeroU32::new(10).unwrap())
    }

    /// How many requests start at once, if there are always more.
    fn burst(bucket: &mut Bucket, share: Share, now: Duration) -> usize {
        std::iter::repeat_with(|| bucket.take(share, now)).take_while(Duration::is_zero).count()
    }

    #[test]
    fn a_burst_passes_at_once_then_the_pace_holds() {
        let mut bucket = ten_a_second();
        assert_eq!(burst(&mut bucket, Share::Write, LATER), 20);
        let wait = bucket.take(Share::Write, LATER);
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(bucket.take(Share::Write, LATER + wait), Duration::ZERO);
        assert_eq!(bucket.take(Share::Write, LATER + wait), Duration::from_millis(100));
    }

    #[test]
    fn each_kind_leaves_room_for_what_is_more_urgent() {
        use Share::{Background, Polling, Read, Write};
        let mut bucket = ten_a_second();
        for (share, room) in [(Background, 4), (Polling, 3), (Read, 3), (Write, 10)] {
            assert_eq!(burst(&mut bucket, share, LATER), room, "{share:?}");
        }
    }

    #[test]
    fn quiet_time_fills_the_burst_and_no_more() {
        let mut bucket = ten_a_second();
        assert_eq!(burst(&mut bucket, Share::Write, Duration::ZERO), 20);
        assert_eq!(burst(&mut bucket, Share::Write, LATER), 20);
    }

    #[test]
    fn a_pause_is_never_shortened_and_never_endless() {
        let mut bucket = ten_a_second();
        bucket.close(LATER, Duration::from_secs(30));
        bucket.close(LATER, Duration::from_secs(5));
        assert_eq!(bucket.closed_for(LATER), Duration::from_secs(30));
        bucket.close(LATER, Duration::MAX);
        assert_eq!(bucket.closed_for(LATER), LONGEST_PAUSE);
    }

    #[tokio::test]
    async fn who_waits_lets_those_pass_for_whom_somebody_waits() {
        let clock = ManualClock::at(Timestamp::default().after(LATER));
        let budget = Budget::new(NonZeroU32::new(10).unwrap());
        let permit = |share| budget.permit(share, LATER, &clock);
        for _ in 0..4 {
            permit(Share::Background).await.unwrap();
        }
        let mut waits = std::pin::pin!(permit(Share::Background));
        let mut is_waiting = async || {
            let now = std::future::ready(());
            tokio::select! { biased; _ = &mut waits => false, () = now => true }
        };
        assert!(is_waiting().await);
        clock.advance(Duration::from_millis(100));
        for _ in 0..7 {
            permit(Share::Read).await.unwrap();
        }
        assert!(is_waiting().await);
        clock.advance(Duration::from_millis(600));
        assert!(is_waiting().await);
        clock.advance(Duration::from_millis(101));
        assert!(!is_waiting().await);
    }
    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let clock = ManualClock::at(Timestamp::default().after(LATER));
        let budget = Budget::new(NonZeroU32::new(10).unwrap());
        let mut waits = std::pin::pin!(budget.permit(Share::Background, LATER, &clock));
        // Reads for which somebody waits, always as many as may start.
        for seconds in 0.. {
            while budget.bucket().take(Share::Read, clock.uptime()).is_zero() {}
            let now = std::future::ready(());
            let starts = tokio::select! { biased; _ = &mut waits => true, () = now => false };
            if starts {
                assert_eq!(seconds, LATE.as_secs());
                break;
            }
            clock.advance(Duration::from_secs(1));
        }
    }
}
