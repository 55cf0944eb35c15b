//! What timmy says of the heads of pull requests that no job at work judges.

use serde_json::json;
use timmy::agents::{FailureKind, Sighting};
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{Done, JobId, State, StateKind};
use timmy::core::model::incident::Incident;
use timmy::sandbox::{Fault, Matcher, Mode, Sandbox};
use timmy::store::incidents::{self, OpenIncident};

use super::decisions::{BRANCH, delivered};
use super::scripted::ended;
use super::stage::{Stage, live};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::forge::DOOR;

const CI: &str = "ci";
const VERIFY: &str = "timmy/verify";

fn with_ci(sandbox: &Sandbox) {
    sandbox.add_user(CI);
    sandbox.collaborator(DOOR, CI, Mode::Write).unwrap();
}

async fn stage() -> Stage {
    live(with_ci, |config| config.with("guards.trusted_reporters", [CI])).await
}

/// Lets timmy find what moved, and what follows.
async fn pass(stage: &Stage) {
    stage.pass(MINUTE * 3, SECOND * 30).await;
}

fn pushes(stage: &Stage, who: &str, branch: &str, content: &str) -> String {
    stage.app.sandbox.commit(who, DOOR, branch, &[("paint.md", content)], "Paint it").unwrap()
}

/// `who` opens a pull request; its number and its head.
fn opens(stage: &Stage, who: &str, branch: &str) -> (i64, String) {
    let head = pushes(stage, who, branch, "red");
    (stage.app.sandbox.open_pull(who, DOOR, "Paint it", "", branch).unwrap(), head)
}

/// What stands on a commit under timmy's name, and who said it.
fn verdict(stage: &Stage, commit: &str) -> Option<(String, String)> {
    let said = stage.app.sandbox.statuses(DOOR, commit).unwrap().into_iter();
    said.filter(|[context, ..]| context == VERIFY).map(|[_, state, by]| (state, by)).next()
}

fn says(stage: &Stage, commit: &str, state: &str) {
    let said = verdict(stage, commit);
    assert_eq!(said, Some((state.to_owned(), "timmy".to_owned())), "of {commit}");
}

/// How often timmy was to say something of this commit.
fn times_said(stage: &Stage, commit: &str) -> usize {
    let asked = stage.app.sandbox.requests();
    let said = asked.iter().filter(|asked| asked.method == "POST" && asked.path.contains(commit));
    said.count()
}

async fn forged(stage: &Stage) -> Vec<OpenIncident> {
    let mut all = stage.app.timmy.read(incidents::all).await;
    all.retain(|open| matches!(open.incident, Incident::VerdictForged { .. }));
    all
}

#[tokio::test]
async fn each_head_of_a_person_is_told_once_to_be_none_of_timmys() {
    let stage = stage().await;
    let (pull, first) = opens(&stage, "anna", "paint");
    pass(&stage).await;
    says(&stage, &first, "success");
    stage.app.sandbox.comment("anna", DOOR, pull, "Please look.").unwrap();
    pass(&stage).await;
    assert_eq!(times_said(&stage, &first), 1);
    let second = pushes(&stage, "anna", "paint", "blue");
    stage.app.sandbox.comment("anna", DOOR, pull, "Once more.").unwrap();
    pass(&stage).await;
    says(&stage, &second, "success");
    stage.end().await;
}

#[tokio::test]
async fn an_agents_pull_request_without_a_job_does_not_pass() {
    let stage = stage().await;
    let (_, head) = opens(&stage, "ezra", "paint");
    pass(&stage).await;
    says(&stage, &head, "failure");
    stage.end().await;
}

#[tokio::test]
async fn a_branch_that_is_called_like_a_jobs_is_none_where_that_has_another_thread() {
    let stage = stage().await;
    stage.assign(1, Some("bezalel")).await;
    let (_, head) = opens(&stage, "ezra", "timmy/2-j1");
    pass(&stage).await;
    says(&stage, &head, "failure");
    stage.end().await;
}

