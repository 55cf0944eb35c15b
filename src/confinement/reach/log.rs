//! What is told of the connections of a run once it is over.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::refusal::ReachRefusal;
use crate::core::model::endpoint::Endpoint;

/// Of how many refusals is told.
const MOST: usize = 50;

/// What was reached, and what was not.
#[derive(Debug, Default)]
pub(super) struct ReachLog(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    reached: BTreeMap<Endpoint, Traffic>,
    refused: Vec<String>,
    untold: u64,
}

/// How much went through connections to one server.
#[derive(Debug, Default)]
struct Traffic {
    connections: u64,
    sent: u64,
    received: u64,
}

/// What passes through one connection. However that ends, it is counted.
pub(super) struct Count<'a> {
    log: &'a ReachLog,
    endpoint: &'a Endpoint,
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        let mut told = self.log.told();
        let all = told.reached.entry(self.endpoint.clone()).or_default();
        all.connections += 1;
        all.sent += *self.sent.get_mut();
        all.received += *self.received.get_mut();
    }
}

impl ReachLog {
    pub(super) fn refused(&self, refusal: &ReachRefusal) {
        let Some(said) = refusal.remark() else { return };
        let mut told = self.told();
        if told.refused.contains(&said) {
            return;
        }
        if told.refused.len() >= MOST {
            told.untold += 1;
            return;
        }
        tracing::info!("an agent in its sandbox: {said}");
        told.refused.push(said);
    }

    /// Begins to count a connection to `endpoint`.
    pub(super) fn count<'a>(&'a self, endpoint: &'a Endpoint) -> Count<'a> {
        Count { log: self, endpoint, sent: AtomicU64::new(0), received: AtomicU64::new(0) }
    }

    /// All of it, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let told = self.told();
        let reached = told.reached.iter().map(|(endpoint, all)| {
            let Traffic { connections, sent, received } = all;
            let connections = match connections {
                1 => "1 connection".to_owned(),
                _ => format!("{connections} connections"),
            };
            format!("It reached {endpoint}: {connections}, {sent} bytes out, {received} bytes in.")
        });
        let untold = (told.untold > 0)
            .then(|| format!("And {} more that was refused is not listed.", told.untold));
        told.refused.iter().cloned().chain(untold).chain(reached).collect()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use crate::confinement::reach::log::*;

    #[test]
    fn each_host_is_told_once_and_no_more_than_anybody_reads() {
        let log = ReachLog::default();
        for number in 0..200 {
            let endpoint: Endpoint = format!("h{}.example:443", number % 60).parse().unwrap();
            log.refused(&ReachRefusal::NotNamed(endpoint));
            log.refused(&ReachRefusal::NoHead);
        }
        let endpoint: Endpoint = "api.example.com:443".parse().unwrap();
        for _ in 0..2 {
            let count = log.count(&endpoint);
            count.sent.store(10, Ordering::Relaxed);
            count.received.store(100, Ordering::Relaxed);
        }
        let lines = log.lines();
        assert_eq!(lines.len(), MOST + 2);
        assert_eq!(lines[0], "It tried to reach h0.example:443: add it to agent.reach if it may.");
        assert_eq!(
            lines.last().unwrap(),
            "It reached api.example.com:443: 2 connections, 20 bytes out, 200 bytes in."
        );
    }
}
