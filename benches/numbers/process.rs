//! What the process costs: how long it takes to start, how much memory it holds.

use std::path::Path;
use std::time::Duration;

use timmy::gitea::{ClientOptions, Gitea, Token};
use timmy::store::Ledger;
use tokio::runtime::Builder;

use crate::sample::{Compared, milliseconds};
use crate::stage::{OWNER, REPO, Stage};
use crate::table::Row;

const STARTS: usize = 15;

/// From the start of the process until it is ready.
pub fn measure_start() -> Row {
    let stage = Stage::new();
    let start = || stage.start().ready_after.as_secs_f64() * 1e3;
    let bare = || milliseconds(|| open_and_ask(&stage));
    let forgotten = |measure: &dyn Fn() -> f64| {
        stage.forget();
        measure()
    };
    let killed = |measure: &dyn Fn() -> f64| {
        start();
        measure()
    };
    let first = Compared::in_turn(STARTS, || forgotten(&start), || forgotten(&bare));
    let again = Compared::in_turn(STARTS, || killed(&start), || killed(&bare));
    Row {
        what: "start to ready",
        goal: "<= 2 x opening the ledger and one request",
        measured: format!("{}; again {}", first.ratio, again.ratio),
        holds: first.ratio.median().max(again.ratio.median()) <= 2.0,
        figures: format!(
            "{} ms; bare {} ms; again {} ms; bare {} ms",
            first.ours, first.yardstick, again.ours, again.yardstick
        ),
        method: "from spawning `timmy serve` until /readyz says 200, looked at every half \
                 millisecond; beside it, in this process, the ledger is opened and the forge asked \
                 `GET /user` once; first without a ledger, which is made, then with one whose \
                 owner was killed",
    }
}

/// What no start can do without.
fn open_and_ask(stage: &Stage) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let asked = async {
        let ledger: Ledger = Ledger::open(Path::new(&stage.ledger())).unwrap();
        let url = stage.sandbox.url().parse().unwrap();
        let gitea = Gitea::new(ClientOptions::new(url, Token::new(&stage.token).unwrap())).unwrap();
        gitea.me().await.unwrap();
        ledger
    };
    drop(runtime.block_on(asked));
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
        measured: format!("{:.1} MB", idle.max(after)),
        holds: idle.max(after) <= 20.0,
        figures: format!("idle {idle:.1} MB; after 1,000 commands answered {after:.1} MB"),
        method: "resident memory of the real process, its program text included, a second after \
                 it is ready and a second after the last reply",
    }
}
