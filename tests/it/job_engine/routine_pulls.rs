//! What becomes of a routine while a pull request of its is open: that is where people speak to it, and in
//! the way of the next one, whatever its job does.

use std::cell::RefCell;

use timmy::core::jobs::{Done, JobId, State, StateKind};
use timmy::core::model::ids::ThreadId;
use timmy::sandbox::Sandbox;
use timmy::store::jobs;

use super::by_itself::{Tokens, protect};
use super::routines::{
    DAILY, begins, daily, dates, hands_in, routine, said_in, says, stage, stage_with,
};
use super::scripted::ended;
use super::stage::Stage;
use crate::support::clock::{DAY, HOUR, MINUTE};
use crate::support::forge::DOOR;

/// The pull request for which the routine waits.
async fn waits_for(stage: &Stage) -> Option<i64> {
    let waiting = stage.app.timmy.read(jobs::routines_waiting).await;
    waiting.first().and_then(|(_, other)| other.pull).map(|pull| pull.number)
}

/// The routine asks whether its pull request is merged; the job, and the number of that.
async fn asking() -> (Stage, JobId, i64) {
    let stage =
        stage(|config| config.with("accept.on_yes", "merge").and(&routine("oil", DAILY))).await;
    let job = begins(&stage).await;
    let pull = hands_in(&stage, job).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    (stage, job, pull)
}

/// ezra says that there is nothing to do.
fn finds_nothing(stage: &Stage) {
    let main = stage.app.sandbox.branch_head(DOOR, "main").unwrap().unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"no_change\",\"commit\":\"{main}\",\"summary\":\"All is oiled.\"}}"
    )));
}

#[tokio::test]
async fn begun_once_more_it_is_still_talked_of_there() {
    let (stage, job, pull) = asking().await;
    says(&stage, (DOOR, pull), "/timmy cancel").await;
    says(&stage, (DOOR, pull), "/timmy retry").await;
    stage.pass(5 * MINUTE, MINUTE).await;
    let again = stage.job(job).await;
    assert_eq!((again.state.kind(), again.past.pull), (StateKind::Running, None));
    let thread = ThreadId { repo: again.spec.repo(), number: pull };
    assert_eq!(again.home(), Some(thread));
    let found = stage.app.timmy.read(move |conn| jobs::latest_in(conn, thread)).await;
    assert_eq!(found, Some(job));
    says(&stage, (DOOR, pull), "/timmy tell with less noise").await;
    let told = said_in(&stage, DOOR, pull).pop().unwrap().1;
    assert!(told.starts_with("**Passed on to `ezra`**"), "{told}");
    stage.app.sandbox.set_open("anna", DOOR, pull, false).unwrap();
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled, "whoever closes it wants none of it");
    stage.end().await;
}

#[tokio::test]
async fn one_that_its_job_left_behind_is_in_the_way_of_the_next() {
    let stage = daily().await;
    let job = begins(&stage).await;
    let pull = hands_in(&stage, job).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    says(&stage, (DOOR, pull), "/timmy retry").await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    finds_nothing(&stage);
    stage.follow().await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::NoChange);
    stage.pass(DAY, HOUR).await;
    assert_eq!(dates(&stage).await.len(), 1);
    assert_eq!(waits_for(&stage).await, Some(pull));
    stage.end().await;
}

#[tokio::test]
async fn whether_there_is_nothing_to_change_is_asked_there_and_is_about_no_issue() {
    let (stage, job, pull) = asking().await;
    says(&stage, (DOOR, pull), "/timmy cancel").await;
    says(&stage, (DOOR, pull), "/timmy retry").await;
    stage.pass(5 * MINUTE, MINUTE).await;
    finds_nothing(&stage);
    stage.follow().await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    let said = said_in(&stage, DOOR, pull);
    let asked = said.iter().find(|(_, body)| body.starts_with("### Is there nothing to change?"));
    let asked = &asked.expect("a question").1;
    assert!(asked.contains("**approve** ends it without a change."), "{asked}");
    assert!(!asked.contains("the issue"), "{asked}");
    says(&stage, (DOOR, pull), "/timmy approve d2").await;
    assert_eq!(stage.kind(job).await, StateKind::NoChange);
    let said = said_in(&stage, DOOR, pull);
    let is_answer = |body: &str| body.contains("nothing is changed, as approved in d2");
    assert!(said.iter().any(|(_, body)| is_answer(body)), "{said:?}");
    stage.end().await;
}

