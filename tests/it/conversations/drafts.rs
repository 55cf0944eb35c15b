//! Reviews that are begun and not submitted. Servers before 1.24.3 tell of each edit of their
//! comments all the same.

use timmy::core::model::ids::Subject;
use timmy::sandbox::{DeliveryFault, Gate, Version};

use crate::conversations::talk::{Talk, talk, talk_on};
use crate::support::clock::{MINUTE, PATIENCE};
use crate::support::forge::DOOR;

/// walt begins a review with one remark: the pull request, the review and the remark.
async fn begun(t: &Talk, remark: &str) -> (i64, i64, i64) {
    let number = t.proposes("anna", "Oil the hinges", "").await;
    let lines = [("hinge.rs", remark)];
    let review = t.sandbox.begin_review("walt", DOOR, number, &lines).unwrap();
    let id = t.sandbox.remarks(DOOR, number).unwrap()[0];
    (number, review, id)
}

/// walt changes a remark of his draft, and has patience.
async fn changes(t: &Talk, id: i64, remark: &str) {
    t.clock.advance(MINUTE);
    t.sandbox.edit_comment("walt", id, remark).unwrap();
    t.quiet().await;
    t.wait(PATIENCE).await;
    t.nothing_unread();
}

#[tokio::test]
async fn a_draft_is_no_comment_yet() {
    for command in ["/timmy ping", "/timmy png", "@timmy thanks"] {
        talk_on(Version::V1_22, async |t| {
            let (.., id) = begun(t, "please look").await;
            changes(t, id, command).await;
            changes(t, id, "please look again").await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_a_draft_holds_when_it_is_submitted_runs_once() {
    for version in Version::ALL {
        talk_on(version, async |t| {
            let (number, review, id) = begun(t, "please look").await;
            for remark in ["/timmy png", "please look again", "please look.\n\n/timmy ping"] {
                changes(t, id, remark).await;
            }
            t.clock.advance(MINUTE);
            t.sandbox.submit_review("walt", DOOR, number, review, "").unwrap();
            t.quiet().await;
            let reply = match version {
                Version::V1_27 => {
                    t.saw(Subject::Comment(id), "eyes");
                    t.on_lines(number).concat()
                }
                _ => t.answer_to(DOOR, number, Subject::Comment(id)),
            };
            assert_eq!(reply.matches("**Here.**").count(), 1, "{version}: {reply}");
            t.polls().await;
        })
        .await;
    }
}

#[tokio::test]
async fn so_it_does_if_it_is_submitted_right_after_its_last_edit() {
    for told in [true, false] {
        talk_on(Version::V1_22, async |t| {
            let (number, review, id) = begun(t, "please look").await;
            t.clock.advance(MINUTE);
            t.sandbox.edit_comment("walt", id, "/timmy ping").unwrap();
            t.quiet().await;
            if !told {
                t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
            }
            t.sandbox.submit_review("walt", DOOR, number, review, "").unwrap();
            t.quiet().await;
            t.wait(PATIENCE).await;
            t.polls().await;
            let reply = t.answer_to(DOOR, number, Subject::Comment(id));
            assert!(reply.starts_with("**Here.**"), "{reply}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_draft_that_is_told_late_changes_nothing() {
    talk_on(Version::V1_22, async |t| {
        let (number, review, id) = begun(t, "please look").await;
        t.clock.advance(MINUTE);
        let gate = Gate::new();
        t.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
        t.sandbox.edit_comment("walt", id, "/timmy ping").unwrap();
        t.sandbox.submit_review("walt", DOOR, number, review, "").unwrap();
        t.wait(MINUTE).await;
        gate.open();
        t.quiet().await;
        t.wait(PATIENCE).await;
        let reply = t.answer_to(DOOR, number, Subject::Comment(id));
        assert!(reply.starts_with("**Here.**"), "{reply}");
    })
    .await;
}

#[tokio::test]
async fn a_slip_in_it_is_answered_once() {
    talk_on(Version::V1_22, async |t| {
        let (number, review, id) = begun(t, "please look").await;
        changes(t, id, "/timmy png").await;
        t.sandbox.submit_review("walt", DOOR, number, review, "").unwrap();
        t.quiet().await;
        let reply = t.answer_to(DOOR, number, Subject::Comment(id));
        assert!(reply.contains("Did you mean `/timmy ping`?"), "{reply}");
        t.polls().await;
    })
    .await;
}

#[tokio::test]
async fn an_edit_after_it_was_submitted_is_an_edit() {
    talk(async |t| {
        let (number, review, id) = begun(t, "please look").await;
        t.clock.advance(MINUTE);
        t.sandbox.submit_review("walt", DOOR, number, review, "").unwrap();
        t.quiet().await;
        changes(t, id, "please look again").await;
        t.clock.advance(MINUTE);
        t.sandbox.edit_comment("walt", id, "/timmy ping").unwrap();
        t.quiet().await;
        let said = t.sandbox.comments(DOOR, number).unwrap();
        t.saw(Subject::Comment(id), "eyes");
        assert_eq!(said.len(), 1, "{said:#?}");
        t.reads(&said);
    })
    .await;
}
