//! Jobs that wait for an agent while their issue is closed.

use timmy::core::jobs::StateKind;
use timmy::store::backlog;

use super::stage::awake;
use crate::support::clock::{MINUTE, SECOND};
use crate::support::forge::DOOR;

#[tokio::test]
async fn one_that_is_queued_ends_when_its_issue_is_closed() {
    let stage = awake().await;
    stage.assign(1, Some("ezra")).await;
    let job = stage.assign(2, Some("ezra")).await;
    assert_eq!(stage.kind(job).await, StateKind::Queued);
    stage.app.sandbox.set_open("anna", DOOR, 2, false).unwrap();
    stage.pass(MINUTE * 3, SECOND * 30).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    stage.end().await;
}

#[tokio::test]
async fn one_whose_issue_was_closed_as_it_was_made_is_asked_about_again() {
    let stage = awake().await;
    stage.assign(1, Some("ezra")).await;
    let job = stage.assign(2, Some("ezra")).await;
    let thread = stage.job(job).await.spec.given().unwrap();
    // The ledger knows already what the forge does not say yet.
    stage.app.timmy.write(move |tx| backlog::forget(tx, thread)).await;
    stage.go().await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert_eq!(stage.kind(job).await, StateKind::Queued, "the forge says that it is open");
    stage.app.sandbox.set_open("anna", DOOR, 2, false).unwrap();
    stage.pass(MINUTE * 3, SECOND * 30).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    stage.end().await;
}
