//! Bells: signals to the workflows of jobs to which something happened.
//!
//! A bell starts the workflow if there is none. One that is rung for again and again and never calls
//! for a look is stuck: its code is that of another version, or its history is broken. It is ended,
//! and the next bell starts another; if it cannot even be ended, that one has another name. An incident
//! says so, until the job is looked at again.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use temporalio_client::errors::{WorkflowInteractionError, WorkflowStartError};
use temporalio_client::{
    Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowStartOptions,
    WorkflowTerminateOptions,
};
use temporalio_common::data_converters::{PayloadConverter, RawValue};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::connection::innermost;
use super::job_workflow::JobWorkflow;
use super::line::QUEUE;
use super::message::{Bell, LookOrder, TooLarge, bounded};
use crate::core::jobs::JobId;
use crate::engine::{Engine, JobRunner};

/// How many bells are under way at once.
const AT_ONCE: usize = 16;

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long it may take to end a workflow: there has to be time for the bell.
const ENDS: Duration = Duration::from_secs(5);

/// After so many bells that nothing came of, half a minute apart, a workflow is stuck: that takes longer
/// than it takes to come to each of many jobs after a restart.
const MOST_UNANSWERED: u32 = 40;

/// How long the workflow of a job may be there: what lives longer is begun anew by its next bell.
const LONGEST: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The jobs that are to be rung for.
pub(super) struct Bells {
    /// What all ids of this process begin with.
    word: String,
    count: AtomicU64,
    waiting: Mutex<BTreeSet<JobId>>,
    rung: Notify,
    lines: Mutex<HashMap<JobId, Line>>,
}

/// What is known of the workflow of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Line {
    /// How many bells were taken since it called last.
    unanswered: u32,
    /// How many workflows of this job were given up.
    given_up: u32,
}

/// Why a bell was not taken.
#[derive(Debug, thiserror::Error)]
enum BellError {
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error("{0}")]
    Server(String),
    #[error("it does not answer in time")]
    Timeout,
}

impl JobRunner for Bells {
    fn ring(&self, job: JobId) {
        self.waiting().insert(job);
        self.rung.notify_one();
    }
}

impl Bells {
    pub(super) fn new(word: String) -> Self {
        Self {
            word,
            count: AtomicU64::new(0),
            waiting: Mutex::default(),
            rung: Notify::new(),
            lines: Mutex::default(),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeSet<JobId>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<JobId, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The workflow of a job called for a look.
    pub(super) fn is_answered(&self, job: JobId) {
        let mut lines = self.lines();
        if let Some(line) = lines.get_mut(&job) {
            line.unanswered = 0;
            // What is as in the beginning need not be kept.
            if *line == Line::default() {
                lines.remove(&job);
            }
        }
    }

    /// Rings for the jobs of this ledger, for ever. What cannot be brought is rung for again by
    /// whoever did.
    pub(super) async fn ring_for(
        self: &Arc<Self>,
        client: &Client,
        ledger: &str,
        engine: &Arc<Engine>,
    ) {
        let (places, mut ringing) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
        loop {
            tokio::select! {
                () = self.rung.notified() => {}
                Some(ended) = ringing.join_next() => {
                    match ended {
                        Ok(Ok(())) => engine.runner_waits(None).await,
                        Ok(Err(error)) => engine.runner_waits(Some(told(&error))).await,
                        Err(error) => tracing::error!(%error, "panic at a bell (a bug in timmy)"),
                    }
                }
            }
            let waiting = std::mem::take(&mut *self.waiting());
            for job in waiting {
                let order = LookOrder::new(ledger, job.0);
                let (bells, client, places) = (self.clone(), client.clone(), places.clone());
                let engine = engine.clone();
                ringing.spawn(async move {
                    // It is never closed.
                    let _place = places.acquire().await;
                    match tokio::time::timeout(PATIENCE, bells.bring(&client, order, &engine)).await
                    {
                        Ok(brought) => brought,
                        Err(_) => Err(BellError::Timeout),
                    }
                });
            }
        }
    }

    /// Brings one bell.
    async fn bring(
        &self,
        client: &Client,
        order: LookOrder,
        engine: &Engine,
    ) -> Result<(), BellError> {
        let job = JobId(order.job);
        let line = self.lines().get(&job).copied().unwrap_or_default();
        if line.unanswered >= MOST_UNANSWERED {
            let told = self.end_stuck(client, &order, line).await;
            engine.job_is_stuck(job, told).await;
        }
        let line = self.lines().get(&job).copied().unwrap_or_default();
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let bell = Bell { id: format!("{}.{count}", self.word) };
        let options = WorkflowStartOptions::new(QUEUE, workflow_id(&order, line.given_up))
            .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
            .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicate)
            .execution_timeout(LONGEST)
            .build();
        let (order, bell) = (bounded(order)?, bounded(bell)?);
        let bell = RawValue::from_value(&bell, &PayloadConverter::default());
        let brought = client.signal_with_start_workflow(
            JobWorkflow::run,
            order,
            JobWorkflow::bell,
            bell,
            options,
        );
        brought.await.map_err(|error| BellError::Server(start_error(&error)))?;
        self.lines().entry(job).or_default().unanswered += 1;
        Ok(())
    }

    /// Ends the workflow of a job that does not come, or gives it up; what is told of that.
    async fn end_stuck(&self, client: &Client, order: &LookOrder, line: Line) -> String {
        let (job, id) = (JobId(order.job), workflow_id(order, line.given_up));
        let reason = "it was rung for, and did not have its job looked at".to_owned();
        let options = WorkflowTerminateOptions::builder().reason(reason).build();
        let workflow = client.get_workflow_handle::<JobWorkflow>(id.clone());
        let end = match tokio::time::timeout(ENDS, workflow.terminate(options)).await {
            Ok(Ok(())) => StuckEnd::Ended,
            Ok(Err(WorkflowInteractionError::NotFound(_))) => StuckEnd::WasOver,
            Ok(Err(error)) => StuckEnd::GivenUp(innermost(&error)),
            Err(_) => StuckEnd::GivenUp("the server does not answer in time".to_owned()),
        };
        let given_up = line.given_up.saturating_add(u32::from(end.is_given_up()));
        self.lines().insert(job, Line { unanswered: 0, given_up });
        tracing::warn!(%job, workflow = id, ?end, "its workflow did not go on: another one begins");
        end.told(job, &id)
    }
}

/// What became of the workflow of a job that does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum StuckEnd {
    Ended,
    /// It had ended, and had its job looked at no more.
    WasOver,
    /// It cannot be ended, for this reason.
    GivenUp(String),
}

