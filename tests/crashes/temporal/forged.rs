//! What comes through Temporal is forged, or comes twice: it is a look or a call too many, and no more.

use futures::StreamExt as _;
use temporalio_client::{
    Client, UntypedWorkflow, WorkflowExecutionStatus, WorkflowSignalOptions, WorkflowStartOptions,
};
use temporalio_common::data_converters::RawValue;
use temporalio_common::protos::temporal::api::common::v1::Payload;
use timmy::store::{Ledger, meta};
use timmy::temporal::{AgentWorkflow, JobWorkflow, LookOrder, ServeOrder};

use super::server::TemporalServer;
use super::walk::payloads;
use super::workers::WorkerStage;

/// Anything, sent as a signal.
fn garbage(data: Vec<u8>) -> RawValue {
    RawValue::new(vec![Payload { data, ..Payload::default() }])
}

struct Forger {
    client: Client,
    /// The name of the ledger.
    ledger: String,
}

impl Forger {
    fn options(&self, id: &str) -> WorkflowStartOptions {
        WorkflowStartOptions::new("timmy", id.to_owned()).build()
    }

    /// A workflow that has a job looked at.
    async fn look(&self, ledger: &str, job: i64) -> String {
        let id = format!("forged/{ledger}/{job}");
        let order = LookOrder::new(ledger, job);
        self.client.start_workflow(JobWorkflow::run, order, self.options(&id)).await.unwrap();
        id
    }

    /// A call of a worker.
    async fn call(&self, id: &str, ticket: &str) -> String {
        let id = format!("forged/{id}");
        let order = ServeOrder { agent: "ezra".to_owned(), ticket: ticket.to_owned() };
        self.client.start_workflow(AgentWorkflow::run, order, self.options(&id)).await.unwrap();
        id
    }

    /// How a workflow stands; none if there is none of this name.
    async fn status(&self, id: &str) -> Option<WorkflowExecutionStatus> {
        let workflow = self.client.get_workflow_handle::<UntypedWorkflow>(id.to_owned());
        Some(workflow.describe(Default::default()).await.ok()?.status())
    }

    /// A ticket that a worker was called with; none while the server lists no such call.
    async fn ticket(&self) -> Option<String> {
        let query = "WorkflowType = 'agent'";
        let mut listed = Box::pin(self.client.list_workflows(query, Default::default()));
        let id = loop {
            let id = listed.next().await?.ok()?.id().to_owned();
            if !id.starts_with("forged/") {
                break id;
            }
        };
        let workflow = self.client.get_workflow_handle::<UntypedWorkflow>(id);
        let history = workflow.fetch_history(Default::default()).to_json().await.ok()?;
        let history: serde_json::Value = serde_json::from_slice(&history).unwrap();
        let orders = payloads(&history);
        let order = orders.lines().find_map(|line| serde_json::from_str::<ServeOrder>(line).ok());
        Some(order?.ticket)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_changes_nothing() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = WorkerStage::set(&server, 2).await;
    let worker = set.worker();
    let mut bot = set.stage.bot().await;
    bot.first_poll().await;
    let client = server.client().await;
    let ledger = Ledger::open_read_only(set.stage.ledger()).unwrap();
    let ledger = ledger.read(|conn| meta::get(conn, meta::LEDGER)).await.unwrap().unwrap();
    let forger = Forger { client, ledger };

    // Jobs that there are not, and those of another timmy.
    let none = forger.look(&forger.ledger, 999).await;
    let other = forger.look("another", 1).await;
    let until = async |id: &str, status: WorkflowExecutionStatus| {
        let is = async || forger.status(id).await == Some(status);
        set.stage.until(&format!("{id} that is {status:?}"), is).await;
    };
    until(&none, WorkflowExecutionStatus::Completed).await;
    until(&other, WorkflowExecutionStatus::Failed).await;

    // Bells that are none, for a job that runs.
    let mut asked = vec![set.assign(1, "ezra")];
    let id = format!("timmy/{}/j1", forger.ledger);
    set.stage.until("its workflow", async || forger.status(&id).await.is_some()).await;
    let job = forger.client.get_workflow_handle::<JobWorkflow>(id.clone());
    for bell in [b"not JSON".to_vec(), b"{\"id\":7}".to_vec(), vec![0; 100_000], Vec::new()] {
        let rung = job.signal(JobWorkflow::bell, garbage(bell), WorkflowSignalOptions::default());
        // It may have ended meanwhile.
        let _ = rung.await;
    }
    set.stage.until("a job that ended", async || set.has_ended(1).await).await;
    until(&id, WorkflowExecutionStatus::Completed).await;

    // A worker that is called with tickets that timmy did not write, or did for what is over.
    let forged = forger.call("ticket", "0:0:ezra:one:attempt/abcd-j1-1").await;
    until(&forged, WorkflowExecutionStatus::Failed).await;
    let told = async || set.told().contains("no ticket of mine");
    set.stage.until("a worker that was called in vain", told).await;
    let mut twice = None;
    let is_known = async || {
        twice = forger.ticket().await;
        twice.is_some()
    };
    set.stage.until("a ticket of timmy's", is_known).await;
    forger.call("twice", &twice.unwrap()).await;

    asked.push(set.assign(2, "ezra"));
    set.stage.until("all jobs ended", async || set.has_ended(2).await).await;
    set.stage.idle().await;
    assert_eq!(worker.stop().await, Some(0), "{}", set.dump());
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", set.dump());
    set.look(&asked).await;
}
