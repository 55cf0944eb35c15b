//! Reviews in the forge's own page: what they say to the job whose pull request they are of.

use insta::assert_snapshot;
use timmy::core::jobs::{AgentClaim, Progress, State, StateKind, ToldText, Verdict, WorkKind};
use timmy::core::model::ids::Subject;
use timmy::core::model::remark::RemarkLine;
use timmy::sandbox::{DeliveryFault, ReviewState, Version};

use crate::conversations::decisions::{Asked, asked, judged};
use crate::conversations::talk::{Talk, talk, talk_on};
use crate::conversations::work::USED;
use crate::support::clock::{DAY, HOUR, MINUTE};
use crate::support::forge::DOOR;

const APPROVED: ReviewState = ReviewState::Approved;
const CHANGES: ReviewState = ReviewState::RequestChanges;

impl Asked<'_> {
    /// Somebody reviews the pull request, and nobody waits: the review.
    fn reviews(&self, who: &str, verdict: ReviewState, text: &str, lines: &[(&str, &str)]) -> i64 {
        self.talk.sandbox.review(who, DOOR, self.pull, verdict, text, lines).unwrap()
    }

    /// Somebody reviews the pull request: what is said to it.
    async fn answer(&self, who: &str, verdict: ReviewState, text: &str) -> String {
        let review = self.reviews(who, verdict, text, &[]);
        self.talk.quiet().await;
        self.answer_to(review)
    }

    /// What is said to a review.
    fn answer_to(&self, review: i64) -> String {
        let t = self.talk;
        let comment = t.sandbox.review_comment(DOOR, self.pull, review).unwrap().unwrap();
        self.told(&t.answer_to(DOOR, self.pull, Subject::Comment(comment)))
    }

    /// Somebody reviews it, and timmy leaves that alone.
    async fn is_left_alone(&self, who: &str, verdict: ReviewState, text: &str) {
        let before = self.said_in_pull();
        let review = self.reviews(who, verdict, text, &[]);
        self.talk.quiet().await;
        let t = self.talk;
        let comment = t.sandbox.review_comment(DOOR, self.pull, review).unwrap().unwrap();
        assert_eq!(t.sandbox.reactions(Subject::Comment(comment)), [], "{who}");
        assert_eq!(self.said_in_pull(), before, "{who}");
        assert_eq!(self.state().await, StateKind::Deciding, "{who}");
    }

    /// What the agents of the job were told.
    async fn texts(&self) -> Vec<ToldText> {
        let id = self.work.id;
        self.talk.timmy.read(move |conn| timmy::store::jobs::texts(conn, id)).await
    }

    /// The round of repair that waits is carried out: its commit.
    async fn is_repaired(&self, says: &str) -> String {
        let t = self.talk;
        t.wait(3 * MINUTE).await;
        let work = t.works("ezra").await;
        let head = self.is_pushed_to("ezra");
        let claim = AgentClaim::PullRequest { number: Some(self.pull), commit: None };
        work.says(Progress::Ended { claim, usage: USED }).await;
        assert_eq!(self.state().await, StateKind::Verifying, "{says}");
        work.is_judged_on(&head, self.pull, Verdict::Pass { ask: true }).await;
        t.replies();
        head
    }
}

