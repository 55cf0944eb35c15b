//! Jobs that no comment asked for: their cards claim them, before an agent is called.

use timmy::core::effect::marker::marker;
use timmy::core::jobs::{CancelReason, Cancelled, JobId, State, StateKind};
use timmy::core::reply::cards::{ENDED, LedgerCard};
use timmy::sandbox::{Fault, Matcher};
use timmy::store::meta;

use super::stage::{Stage, live};
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

/// A job of the third issue, in the text of which everything is said.
async fn begun(stage: &Stage) -> JobId {
    let job = stage.begin_unasked(9).await;
    stage.pass(2 * MINUTE, MINUTE).await;
    job
}

async fn ready() -> Stage {
    let text = "The hinge in `door.rs` squeaks whenever it is opened.\n\nDone when it is silent.";
    live(|sandbox| drop(sandbox.open_issue("alexander", DOOR, "Squeak", text)), |c| c).await
}

/// What another ledger of the same account wrote there, as its card.
fn card_of_another(stage: &Stage, text: &str) {
    let body = format!("{text}\n\n{}", marker("other-j7.0-1.card"));
    stage.app.sandbox.comment("timmy", DOOR, 9, &body).unwrap();
}

async fn why_cancelled(stage: &Stage, job: JobId) -> Option<CancelReason> {
    match stage.job(job).await.state {
        State::Cancelled(Cancelled { reason, .. }) => Some(reason),
        _ => None,
    }
}

#[tokio::test]
async fn a_card_is_there_before_the_agent_is_called_and_names_its_ledger() {
    let stage = ready().await;
    let posts = Matcher::method_path("POST", "/issues/9/comments");
    stage.app.sandbox.faults().rate(1, posts, 1000, Fault::BadGateway);
    let job = begun(&stage).await;
    assert!(stage.ezra.script().sent.is_empty() && stage.bezalel.script().sent.is_empty());
    stage.app.sandbox.faults().clear();
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    let said = stage.app.sandbox.comments(DOOR, 9).unwrap();
    let card = LedgerCard::read(said[0].id, &said[0].body).expect("a card");
    let ledger = stage.app.timmy.read(|conn| meta::get(conn, meta::LEDGER)).await;
    assert_eq!((Some(card.ledger), card.job, card.has_ended), (ledger, job, false));
    stage.end().await;
}

#[tokio::test]
async fn the_older_card_of_another_ledger_wins() {
    let stage = ready().await;
    card_of_another(&stage, "**`ezra` is working on this.**");
    let job = begun(&stage).await;
    assert_eq!(why_cancelled(&stage, job).await, Some(CancelReason::Elsewhere));
    assert!(stage.ezra.script().sent.is_empty() && stage.bezalel.script().sent.is_empty());
    let card = stage.app.sandbox.comments(DOOR, 9).unwrap().pop().unwrap();
    assert!(card.body.starts_with("**Cancelled: another timmy works on this"), "{}", card.body);
    assert!(LedgerCard::read(card.id, &card.body).expect("a card").has_ended);
    let noted = stage.app.timmy.noted().await;
    assert!(noted.contains("another timmy (ledger other) works as my account"), "{noted}");
    stage.end().await;
}

#[tokio::test]
async fn a_card_whose_job_has_ended_is_in_nobodys_way_nor_is_anybody_elses() {
    let stage = ready().await;
    card_of_another(&stage, &format!("**Merged.**\n\n{ENDED}"));
    let forged = format!("**Mine.**\n\n{}", marker("other-j8.0-1.card"));
    stage.app.sandbox.comment("anna", DOOR, 9, &forged).unwrap();
    let job = begun(&stage).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.end().await;
}

#[tokio::test]
async fn what_cannot_be_announced_is_not_begun() {
    let stage = ready().await;
    stage.app.sandbox.block("alexander", "timmy", true).unwrap();
    let job = begun(&stage).await;
    assert_eq!(why_cancelled(&stage, job).await, Some(CancelReason::Unannounced));
    assert!(stage.ezra.script().sent.is_empty() && stage.bezalel.script().sent.is_empty());
    stage.end().await;
}
