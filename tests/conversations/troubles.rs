//! What is wrong with the world is noted once while it lasts, and nothing is lost meanwhile.

use std::time::Duration;

use timmy::core::ids::Subject;
use timmy::sandbox::{DeliveryFault, Fault, Gate, Matcher, Scopes};
use timmy::store::troubles;

use crate::talk::{CELLAR, DOOR, Talk, talk};

/// What timmy notes as wrong: the key of each, and how often it was met.
async fn noted(t: &Talk) -> Vec<(String, u32)> {
    let all = t.timmy.engine.ledger.read(troubles::all).await.unwrap();
    all.into_iter().map(|trouble| (trouble.key, trouble.count)).collect()
}

fn once(key: &str) -> Vec<(String, u32)> {
    vec![(key.to_owned(), 1)]
}

const AN_HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_token_that_is_revoked_while_it_runs() {
    talk(async |t| {
        t.sandbox.set_token(&t.token, None);
        let id = t.says("walt", "/timmy ping");
        t.quiet().await;
        assert_eq!(noted(t).await, once("token"));
        t.sandbox.set_token(&t.token, Some(Scopes::all()));
        t.wait(AN_HOUR).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
        assert_eq!(noted(t).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_loses_a_scope() {
    talk(async |t| {
        t.sandbox.set_token(&t.token, Some(Scopes::of("read:issue,read:repository,read:user")));
        let id = t.says("walt", "/timmy ping");
        t.quiet().await;
        assert_eq!(noted(t).await, once("scope write:issue"));
        t.sandbox.set_token(&t.token, Some(Scopes::all()));
        t.wait(AN_HOUR).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
        assert_eq!(noted(t).await, []);
    })
    .await;
}

#[tokio::test]
async fn an_hour_of_maintenance_is_one_trouble() {
    talk(async |t| {
        let anything = Matcher::method_path("POST", "/reactions");
        t.sandbox.faults().rate(1, anything, 1000, Fault::BadGateway);
        let id = t.says("walt", "/timmy ping");
        for _ in 0..6 {
            t.wait(AN_HOUR / 6).await;
        }
        let [(what, times)] = <[_; 1]>::try_from(noted(t).await).unwrap();
        assert!(what == "forge" && times > 1, "{what} {times}");
        t.sandbox.faults().clear();
        t.wait(AN_HOUR).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
        assert_eq!(noted(t).await, []);
    })
    .await;
}

#[tokio::test]
async fn an_archived_repository_is_left_alone_and_others_are_not() {
    talk(async |t| {
        let gate = Gate::new();
        t.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
        let id = t.says("walt", "/timmy ping");
        t.sandbox.archive(DOOR, true).unwrap();
        gate.open();
        t.quiet().await;
        t.saw(Subject::Comment(id), "eyes");
        let noted = noted(t).await;
        assert!(matches!(&noted[..], [(key, 1)] if key.starts_with("archived")), "{noted:?}");
        t.opens(CELLAR, "walt", "Damp", "").await;
        t.ask_in(CELLAR, 1, "walt", "/timmy ping").await;
    })
    .await;
}

#[tokio::test]
async fn a_forge_that_fails_at_one_request_for_ever_is_given_up_on() {
    talk(async |t| {
        let react = Matcher::method_path("POST", "/reactions");
        t.sandbox.faults().rate(1, react, 1000, Fault::ErrorAfter);
        let id = t.says("walt", "/timmy ping");
        for _ in 0..12 {
            t.wait(AN_HOUR).await;
        }
        t.sandbox.faults().clear();
        t.wait(AN_HOUR).await;
        t.saw(Subject::Comment(id), "eyes");
        assert!(t.replies().is_empty());
    })
    .await;
}
