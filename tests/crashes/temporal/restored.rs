//! A ledger is restored from a copy that was taken while an agent worked, and workflows are newer than
//! it: the ledger is the truth. What it knows goes on under its new name; what only the lost one knew ends.
//! The other way round, a server that lost all that it knew, is no other case than any bell.

use std::path::{Path, PathBuf};

use temporalio_client::{Client, WorkflowExecutionStatus};
use timmy::clock::{Clock as _, SystemClock};
use timmy::core::jobs::{JobId, StateKind};
use timmy::store::backup::{Existing, backup};
use timmy::store::{Ledger, jobs, meta};
use timmy::temporal::JobWorkflow;

use super::server::TemporalServer;
use super::walk;
use crate::job_fleet::JobFleet;
use crate::stage::Stage;
use crate::support::forge::DOOR;

/// Among so many jobs there is one that a copy was taken of while its agent worked.
const MOST: i64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_ledger_goes_on_and_newer_workflows_end() {
    let Some(server) = TemporalServer::start().await else { return };
    let (stage, fleet) = walk::stage(&server.address()).await;
    let mut bot = stage.bot().await;
    bot.first_poll().await;
    let (flying, copy) = copied_in_flight(&stage, &fleet).await;
    let client = server.client().await;
    let lost_name = name(&copy).await;
    until_done(&stage, flying).await;
    let brought = pull(&stage, flying).await;
    assert!(brought.is_some());

    // Of the next one the copy knows nothing, and its workflow is under way. If it is over in the very moment
    // in which timmy is killed, there is another one.
    let mut newer = flying;
    let lost = loop {
        assert!(newer.0 < flying.0 + MOST, "none was under way\n{}", stage.dump());
        let begun = fleet.runs().len();
        newer = JobId(assign_next(&stage, newer.0));
        stage.until("an attempt", async || fleet.runs().len() > begun).await;
        assert!(bot.kill().await, "it ended by itself\n{}", stage.dump());
        let lost = workflow(&lost_name, newer);
        if status(&client, &lost).await == Some(WorkflowExecutionStatus::Running) {
            break lost;
        }
        bot = stage.bot().await;
        until_done(&stage, newer).await;
    };

    restore(&copy, &stage.ledger());
    let bot = stage.bot().await;
    until_done(&stage, flying).await;
    stage.idle().await;
    // The same result, by the same attempt, and not a second one.
    assert_eq!(pull(&stage, flying).await, brought);
    let own_name = name(&stage.ledger()).await;
    assert_ne!(own_name, lost_name);
    let own = workflow(&own_name, flying);
    let is_over = async || status(&client, &own).await == Some(WorkflowExecutionStatus::Completed);
    stage.until("a workflow of the restored ledger that has ended", is_over).await;
    let is_refused = async || status(&client, &lost).await == Some(WorkflowExecutionStatus::Failed);
    stage.until("the workflow of the lost ledger is refused", is_refused).await;
    assert_eq!(state(&stage, newer).await, None, "a job came out of Temporal");

    let ended = bot.stop().await;
    assert!(ended.success(), "{ended}\n{}", stage.dump());
    let mut problems = fleet.problems();
    problems.extend(stage.problems_in_ledger().await);
    assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), stage.dump());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgot_everything_is_made_up_for() {
    let Some(mut server) = TemporalServer::start().await else { return };
    let (stage, fleet) = walk::stage(&server.address()).await;
    let mut bot = stage.bot().await;
    bot.first_poll().await;
    let job = JobId(assign_next(&stage, 0));
    stage.until("an attempt", async || !fleet.runs().is_empty()).await;
    server.forget().await;
    until_done(&stage, job).await;
    stage.idle().await;
    let ended = bot.stop().await;
    assert!(ended.success(), "{ended}\n{}", stage.dump());
    let mut problems = fleet.problems();
    problems.extend(stage.problems_in_ledger().await);
    assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), stage.dump());
}

/// Gives issues away, one after the other, until a copy was taken while an agent worked on one: its job,
/// and the copy.
async fn copied_in_flight(stage: &Stage, fleet: &JobFleet) -> (JobId, PathBuf) {
    for before in 0..MOST {
        let begun = fleet.runs().len();
        let job = JobId(assign_next(stage, before));
        stage.until("an attempt", async || fleet.runs().len() > begun).await;
        let copy = stage.ledger().with_file_name(format!("copy-{job}.db"));
        backup(&stage.ledger(), &copy, Existing::Keep, SystemClock.now()).unwrap();
        let copied = Ledger::open_read_only(&copy).unwrap();
        if copied.read(jobs::live_ids).await.unwrap() == [job] {
            return (job, copy);
        }
        until_done(stage, job).await;
    }
    panic!("no copy was taken in time\n{}", stage.dump());
}

/// Gives one more issue away, where there were so many jobs `before`; the number of its job.
fn assign_next(stage: &Stage, before: i64) -> i64 {
    // The first one is there; pull requests have taken numbers since.
    let issue = match before {
        0 => 1,
        _ => {
            let sandbox = &stage.sandbox;
            sandbox.open_issue("walt", DOOR, "The door squeaks", "Oil the hinge.").unwrap()
        }
    };
    stage.sandbox.comment("walt", DOOR, issue, "/timmy assign ezra").unwrap();
    before + 1
}

fn restore(copy: &Path, ledger: &Path) {
    for side in ["", "-wal", "-shm"] {
        let file = format!("{}{side}", ledger.display());
        if let Err(error) = std::fs::remove_file(&file) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{file}: {error}");
        }
    }
    std::fs::rename(copy, ledger).unwrap();
}

async fn name(ledger: &Path) -> String {
    let ledger = Ledger::open_read_only(ledger).unwrap();
    ledger.read(|conn| meta::get(conn, meta::LEDGER)).await.unwrap().unwrap()
}

async fn state(stage: &Stage, job: JobId) -> Option<StateKind> {
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    let job = ledger.read(move |conn| jobs::get(conn, job)).await.unwrap();
    job.map(|stored| stored.job.state.kind())
}

async fn until_done(stage: &Stage, job: JobId) {
    let is_done = async || state(stage, job).await == Some(StateKind::Done);
    stage.until("a job that is done", is_done).await;
}

async fn pull(stage: &Stage, job: JobId) -> Option<i64> {
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    let job = ledger.read(move |conn| jobs::get(conn, job)).await.unwrap();
    job.and_then(|stored| stored.job.past.pull)
}

/// What the workflow of a job is called.
fn workflow(ledger: &str, job: JobId) -> String {
    format!("timmy/{ledger}/{job}")
}

/// How a workflow stands; none while the server does not say so.
async fn status(client: &Client, id: &str) -> Option<WorkflowExecutionStatus> {
    let workflow = client.get_workflow_handle::<JobWorkflow>(id);
    Some(workflow.describe(Default::default()).await.ok()?.status())
}
