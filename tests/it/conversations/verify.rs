//! verify and override: what was brought is examined once more, or one guard says nothing of it.

use insta::assert_snapshot;
use timmy::core::guards::{FindingCode, GuardFinding, GuardName, Sentence};
use timmy::core::jobs::evidence::Finding;
use timmy::core::jobs::{AgentClaim, Progress, StateKind, Verdict};
use timmy::store::{Connection, jobs, lifted_guards};

use crate::conversations::talk::{Talk, talk};
use crate::conversations::work::{USED, Work};
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

const BRANCH: &str = "timmy/1-j1";

async fn given(t: &Talk) -> Work<'_> {
    t.introduce().await;
    t.ask("walt", "/timmy assign ezra").await;
    t.works("ezra").await
}

fn found(guard: GuardName, code: FindingCode) -> Finding {
    Finding::Guard(GuardFinding::new(guard, code, Sentence::of("It is large.", &[])))
}

/// ezra brought something that is too large: a person is asked. Its commit.
async fn too_large(t: &Talk) -> String {
    let work = given(t).await;
    let head = t.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = t.sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    t.quiet().await;
    let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
    work.says(Progress::Ended { claim, usage: USED }).await;
    let found = [found(GuardName::Size, FindingCode::TooManyLines)];
    let fence = work.fence;
    t.timmy.write(move |tx| jobs::keep_findings(tx, fence, &found)).await;
    work.is_judged_on(&head, pull, Verdict::Ask).await;
    assert!(t.comment(2).starts_with("### May this pass?"));
    head
}

async fn state(t: &Talk) -> StateKind {
    t.job(1).await.state.kind()
}

#[tokio::test]
async fn what_was_brought_is_examined_once_more() {
    talk(async |t| {
        let head = too_large(t).await;
        let expected = format!(
            "**Checked again:** what `j1` brought is examined once more, at `{}`. What comes of it \
             stands there as `timmy/verify`.",
            &head[..7]
        );
        assert_eq!(t.ask("walt", "/timmy verify").await, expected);
        assert_eq!(state(t).await, StateKind::Verifying);
        assert_eq!(t.ask("walt", "/timmy recheck j1").await, expected);
        assert_snapshot!(t.ask("walt", "/timmy verify j7").await, @"**Not found:** `j7`. It does not exist, or cannot be shown to everybody who reads this thread.");
        let refused = t.ask("rita", "/timmy verify").await;
        assert!(refused.starts_with("**Not done.** `verify` is for "), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn there_has_to_be_something_to_examine() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy verify").await, @"Nothing to do: no agent was ever given this. `/timmy assign auto` gives it to one.");
        given(t).await;
        for (who, line) in [("walt", "verify"), ("alexander", "override size it is fine")] {
            let answer = t.ask(who, &format!("/timmy {line}")).await;
            assert!(answer.starts_with("**Not done: there is nothing to check.** "), "{answer}");
        }
    })
    .await;
}

/// These guards block what ezra brought, and it mends that.
async fn mended<'t>(t: &'t Talk, guards: &[(GuardName, FindingCode)]) -> Work<'t> {
    let work = given(t).await;
    let head = t.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = t.sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
    t.quiet().await;
    let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
    work.says(Progress::Ended { claim, usage: USED }).await;
    let found: Vec<Finding> =
        guards.iter().map(|(guard, code)| found(guard.clone(), *code)).collect();
    let fence = work.fence;
    t.timmy.write(move |tx| jobs::keep_findings(tx, fence, &found)).await;
    work.is_judged_on(&head, pull, Verdict::Block).await;
    t.comment(2);
    t.wait(3 * MINUTE).await;
    let round = t.works("ezra").await;
    assert_eq!(state(t).await, StateKind::Running);
    round
}

#[tokio::test]
async fn who_lifts_another_guard_than_the_one_that_speaks_is_told_which_does() {
    talk(async |t| {
        mended(t, &[(GuardName::Substance, FindingCode::EmptyDiff)]).await;
        assert_snapshot!(t.ask("alexander", "/timmy override size it is fine").await, @"**Not done:** `size` has nothing against this. What has: `substance`. `/timmy override substance reason` lets that pass.");
        assert_eq!(state(t).await, StateKind::Running);
    })
    .await;
}

