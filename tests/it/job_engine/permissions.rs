//! An agent asks whether it may do something: a person answers, and the answer reaches it, whether
//! its gateway still waits for it or not.

use jiff::tz::TimeZone;
use timmy::agents::Sighting;
use timmy::clock::Clock as _;
use timmy::core::command::value::DecisionId;
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{Done, Draw, JobId, PersonAnswer, State, StateKind, StepTime};
use timmy::core::model::account::Account;
use timmy::core::report::AgentResults;
use timmy::engine::job_log::job_log;
use timmy::store::Transaction;
use timmy::store::jobs::{self, GivenAnswer};

use super::decisions::{questions, said, says};
use super::scripted::{ended, working};
use super::stage::{Stage, live};
use crate::support::clock::{DAY, HOUR, MINUTE};
use crate::support::forge::DOOR;

const COMMAND: &str = "rm -rf ./target (recursive delete)";

fn asks_for(question: &str) -> Sighting {
    Sighting::Asks { question: Some(question.to_owned()), until: None }
}

/// ezra works on the first issue and asks for something.
async fn asking() -> (Stage, JobId) {
    let stage = live(|_| {}, |config| config).await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(asks_for(COMMAND));
    stage.follow().await;
    (stage, job)
}

/// Its gateway stops to wait, and what ran is stopped.
async fn expired(stage: &Stage) {
    stage.ezra.script().obeys = true;
    stage.ezra.goes(working());
    stage.pass(MINUTE, MINUTE / 2).await;
}

