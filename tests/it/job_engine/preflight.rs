//! What is looked at right before an agent is called.

use std::io::Write as _;

use tempfile::NamedTempFile;
use timmy::core::jobs::{
    CancelReason, JobEvent, JobId, State, StateKind, ToldText, WaitReason, Waiting,
};
use timmy::sandbox::{Mode, Sandbox, Scopes};
use timmy::store::jobs;

use super::stage::{Stage, live};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::config::Config;
use crate::support::forge::DOOR;

/// Ready to be begun by timmy itself.
const READY: &str = "The hinge in `door.rs` squeaks whenever somebody opens it at night.\n\n\
    Done when it is silent.";

fn ready(sandbox: &Sandbox) {
    sandbox.open_issue("alexander", DOOR, "The hinge squeaks", READY).unwrap();
}

async fn is_waiting_for(stage: &Stage, job: JobId) -> Option<WaitReason> {
    match stage.job(job).await.state {
        State::Waiting(Waiting::Idle(wait)) => Some(wait.for_what),
        _ => None,
    }
}

/// A file that holds a token of `of`.
fn token_of(sandbox: &Sandbox, of: &str, file: &NamedTempFile) {
    let token = sandbox.add_token(of, Scopes::all()).unwrap();
    write!(file.as_file(), "{token}").unwrap();
}

fn with_token(file: &NamedTempFile) -> impl FnOnce(Config) -> Config {
    let path = file.path().to_str().unwrap().to_owned();
    |config| config.its("token_file", path)
}

