//! Questions to people: how they are put, and which answers count.

use insta::assert_snapshot;
use timmy::clock::Clock as _;
use timmy::core::guards::{
    ExaminedChange, GuardCount, GuardName, LiftedGuard, Lifting, PassedGuard, Sentence,
};
use timmy::core::jobs::{AgentClaim, Citation, Progress, StateKind, ToldText, Verdict};
use timmy::core::model::ids::Subject;
use timmy::core::report::AgentResults;
use timmy::core::scheduling::Depth;
use timmy::sandbox::Mode;
use timmy::store::{Connection, jobs};

use crate::conversations::talk::{Talk, talk, talk_where};
use crate::conversations::work::{USED, Work};
use crate::support::clock::{DAY, MINUTE};
use crate::support::forge::DOOR;

/// A pull request that ezra opened for the door's first issue, and the question whether it is
/// accepted.
pub struct Asked<'t> {
    pub talk: &'t Talk,
    pub work: Work<'t>,
    pub pull: i64,
    pub head: String,
}

impl Asked<'_> {
    /// A text with the commit that was shown as `8b195ee`.
    pub fn told(&self, text: &str) -> String {
        text.replace(&self.head[..7], "8b195ee")
    }

    /// What the question says.
    pub fn question(&self) -> String {
        self.told(&self.talk.comment(2))
    }

    pub async fn state(&self) -> StateKind {
        self.talk.job(1).await.state.kind()
    }

    /// Somebody pushes to its branch.
    pub fn is_pushed_to(&self, who: &str) -> String {
        self.talk.sandbox.commit(who, DOOR, BRANCH, &[("oil.md", "more")], "More oil").unwrap()
    }

    /// What timmy said in the pull request.
    pub fn said_in_pull(&self) -> Vec<String> {
        let all = self.talk.sandbox.comments(DOOR, self.pull).unwrap();
        let own = all.iter().filter(|said| said.author == "timmy");
        own.map(|said| said.body.split("\n\n<!-- timmy").next().unwrap().to_owned()).collect()
    }
}

const BRANCH: &str = "timmy/1-j1";

/// ezra was given the issue.
async fn given(t: &Talk) -> Work<'_> {
    t.introduce().await;
    t.ask("walt", "/timmy assign ezra").await;
    t.works("ezra").await
}

/// ezra opened a pull request, which is judged so.
pub async fn judged(t: &Talk, verdict: Verdict) -> Asked<'_> {
    let work = given(t).await;
    let head = t.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = t.sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    t.quiet().await;
    let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
    work.says(Progress::Ended { claim, usage: USED }).await;
    work.is_judged_on(&head, pull, verdict).await;
    Asked { talk: t, work, pull, head }
}

/// ezra's pull request is verified, and a person is asked.
pub async fn asked(t: &Talk) -> Asked<'_> {
    let asked = judged(t, Verdict::Pass { ask: true }).await;
    asked.question();
    asked
}

/// ezra says that nothing has to change, and a person is asked.
async fn asked_about_nothing(t: &Talk) {
    let work = given(t).await;
    let cited = vec![Citation::File("door.rs".to_owned())];
    work.claims(AgentClaim::NoChange { cited }, Verdict::NoChange { ask: true }, &[]).await;
    t.comment(2);
}

#[tokio::test]
async fn what_is_rejected_is_counted_by_one_rule() {
    for (cause, held_against) in [("", 1), (" unwanted", 0)] {
        talk(async |t| {
            asked_about_nothing(t).await;
            t.ask("anna", &format!("/timmy reject d1{cause}")).await;
            assert_eq!(t.job(1).await.state.kind(), StateKind::Cancelled);
            let now = t.clock.now();
            let read = move |conn: &Connection| {
                let fit = jobs::outcomes(conn, now)?.fit("ezra", 500_000, Depth::Everything);
                Ok((fit.tally, jobs::results(conn, now.before(DAY))?))
            };
            let (tally, results) = t.timmy.read(read).await;
            assert_eq!((tally.good, tally.all), (0, held_against));
            let told = AgentResults::of("ezra", &results).map(|one| (one.verified, one.ended));
            assert_eq!(told, (held_against > 0).then_some((0, 1)), "as `why` counts it");
            let paid: Vec<u64> = results.iter().map(|ended| ended.micro_usd).collect();
            assert_eq!(paid, [412_000], "whatever came of it");
        })
        .await;
    }
}

