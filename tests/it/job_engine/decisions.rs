//! A result is verified on the forge itself, people are asked, and what they say moves the job.

use timmy::core::decisions::DecisionStatus;
use timmy::core::jobs::{CancelReason, Done, JobId, PersonAnswer, State, StateKind};
use timmy::core::model::ids::Subject;
use timmy::sandbox::{BranchRule, Mode, ReviewState, Sandbox};
use timmy::store::{backlog, decisions};

use super::guards::hands_in;
use super::scripted::ended;
use super::stage::{Stage, live};
use crate::support::clock::MINUTE;
use crate::support::config::Config;
use crate::support::forge::DOOR;

pub const BRANCH: &str = "timmy/1-j1";

/// ezra delivered a pull request for the first issue; the job, and the pull request's number.
pub async fn delivered(stage: &Stage) -> (JobId, i64) {
    let job = stage.assign(1, Some("ezra")).await;
    let sandbox = &stage.app.sandbox;
    let commit = sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{commit}\"}}"
    )));
    stage.follow().await;
    (job, pull)
}

/// What timmy says in the first issue, and the number of each comment.
pub fn said(stage: &Stage) -> Vec<(i64, String)> {
    let all = stage.app.sandbox.comments(DOOR, 1).unwrap();
    let own = all.into_iter().filter(|said| said.author == "timmy");
    own.map(|said| (said.id, said.body)).collect()
}

pub fn questions(stage: &Stage) -> Vec<String> {
    let all = said(stage).into_iter().map(|(_, body)| body);
    all.filter(|body| body.starts_with("### ")).collect()
}

/// alexander says that in the first issue. No webhook tells of it, so he vouches for it.
pub async fn says(stage: &Stage, text: &str) {
    let sandbox = &stage.app.sandbox;
    sandbox.comment("alexander", DOOR, 1, text).unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    let (question, body) = said(stage).pop().unwrap();
    assert!(body.starts_with("**Is this yours, @alexander?**"), "{body}");
    sandbox.react("alexander", Subject::Comment(question), "+1").unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
}

#[tokio::test]
async fn a_verified_result_is_accepted_by_a_person() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, pull) = delivered(&stage).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    let question = questions(&stage);
    assert_eq!(question.len(), 1, "{question:?}");
    assert!(question[0].starts_with(&format!("### Merge \\#{pull}?")), "{question:?}");
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    let answer = said(&stage).pop().unwrap().1;
    assert!(answer.starts_with(&format!("**Accepted \\#{pull}**")), "{answer}");
    assert_eq!(questions(&stage).len(), 1);
    assert!(stage.app.sandbox.merged_as(DOOR, pull).unwrap().is_some());
    assert!(!stage.app.sandbox.is_open(DOOR, 1).unwrap());
    stage.end().await;
}

#[tokio::test]
async fn one_that_conflicts_is_repaired() {
    let (stage, job, _) = not_merged(|sandbox, _| {
        sandbox.commit("anna", DOOR, "main", &[("oil.md", "grease")], "Grease it").unwrap();
    })
    .await;
    stage.pass(MINUTE * 10, MINUTE).await;
    let notices: Vec<String> = said(&stage).into_iter().map(|(_, body)| body).collect();
    let told = notices.iter().any(|body| body.contains("conflicts with its base.**"));
    assert!(told, "{notices:?}");
    assert_eq!(stage.job(job).await.past.rounds, 1);
    stage.end().await;
}

/// What somebody does to the pull request before the yes comes, and what comes of it.
async fn not_merged(disturb: impl FnOnce(&Sandbox, i64)) -> (Stage, JobId, String) {
    let trusts = |config: Config| config.with("guards.trusted_reporters", ["anna"]);
    let stage = live(|_| {}, |config| trusts(config).with("accept.on_yes", "merge")).await;
    let (job, pull) = delivered(&stage).await;
    disturb(&stage.app.sandbox, pull);
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.app.sandbox.merged_as(DOOR, pull).unwrap(), None);
    let mut notices = said(&stage).into_iter().map(|(_, body)| body);
    let notice = notices.rfind(|body| body.starts_with("**Not merged"));
    (stage, job, notice.unwrap_or_default())
}

#[tokio::test]
async fn a_red_check_speaks_against_a_merge_whatever_was_said() {
    let (stage, job, notice) = not_merged(|sandbox, _| {
        let head = sandbox.branch_head(DOOR, BRANCH).unwrap().unwrap();
        sandbox.set_status("anna", DOOR, &head, ("ci/test", "failure")).unwrap();
    })
    .await;
    assert!(notice.starts_with("**Not merged: not all checks of `"), "{notice}");
    assert_ne!(stage.kind(job).await, StateKind::Done);
    stage.end().await;
}

