//! A pull request that was accepted and is behind its base: timmy brings it up to date, and the yes
//! goes on if that changes the same.

use timmy::core::jobs::{Done, JobId, State, StateKind};
use timmy::sandbox::{BranchRule, Sandbox};

use super::decisions::{BRANCH, questions, said, says};
use super::scripted::ended;
use super::stage::{Stage, live};
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

const SHELVES: &str = "shelves.md";

/// Twenty shelves, of which somebody filled some.
fn shelves(filled: &[usize]) -> String {
    let shelf =
        |nth| if filled.contains(&nth) { format!("{nth}: full\n") } else { format!("{nth}:\n") };
    (1..=20).map(shelf).collect()
}

/// A pull request of ezra's that fills the first shelf, where the branch wants it up to date: the
/// job, and the commit that is shown. `disturb` comes before the yes.
async fn accepted(disturb: impl FnOnce(&Sandbox, i64)) -> (Stage, JobId, String) {
    let furnish = |sandbox: &Sandbox| {
        sandbox.commit("anna", DOOR, "main", &[(SHELVES, &shelves(&[]))], "Shelves").unwrap();
        let rule = BranchRule { blocks_when_behind: true, ..BranchRule::default() };
        sandbox.protect(DOOR, "main", &rule).unwrap();
    };
    let stage = live(furnish, |config| config.with("accept.on_yes", "merge")).await;
    let job = stage.assign(1, Some("ezra")).await;
    let sandbox = &stage.app.sandbox;
    let commit =
        sandbox.commit("ezra", DOOR, BRANCH, &[(SHELVES, &shelves(&[1]))], "Fill it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Fill it", "", BRANCH).unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{commit}\"}}"
    )));
    stage.follow().await;
    assert_eq!(questions(&stage).len(), 1);
    disturb(sandbox, pull);
    says(&stage, "/timmy approve d1").await;
    stage.pass(MINUTE * 5, MINUTE).await;
    (stage, job, commit)
}

fn words(stage: &Stage) -> Vec<String> {
    said(stage).into_iter().map(|(_, body)| body).collect()
}

/// What was asked to take an approval back.
fn withdrawn(stage: &Stage) -> Vec<String> {
    let asked = stage.app.sandbox.requests().into_iter();
    let taken = asked.filter(|it| it.method != "GET" && it.path.contains("/reviews/"));
    taken.map(|it| it.method).collect()
}

fn paints(sandbox: &Sandbox) {
    sandbox.commit("anna", DOOR, "main", &[("paint.md", "red")], "Paint").unwrap();
}

#[tokio::test]
async fn a_yes_goes_on_over_timmys_own_update_that_changes_the_same() {
    let (stage, job, commit) = accepted(|sandbox, _| paints(sandbox)).await;
    let words = words(&stage);
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged), "{words:?}");
    assert_eq!(questions(&stage).len(), 1, "{words:?}");
    let told = format!("**d1 still holds:** \\@alexander approved `{}`.", &commit[..7]);
    assert_eq!(words.iter().filter(|body| body.starts_with(&told)).count(), 1, "{words:?}");
    assert!(withdrawn(&stage).is_empty(), "the yes stood all the time");
    stage.end().await;
}

#[tokio::test]
async fn an_update_that_changes_something_else_is_asked_about_anew() {
    let (stage, job, _) = accepted(|sandbox, _| {
        let theirs = shelves(&[20]);
        sandbox.commit("anna", DOOR, "main", &[(SHELVES, &theirs)], "The last one").unwrap();
    })
    .await;
    let words = words(&stage);
    assert_eq!(stage.kind(job).await, StateKind::Deciding, "{words:?}");
    assert_eq!(questions(&stage).len(), 2, "{words:?}");
    assert!(!withdrawn(&stage).is_empty(), "that yes is void");
    says(&stage, "/timmy approve d2").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    stage.end().await;
}

#[tokio::test]
async fn an_update_that_does_not_pass_is_asked_about_anew() {
    let (stage, job, _) = accepted(|sandbox, _| {
        sandbox.commit("anna", DOOR, "main", &[(".timmy.toml", "agent = [\n")], "Rules").unwrap();
    })
    .await;
    let words = words(&stage);
    assert_eq!(stage.kind(job).await, StateKind::Deciding, "{words:?}");
    assert_eq!(questions(&stage).len(), 2, "{words:?}");
    stage.end().await;
}

#[tokio::test]
async fn what_a_person_brings_up_to_date_is_asked_about_anew() {
    let stage_of = |sandbox: &Sandbox, pull: i64| {
        paints(sandbox);
        sandbox.update_pull("anna", DOOR, pull).unwrap();
    };
    let (stage, job, _) = accepted(stage_of).await;
    let words = words(&stage);
    assert_eq!(stage.kind(job).await, StateKind::Deciding, "{words:?}");
    assert_eq!(questions(&stage).len(), 2, "{words:?}");
    stage.end().await;
}
