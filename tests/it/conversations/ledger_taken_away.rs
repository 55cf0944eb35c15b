//! The ledger's file is deleted, moved or replaced while timmy runs: what it would write now, a
//! restart would not find.

use std::fs;

use timmy::core::model::time::Timestamp;
use timmy::store::meta;

use crate::conversations::talk::usual;
use crate::support::app::App;
use crate::support::clock::{MINUTE, PATIENCE};
use crate::support::delivery::Delivery;
use crate::support::forge::{DOOR, furnish};
use crate::support::process::until;

/// A timmy that runs, and what then happens to the ledger beside `name`.
async fn running() -> App {
    let mut app = App::asleep(|sandbox| furnish(sandbox, "timmy"), usual).await;
    app.wake().await;
    assert_eq!(app.timmy.readiness().await, (200, "ready\n".to_owned()));
    app
}

/// It says so at once where it is asked, takes no delivery, and ends within a minute.
async fn it_ends(mut app: App, what: &str) {
    let (status, said) = app.timmy.readiness().await;
    assert_eq!(status, 503);
    assert!(said.contains(what), "{said}");
    let answer = Delivery::of(1, "walt", "/timmy ping").send(app.timmy.webhook()).await;
    assert_eq!(answer, 503, "nothing is acknowledged that will be lost");
    app.clock.advance(MINUTE);
    let ended = app.timmy.ended().await;
    assert!(ended.contains(what) && ended.contains("timmy ends"), "{ended}");
}

#[tokio::test]
async fn its_file_is_deleted() {
    let app = running().await;
    // Kept by another name, so that the system does not give its number again.
    fs::hard_link(app.timmy.path("timmy.db"), app.timmy.path("kept")).unwrap();
    fs::remove_file(app.timmy.path("timmy.db")).unwrap();
    it_ends(app, "timmy.db` is gone").await;
}

#[tokio::test]
async fn its_file_is_moved_away() {
    let app = running().await;
    fs::rename(app.timmy.path("timmy.db"), app.timmy.path("old.db")).unwrap();
    it_ends(app, "timmy.db` is gone").await;
}

#[tokio::test]
async fn another_file_takes_its_place() {
    let app = running().await;
    fs::copy(app.timmy.path("timmy.db"), app.timmy.path("copy.db")).unwrap();
    fs::rename(app.timmy.path("copy.db"), app.timmy.path("timmy.db")).unwrap();
    it_ends(app, "timmy.db` is another file now").await;
}

#[tokio::test]
async fn what_lies_beside_it_is_a_part_of_it() {
    for name in ["timmy.db-wal", "timmy.db-shm", "timmy.db.lock"] {
        let app = running().await;
        fs::rename(app.timmy.path(name), app.timmy.path("elsewhere")).unwrap();
        it_ends(app, &format!("{name}` is gone")).await;
    }
}

/// When the account had answered before this ledger began, once the forge was asked.
async fn answered_before(app: &App) -> Option<Timestamp> {
    let start = async || app.timmy.read(|conn| meta::get(conn, meta::LEDGER_START)).await;
    until("the forge was asked", async || start().await.is_some_and(|start| start.asked)).await;
    start().await.and_then(|start| start.answered)
}

#[tokio::test]
async fn a_new_ledger_of_an_account_that_answered_before_knows_it() {
    let mut app = App::asleep(|sandbox| furnish(sandbox, "timmy"), usual).await;
    app.wake().await;
    assert_eq!(answered_before(&app).await, None);
    app.sandbox.open_issue("alexander", DOOR, "It squeaks", "/timmy ping").unwrap();
    app.wait(MINUTE).await;
    app.wait(PATIENCE).await;
    assert_eq!(app.sandbox.comments(DOOR, 1).unwrap().len(), 1);
    app.timmy.stop().await;

    // The same ledger again: nothing is new.
    app.wake().await;
    assert_eq!(answered_before(&app).await, None);
    app.timmy.stop().await;

    fs::remove_file(app.timmy.path("timmy.db")).unwrap();
    app.wake().await;
    assert!(answered_before(&app).await.is_some());
    app.timmy.stop().await;
}
