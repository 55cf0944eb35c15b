//! Jobs can be searched for on a server where somebody has registered by what.

use std::collections::HashMap;

use futures::StreamExt as _;
use temporalio_client::tonic::Request;
use temporalio_client::{
    Client, UntypedWorkflow, WorkflowFetchHistoryOptions, WorkflowListOptions,
};
use temporalio_common::protos::temporal::api::enums::v1::IndexedValueType;
use temporalio_common::protos::temporal::api::operatorservice::v1::AddSearchAttributesRequest;

use super::server::{NAMESPACE, TemporalServer};
use super::walk;
use crate::stage::Stage;
use crate::support::forge::DOOR;
use crate::support::process::until;

pub(super) const ATTRIBUTES: [&str; 4] =
    ["TimmyRepository", "TimmyIssue", "TimmyAgent", "TimmyState"];

/// Lets workflows be searched for by these on that server.
pub(super) async fn register(client: &Client, names: &[&str]) {
    let keyword = IndexedValueType::Keyword as i32;
    let search_attributes: HashMap<String, i32> =
        names.iter().map(|name| ((*name).to_owned(), keyword)).collect();
    let namespace = NAMESPACE.to_owned();
    let request = AddSearchAttributesRequest { search_attributes, namespace };
    let mut operator = client.connection().operator_service();
    operator.add_search_attributes(Request::new(request)).await.unwrap();
    // A moment passes until all of the server knows them.
    let all: Vec<String> = names.iter().map(|name| format!("{name} = 'nothing'")).collect();
    let query = all.join(" AND ");
    until("they can be searched by", async || {
        let listed = client.list_workflows(query.as_str(), WorkflowListOptions::default());
        let found: Vec<_> = Box::pin(listed).collect().await;
        found.iter().all(Result::is_ok)
    })
    .await;
}

/// The workflows that this finds; none while the server does not know of it yet.
async fn found(client: &Client, query: &str) -> Vec<String> {
    let listed = client.list_workflows(query, WorkflowListOptions::default());
    let found: Vec<_> = Box::pin(listed).collect().await;
    found.into_iter().flatten().map(|workflow| workflow.id().to_owned()).collect()
}

/// The only workflow that this finds, once it does.
async fn the_one(stage: &Stage, client: &Client, query: &str) -> String {
    let mut all = Vec::new();
    let is_found = async || {
        all = found(client, query).await;
        all.len() == 1
    };
    stage.until("a job that is found", is_found).await;
    all.remove(0)
}

/// All that went through a workflow.
async fn history(client: &Client, id: &str) -> String {
    let workflow = client.get_workflow_handle::<UntypedWorkflow>(id);
    let history = workflow.fetch_history(WorkflowFetchHistoryOptions::default());
    walk::payloads(&serde_json::from_slice(&history.to_json().await.unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_found_by_where_it_works_and_how_it_stands() {
    let Some(server) = TemporalServer::start().await else { return };
    let client = server.client().await;
    register(&client, &ATTRIBUTES).await;
    let (stage, _fleet) = walk::stage(&server.address()).await;
    let mut bot = stage.bot().await;
    bot.first_poll().await;
    stage.sandbox.comment("walt", DOOR, 1, "/timmy assign ezra").unwrap();
    let query = format!(
        "TimmyRepository = '{DOOR}' AND TimmyIssue = '1' AND TimmyAgent = 'ezra' AND TimmyState = \
         'done'"
    );
    let id = the_one(&stage, &client, &query).await;
    assert!(id.ends_with("/j1"), "{id}");
    server.keep_histories("searched").await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", stage.dump());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_private_repository_is_to_be_found() {
    let Some(server) = TemporalServer::start().await else { return };
    let client = server.client().await;
    register(&client, &ATTRIBUTES).await;
    let (stage, _fleet) = walk::stage(&server.address()).await;
    stage.sandbox.set_private(DOOR, true).unwrap();
    let mut bot = stage.bot().await;
    bot.first_poll().await;
    stage.sandbox.comment("walt", DOOR, 1, "/timmy assign ezra").unwrap();
    let query = "TimmyAgent = 'ezra' AND TimmyState = 'done'";
    let id = the_one(&stage, &client, query).await;
    let history = history(&client, &id).await;
    assert!(history.contains("ezra") && !history.contains(DOOR), "{history}");
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", stage.dump());
}
