//! When a tick decides, and when it leaves no trace.

use std::sync::Arc;

use timmy::core::model::ids::ThreadId;
use timmy::core::model::thread::{Snooze, ThreadState};
use timmy::core::policy::controls::{ControlChange, Pause, PauseScope};
use timmy::store::{controls, threads};

use crate::matches::stage::{DOOR, issue, put, with};
use crate::support::clock::{DAY, MINUTE, NOON, SECOND};
use crate::support::people::account;

fn given(pairs: &[(i64, &str)]) -> Vec<(i64, String)> {
    pairs.iter().map(|(number, agent)| (*number, (*agent).to_owned())).collect()
}

#[tokio::test]
async fn it_decides_at_once_and_again_only_when_something_moves() {
    let mut timmy = with(vec![issue(1, "priority/p1", 3), issue(2, "priority/p2", 3)]).await;
    timmy.wake().await;
    // Of three slots the last is kept for a p0; nobody reviews code that nobody wrote.
    assert_eq!(timmy.given().await, given(&[(1, "ezra"), (2, "ezra")]));
    timmy.wait(5 * MINUTE).await;
    assert_eq!(timmy.ticks().await, 1);

    timmy.write(|tx| put(tx, &[issue(3, "priority/p0", 3)])).await;
    timmy.wait(30 * SECOND).await;
    assert_eq!(timmy.ticks().await, 2);
    assert_eq!(timmy.given().await, given(&[(3, "ezra"), (1, "ezra")]));
    timmy.stop().await;
}

#[tokio::test]
async fn a_restart_decides_nothing_new() {
    let mut timmy = with(vec![issue(1, "priority/p1", 3)]).await;
    timmy.wake().await;
    timmy.stop().await;
    timmy.wake().await;
    assert_eq!(timmy.ticks().await, 1);
    timmy.stop().await;
}

#[tokio::test]
async fn whoever_is_paused_gets_nothing() {
    let mut timmy = with(vec![issue(1, "priority/p1", 3)]).await;
    timmy.wake().await;
    assert_eq!(timmy.given().await, given(&[(1, "ezra")]));
    let by = account("alexander");
    let pause =
        ControlChange::Pause(Pause { part: PauseScope::Agent("ezra".into()), by, since: NOON });
    timmy.write(move |tx| controls::apply(tx, &pause)).await;
    timmy.wait(30 * SECOND).await;
    assert_eq!(timmy.given().await, []);
    timmy.stop().await;
}

#[tokio::test]
async fn the_end_of_a_snooze_moves_something() {
    let mut timmy = with(vec![issue(1, "priority/p1", 3)]).await;
    let by = account("alexander");
    let snooze = Snooze { until: NOON.after(10 * MINUTE), by };
    let state = ThreadState { snooze: Some(snooze), ..ThreadState::default() };
    let thread = ThreadId { repo: DOOR, number: 1 };
    timmy.ledger().write(move |tx| threads::save(tx, thread, &state)).await.unwrap();
    timmy.wake().await;
    assert_eq!(timmy.given().await, []);
    timmy.wait(599 * SECOND).await;
    assert_eq!(timmy.given().await, []);
    timmy.wait(30 * SECOND).await;
    assert_eq!(timmy.given().await, given(&[(1, "ezra")]));
    timmy.stop().await;
}

#[tokio::test]
async fn a_new_day_moves_something() {
    let mut timmy = with(vec![issue(1, "priority/p1", 3)]).await;
    timmy.wake().await;
    timmy.wait(DAY).await;
    assert_eq!(timmy.ticks().await, 2, "it is a day older, and worth more");
    timmy.stop().await;
}

#[tokio::test]
async fn as_long_as_nothing_is_known_it_decides_nothing() {
    let mut timmy = with(vec![]).await;
    timmy.wake().await;
    assert_eq!(timmy.ticks().await, 0);
    timmy.write(|tx| put(tx, &[issue(1, "priority/p1", 3)])).await;
    timmy.wait(30 * SECOND).await;
    assert_eq!(timmy.ticks().await, 1);
    timmy.stop().await;
}

#[tokio::test]
async fn switched_off_it_decides_nothing() {
    let mut timmy = with(vec![issue(1, "priority/p1", 3)]).await;
    timmy.config.set("dispatch.mode", "off");
    timmy.wake().await;
    assert_eq!(timmy.ticks().await, 0);
    assert_eq!(timmy.engine().ranking().await.unwrap().ranking.ready.len(), 1);
    timmy.stop().await;
}

#[tokio::test]
async fn a_ranking_is_kept_for_a_minute_unless_something_moves() {
    let mut timmy = with(vec![issue(1, "priority/p1", 3)]).await;
    timmy.wake().await;
    let first = timmy.engine().ranking().await.unwrap();
    timmy.wait(59 * SECOND).await;
    assert!(Arc::ptr_eq(&first, &timmy.engine().ranking().await.unwrap()));
    timmy.write(|tx| put(tx, &[issue(2, "priority/p1", 3)])).await;
    let second = timmy.engine().ranking().await.unwrap();
    assert_eq!(second.ranking.ready.len(), 2);
    timmy.wait(61 * SECOND).await;
    assert_eq!(Arc::strong_count(&second), 1, "nobody holds what is old");
    timmy.stop().await;
}
