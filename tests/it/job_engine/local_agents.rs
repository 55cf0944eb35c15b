//! Jobs of an agent that is a program on timmy's host: from an issue to a pull request, or a question.

use std::sync::Arc;

use timmy::agents::{self, Agent, Sighting};
use timmy::chance::Chance;
use timmy::clock::Clock;
use timmy::core::jobs::{Done, JobId, State, StateKind};
use timmy::sandbox::Scopes;

use super::decisions::{BRANCH, questions};
use super::stage::{Stage, asleep};
use crate::confinement::stage::{lives, long, staged};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::forge::{DOOR, client};
use crate::support::process::a_moment;

/// ezra is a program here, run by these words; `command.py` is the example of this project.
async fn stage_of(words: &[&str]) -> (Stage, Arc<dyn Agent>) {
    let mut stage = asleep().await;
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/agents/command.py");
    std::fs::copy(example, stage.app.timmy.path("command.py")).unwrap();
    let timmy = &mut stage.app.timmy;
    let token = stage.app.sandbox.add_token("ezra", Scopes::all()).unwrap();
    std::fs::write(timmy.path("ezra.token"), token).unwrap();
    timmy.config = timmy
        .config
        .clone()
        .without_agents()
        .agent("ezra", ["coder"])
        .its("kind", "command")
        .its("command", words)
        .its("token_file", "ezra.token");
    let config = timmy.config.load(timmy.path("").as_path(), &timmy.token);
    let clock: Arc<dyn Clock> = Arc::new(timmy.clock.clone());
    let forge = client(&stage.app.sandbox, &timmy.token);
    let fleet = agents::fleet(&config, &forge, &clock, &Chance::seeded(1)).unwrap();
    let ezra = fleet["ezra"].clone();
    timmy.drivers.agents = fleet;
    timmy.drivers.forge = None;
    stage.app.wake().await;
    (stage, ezra)
}

/// Waits until the newest attempt of a job has ended, and timmy has seen it.
async fn end(stage: &Stage, ezra: &Arc<dyn Agent>, job: JobId) {
    let attempt = stage.attempts(job).await.pop().expect("an attempt");
    let run = serde_json::from_str(&attempt.run.expect("it runs")).unwrap();
    while matches!(ezra.follow(&run).await, Ok(Sighting::Working { .. })) {
        a_moment().await;
    }
    stage.follow().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_becomes_a_pull_request_of_its_account_and_a_repair_goes_on() {
    drop(staged!());
    let script = "grep -q 'You are in a clone' && echo oil >> oil.md && echo Oiled.";
    let (stage, ezra) = stage_of(&["./command.py", "bash", "-c", script]).await;
    let job = stage.assign(1, Some("ezra")).await;
    end(&stage, &ezra, job).await;
    assert_eq!(
        stage.job(job).await.state,
        State::Done(Done::Verified),
        "{:?}",
        stage.attempts(job).await
    );
    let sandbox = &stage.app.sandbox;
    assert_eq!(sandbox.file(DOOR, BRANCH, "oil.md").unwrap().as_deref(), Some("oil\n"));
    let log = stage.attempts(job).await[0].said.clone().unwrap();
    assert!(log.contains("\"summary\":\"Oiled.\""), "{log}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_it_failed_is_kept_for_whoever_goes_on() {
    drop(staged!());
    let (stage, ezra) = stage_of(&["bash", "-c", "echo 'no oil at hand' >&2; exit 3"]).await;
    let job = stage.assign(1, Some("ezra")).await;
    end(&stage, &ezra, job).await;
    let said = stage.attempts(job).await[0].said.clone();
    assert_eq!(said.as_deref(), Some("it ended with 3 and gave no result: no oil at hand"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_cannot_decide_becomes_a_question() {
    drop(staged!());
    let script = "echo '{\"result\":{\"outcome\":\"blocked\",\"summary\":\"Which oil?\"}}'; exit 1";
    let (stage, ezra) = stage_of(&["bash", "-c", script]).await;
    let job = stage.assign(1, Some("ezra")).await;
    end(&stage, &ezra, job).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    let asked = questions(&stage);
    assert!(asked.len() == 1 && asked[0].contains("Which oil?"), "{asked:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_cancelled_ends_and_leaves_nothing() {
    drop(staged!());
    let long = long();
    let script = format!("trap '' TERM; echo oil > oil.md; sleep {long}");
    let (stage, ezra) = stage_of(&["bash", "-c", &script]).await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.cancel(job).await;
    end(&stage, &ezra, job).await;
    stage.pass(MINUTE, SECOND * 10).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    assert!(!lives(&long));
    assert_eq!(stage.app.sandbox.branch_head(DOOR, BRANCH).unwrap(), None);
    stage.end().await;
}
