//! The sidecar in `examples/crewai`, with a real CrewAI, and the stand-in for its model behind it.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use timmy::agents::{FailureKind, Sighting, Speaker};
use timmy::clock::SystemClock;

use super::acp::stage::{MENDED, Stage, does, end, result, said};
use crate::support::model::{MODEL, Model};
use crate::support::peers;
use crate::support::process::{a_moment, alive};

/// Writes `made.txt`.
const WRITE: &str = r#"[[call:write_file {"path":"made.txt","content":"made\n","replaces":""}]]"#;

async fn stage(model: &Model) -> Option<Stage> {
    let python = peers::crewai()?;
    let folder = python.parent().and_then(Path::parent).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/crewai");
    let program = example.join("sidecar.py");
    let url = model.url();
    // Cargo tells its tests this variable, which stands for one that holds a key.
    let words = json!([
        python,
        program,
        "--model",
        MODEL,
        "--base-url",
        url,
        "--key-variable",
        "CARGO_PKG_NAME"
    ]);
    let stage = Stage::new(Arc::new(SystemClock)).await.with("kind", "crewai");
    let stage = stage.with("command", words).with("mounts", json!([folder, example]));
    Some(stage.with("env", ["PATH", "LANG", "CARGO_PKG_NAME"]))
}

/// What the model was asked, as one text.
fn asked(model: &Model) -> String {
    model.asked().iter().map(|asked| asked.body["messages"].to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crew_edits_and_each_of_its_calls_is_counted() {
    let model = Model::start().await;
    let Some(stage) = stage(&model).await else { return };
    model.wants(env!("CARGO_PKG_NAME"));
    let agent = stage.agent();
    agent.health().await.unwrap();
    let escape = r#"[[call:write_file {"path":"../../x","content":"x","replaces":""}]]"#;
    // What its model copies out of the prompt is in the file as it was meant.
    let write = r#"[[call:write_file {"path":"made.txt","content":"{tools}\n","replaces":""}]]"#;
    let prompt = format!("Mend the {{hinge}}, not its {{tools}}. {write}{escape}[[say:{MENDED}]]");
    let handle = stage.start(&*agent, 1, &prompt).await;
    let told = end(&*agent, &handle).await;
    assert_eq!(result(&told)["outcome"], "pull_request", "{told:?}");
    assert_eq!(stage.file("made.txt").as_deref(), Some("{tools}\n"));
    assert!(asked(&model).contains("lies outside of the repository"));
    let filled_in = "Tool Arguments:";
    assert!(!asked(&model).contains(filled_in), "what people wrote stays as it is");
    assert_eq!(model.asked().len(), 3);
    assert!(agent.usage(&handle).await.unwrap().tokens.is_some());
    let words = said(&*agent, &handle, Speaker::Agent).await;
    assert!(!words.iter().any(|said| said.starts_with("The crew counts")), "{words:?}");
    let printed = said(&*agent, &handle, Speaker::ToolResult).await;
    assert!(printed.is_empty(), "what it prints is no line of its: {printed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crew_that_asks_ends_and_another_process_goes_on_with_what_it_made() {
    let model = Model::start().await;
    let Some(stage) = stage(&model).await else { return };
    let agent = stage.agent();
    let asks = r#"timmy-result: {"outcome":"blocked","summary":"Which oil?"}"#;
    let first = stage.start(&*agent, 1, &format!("The first. {WRITE}[[say:{asks}]]")).await;
    let told = end(&*agent, &first).await;
    assert_eq!(result(&told)["summary"], "Which oil?");
    assert!(!stage.has_branch());
    // As after a restart of timmy, days later.
    let agent = stage.agent();
    let read = r#"[[call:read_file {"path":"made.txt","first":1,"lines":9}]]"#;
    let second = stage.start(&*agent, 2, &format!("Linseed. {read}[[say:{MENDED}]]")).await;
    let told = end(&*agent, &second).await;
    assert_eq!(result(&told)["outcome"], "pull_request", "{told:?}");
    assert_eq!(stage.file("made.txt").as_deref(), Some("made\n"));
    let later: Vec<Value> = model.asked().into_iter().skip(2).map(|asked| asked.body).collect();
    assert!(!json!(later).to_string().contains("The first."), "a fresh crew for each attempt");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_crew_that_is_stopped_in_a_tool_nothing_lives_on() {
    let model = Model::start().await;
    let Some(stage) = stage(&model).await else { return };
    let agent = stage.agent();
    let words = "sleep 7654325";
    let prompt = format!(r#"[[call:run {{"command":"{words}"}}]]"#);
    let handle = stage.start(&*agent, 1, &prompt).await;
    does(&*agent, &handle, words).await;
    while alive(words) == 0 {
        a_moment().await;
    }
    agent.stop(&handle).await.unwrap();
    let stopped = end(&*agent, &handle).await;
    assert!(matches!(stopped, Sighting::Stopped(_)), "{stopped:?}");
    assert_eq!(alive(words), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_tools_run_gets_no_key() {
    let model = Model::start().await;
    let Some(stage) = stage(&model).await else { return };
    model.wants(env!("CARGO_PKG_NAME"));
    let agent = stage.agent();
    let prompt = format!(r#"[[call:run {{"command":"env"}}]][[say:{MENDED}]]"#);
    let handle = stage.start(&*agent, 1, &prompt).await;
    end(&*agent, &handle).await;
    // What ran is told to the model, and all else that it was told is known.
    let told = asked(&model);
    assert!(told.contains("PATH="), "{told}");
    assert!(!told.contains("CARGO_PKG_NAME"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_of_its_model_answers_is_told_apart() {
    let model = Model::start().await;
    let Some(stage) = stage(&model).await else { return };
    let agent = stage.agent();
    for (attempt, prompt, expected) in [
        (1, "[[always:401]]", FailureKind::BadKey),
        (2, "[[always:429]]", FailureKind::ClaimsPoolSpent),
        (3, "[[always:404]]", FailureKind::ModelGone),
    ] {
        let handle = stage.start(&*agent, attempt, prompt).await;
        match end(&*agent, &handle).await {
            Sighting::Failed { kind, .. } => assert_eq!(kind, expected, "{prompt}"),
            other => panic!("{prompt}: {other:?}"),
        }
    }
}