impl StuckEnd {
    fn is_given_up(&self) -> bool {
        matches!(self, Self::GivenUp(_))
    }

    fn told(&self, job: JobId, workflow: &str) -> String {
        let became = match self {
            Self::Ended => "it was ended, and another one begins".to_owned(),
            Self::WasOver => "it ended by itself, and another one begins".to_owned(),
            Self::GivenUp(why) => format!(
                "it cannot be ended ({why}), and another one begins under another name: end it by hand"
            ),
        };
        format!(
            "{job} stands still: its workflow {workflow} on the Temporal server did not have it looked at, \
             however often it was rung for; {became}. `timmy jobs {job}` tells how it stands"
        )
    }
}

/// What the workflow of a job is called. Ledgers have different names, so two of them never mean the
/// same one.
fn workflow_id(order: &LookOrder, given_up: u32) -> String {
    let job = JobId(order.job);
    match given_up {
        0 => format!("timmy/{}/{job}", order.ledger),
        given_up => format!("timmy/{}/{job}/{}", order.ledger, given_up + 1),
    }
}

fn told(error: &BellError) -> String {
    format!(
        "jobs stand still: Temporal takes no word for them: {error}. Look at its server; they go on \
         by themselves"
    )
}

fn start_error(error: &WorkflowStartError) -> String {
    match error {
        WorkflowStartError::Rpc(status) if !status.message().is_empty() => {
            status.message().chars().filter(|c| !c.is_control()).take(300).collect()
        }
        error => innermost(error),
    }
}

#[cfg(test)]
mod tests {
    use crate::temporal::bells::*;

    #[test]
    fn a_workflow_that_is_given_up_has_a_name_of_its_own() {
        let order = LookOrder::new("abcd", 42);
        let names = [0, 1, 2].map(|given_up| workflow_id(&order, given_up));
        assert_eq!(names, ["timmy/abcd/j42", "timmy/abcd/j42/2", "timmy/abcd/j42/3"]);
    }

    #[test]
    fn it_is_told_what_became_of_a_workflow_that_is_stuck() {
        let told = |end: StuckEnd| end.told(JobId(42), "timmy/abcd/j42");
        for end in [StuckEnd::Ended, StuckEnd::WasOver] {
            assert!(!end.is_given_up());
            let said = told(end);
            assert!(said.starts_with("j42 stands still: its workflow timmy/abcd/j42"), "{said}");
            assert!(said.contains("another one begins. `timmy jobs j42`"), "{said}");
        }
        let end = StuckEnd::GivenUp("not allowed".to_owned());
        assert!(end.is_given_up());
        let said = told(end);
        assert!(said.contains("(not allowed)") && said.contains("end it by hand"), "{said}");
    }

    #[test]
    fn what_calls_is_not_stuck() {
        let bells = Bells::new("w".to_owned());
        bells.lines().insert(JobId(1), Line { unanswered: 9, given_up: 0 });
        bells.lines().insert(JobId(2), Line { unanswered: 9, given_up: 1 });
        bells.is_answered(JobId(1));
        bells.is_answered(JobId(2));
        assert_eq!(bells.lines().get(&JobId(1)), None);
        assert_eq!(bells.lines().get(&JobId(2)), Some(&Line { unanswered: 0, given_up: 1 }));
    }

    #[test]
    fn it_is_rung_once_however_often_before_it_is_brought() {
        let bells = Bells::new("w".to_owned());
        for job in [2, 1, 2] {
            bells.ring(JobId(job));
        }
        assert_eq!(*bells.waiting(), BTreeSet::from([JobId(1), JobId(2)]));
    }
}
