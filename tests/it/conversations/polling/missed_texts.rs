//! What is said without a webhook is found, whatever form it has.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{DeliveryFault, Gate, ReviewState};

use crate::conversations::polling::stage::{asleep, awake};
use crate::conversations::talk::talk;
use crate::support::clock::{HOUR, MINUTE, PATIENCE};
use crate::support::forge::DOOR;

#[tokio::test]
async fn a_comment() {
    let stage = awake().await;
    assert_snapshot!(stage.ask("alexander", "/timmy hold").await, @"**On hold** until `/timmy unhold`.");
    stage.wait(MINUTE).await;
    stage.wait(MINUTE).await;
    assert_eq!(stage.answered().len(), 1);
}

#[tokio::test]
async fn a_comment_in_a_pull_request() {
    let stage = awake().await;
    let number = stage.sandbox.open_pull("anna", DOOR, "Oil", "It helps.", "oil").unwrap();
    stage.wait(MINUTE).await;
    let id = stage.sandbox.comment("anna", DOOR, number, "/timmy ping").unwrap();
    stage.wait(MINUTE).await;
    stage.reply_in(DOOR, number, &format!("c{id}"));
}

#[tokio::test]
async fn the_body_of_a_new_issue_or_pull_request() {
    let stage = awake().await;
    let issue = stage.sandbox.open_issue("anna", DOOR, "Rust", "/timmy hold").unwrap();
    let pull = stage.sandbox.open_pull("anna", DOOR, "Oil", "/timmy size s", "oil").unwrap();
    stage.wait(MINUTE).await;
    for number in [issue, pull] {
        let Subject::Issue(id) = stage.sandbox.issue_subject(DOOR, number).unwrap() else {
            unreachable!()
        };
        stage.reply_in(DOOR, number, &format!("i{id}"));
    }
    stage.wait(MINUTE).await;
    assert_eq!(stage.replies_in(DOOR, issue).len(), 1);
}

#[tokio::test]
async fn a_body_that_may_have_been_changed_since_is_left_alone() {
    let stage = awake().await;
    let number = stage.sandbox.open_issue("anna", DOOR, "Rust", "Hm.").unwrap();
    stage.clock.advance(MINUTE / 2);
    stage.sandbox.edit_issue("walt", DOOR, number, "/timmy hold").unwrap();
    stage.wait(MINUTE).await;
    assert!(stage.replies_in(DOOR, number).is_empty());
}

#[tokio::test]
async fn a_review_and_its_comments_on_lines() {
    let stage = awake().await;
    let number = stage.sandbox.open_pull("anna", DOOR, "Oil", "It helps.", "oil").unwrap();
    stage.wait(MINUTE).await;
    let lines = [("hinge.rs", "/timmy size s"), ("lock.rs", "Fine.")];
    let verdict = ReviewState::Comment;
    stage.sandbox.review("alexander", DOOR, number, verdict, "/timmy ping", &lines).unwrap();
    for _ in 0..4 {
        stage.wait(MINUTE).await;
    }
    let said = stage.replies_in(DOOR, number);
    assert_eq!(said.len(), 2, "{said:#?}");
    assert_snapshot!(said[0].1, @"**Here.** timmy 0.1.0 hears this thread and can answer in it.");
    assert_snapshot!(said[1].1, @"Now size **s**.");
    for (key, _) in said {
        let comment = Subject::Comment(key[1..].parse().unwrap());
        let reactions = stage.sandbox.reactions(comment);
        assert_eq!(reactions, [("timmy".to_owned(), "eyes".to_owned())]);
    }
}

#[tokio::test]
async fn who_was_assigned_before_timmy_came_was_given_nothing() {
    let mut stage = asleep().await;
    stage.sandbox.assign("walt", DOOR, 1, &["ezra"]).unwrap();
    stage.clock.advance(HOUR);
    stage.wake().await;
    stage.wait(MINUTE).await;
    stage.sandbox.label("walt", DOOR, 1, &["size/s"]).unwrap();
    stage.wait(MINUTE).await;
    assert!(stage.answered().is_empty(), "{:?}", stage.answered());
    stage.sandbox.assign("walt", DOOR, 1, &[]).unwrap();
    stage.wait(MINUTE).await;
    stage.sandbox.assign("walt", DOOR, 1, &["ezra"]).unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(stage.answered().len(), 1, "{:?}", stage.answered());
}