#[tokio::test]
async fn a_verified_result_is_asked_about_once() {
    talk(async |t| {
        let asked = asked(t).await;
        assert_snapshot!(asked.question(), @r"
        ### Accept \#2?

        @alexander, `ezra` did this in \#2. All that I check passed on `8b195ee`. Reply with one of these lines:

        ```
        /timmy approve d1
        /timmy revise d1 what should change
        /timmy reject d1 why
        ```

        **approve** is for exactly `8b195ee`; a new push voids this question. It waits until somebody answers.
        ");
        t.wait(10 * MINUTE).await;
        assert_eq!(t.sandbox.comments(DOOR, 1).unwrap().len(), 3, "it is asked once");
        let report = t.ask("anna", "/timmy report").await;
        let waits = format!("- {DOOR}\\#1: d1 asks: Accept {DOOR}\\#2?");
        assert!(report.contains(&waits), "{report}");
        assert_snapshot!(asked.told(&t.ask("anna", "/timmy approve d1").await), @r"**Accepted \#2** at `8b195ee`, as approved in d1. Merging it is yours.");
        assert_eq!(asked.state().await, StateKind::Done);
        t.jobs_are_sound().await;
    })
    .await;
}

/// What all guards saw of a change that they let pass.
fn passed() -> ExaminedChange {
    let script = GuardName::Script("licenses".to_owned());
    let seen = [
        (GuardName::Substance, Sentence::of("{} changes", &["oil.md"])),
        (GuardName::Checks, Sentence::of("{} is green", &["ci/test"])),
        (GuardName::Tests, Sentence::of("3 added, none removed, none skipped", &[])),
        (GuardName::Secrets, Sentence::of("none in 3 lines", &[])),
        (GuardName::Author, Sentence::of("{} pushed it", &["ezra"])),
        (script, Sentence::of("it passed", &[])),
    ];
    let passed = seen.map(|(guard, seen)| PassedGuard { guard, seen }).into();
    ExaminedChange {
        size: None,
        guards: GuardCount { passed: 7, of: 7, lifted: 0 },
        passed,
        lifted: Vec::new(),
    }
}

#[tokio::test]
async fn a_question_lists_what_passed() {
    talk(async |t| {
        let mut work = given(t).await;
        let head = t.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
        let pull = t.sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
        t.quiet().await;
        let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
        work.says(Progress::Ended { claim, usage: USED }).await;
        work.change = Some(passed());
        let fence = work.fence;
        t.timmy.write(move |tx| jobs::keep_findings(tx, fence, &[])).await;
        work.is_judged_on(&head, pull, Verdict::Pass { ask: true }).await;
        let asked = Asked { talk: t, work, pull, head };
        assert_snapshot!(asked.question(), @r"
        ### Accept \#2?

        @alexander, `ezra` did this in \#2. All 7 guards passed on `8b195ee`. Reply with one of these lines:

        ```
        /timmy approve d1
        /timmy revise d1 what should change
        /timmy reject d1 why
        ```

        **approve** is for exactly `8b195ee`; a new push voids this question. It waits until somebody answers.

        <details><summary>What was checked</summary>

        | | guard | found |
        |---|---|---|
        | ✅ | artifact | pull request \#2, head `8b195ee` |
        | ✅ | author | `ezra` pushed it |
        | ✅ | checks | `ci/test` is green |
        | ✅ | tests | 3 added, none removed, none skipped |
        | ✅ | 3 more | substance, secrets, `licenses` |

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn a_question_says_what_people_let_pass() {
    talk(async |t| {
        let mut work = given(t).await;
        let head = t.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
        let pull = t.sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
        t.quiet().await;
        let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
        work.says(Progress::Ended { claim, usage: USED }).await;
        let lifted = LiftedGuard {
            guard: GuardName::Script("no_oil".to_owned()),
            lifting: Lifting {
                by: "alexander".to_owned(),
                reason: "*oil* is meant, @anna".to_owned(),
            },
            found: vec![Sentence::of("It ended with {}.", &["1"])],
        };
        let guards = GuardCount { passed: 6, of: 7, lifted: 1 };
        work.change = Some(ExaminedChange { guards, lifted: vec![lifted], ..passed() });
        let fence = work.fence;
        t.timmy.write(move |tx| jobs::keep_findings(tx, fence, &[])).await;
        work.is_judged_on(&head, pull, Verdict::Pass { ask: true }).await;
        let asked = Asked { talk: t, work, pull, head };
        let question = asked.question().replace('\u{200b}', "ZWSP");
        assert_snapshot!(question, @r"
        ### Accept \#2?

        @alexander, `ezra` did this in \#2. 6 of 7 guards passed on `8b195ee`.

        **A person let this pass:**

        - `no_oil` was lifted by \@alexander: \*oil\* is meant, @ZWSPanna. It says: It ended with `1`.

        Reply with one of these lines:

        ```
        /timmy approve d1
        /timmy revise d1 what should change
        /timmy reject d1 why
        ```

        **approve** is for exactly `8b195ee`, with what a person let pass; a new push voids this question. It waits until somebody answers.

        <details><summary>What was checked</summary>

        | | guard | found |
        |---|---|---|
        | ✅ | artifact | pull request \#2, head `8b195ee` |
        | ✅ | author | `ezra` pushed it |
        | ⚠️ | no\_oil | lifted by `alexander`, on: It ended with `1`. |
        | ✅ | checks | `ci/test` is green |
        | ✅ | tests | 3 added, none removed, none skipped |
        | ✅ | 3 more | substance, secrets, `licenses` |

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn a_question_says_what_its_agent_did_not_hear() {
    talk(async |t| {
        let work = given(t).await;
        let head = t.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
        let pull = t.sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
        t.quiet().await;
        t.ask("walt", "/timmy tell mind the *hinge*").await;
        let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
        work.says(Progress::Ended { claim, usage: USED }).await;
        work.is_judged_on(&head, pull, Verdict::Pass { ask: true }).await;
        let asked = t.comment(4).replace(&head[..7], "8b195ee");
        assert_snapshot!(asked, @r"
        ### Accept \#2?

        @alexander, `ezra` did this in \#2. All that I check passed on `8b195ee`.

        **It was made without this,** which its agent did not hear:

        - \@walt: mind the \*hinge\*

        `/timmy revise d1 what should change` brings that along.

        Reply with one of these lines:

        ```
        /timmy approve d1
        /timmy revise d1 what should change
        /timmy reject d1 why
        ```

        **approve** is for exactly `8b195ee`; a new push voids this question. It waits until somebody answers.
        ");
        assert_snapshot!(t.ask("walt", "/timmy tell and the lock").await, @"**Kept for the next attempt of `j1`,** if there is one: a person is asked about what it brought. `/timmy revise what should change` starts a round with both.");
        t.ask("anna", "/timmy revise d1 both").await;
        assert_eq!(t.job(1).await.past.unheard, [0, 1, 2]);
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_bare_yes_in_the_pull_request_counts() {
    talk(async |t| {
        let asked = asked(t).await;
        let answer = t.ask_in(DOOR, asked.pull, "alexander", "/timmy approve").await;
        assert_snapshot!(asked.told(&answer), @r"**Accepted \#2** at `8b195ee`, as approved in d1. Merging it is yours.");
        assert_eq!(asked.state().await, StateKind::Done);
    })
    .await;
}

#[tokio::test]
async fn what_is_rejected_is_closed() {
    talk(async |t| {
        let asked = asked(t).await;
        assert_snapshot!(t.ask("anna", "/timmy reject unwanted we keep the squeak").await, @r"**Rejected in d1.** \#2 is closed, and nobody works on this any more.");
        assert_eq!(asked.state().await, StateKind::Cancelled);
        assert!(!t.sandbox.is_open(DOOR, asked.pull).unwrap());
        assert!(t.sandbox.is_open(DOOR, 1).unwrap());
        assert_snapshot!(asked.said_in_pull().join("\n"), @r"**Closed:** d1 was answered with no, by \@anna. The branch stays.");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_revised_is_repaired_with_the_note() {
    talk(async |t| {
        asked(t).await;
        assert_snapshot!(t.ask("anna", "/timmy revise d1 use less oil").await, @"**A round of repair starts with your note,** as asked in d1.");
        let job = t.job(1).await;
        assert_eq!((job.state.kind(), job.past.rounds), (StateKind::BackingOff, 1));
        let texts = t.timmy.read(move |conn| timmy::store::jobs::texts(conn, job.spec.id)).await;
        assert_eq!(texts, [ToldText::by("anna", "use less oil")]);
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn that_nothing_has_to_change_is_asked_and_closes_the_issue() {
    talk(async |t| {
        asked_about_nothing(t).await;
        assert_snapshot!(t.comment(2), @"
        ### Is there nothing to change?

        @alexander, `ezra` says so, and what it cites for that is there:

        - There is the file `door.rs`.

        Reply with one of these lines:

        ```
        /timmy approve d1
        /timmy revise d1 what should change
        /timmy reject d1 why
        ```

        **approve** closes this; an edit of the issue voids this question. It waits until somebody answers.
        ");
        assert_snapshot!(t.ask("anna", "/timmy approve").await, @"**Done:** closed, as approved in d1.");
        assert_eq!(t.job(1).await.state.kind(), StateKind::NoChange);
        assert!(!t.sandbox.is_open(DOOR, 1).unwrap());
    })
    .await;
}

#[tokio::test]
async fn an_agent_that_cannot_go_on_is_answered() {
    talk(async |t| {
        let work = given(t).await;
        work.claims(AgentClaim::Blocked, Verdict::Stuck, &[]).await;
        assert_snapshot!(t.comment(2), @"
        ### What does `ezra` need to know?

        @alexander, it cannot go on without a person.

        Reply with one of these lines:

        ```
        /timmy answer d1 what it needs to know
        /timmy reject d1 why
        ```

        **answer** starts another attempt with your words. Without an answer by **Tue 24 Nov, 12:00 UTC** it is given up.
        ");
        assert_snapshot!(t.ask("anna", "/timmy revise paint it blue").await, @"
        **Not done.** That says nothing to d1. One of these lines does:

        ```
        /timmy answer d1 what it needs to know
        /timmy reject d1 why
        ```
        ");
        assert_snapshot!(t.ask("anna", "/timmy answer paint it blue").await, @"**Passed on:** the next attempt begins with your answer to d1.");
        let job = t.job(1).await;
        assert_eq!((job.state.kind(), job.past.unheard), (StateKind::Queued, vec![0]));
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_agent_that_nobody_answers_is_given_up_after_a_day() {
    talk(async |t| {
        let work = given(t).await;
        work.claims(AgentClaim::Blocked, Verdict::Stuck, &[]).await;
        t.comment(2);
        t.wait(DAY + MINUTE).await;
        assert_eq!(t.job(1).await.state.kind(), StateKind::Dead);
        t.comment(3);
        assert_snapshot!(t.ask("anna", "/timmy answer d1 paint it blue").await, @"**Not done.** d1 was not answered in time, and is over.");
    })
    .await;
}

#[tokio::test]
async fn what_a_person_lets_pass_is_looked_at_again() {
    talk(async |t| {
        let asked = judged(t, Verdict::Ask).await;
        assert_snapshot!(asked.question(), @r"
        ### May this pass?

        @alexander, a person has to look at what `ezra` brought in \#2:

        - I could not find out in time whether it is good.

        Reply with one of these lines:

        ```
        /timmy approve d1
        /timmy revise d1 what should change
        /timmy reject d1 why
        ```

        **approve** lets this pass on `8b195ee` alone; a new push voids this question. It waits until somebody answers.
        ");
        assert_snapshot!(asked.told(&t.ask("anna", "/timmy yes").await), @"**It passes** on `8b195ee`, as approved in d1. I look at the rest once more.");
        assert_eq!(asked.state().await, StateKind::Verifying);
        asked.work.is_judged_on(&asked.head, asked.pull, Verdict::Pass { ask: false }).await;
        t.comment(5);
        assert_eq!(asked.state().await, StateKind::Done);
    })
    .await;
}

#[tokio::test]
async fn rounds_that_are_spent_are_asked_about() {
    talk(async |t| {
        let asked = judged(t, Verdict::Pass { ask: true }).await;
        asked.question();
        for round in 0..2 {
            t.ask("anna", "/timmy revise once more").await;
            t.wait(3 * MINUTE).await;
            let work = t.works("ezra").await;
            let claim = AgentClaim::PullRequest { number: Some(asked.pull), commit: None };
            work.says(Progress::Ended { claim, usage: USED }).await;
            let verdict = if round == 0 { Verdict::Pass { ask: true } } else { Verdict::Block };
            work.is_judged_on(&asked.head, asked.pull, verdict).await;
            t.replies();
        }
        let told = t.job(1).await;
        assert_eq!(told.past.rounds, 3, "a block begins the third round");
    })
    .await;
}

#[tokio::test]
async fn the_report_shows_what_waits_and_takes_the_answer() {
    const OFFICE: &str = "foundation/office";
    talk_where(
        |config| config.with("report.repository", OFFICE),
        async |t| {
            t.sandbox.add_repo(OFFICE, true).unwrap();
            for login in ["timmy", "alexander"] {
                t.sandbox.collaborator(OFFICE, login, Mode::Write).unwrap();
            }
            let asked = asked(t).await;
            t.wait(10 * MINUTE).await;
            let day = t.sandbox.comments(OFFICE, 1).unwrap().pop().unwrap().body;
            let line = format!(
                "| foundation/door\\#1 | Accept foundation/door\\#{}? | `/timmy approve d1` |",
                asked.pull
            );
            assert!(day.contains(&line), "{day}");
            assert!(day.contains("**1 thing needs you, @alexander.**"), "{day}");
            for text in ["/timmy approve", "/timmy approve d1"] {
                t.says_in(OFFICE, 1, "alexander", text);
                t.quiet().await;
            }
            let said = t.sandbox.comments(OFFICE, 1).unwrap();
            let answers = said.iter().filter(|said| said.body.contains("key=c"));
            let answers: Vec<String> = answers
                .map(|said| asked.told(said.body.split("\n\n<!-- timmy").next().unwrap()))
                .collect();
            assert_snapshot!(answers.join("\n"), @r"
            **Not done.** Nothing waits for an answer here.
            **Accepted foundation/door\#2** at `8b195ee`, as approved in d1. Merging it is yours.
            ");
            assert_eq!(asked.state().await, StateKind::Done);
        },
    )
    .await;
}

mod refused {
    //! Answers that do not count, each with its reason.

    use timmy::core::decisions::Covered;
    use timmy::core::jobs::Question;
    use timmy::core::policy::controls::ControlChange;
    use timmy::sandbox::{Fault, Gate, Matcher};
    use timmy::store::controls;
    use timmy::store::decisions::{self, NewDecision};

    use super::*;
    use crate::support::clock::HOUR;
    use crate::support::people::account;

    /// Nothing was decided.
    async fn still_open(asked: &Asked<'_>) {
        assert_eq!(asked.state().await, StateKind::Deciding);
        let open = asked.talk.timmy.read(decisions::open).await;
        assert_eq!(open.len(), 1);
    }

    #[tokio::test]
    async fn who_is_no_person_says_nothing() {
        talk(async |t| {
            let asked = asked(t).await;
            for nobody in ["ezra", "timmy", "renovate"] {
                t.ignored(nobody, "/timmy approve d1").await;
            }
            t.ignored("anna", "> /timmy approve d1\n\nReally?").await;
            t.ignored("anna", "`/timmy approve d1` is what I would say.").await;
            let relayed = "/timmy approve d1\n\n<!-- gh-comment-id:12345 -->";
            t.puzzled("anna", relayed).await;
            still_open(&asked).await;
        })
        .await;
    }

    #[tokio::test]
    async fn who_may_not_approve_is_refused() {
        talk(async |t| {
            let asked = asked(t).await;
            assert_snapshot!(t.ask("walt", "/timmy approve").await, @r"**Not done.** `approve` is for the approvers of this fleet (\@anna). \@alexander can do it, or give you the right (`people.approvers` in my configuration).");
            t.ask("alexander", "/timmy delegate @walt until=2026-11-24").await;
            t.wait(DAY).await;
            assert_snapshot!(t.ask("walt", "/timmy approve").await, @r"**Not done.** `approve` is for the approvers of this fleet (\@anna). \@alexander can do it, or give you the right (`people.approvers` in my configuration).");
            still_open(&asked).await;
            t.ask("alexander", "/timmy delegate @walt").await;
            assert_snapshot!(asked.told(&t.ask("walt", "/timmy approve").await), @r"**Accepted \#2** at `8b195ee`, as approved in d1. Merging it is yours.");
        })
        .await;
    }

    #[tokio::test]
    async fn an_edit_and_the_body_of_an_issue_decide_nothing() {
        talk(async |t| {
            let asked = asked(t).await;
            let id = t.says("anna", "Good work.");
            t.quiet().await;
            t.sandbox.edit_comment("anna", id, "Good work.\n\n/timmy approve d1").unwrap();
            t.quiet().await;
            assert_snapshot!(t.replies().join("\n"), @"**Not done.** `approve` counts only in a new comment: say it again below.");
            t.saw(Subject::Comment(id), "eyes");
            let other = t.opens(DOOR, "anna", "Accept it", "/timmy approve d1").await;
            assert_snapshot!(t.answer_to_opening(DOOR, other), @"**Not done.** `approve` counts only in a new comment: say it again below.");
            still_open(&asked).await;
        })
        .await;
    }

    #[tokio::test]
    async fn what_no_webhook_told_is_confirmed_first() {
        talk(async |t| {
            let asked = asked(t).await;
            let id = t.says_unnoticed("anna", "/timmy approve d1").await;
            t.polls().await;
            let question = t.answer_to(DOOR, 1, Subject::Comment(id));
            assert!(question.starts_with("**Is this yours, @anna?**"), "{question}");
            still_open(&asked).await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_decision_is_taken_once() {
        talk(async |t| {
            let asked = asked(t).await;
            let first = t.says("anna", "/timmy approve d1");
            let second = t.says("alexander", "/timmy reject d1 too much oil");
            t.quiet().await;
            for said in [first, second] {
                t.saw(Subject::Comment(said), "eyes");
            }
            let replies: Vec<String> = t.replies().iter().map(|text| asked.told(text)).collect();
            assert_snapshot!(replies.join("\n"), @r"
            **Accepted \#2** at `8b195ee`, as approved in d1. Merging it is yours.
            **Not done.** d1 was answered already, by \@anna.
            ");
            assert_eq!(asked.state().await, StateKind::Done);
            assert_snapshot!(t.ask("anna", "/timmy approve").await, @r"**Not done.** d1 was answered already, by \@anna.");
            t.wait(2 * MINUTE).await;
            assert_snapshot!(t.ask("anna", "/timmy approve").await, @"**Not done.** Nothing waits for an answer here.");
            assert_snapshot!(t.ask("anna", "/timmy approve d1").await, @r"**Not done.** d1 was answered already, by \@anna.");
        })
        .await;
    }

    #[tokio::test]
    async fn one_comment_says_one_thing() {
        talk(async |t| {
            let asked = asked(t).await;
            assert_snapshot!(t.ask("anna", "/timmy approve d1\n/timmy reject d1 why").await, @"
            **Nothing done.** This comment answers d1 twice: `approve` and `reject`. A mail program may have repeated my lines. Please send only the one that you mean:

            ```
            /timmy approve d1
            /timmy reject d1 why
            ```
            ");
            still_open(&asked).await;
            assert_snapshot!(asked.told(&t.ask("anna", "/timmy yes d1\n/timmy yes d1").await), @r"
            - `/timmy yes d1`: **accepted \#2** at `8b195ee`, as approved in d1. Merging it is yours.
            - `/timmy yes d1`: **not done.** d1 was answered already, by \@anna.
            ");
        })
        .await;
    }

    #[tokio::test]
    async fn a_yes_with_something_behind_it_names_its_decision() {
        talk(async |t| {
            let asked = asked(t).await;
            assert_snapshot!(t.ask("anna", "/timmy approve but not today").await, @"
            **Not done.** Say which question you mean, in this line:

            ```
            /timmy approve d1
            ```
            ");
            still_open(&asked).await;
            assert_snapshot!(asked.told(&t.ask("anna", "/timmy approve d1 ship it").await), @r"**Accepted \#2** at `8b195ee`, as approved in d1. Merging it is yours.");
        })
        .await;
    }

    #[tokio::test]
    async fn another_thread_decides_nothing() {
        talk(async |t| {
            let asked = asked(t).await;
            let other = t.opens(DOOR, "rita", "The window", "It is open.").await;
            assert_snapshot!(t.ask_in(DOOR, other, "anna", "/timmy approve").await, @"**Not done.** Nothing waits for an answer here.");
            assert_snapshot!(t.ask_in(DOOR, other, "anna", "/timmy approve d1").await, @r"**Not done.** d1 is asked in \#1: say it there.");
            assert_snapshot!(t.ask_in(DOOR, other, "anna", "/timmy approve d9").await, @"**Not done.** There is no d9, or it is not for the readers of this thread.");
            still_open(&asked).await;
            t.ask("anna", "/timmy approve d1").await;
            let late = t.ask_in(DOOR, other, "anna", "/timmy approve d1").await;
            let said = r"**Not done.** d1 was answered already in \#1, by \@anna on Mon 23 Nov, 12:";
            assert!(late.starts_with(said), "{late}");
        })
        .await;
    }

    #[tokio::test]
    async fn of_two_that_are_open_one_is_named() {
        talk(async |t| {
            let asked = asked(t).await;
            let job = t.job(1).await;
            let new = NewDecision {
                job: job.spec.id,
                number: 99,
                question: Question::Guard,
                thread: job.spec.given().unwrap(),
                pull: None,
                covers: Covered::default(),
            };
            let now = timmy::clock::Clock::now(&t.clock);
            t.timmy.write(move |tx| decisions::put(tx, &new, |id| format!("{id}?"), now)).await;
            t.timmy.engine().notify();
            t.quiet().await;
            t.comment(3);
            assert_snapshot!(t.ask("anna", "/timmy approve").await, @"
            **Not done.** Say which question you mean, in one of these lines:

            ```
            /timmy approve d1
            /timmy approve d2
            ```
            ");
            assert_snapshot!(asked.told(&t.ask("anna", "/timmy approve d1").await), @r"**Accepted \#2** at `8b195ee`, as approved in d1. Merging it is yours.");
        })
        .await;
    }

    #[tokio::test]
    async fn a_question_that_was_edited_is_put_anew() {
        talk(async |t| {
            let asked = asked(t).await;
            let question = t.sandbox.comments(DOOR, 1).unwrap()[2].id;
            let other = "### Give everybody a cake?\n\n<!-- timmy key=t-1-d1 -->";
            t.sandbox.edit_comment("walt", question, other).unwrap();
            t.quiet().await;
            let id = t.says("anna", "/timmy approve d1");
            t.quiet().await;
            t.saw(Subject::Comment(id), "eyes");
            let replies: Vec<String> = t.replies().iter().map(|text| asked.told(text)).collect();
            assert_snapshot!(replies.join("\n---\n"), @r"
            **Not done: d1 is void,** since its question does not stand as I put it. I ask anew.
            ---
            ### Accept \#2?

            @alexander, `ezra` did this in \#2. All that I check passed on `8b195ee`. Reply with one of these lines:

            ```
            /timmy approve d2
            /timmy revise d2 what should change
            /timmy reject d2 why
            ```

            **approve** is for exactly `8b195ee`; a new push voids this question. It waits until somebody answers.
            ");
            still_open(&asked).await;
            assert_snapshot!(t.ask("anna", "/timmy approve d1").await, @"
        **Not done: d1 is void,** since its question does not stand as I put it. d2 asks about what there is now:

        ```
        /timmy approve d2
        /timmy revise d2 what should change
        /timmy reject d2 why
        ```
        ");
            t.wait(2 * MINUTE).await;
            assert_snapshot!(asked.told(&t.ask("anna", "/timmy approve").await), @r"**Accepted \#2** at `8b195ee`, as approved in d2. Merging it is yours.");
            t.jobs_are_sound().await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_question_whose_comment_was_deleted_is_void_and_put_anew() {
        talk(async |t| {
            let asked = asked(t).await;
            let question = t.sandbox.comments(DOOR, 1).unwrap()[2].id;
            t.sandbox.delete_comment("timmy", question).unwrap();
            let id = t.says("anna", "/timmy approve d1");
            t.quiet().await;
            t.saw(Subject::Comment(id), "eyes");
            let replies = t.replies();
            assert_snapshot!(replies[0], @"**Not done: d1 is void,** since its question does not stand as I put it. I ask anew.");
            assert!(replies[1].contains("/timmy approve d2"), "{replies:?}");
            still_open(&asked).await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_yes_while_the_forge_is_down_is_kept_and_counts_once() {
        talk(async |t| {
            let asked = asked(t).await;
            let question = t.sandbox.comments(DOOR, 1).unwrap()[2].id;
            let look = Matcher::method_path("GET", &format!("/issues/comments/{question}"));
            t.sandbox.faults().rate(1, look, 1000, Fault::BadGateway);
            let yes = t.says("anna", "/timmy approve d1");
            t.quiet().await;
            assert!(t.replies().is_empty(), "nothing is said that is not known");
            still_open(&asked).await;
            t.wait(10 * MINUTE).await;
            still_open(&asked).await;
            t.sandbox.faults().clear();
            t.wait(HOUR).await;
            let answer = t.answer_to(DOOR, 1, Subject::Comment(yes));
            assert!(answer.contains("as approved in d1"), "{answer}");
            assert_eq!(asked.state().await, StateKind::Done);
            t.jobs_are_sound().await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_lent_right_that_is_taken_back_before_the_yes_is_acted_on_is_none() {
        talk(async |t| {
            let asked = asked(t).await;
            t.ask("alexander", "/timmy delegate @walt").await;
            let question = t.sandbox.comments(DOOR, 1).unwrap()[2].id;
            // His right is known by then, and what he says yes to is read again.
            let gate = Gate::new();
            let look = Matcher::method_path("GET", &format!("/issues/comments/{question}"));
            t.sandbox.faults().next(look, Fault::HangAfter(gate.clone()));
            let yes = t.says("walt", "/timmy approve d1");
            gate.reached().await;
            let take_back = ControlChange::Undelegate(account("walt").id);
            let write = t.timmy.engine().ledger().write(move |tx| controls::apply(tx, &take_back));
            write.await.unwrap();
            gate.open();
            t.quiet().await;
            let answer = t.answer_to(DOOR, 1, Subject::Comment(yes));
            assert!(answer.starts_with("**Not done.** `approve` is for"), "{answer}");
            still_open(&asked).await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_question_that_was_edited_is_void_whichever_other_one_the_comment_names() {
        talk(async |t| {
            let asked = asked(t).await;
            let question = t.sandbox.comments(DOOR, 1).unwrap()[2].id;
            let other = "### Give everybody a cake?\n\n<!-- timmy key=t-1-d1 -->";
            t.sandbox.edit_comment("walt", question, other).unwrap();
            t.quiet().await;
            let id = t.says("anna", "/timmy approve d9\n/timmy approve");
            t.quiet().await;
            t.saw(Subject::Comment(id), "eyes");
            let replies: Vec<String> = t.replies().iter().map(|text| asked.told(text)).collect();
            assert_snapshot!(replies[0], @r"
            - `/timmy approve d9`: **not done.** There is no d9, or it is not for the readers of this thread.
            - `/timmy approve`: **not done: d1 is void,** since its question does not stand as I put it. I ask anew.
            ");
            still_open(&asked).await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_push_makes_it_void() {
        talk(async |t| {
            let asked = asked(t).await;
            let pushed = asked.is_pushed_to("walt");
            let answer = t.ask("anna", "/timmy approve d1").await;
            assert_snapshot!(answer.replace(&pushed[..7], "1234567"), @"**Not done: d1 is void,** since `1234567` was pushed. I look at that, and ask anew.");
            assert_eq!(asked.state().await, StateKind::Verifying);
            asked.work.is_judged_on(&pushed, asked.pull, Verdict::Pass { ask: true }).await;
            let question = t.replies().join("\n");
            assert!(question.contains("/timmy approve d2"), "{question}");
            assert_snapshot!(t.ask("anna", "/timmy approve").await, @"
            **Not done.** Say which question you mean, in this line:

            ```
            /timmy approve d2
            ```
            ");
            t.jobs_are_sound().await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_push_that_nobody_answered_is_told_in_a_line() {
        talk(async |t| {
            let asked = asked(t).await;
            t.wait(2 * MINUTE).await;
            let pushed = asked.is_pushed_to("walt");
            t.wait(2 * MINUTE).await;
            t.wait(2 * MINUTE).await;
            let notice = t.replies().join("\n");
            assert_snapshot!(notice.replace(&pushed[..7], "1234567"), @"**d1 is void,** since `1234567` was pushed. I look at that, and ask anew.");
            assert_eq!(asked.state().await, StateKind::Verifying);
        })
        .await;
    }

    #[tokio::test]
    async fn an_edit_of_the_issue_makes_it_void() {
        talk(async |t| {
            asked_about_nothing(t).await;
            t.sandbox.edit_issue("rita", DOOR, 1, "It squeaks, too.").unwrap();
            t.quiet().await;
            assert_snapshot!(t.ask("anna", "/timmy approve").await, @"**Not done: d1 is void,** since the issue was edited. I look again, and ask anew.");
            assert_eq!(t.job(1).await.state.kind(), StateKind::Verifying);
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_merged_or_closed_meanwhile_is_asked_no_more() {
        talk(async |t| {
            let asked = asked(t).await;
            t.sandbox.set_open("walt", DOOR, asked.pull, false).unwrap();
            t.wait(2 * MINUTE).await;
            t.wait(2 * MINUTE).await;
            assert_eq!(asked.state().await, StateKind::Cancelled);
            let void = "**d1 is void,** since \\#2 was closed unmerged, by \\@walt.";
            assert_eq!(t.replies(), [void]);
            assert_snapshot!(t.ask("anna", "/timmy approve d1").await, @r"**Not done: d1 is void,** since \#2 was closed unmerged, by \@walt.");
        })
        .await;
    }
}
