//! Agents are asked for reviews, beside whoever works there.

use insta::assert_snapshot;
use timmy::core::jobs::{JobEvent, Purpose, StateKind, ToldReview, ToldText};
use timmy::sandbox::Mode;

use crate::conversations::decisions::asked;
use crate::conversations::talk::{Talk, talk_where};
use crate::support::config::Config;
use crate::support::forge::DOOR;

fn with_reviewers(config: Config) -> Config {
    config.its("roles", ["coder", "reviewer"]).agent("bezalel", ["reviewer"])
}

impl Talk {
    fn reviewer_comes(&self) {
        self.sandbox.add_user("bezalel");
        self.sandbox.collaborator(DOOR, "bezalel", Mode::Write).unwrap();
    }
}

#[tokio::test]
async fn a_review_lives_beside_the_job_that_works_there() {
    talk_where(with_reviewers, async |t| {
        t.reviewer_comes();
        let asked = asked(t).await;
        let pull = asked.pull;
        let said = t.ask_in(DOOR, pull, "anna", "/timmy assign bezalel role=reviewer").await;
        assert_snapshot!(said, @"**`bezalel` takes this as reviewer.** It starts now; what comes of it will be checked, and reported here.");
        let review = t.review_job(pull).await;
        assert_eq!((review.spec.purpose, review.state.kind()), (Purpose::Review, StateKind::Queued));
        assert_eq!(asked.state().await, StateKind::Deciding, "the question stays");
        let said = t.ask_in(DOOR, pull, "anna", "/timmy assign auto role=reviewer").await;
        assert!(said.starts_with("**Not done: this is in work.**"), "{said}");
        assert!(said.contains("/timmy cancel j2"), "{said}");
        // Without a number it is the job that works there which is meant.
        let said = t.ask_in(DOOR, pull, "anna", "/timmy status").await;
        assert!(said.contains("waits to be accepted"), "{said}");
        assert!(said.contains(" A review (j2): **Queued for `bezalel`**."), "{said}");
        // In the issue as well, where it is of another thread.
        let said = t.ask("anna", "/timmy status").await;
        let review = format!(" A review of \\#{pull} (j2): **Queued for `bezalel`**.");
        assert!(said.contains(&review), "{said}");
        let said = t.ask_in(DOOR, pull, "anna", "/timmy cancel j2").await;
        assert!(said.starts_with("**Cancelled.**") && said.contains("/timmy retry j2"), "{said}");
        assert_eq!(asked.state().await, StateKind::Deciding);
        let said = t.ask("anna", "/timmy status").await;
        assert!(!said.contains("A review"), "it is over: {said}");
        t.replies();
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_only_one_that_lives_is_meant_without_a_number() {
    talk_where(with_reviewers, async |t| {
        t.reviewer_comes();
        let asked = asked(t).await;
        t.ask_in(DOOR, asked.pull, "anna", "/timmy assign bezalel role=reviewer").await;
        t.ask("anna", "/timmy cancel").await;
        assert_eq!(asked.state().await, StateKind::Cancelled);
        assert_eq!(t.review_job(asked.pull).await.state.kind(), StateKind::Queued);
        t.ask_in(DOOR, asked.pull, "anna", "/timmy cancel").await;
        assert_eq!(t.review_job(asked.pull).await.state.kind(), StateKind::Cancelled);
        t.replies();
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn to_take_back_a_request_for_a_review_ends_that_alone() {
    talk_where(with_reviewers, async |t| {
        t.reviewer_comes();
        let asked = asked(t).await;
        t.sandbox.ask_for_review("anna", DOOR, asked.pull, ("bezalel", true)).unwrap();
        t.quiet().await;
        assert_eq!(t.review_job(asked.pull).await.state.kind(), StateKind::Queued);
        t.sandbox.ask_for_review("anna", DOOR, asked.pull, ("bezalel", false)).unwrap();
        t.quiet().await;
        assert_eq!(t.review_job(asked.pull).await.state.kind(), StateKind::Cancelled);
        assert_eq!(asked.state().await, StateKind::Deciding);
        asked.said_in_pull();
        t.replies();
        t.replies_in(DOOR, asked.pull);
    })
    .await;
}

#[tokio::test]
async fn who_made_it_does_not_review_it() {
    talk_where(with_reviewers, async |t| {
        t.reviewer_comes();
        let asked = asked(t).await;
        // What is no role is said as such, whatever works there.
        for who in ["bezalel", "auto"] {
            let text = format!("/timmy assign {who} role=review");
            let said = t.ask_in(DOOR, asked.pull, "anna", &text).await;
            assert!(said.contains("`review`") && !said.contains("in work"), "{said}");
        }
        let said = t.ask_in(DOOR, asked.pull, "anna", "/timmy assign ezra role=reviewer").await;
        assert_snapshot!(said, @"**Not done.** `ezra` made this pull request, or worked on it, and nobody reviews their own work. `/timmy assign bezalel role=reviewer` asks another one.");
        t.sandbox.commit("bezalel", DOOR, "own", &[("a.md", "a")], "Mine").unwrap();
        let own = t.sandbox.open_pull("bezalel", DOOR, "Mine", "", "own").unwrap();
        t.quiet().await;
        let said = t.ask_in(DOOR, own, "anna", "/timmy assign bezalel role=reviewer").await;
        assert!(said.contains("nobody reviews their own work. `/timmy assign ezra"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn an_agents_review_closes_the_question_with_a_line_and_its_approval_is_no_yes() {
    talk_where(with_reviewers, async |t| {
        t.reviewer_comes();
        let asked = asked(t).await;
        let approved = timmy::sandbox::ReviewState::Approved;
        t.sandbox.review("bezalel", DOOR, asked.pull, approved, "/timmy approve d1", &[]).unwrap();
        t.quiet().await;
        assert_eq!(asked.state().await, StateKind::Deciding);
        let told = ToldReview::new(asked.pull, asked.head.parse().ok(), Vec::new());
        let told = ToldText::by("bezalel", "Not yet.").of(told);
        asked.work.happens(JobEvent::Reviewed(told)).await;
        assert_eq!(asked.state().await, StateKind::BackingOff);
        let said = t.replies();
        assert_snapshot!(said.join("\n---\n"), @"**d1 is void,** since `bezalel` reviewed it and asks for changes. That comes first; then I ask anew.");
        t.jobs_are_sound().await;
    })
    .await;
}
