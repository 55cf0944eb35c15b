//! What the engine of jobs can do at most: jobs that nobody works on, from start to end, durable.

use std::sync::Arc;
use std::time::{Duration, Instant};

use timmy::core::jobs::ask_first::StartRules;
use timmy::core::jobs::money::{Budgets, ChargeTerms, Spent, Usage};
use timmy::core::jobs::{
    AgentClaim, Draw, Fence, JobEvent, JobId, JobLimits, NewJob, Origin, OutcomeDigest, Progress,
    Purpose, ResultJudgement, StepTime, Timeouts, Verdict,
};
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::{AgentSlot, Authors, Limits, Rules, Weights};
use timmy::store::jobs::{self, ForgeView, LeaseRequest};
use timmy::store::{Ledger, backlog};
use tokio::task::JoinSet;

use crate::sample::Compared;
use crate::stage::{OWNER, REPO, Stage};
use crate::table::Row;

/// Each of an issue of its own.
const JOBS: usize = 1_000;
/// As many as the engine works on at once.
const AT_ONCE: usize = 256;
const ROUNDS: usize = 5;
/// Made, leased, started, accepted, ended, judged.
const COMMITS: usize = 6;
/// The room that a stored job takes.
const ROW: usize = 1_024;

const HOUR: Duration = Duration::from_secs(60 * 60);

pub fn measure() -> Row {
    let (stage, repo) = read_backlog();
    let ledger = Ledger::open(stage.ledger()).unwrap();
    let bare = "CREATE TABLE bare (text TEXT)";
    let made = ledger.write(move |tx| Ok(tx.execute_batch(bare)?));
    stage.runtime().block_on(made).unwrap();
    let before = changes(&stage, &ledger);
    per_second(&stage, &ledger, |ledger, number| Box::pin(run(ledger, repo, number)));
    let rows = (changes(&stage, &ledger) - before).div_ceil(JOBS * COMMITS);
    let Compared { ours, yardstick, ratio } = Compared::in_turn(
        ROUNDS,
        || per_second(&stage, &ledger, |ledger, number| Box::pin(run(ledger, repo, number))),
        || per_second(&stage, &ledger, |ledger, _| Box::pin(commit(ledger, rows))),
    );
    Row {
        what: "empty jobs, durable, start to end",
        goal: ">= 1/2 of bare group commits",
        measured: ratio.to_string(),
        holds: ratio.median() >= 0.5,
        figures: format!("{ours} jobs/s; bare {yardstick}/s, 6 commits of {rows} rows each"),
        method: "1,000 jobs, 256 at once, each made, leased, started, accepted, ended and judged in \
                 six transactions that are waited for (synchronous=FULL), with all checks and with \
                 what is said of it; beside it six transactions of as many rows of 1 KiB, by the \
                 same writer into the same file. No agent, no forge, no reads in between",
    }
}

