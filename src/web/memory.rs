//! The memory that large bodies share, while nobody knows yet whether they are worth it.
//!
//! A body takes what it needs as its bytes arrive, not as many as it announces. So that not all wait
//! for each other, the others leave room for the oldest to arrive as a whole. When there is no more,
//! a body that has been arriving for longer than the grace gives way, the oldest first: whoever
//! sends halves of large bodies holds up nobody for longer than that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// That a body had to give way to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GaveWay;

/// The memory that is shared.
#[derive(Debug)]
pub(super) struct Memory {
    /// Bytes that all may take together.
    most: usize,
    /// Bytes that one may take; not more than all.
    largest: usize,
    grace: Duration,
    table: Mutex<ShareTable>,
    /// Rings for all when something is given back, or one that waited goes on.
    changed: Notify,
}

#[derive(Debug, Default)]
struct ShareTable {
    taken: usize,
    shares: BTreeMap<u64, ShareRow>,
    /// The number of the next share: older ones have smaller ones.
    next: u64,
}

#[derive(Debug)]
struct ShareRow {
    bytes: usize,
    since: Instant,
    state: ShareState,
    gives_way: CancellationToken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShareState {
    /// Its peer sends, or should.
    Arrives,
    /// It waits for memory.
    Waits,
    /// Its signature is good: it is dealt with, and does not give way.
    Proved,
}

/// What a share that finds no memory has to do.
enum Next {
    Taken,
    /// Wait until something is given back, or until this time.
    Wait(Option<Instant>),
}

impl Memory {
    /// `most` bytes in all, at least `largest`, which is the most that one body takes.
    pub(super) fn new(most: usize, largest: usize, grace: Duration) -> Arc<Self> {
        Arc::new(Self {
            most: most.max(largest),
            largest,
            grace,
            table: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// A share of a body that needs one now; it holds nothing yet.
    pub(super) fn share(self: &Arc<Self>) -> MemoryShare {
        let mut table = self.table();
        let (id, gives_way) = (table.next, CancellationToken::new());
        table.next += 1;
        let row = ShareRow {
            bytes: 0,
            since: Instant::now(),
            // So it has its place among the others from the beginning: one that became the oldest
            // later would find that no room was left for it.
            state: ShareState::Waits,
            gives_way: gives_way.clone(),
        };
        table.shares.insert(id, row);
        MemoryShare { id, gives_way, memory: Arc::clone(self) }
    }

    fn table(&self) -> MutexGuard<'_, ShareTable> {
        // No step of it can fail half way.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes `bytes` for the share `id`, or says what to do instead.
    fn try_take(&self, id: u64, bytes: usize) -> Next {
        let mut table = self.table();
        let Some(row) = table.shares.get_mut(&id) else { return Next::Wait(None) };
        if row.state == ShareState::Arrives {
            row.state = ShareState::Waits;
        }
        let mut counted = table.shares.iter().filter(|(_, row)| row.counts());
        let is_free = match counted.next() {
            Some((oldest, row)) if *oldest != id => {
                table.taken - row.bytes + bytes <= self.most - self.largest
            }
            _ => true,
        };
        if is_free && table.taken + bytes <= self.most {
            table.taken += bytes;
            if let Some(row) = table.shares.get_mut(&id) {
                row.bytes += bytes;
                row.state = ShareState::Arrives;
            }
            return Next::Taken;
        }
        let mut others = table.shares.iter().filter(|(other, _)| **other != id);
        match others.find(|(_, row)| row.state == ShareState::Arrives) {
            Some((_, row)) if row.gives_way.is_cancelled() => Next::Wait(None),
            Some((_, row)) if row.since.elapsed() >= self.grace => {
                row.gives_way.cancel();
                Next::Wait(None)
            }
            Some((_, row)) => Next::Wait(Some(row.since + self.grace)),
            None => Next::Wait(None),
        }
    }
}

impl ShareRow {
    /// Whether it takes part in who is the oldest: it is not yet there as a whole.
    fn counts(&self) -> bool {
        self.state != ShareState::Proved
    }
}

/// What one body holds. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct MemoryShare {
    id: u64,
    gives_way: CancellationToken,
    memory: Arc<Memory>,
}

impl MemoryShare {
    /// Takes `bytes` more, as soon as they are there.
    ///
    /// # Errors
    /// If it has to give way.
    pub(super) async fn take(&self, bytes: usize) -> Result<(), GaveWay> {
        let mut has_waited = false;
        loop {
            let changed = self.memory.changed.notified();
            let until = match self.memory.try_take(self.id, bytes) {
                Next::Taken => {
                    if has_waited {
                        // Whoever found that all wait finds another one now, which may give way.
                        self.memory.changed.notify_waiters();
                    }
                    return Ok(());
                }
                Next::Wait(until) => until,
            };
            has_waited = true;
            let time = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = changed => {}
                () = time => {}
                () = self.gives_way.cancelled() => return Err(GaveWay),
            }
        }
    }

    /// Returns when it has to give way.
    pub(super) async fn gives_way(&self) {
        self.gives_way.cancelled().await;
    }

    /// From now on it does not give way: it is known to be the forge's.
    pub(super) fn proved(&self) {
        if let Some(row) = self.memory.table().shares.get_mut(&self.id) {
            row.state = ShareState::Proved;
        }
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        let mut table = self.memory.table();
        if let Some(row) = table.shares.remove(&self.id) {
            table.taken -= row.bytes;
        }
        drop(table);
        self.memory.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use crate::web::memory::*;

    const AT_ONCE: Duration = Duration::ZERO;
    const NEVER: Duration = Duration::from_secs(3600);

    /// Looks once whether it can be taken.
    fn poll(
        taking: Pin<&mut impl Future<Output = Result<(), GaveWay>>>,
    ) -> Poll<Result<(), GaveWay>> {
        taking.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn the_oldest_gives_way_once_its_grace_is_over() {
        let memory = Memory::new(10, 5, AT_ONCE);
        let [first, second, third] = [(); 3].map(|()| memory.share());
        first.take(4).await.unwrap();
        second.take(5).await.unwrap();
        let taking = tokio::spawn(async move { third.take(5).await.map(|()| third) });
        first.gives_way().await;
        drop(first);
        assert!(taking.await.unwrap().is_ok());
        assert!(!second.gives_way.is_cancelled());
    }

    #[tokio::test]
    async fn a_young_one_and_one_that_is_proved_are_waited_for() {
        for (grace, is_proved) in [(NEVER, false), (AT_ONCE, true)] {
            let memory = Memory::new(10, 10, grace);
            let [first, second] = [(); 2].map(|()| memory.share());
            first.take(10).await.unwrap();
            if is_proved {
                first.proved();
            }
            let mut taking = pin!(second.take(1));
            assert!(poll(taking.as_mut()).is_pending());
            assert!(!first.gives_way.is_cancelled());
            drop(first);
            assert_eq!(taking.await, Ok(()));
        }
    }

    /// Else three halves would wait for each other.
    #[tokio::test]
    async fn the_others_leave_room_for_the_oldest() {
        let memory = Memory::new(12, 6, NEVER);
        let [first, second, third] = [(); 3].map(|()| memory.share());
        first.take(3).await.unwrap();
        second.take(3).await.unwrap();
        let mut taking = pin!(third.take(4));
        assert!(poll(taking.as_mut()).is_pending());
        first.take(3).await.unwrap();
        first.proved();
        let mut going_on = pin!(second.take(3));
        assert_eq!(poll(going_on.as_mut()), Poll::Ready(Ok(())));
        second.proved();
        drop(first);
        assert_eq!(taking.await, Ok(()));
    }

    #[tokio::test]
    async fn what_is_dropped_is_given_back() {
        let memory = Memory::new(10, 10, NEVER);
        for _ in 0..3 {
            memory.share().take(10).await.unwrap();
        }
        assert_eq!(memory.table().taken, 0);
    }
}
