//! What follows from a job's end beyond words.

use timmy::core::jobs::{Done, State, StateKind};

use super::scripted::ended;
use super::stage::{Stage, awake};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::forge::DOOR;

/// Somebody opens a pull request from a branch.
fn proposes(stage: &Stage, branch: &str) -> i64 {
    stage.app.sandbox.open_pull("alexander", DOOR, "Mend the door", "", branch).unwrap()
}

fn is_open(stage: &Stage, number: i64) -> bool {
    stage.app.sandbox.is_open(DOOR, number).unwrap()
}

#[tokio::test]
async fn what_took_the_place_of_another_closes_that_with_a_word() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    let first = proposes(&stage, "timmy/1-j1");
    let foreign = proposes(&stage, "timmy/1-j10");
    stage.ezra.script().is_forgetful = true;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    stage.ezra.script().is_forgetful = false;
    stage.ezra.script().plan.push_back(ended("done"));
    let second = proposes(&stage, "timmy/1-j1-2");
    stage.forge.script().pull = Some(second);
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    let open = [first, foreign, second].map(|number| is_open(&stage, number));
    assert_eq!(open, [false, true, true]);
    let words = stage.app.sandbox.comments(DOOR, first).unwrap();
    assert_eq!(words.len(), 1, "{words:?}");
    let word = format!("\\#{second} took");
    assert!(words[0].body.contains(&word), "{words:?}");
    stage.end().await;
}

#[tokio::test]
async fn it_is_closed_as_well_where_a_hundred_others_moved_since() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    let first = proposes(&stage, "timmy/1-j1");
    stage.ezra.script().is_forgetful = true;
    stage.follow().await;
    stage.ezra.script().is_forgetful = false;
    stage.ezra.script().plan.push_back(ended("done"));
    let second = proposes(&stage, "timmy/1-j1-2");
    stage.forge.script().pull = Some(second);
    stage.app.clock.advance(SECOND);
    for other in 0..101 {
        proposes(&stage, &format!("other-{other}"));
    }
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_eq!([first, second].map(|number| is_open(&stage, number)), [false, true]);
    stage.end().await;
}

/// A job that is done, and its pull request.
async fn delivered(stage: &Stage) -> (timmy::core::jobs::JobId, i64) {
    let job = stage.assign(1, Some("ezra")).await;
    let pull = proposes(stage, "timmy/1-j1");
    stage.forge.script().pull = Some(pull);
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    (job, pull)
}

#[tokio::test]
async fn what_is_merged_by_hand_closes_its_issue() {
    let stage = awake().await;
    let (job, pull) = delivered(&stage).await;
    stage.pass(MINUTE * 4, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert!(is_open(&stage, 1));
    let comments = stage.app.sandbox.comments(DOOR, 1).unwrap().len();
    stage.app.sandbox.merge("alexander", DOOR, pull).unwrap();
    stage.pass(MINUTE * 12, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    assert!(!is_open(&stage, 1));
    assert_eq!(stage.app.sandbox.comments(DOOR, 1).unwrap().len(), comments, "and says no more");
    stage.end().await;
}

#[tokio::test]
async fn what_is_closed_by_hand_is_looked_at_once() {
    let stage = awake().await;
    let (job, pull) = delivered(&stage).await;
    stage.pass(MINUTE * 4, MINUTE).await;
    stage.app.sandbox.set_open("alexander", DOOR, pull, false).unwrap();
    stage.pass(MINUTE * 12, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert!(is_open(&stage, 1));
    let now = timmy::clock::Clock::now(&stage.app.clock);
    let watched = move |conn: &timmy::store::Connection| timmy::store::jobs::watched(conn, now);
    assert_eq!(stage.app.timmy.read(watched).await, []);
    stage.end().await;
}
