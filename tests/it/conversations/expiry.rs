//! What ends by itself.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{Fault, Gate, Matcher};

use crate::conversations::talk::talk;
use crate::support::clock::{DAY, MINUTE};
use crate::support::forge::DOOR;

#[tokio::test]
async fn a_priority_until_a_day_gives_the_former_back() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p2").await;
        assert_snapshot!(t.ask("walt", "/timmy priority p0 until=2026-11-25").await, @"Now **p0**, was p2, until Wed 25 Nov, 00:00 UTC; then p2 again.");
        t.wait(DAY).await;
        assert_eq!(t.labels(), ["priority/p0"]);
        t.wait(DAY).await;
        assert_eq!(t.labels(), ["priority/p2"]);
    })
    .await;
}

#[tokio::test]
async fn what_had_no_priority_has_none_again() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy priority p1 until=2026-11-24").await, @"Now **p1**, until Tue 24 Nov, 00:00 UTC; then without priority again.");
        t.wait(DAY).await;
        assert!(t.labels().is_empty());
    })
    .await;
}

#[tokio::test]
async fn no_priority_may_be_for_a_while_too() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p1").await;
        assert_snapshot!(t.ask("walt", "/timmy priority none until=2026-11-24").await, @"Now **without priority**, was p1, until Tue 24 Nov, 00:00 UTC; then p1 again.");
        t.wait(DAY).await;
        assert_eq!(t.labels(), ["priority/p1"]);
    })
    .await;
}

#[tokio::test]
async fn a_persons_later_choice_is_not_undone() {
    talk(async |t| {
        t.sandbox.add_label(DOOR, "priority/p3", true).unwrap();
        t.ask("walt", "/timmy priority p1 until=2026-11-24").await;
        t.sandbox.label("anna", DOOR, 1, &["priority/p3"]).unwrap();
        t.wait(DAY).await;
        assert_eq!(t.labels(), ["priority/p3"]);

        t.ask("walt", "/timmy priority none until=2026-11-26").await;
        t.sandbox.label("anna", DOOR, 1, &["priority/p3"]).unwrap();
        t.ask("walt", "/timmy priority p1").await;
        t.wait(2 * DAY).await;
        assert_eq!(t.labels(), ["priority/p1"]);
    })
    .await;
}

#[tokio::test]
async fn a_label_put_there_by_hand_stays_when_no_priority_ends() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p1").await;
        t.ask("walt", "/timmy priority none until=2026-11-24").await;
        t.sandbox.add_label(DOOR, "priority/p3", true).unwrap();
        t.sandbox.label("anna", DOOR, 1, &["priority/p3"]).unwrap();
        t.wait(DAY).await;
        assert_eq!(t.labels(), ["priority/p3"]);
    })
    .await;
}

#[tokio::test]
async fn a_second_term_takes_the_place_of_the_first() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p3").await;
        t.ask("walt", "/timmy priority p0 until=2026-11-24").await;
        assert_snapshot!(t.ask("walt", "/timmy priority p1 until=2026-11-26").await, @"Now **p1**, was p0, until Thu 26 Nov, 00:00 UTC; then p3 again.");
        t.wait(DAY).await;
        assert_eq!(t.labels(), ["priority/p1"]);
        t.wait(2 * DAY).await;
        assert_eq!(t.labels(), ["priority/p3"]);
    })
    .await;
}

#[tokio::test]
async fn also_within_one_comment() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p3").await;
        let text = "/timmy p p0 until=2026-11-24\n/timmy p p1 until=2026-11-25";
        assert_snapshot!(t.ask("walt", text).await, @r"
        - `/timmy p p0 until=2026-11-24`: now **p0**, was p3, until Tue 24 Nov, 00:00 UTC; then p3 again.
        - `/timmy p p1 until=2026-11-25`: now **p1**, was p0, until Wed 25 Nov, 00:00 UTC; then p3 again.
        ");
        t.wait(2 * DAY).await;
        assert_eq!(t.labels(), ["priority/p3"]);
    })
    .await;
}

#[tokio::test]
async fn a_priority_for_good_ends_the_term() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p0 until=2026-11-24").await;
        assert_snapshot!(t.ask("walt", "/timmy priority p0").await, @"Already **p0**.");
        t.wait(DAY).await;
        assert_eq!(t.labels(), ["priority/p0"]);
    })
    .await;
}

#[tokio::test]
async fn a_term_for_what_is_so_anyway() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p1").await;
        assert_snapshot!(t.ask("walt", "/timmy priority p1 until=2026-11-24").await, @"Already **p1**; nothing changes on Tue 24 Nov, 00:00 UTC, since it was so before.");
        t.wait(DAY).await;
        assert_eq!(t.labels(), ["priority/p1"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_due_while_the_forge_is_down_is_done_when_it_is_back() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p1 until=2026-11-24").await;
        t.sandbox.faults().down();
        t.wait(DAY).await;
        assert_eq!(t.labels(), ["priority/p1"]);
        t.sandbox.faults().up();
        t.wait(10 * MINUTE).await;
        assert!(t.labels().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_term_that_ends_while_another_is_asked_for_gives_back_what_was_before_both() {
    talk(async |t| {
        let elsewhere = t.opens(DOOR, "rita", "Another door", "").await;
        t.ask("walt", "/timmy priority p3").await;
        t.ask("walt", "/timmy priority p0 until=2026-11-24").await;
        let claims = || {
            let (gate, claim) = (Gate::new(), Matcher::method_path("POST", "/reactions"));
            t.sandbox.faults().next(claim, Fault::HangAfter(gate.clone()));
            gate
        };
        let claimed = claims();
        let asked = t.says("walt", "/timmy priority p1 until=2026-11-26");
        claimed.reached().await;
        t.clock.advance(DAY);
        // When this one is claimed, the end of the term had its turn.
        let claimed_too = claims();
        let ping = t.says_in(DOOR, elsewhere, "walt", "/timmy ping");
        claimed_too.reached().await;
        claimed_too.open();
        claimed.open();
        t.quiet().await;
        assert_snapshot!(t.replies().join("\n"), @"Now **p1**, was p0, until Thu 26 Nov, 00:00 UTC; then p3 again.");
        t.saw(Subject::Comment(asked), "eyes");
        t.answer_to(DOOR, elsewhere, Subject::Comment(ping));
        t.wait(2 * DAY).await;
        assert_eq!(t.labels(), ["priority/p3"]);
    })
    .await;
}
