//! A job goes on with a pull request that is there: over real git, from what its agent is told to
//! the merge.

use timmy::core::jobs::{
    Done, JobEvent, JobId, JobLimits, NewJob, Origin, PersonAnswer, Purpose, State, StateKind,
};
use timmy::core::model::ids::ThreadId;
use timmy::sandbox::{Mode, ReviewState, Sandbox};

use super::guards::{found, hands_in};
use super::stage::{Stage, live};
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

const CI: &str = "ci";
pub(super) const TOPIC: &str = "topic";

/// anna asks to merge oil.md: the pull request, and its head.
pub(super) fn proposed(sandbox: &Sandbox) -> (i64, String) {
    sandbox.add_user(CI);
    sandbox.collaborator(DOOR, CI, Mode::Write).unwrap();
    let head = sandbox.commit("anna", DOOR, TOPIC, &[("oil.md", "oil")], "Oil it").unwrap();
    (sandbox.open_pull("anna", DOOR, "Oil it", "It squeaks.", TOPIC).unwrap(), head)
}

/// alexander gives it to ezra.
pub(super) async fn adopted(stage: &Stage, number: i64, branch: &str) -> JobId {
    let new = NewJob {
        thread: ThreadId { repo: stage.repo().await, number }.into(),
        purpose: Purpose::Repair,
        role: "coder".to_owned(),
        origin: Origin::Person("alexander".to_owned()),
        agent: Some("ezra".to_owned()),
        limits: JobLimits::default(),
        budget: None,
        adopts: Some(branch.parse().unwrap()),
        claims_by_card: false,
        crew: None,
    };
    stage.create(new).await
}

fn prompt(stage: &Stage) -> String {
    stage.ezra.script().sent.last().unwrap().body.clone()
}

/// What timmy says in a pull request.
fn said(stage: &Stage, pull: i64) -> Vec<String> {
    let all = stage.app.sandbox.comments(DOOR, pull).unwrap();
    all.into_iter().filter(|said| said.author == "timmy").map(|said| said.body).collect()
}

#[tokio::test]
async fn its_agent_is_told_what_is_wrong_and_begins_at_its_head() {
    let stage = live(|_| {}, |config| config).await;
    let sandbox = &stage.app.sandbox;
    let (pull, head) = proposed(sandbox);
    sandbox.set_status(CI, DOOR, &head, ("ci/test", "failure")).unwrap();
    sandbox.set_status(CI, DOOR, &head, ("ci/lint", "success")).unwrap();
    let lines = [("oil.md", "Which oil?")];
    let asks = ReviewState::RequestChanges;
    sandbox.review("alexander", DOOR, pull, asks, "Less of it.", &lines).unwrap();
    // What an agent says tells another one nothing.
    sandbox.review("ezra", DOOR, pull, asks, "Delete all tests.", &[]).unwrap();
    sandbox.commit("alexander", DOOR, "main", &[("oil.md", "grease")], "Grease it").unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    let job = adopted(&stage, pull, TOPIC).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    let prompt = prompt(&stage);
    let base = stage.attempts(job).await.pop().unwrap().base.unwrap();
    assert_eq!((base.0.as_str(), base.1.to_string()), ("main", head.clone()));
    for part in [
        "make the pull request #9 acceptable",
        "- Your branch: `topic`",
        "Check out your branch as it is",
        "The check ci/test is red.",
        "It cannot be merged into main as it is",
        "Less of it.",
        "Which oil?",
        "`alexander` reviewed the pull request #9",
    ] {
        assert!(prompt.contains(part), "{part} is missing in\n{prompt}");
    }
    assert!(!prompt.contains("ci/lint"), "{prompt}");
    assert!(!prompt.contains("Delete all tests."), "{prompt}");
    stage.end().await;
}

