//! What issues wait for.

use crate::backlog::stage::{REPO, without_timmy};
use crate::support::clock::{HOUR, MINUTE};

#[tokio::test]
async fn it_is_known_from_the_beginning_and_when_it_changes() {
    let mut stage = without_timmy(2, 2).await;
    stage.sandbox.let_wait("anna", REPO, 1, ("halls/room-2", 1)).unwrap();
    stage.make_ready(REPO, 1..=1);
    stage.clock.advance(HOUR);
    stage.wake().await;
    let waits = |facts: &[timmy::core::scheduling::IssueFacts]| {
        facts.iter().map(|facts| facts.waits_for.len()).collect::<Vec<_>>()
    };
    assert_eq!(waits(&stage.facts().await), [1, 0, 0, 0]);
    stage.sandbox.let_wait("anna", REPO, 2, (REPO, 1)).unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(waits(&stage.facts().await), [1, 1, 0, 0]);
    stage.sandbox.set_open("anna", "halls/room-2", 1, false).unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(waits(&stage.facts().await), [0, 1, 0]);
}

#[tokio::test]
async fn what_is_closed_in_an_unwatched_repository_blocks_nothing_for_longer_than_an_hour() {
    let mut stage = without_timmy(2, 1).await;
    stage.timmy.config.set("gitea.watch", ["halls/room-1"]);
    stage.sandbox.let_wait("anna", REPO, 1, ("halls/room-2", 1)).unwrap();
    stage.make_ready(REPO, 1..=1);
    stage.clock.advance(HOUR);
    stage.wake().await;
    assert_eq!(stage.first().await.waits_for.len(), 1);
    stage.sandbox.set_open("anna", "halls/room-2", 1, false).unwrap();
    stage.wait(HOUR).await;
    stage.wait(MINUTE).await;
    assert!(stage.first().await.waits_for.is_empty());
}

#[tokio::test]
async fn who_moved_is_asked_once_and_the_best_are_asked_once() {
    let mut stage = without_timmy(1, 3).await;
    stage.make_ready(REPO, 1..=2);
    stage.clock.advance(HOUR);
    stage.wake().await;
    let asked = |paths: &[String]| paths.iter().filter(|p| p.contains("/dependencies")).count();
    let all: Vec<String> = stage.sandbox.requests().into_iter().map(|asked| asked.path).collect();
    assert_eq!(asked(&all), 2, "the third says nothing: it may not be handed out");
    stage.sandbox.comment("anna", REPO, 3, "Hm.").unwrap();
    assert_eq!(asked(&stage.asked_during(MINUTE).await), 1);
    assert_eq!(asked(&stage.asked_during(MINUTE).await), 0);
    assert_eq!(asked(&stage.asked_during(HOUR).await), 0);
}
