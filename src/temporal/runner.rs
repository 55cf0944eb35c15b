//! Runs workflows and what they call for, beside the engine, for as long as that runs.

use std::sync::Arc;
use std::time::Duration;

use temporalio_client::Client;
use temporalio_sdk::runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder};
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio_util::sync::CancellationToken;

use super::NotBuilt;
use super::activities::{Activities, HEARTBEAT};
use super::agent_workflow::AgentWorkflow;
use super::attributes::KnownAttributes;
use super::bells::Bells;
use super::connection::{connect, innermost};
use super::hosts::RemoteHosts;
use super::job_workflow::JobWorkflow;
use super::line::{QUEUE, TemporalLine};
use super::own_thread::on_own_thread;
use crate::chance::Chance;
use crate::config::TemporalConfig;
use crate::engine::Engine;
use crate::store::meta;

/// How long it is from one try to reach the server to the next, at first and at most.
const TRIES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How long looks may take to end when timmy stops.
const GRACE: Duration = Duration::from_secs(5);

/// How many looks may be under way: as many as jobs are looked at side by side.
const LOOKS: usize = 256;

/// How many workflows are told of at once, and how many are kept in memory.
const TURNS: usize = 64;
const KEPT: usize = 512;

/// How long a workflow waits for the process that has it in memory: it may be gone, and what has to be
/// replayed is short.
const STICKY: Duration = Duration::from_secs(2);

/// Keeps time for jobs by a Temporal server.
pub struct TemporalRunner {
    config: TemporalConfig,
    engine: Arc<Engine>,
    bells: Arc<Bells>,
    line: Arc<TemporalLine>,
}

impl TemporalRunner {
    /// From now on jobs of `engine` are looked at when it says so; workers of `hosts` are called by it.
    ///
    /// # Errors
    /// In a build that cannot do it.
    pub fn new(
        config: &TemporalConfig,
        engine: &Arc<Engine>,
        hosts: Option<&RemoteHosts>,
    ) -> Result<Self, NotBuilt> {
        let bells = Arc::new(Bells::new(Chance::default().word()));
        engine.run_jobs_by(bells.clone());
        let line = hosts.map(RemoteHosts::line).unwrap_or_default();
        Ok(Self { config: config.clone(), engine: engine.clone(), bells, line })
    }

    /// Works until `stop`. A server that is away is tried again and again: meanwhile jobs stand
    /// still, and nothing else does. So it is after a panic of what runs them.
    pub async fn run(self, stop: CancellationToken) {
        let runner = Arc::new(self);
        loop {
            let (its, until) = (runner.clone(), stop.clone());
            let ended = on_own_thread(move || async move { its.keep_running(&until).await }).await;
            if ended.is_ok() || stop.is_cancelled() {
                return;
            }
            runner.line.set(None);
            let told = "jobs stand still: what runs them by Temporal broke (a bug in timmy: the log says \
                        where). It is begun anew, again and again";
            tracing::error!("what runs jobs by Temporal panicked: it is begun anew");
            runner.engine.runner_waits(Some(told.to_owned())).await;
            if stop.run_until_cancelled(tokio::time::sleep(TRIES.1)).await.is_none() {
                return;
            }
        }
    }

    async fn keep_running(&self, stop: &CancellationToken) {
        let mut pause = TRIES.0;
        while let Some(why) = self.run_once(stop, &mut pause).await {
            let told =
                format!("jobs stand still: {why}. They go on by themselves when it is there again");
            self.engine.runner_waits(Some(told)).await;
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            pause = (pause * 2).min(TRIES.1);
        }
    }

    /// Runs until `stop`, or until the server does not let it; then why.
    async fn run_once(&self, stop: &CancellationToken, pause: &mut Duration) -> Option<String> {
        let client = match stop.run_until_cancelled(connect(&self.config)).await? {
            Ok(client) => client,
            Err(error) => return Some(error.to_string()),
        };
        let ledger = match self.ledger_name().await {
            Ok(ledger) => ledger,
            Err(why) => return Some(why),
        };
        let attributes = KnownAttributes::of(&client, &self.config.namespace).await;
        let mut worker = match self.worker(client.clone(), ledger.clone(), attributes) {
            Ok(worker) => worker,
            Err(why) => return Some(why),
        };
        let shut_down = worker.shutdown_handle();
        tracing::info!(
            address = self.config.address,
            namespace = self.config.namespace,
            "jobs run by Temporal"
        );
        self.engine.runner_waits(None).await;
        self.line.set(Some((client.clone(), ledger.clone())));
        self.engine.reaches_hosts();
        *pause = TRIES.0;
        let running = worker.run();
        tokio::pin!(running);
        let ended = tokio::select! {
            ended = &mut running => ended,
            () = self.bells.ring_for(&client, &ledger, &self.engine) => return None,
            () = stop.cancelled() => {
                shut_down();
                if tokio::time::timeout(GRACE * 2, &mut running).await.is_err() {
                    tracing::warn!("Temporal does not let its worker end: it is left");
                }
                return None;
            }
        };
        self.line.set(None);
        match ended {
            Ok(()) => Some("its worker ended".to_owned()),
            Err(error) => Some(format!(
                "the worker for namespace {} ended: {}",
                self.config.namespace,
                innermost(&error)
            )),
        }
    }

    /// The name of the ledger, which it has once the engine runs. A copy has that of the one that it was
    /// made of until then, whose workflows are not its own.
    async fn ledger_name(&self) -> Result<String, String> {
        let own = self.engine.ledger().read(|conn| match meta::nameless_copy(conn)? {
            Some(_) => Ok(None),
            None => meta::get(conn, meta::LEDGER),
        });
        match own.await {
            Ok(Some(name)) => Ok(name),
            Ok(None) => Err("the ledger has no name yet".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn worker(
        &self,
        client: Client,
        ledger: String,
        attributes: KnownAttributes,
    ) -> Result<Worker, String> {
        let runtime =
            Runtime::from_current_tokio(temporalio_sdk::runtime::RuntimeOptions::default())
                .map_err(|error| innermost(&error))?;
        let bells = self.bells.clone();
        let hears = Box::new(move |job| bells.is_answered(job));
        let activities = Activities::new(self.engine.clone(), ledger, attributes, hears);
        let slots = TunerHolder::builder()
            .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(TURNS))
            .activity_task_slot_supplier(FixedSizeSlotSupplier::new(LOOKS))
            .local_activity_task_slot_supplier(FixedSizeSlotSupplier::new(1))
            .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(1))
            .build();
        let options = WorkerOptions::new(QUEUE)
            .register_activities(activities)
            .register_workflow::<JobWorkflow>()
            .and_then(|options| options.register_workflow::<AgentWorkflow>())
            .map_err(|error| innermost(&error))?
            .tuner(slots)
            .max_cached_workflows(KEPT)
            .sticky_queue_schedule_to_start_timeout(STICKY)
            .max_heartbeat_throttle_interval(HEARTBEAT)
            .graceful_shutdown_period(GRACE)
            .build();
        Worker::new(&runtime, client, options).map_err(|error| innermost(&error))
    }
}