#[tokio::test]
async fn a_guard_of_several_is_lifted_and_its_round_goes_on_for_the_others() {
    talk(async |t| {
        let guards = [
            (GuardName::Substance, FindingCode::EmptyDiff),
            (GuardName::Checks, FindingCode::CheckRed),
        ];
        mended(t, &guards).await;
        let head = t.job(1).await.past.commit.unwrap().to_string();
        let answer = t.ask("alexander", "/timmy override checks they are broken").await;
        assert_snapshot!(answer.replace(&head[..7], "8b195ee"), @"
        **Lifted:** `checks` says nothing any more of `8b195ee`, by your word. `ezra` goes on with what still blocks it; to lift that as well:

        - `/timmy override substance reason`
        ");
        assert_eq!(state(t).await, StateKind::Running);
        t.ask("alexander", "/timmy override substance it is fine").await;
        let stopping = t.job(1).await.state.attempt().is_some_and(|one| one.stopping.is_some());
        assert!(stopping, "nothing is left to mend");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn several_guards_are_lifted_in_one_comment() {
    talk(async |t| {
        let guards = [
            (GuardName::Substance, FindingCode::EmptyDiff),
            (GuardName::Checks, FindingCode::CheckRed),
        ];
        mended(t, &guards).await;
        t.ask("alexander", "/timmy override checks broken\n/timmy override substance fine").await;
        let stopping = t.job(1).await.state.attempt().is_some_and(|one| one.stopping.is_some());
        assert!(stopping, "nothing is left to mend");
    })
    .await;
}

#[tokio::test]
async fn a_guard_that_does_not_exist_is_named_as_that_wherever_it_is_said() {
    talk(async |t| {
        assert_snapshot!(t.ask("alexander", "/timmy override protectd it is fine").await, @"**Not done.** There is no guard `protectd`. Did you mean `/timmy override protected it is fine`?");
        assert_snapshot!(t.ask("alexander", "/timmy override d1 it is fine").await, @"**Not done.** There is no guard `d1`. There are: `artifact`, `substance`, `checks`, `tests`, `fail_to_pass`, `protected`, `secrets`, `size`, `claims`, `author`, `duplicate`, `base`, `late`.");
        mended(t, &[(GuardName::Substance, FindingCode::EmptyDiff)]).await;
        let answer = t.ask("alexander", "/timmy override substnce it is fine").await;
        assert!(
            answer.contains("Did you mean `/timmy override substance it is fine`?"),
            "{answer}"
        );
        assert_snapshot!(t.ask("alexander", "/timmy help override").await, @"
        `/timmy override guard reason`: Overrule a guard, with a reason that is kept.

        The guards: `artifact`, `substance`, `checks`, `tests`, `fail_to_pass`, `protected`, `secrets`, `size`, `claims`, `author`, `duplicate`, `base`, `late`. You may use it here.
        ");
    })
    .await;
}

#[tokio::test]
async fn what_its_agent_cannot_hear_keeps_nobody_from_lifting() {
    talk(async |t| {
        t.introduce().await;
        t.ask("walt", "/timmy assign ezra").await;
        let work = t.works_unheard("ezra").await;
        let head = t.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
        let pull = t.sandbox.open_pull("ezra", DOOR, "Oil it", "", BRANCH).unwrap();
        t.quiet().await;
        let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
        work.says(Progress::Ended { claim, usage: USED }).await;
        let found = [found(GuardName::Substance, FindingCode::EmptyDiff)];
        let fence = work.fence;
        t.timmy.write(move |tx| jobs::keep_findings(tx, fence, &found)).await;
        work.is_judged_on(&head, pull, Verdict::Block).await;
        t.comment(2);
        t.wait(3 * MINUTE).await;
        t.works_unheard("ezra").await;
        let answer = t.ask("walt", "/timmy tell use less oil").await;
        assert!(answer.contains("cannot be told anything now"), "{answer}");
        let answer = t.ask("alexander", "/timmy override substance it is fine").await;
        assert!(answer.starts_with("**Lifted:** "), "{answer}");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_told_goes_on() {
    talk(async |t| {
        mended(t, &[(GuardName::Substance, FindingCode::EmptyDiff)]).await;
        t.ask("walt", "/timmy tell use less oil").await;
        assert_snapshot!(t.ask("alexander", "/timmy override substance it is fine").await, @"**Not done: `ezra` is doing what it was told,** and goes on with that. What comes of it is judged anew; `/timmy override substance reason` can be said of that. `/timmy cancel` ends it.");
        assert_eq!(state(t).await, StateKind::Running);
    })
    .await;
}

#[tokio::test]
async fn a_round_that_was_taken_back_is_no_attempt() {
    talk(async |t| {
        let round = mended(t, &[(GuardName::Substance, FindingCode::EmptyDiff)]).await;
        t.ask("alexander", "/timmy override substance it is fine").await;
        round.says(Progress::Stopped { usage: USED }).await;
        assert_eq!(state(t).await, StateKind::Verifying);
        round.is_judged_on(&"ab".repeat(20), 2, Verdict::Pass { ask: false }).await;
        let card = t.comment(1);
        assert!(card.starts_with(r"**`ezra` delivered \#2** · 1 attempt · "), "{card}");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn one_guard_is_lifted_of_one_commit_by_an_owner_and_that_is_kept() {
    talk(async |t| {
        let head = too_large(t).await;
        assert_snapshot!(t.ask("walt", "/timmy override size it is fine").await, @r"**Not done.** `override` is for the owner of this fleet. \@alexander can do it.");
        assert_snapshot!(t.ask("alexander", "/timmy override tests they are fine").await, @"**Not done:** `tests` has nothing against this. What has: `size`. `/timmy override size reason` lets that pass.");
        assert_eq!(state(t).await, StateKind::Deciding);
        let expected = format!(
            "**Lifted:** `size` says nothing any more of `{}`, by your word. What else is found of \
             it counts as before, and a new commit is judged in full.",
            &head[..7]
        );
        assert_eq!(t.ask("alexander", "/timmy override Size generated code").await, expected);
        assert_eq!(state(t).await, StateKind::Verifying);
        let job = t.job(1).await;
        let (repo, commit) = (job.spec.repo(), job.past.commit.unwrap());
        let lifted = move |conn: &Connection| lifted_guards::of(conn, repo, &commit);
        let lifted = t.timmy.read(lifted).await;
        assert_eq!(lifted.into_iter().map(|(guard, how)| (guard, how.by, how.reason)).collect::<Vec<_>>(), [(GuardName::Size, "alexander".to_owned(), "generated code".to_owned())]);
    })
    .await;
}
