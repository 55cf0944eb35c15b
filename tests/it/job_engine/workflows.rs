//! As long as a branch of an agent changes what Actions run, what these say in that repository proves
//! nothing, of any commit there.

use timmy::core::jobs::{Done, JobId, State, StateKind};
use timmy::sandbox::Sandbox;
use timmy::store::{Connection, agent_heads};

use super::decisions::{BRANCH, questions, says};
use super::guards::{found, hands_in};
use super::scripted::ended;
use super::stage::{Stage, live};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::config::Config;
use crate::support::forge::DOOR;

const WORKFLOW: (&str, &str) = (".gitea/workflows/ci.yml", "on: push\n");

fn with_actions(sandbox: &Sandbox) {
    sandbox.let_workflows_write(DOOR).unwrap();
}

fn needs_checks(config: Config) -> Config {
    config.with("guards.checks", "required")
}

/// ezra hands in a pull request for the first issue, of which Actions say that it is green; the
/// pull request's number.
async fn green(stage: &Stage) -> (JobId, i64) {
    let job = stage.assign(1, Some("ezra")).await;
    (job, brings_green(stage).await)
}

/// The same where ezra has that issue by now.
async fn brings_green(stage: &Stage) -> i64 {
    let sandbox = &stage.app.sandbox;
    let commit = sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    sandbox.end_workflow_job(DOOR, &commit, ("ci.yml / test (push)", "success"), "").unwrap();
    hands_in(stage, &commit).await;
    pull
}

#[tokio::test]
async fn an_open_pull_request_of_an_agent_takes_the_proof_from_another() {
    let stage = live(with_actions, needs_checks).await;
    let sandbox = &stage.app.sandbox;
    // It is no job's, and nobody judged it.
    sandbox.commit("bezalel", DOOR, "steer", &[WORKFLOW], "Steer").unwrap();
    let other = sandbox.open_pull("bezalel", DOOR, "Steer", "", "steer").unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    let (job, _) = green(&stage).await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert_eq!(found(&stage, job).await, ["actions_changed_beside"]);
    assert_eq!(stage.kind(job).await, StateKind::Deciding, "a person looks");
    let told =
        "`steer` of `bezalel` changes what Actions run here: that they are green proves nothing.";
    assert!(questions(&stage)[0].contains(told), "{:#?}", questions(&stage));
    // Once it is closed they prove what they say.
    sandbox.set_open("anna", DOOR, other, false).unwrap();
    stage.pass(MINUTE * 5, SECOND * 30).await;
    says(&stage, "/timmy approve d1").await;
    stage.pass(MINUTE * 5, SECOND * 30).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    stage.end().await;
}

#[tokio::test]
async fn where_nobody_believes_actions_nothing_is_taken_from_them() {
    let change = |config: Config| {
        config.with("guards.trusted_reporters", ["anna"]).with("accept.on_yes", "merge")
    };
    let stage = live(with_actions, change).await;
    let sandbox = &stage.app.sandbox;
    sandbox.commit("bezalel", DOOR, "steer", &[WORKFLOW], "Steer").unwrap();
    sandbox.open_pull("bezalel", DOOR, "Steer", "", "steer").unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    let (_, pull) = green(&stage).await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    let asked = questions(&stage);
    assert!(asked.len() == 1 && asked[0].starts_with("### Merge"), "{asked:#?}");
    let told =
        "`ci.yml / test (push)` ran, and does not count: `gitea-actions` is no trusted reporter";
    assert!(asked[0].contains(told), "{asked:#?}");
    // Nor before the merge.
    says(&stage, "/timmy approve d1").await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert!(sandbox.merged_as(DOOR, pull).unwrap().is_some(), "{:#?}", questions(&stage));
    stage.end().await;
}

#[tokio::test]
async fn one_of_a_person_takes_nothing() {
    let stage = live(with_actions, needs_checks).await;
    let sandbox = &stage.app.sandbox;
    sandbox.commit("anna", DOOR, "steer", &[WORKFLOW], "Steer").unwrap();
    sandbox.open_pull("anna", DOOR, "Steer", "", "steer").unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    let (job, _) = green(&stage).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    stage.end().await;
}

#[tokio::test]
async fn what_was_proved_before_is_looked_at_again_before_it_is_merged() {
    let change = |config: Config| needs_checks(config).with("accept.on_yes", "merge");
    let stage = live(with_actions, change).await;
    let (job, pull) = green(&stage).await;
    assert_eq!(questions(&stage).len(), 1);
    let second = stage.assign(2, Some("bezalel")).await;
    let sandbox = &stage.app.sandbox;
    let branch = format!("timmy/2-{second}");
    let steers = sandbox.commit("bezalel", DOOR, &branch, &[WORKFLOW], "Steer").unwrap();
    sandbox.open_pull("bezalel", DOOR, "Steer", "", &branch).unwrap();
    stage.bezalel.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"commit\":\"{steers}\"}}"
    )));
    stage.follow().await;
    says(&stage, "/timmy approve d1").await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert_eq!(sandbox.merged_as(DOOR, pull).unwrap(), None);
    assert_eq!(found(&stage, job).await, ["actions_changed_beside"]);
    // Who saw that and says yes is not asked again.
    for _ in 0..2 {
        let open = questions(&stage).len() as u64;
        says(&stage, &format!("/timmy approve d{}", open)).await;
        stage.pass(MINUTE * 2, SECOND * 30).await;
    }
    assert!(sandbox.merged_as(DOOR, pull).unwrap().is_some(), "{:#?}", questions(&stage));
    stage.end().await;
}

