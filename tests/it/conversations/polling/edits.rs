//! An edit that was found: nobody knows who made it.

use std::time::Duration;

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{DeliveryFault, Gate};

use crate::conversations::polling::stage::awake;
use crate::conversations::talk::talk;
use crate::support::clock::{MINUTE, PATIENCE};

#[tokio::test]
async fn what_it_adds_has_to_be_said_again_and_that_is_said_once() {
    let stage = awake().await;
    let id = stage.says("alexander", "Hm.");
    stage.wait(MINUTE).await;
    stage.sandbox.edit_comment("walt", id, "/timmy hold").unwrap();
    stage.says("rita", "Something that moves the thread.");
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let said = stage.replies_in("foundation/door", 1);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert_snapshot!(said[0].1, @"**Not done.** I cannot tell who added this by an edit, or when. Please say it again in a new comment.");

    stage.sandbox.edit_comment("alexander", id, "/timmy hold\n/timmy ping").unwrap();
    stage.wait(60 * MINUTE).await;
    stage.wait(PATIENCE).await;
    assert_eq!(stage.answered().len(), 1);
}

#[tokio::test]
async fn it_moves_nothing_and_is_found_within_the_hour() {
    let stage = awake().await;
    let id = stage.says("alexander", "Hm.");
    stage.wait(10 * MINUTE).await;
    stage.sandbox.edit_comment("alexander", id, "/timmy hold").unwrap();
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    assert!(stage.answered().is_empty());
    stage.wait(60 * MINUTE).await;
    stage.wait(PATIENCE).await;
    assert_eq!(stage.answered().len(), 1);
}

#[tokio::test]
async fn a_comment_that_was_changed_before_it_was_found_has_to_be_said_again() {
    let stage = awake().await;
    let id = stage.says("alexander", "Hm.");
    stage.clock.advance(Duration::from_secs(5));
    stage.sandbox.edit_comment("walt", id, "/timmy hold").unwrap();
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    assert_eq!(stage.answered().len(), 1);
    assert!(stage.replies_in("foundation/door", 1)[0].1.starts_with("**Not done.**"));
}

#[tokio::test]
async fn without_a_new_command_it_is_left_alone() {
    let stage = awake().await;
    stage.ask("alexander", "/timmy hold").await;
    let id = stage.sandbox.comments("foundation/door", 1).unwrap()[0].id;
    stage.sandbox.edit_comment("walt", id, "/timmy hold\n\nplease").unwrap();
    stage.wait(60 * MINUTE).await;
    stage.wait(PATIENCE).await;
    assert_eq!(stage.answered().len(), 1);
}

#[tokio::test]
async fn a_webhook_that_comes_while_it_waits_shows_who_made_it() {
    talk(async |t| {
        let id = t.says("walt", "Hm.");
        t.quiet().await;
        let gate = Gate::new();
        t.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
        t.sandbox.edit_comment("walt", id, "/timmy size s").unwrap();
        t.says("rita", "Something that moves the thread.");
        t.wait(MINUTE).await;
        t.nothing_unread();
        gate.open();
        t.quiet().await;
        assert_eq!(t.replies(), ["Now size **s**."]);
        t.saw(Subject::Comment(id), "eyes");
    })
    .await;
}
