//! A reply names only what everybody who reads the thread may read.

use insta::assert_snapshot;
use timmy::store::repos;

use crate::conversations::talk::talk;
use crate::support::forge::{CELLAR, DOOR, TOYS};

#[tokio::test]
async fn a_public_thread_is_not_shown_a_private_repository() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "Where the gold is", "").await;
        let private = t.ask("alexander", "/timmy status foundation/cellar#1").await;
        assert_snapshot!(private, @"**Not found:** `foundation/cellar#1`. It does not exist, or cannot be shown to everybody who reads this thread.");
        let missing = t.ask("alexander", "/timmy status foundation/cellar#2").await;
        assert_eq!(missing.replace("#2", "#1"), private);
    })
    .await;
}

#[tokio::test]
async fn a_private_thread_may_show_itself_and_what_is_public() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "Where the gold is", "").await;
        t.opens(CELLAR, "walt", "It is dark", "").await;
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", "/timmy status #2").await, @r"\#2 *It is dark*: **Nothing is running here.**");
        let text = "/timmy status foundation/door#1";
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", text).await, @r"foundation/door\#1 *The door does not open*: **Nothing is running here.**");
    })
    .await;
}

#[tokio::test]
async fn a_private_thread_is_not_shown_another_private_repository() {
    talk(async |t| {
        t.sandbox.add_repo("foundation/attic", true).unwrap();
        t.sandbox.collaborator("foundation/attic", "timmy", timmy::sandbox::Mode::Write).unwrap();
        t.opens(CELLAR, "walt", "It is dark", "").await;
        t.opens("foundation/attic", "alexander", "Ghosts", "").await;
        let text = "/timmy why foundation/attic#1";
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", text).await, @"**Not found:** `foundation/attic#1`. It does not exist, or cannot be shown to everybody who reads this thread.");
    })
    .await;
}

#[tokio::test]
async fn a_public_repository_of_somebody_else_is_no_secret() {
    talk(async |t| {
        t.opens(TOYS, "rando", "A toy", "").await;
        assert_snapshot!(t.ask_in(DOOR, 1, "rita", "/timmy status rando/toys#1").await, @r"rando/toys\#1 *A toy*: **Nothing is running here.**");
    })
    .await;
}

/// Who may read a repository is listed once an hour; a webhook may say before that it is fewer.
#[tokio::test]
async fn what_was_closed_is_not_opened_by_an_older_listing() {
    talk(async |t| {
        t.sandbox.set_private(DOOR, true).unwrap();
        t.says("walt", "Nobody else need know.");
        t.quiet().await;
        t.polls().await;
        let repos = t.timmy.read(repos::all).await;
        let door = repos.iter().find(|repo| repo.name.to_string() == DOOR).unwrap();
        assert!(door.private);
    })
    .await;
}