#[tokio::test]
async fn who_lets_one_branch_pass_was_not_asked_about_another() {
    let change = |config: Config| needs_checks(config).with("accept.on_yes", "merge");
    let stage = live(with_actions, change).await;
    let sandbox = &stage.app.sandbox;
    sandbox.commit("bezalel", DOOR, "steer", &[WORKFLOW], "Steer").unwrap();
    sandbox.open_pull("bezalel", DOOR, "Steer", "", "steer").unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    let (job, pull) = green(&stage).await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert_eq!(found(&stage, job).await, ["actions_changed_beside"]);
    // The finding passes, and what it brought is asked about.
    says(&stage, "/timmy approve d1").await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    let second = stage.assign(2, Some("bezalel")).await;
    let branch = format!("timmy/2-{second}");
    let steers = sandbox.commit("bezalel", DOOR, &branch, &[WORKFLOW], "Steer").unwrap();
    sandbox.open_pull("bezalel", DOOR, "Steer on", "", &branch).unwrap();
    stage.bezalel.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"commit\":\"{steers}\"}}"
    )));
    stage.follow().await;
    says(&stage, "/timmy approve d2").await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert_eq!(sandbox.merged_as(DOOR, pull).unwrap(), None);
    assert_eq!(found(&stage, job).await, ["actions_changed_beside", "actions_changed_beside"]);
    stage.end().await;
}

#[tokio::test]
async fn a_branch_that_nobody_is_asked_to_merge_takes_the_proof_as_well() {
    let stage = live(with_actions, needs_checks).await;
    let sandbox = &stage.app.sandbox;
    let job = stage.assign(1, Some("ezra")).await;
    let second = stage.assign(2, Some("bezalel")).await;
    sandbox.commit("bezalel", DOOR, "aside", &[WORKFLOW], "Steer").unwrap();
    stage.bezalel.goes(ended("timmy-result: {\"outcome\":\"blocked\",\"summary\":\"How?\"}"));
    stage.follow().await;
    assert_eq!(stage.kind(second).await, StateKind::Deciding);
    brings_green(&stage).await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert_eq!(found(&stage, job).await, ["actions_changed_beside"]);
    let told = "`aside` of `bezalel` changes what Actions run here";
    assert!(questions(&stage)[0].contains(told), "{:#?}", questions(&stage));
    // Once it is gone they prove what they say.
    sandbox.delete_branch("anna", DOOR, "aside").unwrap();
    sandbox.comment("anna", DOOR, 1, "/timmy verify").unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    stage.end().await;
}

#[tokio::test]
async fn none_of_many_branches_is_overlooked() {
    let stage = live(with_actions, needs_checks).await;
    let sandbox = &stage.app.sandbox;
    let job = stage.assign(1, Some("ezra")).await;
    stage.assign(2, Some("bezalel")).await;
    sandbox.commit("bezalel", DOOR, "aside", &[WORKFLOW], "Steer").unwrap();
    for nth in 0..15 {
        let name = format!("more-{nth}");
        sandbox.commit("bezalel", DOOR, &name, &[("more.md", "more")], "More").unwrap();
    }
    stage.bezalel.goes(ended("timmy-result: {\"outcome\":\"blocked\",\"summary\":\"How?\"}"));
    stage.follow().await;
    brings_green(&stage).await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    let all = found(&stage, job).await;
    let is_beside = |code: &String| code == "actions_changed_beside";
    assert!(all.len() > 5 && all.iter().all(is_beside), "each is told: {all:?}");
    let noted = async || {
        let repo = stage.job(job).await.spec.repo();
        let read = move |conn: &Connection| agent_heads::branches_that_change_actions(conn, repo);
        let noted = stage.app.timmy.read(read).await;
        noted.into_iter().map(|(name, ..)| name).collect::<Vec<_>>()
    };
    // What was too much to be looked at is believed to, until it is looked at.
    let believed = noted().await;
    assert!(believed.len() > 5 && believed.contains(&"aside".to_owned()), "{believed:?}");
    for _ in 0..3 {
        stage.pass(MINUTE * 11, MINUTE).await;
        sandbox.comment("anna", DOOR, 1, "/timmy verify").unwrap();
        stage.pass(MINUTE * 2, SECOND * 30).await;
    }
    assert_eq!(noted().await, ["aside"]);
    assert_eq!(found(&stage, job).await, ["actions_changed_beside"]);
    stage.end().await;
}