#[tokio::test]
async fn whoever_speaks_in_timmys_name_is_told_of_and_spoken_over() {
    let stage = stage().await;
    let (pull, head) = opens(&stage, "ezra", "paint");
    pass(&stage).await;
    stage.app.sandbox.set_status("ezra", DOOR, &head, (VERIFY, "success")).unwrap();
    stage.app.sandbox.comment("anna", DOOR, pull, "It is green!").unwrap();
    pass(&stage).await;
    says(&stage, &head, "failure");
    let open = forged(&stage).await;
    assert_eq!(open.len(), 1);
    assert!(open[0].text.starts_with("ezra posted a status in my name"), "{}", open[0].text);
    stage.app.sandbox.comment("anna", DOOR, pull, "It is red.").unwrap();
    pass(&stage).await;
    assert_eq!(times_said(&stage, &head), 2);
    assert_eq!(forged(&stage).await.len(), 1, "it is told once");
    stage.app.sandbox.set_open("anna", DOOR, pull, false).unwrap();
    pass(&stage).await;
    assert_eq!(forged(&stage).await.len(), 0, "it is over when the pull request is closed");
    stage.end().await;
}

#[tokio::test]
async fn whoever_speaks_in_timmys_name_where_nothing_moves_is_found_within_the_hour() {
    let stage = stage().await;
    let (_, head) = opens(&stage, "ezra", "paint");
    pass(&stage).await;
    stage.app.sandbox.set_status("ezra", DOOR, &head, (VERIFY, "success")).unwrap();
    stage.pass(MINUTE * 70, MINUTE * 5).await;
    says(&stage, &head, "failure");
    assert_eq!(forged(&stage).await.len(), 1);
    let asked = || stage.app.sandbox.requests().len();
    let before = asked();
    stage.pass(MINUTE * 60, MINUTE * 60).await;
    assert!(asked() - before < 40, "{}", asked() - before);
    stage.end().await;
}

#[tokio::test]
async fn what_an_agent_says_in_timmys_name_does_not_stand_while_its_job_is_at_work() {
    let stage = stage().await;
    stage.assign(1, Some("ezra")).await;
    let head = pushes(&stage, "ezra", BRANCH, "red");
    stage.app.sandbox.open_pull("ezra", DOOR, "Paint it", "", BRANCH).unwrap();
    stage.app.sandbox.set_status("ezra", DOOR, &head, (VERIFY, "success")).unwrap();
    pass(&stage).await;
    says(&stage, &head, "pending");
    assert_eq!(forged(&stage).await.len(), 1);
    stage.cancel(JobId(1)).await;
    stage.pass(MINUTE * 70, MINUTE * 5).await;
    says(&stage, &head, "failure");
    stage.end().await;
}

#[tokio::test]
async fn what_an_attempt_named_when_it_ended_is_not_late_whenever_it_came_there() {
    let stage = stage().await;
    let job = stage.assign(1, Some("ezra")).await;
    let sandbox = &stage.app.sandbox;
    let head = pushes(&stage, "ezra", "elsewhere", "red");
    // The forge is slow, also to take what was pushed before the attempt ended.
    sandbox.faults().rate(1, Matcher::method_path("GET", "/branches/"), 1000, Fault::BadGateway);
    let result = json!({ "outcome": "pull_request", "commit": head });
    stage.ezra.goes(ended(&format!("timmy-result: {result}")));
    stage.follow().await;
    stage.pass(SECOND * 30, SECOND * 10).await;
    sandbox.force_branch("ezra", DOOR, BRANCH, &head).unwrap();
    sandbox.open_pull("ezra", DOOR, "Paint it", "", BRANCH).unwrap();
    sandbox.faults().clear();
    pass(&stage).await;
    let job = stage.job(job).await;
    assert_eq!((job.past.late, job.state), (None, State::Done(Done::Verified)));
    stage.end().await;
}

