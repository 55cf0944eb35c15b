//! What was merged into another branch than the default one is taken back there.

use timmy::core::jobs::{Done, JobEvent, State, StateKind};

use super::adopted::{TOPIC, adopted};
use super::decisions::{delivered, questions, says};
use super::guards::hands_in;
use super::scripted::ended;
use super::stage::live;
use crate::support::clock::{HOUR, MINUTE};
use crate::support::forge::DOOR;

#[tokio::test]
async fn a_revert_is_seen_on_the_branch_that_was_merged_into() {
    let stage = live(|_| {}, |config| config).await;
    let sandbox = &stage.app.sandbox;
    sandbox.commit("anna", DOOR, "release", &[("notes.md", "1.0")], "Release it").unwrap();
    sandbox.commit("anna", DOOR, TOPIC, &[("oil.md", "oil")], "Oil it").unwrap();
    let (texts, branches) = (("Oil it", ""), (Some("release"), TOPIC));
    let pull = sandbox.open_pull_into("anna", DOOR, texts, branches).unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    let job = adopted(&stage, pull, TOPIC).await;
    let commit = sandbox.commit("ezra", DOOR, TOPIC, &[("oil.md", "less")], "Less").unwrap();
    hands_in(&stage, &commit).await;
    sandbox.merge("alexander", DOOR, pull).unwrap();
    stage.pass(MINUTE * 15, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    let merge = sandbox.merged_as(DOOR, pull).unwrap().unwrap();
    let message = format!("Revert \"Oil it\"\n\nThis reverts commit {merge}.");
    sandbox.commit("anna", DOOR, "release", &[("oil.md", "none")], &message).unwrap();
    stage.pass(HOUR * 2, MINUTE * 10).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Reverted));
    stage.end().await;
}

#[tokio::test]
async fn what_was_merged_before_people_wanted_it_once_more_is_no_news() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, _) = delivered(&stage).await;
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    let sandbox = &stage.app.sandbox;
    sandbox.set_open("alexander", DOOR, 1, true).unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    stage.tell(job, JobEvent::Retry(None)).await;
    let branch = "timmy/1-j1-2";
    let commit = sandbox.commit("ezra", DOOR, branch, &[("oil.md", "less oil")], "Less").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Less", "", branch).unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{commit}\"}}"
    )));
    stage.follow().await;
    let asked = questions(&stage).pop().unwrap();
    assert!(asked.starts_with(&format!("### Merge \\#{pull}?")), "{asked}");
    // Nor is it what became of this when somebody closes the issue.
    sandbox.set_open("alexander", DOOR, 1, false).unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    stage.end().await;
}

#[tokio::test]
async fn a_question_after_a_revert_says_so() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, first) = delivered(&stage).await;
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    let sandbox = &stage.app.sandbox;
    let merge = sandbox.merged_as(DOOR, first).unwrap().unwrap();
    let message = format!("Revert \"Oil it\"\n\nThis reverts commit {merge}.");
    let by = sandbox.commit("anna", DOOR, "main", &[("oil.md", "none")], &message).unwrap();
    stage.pass(HOUR * 2, MINUTE * 10).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Reverted));
    sandbox.set_open("alexander", DOOR, 1, true).unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    stage.tell(job, JobEvent::Retry(None)).await;
    let branch = "timmy/1-j1-2";
    let commit = sandbox.commit("ezra", DOOR, branch, &[("oil.md", "less oil")], "Less").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Less", "", branch).unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{commit}\"}}"
    )));
    stage.follow().await;
    let asked = questions(&stage).pop().unwrap();
    assert!(asked.starts_with(&format!("### Merge \\#{pull}?")), "{asked}");
    let told = format!(" \\#{first}, merged for this before, was reverted by `{}`. ", &by[..7]);
    assert!(asked.contains(&told), "{asked}");
    stage.end().await;
}
