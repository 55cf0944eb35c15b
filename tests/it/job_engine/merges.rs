//! Merges that do not come about: what speaks against one at the last moment, and what is told of
//! one that never ends well.

use timmy::clock::Clock as _;
use timmy::core::effect::{Effect, MergePull};
use timmy::core::jobs::{Commit, Done, JobEvent, JobId, JobStep, MergeRefusal, State, StateKind};
use timmy::core::model::ids::ThreadId;
use timmy::sandbox::{Fault, Matcher};
use timmy::store::jobs;
use timmy::store::outbox::{self, NewEffect};

use super::decisions::{delivered, said, says};
use super::scripted::ended;
use super::stage::{Stage, live};
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

/// ezra's pull request was accepted, and is open; the job, and what could be merged for it.
async fn accepted() -> (Stage, JobId, Proposed) {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "review")).await;
    let (job, pull) = delivered(&stage).await;
    says(&stage, "/timmy approve d1").await;
    let accepted = stage.job(job).await;
    assert_eq!(accepted.state, State::Done(Done::Accepted));
    let thread = ThreadId { number: pull, ..accepted.spec.given().unwrap() };
    (stage, job, Proposed { job, thread, commit: accepted.past.commit.unwrap() })
}

struct Proposed {
    job: JobId,
    thread: ThreadId,
    commit: Commit,
}

/// The commit that was accepted is to be merged into this branch.
async fn is_to_be_merged(stage: &Stage, what: &Proposed, target: &str) {
    let Proposed { job, thread, ref commit } = *what;
    let (commit, target) = (commit.clone(), target.to_owned());
    let merge = MergePull { job, commit, target, message: String::new(), keeps_branch: false };
    let now = stage.app.clock.now();
    let key = "test.merge".to_owned();
    let effect = NewEffect::new(key, thread, &Effect::Merge(merge), now).unwrap();
    stage.app.timmy.write(move |tx| outbox::push(tx, &effect, now)).await;
    stage.go().await;
    stage.pass(MINUTE, MINUTE).await;
}

/// Why it was not merged, as the job was told.
async fn refusals(stage: &Stage, id: JobId) -> Vec<MergeRefusal> {
    let record = stage.app.timmy.read(move |conn| jobs::record(conn, id)).await.unwrap();
    let refusal = |step: JobStep| match step {
        JobStep::Event(JobEvent::NotMerged(refusal)) => Some(refusal),
        _ => None,
    };
    record.steps.into_iter().filter_map(|(step, _)| refusal(step)).collect()
}

fn merged(stage: &Stage, pull: &Proposed) -> bool {
    stage.app.sandbox.merged_as(DOOR, pull.thread.number).unwrap().is_some()
}

#[tokio::test]
async fn what_nothing_speaks_against_is_merged() {
    let (stage, job, pull) = accepted().await;
    is_to_be_merged(&stage, &pull, "main").await;
    assert_eq!(refusals(&stage, job).await, []);
    assert!(merged(&stage, &pull));
    stage.end().await;
}

#[tokio::test]
async fn one_into_another_branch_than_was_shown_is_not_merged() {
    let (stage, job, pull) = accepted().await;
    is_to_be_merged(&stage, &pull, "release").await;
    assert_eq!(refusals(&stage, job).await, [MergeRefusal::Retargeted]);
    assert!(!merged(&stage, &pull));
    let told = said(&stage).into_iter().any(|(_, body)| body.contains("into another branch than"));
    assert!(told);
    assert_eq!(stage.kind(job).await, StateKind::Deciding, "it is judged and asked about anew");
    stage.end().await;
}

#[tokio::test]
async fn one_whose_job_went_on_is_not_merged() {
    let (stage, job, pull) = accepted().await;
    stage.tell(job, JobEvent::Retry(None)).await;
    // What it says of the job is what a person accepted before.
    is_to_be_merged(&stage, &pull, "main").await;
    assert!(!merged(&stage, &pull));
    assert_eq!(refusals(&stage, job).await, []);
    let row = stage.app.timmy.read(|conn| outbox::get(conn, "test.merge")).await.unwrap();
    assert_eq!(row.state, outbox::EffectState::Done, "nobody waits for it");
    stage.end().await;
}