#[tokio::test]
async fn what_was_pushed_between_two_attempts_does_not_pass_because_the_second_names_it() {
    let stage = stage().await;
    let job = stage.assign(1, Some("ezra")).await;
    let (kind, reason) = (FailureKind::GaveUp, "it ran out of turns".to_owned());
    stage.ezra.goes(Sighting::Failed { kind, reason, usage: Usage::NONE });
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    stage.wait(SECOND * 5).await;
    let late = pushes(&stage, "ezra", BRANCH, "blue");
    stage.app.sandbox.open_pull("ezra", DOOR, "Paint it", "", BRANCH).unwrap();
    while stage.kind(job).await != StateKind::Running {
        stage.pass(MINUTE, MINUTE).await;
    }
    assert_eq!(stage.attempts(job).await.len(), 2);
    let result = json!({ "outcome": "pull_request", "commit": late });
    stage.ezra.goes(ended(&format!("timmy-result: {result}")));
    stage.follow().await;
    pass(&stage).await;
    let state = stage.job(job).await.state;
    assert!(!matches!(state, State::Done(_)), "{state:?}");
    stage.end().await;
}

#[tokio::test]
async fn a_flood_of_statuses_hides_nothing() {
    for (context, state) in [(VERIFY, "success"), ("noise", "success")] {
        let stage = stage().await;
        let (pull, head) = opens(&stage, "ezra", "paint");
        pass(&stage).await;
        let sandbox = &stage.app.sandbox;
        sandbox.set_status("ezra", DOOR, &head, (VERIFY, "success")).unwrap();
        stage.app.clock.advance(SECOND * 2);
        for _ in 0..1001 {
            sandbox.set_status("ezra", DOOR, &head, (context, state)).unwrap();
        }
        let before = sandbox.requests().len();
        sandbox.comment("anna", DOOR, pull, "It is green!").unwrap();
        pass(&stage).await;
        says(&stage, &head, "failure");
        assert_eq!(forged(&stage).await.len(), 1);
        let asked = sandbox.requests().len() - before;
        assert!(asked < 80, "{context}: {asked} requests");
        stage.end().await;
    }
}

#[tokio::test]
async fn what_cannot_be_told_for_a_flood_of_contexts_is_said_again_and_told() {
    let stage = stage().await;
    let sandbox = &stage.app.sandbox;
    let head = pushes(&stage, "ezra", "paint", "red");
    let noise = |numbers: std::ops::Range<u32>| {
        for number in numbers {
            // By whatever a server sorts contexts, there are many on either side.
            let side = if number % 2 == 0 { "a" } else { "z" };
            let context = format!("{side}/{number}");
            sandbox.set_status("ezra", DOOR, &head, (&context, "success")).unwrap();
        }
    };
    noise(0..500);
    let pull = sandbox.open_pull("ezra", DOOR, "Paint it", "", "paint").unwrap();
    pass(&stage).await;
    sandbox.set_status("ezra", DOOR, &head, (VERIFY, "success")).unwrap();
    // What is said in one second comes in any order.
    stage.app.clock.advance(SECOND * 2);
    noise(500..1001);
    sandbox.comment("anna", DOOR, pull, "It is green!").unwrap();
    pass(&stage).await;
    says(&stage, &head, "failure");
    let open = forged(&stage).await;
    assert!(open[0].text.contains("so many statuses"), "{}", open[0].text);
    stage.end().await;
}

