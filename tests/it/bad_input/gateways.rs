//! Gateways that hang, lie, die and come back as somebody else.

use insta::assert_snapshot;
use regex::Regex;
use serde_json::json;
use timmy::core::jobs::StateKind;
use timmy::sandbox::gateway::{AgentRun, Coder, HermesVersion, RunEnd};
use timmy::sandbox::{Fault, Gate, Matcher};

use super::stage::{Stage, gateway_key, oils, stage};
use crate::support::clock::{HOUR, MINUTE, SECOND};

fn status() -> Matcher {
    Matcher::method_path("GET", "/v1/runs/")
}

fn start() -> Matcher {
    Matcher::method_path("POST", "/v1/runs")
}

/// An agent that does its work when it is told to.
async fn patient() -> Stage {
    stage(async |coder: Coder, run: AgentRun| {
        run.begin_tool("make");
        while run.end_tool("made", false).is_empty() {
            tokio::task::yield_now().await;
        }
        RunEnd::Completed(oils(&coder, &run).await.last_words("Oiled."))
    })
    .await
}

impl Stage {
    /// Lets ezra go on, and waits for its end.
    async fn goes_on(&self) {
        for run in self.ezra.runs().iter().filter(|run| !run.status.is_over()) {
            self.ezra.tell(&run.id, "go on");
        }
        self.ends().await;
    }
}

#[tokio::test]
async fn one_that_hangs_is_asked_again() {
    let stage = patient().await;
    let job = stage.assigns("ezra").await;
    let gate = Gate::new();
    stage.ezra.faults().next(status(), Fault::HangAfter(gate.clone()));
    stage.app.clock.advance(11 * SECOND);
    stage.app.timmy.engine().notify();
    gate.reached().await;
    stage.app.clock.advance(MINUTE);
    stage.quiet().await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.goes_on().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.end().await;
}

#[tokio::test]
async fn one_that_lies_about_its_runs_is_not_believed() {
    let stage = patient().await;
    let job = stage.assigns("ezra").await;
    for _ in 0..3 {
        let lie = json!({ "run_id": "run_of_another", "status": "completed", "output": "done" });
        stage.ezra.next_answer(status(), 200, lie.to_string());
    }
    stage.wait(11 * SECOND).await;
    assert_ne!(stage.kind(job).await, StateKind::Done);
    stage.goes_on().await;
    stage.pass(2 * MINUTE, 10 * SECOND).await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_eq!(stage.ezra.runs().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn one_that_always_lies_is_given_up_with_what_to_look_for() {
    let stage = patient().await;
    let job = stage.assigns("ezra").await;
    let lie = json!({ "run_id": "run_of_another", "status": "completed", "output": "done" });
    for _ in 0..200 {
        stage.ezra.next_answer(status(), 200, lie.to_string());
    }
    stage.pass(20 * MINUTE, 30 * SECOND).await;
    assert_eq!(stage.kind(job).await, StateKind::Uncertain, "people are asked for a day");
    stage.pass(25 * HOUR, HOUR).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    let said = stage.last_said().replace(&stage.ezra.runs()[0].session, "SESSION");
    let said = Regex::new("@[0-9a-f]{8}`").unwrap().replace(&said, "@KEY`").into_owned();
    assert_snapshot!(said, @"
    **Given up: nobody could find out whether `ezra` worked on this.** Before anybody takes it up again, look:

    - here, for the branch `timmy/1-j1`: whatever it pushed is there, and may still come;
    - on its host, for the run `run_00000000000000000000000000000001@KEY` (session `SESSION`). If it still runs, stop it there.

    `/timmy retry` starts on a branch of its own.
    ");
    stage.end().await;
}

#[tokio::test]
async fn one_that_dies_between_start_and_answer_is_asked_what_it_began() {
    let mut stage = patient().await;
    stage.ezra.faults().next(start(), Fault::CutAfter);
    let job = stage.assigns("ezra").await;
    stage.ezra.kill().await;
    stage.wait(3 * SECOND).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.ezra.restart().await.unwrap();
    stage.pass(2 * MINUTE, 10 * SECOND).await;
    assert_snapshot!(stage.card(), @"**`ezra` is working on this**");
    stage.goes_on().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    let runs = stage.ezra.runs();
    assert_eq!(runs.len(), 2);
    assert!(runs[1].input.contains("`timmy/1-j1-2`"), "the first may still push to its own");
    stage.end().await;
}

#[tokio::test]
async fn one_that_wants_another_key_is_told_and_found_again_with_it() {
    let mut stage = patient().await;
    let job = stage.assigns("ezra").await;
    stage.ezra.restart().await.unwrap();
    stage.ezra.rotate_key("another-key-0123456789abcdef");
    stage.pass(2 * MINUTE, 30 * SECOND).await;
    assert_snapshot!(stage.app.timmy.noted().await, @"agent ezra: its key is refused");
    assert_eq!(stage.kind(job).await, StateKind::Running);
    std::fs::write(stage.keys.path().join("ezra.key"), "another-key-0123456789abcdef").unwrap();
    stage.pass(4 * MINUTE, 30 * SECOND).await;
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.goes_on().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_ne!(gateway_key("ezra"), "another-key-0123456789abcdef");
    stage.end().await;
}

#[tokio::test]
async fn one_that_comes_back_as_an_older_version_has_lost_its_run() {
    let mut stage = patient().await;
    let job = stage.assigns("ezra").await;
    stage.ezra.kill().await;
    stage.ezra.become_version(HermesVersion::V0_19);
    stage.ezra.restart().await.unwrap();
    stage.pass(3 * MINUTE, 10 * SECOND).await;
    assert_snapshot!(stage.card(), @"**`ezra` is working on this**");
    assert_eq!(stage.ezra.runs().len(), 2);
    for run in stage.ezra.runs() {
        stage.ezra.tell(&run.id, "go on");
    }
    stage.goes_on().await;
    stage.pass(MINUTE, 10 * SECOND).await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    stage.end().await;
}