#[tokio::test]
async fn an_approval_of_the_commit_that_was_shown_is_a_yes() {
    talk(async |t| {
        let asked = asked(t).await;
        let said = asked.answer("anna", APPROVED, "").await;
        assert_snapshot!(said, @r"**Accepted \#2** at `8b195ee`, as approved in d1. Merging it is yours.");
        assert_eq!(asked.state().await, StateKind::Done);
        asked.reviews("alexander", APPROVED, "So do I.", &[]);
        t.wait(HOUR).await;
        assert_eq!(asked.said_in_pull().len(), 1, "what is over is anybody's to approve");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_poll_finds_it_and_it_counts_once() {
    talk(async |t| {
        let asked = asked(t).await;
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        let review = asked.reviews("anna", APPROVED, "Good.", &[]);
        t.quiet().await;
        assert_eq!(asked.state().await, StateKind::Deciding);
        t.polls().await;
        assert!(asked.answer_to(review).starts_with("**Accepted"));
        t.wait(DAY).await;
        assert_eq!(asked.said_in_pull().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_request_for_changes_is_a_round_of_repair_with_its_remarks() {
    talk(async |t| {
        let asked = asked(t).await;
        let lines = [("oil.md", "Which oil?"), ("oil.md", "How much?")];
        let review = asked.reviews("anna", CHANGES, "Not yet.", &lines);
        t.quiet().await;
        assert_snapshot!(asked.answer_to(review), @"**A round of repair starts with your review,** as asked in d1.");
        let job = t.job(1).await;
        assert!(matches!(&job.state, State::BackingOff(off) if off.work == WorkKind::Repair(1)));
        let texts = asked.texts().await;
        let [ToldText { by, text, review: Some(review) }] = texts.as_slice() else {
            panic!("{texts:?}")
        };
        assert_eq!((by.as_deref(), text.as_str()), (Some("anna"), "Not yet."));
        assert_eq!(review.commit.as_ref().map(ToString::to_string), Some(asked.head.clone()));
        let remark = &review.remarks[1];
        assert_eq!((remark.path.as_str(), remark.line), ("oil.md", Some(RemarkLine::New(1))));
        assert_eq!(remark.text, "How much?");
        t.jobs_are_sound().await;
    })
    .await;
}

/// A request for changes with two remarks is repaired: what is said in the pull request by then.
async fn remarks_are_answered(t: &Talk) -> String {
    let asked = asked(t).await;
    let lines = [("oil.md", "Which `oil`?"), ("oil.md", "How\nmuch?")];
    let review = asked.reviews("anna", CHANGES, "", &lines);
    t.quiet().await;
    asked.answer_to(review);
    let head = asked.is_repaired("with the remarks").await;
    let said = asked.said_in_pull().split_off(1).join("\n---\n");
    let on_lines = t.on_lines(asked.pull).join("\n---\n");
    t.wait(DAY).await;
    assert_eq!(asked.said_in_pull().len(), if said.is_empty() { 1 } else { 2 }, "once");
    t.replies();
    t.jobs_are_sound().await;
    format!("{said}|{on_lines}").replace(&head[..7], "9c206ff")
}

#[tokio::test]
async fn remarks_that_were_dealt_with_are_answered_in_one_comment() {
    talk_on(Version::V1_22, async |t| {
        assert_snapshot!(remarks_are_answered(t).await, @r"
        **Dealt with** in `9c206ff`: all that I check passed on it.

        - `oil.md`, line 1: Which \`oil\`?
        - `oil.md`, line 1: How much?|
        ");
    })
    .await;
}

#[tokio::test]
async fn where_the_forge_can_each_is_answered_in_its_place() {
    talk_on(Version::V1_27, async |t| {
        assert_snapshot!(remarks_are_answered(t).await, @"
        |**Dealt with** in `9c206ff`: all that I check passed on it.
        ---
        **Dealt with** in `9c206ff`: all that I check passed on it.
        ");
    })
    .await;
}

#[tokio::test]
async fn a_remark_that_changed_nothing_is_told_so() {
    talk_on(Version::V1_27, async |t| {
        let asked = asked(t).await;
        asked.reviews("anna", CHANGES, "", &[("oil.md", "Which oil?")]);
        t.quiet().await;
        t.wait(3 * MINUTE).await;
        let work = t.works("ezra").await;
        let claim = AgentClaim::PullRequest { number: Some(asked.pull), commit: None };
        work.says(Progress::Ended { claim, usage: USED }).await;
        work.is_judged_on(&asked.head, asked.pull, Verdict::Pass { ask: true }).await;
        t.replies();
        assert_snapshot!(asked.told(&t.on_lines(asked.pull).join("\n")), @"**Nothing was changed** for this: `8b195ee` is still what there is. If it has to change, request it once more and say how.");
    })
    .await;
}

#[tokio::test]
async fn what_an_agent_did_not_hear_in_time_is_repaired_before_anybody_is_asked() {
    talk(async |t| {
        let asked = asked(t).await;
        t.ask("anna", "/timmy revise d1 use less oil").await;
        t.wait(3 * MINUTE).await;
        let work = t.works("ezra").await;
        let said = asked.answer("anna", CHANGES, "And paint it.").await;
        assert_snapshot!(said, @"**Passed on to `ezra`**, which works on `j1` right now. If it ends before it hears that, its next attempt does.");
        let head = asked.is_pushed_to("ezra");
        let claim = AgentClaim::PullRequest { number: Some(asked.pull), commit: None };
        work.says(Progress::Ended { claim, usage: USED }).await;
        work.is_judged_on(&head, asked.pull, Verdict::Pass { ask: true }).await;
        let job = t.job(1).await;
        assert!(matches!(&job.state, State::BackingOff(off) if off.work == WorkKind::Repair(2)));
        assert_eq!(job.past.unheard, [1]);
        t.replies();
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_person_should_decide_is_not_green_while_it_is_sent_back() {
    talk(async |t| {
        let asked = asked(t).await;
        t.ask("anna", "/timmy revise d1 use less oil").await;
        t.wait(3 * MINUTE).await;
        let work = t.works("ezra").await;
        asked.answer("anna", CHANGES, "And paint it.").await;
        let head = asked.is_pushed_to("ezra");
        let claim = AgentClaim::PullRequest { number: Some(asked.pull), commit: None };
        work.says(Progress::Ended { claim, usage: USED }).await;
        work.is_judged_on(&head, asked.pull, Verdict::Ask).await;
        assert_eq!(t.job(1).await.state.kind(), StateKind::BackingOff);
        t.quiet().await;
        let said = t.sandbox.statuses(DOOR, &head).unwrap();
        let pending = ["timmy/verify", "pending", "timmy"].map(str::to_owned);
        assert_eq!(said.last(), Some(&pending), "nobody said yes to it");
        t.replies();
    })
    .await;
}

#[tokio::test]
async fn a_job_that_is_over_is_begun_again_by_the_lines_that_are_shown() {
    talk(async |t| {
        let asked = judged(t, Verdict::Pass { ask: false }).await;
        t.replies();
        assert_eq!(asked.state().await, StateKind::Done);
        let said = asked.answer("anna", CHANGES, "Paint it.").await;
        assert_snapshot!(said, @"
        **Not taken up: `j1` is over.** Both lines in one new comment have it worked on again:

        ```
        /timmy retry j1
        /timmy tell j1 what should change
        ```
        ");
        let again = "/timmy retry j1\n/timmy tell j1 paint it";
        t.ask_in(DOOR, asked.pull, "walt", again).await;
        let job = t.job(1).await;
        assert_eq!((job.state.kind(), job.past.unheard), (StateKind::Queued, vec![0]));
    })
    .await;
}

#[tokio::test]
async fn changes_asked_for_after_a_yes_are_made_before_it_is_merged() {
    talk(async |t| {
        let asked = asked(t).await;
        t.ask("alexander", "/timmy approve d1").await;
        assert_eq!(asked.state().await, StateKind::Done);
        let said = asked.answer("anna", CHANGES, "Paint it.").await;
        assert_snapshot!(said, @r"**A round of repair starts with your review:** \#2 is not merged as it is. What comes of it is asked anew.");
        let job = t.job(1).await;
        assert!(matches!(&job.state, State::BackingOff(off) if off.work == WorkKind::Repair(1)));
        assert_eq!(job.past.unheard, [0]);
        asked.is_repaired("with the review").await;
        assert_eq!(asked.state().await, StateKind::Deciding, "a person is asked anew");
        t.jobs_are_sound().await;
    })
    .await;
}

mod refused {
    use super::*;

    #[tokio::test]
    async fn who_only_comments_or_is_no_person_says_nothing() {
        talk(async |t| {
            let asked = asked(t).await;
            asked.is_left_alone("anna", ReviewState::Comment, "Good.").await;
            for nobody in ["timmy", "renovate"] {
                asked.is_left_alone(nobody, APPROVED, "Good.").await;
                asked.is_left_alone(nobody, CHANGES, "Bad.").await;
            }
        })
        .await;
    }

    #[tokio::test]
    async fn who_may_not_is_told() {
        talk(async |t| {
            let asked = asked(t).await;
            assert_snapshot!(asked.answer("walt", APPROVED, "").await, @r"**Not done.** `approve` is for the approvers of this fleet (\@anna). \@alexander can do it, or give you the right (`people.approvers` in my configuration).");
            assert_snapshot!(asked.answer("walt", CHANGES, "Paint it.").await, @r"
            **Not passed on:** in a review changes can be asked for by people who may write to this repository. \@alexander can do it, or give you the right (`people.operators` in my configuration). Of a review the forge does not tell me whether you may: if so, say it in a new comment:

            ```
            /timmy tell j1 what should change
            ```
            ");
            assert_snapshot!(asked.answer("rita", CHANGES, "Paint it.").await, @r"
            **Not passed on:** in a review changes can be asked for by people who may write to this repository. \@alexander can do it, or give you the right (`people.operators` in my configuration). Of a review the forge does not tell me whether you may: if so, say it in a new comment:

            ```
            /timmy tell j1 what should change
            ```
            ");
            asked.is_left_alone("rando", APPROVED, "").await;
            asked.is_left_alone("rando", CHANGES, "Bad.").await;
            assert_eq!(asked.state().await, StateKind::Deciding);
        })
        .await;
    }

    #[tokio::test]
    async fn an_old_commit_is_another_one() {
        talk(async |t| {
            let asked = asked(t).await;
            let begun = ["anna", "alexander"]
                .map(|who| t.sandbox.begin_review(who, DOOR, asked.pull, &[]).unwrap());
            let new = asked.is_pushed_to("walt");
            t.quiet().await;
            t.wait(2 * MINUTE).await;
            asked.work.is_judged_on(&new, asked.pull, Verdict::Pass { ask: true }).await;
            t.replies();
            let tells = |text: String| text.replace(&new[..7], "9c206ff");
            let pull = asked.pull;
            t.sandbox.decide_review("anna", DOOR, pull, (begun[0], APPROVED), "").unwrap();
            t.quiet().await;
            assert_snapshot!(tells(asked.answer_to(begun[0])), @"
            **Not counted:** this review is of `8b195ee`, and the pull request is at `9c206ff` now. Review that, or say it in a new comment:

            ```
            /timmy approve d2
            ```
            ");
            t.sandbox.decide_review("alexander", DOOR, pull, (begun[1], CHANGES), "").unwrap();
            t.quiet().await;
            assert_snapshot!(tells(asked.answer_to(begun[1])), @"
            **Not counted:** this review is of `8b195ee`, and the pull request is at `9c206ff` now. Review that, or say it in a new comment:

            ```
            /timmy revise d2 what should change
            ```
            ");
            assert_eq!(asked.state().await, StateKind::Deciding);
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_dismissed_before_it_was_heard() {
        talk(async |t| {
            let asked = asked(t).await;
            t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
            let review = asked.reviews("anna", APPROVED, "", &[]);
            t.sandbox.dismiss_review("alexander", DOOR, asked.pull, review).unwrap();
            t.polls().await;
            assert_eq!(asked.state().await, StateKind::Deciding);
            assert_eq!(asked.said_in_pull().len(), 0);
        })
        .await;
    }

    #[tokio::test]
    async fn what_nobody_asks() {
        talk(async |t| {
            let asked = judged(t, Verdict::Ask).await;
            t.replies();
            assert_snapshot!(asked.answer("anna", APPROVED, "").await, @"
            **Not counted:** d1 asks something else, which an approval does not answer. One of these lines does:

            ```
            /timmy approve d1
            /timmy revise d1 what should change
            /timmy reject d1 why
            ```
            ");
            asked.is_left_alone("walt", APPROVED, "").await;
            t.ask("anna", "/timmy yes").await;
            assert_eq!(asked.state().await, StateKind::Verifying);
            assert_snapshot!(asked.answer("alexander", APPROVED, "").await, @r"**Not counted:** nothing is asked about \#2 now. Once all is checked I ask; approve it then.");
        })
        .await;
    }

    #[tokio::test]
    async fn who_says_two_things() {
        talk(async |t| {
            let asked = asked(t).await;
            let said = asked.answer("anna", APPROVED, "/timmy reject d1 no").await;
            assert_snapshot!(said, @"**Not done.** This review says one thing and a line in it another: say the one that you mean in a new comment.");
            assert_eq!(asked.state().await, StateKind::Deciding);
            let said = asked.answer("alexander", APPROVED, "/timmy approve d1\n/timmy ping").await;
            assert_snapshot!(said, @r"
            - `review: approved`: **accepted \#2** at `8b195ee`, as approved in d1. Merging it is yours.
            - `/timmy ping`: **here.** timmy 0.1.0 hears this thread and can answer in it.
            ");
            assert_eq!(asked.state().await, StateKind::Done);
        })
        .await;
    }
}
