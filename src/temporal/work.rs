//! `timmy worker`: serves the agents of one host, for as long as it runs.

use std::time::Duration;

use temporalio_client::Client;
use temporalio_sdk::runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder};
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio_util::sync::CancellationToken;

use super::connection::{connect, innermost};
use super::guard_ask::guards_of;
use super::message::agent_queue;
use super::own_thread::{Broken, on_own_thread};
use super::worker::{HEARTBEAT, Hands};
use super::{CannotServe, WorkerSetup};

/// How long it is from one try to reach the server to the next, at first and at most.
const TRIES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How many calls of a worker are taken at once, beside two for each attempt: the one that goes on with
/// it, and one of an attempt before it that is not over yet.
const MORE_CALLS: usize = 16;

/// As many as usual of what nobody here is ever called for.
const OTHER_SLOTS: usize = 100;

/// How long the end of all may take beyond what attempts are given.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `stop`. A server that is away is tried again and again.
///
/// # Errors
/// If it cannot serve at all, or not any more: whoever started it has to do so again.
pub async fn work(setup: WorkerSetup, stop: CancellationToken) -> Result<(), CannotServe> {
    let stopping = stop.child_token();
    let main = tokio::runtime::Handle::current();
    let (name, agents) = (setup.name.clone(), setup.agents.clone());
    let hands = Hands::new(name, agents, setup.errands.clone(), main, stopping);
    let hands = hands.with_guards(setup.guards.clone());
    let host = Host { setup, hands };
    let served = on_own_thread(move || async move { host.keep_serving(&stop).await }).await;
    served.map_err(|Broken| CannotServe::Broken)
}

struct Host {
    setup: WorkerSetup,
    hands: Hands,
}

impl Host {
    async fn keep_serving(&self, stop: &CancellationToken) {
        let (mut pause, mut said) = (TRIES.0, None);
        while let Some(why) = self.serve_once(stop, &mut pause).await {
            // Each reason once, however long it lasts.
            if said.as_ref() != Some(&why) {
                tracing::warn!(why, "nothing can be served: it is tried again and again");
                said = Some(why);
            }
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            pause = (pause * 2).min(TRIES.1);
        }
    }

    /// Serves until `stop`, or until the server does not let it; then why.
    async fn serve_once(&self, stop: &CancellationToken, pause: &mut Duration) -> Option<String> {
        let client = match stop.run_until_cancelled(connect(&self.setup.server)).await? {
            Ok(client) => client,
            Err(error) => return Some(error.to_string()),
        };
        let mut workers = match self.workers(&client) {
            Ok(workers) => workers,
            Err(why) => return Some(why),
        };
        let shut_down: Vec<_> = workers.iter().map(|worker| worker.shutdown_handle()).collect();
        let agents: Vec<&str> = self.setup.agents.keys().map(String::as_str).collect();
        let (address, guards) = (&self.setup.server.address, self.setup.guards.is_some());
        tracing::info!(agents = agents.join(", "), guards, address, "serving");
        *pause = TRIES.0;
        let serving = futures::future::try_join_all(workers.iter_mut().map(|worker| worker.run()));
        tokio::pin!(serving);
        let ended = tokio::select! {
            ended = &mut serving => ended,
            () = stop.cancelled() => {
                for shut_down in &shut_down {
                    shut_down();
                }
                let patience = self.setup.stop + GRACE;
                if tokio::time::timeout(patience, &mut serving).await.is_err() {
                    tracing::warn!("Temporal does not let its workers end: they are left");
                }
                return None;
            }
        };
        Some(match ended {
            Ok(_) => "its workers ended".to_owned(),
            Err(error) => innermost(&error),
        })
    }

    /// One for each agent, and one for guards: each has a queue of its own.
    fn workers(&self, client: &Client) -> Result<Vec<Worker>, String> {
        let runtime = Runtime::from_current_tokio(Default::default());
        let runtime = runtime.map_err(|error| innermost(&error))?;
        let worker = |agent: &str| {
            let attempts = self.setup.attempts.get(agent).copied().unwrap_or(1);
            let options = WorkerOptions::new(agent_queue(agent))
                .register_activities(self.hands.clone())
                .tuner(slots(calls(attempts)))
                .graceful_shutdown_period(self.setup.stop)
                .max_heartbeat_throttle_interval(HEARTBEAT)
                .build();
            Worker::new(&runtime, client.clone(), options).map_err(|error| innermost(&error))
        };
        let guards = self.setup.guards.as_ref().map(|(host, _)| guards_of(host));
        let agents = self.setup.agents.keys().map(String::as_str);
        agents.chain(guards.as_deref()).map(worker).collect()
    }
}

/// How many calls are taken at once for an agent that has so many attempts. One more would wait on its
/// queue, and its host would pass for one that is away.
fn calls(attempts: u32) -> usize {
    usize::try_from(attempts).unwrap_or(usize::MAX).saturating_mul(2).saturating_add(MORE_CALLS)
}

/// A worker that takes so many calls at once.
fn slots(calls: usize) -> TunerHolder {
    TunerHolder::builder()
        .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(OTHER_SLOTS))
        .activity_task_slot_supplier(FixedSizeSlotSupplier::new(calls))
        .local_activity_task_slot_supplier(FixedSizeSlotSupplier::new(OTHER_SLOTS))
        .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(OTHER_SLOTS))
        .build()
}

#[cfg(test)]
mod tests {
    use crate::temporal::work::*;

    #[test]
    fn each_attempt_of_the_largest_capacity_has_its_call() {
        for attempts in [1, 4, 1000, u32::MAX] {
            assert!(calls(attempts) > usize::try_from(attempts).unwrap());
        }
    }
}