#[tokio::test]
async fn an_agent_does_not_make_its_own_red_check_green() {
    let (stage, _, notice) = not_merged(|sandbox, _| {
        let head = sandbox.branch_head(DOOR, BRANCH).unwrap().unwrap();
        sandbox.set_status("anna", DOOR, &head, ("ci/test", "failure")).unwrap();
        sandbox.set_status("ezra", DOOR, &head, ("ci/test", "success")).unwrap();
    })
    .await;
    assert!(notice.starts_with("**Not merged: not all checks of `"), "{notice}");
    stage.end().await;
}

#[tokio::test]
async fn what_takes_more_than_timmys_approval_is_left_to_people() {
    let (stage, job, notice) = not_merged(|sandbox, _| {
        let two = BranchRule { approvals: 2, ..BranchRule::default() };
        sandbox.protect(DOOR, "main", &two).unwrap();
    })
    .await;
    assert!(notice.starts_with("**Not merged: the branch wants more approvals"), "{notice}");
    assert_eq!(stage.job(job).await.state, State::Done(Done::Accepted));
    stage.end().await;
}

#[tokio::test]
async fn a_branch_that_requires_timmys_own_verdict_waits_for_no_other() {
    let protects = |sandbox: &Sandbox| {
        let checks = vec!["timmy/verify".to_owned()];
        sandbox.protect(DOOR, "main", &BranchRule { checks, approvals: 1, ..BranchRule::default() })
    };
    let merges = |config: Config| config.with("accept.on_yes", "merge");
    let stage = live(|sandbox| protects(sandbox).unwrap(), merges).await;
    let (job, _) = delivered(&stage).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged), "{:?}", said(&stage));
    stage.end().await;
}

#[tokio::test]
async fn a_review_for_which_nothing_is_merged_is_said_with_the_question() {
    for (owns, blocks) in [(true, true), (true, false), (false, true)] {
        let furnish = |sandbox: &Sandbox| {
            let rule = BranchRule { blocks_on_rejection: blocks, ..BranchRule::default() };
            sandbox.protect(DOOR, "main", &rule).unwrap();
            if owns {
                sandbox.collaborator(DOOR, "timmy", Mode::Owner).unwrap();
            }
        };
        let stage = live(furnish, |config| config.with("accept.on_yes", "merge")).await;
        stage.assign(1, Some("ezra")).await;
        let sandbox = &stage.app.sandbox;
        let commit = sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
        let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
        sandbox.review("anna", DOOR, pull, ReviewState::RequestChanges, "No.", &[]).unwrap();
        hands_in(&stage, &commit).await;
        let asked = questions(&stage);
        assert_eq!(asked.len(), 1, "{asked:?}");
        let says = "`anna` asks for changes, and nothing is merged as long as that stands";
        assert!(asked[0].contains(says), "{asked:?}");
        stage.end().await;
    }
}

#[tokio::test]
async fn what_is_pushed_meanwhile_is_judged_and_asked_about_anew() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "review")).await;
    let (job, _) = delivered(&stage).await;
    let sandbox = &stage.app.sandbox;
    sandbox.commit("anna", DOOR, BRANCH, &[("oil.md", "less oil")], "Less").unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    let notices: Vec<String> = said(&stage).into_iter().map(|(_, body)| body).collect();
    assert!(notices.iter().any(|body| body.starts_with("**d1 is void,** since `")), "{notices:?}");
    let asked = questions(&stage);
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].contains("/timmy approve d2"), "{asked:?}");
    says(&stage, "/timmy reject d2 unwanted").await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    stage.end().await;
}

#[tokio::test]
async fn whoever_closes_or_merges_the_pull_request_has_decided() {
    for is_merged in [true, false] {
        let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
        let (job, pull) = delivered(&stage).await;
        let sandbox = &stage.app.sandbox;
        match is_merged {
            true => sandbox.merge("anna", DOOR, pull).unwrap(),
            false => sandbox.set_open("anna", DOOR, pull, false).unwrap(),
        }
        stage.pass(MINUTE * 5, MINUTE).await;
        match is_merged {
            true => {
                assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
                sandbox.comment("alexander", DOOR, 1, "/timmy report\n/timmy status").unwrap();
                stage.pass(MINUTE * 3, MINUTE).await;
                let told = said(&stage).pop().unwrap().1;
                assert!(told.contains(&format!("Merged: {DOOR}\\#{pull}.")), "{told}");
                assert!(told.contains("This is closed."), "{told}");
            }
            false => {
                assert_eq!(stage.kind(job).await, StateKind::Cancelled);
                let says: Vec<String> = said(&stage).into_iter().map(|(_, body)| body).collect();
                let void =
                    format!("**d1 is void,** since \\#{pull} was closed unmerged, by \\@anna.");
                assert!(says.iter().any(|body| body.starts_with(&void)), "{says:?}");
                let by = format!("**Cancelled by \\@anna: \\#{pull} was closed unmerged**");
                assert!(says.iter().any(|body| body.starts_with(&by)), "{says:?}");
                sandbox.comment("alexander", DOOR, 1, "/timmy why").unwrap();
                stage.pass(MINUTE * 3, MINUTE).await;
                let told = said(&stage).pop().unwrap().1;
                assert!(told.contains("`j1` is over (*Cancelled by \\@anna: \\#"), "{told}");
            }
        }
        assert_eq!(questions(&stage).len(), 1);
        stage.end().await;
    }
}

