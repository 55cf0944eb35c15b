//! Which dates of routines run, and which wait, where not all can.

use std::collections::BTreeSet;

use timmy::clock::Clock as _;
use timmy::core::jobs::JobId;
use timmy::sandbox::Sandbox;
use timmy::store::jobs::{RoutineEnd, RoutineHold, RoutineStart};
use timmy::store::{Transaction, jobs, meta, routines};

use super::by_itself::{Tokens, protect};
use super::routines::{DAILY, again, all, begins, daily, dates, routine, stage, stage_with};
use crate::support::clock::{DAY, HOUR, MINUTE};
use crate::support::forge::DOOR;

#[tokio::test]
async fn where_the_day_is_full_each_has_its_turn() {
    let names: Vec<String> = (0..12).map(|nth| format!("oil-{nth:02}")).collect();
    let more: String = names.iter().map(|name| routine(name, DAILY)).collect();
    let stage = stage(|config| config.with("dispatch.starts_per_day", 5).and(&more)).await;
    for _ in 0..28 {
        stage.pass(6 * HOUR, HOUR).await;
        // None is in the way of its next date.
        for job in stage.app.timmy.read(jobs::live_ids).await {
            stage.cancel(job).await;
        }
        stage.pass(2 * MINUTE, MINUTE).await;
    }
    let made = stage.app.timmy.read(all).await;
    let ran: BTreeSet<String> =
        made.iter().map(|record| record.job.spec.routine().unwrap().routine.clone()).collect();
    assert_eq!(ran.into_iter().collect::<Vec<_>>(), names);
    stage.end().await;
}

#[tokio::test]
async fn a_restored_ledger_runs_no_date_that_the_lost_one_may_have_run() {
    // It starts again, and reads their tokens again.
    let tokens = Tokens::new();
    let door = |sandbox: &Sandbox| protect(sandbox, DOOR);
    let mut stage = stage_with(&tokens, door, |config| config.and(&routine("oil", DAILY))).await;
    stage.pass(50 * MINUTE, 10 * MINUTE).await;
    let copied = stage.app.clock.now();
    stage.app.timmy.write(move |tx| meta::set(tx, meta::COPIED_AT, &copied)).await;
    stage.app.timmy.stop().await;
    stage.app.clock.advance(HOUR);
    stage.app.timmy.start().await;
    stage.go().await;
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    assert_eq!(dates(&stage).await, [""; 0]);
    stage.pass(DAY, HOUR).await;
    assert_eq!(dates(&stage).await, ["2026-11-24T14:00:00Z"], "from then on they run");
    stage.end().await;
}

#[tokio::test]
async fn a_date_waits_until_what_is_open_there_was_read() {
    let stage = daily().await;
    let job = begins(&stage).await;
    stage.cancel(job).await;
    stage.follow().await;
    let made = stage.job(job).await;
    let mut run = made.spec.routine().unwrap().clone();
    run.due = run.due.after(DAY);
    let (new, now, repo) = (again(&made), run.due, run.repo.0);
    let calendar = stage.app.timmy.read(routines::all).await["oil"].state.calendar.clone();
    let start = RoutineStart { calendar, new, starts_per_day: 10, day_began: now, left: None };
    let begin = move |tx: &Transaction<'_>| {
        let since: i64 =
            tx.query_row("SELECT since FROM tracked_repos WHERE repo = ?1", [repo], |row| {
                row.get(0)
            })?;
        tx.execute("UPDATE tracked_repos SET since = NULL WHERE repo = ?1", [repo])?;
        let unread = jobs::begin_routine(tx, &start, &run, now)?;
        tx.execute("UPDATE tracked_repos SET since = ?2 WHERE repo = ?1", (repo, since))?;
        Ok((unread, jobs::begin_routine(tx, &start, &run, now)?))
    };
    let (unread, read) = stage.app.timmy.write(begin).await;
    assert_eq!(unread, RoutineEnd::Held(RoutineHold::Unread));
    // An agent had it: what that left on its branch is looked at first.
    let branches = vec!["timmy/r-j1".to_owned()];
    assert_eq!(read, RoutineEnd::Doubtful { job: JobId(1), branches });
    stage.end().await;
}
