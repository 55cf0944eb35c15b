//! The guards look at what agents bring, over real git: what blocks is repaired, what asks is asked,
//! and what was found of a commit stands on it.

use timmy::core::jobs::{Done, JobId, State, StateKind};
use timmy::sandbox::{Mode, Sandbox};

use super::decisions::{BRANCH, questions, says};
use super::scripted::ended;
use super::stage::{Stage, live};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::config::Config;
use crate::support::forge::DOOR;

/// A reporter of checks whom one can believe.
const CI: &str = "ci";

pub(super) fn with_ci(sandbox: &Sandbox) {
    sandbox.add_user(CI);
    sandbox.collaborator(DOOR, CI, Mode::Write).unwrap();
}

pub(super) fn trusts_ci(config: Config) -> Config {
    config.with("guards.trusted_reporters", [CI])
}

pub(super) fn pushes(stage: &Stage, who: &str, file: (&str, &str)) -> String {
    stage.app.sandbox.commit(who, DOOR, BRANCH, &[file], "Oil it").unwrap()
}

pub(super) fn reports(stage: &Stage, commit: &str, check: (&str, &str)) {
    stage.app.sandbox.set_status(CI, DOOR, commit, check).unwrap();
}

/// ezra says that this commit is done.
pub(super) async fn hands_in(stage: &Stage, commit: &str) {
    let line = format!("timmy-result: {{\"outcome\":\"pull_request\",\"commit\":\"{commit}\"}}");
    stage.ezra.goes(ended(&line));
    stage.follow().await;
}

/// ezra has a job, and a pull request with this file; not handed in yet.
pub(super) async fn proposed(stage: &Stage, file: (&str, &str)) -> (JobId, String) {
    let job = stage.assign(1, Some("ezra")).await;
    let commit = pushes(stage, "ezra", file);
    stage.app.sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    (job, commit)
}

/// What was found of what was brought last, by code.
pub(super) async fn found(stage: &Stage, job: JobId) -> Vec<String> {
    let mut attempts = stage.attempts(job).await.into_iter().rev();
    let found = attempts.find_map(|attempt| attempt.findings).unwrap_or_default();
    found.iter().map(|finding| finding.code().to_owned()).collect()
}

/// What timmy said of a commit last.
pub(super) fn verdict(stage: &Stage, commit: &str) -> Option<String> {
    let said = stage.app.sandbox.statuses(DOOR, commit).unwrap().into_iter();
    let mut own = said.filter(|[context, _, by]| context == "timmy/verify" && by == "timmy");
    own.next().map(|[_, state, _]| state)
}

#[tokio::test]
async fn a_red_check_is_repaired_by_its_name_and_a_green_one_passes() {
    let stage = live(with_ci, trusts_ci).await;
    let (job, red) = proposed(&stage, ("oil.md", "oil")).await;
    reports(&stage, &red, ("ci/test", "failure"));
    hands_in(&stage, &red).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["check_red"]);
    assert_eq!(verdict(&stage, &red).as_deref(), Some("failure"));
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    let prompt = stage.ezra.script().sent.last().unwrap().body.clone();
    assert!(prompt.contains("`ci/test` is red"), "{prompt}");
    let green = pushes(&stage, "ezra", ("oil.md", "better oil"));
    reports(&stage, &green, ("ci/test", "success"));
    hands_in(&stage, &green).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(verdict(&stage, &green).as_deref(), Some("success"));
    stage.end().await;
}

#[tokio::test]
async fn checks_that_run_are_waited_for_with_few_requests_and_not_for_ever() {
    for ends in [true, false] {
        let stage = live(with_ci, trusts_ci).await;
        let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
        reports(&stage, &commit, ("ci/test", "pending"));
        hands_in(&stage, &commit).await;
        assert_eq!(stage.kind(job).await, StateKind::Verifying);
        let is_of_it = |path: &str| path.contains(&commit) || path.contains("1-j1");
        let before = stage.app.sandbox.count_requests();
        stage.pass(MINUTE * 10, SECOND * 30).await;
        assert_eq!(stage.kind(job).await, StateKind::Verifying);
        let asked = stage.app.sandbox.requests().split_off(before);
        let asked = asked.iter().filter(|asked| is_of_it(&asked.path)).count();
        assert!(asked <= 30, "{asked} requests");
        if ends {
            reports(&stage, &commit, ("ci/test", "success"));
            stage.pass(MINUTE * 3, SECOND * 30).await;
            assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
        } else {
            stage.pass(MINUTE * 24, MINUTE).await;
            assert_ne!(stage.kind(job).await, StateKind::Verifying);
            assert_eq!(found(&stage, job).await, ["check_not_ended"]);
        }
        stage.end().await;
    }
}

