//! Guards that run what an agent wrote, through a whole job: real git, real `bwrap`.

use timmy::core::jobs::{Done, State, StateKind};
use timmy::sandbox::Sandbox;

use super::decisions::{BRANCH, questions, said};
use super::guards::{found, hands_in, proposed, pushes, verdict};
use super::scripted::ended;
use super::stage::{Stage, live};
use crate::confinement::stage::{open_folder, staged};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::config::Config;
use crate::support::forge::DOOR;

/// Runs all tests of the repository.
const RUNNER: [&str; 3] =
    ["sh", "-c", "for test in tests/*.sh; do sh -e $test || { echo FAILED $test; exit 1; }; done"];

const BROKEN: &str = "open() { false; }\n";
const MENDED: &str = "open() { echo open; }\n";
const CATCHES: &str = ". ./door.sh\ntest \"$(open)\" = open\n";

fn door(sandbox: &Sandbox) {
    let files = [("door.sh", BROKEN), ("tests/begin.sh", "test -f door.sh\n")];
    sandbox.commit("alexander", DOOR, "main", &files, "A door").unwrap();
}

fn runs_tests(config: Config) -> Config {
    config.with("guards.test", RUNNER)
}

/// A script of the shell as a guard.
fn script(kind: &str, name: &str, script: &str, timeout: &str) -> String {
    let command = serde_json::json!(["bash", "-c", script]);
    format!(
        "[[guards.script]]\nname = \"{name}\"\nkind = \"{kind}\"\ncommand = {command}\n\
         timeout = \"{timeout}\"\n"
    )
}

async fn brings(stage: &Stage, files: &[(&str, &str)]) -> String {
    stage.app.sandbox.commit("ezra", DOOR, BRANCH, files, "Mend it").unwrap()
}

/// What was found of what was brought last, in words.
async fn told(stage: &Stage, job: timmy::core::jobs::JobId) -> Vec<String> {
    let mut attempts = stage.attempts(job).await.into_iter().rev();
    let found = attempts.find_map(|attempt| attempt.findings).unwrap_or_default();
    found.iter().map(|finding| format!("{}: {}", finding.code(), finding.said(BRANCH))).collect()
}

