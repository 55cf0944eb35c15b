//! Real agents, with the stand-in for their model behind them: Hermes 0.19.0 and OpenCode 1.18.33.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use timmy::agents::{Agent, FailureKind, Sighting, Speaker};
use timmy::clock::SystemClock;

use super::stage::{MENDED, Stage, does, end, result, said};
use crate::support::model::{MODEL, Model};
use crate::support::peers;
use crate::support::process::{a_moment, alive};

/// A real agent on a stage: what its tools are called, and what it calls itself.
struct Peer {
    stage: Stage,
    calls_itself: &'static str,
    /// The mark for an edit that makes `made.txt`, and the one for a command.
    edit: String,
    command: fn(&str) -> String,
}

async fn stage() -> Stage {
    Stage::new(Arc::new(SystemClock)).await.with("deny", true).with("permissions", ["read", "edit"])
}

async fn hermes(model: &Model) -> Option<Peer> {
    let program = peers::hermes()?;
    let stage = stage().await;
    let home = stage.path("home/.hermes");
    fs::create_dir(&home).unwrap();
    let config = format!(
        "model: {{provider: custom, default: {MODEL}, base_url: \"{}\", api_key: none, \
         context_length: 131072}}\napprovals: {{mode: manual, timeout: 60}}\n",
        model.url(),
    );
    fs::write(home.join("config.yaml"), config).unwrap();
    let folder = program.parent().and_then(Path::parent).unwrap();
    Some(Peer {
        stage: stage.with("command", json!([program, "acp"])).with("mounts", json!([folder])),
        calls_itself: "hermes-agent 0.19.0",
        edit: r#"[[call:write_file {"path":"made.txt","content":"made\n"}]]"#.to_owned(),
        command: |words| format!("[[tool:{words}]]"),
    })
}

async fn opencode(model: &Model) -> Option<Peer> {
    let program = peers::opencode()?;
    let stage = stage().await;
    let folder = stage.path("home/.config/opencode");
    fs::create_dir_all(&folder).unwrap();
    let config = json!({
        "model": format!("fake/{MODEL}"),
        "autoupdate": false,
        "share": "disabled",
        "permission": { "edit": "ask", "bash": "ask" },
        "provider": { "fake": {
            "npm": "@ai-sdk/openai-compatible",
            "options": { "baseURL": model.url(), "apiKey": "none" },
            "models": { (MODEL): {
                "name": MODEL, "tool_call": true,
                "limit": { "context": 131_072, "output": 8192 },
            } },
        } },
    });
    fs::write(folder.join("opencode.json"), config.to_string()).unwrap();
    let command = json!([
        "/usr/bin/env",
        "OPENCODE_DISABLE_AUTOUPDATE=1",
        "OPENCODE_DISABLE_MODELS_FETCH=1",
        program,
        "acp"
    ]);
    let mounts = json!([program.parent().unwrap()]);
    Some(Peer {
        stage: stage.with("command", command).with("mounts", mounts).with("mode", "build"),
        calls_itself: "OpenCode 1.18.33",
        edit: r#"[[call:write {"filePath":"/timmy/checkout/made.txt","content":"made\n"}]]"#
            .to_owned(),
        command: |words| {
            let arguments: Value = json!({ "command": words, "description": "as it says" });
            format!("[[call:bash {arguments}]]")
        },
    })
}

/// It edits, is denied a command, and ends: its edit is a pull request.
async fn edits_and_is_denied(peer: &Peer) {
    let Peer { stage, calls_itself, edit, command } = peer;
    let agent = stage.agent();
    let health = agent.health().await.unwrap();
    assert_eq!(health.version.as_deref(), Some(*calls_itself));
    let prompt = format!("{edit}{}[[say:{MENDED}]]", command("rm -rf ./src"));
    let handle = stage.start(&*agent, 1, &prompt).await;
    let told = end(&*agent, &handle).await;
    let notes = said(&*agent, &handle, Speaker::Note).await;
    assert!(notes.contains(&"Denied by the configuration: rm -rf ./src".to_owned()), "{notes:?}");
    assert_eq!(result(&told)["outcome"], "pull_request", "{told:?}");
    assert_eq!(stage.file("made.txt").as_deref(), Some("made\n"));
    assert!(stage.file("src/hinge.rs").is_some(), "it was denied");
    assert!(agent.usage(&handle).await.unwrap().tokens.is_some());
}

/// It is stopped while a command of its runs: nothing of that lives on.
async fn is_stopped_in_a_tool(peer: Peer, words: &str) {
    let stage = peer.stage.with("permissions", ["read", "edit", "execute"]);
    let agent = stage.agent();
    let handle = stage.start(&*agent, 1, &(peer.command)(words)).await;
    does(&*agent, &handle, words).await;
    while alive(words) == 0 {
        a_moment().await;
    }
    agent.stop(&handle).await.unwrap();
    let stopped = end(&*agent, &handle).await;
    assert!(matches!(stopped, Sighting::Stopped(_)), "{stopped:?}");
    assert_eq!(alive(words), 0);
    assert!(!stage.has_branch());
}

async fn fails_as(agent: &dyn Agent, stage: &Stage, attempt: u32, prompt: &str) -> FailureKind {
    let handle = stage.start(agent, attempt, prompt).await;
    match end(agent, &handle).await {
        Sighting::Failed { kind, .. } => kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hermes_edits_and_is_denied_what_is_not_allowed() {
    let model = Model::start().await;
    let Some(peer) = hermes(&model).await else { return };
    edits_and_is_denied(&peer).await;
    let agent = peer.stage.agent();
    let kind = fails_as(&*agent, &peer.stage, 2, "[[always:401]]").await;
    assert_eq!(kind, FailureKind::BadKey, "though it looks like an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_hermes_that_is_stopped_in_a_tool_nothing_lives_on() {
    let model = Model::start().await;
    let Some(peer) = hermes(&model).await else { return };
    is_stopped_in_a_tool(peer, "sleep 7654323").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opencode_edits_and_is_denied_what_is_not_allowed() {
    let model = Model::start().await;
    let Some(peer) = opencode(&model).await else { return };
    edits_and_is_denied(&peer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_opencode_that_is_stopped_in_a_tool_nothing_lives_on() {
    let model = Model::start().await;
    let Some(peer) = opencode(&model).await else { return };
    is_stopped_in_a_tool(peer, "sleep 7654324").await;
}
