//! Repositories and threads that move, close or vanish.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{DeliveryFault, Gate, Mode};

use crate::conversations::talk::{talk, talk_where};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::forge::{CELLAR, DOOR};

#[tokio::test]
async fn a_repository_that_is_given_to_somebody_whom_timmy_does_not_look_after() {
    talk(async |t| {
        let give = || t.sandbox.transfer(DOOR, "rando").unwrap();
        let id = t.says_while("/timmy ping", give).await;
        t.answer_to("rando/door", 1, Subject::Comment(id));
        t.opens(CELLAR, "walt", "Damp", "").await;
        t.wait(HOUR).await;
        t.ask_in(CELLAR, 1, "walt", "/timmy ping").await;
        assert_snapshot!(t.timmy.noted().await, @"foundation/door was deleted, moved to where nothing is watched, or closed to me");
        t.sandbox.transfer("rando/door", "foundation").unwrap();
        t.heals().await;
        t.ask("walt", "/timmy ping").await;
        assert_eq!(t.timmy.noted().await, "");
    })
    .await;
}

#[tokio::test]
async fn a_repository_that_is_given_to_somebody_else_whom_timmy_looks_after() {
    talk_where(
        |config| config.with("gitea.watch", ["foundation", "anna"]),
        async |t| {
            t.sandbox.transfer(DOOR, "anna").unwrap();
            t.wait(MINUTE).await;
            let id = t.says_in("anna/door", 1, "alexander", "/timmy hold");
            t.wait(MINUTE).await;
            t.answer_to("anna/door", 1, Subject::Comment(id));
            t.sandbox.transfer("anna/door", "foundation").unwrap();
        },
    )
    .await;
}

#[tokio::test]
async fn an_organisation_that_is_called_otherwise_now_is_told_as_that() {
    talk(async |t| {
        t.sandbox.rename_user("foundation", "guild").unwrap();
        t.wait(HOUR).await;
        t.wait(MINUTE).await;
        assert_snapshot!(t.timmy.noted().await, @"foundation is called guild now: write that wherever the configuration has the old name, and restart timmy serve");
        t.sandbox.rename_user("guild", "foundation").unwrap();
        t.heals().await;
        assert_eq!(t.timmy.noted().await, "");
        t.ask("walt", "/timmy ping").await;
    })
    .await;
}

#[tokio::test]
async fn a_repository_that_is_watched_by_a_former_name_is_told_as_well() {
    talk_where(
        |config| config.with("gitea.watch", [DOOR, CELLAR]),
        async |t| {
            t.sandbox.rename(DOOR, "gate").unwrap();
            t.wait(HOUR).await;
            t.wait(MINUTE).await;
            assert_snapshot!(t.timmy.noted().await, @"foundation/door is called foundation/gate now: write that wherever the configuration has the old name, and restart timmy serve");
            t.sandbox.rename("foundation/gate", "door").unwrap();
        },
    )
    .await;
}

#[tokio::test]
async fn a_repository_that_is_deleted() {
    const ATTIC: &str = "foundation/attic";
    talk(async |t| {
        t.sandbox.add_repo(ATTIC, false).unwrap();
        t.sandbox.open_issue("alexander", ATTIC, "Dusty", "").unwrap();
        t.wait(MINUTE).await;
        t.sandbox.comment("alexander", ATTIC, 1, "/timmy priority p1").unwrap();
        t.sandbox.delete_repo(ATTIC).unwrap();
        t.wait(HOUR).await;
        assert_snapshot!(t.timmy.noted().await, @"foundation/attic was deleted, moved to where nothing is watched, or closed to me");
        t.ask("walt", "/timmy ping").await;
    })
    .await;
}