/// A ledger that knows as many open issues.
fn read_backlog() -> (Stage, RepoId) {
    let stage = Stage::new();
    for number in 1..=JOBS {
        let title = format!("Door {number} squeaks");
        stage.sandbox.open_issue(OWNER, REPO, &title, "Only when it is cold.").unwrap();
    }
    let timmy = stage.start();
    let readers = Ledger::open_read_only(stage.ledger()).unwrap();
    let begun = Instant::now();
    let tracked = || {
        let read = readers.read(|conn| Ok((backlog::is_complete(conn)?, backlog::tracked(conn)?)));
        stage.runtime().block_on(read).unwrap()
    };
    let repo = loop {
        if let (true, [repo]) = (tracked().0, tracked().1.as_slice()) {
            break repo.id;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the backlog is not read");
        std::thread::sleep(Duration::from_millis(20));
    };
    drop(timmy);
    (stage, repo)
}

/// How many rows were ever written.
fn changes(stage: &Stage, ledger: &Ledger) -> usize {
    let count = ledger.write(|tx| Ok(tx.total_changes()));
    usize::try_from(stage.runtime().block_on(count).unwrap()).unwrap()
}

type Working = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// How many a second are done, all of them once.
fn per_second(stage: &Stage, ledger: &Ledger, work: impl Fn(Ledger, usize) -> Working) -> f64 {
    let begun = Instant::now();
    stage.runtime().block_on(async {
        let mut working = JoinSet::new();
        for number in 1..=JOBS {
            if working.len() == AT_ONCE {
                working.join_next().await.unwrap().unwrap();
            }
            working.spawn(work(ledger.clone(), number));
        }
        working.join_all().await;
    });
    JOBS as f64 / begun.elapsed().as_secs_f64()
}

async fn commit(ledger: Ledger, rows: usize) {
    let text: Arc<str> = "x".repeat(ROW).into();
    for _ in 0..COMMITS {
        let text = text.clone();
        let write = ledger.write(move |tx| {
            let mut insert = tx.prepare_cached("INSERT INTO bare VALUES (?1)")?;
            for _ in 0..rows {
                insert.execute([&*text])?;
            }
            Ok(())
        });
        write.await.unwrap();
    }
}

async fn run(ledger: Ledger, repo: RepoId, number: usize) {
    let thread = ThreadId { repo, number: i64::try_from(number).unwrap() };
    let new = NewJob {
        thread: thread.into(),
        purpose: Purpose::Code,
        role: "coder".to_owned(),
        origin: Origin::Person(OWNER.to_owned()),
        agent: None,
        limits: JobLimits::default(),
        budget: None,
        adopts: None,
        claims_by_card: false,
        crew: None,
    };
    let create = ledger.write(move |tx| jobs::create(tx, &new, now().at));
    let id = create.await.unwrap().unwrap().spec.id;
    let lease = ledger.write(move |tx| jobs::lease(tx, id, &request(), now()));
    let (lease, _) = lease.await.unwrap().unwrap();
    let fence = lease.fence();
    let start = ledger.write(move |tx| jobs::start(tx, &lease, &request(), now()));
    start.await.unwrap().unwrap();
    advance(&ledger, id, JobEvent::Attempt(fence, Progress::Accepted)).await;
    advance(&ledger, id, ended(fence)).await;
    advance(&ledger, id, judged()).await;
}

async fn advance(ledger: &Ledger, id: JobId, event: JobEvent) {
    let step = ledger.write(move |tx| jobs::advance(tx, id, None, event, now()));
    step.await.unwrap().unwrap();
}

fn ended(fence: Fence) -> JobEvent {
    let claim = AgentClaim::Comment;
    JobEvent::Attempt(fence, Progress::Ended { claim, usage: Usage::NONE })
}

fn judged() -> JobEvent {
    JobEvent::Judged(ResultJudgement {
        look: 1,
        commit: None,
        pull: None,
        verdict: Verdict::Pass { ask: false },
        digest: OutcomeDigest("done".to_owned()),
        change: None,
        examined: None,
        asks: None,
    })
}

fn now() -> StepTime {
    let at = Timestamp::default().after(std::time::UNIX_EPOCH.elapsed().unwrap());
    StepTime { at, chance: Draw(0) }
}

/// Of an agent with room for all of them.
fn request() -> LeaseRequest {
    let weights = Weights {
        urgency: 350_000,
        value: 200_000,
        dependents: 200_000,
        people: 150_000,
        age: 100_000,
    };
    let room = u32::try_from(JOBS).unwrap();
    LeaseRequest {
        agent: "ezra".to_owned(),
        family: None,
        timeouts: Timeouts { start: HOUR, silence: HOUR, total: HOUR, stop: HOUR },
        terms: ChargeTerms { price: None, bound: Spent::default() },
        can_be_told: true,
        rules: Rules {
            weights,
            epic_labels: Vec::new(),
            authors: Authors::Everyone,
            machines: vec!["ezra".to_owned()],
            writers: Vec::new(),
            attempts: 3,
        },
        workers: vec![AgentSlot {
            name: "ezra".to_owned(),
            roles: vec!["coder".to_owned()],
            skills: Vec::new(),
            host: None,
            pool: None,
            capacity: room,
            prior: 500_000,
            is_up: true,
            is_spent: false,
            ..AgentSlot::default()
        }],
        limits: Limits {
            per_host: room,
            per_repository: room,
            reviews_waiting: room,
            minimum: 0,
            issue_micro_usd: None,
            pools: Vec::new(),
        },
        budgets: Budgets::default(),
        start_rules: StartRules::default(),
        day_began: now().at,
        outside: ForgeView { reviews_waiting: 0, is_asked: false },
    }
}
