//! Rounds of repair that do not come to their end: what follows is the same round.

use timmy::agents::AgentTrouble;
use timmy::core::jobs::{JobEvent, JobId, State, StateKind, ToldText, WorkKind};
use timmy::sandbox::{Mode, Sandbox};

use super::decisions::{BRANCH, says};
use super::scripted::{AtStart, ended};
use super::stage::{Stage, live};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::forge::DOOR;

const CI: &str = "ci";

fn with_ci(sandbox: &Sandbox) {
    sandbox.add_user(CI);
    sandbox.collaborator(DOOR, CI, Mode::Write).unwrap();
}

/// ezra's pull request has a red check, and a person said something about it. The job, and the commit
/// that is to be repaired.
pub(super) async fn to_be_repaired() -> (Stage, JobId, String) {
    let stage = live(with_ci, |config| config.with("guards.trusted_reporters", [CI])).await;
    let job = stage.assign(1, Some("ezra")).await;
    let sandbox = &stage.app.sandbox;
    let red = sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    sandbox.set_status(CI, DOOR, &red, ("ci/test", "failure")).unwrap();
    let line = format!("timmy-result: {{\"outcome\":\"pull_request\",\"commit\":\"{red}\"}}");
    stage.ezra.goes(ended(&line));
    stage.follow().await;
    stage.tell(job, JobEvent::Told(ToldText::by("anna", "use less oil"))).await;
    (stage, job, red)
}

/// The same; ezra works on it.
pub(super) async fn in_a_round() -> (Stage, JobId, String) {
    let (stage, job, red) = to_be_repaired().await;
    repeats(&stage, job, &[]).await;
    (stage, job, red)
}

/// The agent works on the first round, and knows all that is wrong.
async fn repeats(stage: &Stage, id: JobId, also: &[&str]) {
    stage.pass(MINUTE * 10, SECOND * 30).await;
    let job = stage.job(id).await;
    let State::Running(running) = &job.state else { panic!("{:#?}", job.state) };
    assert_eq!(running.attempt.leased.work, WorkKind::Repair(1));
    assert_eq!(job.past.rounds, 1);
    let prompt = stage.ezra.script().sent.last().unwrap().body.clone();
    for part in ["`ci/test` is red", "use less oil"].iter().chain(also) {
        assert!(prompt.contains(part), "{part} is missing in\n{prompt}");
    }
}

#[tokio::test]
async fn one_that_needed_a_person_goes_on_as_the_same_round() {
    let (stage, job, _) = in_a_round().await;
    stage.ezra.goes(ended("timmy-result: {\"outcome\":\"blocked\",\"summary\":\"which oil?\"}"));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    says(&stage, "/timmy answer d1 the green one").await;
    let told = ["which oil?", "the green one", "Check out your branch as it is"];
    repeats(&stage, job, &told).await;
    assert_eq!(stage.job(job).await.branch().number(), 1);
    stage.end().await;
}

#[tokio::test]
async fn one_that_could_not_begin_is_begun_again_as_the_same_round() {
    let (stage, job, _) = to_be_repaired().await;
    let away = AgentTrouble::HostAway("asleep".to_owned());
    stage.ezra.script().at_start.push_back(AtStart::Refuse(away));
    stage.pass(MINUTE * 10, SECOND * 30).await;
    assert_eq!(stage.job(job).await.past.never_ran, 1);
    repeats(&stage, job, &["Check out your branch as it is"]).await;
    stage.end().await;
}

#[tokio::test]
async fn one_that_is_lost_begins_on_a_branch_of_its_own_at_what_is_repaired() {
    let (stage, job, red) = in_a_round().await;
    stage.ezra.script().is_forgetful = true;
    stage.pass(MINUTE, SECOND * 30).await;
    stage.ezra.script().is_forgetful = false;
    repeats(&stage, job, &[&red, "`timmy/1-j1-2`", "Begin your branch at that commit"]).await;
    let sandbox = &stage.app.sandbox;
    let own = "timmy/1-j1-2";
    let head = sandbox.commit("ezra", DOOR, own, &[("oil.md", "less oil")], "Less").unwrap();
    sandbox.open_pull("ezra", DOOR, "Oil it", "", own).unwrap();
    sandbox.set_status(CI, DOOR, &head, ("ci/test", "success")).unwrap();
    let line = format!("timmy-result: {{\"outcome\":\"pull_request\",\"commit\":\"{head}\"}}");
    stage.ezra.goes(ended(&line));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done, "{:#?}", stage.attempts(job).await);
    stage.end().await;
}

#[tokio::test]
async fn a_lost_round_does_not_forget_what_was_merged_of_it() {
    let (stage, job, _) = in_a_round().await;
    stage.ezra.script().is_forgetful = true;
    stage.pass(MINUTE, SECOND * 30).await;
    stage.ezra.script().is_forgetful = false;
    stage.pass(MINUTE * 10, SECOND * 30).await;
    let (sandbox, own) = (&stage.app.sandbox, "timmy/1-j1-2");
    let head = sandbox.commit("ezra", DOOR, own, &[("hinge.md", "new")], "Less").unwrap();
    sandbox.open_pull("ezra", DOOR, "Oil it", "", own).unwrap();
    sandbox.set_status(CI, DOOR, &head, ("ci/test", "success")).unwrap();
    sandbox.merge("anna", DOOR, 9).unwrap();
    let line = format!("timmy-result: {{\"outcome\":\"pull_request\",\"commit\":\"{head}\"}}");
    stage.ezra.goes(ended(&line));
    stage.follow().await;
    assert_eq!(super::guards::found(&stage, job).await, ["other_pull_merged"]);
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    stage.end().await;
}

#[tokio::test]
async fn an_agent_with_timmys_tools_begins_a_round_at_what_it_brought() {
    let stage = live(with_ci, |config| {
        let tools = config.with("guards.trusted_reporters", [CI]).its("kind", "openai");
        tools.its("url", "http://127.0.0.1:9/v1").its("model", "small")
    })
    .await;
    let job = stage.assign(1, Some("bezalel")).await;
    let sandbox = &stage.app.sandbox;
    let red = sandbox.commit("bezalel", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    sandbox.open_pull("bezalel", DOOR, "Oil it", "", BRANCH).unwrap();
    sandbox.set_status(CI, DOOR, &red, ("ci/test", "failure")).unwrap();
    let line = format!("timmy-result: {{\"outcome\":\"pull_request\",\"commit\":\"{red}\"}}");
    stage.bezalel.goes(ended(&line));
    stage.follow().await;
    stage.pass(MINUTE * 10, SECOND * 30).await;
    assert_eq!(stage.attempts(job).await.len(), 2);
    let prompt = stage.bezalel.script().sent.last().unwrap().body.clone();
    assert!(prompt.contains(&format!("you begin at commit `{red}`, the head")), "{prompt}");
    // What it adds nothing to is still there, and still red.
    stage.bezalel.goes(ended(&line));
    stage.follow().await;
    assert_eq!(stage.job(job).await.past.rounds, 2, "{:#?}", stage.attempts(job).await);
    stage.end().await;
}
