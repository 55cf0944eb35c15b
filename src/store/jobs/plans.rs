//! What is asked again and again is found by an index, however many jobs ended before.

use rusqlite::Connection;

use super::load::LIVE_BESIDE;
use super::merged_before::RETRIED;
use super::record::LATEST_BESIDE;
use super::results::{OUTCOMES, RESULTS, TOUCHES};
use super::reviewed::WORKED_ON;
use super::run::WATCHED;
use crate::store::migrate::{self, MIGRATIONS};

/// The indexes that hold no job that ended, unless its pull request is open.
const OF_FEW: [&str; 3] = ["jobs_live", "jobs_open", "jobs_delivered"];

/// By which steps SQLite answers a query.
fn steps(sql: &str) -> Vec<String> {
    let mut conn = Connection::open_in_memory().expect("a database in memory");
    migrate::run(&mut conn, MIGRATIONS, 0).expect("the schema");
    let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a query");
    let (mut rows, mut steps) = (plan.raw_query(), Vec::new());
    while let Some(row) = rows.next().expect("its plan") {
        steps.push(row.get(3).expect("a step"));
    }
    steps
}

/// Whether a step goes through all jobs that there are.
fn reads_all(step: &str) -> bool {
    step.starts_with("SCAN jobs") && !OF_FEW.iter().any(|index| step.contains(index))
}

#[test]
fn nothing_that_is_asked_often_goes_through_all_jobs() {
    let all = [WATCHED, LIVE_BESIDE, LATEST_BESIDE, WORKED_ON, RETRIED, TOUCHES, OUTCOMES, RESULTS];
    for sql in all.into_iter().chain(["SELECT id FROM jobs WHERE ended_at IS NULL ORDER BY id"]) {
        let steps = steps(sql);
        assert!(!steps.iter().any(|step| reads_all(step)), "{sql}: {steps:#?}");
    }
    assert!(steps("SELECT job FROM jobs").iter().any(|step| reads_all(step)), "it can fail");
}

#[test]
fn what_ended_since_a_moment_is_found_by_that_moment() {
    for sql in [RETRIED, TOUCHES, OUTCOMES, RESULTS] {
        let steps = steps(sql);
        let by_moment = |step: &String| step.contains("jobs_ended (ended_at>?)");
        assert!(steps.iter().any(by_moment), "{sql}: {steps:#?}");
    }
}

#[test]
fn a_job_of_a_thread_is_found_by_both_of_its_threads() {
    for sql in [LIVE_BESIDE, LATEST_BESIDE, WORKED_ON] {
        let steps = steps(sql);
        for key in ["(repo=? AND number=?", "(repo=? AND pull=?"] {
            assert!(steps.iter().any(|step| step.contains(key)), "{key}: {sql}: {steps:#?}");
        }
    }
}