#[tokio::test]
async fn a_repository_that_is_closed_to_timmy_for_a_while() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "Damp", "").await;
        t.sandbox.collaborator(CELLAR, "timmy", Mode::None).unwrap();
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        let id = t.says_in(CELLAR, 1, "alexander", "/timmy hold");
        t.wait(HOUR).await;
        assert_snapshot!(t.timmy.noted().await, @"foundation/cellar was deleted, moved to where nothing is watched, or closed to me");
        t.ask("walt", "/timmy ping").await;
        t.sandbox.collaborator(CELLAR, "timmy", Mode::Write).unwrap();
        t.heals().await;
        t.answer_to(CELLAR, 1, Subject::Comment(id));
        assert_eq!(t.timmy.noted().await, "");
    })
    .await;
}

#[tokio::test]
async fn an_archived_repository_is_left_alone_and_others_are_not() {
    talk(async |t| {
        let gate = Gate::new();
        let said = ["/timmy ping", "/timmy status"].map(|text| {
            t.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
            t.says("walt", text)
        });
        t.sandbox.archive(DOOR, true).unwrap();
        gate.open();
        t.quiet().await;
        for id in said {
            t.saw(Subject::Comment(id), "eyes");
        }
        assert_snapshot!(t.timmy.noted().await, @"foundation/door: the repository is archived: unarchive it first");
        t.opens(CELLAR, "walt", "Damp", "").await;
        t.ask_in(CELLAR, 1, "walt", "/timmy ping").await;
        t.sandbox.archive(DOOR, false).unwrap();
        t.ask("walt", "/timmy ping").await;
        assert_eq!(t.timmy.noted().await, "");
    })
    .await;
}

#[tokio::test]
async fn a_locked_thread_in_which_timmy_may_not_write() {
    talk(async |t| {
        t.sandbox.collaborator(DOOR, "timmy", Mode::Read).unwrap();
        t.sandbox.set_locked("alexander", DOOR, 1, true).unwrap();
        for text in ["/timmy ping", "/timmy status"] {
            let id = t.says("walt", text);
            t.quiet().await;
            t.saw(Subject::Comment(id), "eyes");
        }
        assert_snapshot!(t.timmy.noted().await, @"foundation/door#1: the thread is locked: unlock it, or give the bot write access");
        let other = t.opens(DOOR, "rita", "The hinges", "").await;
        t.ask_in(DOOR, other, "walt", "/timmy ping").await;
        t.sandbox.set_locked("alexander", DOOR, 1, false).unwrap();
        t.ask("walt", "/timmy ping").await;
        assert_eq!(t.timmy.noted().await, "");
    })
    .await;
}

#[tokio::test]
async fn that_a_repository_is_archived_no_more_is_seen_without_a_write() {
    talk(async |t| {
        let id = t.says_while("/timmy ping", || t.sandbox.archive(DOOR, true).unwrap()).await;
        t.saw(Subject::Comment(id), "eyes");
        t.wait(MINUTE).await;
        assert_snapshot!(t.timmy.noted().await, @"foundation/door: the repository is archived: unarchive it first");
        t.sandbox.archive(DOOR, false).unwrap();
        t.wait(MINUTE).await;
        assert_eq!(t.timmy.noted().await, "");
    })
    .await;
}

#[tokio::test]
async fn that_a_thread_is_locked_no_more_is_seen_without_a_write() {
    talk(async |t| {
        t.sandbox.collaborator(DOOR, "timmy", Mode::Read).unwrap();
        t.sandbox.set_locked("alexander", DOOR, 1, true).unwrap();
        let id = t.says("walt", "/timmy ping");
        t.quiet().await;
        t.saw(Subject::Comment(id), "eyes");
        t.wait(MINUTE).await;
        assert_snapshot!(t.timmy.noted().await, @"foundation/door#1: the thread is locked: unlock it, or give the bot write access");
        t.sandbox.set_locked("alexander", DOOR, 1, false).unwrap();
        t.wait(MINUTE).await;
        assert_eq!(t.timmy.noted().await, "");
    })
    .await;
}
