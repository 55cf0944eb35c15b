//! What it costs to know a whole backlog: requests, time, memory.

use std::time::{Duration, Instant};

use timmy::core::model::time::Timestamp;
use timmy::sandbox::Asked;
use timmy::sandbox::backlog::{Backlog, Shape};

use crate::stage::{Stage, Timmy};
use crate::table::Row;

/// Nothing more is asked for when nothing was for so long; polls are ten seconds apart.
const QUIET: Duration = Duration::from_secs(4);

/// How many issues change at once.
const CHANGES: usize = 100;

/// A forge full of issues, and a timmy that has read it.
struct Scene {
    stage: Stage,
    backlog: Backlog,
    timmy: Timmy,
    read: Cost,
}

/// What something cost.
struct Cost {
    asked: Vec<String>,
    seconds: f64,
    /// The most memory that timmy held meanwhile, in MB.
    peak: f64,
}

impl Cost {
    fn count(&self, piece: &str) -> usize {
        self.asked.iter().filter(|path| path.contains(piece)).count()
    }
}

impl Scene {
    fn of(repos: usize, issues: usize) -> Self {
        let now = Timestamp::default().after(std::time::UNIX_EPOCH.elapsed().unwrap());
        // Nothing in it moved so lately that a poll would look at it twice.
        let now = now.before(Duration::from_secs(60 * 60));
        let backlog = Backlog::of(Shape { repos, issues, seed: 7, now });
        let stage = Stage::filled("works", &backlog);
        let timmy = stage.start();
        let read = cost(&stage, &timmy, 0);
        Self { stage, backlog, timmy, read }
    }

    /// How many requests one poll takes in which nothing moved.
    fn idle(&self) -> usize {
        let before = self.stage.sandbox.requests().len();
        cost(&self.stage, &self.timmy, before).asked.len()
    }

    /// Changes the texts of a hundred issues all over the forge, and waits until timmy knows.
    fn change(&self) -> Cost {
        let issues = self.backlog.threads().filter(|(_, thread)| !thread.is_pull);
        let every = self.backlog.issues() / CHANGES;
        let before = self.stage.sandbox.requests().len();
        for (place, thread) in issues.step_by(every).take(CHANGES) {
            let repo = format!("works/{}", self.backlog.repos[place.repo].name);
            let text = "Sweep the floor until nobody can tell that it was ever dusty. ".repeat(2);
            let number = i64::try_from(place.number).unwrap();
            self.stage.sandbox.edit_issue(thread.author, &repo, number, &text).unwrap();
        }
        cost(&self.stage, &self.timmy, before)
    }
}

/// What is asked from the request `before` on, until it is quiet again.
fn cost(stage: &Stage, timmy: &Timmy, before: usize) -> Cost {
    let (mut first, mut last) = (None, Instant::now());
    let (mut count, mut peak) = (before, 0_f64);
    while first.is_none() || last.elapsed() < QUIET {
        std::thread::sleep(Duration::from_millis(20));
        peak = peak.max(timmy.memory());
        let now = stage.sandbox.count_requests();
        if now > count {
            (count, last) = (now, Instant::now());
            first = first.or(Some(last));
        }
    }
    let seconds = first.map_or(0.0, |first| (last - first).as_secs_f64());
    let asked = stage.sandbox.requests().into_iter().skip(before);
    Cost { asked: asked.map(|Asked { path, .. }| path).collect(), seconds, peak }
}

/// The first read of 10,000 issues.
pub fn measure_read() -> Row {
    let scene = Scene::of(100, 10_000);
    let Cost { seconds, peak, .. } = scene.read;
    let (pages, bonds) = (scene.read.count("state=open"), scene.read.count("/dependencies?"));
    let list = scene.read.count("/users/works") + scene.read.count("/repos/search?");
    let threads = scene.backlog.threads().count();
    let pulls = threads - scene.backlog.issues();
    let idle = scene.idle();
    Row {
        what: "backlog: 10,000 issues in 100 repositories",
        goal: "<= 205 requests, 200 for dependencies, then 1 a poll",
        measured: format!("{pages} + {list} requests, {bonds} for dependencies, then {idle}"),
        holds: pages + list <= 205 + pulls.div_ceil(50) && bonds <= 200 && idle == 1,
        figures: format!(
            "{} pages of 50 for {threads} threads; {seconds:.1} s, most memory {peak:.0} MB",
            threads.div_ceil(50)
        ),
        method: "`timmy serve` on an empty ledger, the sandbox in another process; the pages of \
                 the list and of that of repositories; it holds pull requests as well, whose \
                 pages are not counted against the goal; timed from the first request to the \
                 last, at 1,000 a second (at the default of 10 it takes as many tenths of a \
                 second as there are requests)",
    }
}

/// A hundred changes in 10,000 issues.
pub fn measure_changes() -> Row {
    let scene = Scene::of(100, 10_000);
    let changed = scene.change();
    let (pages, bonds) = (changed.count("/issues/search?"), changed.count("/dependencies?"));
    let comments = changed.count("/comments?");
    let all = changed.asked.len();
    Row {
        what: "backlog: 100 changes in 10,000 issues",
        goal: "what moved, nothing else",
        measured: format!(
            "{pages} requests to find them, {bonds} for dependencies, {comments} for comments"
        ),
        holds: all == pages + bonds + comments && bonds == CHANGES && pages <= 4,
        figures: format!(
            "{:.2} s; {} requests and {:.1} s for all",
            changed.seconds,
            scene.read.asked.len(),
            scene.read.seconds
        ),
        method: "100 issues edited all over the organisation, heard by the next poll; the \
                 comments are those of each repository in which something moved",
    }
}

/// The same ten times as large.
pub fn measure_large() -> Row {
    let scene = Scene::of(100, 100_000);
    let Cost { seconds, peak, .. } = scene.read;
    let settled = scene.timmy.memory();
    let idle = scene.idle();
    let changed = scene.change();
    let (peak, after) = (peak.max(changed.peak), scene.timmy.memory());
    Row {
        what: "backlog: 100,000 issues, memory",
        goal: "<= 80 MB",
        measured: format!("{peak:.1} MB"),
        holds: peak <= 80.0,
        figures: format!(
            "then {settled:.0} MB, after 100 changes {after:.0} MB; {} requests and {seconds:.0} s \
             to read, then {idle} a poll; 100 changes {} and {:.2} s",
            scene.read.asked.len(),
            changed.asked.len(),
            changed.seconds
        ),
        method: "`timmy serve` in 100 repositories, from an empty ledger on: resident memory of \
                 the process as `ps` counts it, every 20 ms; with the ranking and the tick",
    }
}
