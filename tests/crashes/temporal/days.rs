//! A question that people answer after days, while timmy and its Temporal server were away meanwhile.

use temporalio_client::WorkflowExecutionStatus;
use timmy::core::jobs::{JobId, StateKind};
use timmy::store::{Ledger, jobs, meta};
use timmy::temporal::JobWorkflow;

use super::server::{NAMESPACE, TemporalServer};
use crate::hands::Hands;
use crate::job_fleet::JobFleet;
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;

const DAY: u64 = 24 * 60 * 60;

struct Waiting {
    stage: Stage,
    _fleet: JobFleet,
}

impl Waiting {
    async fn set(hands: &Hands, server: &TemporalServer) -> Self {
        let mut stage = Stage::by(hands, SHORT, 0).await;
        stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
        let fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
        stage.launch.environment.extend(JobFleet::environment());
        stage.configure(SHORT.poll, |config| {
            let config = fleet.configure(config).with("accept.on_yes", "merge");
            config
                .with("engine.kind", "temporal")
                .with("engine.address", server.address())
                .with("engine.namespace", NAMESPACE)
        });
        stage.sandbox.open_issue("walt", DOOR, "The door squeaks", "Oil the hinge.").unwrap();
        Self { stage, _fleet: fleet }
    }

    /// How the job stands, and how long its history is.
    async fn stands(&self) -> Option<(StateKind, i64)> {
        let ledger = Ledger::open_read_only(self.stage.ledger()).unwrap();
        let read = |conn: &_| Ok((jobs::get(conn, JobId(1))?, jobs::steps(conn, JobId(1))?));
        let (job, steps) = ledger.read(read).await.unwrap();
        job.map(|stored| (stored.job.state.kind(), steps))
    }

    /// The word that says yes to what timmy asks.
    fn asked(&self) -> Option<String> {
        let said = self.stage.sandbox.comments(DOOR, 1).unwrap();
        let question = said.into_iter().find(|said| said.body.starts_with("### Merge \\#"))?;
        let (_, after) = question.body.split_once("/timmy approve ")?;
        Some(format!("/timmy approve {}", after.split_whitespace().next()?))
    }

    /// Returns when the workflow of the job runs, as the server says.
    async fn runs(&self, server: &TemporalServer) {
        let ledger = Ledger::open_read_only(self.stage.ledger()).unwrap();
        let name = ledger.read(|conn| meta::get(conn, meta::LEDGER)).await.unwrap().unwrap();
        let id = format!("timmy/{name}/j1");
        let workflow = server.client().await.get_workflow_handle::<JobWorkflow>(id);
        let runs = async || {
            let told = workflow.describe(Default::default()).await;
            told.is_ok_and(|told| told.status() == WorkflowExecutionStatus::Running)
        };
        self.stage.until("a workflow that runs", runs).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_after_days_is_heard() {
    let Some(mut server) = TemporalServer::start().await else { return };
    let hands = Hands::default();
    let set = Waiting::set(&hands, &server).await;
    let mut bot = set.stage.bot().await;
    bot.first_poll().await;
    set.stage.sandbox.comment("walt", DOOR, 1, "/timmy assign ezra").unwrap();
    set.stage.until("a question", async || set.asked().is_some()).await;
    set.stage.idle().await;
    let before = set.stands().await;
    set.runs(&server).await;

    // Three days, on each of which timmy and the server begin anew.
    for _ in 0..3 {
        let status = bot.stop().await;
        assert!(status.success(), "{status}\n{}", set.stage.dump());
        server.restart().await;
        hands.advance(DAY);
        let ahead = hands.ahead();
        bot = set.stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead)]);
        bot.first_poll().await;
        set.stage.idle().await;
    }
    let after = set.stands().await;
    assert_eq!(before.map(|stands| stands.0), after.map(|stands| stands.0), "{}", set.stage.dump());
    set.runs(&server).await;

    let yes = set.asked().unwrap();
    set.stage.sandbox.comment("alexander", DOOR, 1, &yes).unwrap();
    let is_merged = async || {
        let said = set.stage.sandbox.comments(DOOR, 1).unwrap();
        said.iter().any(|said| said.body.starts_with("**Merged"))
    };
    set.stage.until("a merge", is_merged).await;
    set.stage.idle().await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", set.stage.dump());
    let problems = set.stage.problems_in_ledger().await;
    assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), set.stage.dump());
}
