//! What the process costs: how long it takes to start, how much memory it holds.

use std::time::Duration;

use crate::sample::Sample;
use crate::stage::{OWNER, REPO, Stage};
use crate::table::Row;

const STARTS: usize = 15;

/// From the start of the process until it is ready.
pub fn measure_start() -> Row {
    let stage = Stage::new();
    let start = || stage.start().ready_after.as_secs_f64() * 1e3;
    let first = Sample::of(STARTS, || {
        stage.forget();
        start()
    });
    let again = Sample::of(STARTS, start);
    Row {
        what: "start to ready",
        goal: "<= 100 ms",
        holds: first.median().max(again.median()) <= 100.0,
        measured: format!("{first} ms"),
        yardstick: format!("with a ledger, after kill -9: {again} ms"),
        method: "from spawning `timmy serve` until /readyz says 200, which takes a ledger that is \
                 made and an answer of the forge to `GET /user`; each without a ledger, and with \
                 one whose owner was killed",
    }
}

/// Resident memory, idle and after work.
pub fn measure_memory() -> Row {
    const ISSUES: usize = 20;
    const COMMENTS: usize = 1_000;
    let stage = Stage::new();
    let timmy = stage.start();
    std::thread::sleep(Duration::from_secs(1));
    let idle = timmy.memory();
    let issues: Vec<i64> = (0..ISSUES)
        .map(|_| stage.sandbox.open_issue(OWNER, REPO, "It squeaks", "").unwrap())
        .collect();
    for at in 0..COMMENTS {
        stage.sandbox.comment(OWNER, REPO, issues[at % ISSUES], "/timmy ping").unwrap();
    }
    let count = |issue| stage.sandbox.comments(REPO, issue).unwrap().len();
    stage.wait_until(|_| issues.iter().copied().map(count).sum::<usize>() == 2 * COMMENTS);
    std::thread::sleep(Duration::from_secs(1));
    let after = timmy.memory();
    Row {
        what: "memory, idle",
        goal: "<= 20 MB",
        holds: idle.max(after) <= 20.0,
        measured: format!("{idle:.1} MB"),
        yardstick: format!("after 1,000 commands answered: {after:.1} MB"),
        method: "resident memory of the real process, its program text included, a second after \
                 it is ready and a second after the last reply",
    }
}
