//! Edits: what is added is run, what stood before is not, and nobody is made to say anything.

use std::time::Duration;

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{DeliveryFault, Gate};

use crate::conversations::talk::{Talk, talk};

/// Somebody comments; its id, when timmy has stored it.
async fn said(t: &Talk, who: &str, text: &str) -> i64 {
    let comment = t.says(who, text);
    t.quiet().await;
    comment
}

/// The one unread reply.
fn reply(t: &Talk) -> String {
    let [reply] = <[String; 1]>::try_from(t.replies()).unwrap();
    reply
}

/// Somebody edits a comment; the one reply to that.
async fn edited(t: &Talk, who: &str, comment: i64, text: &str) -> String {
    t.sandbox.edit_comment(who, comment, text).unwrap();
    t.quiet().await;
    reply(t)
}

#[tokio::test]
async fn what_an_edit_adds_is_run() {
    talk(async |t| {
        let comment = said(t, "walt", "Let us see.").await;
        assert_snapshot!(edited(t, "walt", comment, "Let us see.\n\n/timmy size s").await,
            @"Now size **s**.");
        t.saw(Subject::Comment(comment), "eyes");
    })
    .await;
}

#[tokio::test]
async fn what_stood_before_is_not_run_again() {
    talk(async |t| {
        let comment = said(t, "walt", "/timmy hold").await;
        t.saw(Subject::Comment(comment), "eyes");
        reply(t);
        t.ask("walt", "/timmy unhold").await;
        t.sandbox.edit_comment("walt", comment, "/timmy hold\n\nbecause").unwrap();
        t.quiet().await;
        assert!(t.ask("walt", "/timmy status").await.starts_with("**Nothing is running here.**"));
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_edit_has_to_be_said_again_and_that_is_said_once() {
    talk(async |t| {
        let comment = said(t, "rita", "The door is stuck.").await;
        assert_snapshot!(edited(t, "walt", comment, "/timmy hold").await, @"**Not done.** I cannot tell who added this by an edit, or when. Please say it again in a new comment.");
        t.saw(Subject::Comment(comment), "eyes");
        t.sandbox.edit_comment("walt", comment, "/timmy hold\n/timmy ping").unwrap();
        t.quiet().await;
    })
    .await;
}

#[tokio::test]
async fn a_yes_never_comes_by_an_edit() {
    talk(async |t| {
        let comment = said(t, "anna", "Hm.").await;
        assert_snapshot!(edited(t, "anna", comment, "/timmy approve").await,
            @"**Not done.** `approve` counts only in a new comment: say it again below.");
        t.saw(Subject::Comment(comment), "eyes");
    })
    .await;
}

#[tokio::test]
async fn a_creation_that_comes_after_its_edit_runs_what_still_stands() {
    talk(async |t| {
        let gate = Gate::new();
        t.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
        let comment = said(t, "walt", "/timmy ping\n/timmy size l").await;
        t.sandbox.edit_comment("walt", comment, "/timmy size l\n/timmy hold").unwrap();
        t.quiet().await;
        t.nothing_unread();
        gate.open();
        t.quiet().await;
        assert_snapshot!(reply(t), @"Now size **l**.");
        t.wait(Duration::from_secs(10)).await;
        assert_snapshot!(reply(t), @"**On hold** until `/timmy unhold`.");
        t.saw(Subject::Comment(comment), "eyes");
    })
    .await;
}

#[tokio::test]
async fn an_edit_of_an_unknown_text_has_to_be_said_again() {
    talk(async |t| {
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        let comment = said(t, "walt", "Hm.").await;
        t.sandbox.edit_comment("walt", comment, "/timmy hold").unwrap();
        t.quiet().await;
        t.nothing_unread();
        t.wait(Duration::from_secs(10)).await;
        assert_snapshot!(reply(t), @"**Not done.** I cannot tell who added this by an edit, or when. Please say it again in a new comment.");
        t.saw(Subject::Comment(comment), "eyes");
    })
    .await;
}