#[tokio::test]
async fn what_it_waits_for_is_read_before_it_begins() {
    let stage = live(|_| {}, |config| config).await;
    stage.app.sandbox.let_wait("anna", DOOR, 1, (DOOR, 2)).unwrap();
    let job = stage.assign(1, Some("ezra")).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert!(stage.ezra.script().sent.is_empty());
    stage.pass(MINUTE * 3, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Queued);
    let waits = stage.app.timmy.read(move |conn| jobs::waits_for(conn, job)).await;
    assert_eq!(waits.as_deref(), Some("the issue is blocked"));
    stage.app.sandbox.set_open("alexander", DOOR, 2, false).unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn one_that_was_closed_meanwhile_is_not_begun() {
    let stage = live(|_| {}, |config| config).await;
    stage.app.sandbox.set_open("alexander", DOOR, 1, false).unwrap();
    let job = stage.assign(1, Some("ezra")).await;
    assert!(stage.ezra.script().sent.is_empty());
    let State::Cancelled(cancelled) = stage.job(job).await.state else { panic!("it goes on") };
    assert_eq!(cancelled.reason, CancelReason::IssueGone);
    stage.end().await;
}

#[tokio::test]
async fn a_red_branch_holds_up_what_nobody_asked_for() {
    let stage = live(ready, |config| config).await;
    let sandbox = &stage.app.sandbox;
    sandbox.set_status("anna", DOOR, "main", ("ci/test", "failure")).unwrap();
    sandbox.set_status("timmy", DOOR, "main", ("timmy/verify", "success")).unwrap();
    let own = stage.start_by_itself(9).await;
    assert_eq!(is_waiting_for(&stage, own).await, Some(WaitReason::GreenBranch));
    stage.wait(HOUR).await;
    assert_eq!(is_waiting_for(&stage, own).await, Some(WaitReason::GreenBranch));
    sandbox.set_status("anna", DOOR, "main", ("ci/test", "success")).unwrap();
    stage.pass(MINUTE * 6, MINUTE).await;
    assert_eq!(stage.kind(own).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn what_a_red_branch_holds_up_holds_up_nothing_that_a_person_wants() {
    let stage = live(ready, |config| config).await;
    let sandbox = &stage.app.sandbox;
    sandbox.set_status("anna", DOOR, "main", ("ci/test", "failure")).unwrap();
    let own = stage.start_by_itself(9).await;
    assert_eq!(is_waiting_for(&stage, own).await, Some(WaitReason::GreenBranch));
    let asked = stage.assign(1, None).await;
    let ends: Vec<_> = stage.attempts(asked).await.into_iter().map(|one| one.ended).collect();
    assert_eq!(stage.kind(asked).await, StateKind::Running, "{ends:?}");
    stage.end().await;
}

#[tokio::test]
async fn a_red_branch_does_not_hold_up_what_is_urgent() {
    let urgent = |sandbox: &Sandbox| {
        ready(sandbox);
        sandbox.add_label(DOOR, "priority/p0", true).unwrap();
        sandbox.label("alexander", DOOR, 9, &["priority/p0"]).unwrap();
    };
    let stage = live(urgent, |config| config).await;
    stage.app.sandbox.set_status("anna", DOOR, "main", ("ci/test", "failure")).unwrap();
    let own = stage.start_by_itself(9).await;
    assert_eq!(stage.kind(own).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn a_person_knows_that_the_branch_is_red() {
    let stage = live(|_| {}, |config| config).await;
    stage.app.sandbox.set_status("anna", DOOR, "main", ("ci/test", "failure")).unwrap();
    let asked = stage.assign(1, None).await;
    let ends: Vec<_> = stage.attempts(asked).await.into_iter().map(|one| one.ended).collect();
    assert_eq!(stage.kind(asked).await, StateKind::Running, "{ends:?}");
    stage.end().await;
}

#[tokio::test]
async fn a_branch_of_which_nobody_can_tell_holds_nothing_up() {
    let stage = live(ready, |config| config).await;
    stage.app.sandbox.set_status("anna", DOOR, "main", ("ci/test", "pending")).unwrap();
    let own = stage.start_by_itself(9).await;
    assert_eq!(stage.kind(own).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn an_account_that_may_not_push_gets_nothing_and_others_do() {
    let file = NamedTempFile::new().unwrap();
    let furnish = |sandbox: &Sandbox| {
        token_of(sandbox, "bezalel", &file);
        sandbox.collaborator(DOOR, "bezalel", Mode::Read).unwrap();
    };
    let stage = live(furnish, with_token(&file)).await;
    let job = stage.assign(1, Some("bezalel")).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(
        stage.app.timmy.noted().await,
        "agent bezalel: bezalel may read foundation/door, but not push there: give that account \
         write access"
    );
    assert!(stage.bezalel.script().sent.is_empty());
    assert_eq!(stage.job(job).await.past.spent(), 0);

    let other = stage.assign(2, None).await;
    assert_eq!(stage.kind(other).await, StateKind::Running);
    assert_eq!(stage.attempts(other).await.remove(0).agent, "ezra");

    stage.app.sandbox.collaborator(DOOR, "bezalel", Mode::Write).unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.end().await;
}

#[tokio::test]
async fn the_token_of_another_account_is_said_and_not_used() {
    let file = NamedTempFile::new().unwrap();
    let stage = live(|sandbox| token_of(sandbox, "anna", &file), with_token(&file)).await;
    let job = stage.assign(1, Some("bezalel")).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let noted = stage.app.timmy.noted().await;
    assert!(noted.contains("the token of bezalel is that of anna: put one of bezalel"), "{noted}");
    assert!(stage.bezalel.script().sent.is_empty());
    stage.end().await;
}

#[tokio::test]
async fn what_people_said_is_told_as_theirs() {
    let stage = live(|_| {}, |config| config).await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.ezra.script().is_forgetful = true;
    stage.follow().await;
    stage.ezra.script().is_forgetful = false;
    stage.tell(job, JobEvent::Told(ToldText::by("anna", "Use oil."))).await;
    stage.tell(job, JobEvent::Told(ToldText::alone("And grease.".to_owned()))).await;
    stage.pass(MINUTE * 2, MINUTE).await;
    let told = stage.ezra.script().sent.last().unwrap().body.clone();
    let parts = ["`anna` said:\n\n```text\nUse oil.", "An operator said:\n\n```text\nAnd grease."];
    assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    stage.end().await;
}

#[tokio::test]
async fn a_default_branch_that_is_gone_is_said() {
    let stage = live(|_| {}, |config| config).await;
    stage.app.sandbox.take_away("/repos/{owner}/{repo}/branches/{branch}");
    let job = stage.assign(1, Some("ezra")).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let noted = stage.app.timmy.noted().await;
    assert!(noted.contains("has no branch `main`, which is its default branch"), "{noted}");
    stage.end().await;
}