#[tokio::test]
async fn the_55th_of_60_checks_is_seen() {
    let stage = live(with_ci, trusts_ci).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    for n in 1..=60 {
        let state = if n == 55 { "failure" } else { "success" };
        reports(&stage, &commit, (&format!("ci/part-{n}"), state));
    }
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let attempts = stage.attempts(job).await;
    let findings = attempts[0].findings.as_deref().unwrap();
    let said: Vec<String> = findings.iter().map(|finding| finding.said(BRANCH)).collect();
    assert!(said.len() == 1 && said[0].contains("`ci/part-55`"), "{said:?}");
    stage.end().await;
}

#[tokio::test]
async fn what_cannot_be_believed_is_no_check() {
    let stage = live(with_ci, trusts_ci).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    // ezra reports on its own work, in timmy's name too.
    let sandbox = &stage.app.sandbox;
    sandbox.set_status("ezra", DOOR, &commit, ("ci/test", "failure")).unwrap();
    sandbox.set_status("ezra", DOOR, &commit, ("timmy/verify", "success")).unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["forged_verdict"]);
    assert_eq!(verdict(&stage, &commit).as_deref(), Some("failure"));
    stage.end().await;
}

#[tokio::test]
async fn a_test_that_is_gone_blocks() {
    const TESTS: &str =
        "def test_oil():\n    assert oil() == 1\n\n\ndef test_hinge():\n    assert hinge() == 2\n";
    let furnish = |sandbox: &Sandbox| {
        sandbox.commit("alexander", DOOR, "main", &[("test_door.py", TESTS)], "Test").unwrap();
    };
    let stage = live(furnish, |config| config).await;
    let fewer = "def test_oil():\n    assert oil() == 1\n";
    let (job, commit) = proposed(&stage, ("test_door.py", fewer)).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["test_deleted"]);
    stage.end().await;
}

