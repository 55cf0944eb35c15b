//! The ways that the workflow of a job can go, each by itself: on a real server, where each look says what
//! this test has written. What is made so is replayed; where `TIMMY_KEEP_HISTORIES` names a folder it is
//! kept there, for the test that replays what is stored.

#![allow(
    clippy::module_inception,
    dead_code,
    reason = "the macros of activities make modules, what is public in them, and names that nobody uses"
)]

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use temporalio_client::{
    Client, WorkflowCancelOptions, WorkflowExecutionStatus, WorkflowFetchHistoryOptions,
    WorkflowHandle, WorkflowHistory, WorkflowQueryOptions, WorkflowSignalOptions,
    WorkflowStartOptions,
};
use temporalio_common::data_converters::RawValue;
use temporalio_common::protos::temporal::api::common::v1::Payload;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{ApplicationFailure, Runtime, Worker, WorkerOptions};
use timmy::temporal::{Advanced, JobWorkflow, LookOrder};

use super::replay::{event_types, replayer};
use super::searched::{ATTRIBUTES, register};
use super::server::{TemporalServer, keep_history};
use crate::support::process::until;

const TIMER_FIRED: i64 = 18;
const TIMER_CANCELED: i64 = 19;
const CANCEL_REQUESTED: i64 = 20;
const CONTINUED_AS_NEW: i64 = 28;
const SEARCH_ATTRIBUTES: i64 = 40;

const HOUR: u64 = 60 * 60 * 1000;

/// What looks say, by job; null: it fails.
pub struct Script(Mutex<HashMap<i64, VecDeque<Value>>>);

#[activities]
impl Script {
    #[activity(name = "advance")]
    pub async fn advance(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order: LookOrder,
    ) -> Result<Advanced, ActivityError> {
        let next = self.0.lock().unwrap().get_mut(&order.job).and_then(VecDeque::pop_front);
        match next {
            Some(Value::Null) | None => {
                Err(ActivityError::application(ApplicationFailure::new("this look fails")))
            }
            Some(looked) => Ok(serde_json::from_value(looked).unwrap()),
        }
    }
}

/// It is looked at again in so many milliseconds; none: when somebody rings.
fn again(after: Option<u64>) -> Value {
    json!({ "state": "running", "steps": 1, "is_over": false, "after_ms": after })
}

fn over() -> Value {
    json!({ "state": "done", "steps": 2, "is_over": true, "after_ms": null })
}

/// The same, and it can be searched by its agent.
fn shown(mut look: Value, agent: &str) -> Value {
    look["shown"] = json!({ "agent": agent });
    look
}

/// What is done when the first look is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    Ring,
    Cancel,
}

pub(super) struct Way {
    pub(super) name: &'static str,
    most_looks: Option<u32>,
    looks: Vec<Value>,
    then: Then,
    /// What happens in its history, of what need not happen.
    pub(super) occurs: &'static [i64],
}

pub(super) fn ways() -> Vec<Way> {
    let way = |name, looks, then, occurs| Way { name, most_looks: None, looks, then, occurs };
    vec![
        way("timed", vec![again(Some(50)), over()], Then::Nothing, &[TIMER_FIRED]),
        way("rung", vec![again(Some(HOUR)), over()], Then::Ring, &[TIMER_CANCELED]),
        way("waiting", vec![again(None), over()], Then::Ring, &[]),
        way("retried", vec![Value::Null, over()], Then::Nothing, &[]),
        way(
            "searched",
            vec![shown(again(Some(50)), "ezra"), shown(again(Some(HOUR)), "bezalel"), over()],
            Then::Nothing,
            &[SEARCH_ATTRIBUTES, TIMER_FIRED],
        ),
        Way {
            most_looks: Some(2),
            ..way(
                "continued",
                vec![again(Some(50)), again(Some(50)), over()],
                Then::Nothing,
                &[CONTINUED_AS_NEW, TIMER_FIRED],
            )
        },
        way("cancelled", vec![again(Some(HOUR))], Then::Cancel, &[CANCEL_REQUESTED]),
    ]
}

type JobHandle = WorkflowHandle<Client, JobWorkflow>;

/// Has a workflow go this way, to its end.
async fn walk(client: &Client, way: &Way, job: i64) -> JobHandle {
    let order = LookOrder { most_looks: way.most_looks, ..LookOrder::new("ways", job) };
    let options = WorkflowStartOptions::new("timmy", format!("ways/{}", way.name)).build();
    let begun = client.start_workflow(JobWorkflow::run, order, options).await.unwrap();
    // Its first run, whatever comes after that.
    let workflow = JobHandle::new(client.clone(), begun.info().clone());
    let looks = async || {
        let told = workflow.query(JobWorkflow::state, (), WorkflowQueryOptions::default()).await;
        told.map(|view| view.looks).unwrap_or_default()
    };
    match way.then {
        Then::Nothing => {}
        Then::Ring => {
            until("a first look", async || looks().await == 1).await;
            let data = br#"{"id":"ways.1"}"#.to_vec();
            let bell = RawValue::new(vec![Payload { data, ..Payload::default() }]);
            let options = WorkflowSignalOptions::default();
            workflow.signal(JobWorkflow::bell, bell, options).await.unwrap();
        }
        Then::Cancel => {
            until("a first look", async || looks().await == 1).await;
            workflow.cancel(WorkflowCancelOptions::default()).await.unwrap();
        }
    }
    // A timer of an hour is broken off by a bell, where nothing else does it.
    if way.name == "searched" {
        until("a second look", async || looks().await == 2).await;
        let bell = RawValue::new(vec![Payload { data: b"?".to_vec(), ..Payload::default() }]);
        let options = WorkflowSignalOptions::default();
        workflow.signal(JobWorkflow::bell, bell, options).await.unwrap();
    }
    let has_ended = async || {
        let told = workflow.describe(Default::default()).await;
        told.is_ok_and(|told| told.status() != WorkflowExecutionStatus::Running)
    };
    until(&format!("the end of {}", way.name), has_ended).await;
    workflow
}

#[tokio::test]
async fn each_way_that_a_job_can_go_is_replayed() {
    let Some(server) = TemporalServer::start().await else { return };
    let client = server.client().await;
    register(&client, &ATTRIBUTES).await;
    let ways = ways();
    let looks = (1..).zip(&ways).map(|(job, way)| (job, way.looks.clone().into()));
    let script = Script(Mutex::new(looks.collect()));
    let runtime = Runtime::from_current_tokio(Default::default()).unwrap();
    let options = WorkerOptions::new("timmy").register_activities(script);
    let options = options.register_workflow::<JobWorkflow>().unwrap().build();
    let mut worker = Worker::new(&runtime, client.clone(), options).unwrap();
    let walking = async {
        let mut walked = Vec::new();
        for (job, way) in (1..).zip(&ways) {
            walked.push(walk(&client, way, job).await);
        }
        walked
    };
    let walked = tokio::select! {
        walked = walking => walked,
        ended = worker.run() => panic!("its worker ended: {ended:?}"),
    };
    for (way, workflow) in ways.iter().zip(walked) {
        let history = workflow.fetch_history(WorkflowFetchHistoryOptions::default());
        let history = history.to_json().await.unwrap();
        let happened = event_types(&history);
        for event in way.occurs {
            assert!(happened.contains(event), "{}: {event} is not in {happened:?}", way.name);
        }
        keep_history(&format!("ways-job-{}.json", way.name), &history);
        let history = WorkflowHistory::from_json(&history).unwrap();
        let replayed = replayer().replay_workflow(history).await;
        assert!(replayed.is_ok(), "{}: {replayed:?}", way.name);
    }
}
