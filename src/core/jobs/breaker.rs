//! The breaker of an agent. A spent key looks like an answer: an agent that again and again leaves
//! nothing on the forge, whatever the thread, gets no more work but a probe an hour.

use std::time::Duration;

use super::ids::Fence;
use crate::core::model::time::Timestamp;

/// On how many different threads an agent has to leave nothing.
pub const THREADS: usize = 3;

/// How long it is from one probe to the next.
pub const PROBE_AFTER: Duration = Duration::from_secs(60 * 60);

/// An attempt that ran, and of which it is known whether it left something. `P`: how what it was about
/// is told from other such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished<P> {
    pub fence: Fence,
    /// A thread, or a routine.
    pub about: P,
    pub left: bool,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breaker {
    /// The agent may work.
    Closed,
    /// It may be tried at this moment, once.
    Open {
        probe_at: Timestamp,
        /// The attempts in a row that left nothing: they count as what never ran.
        empty: Vec<Fence>,
    },
}

impl Breaker {
    /// Of an agent whose attempts were these, the latest first. As many as left nothing are read.
    pub fn of<P: PartialEq>(latest_first: impl IntoIterator<Item = Finished<P>>) -> Self {
        let mut threads = Vec::new();
        let (mut empty, mut last) = (Vec::new(), None);
        for Finished { fence, about, left, at } in latest_first {
            if left {
                break;
            }
            last = last.max(Some(at));
            empty.push(fence);
            if !threads.contains(&about) {
                threads.push(about);
            }
        }
        match last {
            Some(at) if threads.len() >= THREADS => {
                Self::Open { probe_at: at.after(PROBE_AFTER), empty }
            }
            _ => Self::Closed,
        }
    }

    /// Whether the agent may get work now. `is_probing`: it has some. `latest`: when it got some
    /// last, whatever became of that.
    pub fn lets_through(
        &self,
        is_probing: bool,
        latest: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        match self {
            Self::Closed => true,
            Self::Open { .. } => !is_probing && self.next_probe(latest) <= Some(now),
        }
    }

    /// When the agent may be tried, if it may not always; `latest` as before.
    pub fn next_probe(&self, latest: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::Closed => None,
            Self::Open { probe_at, .. } => {
                Some(latest.map_or(*probe_at, |at| at.after(PROBE_AFTER).max(*probe_at)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::breaker::*;

    /// The attempts on threads of these numbers, in order, an hour apart; a `-` left nothing.
    fn after(attempts: &[i64]) -> Breaker {
        let finished = (1..).zip(attempts).map(|(n, number)| Finished {
            fence: Fence(n),
            about: number.abs(),
            left: *number > 0,
            at: at(n),
        });
        let mut finished: Vec<Finished<i64>> = finished.collect();
        finished.reverse();
        Breaker::of(finished)
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_micros(hour * 3_600_000_000)
    }

    #[test]
    fn three_threads_in_a_row_trip_it() {
        for closed in [&[][..], &[-1, -2], &[-1, -1, -1], &[-1, -2, -1, -2], &[-1, -2, 3, -4]] {
            assert_eq!(after(closed), Breaker::Closed, "{closed:?}");
        }
        let empty = vec![Fence(4), Fence(3), Fence(2)];
        assert_eq!(after(&[7, -1, -2, -3]), Breaker::Open { probe_at: at(5), empty });
    }

    #[test]
    fn one_probe_an_hour_goes_through_and_what_it_leaves_closes_it() {
        let open = after(&[-1, -2, -3]);
        assert!(!open.lets_through(false, None, at(3)));
        assert!(open.lets_through(false, Some(at(2)), at(4)));
        assert!(!open.lets_through(true, None, at(4)), "one at a time");
        assert!(!open.lets_through(false, Some(at(4)), at(4)), "one that never ran is one");
        let still = after(&[-1, -2, -3, -1]);
        assert!(!still.lets_through(false, None, at(4)));
        assert!(still.lets_through(false, None, at(5)));
        assert_eq!(after(&[-1, -2, -3, 1]), Breaker::Closed);
    }
}