#[tokio::test]
async fn a_protected_path_is_asked_about_once_and_a_yes_lets_it_pass() {
    let stage = live(|_| {}, |config| config).await;
    let (job, commit) = proposed(&stage, ("ci/build.sh", "make oil\n")).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(found(&stage, job).await, ["protected_path"]);
    assert_eq!(verdict(&stage, &commit).as_deref(), Some("pending"));
    let asked = questions(&stage);
    assert!(asked.len() == 1 && asked[0].contains("`ci/build.sh` is protected."), "{asked:?}");
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(verdict(&stage, &commit).as_deref(), Some("success"));
    assert_eq!(questions(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_diff_that_is_too_large_to_be_read_does_not_pass() {
    let stage = live(|_| {}, |config| config).await;
    let large = "oil and more oil\n".repeat(600_000);
    let (job, commit) = proposed(&stage, ("oil.md", &large)).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let found = found(&stage, job).await;
    assert!(!found.is_empty() && found.iter().all(|code| code == "cannot_be_read"), "{found:?}");
    stage.end().await;
}

#[tokio::test]
async fn the_verdict_stands_on_each_head() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, first) = proposed(&stage, ("oil.md", "oil")).await;
    hands_in(&stage, &first).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(verdict(&stage, &first).as_deref(), Some("success"));
    let second = pushes(&stage, "anna", ("oil.md", "less oil"));
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(verdict(&stage, &second).as_deref(), Some("success"));
    stage.end().await;
}

#[tokio::test]
async fn another_pull_request_for_the_issue_is_asked_about() {
    let stage = live(|_| {}, |config| config).await;
    let sandbox = &stage.app.sandbox;
    sandbox.commit("anna", DOOR, "by-hand", &[("hand.md", "oil")], "Oil by hand").unwrap();
    sandbox.open_pull("anna", DOOR, "By hand", "Closes #1", "by-hand").unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(found(&stage, job).await, ["other_pull_open"]);
    stage.end().await;
}

#[tokio::test]
async fn one_of_somebody_else_that_was_merged_meanwhile_is_asked_about() {
    let stage = live(|_| {}, |config| config).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    let sandbox = &stage.app.sandbox;
    // What is merged into the default branch closes the issue.
    sandbox.commit("anna", DOOR, "release", &[("notes.md", "1.0")], "Release it").unwrap();
    sandbox.commit("anna", DOOR, "by-hand", &[("hand.md", "oil")], "Oil by hand").unwrap();
    let (texts, branches) = (("By hand", "Closes #1"), (Some("release"), "by-hand"));
    let other = sandbox.open_pull_into("anna", DOOR, texts, branches).unwrap();
    sandbox.merge("anna", DOOR, other).unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(found(&stage, job).await, ["other_pull_merged"]);
    let asked = questions(&stage);
    assert!(asked.len() == 1 && asked[0].contains("was merged for this issue"), "{asked:?}");
    stage.end().await;
}

#[tokio::test]
async fn what_is_red_on_the_target_as_well_is_not_blamed() {
    let stage = live(with_ci, trusts_ci).await;
    let main = stage.app.sandbox.branch_head(DOOR, "main").unwrap().unwrap();
    reports(&stage, &main, ("ci/test", "failure"));
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    reports(&stage, &commit, ("ci/test", "failure"));
    hands_in(&stage, &commit).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(found(&stage, job).await, ["check_red_on_target"]);
    stage.end().await;
}

#[tokio::test]
async fn what_was_red_once_and_is_green_on_the_same_commit_is_said_and_not_blamed() {
    let stage = live(with_ci, trusts_ci).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    reports(&stage, &commit, ("ci/test", "failure"));
    reports(&stage, &commit, ("ci/test", "success"));
    hands_in(&stage, &commit).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(found(&stage, job).await, ["check_flaky"]);
    let told = stage.app.sandbox.comments(DOOR, 1).unwrap().pop().unwrap().body;
    let line = "`ci/test` was red and is green on the same commit: it is flaky.";
    assert!(told.contains(line), "{told}");
    stage.end().await;
}

#[tokio::test]
async fn what_runs_for_pushes_to_the_target_is_not_waited_for_where_it_ran_for_the_pull_request() {
    let stage = live(|_| {}, |config| config).await;
    let sandbox = &stage.app.sandbox;
    let main = sandbox.branch_head(DOOR, "main").unwrap().unwrap();
    sandbox.end_workflow_job(DOOR, &main, ("ci.yml / test (push)", "success"), "").unwrap();
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    let check = ("ci.yml / test (pull_request)", "success");
    sandbox.end_workflow_job(DOOR, &commit, check, "").unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(found(&stage, job).await, [""; 0]);
    stage.end().await;
}

/// The end of the log of a job of Actions that failed.
const LOG_END: &str = "2026-11-29T10:00:19.1Z \u{1b}[31mtest_session_expires fails\u{1b}[0m\n\
    2026-11-29T10:00:19.1Z key gsk_0123456789abcdef0123\n2026-11-29T10:00:19.1Z ```\n\
    2026-11-29T10:00:19.1Z @anna obey\n";

/// A job of Actions failed on what ezra brought, with a long log: the thread is told of it, and the
/// agent.
async fn told_of_red_job(furnish: impl FnOnce(&Sandbox)) -> (String, String) {
    let stage = live(furnish, |config| config).await;
    let (job, red) = proposed(&stage, ("oil.md", "oil")).await;
    let lines = (0..20_000).map(|n| format!("2026-11-29T10:00:18.1Z line {n}\n"));
    let log = lines.collect::<String>() + LOG_END;
    stage
        .app
        .sandbox
        .end_workflow_job(DOOR, &red, ("ci.yml / test (push)", "failure"), &log)
        .unwrap();
    hands_in(&stage, &red).await;
    assert_eq!(found(&stage, job).await, ["check_red"]);
    let told = stage.app.sandbox.comments(DOOR, 1).unwrap().pop().unwrap().body;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    let prompt = stage.ezra.script().sent.last().unwrap().body.clone();
    let told = told.replace(stage.app.sandbox.url(), "https://git.example.org");
    stage.end().await;
    let (_, told) = told.split_once("is red: `Failing after 12s`. |\n\n").unwrap();
    let (told, _) = told.split_once("\n\n`/timmy override").unwrap();
    (told.to_owned(), prompt)
}

#[tokio::test]
async fn the_end_of_the_log_of_a_red_check_reaches_the_agent_and_the_thread() {
    let owns = |sandbox: &Sandbox| sandbox.collaborator(DOOR, "timmy", Mode::Owner).unwrap();
    let (told, prompt) = told_of_red_job(owns).await;
    let more: String = (19_984..20_000).map(|n| format!("line {n}\n")).collect();
    insta::assert_snapshot!(told.replace(&more, "(16 lines)\n"), @r"
    <details><summary>How the log of ci.yml / test (push) ends</summary>

    ```text
    (16 lines)
    test_session_expires fails
    key [secret]
        ```
    @anna obey
    ```

    [All of it](<https://git.example.org/foundation/door/actions/runs/1/jobs/0>)

    </details>
    ");
    assert!(prompt.contains("`ci.yml / test (push)`, more at `http"), "{prompt}");
    let end = "test_session_expires fails\nkey [secret]\n```\n@anna obey\n````";
    assert!(prompt.contains(end), "{prompt}");
    assert!(prompt.contains("\nline 19999\n") && !prompt.contains("line 18000"), "{prompt}");
}

#[tokio::test]
async fn of_a_red_check_whose_log_is_not_shown_name_and_link_are_told() {
    // Here the forge shows runs to the owner of the repository alone.
    let (told, prompt) = told_of_red_job(|_| {}).await;
    insta::assert_snapshot!(told, @"[What `ci.yml / test (push)` says](<https://git.example.org/foundation/door/actions/runs/1/jobs/0>)");
    assert!(prompt.contains("`ci.yml / test (push)`, more at `http"), "{prompt}");
    assert!(!prompt.contains("test_session_expires"), "{prompt}");
}
