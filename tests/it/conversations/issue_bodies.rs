//! Commands in the text with which an issue or a pull request is opened.

use insta::assert_snapshot;
use timmy::sandbox::{Fault, Matcher};

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn an_issue_may_be_opened_with_commands() {
    talk(async |t| {
        let body = "Please.\n\n/timmy priority p1\n/timmy assign @anna";
        let number = t.opens(DOOR, "alexander", "Oil the hinges", body).await;
        assert_snapshot!(t.answer_to_opening(DOOR, number), @r"
        - `/timmy priority p1`: now **p1**.
        - `/timmy assign @anna`: assigned to **\@anna**.
        ");
        assert_eq!(t.sandbox.labels(DOOR, number).unwrap(), ["priority/p1"]);
        assert_eq!(t.sandbox.assignees(DOOR, number).unwrap(), ["anna"]);
    })
    .await;
}

#[tokio::test]
async fn so_may_a_pull_request() {
    talk(async |t| {
        let number = t.proposes("alexander", "Oil the hinges", "/timmy size xs").await;
        assert_snapshot!(t.answer_to_opening(DOOR, number), @"Now size **xs**.");
    })
    .await;
}

#[tokio::test]
async fn the_text_of_a_pull_request_is_answered_once_the_forge_answers() {
    talk(async |t| {
        // Of the issue, and of its timeline: each is tried three times.
        for _ in 0..6 {
            let read = Matcher::method_path("GET", "door/issues/2");
            t.sandbox.faults().next(read, Fault::CutBefore);
        }
        let number = t.proposes("alexander", "Oil the hinges", "/timmy ping").await;
        t.nothing_unread();
        t.wait(std::time::Duration::from_secs(1)).await;
        t.answer_to_opening(DOOR, number);
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_consent_there() {
    talk(async |t| {
        let body = "/timmy approve\n/timmy override size it is fine";
        let issue = t.opens(DOOR, "alexander", "Oil the hinges", body).await;
        assert_snapshot!(t.answer_to_opening(DOOR, issue), @r"
        - `/timmy approve`: **not done.** `approve` counts only in a new comment: say it again below.
        - `/timmy override size it is fine`: **not done.** `override` counts only in a new comment: say it again below.
        ");
        let pull = t.proposes("anna", "Oil the hinges", "/timmy lgtm").await;
        assert_snapshot!(t.answer_to_opening(DOOR, pull), @"**Not done.** `approve` counts only in a new comment: say it again below.");
    })
    .await;
}

#[tokio::test]
async fn there_the_forge_proves_nobodys_right_to_write() {
    talk(async |t| {
        let issue = t.opens(DOOR, "rita", "Oil the hinges", "/timmy size m").await;
        assert_snapshot!(t.answer_to_opening(DOOR, issue), @r"**Not done.** `size` is for people who may write to this repository. Here the forge does not tell me whether you may: if so, say it in a new comment. Otherwise \@alexander can do it, or give you the right (`people.operators` in my configuration).");
        let issue = t.opens(DOOR, "walt", "Oil the key", "/timmy size m").await;
        assert_snapshot!(t.answer_to_opening(DOOR, issue), @r"**Not done.** `size` is for people who may write to this repository. Here the forge does not tell me whether you may: if so, say it in a new comment. Otherwise \@alexander can do it, or give you the right (`people.operators` in my configuration).");
        assert_snapshot!(t.ask_in(DOOR, issue, "walt", "/timmy size m").await, @"Now size **m**.");
    })
    .await;
}

#[tokio::test]
async fn nor_would_it_help_where_writers_have_no_such_right() {
    talk(async |t| {
        let issue = t.opens(DOOR, "rita", "Oil the hinges", "/timmy pause all").await;
        assert_snapshot!(t.answer_to_opening(DOOR, issue), @r"**Not done.** `pause` is for the owner of this fleet. \@alexander can do it.");
    })
    .await;
}

#[tokio::test]
async fn agents_open_issues_without_commanding() {
    talk(async |t| {
        t.opens(DOOR, "ezra", "A crack", "/timmy priority p0").await;
    })
    .await;
}