#[tokio::test]
async fn what_an_agent_pushes_to_a_persons_pull_request_is_no_persons() {
    let stage = stage().await;
    let sandbox = &stage.app.sandbox;
    let (pull, first) = opens(&stage, "anna", "paint");
    pass(&stage).await;
    says(&stage, &first, "success");
    let agents = pushes(&stage, "ezra", "paint", "blue");
    sandbox.comment("anna", DOOR, pull, "Blue?").unwrap();
    pass(&stage).await;
    says(&stage, &agents, "failure");
    let above = pushes(&stage, "anna", "paint", "green");
    sandbox.comment("anna", DOOR, pull, "Green.").unwrap();
    pass(&stage).await;
    says(&stage, &above, "failure");
    sandbox.force_branch("anna", DOOR, "paint", &first).unwrap();
    let without = pushes(&stage, "anna", "paint", "yellow");
    sandbox.comment("anna", DOOR, pull, "Without it.").unwrap();
    pass(&stage).await;
    says(&stage, &without, "success");
    stage.end().await;
}

#[tokio::test]
async fn what_an_agent_pushed_before_a_person_opened_the_pull_request_is_no_persons_either() {
    let stage = stage().await;
    let head = pushes(&stage, "ezra", "paint", "red");
    let pull = stage.app.sandbox.open_pull("anna", DOOR, "Paint it", "", "paint").unwrap();
    pass(&stage).await;
    says(&stage, &head, "failure");
    let above = pushes(&stage, "anna", "paint", "green");
    stage.app.sandbox.comment("anna", DOOR, pull, "Mine.").unwrap();
    pass(&stage).await;
    says(&stage, &above, "failure");
    stage.end().await;
}

#[tokio::test]
async fn an_update_by_rebase_makes_no_persons_work_of_an_agents() {
    let stage = stage().await;
    let sandbox = &stage.app.sandbox;
    let (pull, _) = opens(&stage, "anna", "paint");
    pass(&stage).await;
    let agents = pushes(&stage, "ezra", "paint", "blue");
    sandbox.comment("anna", DOOR, pull, "Blue?").unwrap();
    pass(&stage).await;
    says(&stage, &agents, "failure");
    sandbox.commit("anna", DOOR, "main", &[("wall.md", "white")], "Paint the wall").unwrap();
    sandbox.rebase_pull("anna", DOOR, pull).unwrap();
    let rebased = sandbox.branch_head(DOOR, "paint").unwrap().expect("a branch");
    assert_ne!(rebased, agents);
    sandbox.comment("anna", DOOR, pull, "Up to date.").unwrap();
    pass(&stage).await;
    says(&stage, &rebased, "failure");
    stage.end().await;
}

#[tokio::test]
async fn what_nobody_who_can_be_named_pushed_or_opened_is_no_persons() {
    let with_guest = |sandbox: &Sandbox| {
        with_ci(sandbox);
        sandbox.add_user("guest");
        sandbox.collaborator(DOOR, "guest", Mode::Write).unwrap();
    };
    let stage = live(with_guest, |config| config).await;
    let sandbox = &stage.app.sandbox;
    let (pull, first) = opens(&stage, "anna", "paint");
    pass(&stage).await;
    says(&stage, &first, "success");
    let guests = pushes(&stage, "guest", "paint", "blue");
    let (_, opened) = opens(&stage, "guest", "other");
    sandbox.delete_user("guest").unwrap();
    sandbox.comment("anna", DOOR, pull, "Who?").unwrap();
    pass(&stage).await;
    says(&stage, &guests, "failure");
    says(&stage, &opened, "failure");
    stage.end().await;
}

#[tokio::test]
async fn where_the_forge_does_not_tell_who_pushed_the_opener_counts() {
    let stage = stage().await;
    stage.app.sandbox.take_away("/repos/{owner}/{repo}/activities/feeds");
    stage.app.sandbox.take_away("/repos/{owner}/{repo}/issues/{index}/timeline");
    let (_, head) = opens(&stage, "anna", "paint");
    pass(&stage).await;
    says(&stage, &head, "success");
    stage.end().await;
}

/// ezra's job is done, and its pull request open; the number of that.
async fn done(stage: &Stage) -> (JobId, i64) {
    let (job, pull) = delivered(stage).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    (job, pull)
}

