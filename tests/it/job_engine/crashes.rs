//! A crash at each step: what may have been started is looked for, and nothing is begun twice.

use timmy::clock::Clock as _;
use timmy::core::jobs::{CancelReason, State, StateKind};
use timmy::store::backup::{Existing, backup};

use super::scripted::{AtStart, ended};
use super::stage::{Stage, awake};
use crate::support::clock::{HOUR, MINUTE, SECOND};
use crate::support::forge::DOOR;

async fn crash(stage: &mut Stage) {
    stage.app.timmy.kill().await;
    stage.ezra.answers();
    stage.app.clock.advance(SECOND);
    stage.app.wake().await;
}

/// A job whose start never gets an answer; whether it runs.
async fn starting(stage: &Stage, runs: bool) -> timmy::core::jobs::JobId {
    stage.ezra.script().at_start.push_back(AtStart::Hang(runs));
    let assigned = stage.assign(1, Some("ezra"));
    tokio::select! {
        _ = assigned => panic!("it hangs"),
        () = stage.ezra.hangs() => {}
    }
    timmy::core::jobs::JobId(1)
}

#[tokio::test]
async fn a_start_that_was_sent_is_found() {
    let mut stage = awake().await;
    let job = starting(&stage, true).await;
    crash(&mut stage).await;
    assert_eq!(stage.ezra.script().sought.len(), 1, "it is looked for");
    assert_eq!(stage.ezra.script().sent.len(), 1, "and not sent again");
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    stage.end().await;
}

#[tokio::test]
async fn a_start_that_was_not_sent_is_sent_word_for_word() {
    let mut stage = awake().await;
    let job = starting(&stage, false).await;
    crash(&mut stage).await;
    assert_eq!(stage.ezra.script().sought.len(), 1, "it is looked for first");
    let sent = stage.ezra.script().sent.clone();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_eq!(stage.attempts(job).await.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_start_without_an_answer_is_looked_for_in_the_same_run_as_well() {
    let stage = awake().await;
    stage.ezra.script().at_start.extend([AtStart::Drop, AtStart::Swallow]);
    let job = stage.assign(1, Some("ezra")).await;
    stage.pass(SECOND * 20, SECOND * 5).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert_eq!(stage.ezra.script().sent.len(), 2);
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    stage.end().await;
}

#[tokio::test]
async fn what_runs_while_timmy_is_dead_is_followed_afterwards() {
    let mut stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.ezra.script().hangs_at_follow = true;
    stage.app.clock.advance(SECOND * 11);
    stage.app.timmy.engine().notify();
    stage.ezra.hangs().await;
    stage.ezra.goes(ended("done"));
    crash(&mut stage).await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_eq!(stage.ezra.script().sent.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn an_agent_that_forgot_its_attempt_has_lost_it() {
    let mut stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.ezra.script().is_forgetful = true;
    crash(&mut stage).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    stage.ezra.script().is_forgetful = false;
    stage.ezra.script().plan.push_back(ended("done"));
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    let orders = stage.forge.script().orders.clone();
    assert_eq!(orders[1].branch.number(), 2, "the first may still push to its own");
    stage.end().await;
}

#[tokio::test]
async fn what_nobody_can_tell_is_asked_about_and_given_up_after_a_day() {
    let mut stage = awake().await;
    let job = starting(&stage, true).await;
    stage.ezra.script().is_unsure = true;
    crash(&mut stage).await;
    assert_eq!(stage.kind(job).await, StateKind::Uncertain);
    let asked = || {
        let said = stage.app.sandbox.comments(DOOR, 1).unwrap();
        said.iter().any(|said| said.body.starts_with("### Another attempt?"))
    };
    stage.pass(MINUTE * 8, MINUTE).await;
    assert!(!asked(), "most are found soon");
    stage.pass(MINUTE * 5, MINUTE).await;
    assert!(asked());
    stage.pass(HOUR * 23, HOUR).await;
    assert_eq!(stage.kind(job).await, StateKind::Uncertain);
    stage.pass(HOUR * 2, HOUR).await;
    match stage.job(job).await.state {
        State::Cancelled(cancelled) => assert_eq!(cancelled.reason, CancelReason::Uncertain),
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.ezra.script().sent.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_copy_has_a_name_and_numbers_of_its_own_and_looks_for_what_ran() {
    let mut stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    let (ledger, copy) = (stage.app.timmy.path("timmy.db"), stage.app.timmy.path("copy.db"));
    let now = stage.app.clock.now();
    backup(&ledger, &copy, Existing::Keep, now).unwrap();
    let first = stage.attempts(job).await.remove(0).key;
    stage.app.timmy.stop().await;
    for side in ["timmy.db", "timmy.db-wal", "timmy.db-shm"] {
        let _ = std::fs::remove_file(stage.app.timmy.path(side));
    }
    std::fs::rename(copy, ledger).unwrap();
    stage.app.wake().await;
    assert_eq!(stage.ezra.script().sought.len(), 1, "what the copy believes to run is looked for");
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    let next = stage.assign(2, Some("ezra")).await;
    assert!(next.0 > 1000, "{next}");
    let key = stage.attempts(next).await.remove(0).key;
    assert_ne!(first.split('-').next(), key.split('-').next());
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    stage.end().await;
}
