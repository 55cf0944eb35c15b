//! Deleted is forgotten: what stood in a comment is not told again once that is gone.

use insta::{allow_duplicates, assert_snapshot};
use timmy::core::model::ids::Subject;
use timmy::sandbox::{DeliveryFault, Mode, ReviewState, Unit};
use timmy::store::{forgotten, repos};

use crate::conversations::talk::{Talk, talk, talk_where, usual};
use crate::support::app::App;
use crate::support::clock::{HOUR, MINUTE, PATIENCE};
use crate::support::config::SECRETS;
use crate::support::forge::{DOOR, EVENTS, furnish};

/// Says it, reads the answer, deletes it; what tells timmy so is lost if it is `unnoticed`.
async fn says_and_deletes(t: &Talk, who: &str, text: &str, unnoticed: bool) {
    let id = t.says(who, text);
    t.quiet().await;
    t.answer_to(DOOR, 1, Subject::Comment(id));
    if unnoticed {
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
    }
    t.sandbox.delete_comment(who, id).unwrap();
    t.quiet().await;
}

async fn told_without_words(t: &Talk, unnoticed: bool) {
    says_and_deletes(t, "walt", "/timmy hold Anna is ill", unnoticed).await;
    let (status, why) = (t.ask("rita", "/timmy status").await, t.gist("rita", "/timmy why").await);
    allow_duplicates! {
        assert_snapshot!(status, @r"
        **On hold** since Mon 23 Nov, 12:00 UTC, by \@walt.

        <details><summary>The latest commands</summary>

        | when | who | command | outcome |
        |---|---|---|---|
        | Mon 23 Nov, 12:00 UTC | \@walt | *deleted* | done |

        </details>
        ");
        assert_snapshot!(why, @"
        **Nothing starts here:** it is on hold since Mon 23 Nov, 12:00 UTC, by \\@walt. `/timmy unhold` frees it.

        All that stands in the way: `hold`, `missing_scope`.
        ");
    }
}

#[tokio::test]
async fn the_reason_of_a_hold_and_the_line_are_gone_and_the_hold_stays() {
    talk(async |t| told_without_words(t, false).await).await;
}

#[tokio::test]
async fn a_deletion_that_nobody_told_is_found_before_the_words_are_told() {
    talk(async |t| told_without_words(t, true).await).await;
}

#[tokio::test]
async fn from_elsewhere_it_is_not_told_either() {
    talk(async |t| {
        says_and_deletes(t, "walt", "/timmy hold Anna is ill", true).await;
        t.opens(DOOR, "rita", "Another door", "It is stuck, too.").await;
        let elsewhere = t.ask_in(DOOR, 2, "rita", "/timmy status #1").await;
        assert!(!elsewhere.contains("ill") && elsewhere.contains("*deleted*"), "{elsewhere}");
    })
    .await;
}

#[tokio::test]
async fn the_next_hold_does_not_tell_the_reason_of_the_former() {
    talk(async |t| {
        says_and_deletes(t, "walt", "/timmy hold Anna is ill", true).await;
        let held = t.ask("anna", "/timmy hold the hinges are not here yet").await;
        assert!(held.contains(r"in place of the hold by \@walt"), "{held}");
        assert!(!held.contains("ill"), "{held}");
    })
    .await;
}

#[tokio::test]
async fn the_answer_to_report_does_not_tell_it() {
    talk(async |t| {
        says_and_deletes(t, "walt", "/timmy hold Anna is ill", true).await;
        let report = t.ask("rita", "/timmy report").await;
        assert!(report.contains("is on hold since"), "{report}");
        assert!(!report.contains("ill)"), "{report}");
    })
    .await;
}

/// Comments on lines are in no list of their own, but one at a time tells whether it is there.
#[tokio::test]
async fn what_was_said_on_lines_is_looked_at_without_reading_all_reviews() {
    talk(async |t| {
        let number = t.proposes("anna", "Oil the hinges", "").await;
        for said in ["Nice.", "Oh.", "/timmy ping", "/timmy hold Anna is ill", "/timmy ping"] {
            let line = [("hinge.rs", said)];
            t.sandbox.review("walt", DOOR, number, ReviewState::Comment, "", &line).unwrap();
            t.quiet().await;
            t.wait(MINUTE).await;
        }
        t.reads(&t.sandbox.comments(DOOR, number).unwrap());
        let asked = t.sandbox.count_requests();
        let before = t.ask_in(DOOR, number, "rita", "/timmy status").await;
        assert!(before.contains("`/timmy hold Anna is ill`"), "{before}");
        let requests = t.sandbox.requests().split_off(asked);
        let mut reviews = requests.iter().filter(|asked| asked.path.contains("/reviews"));
        assert!(reviews.next().is_none(), "{requests:#?}");
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        let said = t.sandbox.remarks(DOOR, number).unwrap();
        t.sandbox.delete_comment("walt", said[3]).unwrap();
        t.quiet().await;
        let after = t.ask_in(DOOR, number, "rita", "/timmy status").await;
        assert!(after.contains("*deleted*") && !after.contains("ill"), "{after}");
        assert_eq!(after.matches("`/timmy ping`").count(), 2, "{after}");
    })
    .await;
}

#[tokio::test]
async fn where_issues_or_pull_requests_are_switched_off_for_a_while_nothing_was_deleted() {
    talk(async |t| {
        let number = t.proposes("anna", "Oil the hinges", "").await;
        for (unit, number) in [(Unit::Issues, 1), (Unit::Pulls, number)] {
            t.ask_in(DOOR, number, "walt", "/timmy hold Anna is ill").await;
            t.sandbox.switch(DOOR, unit, false).unwrap();
            t.wait(HOUR).await;
            t.sandbox.switch(DOOR, unit, true).unwrap();
            t.wait(MINUTE).await;
            let status = t.ask_in(DOOR, number, "rita", "/timmy status").await;
            assert!(status.contains("(Anna is ill)"), "{unit:?}: {status}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_others_said_there_stays() {
    talk(async |t| {
        t.ask("walt", "/timmy hold the hinges are not here yet").await;
        says_and_deletes(t, "anna", "/timmy priority p1 # Anna is ill", false).await;
        says_and_deletes(t, "anna", "/timmy snooze 2h", false).await;
        assert_snapshot!(t.ask("rita", "/timmy status").await, @r"
        **On hold** since Mon 23 Nov, 12:00 UTC, by \@walt (the hinges are not here yet).

        <details><summary>The latest commands</summary>

        | when | who | command | outcome |
        |---|---|---|---|
        | Mon 23 Nov, 12:00 UTC | \@walt | `/timmy hold the hinges are not here yet` | done |
        | Mon 23 Nov, 12:00 UTC | \@anna | *deleted* | malformed |
        | Mon 23 Nov, 12:00 UTC | \@anna | *deleted* | done |

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn a_reason_that_somebody_else_gives_later_is_theirs() {
    talk(async |t| {
        let id = t.says("walt", "/timmy hold Anna is ill");
        t.quiet().await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
        t.ask("anna", "/timmy hold the hinges are not here yet").await;
        t.sandbox.delete_comment("walt", id).unwrap();
        t.quiet().await;
        let status = t.ask("rita", "/timmy status").await;
        assert!(status.contains("(the hinges are not here yet)"), "{status}");
        assert!(!status.contains("ill"), "{status}");
    })
    .await;
}

#[tokio::test]
async fn the_report_forgets_it_too() {
    let office = "foundation/office";
    for unnoticed in [false, true] {
        talk_where(
            |config| config.with("report.repository", office),
            async |t| {
                t.sandbox.add_repo(office, false).unwrap();
                t.sandbox.collaborator(office, "timmy", Mode::Write).unwrap();
                let id = t.says("walt", "/timmy hold Anna is ill");
                t.quiet().await;
                t.answer_to(DOOR, 1, Subject::Comment(id));
                t.wait(MINUTE).await;
                let day = || {
                    let said = t.sandbox.comments(office, 1).unwrap();
                    t.reads(&said);
                    said.last().unwrap().body.clone()
                };
                assert!(day().contains("(Anna is ill)"), "{}", day());
                if unnoticed {
                    t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
                }
                t.sandbox.delete_comment("walt", id).unwrap();
                t.quiet().await;
                // The sweep finds it; the next look at the report tells less.
                t.wait(HOUR).await;
                t.wait(MINUTE).await;
                assert!(day().contains(r"is on hold since"), "{}", day());
                assert!(!day().contains("ill"), "{}", day());
            },
        )
        .await;
    }
}

/// How many threads are on hold for a reason.
async fn held(app: &App) -> usize {
    let read = |conn: &_| {
        let repos: Vec<_> = repos::all(conn)?.into_iter().map(|repo| repo.id).collect();
        forgotten::held_for_a_reason(conn, &repos, None, 9)
    };
    app.timmy.read(read).await.threads.len()
}

#[tokio::test]
async fn an_issue_that_was_deleted_rests_no_more() {
    let mut app = App::asleep(|sandbox| furnish(sandbox, "timmy"), usual).await;
    app.wake().await;
    app.sandbox.add_hook("foundation", app.timmy.webhook(), SECRETS[0], &EVENTS).unwrap();
    let text = "/timmy hold Anna is ill";
    let number = app.sandbox.open_issue("alexander", DOOR, "It squeaks", text).unwrap();
    app.sandbox.settle().await;
    app.quiet().await;
    assert_eq!(held(&app).await, 1);
    app.sandbox.delete_issue("alexander", DOOR, number).unwrap();
    app.sandbox.settle().await;
    app.quiet().await;
    assert_eq!(held(&app).await, 0);
    app.timmy.stop().await;
}

/// Servers before 1.23 tell nobody.
#[tokio::test]
async fn an_issue_whose_deletion_nobody_told_is_found_in_time() {
    let mut app = App::asleep(|sandbox| furnish(sandbox, "timmy"), usual).await;
    app.wake().await;
    let text = "/timmy hold Anna is ill";
    let number = app.sandbox.open_issue("alexander", DOOR, "It squeaks", text).unwrap();
    app.wait(MINUTE).await;
    app.wait(PATIENCE).await;
    assert_eq!(held(&app).await, 1);
    app.sandbox.delete_issue("alexander", DOOR, number).unwrap();
    app.wait(HOUR).await;
    assert_eq!(held(&app).await, 0);
    app.timmy.stop().await;
}