#[tokio::test]
async fn a_yes_reaches_the_agent_that_still_waits() {
    let (stage, job) = asking().await;
    let asked = questions(&stage);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("### May `ezra` do this?"), "{asked:?}");
    assert!(asked[0].contains(&format!("```\n{COMMAND}\n```")), "{asked:?}");
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.ezra.script().allowed, [COMMAND]);
    assert_eq!(stage.ezra.script().denied, 0);
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert_eq!(questions(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn once_is_once() {
    let (stage, job) = asking().await;
    says(&stage, "/timmy approve d1").await;
    stage.ezra.goes(asks_for(COMMAND));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    assert_eq!(questions(&stage).len(), 2, "it asks again, and so is a person");
    assert_eq!(stage.ezra.script().allowed.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_no_reaches_it_and_is_not_asked_about_again() {
    let (stage, job) = asking().await;
    says(&stage, "/timmy reject d1").await;
    assert_eq!(stage.ezra.script().denied, 1);
    assert!(stage.ezra.script().allowed.is_empty());
    stage.ezra.goes(asks_for(COMMAND));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert_eq!(stage.ezra.script().denied, 2);
    assert_eq!(questions(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn words_instead_of_a_yes_allow_nothing() {
    let (stage, _) = asking().await;
    says(&stage, "/timmy answer d1 use `cargo clean`").await;
    assert!(stage.ezra.script().allowed.is_empty());
    assert_eq!(stage.ezra.script().denied, 1);
    let log: Vec<String> = said(&stage).into_iter().map(|(_, body)| body).collect();
    assert!(log.iter().any(|body| body.contains("| a person denied it |")), "{log:?}");
    assert!(log.iter().all(|body| !body.contains("asked for a change")), "{log:?}");
    stage.end().await;
}

#[tokio::test]
async fn when_its_gateway_waits_no_longer_the_next_attempt_gets_the_answer() {
    let (stage, job) = asking().await;
    expired(&stage).await;
    assert_eq!(stage.ezra.script().stops.len(), 1);
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    assert_eq!(questions(&stage).len(), 1, "it is the same question: {:?}", said(&stage));
    assert_eq!(stage.attempts(job).await.len(), 1);

    says(&stage, "/timmy approve d1").await;
    let attempts = stage.attempts(job).await;
    assert_eq!(attempts.len(), 2);
    assert_eq!(stage.job(job).await.attempt_number(), 1, "it cost no attempt");
    let told = attempts[1].request.clone().unwrap();
    assert!(told.contains("A person allowed this, once"), "{told}");
    assert!(stage.ezra.script().allowed.is_empty());
    stage.ezra.goes(asks_for(COMMAND));
    stage.follow().await;
    assert_eq!(stage.ezra.script().allowed, [COMMAND]);
    assert_eq!(questions(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn an_attempt_that_ended_to_ask_is_no_try_of_its_agent() {
    let (stage, job) = asking().await;
    expired(&stage).await;
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.attempts(job).await.len(), 2);
    let (sandbox, branch) = (&stage.app.sandbox, stage.job(job).await.branch().to_string());
    let commit = sandbox.commit("ezra", DOOR, &branch, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", &branch).unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{commit}\"}}"
    )));
    stage.follow().await;
    stage.app.sandbox.merge("anna", DOOR, pull).unwrap();
    stage.pass(MINUTE * 15, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    let since = stage.app.clock.now().before(DAY);
    let results = stage.app.timmy.read(move |conn| jobs::results(conn, since)).await;
    assert_eq!(results.iter().map(|ended| ended.tries).collect::<Vec<_>>(), [1]);
    let results = AgentResults::of("ezra", &results).unwrap();
    assert_eq!((results.verified, results.ended, results.first_try), (1, 1, 100));
    let record = stage.app.timmy.read(move |conn| jobs::record(conn, job)).await.unwrap();
    assert_eq!((record.started().count(), record.tries()), (2, 1));
    let logs = stage.app.timmy.read(move |conn| jobs::attempt_logs(conn, job)).await;
    let log = job_log(&logs, &TimeZone::UTC);
    let first =
        format!("-- ended to ask a person whether it may\n{COMMAND}\n-- attempt 2, by ezra");
    assert!(log.contains(&first) && !log.contains("nothing yet"), "{log}");
    stage.end().await;
}

#[tokio::test]
async fn a_yes_that_comes_as_its_gateway_stops_to_wait_is_not_lost() {
    let (stage, job) = asking().await;
    // It goes on, and nobody has seen that yet.
    stage.ezra.script().obeys = true;
    let id = stage.ezra.script().runs.keys().next_back().cloned().unwrap();
    stage.ezra.script().runs.insert(id, working());
    let by = Account { id: 1, login: "alexander".to_owned() };
    let now = StepTime { at: stage.app.clock.now(), chance: Draw(0) };
    let yes = move |tx: &Transaction<'_>| {
        let given = GivenAnswer { answer: PersonAnswer::Yes, told: None, by: &by, is_lent: false };
        jobs::decide(tx, DecisionId(1), given, now).map(|decided| assert!(decided.is_some()))
    };
    stage.app.timmy.write(yes).await;
    stage.pass(MINUTE * 3, MINUTE / 2).await;
    assert!(stage.ezra.script().allowed.is_empty());
    let attempts = stage.attempts(job).await;
    assert_eq!(attempts.len(), 2, "{:?}", said(&stage));
    assert_eq!(stage.job(job).await.attempt_number(), 1, "it cost no attempt");
    let told = attempts[1].request.clone().unwrap();
    assert!(told.contains("A person allowed this, once"), "{told}");
    stage.ezra.goes(asks_for(COMMAND));
    stage.follow().await;
    assert_eq!(stage.ezra.script().allowed, [COMMAND]);
    assert_eq!(questions(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn nobody_answers_for_a_day_and_it_does_without() {
    let (stage, job) = asking().await;
    expired(&stage).await;
    stage.pass(HOUR * 25, HOUR).await;
    let attempts = stage.attempts(job).await;
    assert_eq!(attempts.len(), 2);
    let told = attempts[1].request.clone().unwrap();
    assert!(told.contains("This is denied. Do without it"), "{told}");
    says(&stage, "/timmy approve d1").await;
    assert!(stage.ezra.script().allowed.is_empty(), "too late");
    stage.end().await;
}

#[tokio::test]
async fn one_that_finds_another_way_needs_no_answer() {
    let (stage, job) = asking().await;
    stage.ezra.goes(ended(r#"timmy-result: {"outcome":"pull_request","pull":9}"#));
    stage.follow().await;
    assert_ne!(stage.kind(job).await, StateKind::Waiting);
    says(&stage, "/timmy approve d1").await;
    assert!(stage.ezra.script().allowed.is_empty());
    stage.end().await;
}

#[tokio::test]
async fn one_that_is_cancelled_meanwhile_is_stopped() {
    let (stage, job) = asking().await;
    stage.ezra.script().obeys = true;
    stage.cancel(job).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    assert!(matches!(
        stage.ezra.script().runs.values().next(),
        Some(Sighting::Stopped(Usage::NONE))
    ));
    stage.end().await;
}
