//! Misbehaviour on demand: what networks, proxies and tired servers do to a client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use tokio::sync::watch;

use super::world::refusal::Refusal;

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It is done, and answered with 500 and an empty message.
    ErrorAfter,
    /// It is done, and the connection closed without an answer.
    CutAfter,
    /// It is done, and not answered until the gate opens or the client gives up.
    HangAfter(Gate),
    /// It is done only when the gate opens, even if the client has long given up.
    Late(Gate),
    /// It is not done, and the connection closed without an answer.
    CutBefore,
    /// It is not done: a proxy answers 502 with a page of HTML.
    BadGateway,
    /// It is not done: a proxy wants a login first, and says so with 200 and a page of HTML.
    LoginPage,
    /// It is not done, and answered with 200 and JSON that means nothing.
    Gibberish,
    /// It is not done: the forge itself refuses it.
    Refusal(Refusal),
    /// It is not done: a proxy answers 429.
    TooManyRequests {
        /// Whole seconds to wait, for the header `Retry-After`.
        retry_after: u32,
    },
}

/// What goes wrong with a webhook. A held one is sent when its gate opens.
#[derive(Debug, Clone)]
pub enum DeliveryFault {
    /// Sent twice, as two deliveries with an id each.
    Twice,
    /// Never sent.
    Dropped,
    /// Sent when the gate opens.
    Held(Gate),
    /// Sent once the next webhook was answered.
    AfterNext,
}

/// Something that waits until a test lets it go on. Clones are the same gate.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<GateState>);

#[derive(Debug, Default)]
struct GateState {
    open: watch::Sender<bool>,
    reached: watch::Sender<bool>,
    done: watch::Sender<bool>,
}

/// What went through a gate. Dropped when that is done.
pub(super) struct Passage(Gate);

impl Drop for Passage {
    fn drop(&mut self) {
        self.0.0.done.send_replace(true);
    }
}

impl Gate {
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets everything through, now and later.
    pub fn open(&self) {
        self.0.open.send_replace(true);
    }

    /// Whether it was opened.
    pub fn is_open(&self) -> bool {
        *self.0.open.borrow()
    }

    /// Returns when something has come to the gate.
    pub async fn reached(&self) {
        wait_for(&self.0.reached).await;
    }

    /// Returns when something that came through is done: a late write has landed.
    pub async fn done(&self) {
        wait_for(&self.0.done).await;
    }

    /// Returns when the gate is open; what is returned is held until it is done.
    pub(super) async fn pass(&self) -> Passage {
        self.0.reached.send_replace(true);
        wait_for(&self.0.open).await;
        Passage(self.clone())
    }
}

async fn wait_for(flag: &watch::Sender<bool>) {
    // The sender is held by whoever waits, so it cannot be gone.
    let _ = flag.subscribe().wait_for(|set| *set).await;
}

/// Which requests a fault is for.
#[derive(Debug, Clone)]
pub struct Matcher {
    method: Option<String>,
    fragment: String,
    /// Whether the path ends with the fragment.
    is_end: bool,
}

impl Matcher {
    /// Every request.
    pub fn any() -> Self {
        Self { method: None, fragment: String::new(), is_end: false }
    }

    /// Requests of this method with this piece in their path, which has no query.
    pub fn method_path(method: &str, fragment: &str) -> Self {
        Self { method: Some(method.to_owned()), fragment: fragment.to_owned(), is_end: false }
    }

    /// Requests of this method whose path, which has no query, ends with this piece.
    pub fn method_end(method: &str, end: &str) -> Self {
        Self { is_end: true, ..Self::method_path(method, end) }
    }

    pub(super) fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && match self.is_end {
                true => path.ends_with(&self.fragment),
                false => path.contains(&self.fragment),
            }
    }
}

/// The control of everything that goes wrong. Clones control the same sandbox.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<FaultPlan>>);

#[derive(Debug, Default)]
struct FaultPlan {
    once: Vec<(Matcher, Fault)>,
    rates: Vec<Rate>,
    deliveries: Vec<DeliveryFault>,
    down: bool,
}

/// A fault that strikes some requests at random.
#[derive(Debug)]
struct Rate {
    matcher: Matcher,
    per_mille: u32,
    fault: Fault,
    random: Rng,
}

impl Faults {
    /// The next request that matches goes wrong. Several faults strike one request each.
    pub fn next(&self, matcher: Matcher, fault: Fault) {
        self.plan().once.push((matcher, fault));
    }

    /// Of the requests that match, `per_mille` in a thousand go wrong, chosen by `seed`.
    pub fn rate(&self, seed: u64, matcher: Matcher, per_mille: u32, fault: Fault) {
        self.plan().rates.push(Rate { matcher, per_mille, fault, random: Rng::with_seed(seed) });
    }

    /// The next webhook goes wrong. Several faults strike one webhook each, in turn.
    pub fn next_delivery(&self, fault: DeliveryFault) {
        self.plan().deliveries.push(fault);
    }

    /// The forge is down: every connection is closed at once, webhooks go on.
    pub fn down(&self) {
        self.plan().down = true;
    }

    /// The forge is back.
    pub fn up(&self) {
        self.plan().down = false;
    }

    /// Nothing goes wrong any more. Gates that are closed stay closed.
    pub fn clear(&self) {
        *self.plan() = FaultPlan::default();
    }

    pub(super) fn is_down(&self) -> bool {
        self.plan().down
    }

    /// What goes wrong with this request.
    pub(super) fn strike(&self, method: &str, path: &str) -> Option<Fault> {
        let mut plan = self.plan();
        if let Some(at) = plan.once.iter().position(|(m, _)| m.matches(method, path)) {
            return Some(plan.once.remove(at).1);
        }
        let mut rates = plan.rates.iter_mut().filter(|rate| rate.matcher.matches(method, path));
        rates
            .find_map(|rate| (rate.random.u32(..1000) < rate.per_mille).then(|| rate.fault.clone()))
    }

    /// What goes wrong with this webhook.
    pub(super) fn strike_delivery(&self) -> Option<DeliveryFault> {
        let mut plan = self.plan();
        if plan.deliveries.is_empty() { None } else { Some(plan.deliveries.remove(0)) }
    }

    fn plan(&self) -> MutexGuard<'_, FaultPlan> {
        // A plan is whole after every operation, so one that panicked left no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::faults::*;

    #[test]
    fn a_fault_strikes_the_first_request_that_matches_and_no_other() {
        let faults = Faults::default();
        faults.next(Matcher::method_path("POST", "/comments"), Fault::ErrorAfter);
        assert!(faults.strike("GET", "/repos/a/b/issues/1/comments").is_none());
        assert!(faults.strike("POST", "/repos/a/b/issues/1/labels").is_none());
        assert!(faults.strike("POST", "/repos/a/b/issues/1/comments").is_some());
        assert!(faults.strike("POST", "/repos/a/b/issues/1/comments").is_none());
    }

    #[test]
    fn a_seed_strikes_the_same_requests_every_time() {
        let struck = |seed| {
            let faults = Faults::default();
            faults.rate(seed, Matcher::any(), 300, Fault::CutBefore);
            (0..1000).filter(|_| faults.strike("GET", "/").is_some()).collect::<Vec<_>>()
        };
        assert_eq!(struck(7), struck(7));
        assert_ne!(struck(7), struck(8));
        assert!((250..350).contains(&struck(7).len()), "{}", struck(7).len());
    }
}
