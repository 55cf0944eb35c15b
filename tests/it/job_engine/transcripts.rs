//! What attempts said and did is kept, and no job waits for it.

use timmy::core::jobs::{JobId, StateKind};
use timmy::store::jobs::{self, AttemptLog};

use super::scripted::ended;
use super::stage::{Stage, awake};
use crate::support::clock::{MINUTE, SECOND};

async fn logs(stage: &Stage, job: JobId) -> Vec<AttemptLog> {
    stage.app.timmy.read(move |conn| jobs::attempt_logs(conn, job)).await
}

#[tokio::test]
async fn what_an_attempt_did_is_kept_when_it_is_over() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    assert_eq!(logs(&stage, job).await[0].transcript, None, "it still works");
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    let log = logs(&stage, job).await.remove(0);
    assert!(log.asked.contains("Door 1"), "{log:?}");
    assert!(log.transcript.is_some_and(|kept| kept.contains("reads `door.rs`")));
    assert_eq!(log.said.as_deref(), Some("done"));
    stage.end().await;
}

#[tokio::test]
async fn what_is_stopped_is_kept_as_well() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.cancel(job).await;
    stage.pass(MINUTE, SECOND * 10).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    assert!(logs(&stage, job).await[0].transcript.is_some());
    stage.end().await;
}

#[tokio::test]
async fn what_was_not_kept_before_a_crash_is_asked_for_afterwards() {
    let mut stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.ezra.script().hangs_at_transcript = true;
    stage.ezra.goes(ended("done"));
    stage.app.clock.advance(SECOND * 11);
    stage.app.timmy.engine().notify();
    stage.ezra.hangs().await;
    stage.app.timmy.kill().await;
    stage.ezra.script().hangs_at_transcript = false;
    stage.app.wake().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert!(logs(&stage, job).await[0].transcript.is_some());
    stage.end().await;
}

#[tokio::test]
async fn an_agent_that_tells_none_holds_no_job_up() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.ezra.script().hangs_at_transcript = true;
    stage.ezra.goes(ended("done"));
    stage.app.clock.advance(SECOND * 11);
    stage.app.timmy.engine().notify();
    stage.ezra.hangs().await;
    stage.app.clock.advance(SECOND * 11);
    stage.app.quiet().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_eq!(logs(&stage, job).await[0].transcript, None);
    stage.end().await;
}