#[tokio::test]
async fn a_question_survives_a_restart() {
    let mut stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, _) = delivered(&stage).await;
    stage.app.timmy.stop().await;
    stage.app.wake().await;
    stage.pass(MINUTE * 3, MINUTE).await;
    assert_eq!(questions(&stage).len(), 1);
    says(&stage, "/timmy approve").await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    stage.end().await;
}

#[tokio::test]
async fn whoever_closes_the_issue_wants_no_answer_any_more() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, pull) = delivered(&stage).await;
    stage.app.sandbox.set_open("anna", DOOR, 1, false).unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    let State::Cancelled(cancelled) = stage.job(job).await.state else { panic!("it is asked on") };
    assert_eq!(cancelled.reason, CancelReason::IssueGone);
    assert_eq!(stage.app.timmy.read(timmy::store::decisions::open).await, []);
    assert_eq!(stage.app.sandbox.merged_as(DOOR, pull).unwrap(), None);
    stage.end().await;
}

#[tokio::test]
async fn a_merge_by_hand_that_closes_the_issue_is_a_merge() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, pull) = delivered(&stage).await;
    stage.app.sandbox.merge("anna", DOOR, pull).unwrap();
    stage.app.sandbox.set_open("anna", DOOR, 1, false).unwrap();
    // Of the two this is heard first.
    let thread = stage.job(job).await.spec.given().unwrap();
    stage.app.timmy.write(move |tx| backlog::forget(tx, thread)).await;
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    stage.end().await;
}

/// ezra says that nothing has to change for the first issue, a person is asked, and `who` closes the
/// issue. What becomes of the job, and of the question.
async fn closed_instead_of_an_answer(who: &str) -> (State, DecisionStatus) {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let sandbox = &stage.app.sandbox;
    sandbox.add_user("walt");
    sandbox.collaborator(DOOR, "walt", Mode::Write).unwrap();
    sandbox.commit("anna", DOOR, "main", &[("oil.md", "oil")], "Oil it").unwrap();
    stage.pass(MINUTE, MINUTE).await;
    let job = stage.assign(1, Some("ezra")).await;
    let result = r#"timmy-result: {"outcome":"no_change","files":["oil.md"]}"#;
    stage.ezra.goes(ended(result));
    stage.follow().await;
    let question = questions(&stage);
    assert!(question[0].starts_with("### Is there nothing to change?"), "{question:?}");
    sandbox.set_open(who, DOOR, 1, false).unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    let state = stage.job(job).await.state;
    let asked = stage.app.timmy.read(move |conn| decisions::of_job(conn, job)).await;
    assert_eq!(questions(&stage).len(), 1, "it is asked no more");
    stage.end().await;
    (state, asked[0].status.clone())
}

#[tokio::test]
async fn a_person_who_closes_the_issue_says_that_it_is_done() {
    let (state, status) = closed_instead_of_an_answer("anna").await;
    assert_eq!(state, State::NoChange);
    let DecisionStatus::Decided { by, answer: PersonAnswer::Yes, .. } = status else {
        panic!("{status:?}")
    };
    assert_eq!(by.login, "anna");
}

#[tokio::test]
async fn whoever_may_not_say_yes_says_none_by_closing_it() {
    let (state, status) = closed_instead_of_an_answer("walt").await;
    assert!(matches!(state, State::Cancelled(_)), "{state:?}");
    assert!(matches!(status, DecisionStatus::Void { .. }), "{status:?}");
}

#[tokio::test]
async fn an_agent_that_closes_it_says_nothing() {
    let (state, status) = closed_instead_of_an_answer("bezalel").await;
    assert!(matches!(state, State::Cancelled(_)), "{state:?}");
    assert!(matches!(status, DecisionStatus::Void { .. }), "{status:?}");
}
