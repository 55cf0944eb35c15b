//! Merges that do not come about: what speaks against one at the last moment, and what is told of
//! one that never ends well.

use std::time::{Duration, Instant};

use timmy::clock::Clock as _;
use timmy::core::effect::{Effect, MergePull};
use timmy::core::jobs::{
    Commit, Done, Draw, JobEvent, JobId, JobStep, MergeRefusal, PersonAnswer, State, StateKind,
    StepTime,
};
use timmy::core::model::ids::ThreadId;
use timmy::core::policy::controls::{ControlChange, Delegation};
use timmy::sandbox::{BranchRule, Fault, Gate, Matcher, ReviewState};
use timmy::store::jobs::{self, GivenAnswer};
use timmy::store::outbox::{self, EffectState, NewEffect};
use timmy::store::{Transaction, controls, decisions};

use super::decisions::{BRANCH, delivered, said, says};
use super::scripted::{Scripted, ended};
use super::stage::{Stage, live};
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;
use crate::support::people::account;

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
    wishes_merged(stage, what, (target, "test.merge")).await;
    stage.go().await;
    stage.pass(MINUTE, MINUTE).await;
}

/// The same as a wish in the outbox, of this key.
async fn wishes_merged(stage: &Stage, what: &Proposed, (target, key): (&str, &str)) {
    let Proposed { job, thread, ref commit } = *what;
    let (commit, target) = (commit.clone(), target.to_owned());
    let merge = MergePull { job, commit, target, message: String::new(), keeps_branch: false };
    let now = stage.app.clock.now();
    let effect = NewEffect::new(key.to_owned(), thread, &Effect::Merge(merge), now).unwrap();
    stage.app.timmy.write(move |tx| outbox::push(tx, &effect, now)).await;
}

/// An agent brought a pull request for an issue, and walt said yes to it, by a right that is only lent
/// or not.
async fn brought(
    stage: &Stage,
    (number, name, agent): (i64, &str, &Scripted),
    is_lent: bool,
) -> Proposed {
    let job = stage.assign(number, Some(name)).await;
    let (sandbox, branch) = (&stage.app.sandbox, format!("timmy/{number}-{job}"));
    let file = format!("oil-{number}.md");
    let head = sandbox.commit(name, DOOR, &branch, &[(&file, "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull(name, DOOR, "Oil it", "", &branch).unwrap();
    agent.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{head}\"}}"
    )));
    stage.follow().await;
    let now = StepTime { at: stage.app.clock.now(), chance: Draw(0) };
    let yes = move |tx: &Transaction<'_>| {
        let open = decisions::open(tx)?.into_iter().find(|open| open.decision.job == job);
        let (id, by) = (open.expect("a question").decision.id, account("walt"));
        let given = GivenAnswer { answer: PersonAnswer::Yes, told: None, by: &by, is_lent };
        jobs::decide(tx, id, given, now)
    };
    stage.app.timmy.write(yes).await.expect("it was open");
    stage.go().await;
    let accepted = stage.job(job).await;
    assert_eq!(accepted.state, State::Done(Done::Accepted));
    let thread = ThreadId { number: pull, ..accepted.spec.given().unwrap() };
    Proposed { job, thread, commit: accepted.past.commit.unwrap() }
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

/// A door at which what is accepted is approved, and merged only where a test says so.
async fn reviewed() -> Stage {
    live(|_| {}, |config| config.with("accept.on_yes", "review")).await
}

#[tokio::test]
async fn a_yes_by_a_lent_right_that_was_taken_back_merges_nothing() {
    let stage = reviewed().await;
    let pull = brought(&stage, (1, "ezra", &stage.ezra), true).await;
    is_to_be_merged(&stage, &pull, "main").await;
    assert_eq!(refusals(&stage, pull.job).await, [MergeRefusal::RightTakenBack]);
    assert!(!merged(&stage, &pull));
    let is_told = |(_, body): (i64, String)| body.contains("may not approve any more");
    assert!(said(&stage).into_iter().any(is_told));
    assert_eq!(stage.kind(pull.job).await, StateKind::Deciding, "it is asked about anew");
    stage.end().await;
}

