//! Whatever happens to an issue is known, by webhooks or by asking.

use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::Milestone;

use crate::backlog::stage::{Ear, ROOM, awake, without_timmy};
use crate::support::app::App;
use crate::support::clock::{HOUR, MINUTE};

const EARS: [Ear; 2] = [Ear::Webhooks, Ear::Polls];

/// A room with one issue, which timmy knows.
async fn room(ear: Ear) -> App {
    let stage = awake(1, 1, ear).await;
    assert_eq!(stage.open().await, ["halls/room-1#1"]);
    stage
}

#[tokio::test]
async fn issues_are_opened_closed_and_opened_again() {
    for ear in EARS {
        let stage = room(ear).await;
        let written = stage.first().await.opened_at;
        stage.sandbox.open_issue("anna", ROOM, "Mould", "Here.").unwrap();
        stage.hear(ear).await;
        assert_eq!(stage.open().await, ["halls/room-1#1", "halls/room-1#2"], "{ear:?}");
        stage.sandbox.set_open("anna", ROOM, 1, false).unwrap();
        stage.hear(ear).await;
        assert_eq!(stage.open().await, ["halls/room-1#2"], "{ear:?}");
        stage.sandbox.set_open("anna", ROOM, 2, false).unwrap();
        stage.sandbox.set_open("anna", ROOM, 1, true).unwrap();
        stage.hear(ear).await;
        assert_eq!(stage.open().await, ["halls/room-1#1"], "{ear:?}");
        let facts = stage.first().await;
        assert_eq!(facts.created_at, written);
        assert!(facts.opened_at > written, "{ear:?}");
    }
}

#[tokio::test]
async fn what_people_say_of_an_issue_is_known() {
    for ear in EARS {
        let stage = room(ear).await;
        let due = Timestamp::parse("2026-12-24T23:59:59Z").unwrap();
        stage.sandbox.add_label("halls", "priority/p1", true).unwrap();
        let milestone = stage.sandbox.add_milestone(ROOM, "Spring", Some(due)).unwrap();
        stage.sandbox.label("anna", ROOM, 1, &["priority/p1"]).unwrap();
        stage.sandbox.assign("anna", ROOM, 1, &["anna"]).unwrap();
        stage.sandbox.set_milestone("anna", ROOM, 1, milestone).unwrap();
        stage.hear(ear).await;
        let facts = stage.first().await;
        assert_eq!(*facts.labels, ["priority/p1"], "{ear:?}");
        assert_eq!(facts.assignees[0].login, "anna", "{ear:?}");
        let spring = Milestone { title: "Spring".into(), due_at: Some(due) };
        assert_eq!(facts.milestone.as_deref(), Some(&spring), "{ear:?}");
        assert!(!facts.readiness.scope);
        let text =
            format!("{}\n\nDone when it shines.\n\n- [ ] sweep", "Sweep the floor. ".repeat(9));
        stage.sandbox.edit_issue("anna", ROOM, 1, &text).unwrap();
        stage.hear(ear).await;
        let readiness = stage.first().await.readiness;
        assert!(readiness.scope && readiness.acceptance && readiness.checklist, "{ear:?}");
    }
}

#[tokio::test]
async fn what_no_webhook_tells_is_asked_for() {
    let stage = room(Ear::Polls).await;
    let due = Timestamp::parse("2026-12-24T08:00:00Z").unwrap();
    stage.sandbox.set_due("anna", ROOM, 1, due).unwrap();
    stage.sandbox.set_pinned("alexander", ROOM, 1, true).unwrap();
    stage.wait(MINUTE).await;
    let facts = stage.first().await;
    assert!(facts.pinned);
    assert_eq!(facts.due_at, Timestamp::parse("2026-12-24T23:59:59Z"));
    stage.sandbox.set_pinned("alexander", ROOM, 1, false).unwrap();
    stage.wait(MINUTE).await;
    assert!(!stage.first().await.pinned);
}

#[tokio::test]
async fn a_deleted_issue_leaves_at_once_or_within_the_hour() {
    let stage = room(Ear::Webhooks).await;
    stage.sandbox.delete_issue("alexander", ROOM, 1).unwrap();
    stage.hear(Ear::Webhooks).await;
    assert!(stage.open().await.is_empty());

    let stage = awake(2, 3, Ear::Polls).await;
    stage.sandbox.delete_issue("alexander", ROOM, 2).unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(stage.open().await.len(), 6, "no list tells");
    stage.wait(HOUR).await;
    stage.quiet().await;
    assert_eq!(stage.open().await.len(), 5);
    assert!(!stage.open().await.contains(&"halls/room-1#2".to_owned()));
}

#[tokio::test]
async fn pull_requests_are_known_by_what_they_close() {
    for ear in EARS {
        let stage = room(ear).await;
        let pull = stage.sandbox.open_pull("anna", ROOM, "Sweep", "Fixes #1.", "sweep").unwrap();
        stage.hear(ear).await;
        assert_eq!(stage.open().await, ["halls/room-1#1"], "a pull request is no issue");
        let pulls = stage.first().await.pulls;
        assert_eq!(pulls.iter().map(|pull| pull.number).collect::<Vec<_>>(), [pull], "{ear:?}");
        stage.sandbox.set_open("anna", ROOM, pull, false).unwrap();
        stage.hear(ear).await;
        assert!(stage.first().await.pulls.is_empty(), "{ear:?}");
    }
}

#[tokio::test]
async fn people_are_counted_and_machines_are_not() {
    for ear in EARS {
        let stage = room(ear).await;
        stage.sandbox.add_user("ezra");
        for (who, what) in [("anna", "Hm."), ("anna", "Oh."), ("alexander", "No."), ("ezra", "1")] {
            stage.sandbox.comment(who, ROOM, 1, what).unwrap();
        }
        stage.hear(ear).await;
        stage.quiet().await;
        assert_eq!(stage.first().await.people, 2, "{ear:?}");
    }
}

#[tokio::test]
async fn what_happened_while_timmy_slept_is_known_when_it_wakes() {
    let mut stage = awake(2, 3, Ear::Polls).await;
    stage.timmy.stop().await;
    stage.sandbox.set_open("anna", ROOM, 2, false).unwrap();
    stage.sandbox.open_issue("anna", "halls/room-2", "Mould", "Here.").unwrap();
    stage.clock.advance(5 * HOUR);
    stage.wake().await;
    let open = stage.open().await;
    assert!(!open.contains(&"halls/room-1#2".to_owned()));
    assert!(open.contains(&"halls/room-2#4".to_owned()));
    assert_eq!(open.len(), 6);
}

#[tokio::test]
async fn texts_are_read_again_when_the_rules_change() {
    let mut stage = without_timmy(1, 0).await;
    stage.sandbox.open_issue("anna", ROOM, "Dust", "Fertig, wenn es glänzt.").unwrap();
    stage.clock.advance(HOUR);
    stage.wake().await;
    assert!(!stage.first().await.readiness.acceptance);
    stage.timmy.stop().await;
    stage.timmy.config.set("score.acceptance", "(?i)fertig, wenn");
    stage.wake().await;
    assert!(stage.first().await.readiness.acceptance);
}
