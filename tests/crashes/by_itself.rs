//! Work that starts by itself while timmy is killed at each step of that: each issue has one job, one
//! card, one outcome, and no agent is started twice.

use std::time::Duration;

use timmy::sandbox::BranchRule;
use timmy::store::{Ledger, jobs};

use crate::bot::Bot;
use crate::hands::Hands;
use crate::job_fleet::JobFleet;
use crate::job_outcomes::problems;
use crate::random_run::times;
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;

/// From the match to the agent at work: the job is in the ledger, its card is posted, the agent is
/// called.
const STEPS: [&str; 8] = [
    "begun_by_itself",
    "sending",
    "sent",
    "job_stored",
    "job_starting",
    "job_sent",
    "wishing",
    "done",
];

/// How many issues there are: on trial, each of three agents is given one.
const ISSUES: i64 = 3;

/// How long a life may take until it dies at its step, or does not come to it: more than it needs, and less
/// than a test waits for anything.
const LIFE: Duration = Duration::from_secs(100);

const POLL: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_work_starts_by_itself() {
    let mut died = 0;
    for step in STEPS {
        died += walk(step).await;
    }
    assert!(died >= STEPS.len(), "it died {died} times at {} steps", STEPS.len());
    println!("{died} deaths at {} steps", STEPS.len());
}

/// Dies at the first passages of a step, each in a life of its own; then it lives until all is
/// done. How often it died.
async fn walk(step: &str) -> usize {
    let hands = Hands::default();
    let mut stage = Stage::by(&hands, SHORT, 0).await;
    stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
    let only_timmy = BranchRule {
        pushers: Some(Vec::new()),
        mergers: Some(vec!["timmy".to_owned()]),
        ..BranchRule::default()
    };
    let mut fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
    fleet.reveal_tokens();
    stage.sandbox.protect(DOOR, "main", &only_timmy).unwrap();
    stage.launch.environment.extend(JobFleet::environment());
    stage.configure(POLL, |config| fleet.configure(config).with("dispatch.auto", [DOOR]));
    for number in 1..=ISSUES {
        let text = "The hinge in `door.rs` squeaks.\n\nDone when it is silent.";
        let title = format!("Door {number} squeaks");
        stage.sandbox.open_issue("walt", DOOR, &title, text).unwrap();
    }
    let mut died = 0;
    for nth in 1..=times(2).max(1) {
        let ahead = hands.ahead();
        let at = format!("{step}:{nth}");
        let mut bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead), ("TIMMY_CRASH_AT", &at)]);
        let over = async || ended(&stage).await == ISSUES as usize;
        tokio::select! {
            _ = bot.death() => died += 1,
            () = stage.until("an end", over) => {}
            () = tokio::time::sleep(LIFE) => {}
        }
        bot.kill().await;
        hands.advance(60);
    }
    let ahead = hands.ahead();
    let bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead)]);
    stage.until("all jobs to end", async || ended(&stage).await == ISSUES as usize).await;
    look(step, &stage, &fleet, bot).await;
    died
}

async fn ended(stage: &Stage) -> usize {
    // As long as it was killed while it made it, there is no ledger.
    let Ok(ledger) = Ledger::open_read_only(stage.ledger()) else { return 0 };
    ledger.read(|conn| jobs::ended_ids(conn, 100)).await.map_or(0, |ended| ended.len())
}

async fn look(step: &str, stage: &Stage, fleet: &JobFleet, mut bot: Bot) {
    bot.first_poll().await;
    stage.idle().await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", stage.dump());
    // No comment asked for them: their cards have keys of their own.
    let issues: Vec<(i64, i64)> = (1..=ISSUES).map(|number| (number, 0)).collect();
    let mut problems = problems(stage, DOOR, &issues).await;
    problems.extend(fleet.problems());
    problems.extend(stage.problems_in_ledger().await);
    if fleet.runs().len() != issues.len() {
        problems.push(format!("{} runs for {} jobs", fleet.runs().len(), issues.len()));
    }
    assert!(problems.is_empty(), "{step}: {}\n{}", problems.join("\n"), stage.dump());
}