#[tokio::test]
async fn a_lent_right_that_ended_on_its_day_was_there_when_it_was_used() {
    let stage = reviewed().await;
    let (to, by) = (account("walt"), account("alexander"));
    let until = stage.app.clock.now();
    let lent = ControlChange::Delegate(Delegation { to, by, until });
    stage.app.timmy.write(move |tx| controls::apply(tx, &lent)).await;
    let pull = brought(&stage, (1, "ezra", &stage.ezra), true).await;
    is_to_be_merged(&stage, &pull, "main").await;
    assert!(merged(&stage, &pull));
    stage.end().await;
}

/// Returns when what a merge of this key wishes is about to be written.
async fn is_being_written(stage: &Stage, key: &'static str) {
    let begun = Instant::now();
    let row = || stage.app.timmy.read(move |conn| outbox::get(conn, key));
    while row().await.is_none_or(|row| row.state != EffectState::Sending) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{key} never came");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_merge_at_a_time_into_one_repository() {
    let stage = reviewed().await;
    let one = brought(&stage, (1, "ezra", &stage.ezra), false).await;
    let other = brought(&stage, (2, "bezalel", &stage.bezalel), false).await;
    let gate = Gate::new();
    let merge = Matcher::method_path("POST", "/merge");
    stage.app.sandbox.faults().next(merge, Fault::HangAfter(gate.clone()));
    wishes_merged(&stage, &one, ("main", "test.one")).await;
    wishes_merged(&stage, &other, ("main", "test.other")).await;
    stage.app.timmy.engine().notify();
    gate.reached().await;
    for key in ["test.one", "test.other"] {
        is_being_written(&stage, key).await;
    }
    // Whoever does not wait for its turn has merged by then.
    for _ in 0..200 {
        stage.app.timmy.read(|conn| outbox::get(conn, "test.one")).await;
    }
    let both = [merged(&stage, &one), merged(&stage, &other)];
    assert_eq!(both.iter().filter(|merged| **merged).count(), 1, "{both:?}");
    gate.open();
    stage.go().await;
    stage.pass(MINUTE, MINUTE).await;
    assert!(merged(&stage, &one) && merged(&stage, &other));
    stage.end().await;
}

#[tokio::test]
async fn a_review_that_asks_for_changes_at_the_last_moment_keeps_it_from_being_merged() {
    let (stage, job, pull) = accepted().await;
    let (sandbox, number) = (&stage.app.sandbox, pull.thread.number);
    sandbox.review("anna", DOOR, number, ReviewState::RequestChanges, "No.", &[]).unwrap();
    is_to_be_merged(&stage, &pull, "main").await;
    assert_eq!(refusals(&stage, job).await, [MergeRefusal::ReviewObjects]);
    assert!(!merged(&stage, &pull));
    assert!(said(&stage).into_iter().any(|(_, body)| body.contains("asks for changes.**")));
    assert_eq!(stage.kind(job).await, StateKind::Running, "what is asked for is made");
    stage.end().await;
}

#[tokio::test]
async fn one_that_was_made_a_draft_is_not_merged() {
    let (stage, job, pull) = accepted().await;
    let number = pull.thread.number;
    stage.app.sandbox.retitle("anna", DOOR, number, "WIP: Oil it").unwrap();
    is_to_be_merged(&stage, &pull, "main").await;
    assert_eq!(refusals(&stage, job).await, [MergeRefusal::Draft]);
    assert!(!merged(&stage, &pull));
    assert!(said(&stage).into_iter().any(|(_, body)| body.contains("is a draft.**")));
    stage.end().await;
}

#[tokio::test]
async fn one_that_is_behind_on_a_branch_that_is_shut_to_timmy_waits_for_a_person() {
    let (stage, job, pull) = accepted().await;
    let sandbox = &stage.app.sandbox;
    let behind = BranchRule { blocks_when_behind: true, ..BranchRule::default() };
    sandbox.protect(DOOR, "main", &behind).unwrap();
    let shut = BranchRule { pushers: Some(vec!["ezra".to_owned()]), ..BranchRule::default() };
    sandbox.protect(DOOR, BRANCH, &shut).unwrap();
    sandbox.commit("anna", DOOR, "main", &[("paint.md", "red")], "Paint").unwrap();
    is_to_be_merged(&stage, &pull, "main").await;
    assert_eq!(refusals(&stage, job).await, [MergeRefusal::MayNotUpdate]);
    assert!(!merged(&stage, &pull));
    assert!(
        said(&stage).into_iter().any(|(_, body)| body.contains("I may not push to its branch"))
    );
    stage.end().await;
}
