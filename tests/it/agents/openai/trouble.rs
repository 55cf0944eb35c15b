//! Servers that fail, in all the ways that they have.

use std::time::Duration;

use timmy::agents::{Agent, AgentTrouble, FailureKind, Sighting, Started};
use timmy::clock::Clock;

use super::stage::{MENDS, Stage};
use crate::support::clock::MINUTE;

async fn failure(stage: &Stage, prompt: &str) -> (FailureKind, String) {
    match stage.end_of(prompt).await {
        Sighting::Failed { kind, reason, .. } => (kind, reason),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    for passing in
        ["[[drop]]", "[[garbage]]", "[[huge]]", "[[cut:It broke off here.]]", "[[status:502]]"]
    {
        let stage = Stage::new().await;
        let end = stage.end_of(&format!("{passing}{MENDS}")).await;
        assert!(matches!(end, Sighting::Ended(_)), "{passing}: {end:?}");
        assert_eq!(stage.model.asked().len(), 4, "{passing}");
    }
}

#[tokio::test]
async fn what_does_not_pass_ends_it() {
    let stage = Stage::new().await;
    let (kind, reason) = failure(&stage, "[[always:500]]").await;
    assert_eq!(kind, FailureKind::Upstream);
    assert!(reason.contains("fake upstream error 500"), "{reason}");
    assert_eq!(stage.model.asked().len(), 5);
    let paused = stage.clock.paused();
    assert!(paused.windows(2).all(|pair| pair[0] < pair[1]), "{paused:?}");
}

#[tokio::test]
async fn a_model_that_is_gone_and_a_key_that_is_refused() {
    let stage = Stage::new().await;
    stage.model.has(&["another"]);
    let (kind, reason) = failure(&stage, MENDS).await;
    assert_eq!(kind, FailureKind::ModelGone);
    assert!(reason.contains("does not exist"), "{reason}");

    let other = Stage::new().await;
    other.model.wants("another");
    let (kind, _) = failure(&other, MENDS).await;
    assert_eq!(kind, FailureKind::BadKey);
}

#[tokio::test]
async fn a_short_wait_is_waited_for() {
    let stage = Stage::new().await;
    stage.model.tells("retry-after", "7");
    let end = stage.end_of(&format!("[[status:429]]{MENDS}")).await;
    assert!(matches!(end, Sighting::Ended(_)), "{end:?}");
    assert_eq!(stage.clock.paused(), [Duration::from_secs(7)]);
}

#[tokio::test]
async fn a_quota_that_is_spent_for_long_ends_it_and_whoever_tries_it_again_is_not_refused_here() {
    let stage = Stage::new().await;
    stage.model.tells("x-ratelimit-remaining-tokens", "0");
    stage.model.tells("x-ratelimit-reset-tokens", "2h0m0s");
    stage.model.tells("retry-after", "");
    let until = Some(stage.clock.now().after(2 * 60 * MINUTE));
    let (kind, _) = failure(&stage, "[[always:429]]").await;
    assert_eq!(kind, FailureKind::PoolSpent { until });

    // What the ledger knows of it says when it is tried: a person may want that sooner.
    assert!(stage.agent.health().await.is_ok());
    let another = timmy::agents::StoredRequest { key: "another".into(), ..stage.prepared(MENDS) };
    let started = stage.agent.start(&another).await.unwrap();
    assert!(matches!(started, Started::Accepted(_)), "{started:?}");
}

#[tokio::test]
async fn a_server_that_hangs_is_left() {
    let stage = Stage::new().await;
    let handle = stage.start("[[wait:never]][[say:Hello]]").await;
    for times in 1..=5 {
        stage.asked(times).await;
        stage.clock.advance(6 * MINUTE);
    }
    let end = stage.end(&handle).await;
    let is_silence = |reason: &str| reason.contains("did not go on within 5 minutes");
    assert!(
        matches!(&end, Sighting::Failed { kind: FailureKind::Upstream, reason, .. } if is_silence(reason)),
        "{end:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for_and_that_is_told() {
    let stage = Stage::with(|options| options.url = "http://127.0.0.1:9/v1".parse().unwrap()).await;
    let handle = stage.start(MENDS).await;
    let trouble = loop {
        match stage.agent.follow(&handle).await {
            Ok(Sighting::Working { .. }) => tokio::task::yield_now().await,
            Ok(other) => panic!("{other:?}"),
            Err(trouble) => break trouble,
        }
    };
    assert!(matches!(trouble, AgentTrouble::Down(_)), "{trouble:?}");
    let end = stage.end(&handle).await;
    assert!(matches!(end, Sighting::Failed { kind: FailureKind::Upstream, .. }), "{end:?}");
    let days: Duration = stage.clock.paused().iter().sum();
    assert!(days > 3 * 24 * 60 * MINUTE);
}
