//! Somebody has the forge merge what a person is asked about: it waits for no yes, and people are
//! told.

use timmy::sandbox::{BranchRule, Fault, Matcher, Sandbox};

use super::decisions::{BRANCH, delivered, questions, said};
use super::guards::hands_in;
use super::stage::{Stage, live};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::forge::DOOR;

/// What is merged needs two approvals, so that it can be scheduled.
async fn stage() -> Stage {
    let protects = |sandbox: &Sandbox| {
        let rule = BranchRule { approvals: 2, ..BranchRule::default() };
        sandbox.protect(DOOR, "main", &rule).unwrap();
    };
    live(protects, |config| config.with("accept.on_yes", "merge")).await
}

fn notices(stage: &Stage) -> Vec<String> {
    let all = said(stage).into_iter().map(|(_, body)| body);
    all.filter(|body| body.contains("scheduled")).collect()
}

#[tokio::test]
async fn it_is_said_once_who_did_it_and_how_it_is_stopped() {
    let stage = stage().await;
    let (_, pull) = delivered(&stage).await;
    assert_eq!(questions(&stage).len(), 1);
    stage.app.sandbox.schedule_merge("anna", DOOR, pull).unwrap();
    stage.pass(MINUTE * 65, MINUTE * 5).await;
    let told = notices(&stage);
    assert_eq!(told.len(), 1, "{told:?}");
    let says = format!("**`anna` scheduled \\#{pull} to be merged:** Gitea does that by itself");
    assert!(told[0].starts_with(&says), "{}", told[0]);
    for part in ["without a yes to d1", "*Cancel auto merge*"] {
        assert!(told[0].contains(part), "{}", told[0]);
    }
    stage.pass(HOUR * 3, MINUTE * 10).await;
    assert_eq!(notices(&stage).len(), 1, "it is said once");
    assert_eq!(questions(&stage).len(), 1, "the question stands");
    stage.app.sandbox.cancel_scheduled_merge("anna", DOOR, pull).unwrap();
    stage.pass(HOUR * 2, MINUTE * 10).await;
    assert_eq!(notices(&stage).len(), 1, "nothing is scheduled any more");
    stage.app.sandbox.schedule_merge("alexander", DOOR, pull).unwrap();
    stage.pass(HOUR * 2, MINUTE * 10).await;
    let told = notices(&stage);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].starts_with("**`alexander` scheduled"), "{}", told[1]);
    stage.end().await;
}

#[tokio::test]
async fn a_look_that_fails_is_made_again() {
    let stage = stage().await;
    let (_, pull) = delivered(&stage).await;
    let timeline = Matcher::method_path("GET", "/timeline");
    stage.app.sandbox.faults().rate(1, timeline, 1000, Fault::BadGateway);
    stage.app.sandbox.schedule_merge("anna", DOOR, pull).unwrap();
    stage.pass(MINUTE * 65, MINUTE * 5).await;
    assert_eq!(notices(&stage), [""; 0]);
    stage.app.sandbox.faults().clear();
    stage.pass(MINUTE * 65, MINUTE * 5).await;
    assert_eq!(notices(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn what_was_scheduled_before_is_said_with_the_question() {
    let stage = stage().await;
    stage.assign(1, Some("ezra")).await;
    let sandbox = &stage.app.sandbox;
    let commit = sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    sandbox.schedule_merge("anna", DOOR, pull).unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!((questions(&stage).len(), notices(&stage).len()), (1, 1));
    stage.end().await;
}

#[tokio::test]
async fn for_one_question_the_timeline_is_read_once() {
    let stage = stage().await;
    stage.assign(1, Some("ezra")).await;
    let sandbox = &stage.app.sandbox;
    let commit = sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    hands_in(&stage, &commit).await;
    assert_eq!(questions(&stage).len(), 1);
    let timeline = format!("/issues/{pull}/timeline");
    let reads = |from: usize| {
        let asked = sandbox.requests().split_off(from).into_iter();
        asked.filter(|asked| asked.path.contains(&timeline)).count()
    };
    assert!(reads(0) > 0);
    let before = sandbox.count_requests();
    stage.pass(MINUTE * 10, MINUTE).await;
    assert_eq!(reads(before), 0, "it was read with the question, and did not move");
    stage.end().await;
}
