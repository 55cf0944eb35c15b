//! A crew while timmy is killed at each step of its attempts: planned, coded, reviewed, mended and
//! reviewed again. No agent is started twice, nothing is said twice, and the crew comes to its end.

use std::time::Duration;

use timmy::core::crew::{Crew, CrewState};
use timmy::core::effect::marker::key_of;
use timmy::core::jobs::JobId;
use timmy::store::{Ledger, crews, jobs};

use crate::bot::Bot;
use crate::hands::Hands;
use crate::job_fleet::{JobFleet, doubled};
use crate::random_run::times;
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;

/// From the plan's start to the last review: each passage of a step is another attempt of the crew.
const STEPS: [(&str, usize); 7] = [
    ("job_stored", 1),
    ("job_sent", 2),
    ("job_starting", 1),
    ("job_sent", 1),
    ("result_posted", 1),
    ("sending", 3),
    ("sent", 4),
];

/// How long a life may take until it dies at its step, or does not come to it: a gateway without keys
/// is asked for ten seconds whether it has begun something.
const LIFE: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_crew_works() {
    let mut died = 0;
    // Pauses are lived through: the usual run takes the first of them.
    let steps = times(STEPS.len()).max(1);
    for (step, nth) in STEPS.into_iter().take(steps) {
        let deaths = walk(&format!("{step}:{nth}")).await;
        assert!(deaths > 0, "it never died at {step}:{nth}");
        died += deaths;
    }
    println!("{died} deaths at {steps} steps");
}

/// Dies at that step, in as many lives as it comes there; then it lives until all is done. How often
/// it died.
async fn walk(at: &str) -> usize {
    let hands = Hands::default();
    let mut stage = Stage::by(&hands, SHORT, 0).await;
    stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
    let mut fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
    fleet.reveal_tokens();
    stage.launch.environment.extend(JobFleet::environment());
    stage.configure(POLL, |config| {
        fleet
            .configure(config)
            .with("crew.manager", "ezra")
            .with("crew.ask_plan", false)
            .with("crew.rounds", 1)
    });
    let issue = stage.sandbox.open_issue("walt", DOOR, "A door squeaks", "Oil the hinge.").unwrap();
    stage.first_life().await;
    stage.sandbox.comment("walt", DOOR, issue, "/timmy crew").unwrap();
    let mut died = 0;
    for _ in 0..=times(5) {
        let ahead = hands.ahead();
        let mut bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead), ("TIMMY_CRASH_AT", at)]);
        tokio::select! {
            () = bot.dies_at(at) => died += 1,
            () = stage.until("an end", async || is_done(&stage).await) => {}
            () = tokio::time::sleep(LIFE) => {}
        }
        bot.kill().await;
        hands.advance(120);
    }
    for _ in 0..40 {
        if is_done(&stage).await {
            break;
        }
        let ahead = hands.ahead();
        let bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead)]);
        tokio::select! {
            () = stage.until("its end", async || is_done(&stage).await) => {}
            () = tokio::time::sleep(LIFE) => {}
        }
        bot.kill().await;
        hands.advance(120);
    }
    let bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &hands.ahead())]);
    look(at, &stage, &fleet, issue, bot).await;
    died
}

async fn crew(stage: &Stage) -> Option<Crew> {
    // As long as it was killed while it made it, there is no ledger.
    let ledger = Ledger::open_read_only(stage.ledger()).ok()?;
    ledger.read(|conn| crews::get(conn, JobId(1))).await.ok()?
}

async fn is_done(stage: &Stage) -> bool {
    crew(stage).await.is_some_and(|crew| crew.state.is_end())
}

async fn look(at: &str, stage: &Stage, fleet: &JobFleet, issue: i64, mut bot: Bot) {
    bot.first_poll().await;
    stage.idle().await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", stage.dump());
    let crew = crew(stage).await.expect("a crew");
    assert_eq!(crew.state, CrewState::Done, "{at}: {crew:#?}\n{}", stage.dump());
    assert_eq!(crew.rounds, 1, "{at}: {crew:#?}");
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    assert_eq!(ledger.read(crews::rebuilt).await.unwrap(), []);
    let mut problems: Vec<String> = ledger
        .read(jobs::rebuilt)
        .await
        .unwrap()
        .iter()
        .map(|wrong| format!("its history gives another job: {wrong:?}"))
        .collect();
    let said = stage.sandbox.comments(DOOR, issue).unwrap();
    let keys: Vec<String> =
        said.iter().filter_map(|said| key_of(&said.body)).map(str::to_owned).collect();
    problems.extend(doubled(keys).into_iter().map(|key| format!("said twice: {key}")));
    let cards = said.iter().filter(|said| said.body.starts_with("**The crew is done.**")).count();
    if cards != 1 {
        problems.push(format!("{cards} cards"));
    }
    problems.extend(fleet.problems());
    problems.extend(stage.problems_in_ledger().await);
    assert!(problems.is_empty(), "{at}: {}\n{}", problems.join("\n"), stage.dump());
}
