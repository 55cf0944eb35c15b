//! Repositories come, go, and change their names and owners.

use serde_json::json;
use timmy::sandbox::Mode;

use crate::backlog::stage::{REPO, Via, awake, without_timmy};
use crate::support::clock::{HOUR, MINUTE};

#[tokio::test]
async fn a_new_repository_is_read_as_soon_as_something_moves_there() {
    let stage = awake(1, 1, Via::Polls).await;
    stage.add_repo("halls/attic");
    stage.sandbox.open_issue("anna", "halls/attic", "Bats", "Many.").unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(stage.open().await, ["halls/room-1#1", "halls/attic#1"]);
}

#[tokio::test]
async fn a_renamed_repository_keeps_its_issues() {
    let stage = awake(1, 1, Via::Polls).await;
    let before = stage.first().await;
    stage.sandbox.rename(REPO, "parlour").unwrap();
    stage.wait(HOUR).await;
    assert_eq!(stage.open().await, ["halls/parlour#1"]);
    assert_eq!(stage.first().await, before);
}

#[tokio::test]
async fn a_transferred_repository_leaves_or_stays_as_its_new_owner_is_watched() {
    for (watch, open) in [(json!(["halls"]), 1), (json!(["halls", "towers"]), 2)] {
        let mut stage = without_timmy(2, 1).await;
        stage.sandbox.add_org("towers", "alexander").unwrap();
        stage.timmy.config.set("gitea.watch", watch);
        stage.clock.advance(HOUR);
        stage.wake().await;
        stage.sandbox.transfer(REPO, "towers").unwrap();
        stage.wait(HOUR).await;
        let names = stage.open().await;
        assert_eq!(names.len(), open, "{names:?}");
        assert_eq!(names.contains(&"towers/room-1#1".to_owned()), open == 2);
    }
}

#[tokio::test]
async fn a_deleted_repository_leaves_however_it_was_named() {
    for watch in [json!(["halls"]), json!(["halls/room-1", "halls/room-2"])] {
        let mut stage = without_timmy(2, 1).await;
        stage.timmy.config.set("gitea.watch", watch.clone());
        stage.clock.advance(HOUR);
        stage.wake().await;
        stage.sandbox.delete_repo(REPO).unwrap();
        stage.wait(HOUR).await;
        assert_eq!(stage.open().await, ["halls/room-2#1"], "{watch}");
    }
}

#[tokio::test]
async fn an_archived_repository_leaves_and_comes_back() {
    let stage = awake(2, 1, Via::Polls).await;
    stage.sandbox.archive(REPO, true).unwrap();
    stage.wait(HOUR).await;
    assert_eq!(stage.open().await, ["halls/room-2#1"]);
    stage.sandbox.archive(REPO, false).unwrap();
    stage.wait(HOUR).await;
    assert_eq!(stage.open().await, ["halls/room-1#1", "halls/room-2#1"]);
}

#[tokio::test]
async fn it_comes_back_as_soon_as_something_moves_there() {
    let stage = awake(2, 1, Via::Polls).await;
    stage.sandbox.archive(REPO, true).unwrap();
    stage.wait(HOUR).await;
    stage.sandbox.archive(REPO, false).unwrap();
    stage.sandbox.open_issue("anna", REPO, "Bats", "Many.").unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(stage.open().await.len(), 3);
}

#[tokio::test]
async fn what_is_watched_no_longer_leaves() {
    let mut stage = awake(2, 1, Via::Polls).await;
    stage.timmy.stop().await;
    stage.timmy.config.set("gitea.watch", ["halls/room-2"]);
    stage.wake().await;
    assert_eq!(stage.open().await, ["halls/room-2#1"]);
}

#[tokio::test]
async fn private_repositories_are_read_as_far_as_timmy_may_see_them() {
    let mut stage = without_timmy(1, 1).await;
    for name in ["halls/vault", "halls/crypt"] {
        stage.sandbox.add_repo(name, true).unwrap();
        stage.sandbox.open_issue("alexander", name, "Gold", "Old.").unwrap();
    }
    stage.sandbox.collaborator("halls/vault", "timmy", Mode::Write).unwrap();
    stage.clock.advance(HOUR);
    stage.wake().await;
    assert_eq!(stage.open().await, ["halls/room-1#1", "halls/vault#1"]);
    stage.sandbox.collaborator("halls/vault", "timmy", Mode::None).unwrap();
    stage.wait(HOUR).await;
    assert_eq!(stage.open().await, ["halls/room-1#1"]);
}

#[tokio::test]
async fn a_copy_of_a_ledger_reads_all_again() {
    let mut stage = awake(1, 2, Via::Polls).await;
    let copy = stage.timmy.path("copy.db");
    stage.timmy.stop().await;
    let ledger = stage.timmy.path("timmy.db");
    let now = timmy::clock::Clock::now(&stage.clock);
    timmy::store::backup::backup(&ledger, &copy, timmy::store::backup::Existing::Keep, now)
        .unwrap();
    std::fs::rename(&copy, &ledger).unwrap();
    // Long enough for no search to tell.
    stage.sandbox.delete_issue("alexander", REPO, 1).unwrap();
    stage.wake().await;
    assert_eq!(stage.open().await, ["halls/room-1#2"]);
}
