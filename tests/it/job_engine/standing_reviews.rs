//! Reviews that hold up a merge after a person said yes: what is said of them, and what leads on.

use timmy::core::jobs::{Done, JobEvent, MergeRefusal, State, StateKind};
use timmy::sandbox::{BranchRule, Mode, ReviewState, Sandbox};

use super::decisions::{BRANCH, delivered, questions, said, says};
use super::guards::hands_in;
use super::stage::{Stage, live};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::config::Config;
use crate::support::forge::DOOR;

fn merges(config: Config) -> Config {
    config.with("accept.on_yes", "merge")
}

/// alexander says yes, and timmy does what comes of that.
async fn approves(stage: &Stage, number: usize) {
    says(stage, &format!("/timmy approve d{number}")).await;
    stage.pass(MINUTE * 2, MINUTE).await;
}

/// How often timmy said that it did not merge it for this reason.
fn refused(stage: &Stage, reason: &str) -> usize {
    let all = said(stage).into_iter().map(|(_, body)| body);
    all.filter(|body| body.starts_with("**Not merged: ") && body.contains(reason)).count()
}

#[tokio::test]
async fn each_yes_to_what_a_review_holds_up_is_asked_for_anew_until_it_is_dismissed() {
    // What she asks for starts nothing, and she may write.
    let no_word = |config| {
        let config = merges(config).with("people.operators", ["alexander"]);
        config.with("people.approvers", ["alexander"])
    };
    let stage = live(|_| {}, no_word).await;
    let (job, pull) = delivered(&stage).await;
    let sandbox = &stage.app.sandbox;
    let asks = ReviewState::RequestChanges;
    let review = sandbox.review("anna", DOOR, pull, asks, "Not yet.", &[]).unwrap();
    let names_it = "`anna` asks for changes, and nothing is merged as long as that stands";
    for number in [1, 2] {
        approves(&stage, number).await;
        assert_eq!(sandbox.merged_as(DOOR, pull).unwrap(), None);
        assert_eq!(refused(&stage, "asks for changes.**"), number, "{:#?}", said(&stage));
        let asked = questions(&stage);
        assert_eq!(asked.len(), number + 1, "{asked:#?}");
        assert_eq!(sandbox.approvals("timmy", DOOR, pull).unwrap(), 0, "that yes is void");
        assert!(asked[number].contains(names_it), "{asked:#?}");
    }
    stage.pass(HOUR * 2, MINUTE * 10).await;
    assert_eq!(questions(&stage).len(), 3, "without a yes nothing is asked anew");
    sandbox.dismiss_review("alexander", DOOR, pull, review).unwrap();
    approves(&stage, 3).await;
    assert!(sandbox.merged_as(DOOR, pull).unwrap().is_some(), "{:#?}", said(&stage));
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    assert_eq!(questions(&stage).len(), 3);
    stage.end().await;
}

/// A yes that comes to nothing leaves no approval behind: it is dismissed, or where timmy may not do that,
/// deleted.
#[tokio::test]
async fn an_approval_counts_as_long_as_the_yes_that_it_stands_for() {
    for administers in [false, true] {
        let furnish = |sandbox: &Sandbox| {
            if administers {
                sandbox.collaborator(DOOR, "timmy", Mode::Owner).unwrap();
            }
        };
        let stage = live(furnish, |config| config.with("accept.on_yes", "review")).await;
        let (job, pull) = delivered(&stage).await;
        let sandbox = &stage.app.sandbox;
        let counts = || sandbox.approvals("timmy", DOOR, pull).unwrap();
        approves(&stage, 1).await;
        assert_eq!((stage.job(job).await.state, counts()), (State::Done(Done::Accepted), 1));
        stage.tell(job, JobEvent::NotMerged(MergeRefusal::Draft)).await;
        stage.pass(MINUTE * 2, MINUTE).await;
        assert_eq!(counts(), 1, "the yes stands, and a person merges it");
        stage.tell(job, JobEvent::NotMerged(MergeRefusal::ChecksMissing)).await;
        stage.pass(MINUTE * 2, MINUTE).await;
        assert_eq!(stage.kind(job).await, StateKind::Deciding);
        assert_eq!(counts(), 0, "administers: {administers}");
        let asked = sandbox.requests().into_iter();
        let written = asked.filter(|it| it.method != "GET" && it.path.contains("/reviews/"));
        let methods: Vec<String> = written.map(|asked| asked.method).collect();
        let tried = if administers { vec!["POST"] } else { vec!["POST", "DELETE"] };
        assert_eq!(methods, tried);
        approves(&stage, 2).await;
        assert_eq!((stage.job(job).await.state, counts()), (State::Done(Done::Accepted), 1));
        stage.tell(job, JobEvent::Retry(None)).await;
        stage.pass(MINUTE * 2, MINUTE).await;
        assert_eq!(counts(), 0, "it is begun anew");
        stage.end().await;
    }
}

/// What an agent pushes after the yes nobody has looked at: an approval would offer people to merge it.
#[tokio::test]
async fn an_approval_does_not_count_for_what_was_pushed_after_it() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "review")).await;
    let (job, pull) = delivered(&stage).await;
    let sandbox = &stage.app.sandbox;
    approves(&stage, 1).await;
    assert_eq!(sandbox.approvals("timmy", DOOR, pull).unwrap(), 1);
    sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "late")], "Later").unwrap();
    sandbox.comment("anna", DOOR, pull, "What is this?").unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Accepted));
    assert_eq!(sandbox.approvals("timmy", DOOR, pull).unwrap(), 0);
    stage.end().await;
}

/// timmy may not see the rule of the branch: what the forge says of it is remembered.
#[tokio::test]
async fn a_rule_that_held_up_a_merge_is_told_with_the_next_question() {
    let blocks = |sandbox: &Sandbox| {
        let rule = BranchRule { blocks_on_rejection: true, ..BranchRule::default() };
        sandbox.protect(DOOR, "main", &rule).unwrap();
    };
    let stage = live(blocks, merges).await;
    let job = stage.assign(1, Some("ezra")).await;
    let sandbox = &stage.app.sandbox;
    sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    let asks = ReviewState::RequestChanges;
    let review = sandbox.review("anna", DOOR, pull, asks, "Not yet.", &[]).unwrap();
    let mended = sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "more")], "More oil").unwrap();
    hands_in(&stage, &mended).await;
    let asked = questions(&stage);
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert!(asked[0].contains("if the branch's rule blocks on that"), "{asked:#?}");
    approves(&stage, 1).await;
    assert_eq!(sandbox.merged_as(DOOR, pull).unwrap(), None);
    assert_eq!(refused(&stage, "as long as it stands the branch merges nothing.**"), 1);
    let asked = questions(&stage);
    assert_eq!(asked.len(), 2, "{asked:#?}");
    let names_it =
        "by `anna` asked for changes, and the branch merges nothing as long as it stands";
    assert!(asked[1].contains(names_it), "{asked:#?}");
    sandbox.dismiss_review("alexander", DOOR, pull, review).unwrap();
    approves(&stage, 2).await;
    assert!(sandbox.merged_as(DOOR, pull).unwrap().is_some(), "{:#?}", said(&stage));
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    stage.end().await;
}
