//! Cancel, deadlines, drain, and a stop of timmy's own.

use timmy::core::jobs::{AgentStop, State, StateKind};

use super::scripted::ended;
use super::stage::{awake, awake_where};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::config::Config;

#[tokio::test]
async fn a_cancelled_job_is_cancelled_when_its_agent_is_seen_to_have_stopped() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.cancel(job).await;
    stage.follow().await;
    assert_eq!(stage.ezra.script().stops.len(), 1);
    match stage.job(job).await.state {
        State::Cancelled(cancelled) => assert_eq!(cancelled.agent, AgentStop::Seen),
        other => panic!("{other:?}"),
    }
    stage.end().await;
}

#[tokio::test]
async fn an_agent_that_does_not_stop_is_not_waited_for_forever() {
    let stage = awake().await;
    stage.ezra.script().obeys = false;
    let job = stage.assign(1, Some("ezra")).await;
    stage.cancel(job).await;
    stage.pass(MINUTE, SECOND * 10).await;
    assert_eq!(stage.kind(job).await, StateKind::Running, "the issue stays leased");
    assert!(stage.ezra.script().stops.len() > 1, "it is asked again");
    stage.pass(MINUTE * 2, SECOND * 10).await;
    match stage.job(job).await.state {
        State::Cancelled(cancelled) => assert_eq!(cancelled.agent, AgentStop::NotSeen),
        other => panic!("{other:?}"),
    }
    stage.end().await;
}

#[tokio::test]
async fn one_that_is_silent_too_long_is_stopped_and_tried_again_elsewhere() {
    // Of those that watch the forge only the time in all counts.
    let talks = |config: Config| config.its("kind", "command").its("command", ["true"]);
    let stage = awake_where(talks).await;
    let job = stage.assign(1, None).await;
    let first = stage.attempts(job).await.remove(0);
    assert_eq!(first.agent, "bezalel");
    // As long as it moves, it is not silent.
    for _ in 0..9 {
        stage.bezalel.moves();
        stage.wait(MINUTE * 4).await;
    }
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.pass(MINUTE * 14, MINUTE).await;
    let attempts = stage.attempts(job).await;
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    assert_ne!(attempts[1].agent, first.agent);
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    stage.end().await;
}

#[tokio::test]
async fn draining_starts_nothing_and_follows_what_runs() {
    let stage = awake().await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.app.timmy.engine().drain();
    let second = stage.assign(2, Some("bezalel")).await;
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(stage.kind(second).await, StateKind::Queued);
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(first).await, StateKind::Done);
    stage.end().await;
}

#[tokio::test]
async fn a_stopped_timmy_finds_again_what_goes_on_without_it() {
    let mut stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.app.timmy.stop().await;
    stage.ezra.goes(ended("done"));
    stage.app.clock.advance(MINUTE * 90);
    stage.app.wake().await;
    assert_eq!(stage.kind(job).await, StateKind::Done, "its time was over, and nobody looked");
    assert_eq!(stage.ezra.script().sent.len(), 1);
    stage.end().await;
}