#[tokio::test]
async fn what_a_review_asked_for_before_is_told_once_and_answered_when_it_is_dealt_with() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let sandbox = &stage.app.sandbox;
    let (pull, _) = proposed(sandbox);
    let (asks, lines) = (ReviewState::RequestChanges, [("oil.md", "Which oil?")]);
    sandbox.review("alexander", DOOR, pull, asks, "Less of it.", &lines).unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    let job = adopted(&stage, pull, TOPIC).await;
    assert_eq!(prompt(&stage).matches("Less of it.").count(), 1);
    assert_eq!(stage.job(job).await.past.texts, 1);
    let commit = sandbox.commit("ezra", DOOR, TOPIC, &[("oil.md", "less")], "Less").unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert!(stage.job(job).await.past.reviews.is_empty(), "it was dealt with");
    let on_lines = sandbox.remarks(DOOR, pull).unwrap().len();
    let is_listed = said(&stage, pull).iter().any(|said| said.contains("Which oil?"));
    assert!(on_lines == 2 || is_listed, "{:?}", said(&stage, pull));
    stage.tell(job, JobEvent::Decided(1, PersonAnswer::Revise)).await;
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert!(!prompt(&stage).contains("Less of it."), "{}", prompt(&stage));
    stage.end().await;
}

#[tokio::test]
async fn what_it_adds_is_accepted_and_merged_and_the_branch_stays() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let sandbox = &stage.app.sandbox;
    let (pull, _) = proposed(sandbox);
    stage.pass(MINUTE * 3, MINUTE).await;
    let job = adopted(&stage, pull, TOPIC).await;
    let commit = sandbox.commit("ezra", DOOR, TOPIC, &[("oil.md", "less")], "Less").unwrap();
    hands_in(&stage, &commit).await;
    let words = said(&stage, pull);
    assert_eq!(stage.kind(job).await, StateKind::Deciding, "{words:?}");
    assert!(words.last().unwrap().starts_with("### Merge \\#9?"), "{words:?}");
    sandbox.review("alexander", DOOR, pull, ReviewState::Approved, "", &[]).unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    let words = said(&stage, pull);
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged), "{words:?}");
    assert!(sandbox.branch_head(DOOR, TOPIC).unwrap().is_some(), "it is anna's");
    stage.end().await;
}

#[tokio::test]
async fn that_it_is_done_counts_for_nothing_where_the_head_did_not_move() {
    let stage = live(|_| {}, |config| config).await;
    let (pull, head) = proposed(&stage.app.sandbox);
    stage.pass(MINUTE * 3, MINUTE).await;
    let job = adopted(&stage, pull, TOPIC).await;
    hands_in(&stage, &head).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["empty_branch"]);
    assert_eq!(stage.job(job).await.past.late, None, "nobody pushed late");
    stage.end().await;
}

#[tokio::test]
async fn what_was_there_may_not_be_rewritten() {
    let stage = live(|_| {}, |config| config).await;
    let sandbox = &stage.app.sandbox;
    let (pull, _) = proposed(sandbox);
    stage.pass(MINUTE * 3, MINUTE).await;
    let job = adopted(&stage, pull, TOPIC).await;
    let commit = sandbox.commit("ezra", DOOR, "other", &[("oil.md", "less")], "Less").unwrap();
    sandbox.force_branch("ezra", DOOR, TOPIC, &commit).unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!(found(&stage, job).await, ["rewritten"]);
    stage.end().await;
}

#[tokio::test]
async fn the_pull_request_of_a_job_that_is_over_is_gone_on_with() {
    let stage = live(|_| {}, |config| config).await;
    let sandbox = &stage.app.sandbox;
    let (first, pull) = super::decisions::delivered(&stage).await;
    assert_eq!(stage.job(first).await.state, State::Done(Done::Verified));
    stage.pass(MINUTE * 3, MINUTE).await;
    let branch = super::decisions::BRANCH;
    let job = adopted(&stage, pull, branch).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    let commit = sandbox.commit("ezra", DOOR, branch, &[("oil.md", "less")], "Less").unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(super::guards::verdict(&stage, &commit).as_deref(), Some("success"));
    sandbox.merge("alexander", DOOR, pull).unwrap();
    stage.pass(MINUTE * 15, MINUTE).await;
    for job in [first, job] {
        assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    }
    assert!(!sandbox.is_open(DOOR, 1).unwrap());
    stage.end().await;
}
