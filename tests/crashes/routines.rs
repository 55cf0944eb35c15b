//! A date of a routine while timmy is killed at each step from there to the agent at work: it makes one
//! job, and no agent is started twice.

use std::time::Duration;

use timmy::sandbox::{BranchRule, Mode};
use timmy::store::{Connection, Error, Ledger, jobs};

use crate::hands::Hands;
use crate::job_fleet::JobFleet;
use crate::random_run::times;
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;

/// The date is settled and its job in the ledger, the agent is called, what it brought is told.
const STEPS: [&str; 6] =
    ["routine_begun", "job_stored", "job_starting", "job_sent", "sending", "sent"];

const OFFICE: &str = "foundation/office";

/// How long a life may take until it dies at its step, or does not come to it: more than it needs, and less
/// than a test waits for anything.
const LIFE: Duration = Duration::from_secs(100);

const POLL: Duration = Duration::from_secs(1);

const DAY: u64 = 24 * 60 * 60;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_date_makes_a_job() {
    let mut died = 0;
    for step in STEPS {
        let deaths = walk(step).await;
        assert!(deaths > 0, "it never died at {step}");
        died += deaths;
    }
    println!("{died} deaths at {} steps", STEPS.len());
}

/// It knows the routine; a day later it dies at the first passages of a step, each in a life of its own;
/// then it lives until all is done. How often it died.
async fn walk(step: &str) -> usize {
    let hands = Hands::default();
    let mut stage = Stage::by(&hands, SHORT, 0).await;
    stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
    stage.sandbox.add_repo(OFFICE, true).unwrap();
    stage.sandbox.collaborator(OFFICE, "timmy", Mode::Write).unwrap();
    let only_timmy = BranchRule {
        pushers: Some(Vec::new()),
        mergers: Some(vec!["timmy".to_owned()]),
        ..BranchRule::default()
    };
    let mut fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
    fleet.reveal_tokens();
    stage.sandbox.protect(DOOR, "main", &only_timmy).unwrap();
    stage.launch.environment.extend(JobFleet::environment());
    stage.configure(POLL, |config| {
        fleet.configure(config).with("report.repository", OFFICE).and(&format!(
            "[[routine]]\nname = \"oil\"\nwhen = \"00:00\"\nrepository = \"{DOOR}\"\n\
             role = \"coder\"\nprompt = \"Oil what squeaks.\"\n"
        ))
    });
    stage.first_life().await;
    hands.advance(DAY);
    let mut died = 0;
    for nth in 1..=times(2).max(1) {
        let ahead = hands.ahead();
        let at = format!("{step}:{nth}");
        let mut bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead), ("TIMMY_CRASH_AT", &at)]);
        tokio::select! {
            _ = bot.death() => died += 1,
            () = over(&stage) => {}
            () = tokio::time::sleep(LIFE) => {}
        }
        bot.kill().await;
        hands.advance(60);
    }
    let ahead = hands.ahead();
    let mut bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead)]);
    over(&stage).await;
    bot.first_poll().await;
    stage.idle().await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", stage.dump());
    let mut problems = fleet.problems();
    problems.extend(stage.problems_in_ledger().await);
    let made =
        read(&stage, |conn| Ok(jobs::live_ids(conn)?.len() + jobs::ended_ids(conn, 100)?.len()));
    let (made, runs) = (made.await, fleet.runs().len());
    if (made, runs) != (1, 1) {
        problems.push(format!("{made} jobs and {runs} runs of one date"));
    }
    let wrong = read(&stage, jobs::rebuilt).await;
    problems.extend(wrong.iter().map(|wrong| format!("{wrong:?}")));
    assert!(problems.is_empty(), "{step}: {}\n{}", problems.join("\n"), stage.dump());
    died
}

async fn read<T: Send + 'static>(
    stage: &Stage,
    what: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
) -> T {
    Ledger::open_read_only(stage.ledger()).unwrap().read(what).await.unwrap()
}

/// Returns when its job has ended, and all that is to be said of it is said.
async fn over(stage: &Stage) {
    stage.until("an end", async || ended(stage).await == 1).await;
    stage.idle().await;
}

async fn ended(stage: &Stage) -> usize {
    read(stage, |conn| jobs::ended_ids(conn, 100)).await.len()
}
