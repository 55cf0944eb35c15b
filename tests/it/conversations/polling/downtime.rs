//! What is older than the first look is the past; what happened while timmy was down is not.

use std::time::Duration;

use timmy::clock::Clock;
use timmy::sandbox::{Mode, ReviewState};
use timmy::store::backup::{Existing, backup};

use crate::conversations::polling::stage::{asleep, awake};
use crate::support::app::App;
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

/// Comments, a body and a review, all with a command.
fn history(stage: &App, repo: &str) -> i64 {
    let number = stage.sandbox.open_issue("alexander", repo, "Old", "/timmy ping").unwrap();
    stage.sandbox.comment("alexander", repo, number, "/timmy hold").unwrap();
    let pull = stage.sandbox.open_pull("anna", repo, "Old", "/timmy ping", "old").unwrap();
    let lines = [("hinge.rs", "/timmy ping")];
    let verdict = ReviewState::Comment;
    stage.sandbox.review("alexander", repo, pull, verdict, "/timmy ping", &lines).unwrap();
    number
}

/// Something that makes timmy look at the threads of [`history`] again.
fn stir(stage: &App, repo: &str, number: i64) {
    for thread in [number, number + 1] {
        stage.sandbox.comment("rita", repo, thread, "Any news?").unwrap();
    }
}

#[tokio::test]
async fn the_first_start_leaves_the_past_alone() {
    let mut stage = asleep().await;
    let number = history(&stage, DOOR);
    stage.clock.advance(Duration::from_secs(5));
    stage.wake().await;
    stir(&stage, DOOR, number);
    stage.wait(MINUTE).await;
    assert!(stage.replies_in(DOOR, number).is_empty());
    assert!(stage.replies_in(DOOR, number + 1).is_empty());
    stage.ask("alexander", "/timmy ping").await;
}

#[tokio::test]
async fn a_new_repository_counts_from_when_it_is_first_seen() {
    let stage = awake().await;
    stage.sandbox.add_repo("foundation/attic", false).unwrap();
    stage.sandbox.collaborator("foundation/attic", "anna", Mode::Write).unwrap();
    let number = history(&stage, "foundation/attic");
    stage.wait(MINUTE).await;
    stir(&stage, "foundation/attic", number);
    let ping = stage.sandbox.comment("alexander", "foundation/attic", number, "/timmy ping");
    stage.wait(MINUTE).await;
    stage.reply_in("foundation/attic", number, &format!("c{}", ping.unwrap()));
    assert_eq!(stage.replies_in("foundation/attic", number).len(), 1);
    assert!(stage.replies_in("foundation/attic", number + 1).is_empty());
}

#[tokio::test]
async fn what_was_said_while_timmy_was_down_is_answered_at_the_next_start() {
    let mut stage = awake().await;
    stage.timmy.stop().await;
    stage.clock.advance(60 * MINUTE);
    let id = stage.says("alexander", "/timmy hold");
    let issue = stage.sandbox.open_issue("anna", DOOR, "Rust", "/timmy size s").unwrap();
    stage.clock.advance(48 * 60 * MINUTE);
    stage.wake().await;
    stage.reply(&format!("c{id}"));
    assert_eq!(stage.replies_in(DOOR, issue).len(), 1);
}

#[tokio::test]
async fn a_copy_of_a_ledger_starts_anew() {
    let mut stage = awake().await;
    stage.timmy.stop().await;
    let ledger = stage.timmy.path("timmy.db");
    let copy = stage.timmy.path("copy.db");
    backup(&ledger, &copy, Existing::Keep, stage.clock.now()).unwrap();
    std::fs::rename(copy, ledger).unwrap();
    stage.clock.advance(MINUTE);
    stage.says("alexander", "/timmy hold");
    stage.clock.advance(MINUTE);
    stage.wake().await;
    assert!(stage.answered().is_empty());
    stage.ask("alexander", "/timmy ping").await;
    stage.timmy.stop().await;

    stage.says("alexander", "/timmy hold");
    stage.wake().await;
    assert_eq!(stage.answered().len(), 2);
}

#[tokio::test]
async fn what_was_not_watched_for_a_time_is_not_answered_later() {
    let mut stage = awake().await;
    stage.timmy.stop().await;
    stage.timmy.config.set("gitea.watch", ["foundation/cellar"]);
    stage.wake().await;
    stage.says("alexander", "/timmy hold");
    stage.wait(60 * MINUTE).await;
    stage.timmy.stop().await;
    stage.timmy.config.set("gitea.watch", ["foundation"]);
    stage.wake().await;
    assert!(stage.answered().is_empty());
    stage.ask("alexander", "/timmy ping").await;
}
