//! Where finished spans go, injected: to a collector, or nowhere.
//!
//! Whoever hands one in waits for nothing. Between them and the collector is a queue of bounded
//! length; what finds it full is dropped and counted.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::core::jobs::{Fence, JobId};
use crate::core::model::time::Timestamp;
use crate::core::trace::{EffectOwner, Span, attempt_span, effect_owner};

/// How many spans wait for the collector at most.
const CAPACITY: usize = 4096;

/// How many are sent at once at most.
const BATCH: usize = 512;

/// How long a span waits for others that are sent with it.
const GATHERS: Duration = Duration::from_secs(1);

/// Takes spans. Its clones hand them to the same collector; [`Tracer::default`] has none.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Sending>>);

struct Sending {
    queue: Sender<Span>,
    state: Arc<QueueState>,
    ledger: OnceLock<String>,
}

#[derive(Debug, Default)]
struct QueueState {
    /// What was taken and is not with the collector yet.
    waiting: AtomicUsize,
    dropped: AtomicU64,
    /// Whether the last spans were refused.
    is_refused: AtomicBool,
    /// Whether any were since that was asked last.
    was_refused: AtomicBool,
}

/// What the exporter takes spans from.
pub struct SpanQueue {
    spans: Receiver<Span>,
    state: Arc<QueueState>,
}

impl Tracer {
    /// One, and the queue that it hands spans to.
    pub fn to_queue() -> (Self, SpanQueue) {
        let (queue, spans) = mpsc::channel(CAPACITY);
        let state = Arc::<QueueState>::default();
        let sending = Sending { queue, state: state.clone(), ledger: OnceLock::new() };
        (Self(Some(Arc::new(sending))), SpanQueue { spans, state })
    }

    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The name of the ledger that spans are made of, once that is known.
    pub fn set_ledger(&self, name: &str) {
        if let Some(sending) = &self.0 {
            sending.ledger.get_or_init(|| name.to_owned());
        }
    }

    /// The same; none as long as nothing is to be traced.
    pub fn ledger(&self) -> Option<&str> {
        self.0.as_ref()?.ledger.get().map(String::as_str)
    }