/// Nothing lies about of what ran.
fn assert_empty(stage: &Stage) {
    let left: Vec<_> = std::fs::read_dir(stage.app.timmy.path("runs")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_that_prove_nothing_are_repaired_and_those_that_prove_it_pass() {
    drop(staged!());
    let stage = live(door, runs_tests).await;
    let (job, _) = proposed(&stage, ("door.sh", MENDED)).await;
    let lazy = brings(&stage, &[("tests/open.sh", "test -f door.sh\n")]).await;
    hands_in(&stage, &lazy).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["tests_prove_nothing"]);
    assert_eq!(verdict(&stage, &lazy).as_deref(), Some("failure"));
    stage.pass(MINUTE * 2, SECOND * 30).await;
    let prompt = stage.ezra.script().sent.last().unwrap().body.clone();
    assert!(prompt.contains("pass without the new code as well"), "{prompt}");
    let good = brings(&stage, &[("tests/open.sh", CATCHES)]).await;
    hands_in(&stage, &good).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(found(&stage, job).await, Vec::<String>::new());
    assert_eq!(verdict(&stage, &good).as_deref(), Some("success"));
    assert_empty(&stage);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_script_does_it_has_not_passed_and_nothing_is_left() {
    drop(staged!());
    let scripts = [
        script("exit_code", "says-passed", "echo all tests passed; exit 1", "1m"),
        script("exit_code", "hangs", "echo begun; sleep 100000", "2s"),
        script("exit_code", "forks", "f() { f | f & }; f 2>/dev/null; sleep 100000", "2s"),
        script("exit_code", "fills", "fallocate -l 20G all || fallocate -l 3G big", "1m"),
        script("exit_code", "outside", "touch /usr/bin/door || touch /timmy.db", "1m"),
        script("exit_code", "calls", "exec 3<>/dev/tcp/127.0.0.1/1", "1m"),
        script("json", "prints", "head -c 1G /dev/zero", "1m"),
        script("json", "says-nothing", "true", "1m"),
        script("exit_code", "is-good", "grep -q echo door.sh", "1m"),
    ];
    let stage = live(door, |config| config.and(&scripts.concat())).await;
    let (job, commit) = proposed(&stage, ("door.sh", MENDED)).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let told = told(&stage, job).await;
    assert_eq!(told.len(), 8, "{told:#?}");
    assert!(told.iter().all(|said| said.starts_with("script_blocks: ")), "{told:#?}");
    for expected in [
        "It ended with 1. The last that it printed: `all tests passed`",
        "It was ended after 2 seconds. The last that it printed: `begun`",
        "Read-only file system",
        "it printed more than can be read",
        "it printed nothing: print",
    ] {
        assert!(told.iter().any(|said| said.contains(expected)), "{expected}: {told:#?}");
    }
    assert_empty(&stage);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_blocks_asks_and_warns_by_what_it_answers() {
    drop(staged!());
    let answers = |grade: &str| {
        let script = format!(
            "facts=$(cat); case $facts in *'\"files\":[\"door.sh\"]'*) ;; *) exit 3;; esac\n\
             echo '{{\"findings\": [{{\"grade\": \"{grade}\", \"said\": \"Look @anna.\", \
             \"path\": \"door.sh\", \"line\": 1}}]}}'"
        );
        self::script("json", grade, &script, "1m")
    };
    let scripts = ["warn", "ask"].map(answers).concat();
    let stage = live(door, |config| config.and(&scripts)).await;
    let (job, commit) = proposed(&stage, ("door.sh", MENDED)).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(found(&stage, job).await, ["script_asks", "script_warns"]);
    let asked = questions(&stage);
    assert!(asked.len() == 1 && asked[0].contains("`Look @anna.`"), "{asked:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_claims_that_tests_passed_is_believed_by_what_they_do() {
    drop(staged!());
    // "0 tests ran" is no proof, whatever it exits with.
    let nothing = ["sh", "-c", "echo 0 tests ran"];
    let stage = live(door, |config| config.with("guards.test", nothing)).await;
    let (job, _) = proposed(&stage, ("door.sh", MENDED)).await;
    let commit = brings(&stage, &[("tests/open.sh", CATCHES)]).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["tests_prove_nothing"]);
    stage.end().await;
    // Nor is a run that says so and fails.
    let lies = ["sh", "-c", "echo 12 passed; test ! -f tests/open.sh"];
    let stage = live(door, |config| config.with("guards.test", lies)).await;
    let (job, _) = proposed(&stage, ("door.sh", MENDED)).await;
    let commit = brings(&stage, &[("tests/open.sh", CATCHES)]).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let told = told(&stage, job).await;
    let expected = "tests_not_passed: The tests do not pass. It ended with 1. The last that it \
                    printed: `12 passed`";
    assert_eq!(told, [expected]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conftest_that_makes_all_green_blocks() {
    const GREEN: &str = "import pytest\n\n\n@pytest.hookimpl(hookwrapper=True)\n\
                         def pytest_runtest_makereport(item, call):\n    outcome = yield\n    \
                         outcome.get_result().outcome = 'passed'\n";
    let stage = live(door, runs_tests).await;
    let (job, _) = proposed(&stage, ("door.sh", MENDED)).await;
    let commit = brings(&stage, &[("tests/conftest.py", GREEN)]).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["machinery_tampered"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_answered_while_a_run_takes_long_and_a_restart_runs_it_again() {
    drop(staged!());
    let gate = open_folder();
    let gate_path = gate.path().display();
    let waits = format!("until test -f {gate_path}/open; do sleep 0.05; done");
    let slow = script("exit_code", "slow", &waits, "10m");
    let change = |config: Config| config.with("guards.mounts", [gate_path.to_string()]).and(&slow);
    let mut stage = live(door, change).await;
    let (job, commit) = proposed(&stage, ("door.sh", MENDED)).await;
    let line = format!("timmy-result: {{\"outcome\":\"pull_request\",\"commit\":\"{commit}\"}}");
    stage.ezra.goes(ended(&line));
    passes(&stage, SECOND * 11);
    while stage.kind(job).await != StateKind::Verifying {
        tokio::task::yield_now().await;
    }
    stage.app.sandbox.comment("alexander", DOOR, 1, "/timmy ping").unwrap();
    passes(&stage, MINUTE);
    while !said(&stage).iter().any(|(_, said)| said.contains("here")) {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.kind(job).await, StateKind::Verifying);
    stage.app.timmy.kill().await;
    stage.app.timmy.start().await;
    std::fs::write(gate.path().join("open"), "").unwrap();
    stage.go().await;
    stage.pass(MINUTE, SECOND * 20).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_empty(&stage);
    stage.end().await;
}

/// Lets time pass, and waits for nothing.
fn passes(stage: &Stage, span: std::time::Duration) {
    stage.app.clock.advance(span);
    stage.app.timmy.engine().notify();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_confined_a_person_is_asked_and_told_what_to_do() {
    let refuse = |config: Config| runs_tests(config).with("guards.mounts", ["/no/such/tools"]);
    let stage = live(door, refuse).await;
    let (job, commit) = proposed(&stage, ("door.sh", MENDED)).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    let expected = "not_run: It could not be run where I am: guards.mounts has to be corrected. \
                    `timmy doctor` says more.";
    assert_eq!(told(&stage, job).await, [expected]);
    assert_eq!(verdict(&stage, &commit).as_deref(), Some("pending"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_sandbox_it_runs_where_that_is_written() {
    let bare = |config: Config| runs_tests(config).with("guards.sandbox", "none");
    let stage = live(door, bare).await;
    let (job, _) = proposed(&stage, ("door.sh", "open() { :; }\n")).await;
    let commit = pushes(&stage, "ezra", ("tests/open.sh", CATCHES));
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["tests_not_passed"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_the_diff_does_not_show_is_put_to_a_person() {
    let stage = live(door, |config| config).await;
    let (job, _) = proposed(&stage, ("door.sh", MENDED)).await;
    let hidden = brings(&stage, &[("hidden.py", "import door\0\n")]).await;
    hands_in(&stage, &hidden).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(found(&stage, job).await, ["binary_changed"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_looked_into_and_passes() {
    let stage = live(door, |config| config).await;
    let (job, _) = proposed(&stage, ("door.sh", MENDED)).await;
    let font = brings(&stage, &[("door.otf", "OTTO\0\n")]).await;
    hands_in(&stage, &font).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    stage.end().await;
}
