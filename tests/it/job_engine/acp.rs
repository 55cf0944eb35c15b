//! An issue is assigned to an agent that speaks the Agent Client Protocol: from the clone to the pull
//! request, with a question between for whose answer nothing is kept running.

use std::fs;
use std::sync::Arc;

use serde_json::json;
use timmy::agents::{Agent, Sighting, fleet};
use timmy::chance::Chance;
use timmy::clock::Clock;
use timmy::core::command::value::{Cause, DecisionId};
use timmy::core::jobs::{Draw, JobId, PersonAnswer, StateKind, StepTime};
use timmy::core::model::account::Account;
use timmy::sandbox::Scopes;
use timmy::store::Transaction;
use timmy::store::jobs::{self, GivenAnswer};

use super::decisions::{BRANCH, questions, says};
use super::stage::{Stage, live};
use crate::support::clock::MINUTE;
use crate::support::forge::{DOOR, client};
use crate::support::process::a_moment;

/// What it wants to do beside its work.
const COMMAND: &str = "cp oil.md more.md";

/// bezalel speaks the protocol and may edit without a question.
async fn stage() -> (Stage, Arc<dyn Agent>) {
    let mut stage = live(|_| {}, |config| config).await;
    let token = stage.app.sandbox.add_token("bezalel", Scopes::all()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(stage.app.clock.clone());
    let timmy = &mut stage.app.timmy;
    timmy.stop().await;
    fs::write(timmy.path("bezalel.token"), token).unwrap();
    fs::create_dir(timmy.path("home")).unwrap();
    let result = r#"timmy-result: {"outcome":"pull_request","title":"Silence the hinge","summary":"It is silent now."}"#;
    let steps = json!([["write", "oil.md", "oil\n"], ["ask", COMMAND], ["say", result]]);
    fs::write(timmy.path("home/steps.json"), steps.to_string()).unwrap();
    let program = include_str!("../agents/acp/agent.py");
    fs::write(timmy.path("home/agent.py"), program).unwrap();
    timmy.config = timmy
        .config
        .clone()
        .its("kind", "acp")
        .its("command", ["/usr/bin/python3", "/timmy/home/agent.py"])
        .its("home", "home")
        .its("token_file", "bezalel.token")
        .its("permissions", ["read", "edit"]);
    let config = timmy.config.load(&timmy.path(""), &timmy.token);
    let forge = client(&stage.app.sandbox, &timmy.token);
    let made = fleet(&config, &forge, &clock, &Chance::seeded(1));
    let made = made.unwrap_or_else(|(_, trouble)| panic!("{trouble}"));
    let agent = made["bezalel"].clone();
    timmy.drivers.agents.insert("bezalel".to_owned(), agent.clone());
    timmy.wake().await;
    (stage, agent)
}

/// What is seen of the newest attempt once `is_so` of that.
async fn until(
    stage: &Stage,
    agent: &dyn Agent,
    job: JobId,
    is_so: impl Fn(&Sighting) -> bool,
) -> Sighting {
    let run = stage.attempts(job).await.pop().unwrap().run.expect("it runs");
    let run = serde_json::from_str(&run).unwrap();
    loop {
        let seen = agent.follow(&run).await.unwrap();
        if is_so(&seen) {
            return seen;
        }
        a_moment().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_becomes_a_pull_request_with_a_question_between() {
    let (stage, agent) = stage().await;
    let job = stage.assign(1, Some("bezalel")).await;
    let asks = |seen: &Sighting| matches!(seen, Sighting::Asks { .. });
    until(&stage, &*agent, job, asks).await;
    stage.follow().await;
    let asked = questions(&stage);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("### May `bezalel` do this?"), "{asked:?}");
    assert!(asked[0].contains(&format!("```\n{COMMAND}\n```")), "{asked:?}");
    // Nothing of it waits for the answer.
    until(&stage, &*agent, job, |seen| matches!(seen, Sighting::Stopped(_))).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    assert_eq!(stage.job(job).await.state.attempt(), None, "its slot is free");
    assert_eq!(questions(&stage).len(), 1);

    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.attempts(job).await.len(), 2);
    let told = stage.attempts(job).await[1].request.clone().unwrap();
    assert!(told.contains("A person allowed this, once"), "{told}");
    until(&stage, &*agent, job, |seen| !matches!(seen, Sighting::Working { .. })).await;
    stage.follow().await;
    let end = until(&stage, &*agent, job, |seen| matches!(seen, Sighting::Ended(_))).await;
    stage.pass(MINUTE * 3, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Done, "{end:?}");
    let file = |path| stage.app.sandbox.file(DOOR, BRANCH, path).unwrap();
    assert_eq!(file("oil.md").as_deref(), Some("oil\n"), "what the first one did is kept");
    assert_eq!(file("more.md").as_deref(), Some("oil\n"));
    assert_eq!(questions(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_that_comes_as_it_is_stopped_costs_no_attempt() {
    let (stage, agent) = stage().await;
    let job = stage.assign(1, Some("bezalel")).await;
    until(&stage, &*agent, job, |seen| matches!(seen, Sighting::Asks { .. })).await;
    stage.follow().await;
    // It was asked to stop and did, and nobody has seen that yet.
    until(&stage, &*agent, job, |seen| matches!(seen, Sighting::Stopped(_))).await;
    let by = Account { id: 1, login: "alexander".to_owned() };
    let now = StepTime { at: stage.app.clock.now(), chance: Draw(0) };
    let no = move |tx: &Transaction<'_>| {
        let given = GivenAnswer {
            answer: PersonAnswer::No(Cause::Wrong),
            told: None,
            by: &by,
            is_lent: false,
        };
        jobs::decide(tx, DecisionId(1), given, now).map(|decided| assert!(decided.is_some()))
    };
    stage.app.timmy.write(no).await;
    stage.follow().await;
    stage.follow().await;
    let attempts = stage.attempts(job).await;
    assert_eq!(attempts.len(), 2, "the next one begins at once: {:?}", stage.job(job).await.state);
    assert_eq!(stage.job(job).await.attempt_number(), 1, "it cost no attempt");
    // It is not asked about again, and goes on without.
    until(&stage, &*agent, job, |seen| !matches!(seen, Sighting::Working { .. })).await;
    stage.follow().await;
    until(&stage, &*agent, job, |seen| matches!(seen, Sighting::Ended(_))).await;
    stage.pass(MINUTE * 3, MINUTE).await;
    assert_eq!(questions(&stage).len(), 1);
    stage.end().await;
}