#[tokio::test]
async fn who_was_assigned_while_timmy_slept_is_found() {
    let mut stage = awake().await;
    stage.timmy.stop().await;
    stage.sandbox.assign("walt", DOOR, 1, &["ezra"]).unwrap();
    stage.clock.advance(HOUR);
    stage.wake().await;
    stage.wait(MINUTE).await;
    assert_eq!(stage.answered().len(), 1, "{:?}", stage.answered());
}

#[tokio::test]
async fn a_reply_on_a_line() {
    let stage = awake().await;
    let number = stage.sandbox.open_pull("anna", DOOR, "Oil", "It helps.", "oil").unwrap();
    let lines = [("hinge.rs", "Why?")];
    let verdict = ReviewState::Comment;
    let review = stage.sandbox.review("anna", DOOR, number, verdict, "Hm.", &lines).unwrap();
    stage.wait(10 * MINUTE).await;
    let reply = stage.sandbox.reply_to_review("rita", DOOR, number, review, "/timmy ping");
    stage.wait(MINUTE).await;
    stage.wait(MINUTE).await;
    stage.reply_in(DOOR, number, &format!("c{}", reply.unwrap()));
    assert_eq!(stage.replies_in(DOOR, number).len(), 1);
}

#[tokio::test]
async fn a_draft_counts_from_when_it_was_submitted() {
    let mut stage = asleep().await;
    let number = stage.sandbox.open_pull("anna", DOOR, "Oil", "It helps.", "oil").unwrap();
    let lines = [("hinge.rs", "/timmy size s")];
    let review = stage.sandbox.begin_review("alexander", DOOR, number, &lines).unwrap();
    stage.clock.advance(60 * MINUTE);
    stage.wake().await;
    stage.sandbox.submit_review("alexander", DOOR, number, review, "/timmy ping").unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(stage.replies_in(DOOR, number).len(), 2);
}

#[tokio::test]
async fn what_a_reviews_webhook_does_not_hold_is_read() {
    talk(async |t| {
        let number = t.sandbox.open_pull("anna", DOOR, "Oil", "It helps.", "oil").unwrap();
        t.quiet().await;
        let lines = [("hinge.rs", "/timmy ping")];
        t.sandbox.review("rita", DOOR, number, ReviewState::Comment, "Hm.", &lines).unwrap();
        t.quiet().await;
        let said = t.sandbox.comments(DOOR, number).unwrap();
        assert_snapshot!(said[0].body.lines().next().unwrap(), @"**Here.** timmy 0.1.0 hears this thread and can answer in it.");
        assert_eq!(said.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn webhook_and_poll_of_one_comment_give_one_reply() {
    talk(async |t| {
        t.ask("walt", "/timmy hold").await;
        t.wait(MINUTE).await;
        t.wait(MINUTE).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_lost_webhook_held_is_found_a_minute_later() {
    talk(async |t| {
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        let id = t.says("alexander", "/timmy ping");
        t.quiet().await;
        t.nothing_unread();
        t.wait(MINUTE).await;
        t.saw(Subject::Comment(id), "eyes");
        assert_eq!(t.replies().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_poll_does_not_show_what_a_writer_may() {
    let stage = awake().await;
    let id = stage.says("walt", "/timmy hold");
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    assert_snapshot!(stage.reply(&format!("c{id}")), @r"**Not done.** `hold` is for people who may write to this repository. Here the forge does not tell me whether you may: if so, say it in a new comment. Otherwise \@alexander can do it, or give you the right (`people.operators` in my configuration).");
}

#[tokio::test]
async fn a_webhook_slower_than_the_poll_still_counts() {
    talk(async |t| {
        let gate = Gate::new();
        t.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
        let id = t.says("walt", "/timmy hold");
        t.wait(MINUTE).await;
        t.nothing_unread();
        gate.open();
        t.quiet().await;
        assert_eq!(t.replies(), ["**On hold** until `/timmy unhold`."]);
        t.saw(Subject::Comment(id), "eyes");
    })
    .await;
}
