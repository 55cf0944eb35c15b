//! Second tries: after the pause that the forge needs, under the repository's new name, and never
//! without a look for what the first may have written.

use std::time::Duration;

use timmy::core::effect::marker::marker;
use timmy::core::model::ids::{RepoId, Subject};
use timmy::sandbox::{DeliveryFault, Fault, Gate, Matcher};
use timmy::store::repos;

use crate::conversations::talk::{Talk, talk};
use crate::support::clock::{HOUR, SETTLE};
use crate::support::delivery::{Delivery, payload};
use crate::support::forge::DOOR;

fn post(fragment: &str) -> Matcher {
    Matcher::method_path("POST", fragment)
}

const AT_ONCE: Fault = Fault::TooManyRequests { retry_after: 0 };

#[tokio::test]
async fn a_forge_that_asks_for_no_pause_is_given_one() {
    talk(async |t| {
        t.sandbox.faults().next(post("/reactions"), AT_ONCE);
        t.sandbox.faults().next(post("/issues/1/comments"), AT_ONCE);
        let comment = t.says("walt", "/timmy ping");
        t.quiet().await;
        t.nothing_unread();
        t.wait(Duration::from_secs(1)).await;
        t.saw(Subject::Comment(comment), "eyes");
        t.nothing_unread();
        t.wait(Duration::from_secs(1)).await;
        t.answer_to(DOOR, 1, Subject::Comment(comment));
    })
    .await;
}

#[tokio::test]
async fn a_command_is_answered_after_its_repository_was_renamed() {
    talk(async |t| {
        let gate = Gate::new();
        t.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
        let comment = t.says("walt", "/timmy ping");
        t.quiet().await;
        t.sandbox.rename(DOOR, "portal").unwrap();
        gate.open();
        gate.done().await;
        t.quiet().await;
        t.sandbox.rename("foundation/portal", "door").unwrap();
        t.answer_to(DOOR, 1, Subject::Comment(comment));
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_waits_finds_its_repository_under_its_new_name() {
    talk(async |t| {
        t.sandbox.faults().next(post("/issues/1/comments"), Fault::BadGateway);
        let comment = t.says("walt", "/timmy ping");
        t.quiet().await;
        t.sandbox.rename(DOOR, "portal").unwrap();
        t.wait(SETTLE).await;
        t.sandbox.rename("foundation/portal", "door").unwrap();
        t.answer_to(DOOR, 1, Subject::Comment(comment));
    })
    .await;
}

/// Delivers comment `id` of a repository that was called `name` then.
async fn deliver(t: &Talk, name: &str, id: i64) {
    let mut payload = payload(id, "walt", "Hello.");
    payload["repository"]["id"] = 77.into();
    payload["repository"]["full_name"] = name.into();
    assert_eq!(Delivery::saying(&payload).send(t.timmy.webhook()).await, 202);
}

#[tokio::test]
async fn a_webhook_renames_no_repository_the_forge_is_asked_for_its_name() {
    talk(async |t| {
        deliver(t, "foundation/old", 901).await;
        deliver(t, "foundation/new", 902).await;
        let name = t.timmy.read(|conn| repos::name(conn, RepoId(77))).await;
        assert_eq!(name.unwrap().name.to_string(), "foundation/old");
    })
    .await;
}

#[tokio::test]
async fn a_refusal_does_not_make_an_earlier_try_forgotten() {
    talk(async |t| {
        // Nobody knows what became of the first try; the second was refused.
        t.sandbox.faults().next(post("/issues/1/comments"), Fault::CutBefore);
        t.sandbox.faults().next(post("/issues/1/comments"), AT_ONCE);
        let comment = t.says("walt", "/timmy ping");
        t.quiet().await;
        t.wait(SETTLE).await;
        // Only now the first one lands.
        let late = format!("**Here.**\n\n{}", marker(&format!("c{comment}")));
        t.sandbox.comment("timmy", DOOR, 1, &late).unwrap();
        t.wait(Duration::from_secs(2)).await;
        t.answer_to(DOOR, 1, Subject::Comment(comment));
    })
    .await;
}

/// What was asked for while it was looked for what a late write undid counts.
#[tokio::test]
async fn what_a_late_write_undid_is_not_written_over_what_was_asked_for_meanwhile() {
    talk(async |t| {
        t.sandbox.faults().next(post("/issues/1/labels"), Fault::CutBefore);
        let first = t.says("walt", "/timmy priority p1");
        t.quiet().await;
        t.wait(SETTLE).await;
        t.answer_to(DOOR, 1, Subject::Comment(first));
        t.ask("walt", "/timmy priority p2").await;
        // Only now the first try lands.
        t.sandbox.label("timmy", DOOR, 1, &["priority/p1"]).unwrap();
        t.quiet().await;
        assert_eq!(t.labels(), ["priority/p1"]);
        let gate = Gate::new();
        let timeline = Matcher::method_path("GET", "/issues/1/timeline");
        t.sandbox.faults().next(timeline, Fault::HangAfter(gate.clone()));
        t.clock.advance(HOUR);
        t.timmy.engine().notify();
        gate.reached().await;
        let third = t.says("walt", "/timmy priority p3");
        let replies = || t.sandbox.comments(DOOR, 1).unwrap().len();
        while replies() < 6 {
            t.sandbox.settle().await;
            tokio::task::yield_now().await;
        }
        gate.open();
        t.quiet().await;
        t.answer_to(DOOR, 1, Subject::Comment(third));
        assert_eq!(t.labels(), ["priority/p3"]);
    })
    .await;
}
