//! Sessions as real agents led them: what timmy says to each has to be what was said there, and
//! what it understood stands beside it.

use serde_json::Value;

use super::scripted::{ScriptedAgent, Told, session};
use crate::agents::agent::FailureKind;
use crate::agents::run::WorkEnd;
use crate::agents::transcript::Speaker;
use crate::agents::trouble::AgentTrouble;
use crate::core::jobs::money::{Tokens, Usage};

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("recorded/", $name, ".jsonl"))
    };
}

/// Plays the agent's part of a recording, and looks that timmy plays its own.
async fn play(mut agent: ScriptedAgent, recording: &'static str) {
    for line in recording.lines().filter(|line| !line.starts_with('#')) {
        let (side, message) = line.split_at(3);
        let mut message: Value = serde_json::from_str(message).unwrap();
        match side {
            "-> " => agent.expects(&message).await,
            _ => {
                agent.renumber(&mut message);
                agent.says(&message).await;
            }
        }
    }
    agent.ends().await;
}

async fn played(recording: &'static str, mode: &str) -> Told {
    session(mode, |agent| play(agent, recording)).await
}

fn failed(told: &Told) -> FailureKind {
    match &told.end {
        WorkEnd::Failed { kind, .. } => *kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn hermes_edits_and_tells_what_it_used() {
    let told = played(recorded!("hermes-0.19-edit"), "default").await;
    let WorkEnd::Finished(said) = &told.end else { panic!("{told:?}") };
    assert!(said.trim().starts_with("tool said: {\"bytes_written\": 21"), "{said}");
    let tokens = Some(Tokens { input: 24_641, output: 31 });
    assert_eq!(told.usage, Usage { tokens, micro_usd: None });
    let [note] = &told.said_by(Speaker::Note)[..] else { panic!("{told:?}") };
    let allowed = "Allowed by the configuration: edit: Approve edit: out.txt [sha256 ";
    assert!(note.starts_with(allowed), "{note}");
}

#[tokio::test]
async fn hermes_is_denied_a_command_and_goes_on() {
    let told = played(recorded!("hermes-0.19-denied"), "default").await;
    assert!(matches!(told.end, WorkEnd::Finished(_)), "{told:?}");
    assert_eq!(told.said_by(Speaker::Note), ["Denied by the configuration: rm -rf ./junk2"]);
}

#[tokio::test]
async fn a_refused_key_that_looks_like_an_answer_of_hermes_is_none() {
    let told = played(recorded!("hermes-0.19-401"), "default").await;
    assert_eq!(failed(&told), FailureKind::BadKey);
    assert_eq!(told.usage, Usage::NONE);
}

#[tokio::test]
async fn opencode_edits_writes_through_nobody_and_tells_what_it_cost() {
    let told = played(recorded!("opencode-1.18-edit"), "build").await;
    assert!(matches!(told.end, WorkEnd::Finished(_)), "{told:?}");
    assert!(told.usage.micro_usd.is_some() && told.usage.tokens.is_some(), "{told:?}");
    let [note] = &told.said_by(Speaker::Note)[..] else { panic!("{told:?}") };
    assert!(note.starts_with("Allowed by the configuration: edit: out.txt [sha256 "), "{note}");
    assert_eq!(told.said_by(Speaker::ToolResult), ["Wrote file successfully."]);
}

#[tokio::test]
async fn what_fails_behind_opencode_is_no_fault_of_the_attempt() {
    let told = played(recorded!("opencode-1.18-401"), "build").await;
    assert_eq!(failed(&told), FailureKind::Upstream);
}

#[tokio::test]
async fn claude_edits_and_tells_what_its_session_cost() {
    let told = played(recorded!("claude-0.101-edit"), "default").await;
    assert!(matches!(told.end, WorkEnd::Finished(_)), "{told:?}");
    let tokens = Some(Tokens { input: 23_512, output: 14 });
    assert_eq!(told.usage, Usage { tokens, micro_usd: Some(149_540) });
}

#[tokio::test]
async fn a_key_of_claude_that_is_refused_is_told_as_that() {
    let told = played(recorded!("claude-0.101-401"), "default").await;
    assert_eq!(failed(&told), FailureKind::BadKey);
}

#[tokio::test]
async fn who_is_not_logged_in_begins_nothing() {
    for recording in [recorded!("codex-2.6-no-login"), recorded!("gemini-0.61-no-login")] {
        let told = played(recording, "default").await;
        assert_eq!(told.trouble(), AgentTrouble::BadKey);
    }
}