#[tokio::test]
async fn one_of_which_nobody_was_told_is_looked_for_before_the_next() {
    let stage = daily().await;
    let job = begins(&stage).await;
    let (sandbox, branch) = (&stage.app.sandbox, "timmy/r-j1");
    sandbox.commit("ezra", DOOR, branch, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", branch).unwrap();
    stage.cancel(job).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    assert_eq!(stage.job(job).await.past.pull, None);
    stage.pass(DAY, HOUR).await;
    assert_eq!(dates(&stage).await.len(), 1);
    assert_eq!(waits_for(&stage).await, Some(pull));
    stage.app.sandbox.set_open("anna", DOOR, pull, false).unwrap();
    stage.pass(DAY, 10 * MINUTE).await;
    assert_eq!(dates(&stage).await.len(), 2, "nothing is open any more");
    stage.end().await;
}

/// The jobs of two dates; the first is cancelled.
async fn two_dates() -> Stage {
    let stage = daily().await;
    let job = begins(&stage).await;
    stage.cancel(job).await;
    stage.pass(DAY, 10 * MINUTE).await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(JobId(2)).await, StateKind::Running);
    stage
}

#[tokio::test]
async fn an_older_job_does_not_go_on_beside_it() {
    let stage = two_dates().await;
    let pull = hands_in(&stage, JobId(2)).await;
    assert_eq!(stage.job(JobId(2)).await.state, State::Done(Done::Verified));
    says(&stage, (DOOR, 1), "/timmy retry j1").await;
    let answer = said_in(&stage, DOOR, 1).pop().unwrap().1;
    let head = "**Not done: what the same routine brought otherwise is open.**";
    assert!(answer.starts_with(head), "{answer}");
    assert!(answer.contains(&format!("\\#{pull}")), "{answer}");
    assert_eq!(stage.kind(JobId(1)).await, StateKind::Cancelled);
    stage.end().await;
}

#[tokio::test]
async fn of_two_that_are_wanted_once_more_in_one_comment_the_first_goes_on() {
    let stage = two_dates().await;
    stage.cancel(JobId(2)).await;
    stage.follow().await;
    assert_eq!(stage.kind(JobId(2)).await, StateKind::Cancelled);
    says(&stage, (DOOR, 1), "/timmy retry j1\n/timmy retry j2").await;
    let answer = said_in(&stage, DOOR, 1).pop().unwrap().1;
    assert!(answer.contains("**once more:**"), "{answer}");
    assert!(answer.contains("**not done: this is in work.**"), "{answer}");
    assert!(!stage.kind(JobId(1)).await.is_end());
    assert_eq!(stage.kind(JobId(2)).await, StateKind::Cancelled);
    stage.end().await;
}

#[tokio::test]
async fn who_holds_it_holds_its_job() {
    let (stage, job, pull) = asking().await;
    says(&stage, (DOOR, pull), "/timmy hold until the hinges are there").await;
    says(&stage, (DOOR, pull), "/timmy revise d1 less oil").await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Queued);
    says(&stage, (DOOR, pull), "/timmy unhold").await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn what_has_begun_goes_on_though_its_routine_is_gone() {
    let tokens = Tokens::new();
    let door = |sandbox: &Sandbox| protect(sandbox, DOOR);
    let bare = RefCell::new(None);
    let mut stage = stage_with(&tokens, door, |config| {
        let config = config.with("accept.on_yes", "merge");
        *bare.borrow_mut() = Some(config.clone());
        config.and(&routine("oil", DAILY))
    })
    .await;
    let job = begins(&stage).await;
    let pull = hands_in(&stage, job).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    stage.app.timmy.stop().await;
    stage.app.timmy.config = bare.take().unwrap();
    stage.app.timmy.start().await;
    stage.go().await;
    says(&stage, (DOOR, pull), "/timmy revise d1 less oil").await;
    stage.pass(15 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn who_snoozes_it_has_its_job_rest_until_then() {
    let (stage, job, pull) = asking().await;
    says(&stage, (DOOR, pull), "/timmy snooze 2h").await;
    says(&stage, (DOOR, pull), "/timmy revise d1 less oil").await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Queued);
    stage.pass(2 * HOUR, 5 * MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn what_it_waits_for_keeps_its_job_from_going_on() {
    let (stage, job, pull) = asking().await;
    says(&stage, (DOOR, pull), "/timmy block #2").await;
    says(&stage, (DOOR, pull), "/timmy revise d1 less oil").await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Queued);
    let started = stage.attempts(job).await.len();
    stage.app.sandbox.set_open("alexander", DOOR, 2, false).unwrap();
    stage.pass(15 * MINUTE, MINUTE).await;
    let attempts = stage.attempts(job).await;
    assert_eq!(attempts.len(), started + 1, "{:?}", stage.job(job).await.state);
    assert!(attempts[started].run.is_some(), "{:?}", stage.job(job).await.state);
    stage.end().await;
}