#[tokio::test]
async fn what_a_person_pushes_after_the_end_is_judged_again() {
    let stage = stage().await;
    let (job, pull) = done(&stage).await;
    let good = pushes(&stage, "anna", BRANCH, "blue");
    stage.app.sandbox.comment("anna", DOOR, pull, "Painted.").unwrap();
    pass(&stage).await;
    says(&stage, &good, "success");
    let bad = pushes(&stage, "anna", BRANCH, "AWS_SECRET=\"AKIAIOSFODNN7EXAMPLQ\"");
    stage.app.sandbox.set_status(CI, DOOR, &bad, ("ci/test", "failure")).unwrap();
    stage.app.sandbox.comment("anna", DOOR, pull, "Signed.").unwrap();
    pass(&stage).await;
    says(&stage, &bad, "failure");
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified), "that wakes no job");
    stage.end().await;
}

#[tokio::test]
async fn what_the_agent_pushes_after_the_end_never_passes_unseen() {
    let stage = stage().await;
    let (_, pull) = done(&stage).await;
    stage.wait(MINUTE).await;
    let late = pushes(&stage, "ezra", BRANCH, "blue");
    stage.app.sandbox.comment("anna", DOOR, pull, "What is this?").unwrap();
    pass(&stage).await;
    says(&stage, &late, "failure");
    let said = stage.app.sandbox.comments(DOOR, 1).unwrap();
    assert!(said.iter().any(|said| said.body.contains(&late[..7])), "{said:?}");
    stage.end().await;
}

#[tokio::test]
async fn what_is_pushed_for_a_job_that_was_given_up_is_judged_no_more() {
    let stage = stage().await;
    let job = stage.assign(1, Some("ezra")).await;
    let first = pushes(&stage, "ezra", BRANCH, "red");
    let pull = stage.app.sandbox.open_pull("ezra", DOOR, "Paint it", "", BRANCH).unwrap();
    pass(&stage).await;
    assert_eq!(verdict(&stage, &first), None, "its job judges it when it is done");
    stage.cancel(job).await;
    let second = pushes(&stage, "anna", BRANCH, "blue");
    stage.app.sandbox.comment("anna", DOOR, pull, "Painted.").unwrap();
    pass(&stage).await;
    says(&stage, &second, "failure");
    stage.end().await;
}

#[tokio::test]
async fn nothing_is_said_where_timmy_may_not_write_or_no_agent_works() {
    const WINDOW: &str = "foundation/window";
    let furnish = |sandbox: &Sandbox| {
        sandbox.add_repo(WINDOW, false).unwrap();
        sandbox.collaborator(WINDOW, "timmy", Mode::Read).unwrap();
        sandbox.collaborator(WINDOW, "anna", Mode::Write).unwrap();
    };
    let opens = |stage: &Stage, repo: &str| {
        let sandbox = &stage.app.sandbox;
        let head = sandbox.commit("anna", repo, "paint", &[("paint.md", "red")], "Paint").unwrap();
        sandbox.open_pull("anna", repo, "Paint it", "", "paint").unwrap();
        head
    };
    let stage = live(furnish, |config| config).await;
    let head = opens(&stage, WINDOW);
    pass(&stage).await;
    assert_eq!(stage.app.sandbox.statuses(WINDOW, &head).unwrap().len(), 0);
    assert_eq!(times_said(&stage, &head), 0);
    stage.end().await;
    let elsewhere = |config: crate::support::config::Config| {
        let elsewhere = || ["foundation/window"];
        let config = config.its("repositories", elsewhere()).without_agents();
        config.agent("ezra", ["coder"]).its("repositories", elsewhere())
    };
    let stage = live(furnish, elsewhere).await;
    let head = opens(&stage, DOOR);
    pass(&stage).await;
    assert_eq!(verdict(&stage, &head), None);
    assert!(!stage.app.sandbox.requests().iter().any(|asked| asked.path.contains(&head)));
    stage.end().await;
}
