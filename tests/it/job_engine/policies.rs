//! `.timmy.toml` on the base branch: what the people of a repository want of timmy there.

use timmy::core::jobs::{Done, JobId, State, StateKind};
use timmy::sandbox::Sandbox;

use super::decisions::{BRANCH, delivered, questions, said, says as answers};
use super::guards::{found, hands_in, proposed};
use super::stage::{Stage, live};
use crate::confinement::stage::staged;
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

/// What is on the default branch from now on.
fn says(sandbox: &Sandbox, policy: &str) {
    let files = [(".timmy.toml", policy), ("door.sh", "open() { false; }\n")];
    sandbox.commit("alexander", DOOR, "main", &files, "Policy").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn its_tests_are_run_and_its_words_are_told_and_no_head_changes_that() {
    drop(staged!());
    let policy = "instructions = \"Run `make check` first.\"\n[guards]\nmax_lines = 3\n\
                  test = [\"sh\", \"-c\", \"echo nothing ran\"]\n";
    let stage = live(|sandbox| says(sandbox, policy), |config| config).await;
    let (job, _) = proposed(&stage, ("door.sh", "open() { echo open; }\n")).await;
    let prompt = stage.ezra.script().sent.last().unwrap().body.clone();
    assert!(prompt.contains("Run `make check` first."), "{prompt}");
    let files = [("tests/open.sh", ". ./door.sh\nopen\n"), (".timmy.toml", "mode = \"auto\"\n")];
    let sandbox = &stage.app.sandbox;
    let commit = sandbox.commit("ezra", DOOR, BRANCH, &files, "Mend it").unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let found = found(&stage, job).await;
    assert_eq!(found, ["tests_prove_nothing", "steers_agents", "too_many_lines"]);
    stage.end().await;
}

#[tokio::test]
async fn an_agent_that_is_not_wanted_there_gets_nothing_there() {
    let stage = live(|sandbox| says(sandbox, "agents = [\"bezalel\"]\n"), |config| config).await;
    let job = stage.assign(1, Some("ezra")).await;
    assert_ne!(stage.kind(job).await, StateKind::Running);
    let noted = stage.app.timmy.noted().await;
    assert!(noted.contains(".timmy.toml there does not let ezra work as coder"), "{noted}");
    let job = stage.assign(2, Some("bezalel")).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn where_it_says_off_nothing_starts_by_itself() {
    let stage = live(|sandbox| says(sandbox, "mode = \"off\"\n"), |config| config).await;
    let by_itself = stage.start_by_itself(1).await;
    assert_ne!(stage.kind(by_itself).await, StateKind::Running);
    let asked_for = stage.assign(2, Some("ezra")).await;
    assert_eq!(stage.kind(asked_for).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn one_that_cannot_be_read_stops_automatic_work_and_a_person_is_asked_about_each_result() {
    let stage = live(|sandbox| says(sandbox, "agent = [\n"), |config| config).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(found(&stage, job).await, ["policy_unreadable"]);
    let asked = questions(&stage);
    assert!(asked.len() == 1 && asked[0].contains("mend it there"), "{asked:?}");
    let noted = stage.app.timmy.noted().await;
    assert!(noted.contains(".timmy.toml of foundation/door cannot be read: line 1:"), "{noted}");
    let by_itself = stage.start_by_itself(2).await;
    assert_ne!(stage.kind(by_itself).await, StateKind::Running);
    says(&stage.app.sandbox, "");
    stage.app.sandbox.comment("anna", DOOR, 1, "/timmy verify").unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert!(!stage.app.timmy.noted().await.contains(".timmy.toml of"));
    stage.end().await;
}

/// ezra's pull request is approved after the file says this, and is not merged by that; the job, its
/// pull request, and what is told of it.
async fn approved_where_it_says(policy: &str) -> (Stage, JobId, i64, String) {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, pull) = delivered(&stage).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    says(&stage.app.sandbox, policy);
    answers(&stage, "/timmy approve d1").await;
    assert_eq!(stage.app.sandbox.merged_as(DOOR, pull).unwrap(), None);
    let mut notices = said(&stage).into_iter().map(|(_, body)| body);
    let notice = notices.rfind(|body| body.starts_with("**Not merged"));
    (stage, job, pull, notice.expect("it is told"))
}

#[tokio::test]
async fn what_it_asks_for_since_a_person_was_asked_is_asked_before_the_merge() {
    for (policy, code) in [
        ("[guards]\nprotected = [\"*.md\"]\n", "protected_path"),
        ("agent = [\n", "policy_unreadable"),
    ] {
        let (stage, job, pull, notice) = approved_where_it_says(policy).await;
        assert!(notice.contains("asks for more by now"), "{notice}");
        stage.pass(MINUTE * 2, MINUTE).await;
        assert_eq!(found(&stage, job).await, [code]);
        // Who saw that and says yes is not asked about it again.
        for number in [2, 3] {
            assert_eq!(questions(&stage).len(), number, "{:#?}", questions(&stage));
            answers(&stage, &format!("/timmy approve d{number}")).await;
        }
        assert!(stage.app.sandbox.merged_as(DOOR, pull).unwrap().is_some());
        stage.end().await;
    }
}

#[tokio::test]
async fn a_yes_to_what_one_rule_protects_lets_nothing_else_pass() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, _) = proposed(&stage, ("ci/build.sh", "make oil\n")).await;
    let sandbox = &stage.app.sandbox;
    let commit = sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!(found(&stage, job).await, ["protected_path"]);
    answers(&stage, "/timmy approve d1").await;
    assert_eq!(questions(&stage).len(), 2, "{:#?}", questions(&stage));
    says(sandbox, "[guards]\nprotected = [\"*.md\"]\n");
    answers(&stage, "/timmy approve d2").await;
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(found(&stage, job).await, ["protected_path", "protected_path"]);
    let asked = questions(&stage);
    assert_eq!(asked.len(), 3, "{asked:#?}");
    assert!(asked[2].contains("`oil.md` is protected."), "{}", asked[2]);
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    for number in [3, 4] {
        assert_eq!(questions(&stage).len(), number, "{:#?}", questions(&stage));
        answers(&stage, &format!("/timmy approve d{number}")).await;
    }
    assert_eq!(questions(&stage).len(), 4, "{:#?}", questions(&stage));
    let pull = stage.job(job).await.past.pull.unwrap();
    assert!(sandbox.merged_as(DOOR, pull).unwrap().is_some());
    stage.end().await;
}

#[tokio::test]
async fn where_it_requires_checks_by_now_nothing_is_merged_of_which_none_ran() {
    let policy = "[guards]\nchecks = \"required\"\n";
    let (stage, job, pull, notice) = approved_where_it_says(policy).await;
    assert!(notice.starts_with("**Not merged: not all checks of `"), "{notice}");
    assert_ne!(stage.kind(job).await, StateKind::Done);
    assert_eq!(stage.app.sandbox.merged_as(DOOR, pull).unwrap(), None);
    stage.end().await;
}