/// The job was begun once more, and a person took what that brought: its pull request.
async fn accepted_anew(stage: &Stage, job: JobId) -> i64 {
    stage.tell(job, JobEvent::Retry(Some("ezra".to_owned()))).await;
    stage.pass(MINUTE * 2, MINUTE).await;
    let (sandbox, own) = (&stage.app.sandbox, "timmy/1-j1-2");
    let head = sandbox.commit("ezra", DOOR, own, &[("hinge.md", "new")], "New hinge").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "New hinge", "", own).unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{head}\"}}"
    )));
    stage.follow().await;
    says(stage, "/timmy approve d2").await;
    let accepted = stage.job(job).await;
    assert_eq!((&accepted.state, accepted.past.pull), (&State::Done(Done::Accepted), Some(pull)));
    pull
}

#[tokio::test]
async fn what_was_accepted_before_a_retry_is_not_merged_because_of_a_later_yes() {
    let (stage, job, first) = accepted().await;
    let second = accepted_anew(&stage, job).await;
    stage.app.sandbox.set_open("anna", DOOR, first.thread.number, true).ok();
    is_to_be_merged(&stage, &first, "main").await;
    assert!(!merged(&stage, &first));
    assert_eq!(refusals(&stage, job).await, []);
    assert!(stage.app.sandbox.is_open(DOOR, second).unwrap());
    stage.end().await;
}

#[tokio::test]
async fn an_approval_of_what_was_begun_anew_since_is_not_given() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "review")).await;
    let (job, _) = delivered(&stage).await;
    let faults = stage.app.sandbox.faults();
    faults.rate(1, Matcher::method_path("POST", "/reviews"), 1000, Fault::BadGateway);
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Accepted));
    let tries = || {
        let asked = stage.app.sandbox.requests().into_iter();
        asked.filter(|asked| asked.method == "POST" && asked.path.ends_with("/reviews")).count()
    };
    assert!(tries() > 0, "it was to be given");
    stage.tell(job, JobEvent::Retry(None)).await;
    let before = tries();
    faults.clear();
    stage.pass(MINUTE * 90, MINUTE * 5).await;
    assert_eq!(tries(), before);
    stage.end().await;
}

#[tokio::test]
async fn what_the_forge_never_takes_is_told_to_the_job() {
    let (stage, job, pull) = accepted().await;
    stage.app.sandbox.archive(DOOR, true).unwrap();
    is_to_be_merged(&stage, &pull, "main").await;
    assert!(!merged(&stage, &pull));
    let refusals = refusals(&stage, job).await;
    assert!(matches!(refusals[..], [MergeRefusal::Other(_)]), "{refusals:?}");
    assert_eq!(stage.job(job).await.state, State::Done(Done::Accepted));
    stage.end().await;
}

#[tokio::test]
async fn what_was_tried_in_vain_is_told_in_the_thread() {
    let (stage, job, pull) = accepted().await;
    let merge = Matcher::method_path("POST", "/merge");
    stage.app.sandbox.faults().rate(1, merge, 1000, Fault::LoginPage);
    is_to_be_merged(&stage, &pull, "main").await;
    assert_eq!(refusals(&stage, job).await, [], "that may heal");
    stage.pass(MINUTE * 90, MINUTE * 5).await;
    assert!(!merged(&stage, &pull));
    let refusals = refusals(&stage, job).await;
    assert!(matches!(refusals[..], [MergeRefusal::GaveUp(_)]), "{refusals:?}");
    let told = said(&stage).pop().unwrap().1;
    assert!(told.starts_with("**Not merged: I tried it for a long time"), "{told}");
    assert_eq!(stage.job(job).await.state, State::Done(Done::Accepted));
    stage.end().await;
}
