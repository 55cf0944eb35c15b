//! A repository gets another name while people talk.

use timmy::core::model::ids::Subject;
use timmy::sandbox::{Fault, Gate, Matcher};

use crate::conversations::talk::{Talk, talk};
use crate::support::forge::DOOR;

/// Renames the door just when the next request of this kind was done, until all is quiet.
async fn rename_after(t: &Talk, method: &str, path: &str) {
    let gate = Gate::new();
    t.sandbox.faults().next(Matcher::method_path(method, path), Fault::HangAfter(gate.clone()));
    gate.reached().await;
    t.sandbox.rename(DOOR, "gate").unwrap();
    gate.open();
    t.quiet().await;
    t.sandbox.rename("foundation/gate", "door").unwrap();
}

#[tokio::test]
async fn before_the_command() {
    talk(async |t| {
        t.sandbox.rename(DOOR, "gate").unwrap();
        t.ask_in("foundation/gate", 1, "walt", "/timmy size s").await;
        t.sandbox.rename("foundation/gate", "door").unwrap();
        assert_eq!(t.labels(), ["size/s"]);
    })
    .await;
}

#[tokio::test]
async fn between_the_claim_and_the_reply() {
    talk(async |t| {
        let id = t.says("walt", "/timmy size s");
        rename_after(t, "POST", "/reactions").await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
        assert_eq!(t.labels(), ["size/s"]);
    })
    .await;
}

#[tokio::test]
async fn before_two_comments_are_claimed() {
    talk(async |t| {
        let ping = t.says("walt", "/timmy ping");
        let (size, hold) = (t.says("walt", "/timmy size s"), t.says("walt", "/timmy hold"));
        rename_after(t, "POST", "/reactions").await;
        for id in [ping, size, hold] {
            t.saw(Subject::Comment(id), "eyes");
        }
        assert_eq!(t.replies().len(), 3);
    })
    .await;
}