    /// Hands in what is over.
    pub fn send(&self, span: Span) {
        let Some(Sending { queue, state, .. }) = self.0.as_deref() else { return };
        // Before: the exporter may be faster.
        state.waiting.fetch_add(1, Ordering::SeqCst);
        if queue.try_send(span).is_err() {
            state.waiting.fetch_sub(1, Ordering::SeqCst);
            state.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A part of the attempt that is called `key` outside, as the host of its agent saw it.
    pub fn attempt_part(
        &self,
        key: &str,
        name: &'static str,
        times: (Timestamp, Timestamp),
        has_failed: bool,
    ) {
        let Some(ledger) = self.ledger() else { return };
        if let Some(attempt) = attempt_of(key, ledger) {
            self.send(attempt_span(ledger, attempt, name, times).failed(has_failed));
        }
    }

    /// Whether so much room is left that nothing is lost which the ledger tells as well later. There is
    /// none once nobody takes spans out of the queue any more.
    pub fn has_room(&self) -> bool {
        self.0.as_ref().is_none_or(|sending| {
            !sending.queue.is_closed() && sending.queue.capacity() > CAPACITY / 2
        })
    }

    /// Whether all that was taken is with the collector, which takes what it is sent. Of what it refused
    /// before that [`Tracer::take_refused`] knows.
    pub fn is_drained(&self) -> bool {
        self.0.as_ref().is_none_or(|sending| {
            let state = &sending.state;
            !sending.queue.is_closed()
                && state.waiting.load(Ordering::SeqCst) == 0
                && !state.is_refused.load(Ordering::SeqCst)
        })
    }

    /// Whether the collector refused anything since this was asked last.
    pub fn take_refused(&self) -> bool {
        let swap = |sending: &Arc<Sending>| sending.state.was_refused.swap(false, Ordering::SeqCst);
        self.0.as_ref().is_some_and(swap)
    }
}

/// Which attempt has this key in the ledger of this name.
fn attempt_of(key: &str, ledger: &str) -> Option<(JobId, Fence)> {
    let EffectOwner::Job(job) = effect_owner(key, ledger)? else { return None };
    let (_, fence) = key.rsplit_once('-')?;
    Some((job, Fence(fence.parse().ok()?)))
}

impl SpanQueue {
    /// Gathers what is to be sent next in `batch`: what comes within a moment of the first one. It
    /// stays empty once nobody hands anything in. Given up in between, it has what was gathered.
    pub async fn gather(&mut self, batch: &mut Vec<Span>) {
        let Some(first) = self.spans.recv().await else { return };
        batch.push(first);
        let others = async {
            while batch.len() < BATCH {
                match self.spans.recv().await {
                    Some(span) => batch.push(span),
                    None => break,
                }
            }
        };
        // What is not full by then is sent as it is.
        let _ = tokio::time::timeout(GATHERS, others).await;
    }

    /// What waits, without waiting for more.
    pub fn rest(&mut self) -> Vec<Span> {
        let next = || self.spans.try_recv().ok();
        std::iter::from_fn(next).take(BATCH).collect()
    }

    /// So many are with the collector.
    pub fn sent(&self, count: usize) {
        self.state.is_refused.store(false, Ordering::SeqCst);
        self.state.waiting.fetch_sub(count, Ordering::SeqCst);
    }

    /// So many were refused, and are given up.
    pub fn refused(&self, count: usize) {
        self.state.is_refused.store(true, Ordering::SeqCst);
        self.state.was_refused.store(true, Ordering::SeqCst);
        self.dropped(u64::try_from(count).unwrap_or(u64::MAX));
        self.state.waiting.fetch_sub(count, Ordering::SeqCst);
    }

    /// So many are lost.
    pub fn dropped(&self, count: u64) {
        self.state.dropped.fetch_add(count, Ordering::SeqCst);
    }

    /// How many were lost since this was asked last.
    pub fn take_dropped(&self) -> u64 {
        self.state.dropped.swap(0, Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::trace::{Trace, TraceSubject};
    use crate::tracer::*;

    fn span(number: i64) -> Span {
        let at = Timestamp::from_micros(number);
        Trace::of("x7k2m4pq", TraceSubject::Job(JobId(1))).step("match", (at, at))
    }

    #[tokio::test]
    async fn nobody_waits_for_a_collector_and_what_is_too_much_is_counted() {
        let (tracer, mut queue) = Tracer::to_queue();
        let most = i64::try_from(CAPACITY).unwrap();
        for number in 0..most + 3 {
            tracer.send(span(number));
        }
        assert!(!tracer.has_room() && !tracer.is_drained());
        assert_eq!((queue.take_dropped(), queue.take_dropped()), (3, 0));
        while !tracer.is_drained() {
            let mut batch = Vec::new();
            queue.gather(&mut batch).await;
            assert!((1..=BATCH).contains(&batch.len()));
            queue.sent(batch.len());
        }
        assert!(tracer.has_room() && queue.rest().is_empty());
    }

    #[test]
    fn what_was_refused_is_not_with_the_collector() {
        let (tracer, mut queue) = Tracer::to_queue();
        tracer.send(span(1));
        assert_eq!(queue.rest().len(), 1);
        queue.refused(1);
        assert_eq!(queue.take_dropped(), 1);
        assert!(!tracer.is_drained(), "nothing waits, and it takes nothing");
        tracer.send(span(2));
        assert_eq!(queue.rest().len(), 1);
        queue.sent(1);
        assert!(tracer.is_drained() && tracer.take_refused() && !tracer.take_refused());
    }

    #[test]
    fn an_exporter_that_is_gone_takes_nothing() {
        let (tracer, queue) = Tracer::to_queue();
        assert!(tracer.has_room() && tracer.is_drained());
        drop(queue);
        tracer.send(span(1));
        assert!(!tracer.has_room() && !tracer.is_drained());
    }

    #[test]
    fn without_a_collector_nothing_happens() {
        let tracer = Tracer::default();
        tracer.set_ledger("x7k2m4pq");
        tracer.send(span(1));
        assert!(tracer.has_room() && tracer.is_drained() && tracer.ledger().is_none());
        assert!(!tracer.take_refused());
    }

    #[test]
    fn the_key_of_an_attempt_names_it() {
        let attempt = Some((JobId(42), Fence(3)));
        assert_eq!(attempt_of("x7k2m4pq-j42-3", "x7k2m4pq"), attempt);
        for no in ["x7k2m4pq-j42", "x7k2m4pq-d42-3", "other123-j42-3", "c42-3", "x7k2m4pq-j42-x"] {
            assert_eq!(attempt_of(no, "x7k2m4pq"), None, "{no}");
        }
    }
}
