//! Whatever happens to an issue is known, by webhooks or by asking.

use timmy::core::model::due_day::DueDay;
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::Milestone;

use crate::backlog::stage::{REPO, Via, awake, without_timmy};
use crate::support::app::App;
use crate::support::clock::{HOUR, MINUTE};

const BOTH: [Via; 2] = [Via::Webhooks, Via::Polls];

/// A repository with one issue, which timmy knows.
async fn one_issue(via: Via) -> App {
    let stage = awake(1, 1, via).await;
    assert_eq!(stage.open().await, ["halls/room-1#1"]);
    stage
}

#[tokio::test]
async fn issues_are_opened_closed_and_opened_again() {
    for via in BOTH {
        let stage = one_issue(via).await;
        let written = stage.first().await.opened_at;
        stage.sandbox.open_issue("anna", REPO, "Mould", "Here.").unwrap();
        stage.catch_up(via).await;
        assert_eq!(stage.open().await, ["halls/room-1#1", "halls/room-1#2"], "{via:?}");
        stage.sandbox.set_open("anna", REPO, 1, false).unwrap();
        stage.catch_up(via).await;
        assert_eq!(stage.open().await, ["halls/room-1#2"], "{via:?}");
        stage.sandbox.set_open("anna", REPO, 2, false).unwrap();
        stage.sandbox.set_open("anna", REPO, 1, true).unwrap();
        stage.catch_up(via).await;
        assert_eq!(stage.open().await, ["halls/room-1#1"], "{via:?}");
        let facts = stage.first().await;
        assert_eq!(facts.created_at, written);
        assert!(facts.opened_at > written, "{via:?}");
    }
}

#[tokio::test]
async fn what_people_say_of_an_issue_is_known() {
    for via in BOTH {
        let stage = one_issue(via).await;
        let due = Timestamp::parse("2026-12-24T23:59:59Z").unwrap();
        stage.sandbox.add_label("halls", "priority/p1", true).unwrap();
        let milestone = stage.sandbox.add_milestone(REPO, "Spring", Some(due)).unwrap();
        stage.sandbox.label("anna", REPO, 1, &["priority/p1"]).unwrap();
        stage.sandbox.assign("anna", REPO, 1, &["anna"]).unwrap();
        stage.sandbox.set_milestone("anna", REPO, 1, milestone).unwrap();
        stage.catch_up(via).await;
        let facts = stage.first().await;
        assert_eq!(*facts.labels, ["priority/p1"], "{via:?}");
        assert_eq!(facts.assignees[0].login, "anna", "{via:?}");
        let spring = Milestone { title: "Spring".into(), due_at: Some(due.into()) };
        assert_eq!(facts.milestone.as_deref(), Some(&spring), "{via:?}");
        assert!(!facts.readiness.scope);
        let text = format!("{}\n\nDone when `shine` says so.", "Sweep the floor. ".repeat(9));
        stage.sandbox.edit_issue("anna", REPO, 1, &text).unwrap();
        stage.catch_up(via).await;
        let readiness = stage.first().await.readiness;
        assert!(readiness.scope && readiness.place && readiness.acceptance, "{via:?}");
    }
}

#[tokio::test]
async fn what_no_webhook_says_is_asked_for() {
    let stage = one_issue(Via::Polls).await;
    let due = Timestamp::parse("2026-12-24T08:00:00Z").unwrap();
    stage.sandbox.set_due("anna", REPO, 1, due).unwrap();
    stage.sandbox.set_pinned("alexander", REPO, 1, true).unwrap();
    stage.wait(MINUTE).await;
    let facts = stage.first().await;
    assert!(facts.pinned);
    assert_eq!(facts.due_at, DueDay::written_in("2026-12-24T23:59:59Z"));
    stage.sandbox.set_pinned("alexander", REPO, 1, false).unwrap();
    stage.wait(MINUTE).await;
    assert!(!stage.first().await.pinned);
}

#[tokio::test]
async fn a_deleted_issue_leaves_at_once_or_within_the_hour() {
    let stage = one_issue(Via::Webhooks).await;
    stage.sandbox.delete_issue("alexander", REPO, 1).unwrap();
    stage.catch_up(Via::Webhooks).await;
    assert!(stage.open().await.is_empty());

    let stage = awake(2, 3, Via::Polls).await;
    stage.sandbox.delete_issue("alexander", REPO, 2).unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(stage.open().await.len(), 6, "no list tells");
    stage.wait(HOUR).await;
    stage.quiet().await;
    assert_eq!(stage.open().await.len(), 5);
    assert!(!stage.open().await.contains(&"halls/room-1#2".to_owned()));
}

#[tokio::test]
async fn pull_requests_are_known_by_what_they_close() {
    for via in BOTH {
        let stage = one_issue(via).await;
        let pull = stage.sandbox.open_pull("anna", REPO, "Sweep", "Fixes #1.", "sweep").unwrap();
        stage.catch_up(via).await;
        assert_eq!(stage.open().await, ["halls/room-1#1"], "a pull request is no issue");
        let pulls = stage.first().await.pulls;
        assert_eq!(
            pulls.iter().map(|pull| pull.thread.number).collect::<Vec<_>>(),
            [pull],
            "{via:?}"
        );
        stage.sandbox.set_open("anna", REPO, pull, false).unwrap();
        stage.catch_up(via).await;
        assert!(stage.first().await.pulls.is_empty(), "{via:?}");
    }
}

#[tokio::test]
async fn people_are_counted_and_machines_are_not() {
    for via in BOTH {
        let stage = one_issue(via).await;
        stage.sandbox.add_user("ezra");
        for (who, what) in [("anna", "Hm."), ("anna", "Oh."), ("alexander", "No."), ("ezra", "1")] {
            stage.sandbox.comment(who, REPO, 1, what).unwrap();
        }
        stage.catch_up(via).await;
        stage.quiet().await;
        assert_eq!(stage.first().await.people, 2, "{via:?}");
    }
}

#[tokio::test]
async fn what_happened_while_timmy_slept_is_known_when_it_wakes() {
    let mut stage = awake(2, 3, Via::Polls).await;
    stage.timmy.stop().await;
    stage.sandbox.set_open("anna", REPO, 2, false).unwrap();
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
    stage.sandbox.open_issue("anna", REPO, "Dust", "Fertig, wenn es glänzt.").unwrap();
    stage.clock.advance(HOUR);
    stage.wake().await;
    assert!(!stage.first().await.readiness.acceptance);
    stage.timmy.stop().await;
    stage.timmy.config.set("score.acceptance", "(?i)fertig, wenn");
    stage.wake().await;
    assert!(stage.first().await.readiness.acceptance);
}
