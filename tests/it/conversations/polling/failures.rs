//! The forge is away, slow, or changes while it is read.

use std::time::Duration;

use timmy::sandbox::{Fault, Gate, Matcher};

use crate::conversations::polling::stage::{asleep, awake};
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

#[tokio::test]
async fn a_forge_that_is_away_delays_and_loses_nothing() {
    let stage = awake().await;
    let id = stage.says("alexander", "/timmy hold");
    stage.sandbox.faults().down();
    stage.wait(MINUTE).await;
    stage.wait(5 * MINUTE).await;
    stage.sandbox.faults().up();
    stage.wait(5 * MINUTE).await;
    stage.reply(&format!("c{id}"));
}

#[tokio::test]
async fn a_start_without_a_forge_is_a_start_all_the_same() {
    let mut stage = asleep().await;
    stage.clock.advance(MINUTE);
    stage.sandbox.faults().down();
    stage.wake().await;
    stage.sandbox.faults().up();
    stage.wait(5 * MINUTE).await;
    stage.ask("alexander", "/timmy ping").await;
}

#[tokio::test]
async fn comments_that_cannot_be_read_now_are_read_later() {
    let stage = awake().await;
    let id = stage.says("alexander", "/timmy hold");
    let comments = Matcher::method_path("GET", "/issues/comments");
    // A read is tried three times.
    for _ in 0..3 {
        stage.sandbox.faults().next(comments.clone(), Fault::ErrorAfter);
    }
    stage.wait(MINUTE).await;
    assert!(stage.answered().is_empty());
    stage.wait(30 * MINUTE).await;
    stage.reply(&format!("c{id}"));
}

#[tokio::test]
async fn one_repository_that_fails_does_not_keep_others_waiting() {
    let stage = awake().await;
    let id = stage.says("alexander", "/timmy hold");
    stage.sandbox.open_issue("anna", "foundation/cellar", "Wet", "It is.").unwrap();
    stage.sandbox.comment("anna", "foundation/cellar", 1, "Indeed.").unwrap();
    let cellar = Matcher::method_path("GET", "/cellar/issues/comments");
    stage.sandbox.faults().rate(1, cellar, 1000, Fault::ErrorAfter);
    stage.wait(MINUTE).await;
    stage.reply(&format!("c{id}"));
}

#[tokio::test]
async fn comments_deleted_between_two_pages_hide_no_other() {
    let stage = awake().await;
    let chat: Vec<i64> = (0..50).map(|n| stage.says("rita", &format!("Note {n}."))).collect();
    let commands = [0, 1, 2].map(|_| stage.says("alexander", "/timmy ping"));
    stage.says("rita", "And so on.");
    let gate = Gate::new();
    let first = Matcher::method_path("GET", "/issues/comments");
    stage.sandbox.faults().next(first, Fault::HangAfter(gate.clone()));
    let meddling = async {
        gate.reached().await;
        for id in &chat[..4] {
            stage.sandbox.delete_comment("rita", *id).unwrap();
        }
        gate.open();
    };
    tokio::join!(stage.wait(MINUTE), meddling);
    assert_eq!(stage.answered(), commands.map(|id| format!("c{id}")));
}

#[tokio::test]
async fn many_comments_are_read_in_turns() {
    let mut stage = awake().await;
    stage.timmy.stop().await;
    for n in 0..1_100 {
        stage.clock.advance(Duration::from_secs(1));
        stage.says("rita", &format!("Note {n}."));
    }
    let id = stage.says("alexander", "/timmy ping");
    stage.wake().await;
    assert!(stage.answered().is_empty());
    stage.wait(MINUTE).await;
    stage.reply(&format!("c{id}"));
}

#[tokio::test]
async fn a_repository_that_is_gone_is_no_incident() {
    let stage = awake().await;
    stage.says("alexander", "Hm.");
    let comments = Matcher::method_path("GET", "/issues/comments");
    stage.sandbox.faults().next(comments, Fault::BadGateway);
    stage.sandbox.rename(DOOR, "gate").unwrap();
    stage.wait(MINUTE).await;
    let id = stage.sandbox.comment("alexander", "foundation/gate", 1, "/timmy ping").unwrap();
    stage.wait(MINUTE).await;
    stage.reply_in("foundation/gate", 1, &format!("c{id}"));
}
