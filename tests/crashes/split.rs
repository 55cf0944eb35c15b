//! An epic that becomes issues while timmy is killed at each step from the yes to the list of what was
//! made: each issue is made once, each dependency set, and what was made is listed once.

use std::time::Duration;

use timmy::core::effect::marker::key_of;
use timmy::core::jobs::{JobId, StateKind};
use timmy::core::model::ids::Subject;
use timmy::store::{Ledger, decisions, jobs};

use crate::bot::Bot;
use crate::hands::Hands;
use crate::job_fleet::{JobFleet, doubled};
use crate::random_run::times;
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;

/// From the yes on: its answer, three issues, of which one waits for another, the epic for all, the list.
const STEPS: [&str; 14] = [
    "part_made:1",
    "sent:2",
    "sending:2",
    "wished:3",
    "sent:3",
    "sending:4",
    "part_made:3",
    "wishing:2",
    "wished:2",
    "wishing:4",
    "wished:5",
    "sending:5",
    "sent:5",
    "committed:1",
];

/// How long a life may take until it dies at its step, or does not come to it: more than it needs, and less
/// than a test waits for anything.
const LIFE: Duration = Duration::from_secs(100);

const POLL: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_issues_are_made() {
    let mut died = 0;
    let steps = times(STEPS.len()).max(1);
    for step in STEPS.into_iter().take(steps) {
        let deaths = walk(step).await;
        assert!(deaths > 0, "it never died at {step}");
        died += deaths;
    }
    println!("{died} deaths at {steps} steps");
}

/// The question is put and answered; then it dies at that step, and lives until all is done. How often it
/// died.
async fn walk(at: &str) -> usize {
    let hands = Hands::default();
    let mut stage = Stage::by(&hands, SHORT, 0).await;
    stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
    let mut fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
    fleet.reveal_tokens();
    stage.launch.environment.extend(JobFleet::environment());
    stage.configure(POLL, |config| fleet.configure(config).with("crew.manager", "ezra"));
    let epic = stage.sandbox.open_issue("walt", DOOR, "A door", "- [ ] oil\n- [ ] wax\n").unwrap();
    stage.first_life().await;
    stage.sandbox.comment("walt", DOOR, epic, "/timmy split").unwrap();
    let bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &hands.ahead())]);
    stage.until("a question", async || is_asked(&stage, epic)).await;
    bot.kill().await;
    stage.sandbox.comment("alexander", DOOR, epic, "/timmy approve d1").unwrap();
    let mut died = 0;
    for _ in 0..3 {
        let ahead = hands.ahead();
        let mut bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead), ("TIMMY_CRASH_AT", at)]);
        tokio::select! {
            () = bot.dies_at(at) => died += 1,
            () = stage.until("a list", async || comes_to_a_list(&stage, epic)) => {}
            () = tokio::time::sleep(LIFE) => {}
        }
        bot.kill().await;
        hands.advance(120);
        if is_listed(&stage, epic) {
            break;
        }
    }
    let bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &hands.ahead())]);
    stage.until("the list", async || comes_to_a_list(&stage, epic)).await;
    look(at, &stage, &fleet, epic, bot).await;
    died
}

fn is_asked(stage: &Stage, epic: i64) -> bool {
    let said = stage.sandbox.comments(DOOR, epic).unwrap();
    said.iter().any(|said| said.body.starts_with("### Make these three issues?"))
}

/// alexander owns up to what timmy did not hear from the forge itself.
fn comes_to_a_list(stage: &Stage, epic: i64) -> bool {
    for said in stage.sandbox.comments(DOOR, epic).unwrap() {
        if said.body.starts_with("**Is this yours, @alexander?**") {
            stage.sandbox.react("alexander", Subject::Comment(said.id), "+1").unwrap();
        }
    }
    is_listed(stage, epic)
}

fn is_listed(stage: &Stage, epic: i64) -> bool {
    let said = stage.sandbox.comments(DOOR, epic).unwrap();
    said.iter().any(|said| said.body.contains(".list -->"))
}

async fn look(at: &str, stage: &Stage, fleet: &JobFleet, epic: i64, mut bot: Bot) {
    bot.first_poll().await;
    stage.idle().await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", stage.dump());
    let mut problems: Vec<String> = Vec::new();
    let all = stage.sandbox.issues(DOOR).unwrap();
    let made: Vec<_> = all.iter().filter(|issue| issue.author == "timmy").collect();
    let titles: Vec<&str> = made.iter().map(|issue| issue.title.as_str()).collect();
    if titles != ["Oil it", "Wax it", "Hang it"] {
        problems.push(format!("made: {titles:?}"));
    }
    let waits: Vec<Vec<usize>> = made
        .iter()
        .map(|issue| issue.waits_for.iter().map(|on| place(&made, *on)).collect())
        .collect();
    if waits != [vec![], vec![0], vec![]] {
        problems.push(format!("what they wait for: {waits:?}"));
    }
    let of_epic = all.iter().find(|issue| issue.number == epic).unwrap();
    if of_epic.waits_for.len() != 3 {
        problems.push(format!("the epic waits for {:?}", of_epic.waits_for));
    }
    if made.iter().any(|issue| !issue.open) {
        problems.push("one was closed".to_owned());
    }
    let said = stage.sandbox.comments(DOOR, epic).unwrap();
    let lists: Vec<_> = said.iter().filter(|said| said.body.contains(".list -->")).collect();
    if lists.len() != 1 || !lists[0].body.starts_with("**3 issues made,** as approved in d1.") {
        problems.push(format!("{lists:#?}"));
    }
    let keys: Vec<String> =
        said.iter().filter_map(|said| key_of(&said.body)).map(str::to_owned).collect();
    problems.extend(doubled(keys).into_iter().map(|key| format!("said twice: {key}")));
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    let job = ledger.read(|conn| jobs::get(conn, JobId(1))).await.unwrap().expect("a job").job;
    assert_eq!(job.state.kind(), StateKind::Done, "{at}");
    assert!(ledger.read(decisions::open).await.unwrap().is_empty(), "{at}");
    problems.extend(
        ledger.read(jobs::rebuilt).await.unwrap().iter().map(|wrong| format!("history: {wrong:?}")),
    );
    problems.extend(fleet.problems());
    problems.extend(stage.problems_in_ledger().await);
    assert!(problems.is_empty(), "{at}: {}\n{}", problems.join("\n"), stage.dump());
}

fn place(made: &[&timmy::sandbox::SeenIssue], number: i64) -> usize {
    made.iter().position(|issue| issue.number == number).unwrap_or(usize::MAX)
}
