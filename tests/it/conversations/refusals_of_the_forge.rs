//! What the forge refuses for good: said where it can be, kept as a dead letter where not.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{Fault, Matcher, Mode};
use timmy::store::outbox;

use crate::conversations::talk::{Talk, talk};
use crate::support::forge::{CELLAR, DOOR};

/// Why timmy gave up on effects, the newest first.
async fn dead_letters(t: &Talk) -> Vec<String> {
    let dead = t.timmy.read(|conn| outbox::dead(conn, 9)).await;
    dead.into_iter().map(|effect| effect.reason.unwrap()).collect()
}

#[tokio::test]
async fn a_label_that_timmy_may_not_write() {
    talk(async |t| {
        t.sandbox.collaborator(DOOR, "timmy", Mode::Read).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy size s").await, @"**Not done:** the forge forbids it (user should have specific permission or be a site admin): check what the bot's account may do there.");
        assert_eq!(dead_letters(t).await.len(), 1);
        let status = t.ask("walt", "/timmy status").await;
        assert!(status.contains("| `/timmy size s` | failed |"), "{status}");
    })
    .await;
}

#[tokio::test]
async fn of_several_commands_those_that_can_be_done_are_done() {
    talk(async |t| {
        t.sandbox.collaborator(DOOR, "timmy", Mode::Read).unwrap();
        let text = "/timmy assign @anna\n/timmy hold\n/timmy priority none";
        assert_snapshot!(t.ask("walt", text).await, @r"
        - `/timmy assign @anna`: **not done:** the forge forbids it: check what the bot's account may do there.
        - `/timmy hold`: **on hold** until `/timmy unhold`.
        - `/timmy priority none`: already **without priority**.
        ");
    })
    .await;
}

#[tokio::test]
async fn a_locked_thread_is_open_to_whoever_may_write() {
    talk(async |t| {
        t.sandbox.set_locked("alexander", DOOR, 1, true).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy ping").await, @"**Here.** timmy 0.1.0 hears this thread and can answer in it.");
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_may_not_be_posted_is_a_dead_letter_and_the_rest_goes_on() {
    talk(async |t| {
        // The thread is locked, and timmy loses its right to write, between claim and reply.
        let gate = timmy::sandbox::Gate::new();
        let react = Matcher::method_path("POST", "/reactions");
        t.sandbox.faults().next(react, Fault::HangAfter(gate.clone()));
        let id = t.says("walt", "/timmy ping");
        gate.reached().await;
        t.sandbox.set_locked("alexander", DOOR, 1, true).unwrap();
        t.sandbox.collaborator(DOOR, "timmy", Mode::Read).unwrap();
        gate.open();
        t.quiet().await;
        t.saw(Subject::Comment(id), "eyes");
        assert_snapshot!(dead_letters(t).await.join("\n"), @"the thread is locked: unlock it, or give the bot write access");
        t.sandbox.set_locked("alexander", DOOR, 1, false).unwrap();
        t.ask("walt", "/timmy ping").await;
    })
    .await;
}

#[tokio::test]
async fn an_archived_repository() {
    talk(async |t| {
        let gate = timmy::sandbox::Gate::new();
        let react = Matcher::method_path("POST", "/reactions");
        t.sandbox.faults().next(react, Fault::HangAfter(gate.clone()));
        let id = t.says("walt", "/timmy ping");
        gate.reached().await;
        t.sandbox.archive(DOOR, true).unwrap();
        gate.open();
        t.quiet().await;
        t.saw(Subject::Comment(id), "eyes");
        assert_snapshot!(dead_letters(t).await.join("\n"), @"the repository is archived: unarchive it first");
    })
    .await;
}

#[tokio::test]
async fn a_repository_that_timmy_cannot_see_any_more() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "It is dark", "").await;
        t.sandbox.collaborator(CELLAR, "timmy", Mode::None).unwrap();
        t.says_in(CELLAR, 1, "walt", "/timmy ping");
        t.quiet().await;
        t.nothing_unread();
        t.ask("walt", "/timmy ping").await;
    })
    .await;
}
