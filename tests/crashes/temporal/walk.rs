//! One job from `assign` to its end, as its workflow tells it; and what is said where there is no
//! server.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use temporalio_client::{
    Client, WorkflowExecutionStatus, WorkflowFetchHistoryOptions, WorkflowHandle,
    WorkflowQueryOptions,
};
use timmy::core::jobs::{JobId, StateKind};
use timmy::core::model::incident::Incident;
use timmy::store::{Ledger, incidents, jobs, meta};
use timmy::temporal::JobWorkflow;

use super::server::{NAMESPACE, TemporalServer};
use crate::hands::Hands;
use crate::job_fleet::JobFleet;
use crate::job_outcomes::problems;
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;

/// A stage with agents and one issue, whose jobs are workflows of this server.
pub(super) async fn stage(address: &str) -> (Stage, JobFleet) {
    let hands = Hands::default();
    let mut stage = Stage::by(&hands, SHORT, 0).await;
    stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
    let fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
    stage.launch.environment.extend(JobFleet::environment());
    stage.configure(SHORT.poll, |config| {
        let config = fleet.configure(config);
        config
            .with("engine.kind", "temporal")
            .with("engine.address", address)
            .with("engine.namespace", NAMESPACE)
    });
    stage.sandbox.open_issue("walt", DOOR, "The door squeaks", "Oil the hinge.").unwrap();
    (stage, fleet)
}

async fn workflow(stage: &Stage, client: &Client) -> WorkflowHandle<Client, JobWorkflow> {
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    let name = ledger.read(|conn| meta::get(conn, meta::LEDGER)).await.unwrap().unwrap();
    client.get_workflow_handle::<JobWorkflow>(format!("timmy/{name}/j1"))
}

async fn stands(stage: &Stage) -> Option<StateKind> {
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    let job = ledger.read(|conn| jobs::get(conn, JobId(1))).await.unwrap();
    job.map(|stored| stored.job.state.kind())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_walks_from_assign_to_verified() {
    let Some(server) = TemporalServer::start().await else { return };
    let (stage, fleet) = stage(&server.address()).await;
    let mut bot = stage.bot().await;
    bot.first_poll().await;
    let comment = stage.sandbox.comment("walt", DOOR, 1, "/timmy assign ezra").unwrap();
    stage.until("a job that is done", async || stands(&stage).await == Some(StateKind::Done)).await;
    stage.idle().await;

    // Its workflow tells the same, and has ended.
    let client = server.client().await;
    let workflow = workflow(&stage, &client).await;
    let has_ended = async || {
        let told = workflow.describe(Default::default()).await;
        told.is_ok_and(|told| told.status() == WorkflowExecutionStatus::Completed)
    };
    stage.until("a workflow that has ended", has_ended).await;
    let mut told = None;
    let answers = async || {
        let options = WorkflowQueryOptions::default();
        told = workflow.query(JobWorkflow::state, (), options).await.ok();
        told.is_some()
    };
    stage.until("a workflow that answers", answers).await;
    let told = told.unwrap();
    assert_eq!(told.state, "done", "{told:?}");
    assert!(told.looks >= 1 && told.bells >= 1, "{told:?}");

    // Nothing that was said or written stands in it.
    let history = workflow.fetch_history(WorkflowFetchHistoryOptions::default());
    let history = payloads(&serde_json::from_slice(&history.to_json().await.unwrap()).unwrap());
    assert!(history.contains("\"ledger\"") && history.contains("\"job\":1"), "{history}");
    for word in ["hinge", "squeaks", DOOR, "walt", "timmy-result"] {
        assert!(!history.contains(word), "{word} stands in the history of a workflow");
    }

    server.keep_histories("walk").await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", stage.dump());
    let mut problems = problems(&stage, DOOR, &[(1, comment)]).await;
    problems.extend(fleet.problems());
    problems.extend(stage.problems_in_ledger().await);
    assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), stage.dump());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_server_people_are_answered_and_jobs_wait() {
    let Some(mut server) = TemporalServer::start().await else { return };
    let (stage, _fleet) = stage(&server.address()).await;
    server.kill();
    let mut bot = stage.bot().await;
    bot.first_poll().await;
    stage.sandbox.comment("walt", DOOR, 1, "/timmy assign ezra").unwrap();
    stage.sandbox.comment("walt", DOOR, 1, "/timmy ping").unwrap();
    let answers = async || {
        let comments = stage.sandbox.comments(DOOR, 1).unwrap();
        comments.iter().filter(|comment| comment.author == "timmy").count() == 2
    };
    stage.until("both answers", answers).await;
    stage.until("an incident", async || is_away(&stage).await).await;
    assert_ne!(stands(&stage).await, Some(StateKind::Done));

    // It comes back by itself, and is noted no more.
    server.restart().await;
    stage.until("a job that is done", async || stands(&stage).await == Some(StateKind::Done)).await;
    stage.until("no incident", async || !is_away(&stage).await).await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", stage.dump());
}

/// All that was sent, as text.
pub fn payloads(history: &Value) -> String {
    match history {
        Value::Object(entries) => entries.iter().map(|(key, value)| sent(key, value)).collect(),
        Value::Array(items) => items.iter().map(payloads).collect(),
        _ => String::new(),
    }
}

fn sent(key: &str, value: &Value) -> String {
    match value.as_str().filter(|_| key == "data") {
        Some(text) => {
            let bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned() + "\n"
        }
        None => payloads(value),
    }
}

async fn is_away(stage: &Stage) -> bool {
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    let open = ledger.read(incidents::all).await.unwrap();
    open.iter().any(|open| open.incident == Incident::JobServerAway)
}
