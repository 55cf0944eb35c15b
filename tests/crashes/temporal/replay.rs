//! Workflows of earlier versions go on with this one: stored histories are replayed.
//!
//! They are made by the tests against a real server: `TIMMY_KEEP_HISTORIES=folder cargo test --features
//! temporal --test crashes temporal::`. A history is never replaced: a workflow that has it may run.

use std::path::{Path, PathBuf};

use serde_json::Value;
use temporalio_client::WorkflowHistory;
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};
use timmy::temporal::{AgentWorkflow, JobWorkflow};

use super::ways::ways;

fn histories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/temporal");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut histories: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|kind| kind == "json")).collect();
    histories.sort();
    histories
}

/// Whether it is one of a workflow of this kind: the second word of its name.
fn is_of(file: &Path, kind: &str) -> bool {
    let name = file.file_name().unwrap().to_string_lossy();
    name.split('-').nth(1) == Some(kind)
}

pub(super) fn replayer() -> WorkflowReplayer {
    let options = WorkflowReplayerOptions::new().register_workflow::<JobWorkflow>().unwrap();
    let options = options.register_workflow::<AgentWorkflow>().unwrap();
    WorkflowReplayer::new(options.build()).unwrap()
}

/// The numbers of the types of what happened in a history, in order.
pub(super) fn event_types(history: &[u8]) -> Vec<i64> {
    let history: Value = serde_json::from_slice(history).unwrap();
    let events = history["events"].as_array().unwrap();
    events.iter().map(|event| event["event_type"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn stored_histories_are_replayed() {
    let (mut jobs, mut agents) = (0, 0);
    for file in histories() {
        let text = std::fs::read(&file).unwrap();
        let replayed = replayer().replay_workflow(WorkflowHistory::from_json(&text).unwrap()).await;
        assert!(replayed.is_ok(), "{}: {replayed:?}", file.display());
        jobs += usize::from(is_of(&file, "job"));
        agents += usize::from(is_of(&file, "agent"));
    }
    assert!(jobs > 0 && agents > 0, "{jobs} histories of jobs, {agents} of calls");
}

/// Not only what most jobs do is stored: a reordering of what is rare would hold up every workflow on
/// that way after an upgrade.
#[test]
fn a_history_of_each_way_is_stored() {
    for way in ways() {
        let name = format!("ways-job-{}.json", way.name);
        let file = histories().into_iter().find(|file| file.ends_with(&name));
        let file = file.unwrap_or_else(|| {
            panic!(
                "{name} is not there: make it by TIMMY_KEEP_HISTORIES=$PWD/tests/fixtures/temporal \
                 cargo test --locked --all-features --test crashes temporal::ways"
            )
        });
        let happened = event_types(&std::fs::read(file).unwrap());
        for event in way.occurs {
            assert!(happened.contains(event), "{name}: {event} is not in {happened:?}");
        }
    }
}

#[tokio::test]
async fn another_history_is_none_of_ours() {
    let file = histories().into_iter().find(|file| is_of(file, "job"));
    let text = std::fs::read_to_string(file.unwrap()).unwrap();
    let other = text.replace("\"advance\"", "\"retreat\"");
    assert_ne!(text, other);
    let history = WorkflowHistory::from_json(other.as_bytes()).unwrap();
    assert!(replayer().replay_workflow(history).await.is_err());
}
