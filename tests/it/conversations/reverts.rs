//! What was merged is watched for two weeks: who takes it back says something of who made it.

use insta::assert_snapshot;
use timmy::core::jobs::{AgentClaim, Commit, Done, JobEvent, Progress, State, Verdict};

use crate::conversations::report::{days, reported, until};
use crate::conversations::talk::Talk;
use crate::conversations::work::{USED, Work};
use crate::support::clock::{DAY, HOUR, MINUTE};
use crate::support::forge::DOOR;

/// ezra's work for the door's first issue is merged, as this commit of the default branch.
async fn merged(t: &Talk) -> (Work<'_>, String) {
    t.introduce().await;
    t.ask("walt", "/timmy assign ezra").await;
    let work = t.works("ezra").await;
    let claim = AgentClaim::PullRequest { number: Some(58), commit: None };
    work.says(Progress::Ended { claim, usage: USED }).await;
    work.is_judged_on(&"ab".repeat(20), 58, Verdict::Pass { ask: false }).await;
    let commit = t.sandbox.commit("walt", DOOR, "main", &[("oil.md", "oil")], "Oil it").unwrap();
    let merge: Commit = commit.parse().unwrap();
    work.happens(JobEvent::Merged(merge.into())).await;
    t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
    (work, commit)
}

/// Somebody pushes a commit with this message to the default branch.
fn pushes(t: &Talk, file: &str, message: &str) -> String {
    t.sandbox.commit("walt", DOOR, "main", &[(file, "no oil")], message).unwrap()
}

async fn state(t: &Talk) -> State {
    t.job(1).await.state
}

#[tokio::test]
async fn what_is_reverted_counts_as_failed_and_is_told() {
    reported(async |t| {
        let (_work, commit) = merged(t).await;
        t.wait(MINUTE).await;
        let before = t.ask("rita", "/timmy why ezra").await;
        assert!(before.contains("1 of 1"), "{before}");
        pushes(t, "door.md", &format!("Speak of it\n\nSee {commit}, which somebody may revert."));
        t.wait(HOUR + MINUTE).await;
        assert_eq!(state(t).await, State::Done(Done::Merged));
        let by =
            pushes(t, "oil.md", &format!("Revert \"Oil it\"\n\nThis reverts commit {commit}."));
        t.wait(HOUR + MINUTE).await;
        assert_eq!(state(t).await, State::Done(Done::Reverted));
        let seen = |text: &str| text.replace(&by[..7], "8b195ee");
        let told = t.sandbox.comments(DOOR, 1).unwrap().pop().unwrap().body;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        assert_snapshot!(seen(told.split("\n\n<!-- timmy").next().unwrap()), @r"**Reverted: \#58 was taken back by `8b195ee`.** If this is still to be done, reopen it; `/timmy retry` then begins anew, and its agent is told of the revert.");
        assert_snapshot!(seen(&t.gist("walt", "/timmy status").await), @r"**Merged, and reverted since by `8b195ee`: \#58** (j1, 1 attempt, 0 s, 0.41 USD). This is closed: reopen it, then `/timmy retry` begins anew.");
        t.wait(MINUTE).await;
        let day = days(t)[0].body.clone();
        let (_, told) = day.split_once("### Reverted").unwrap_or_else(|| panic!("{day}"));
        let told = told.split("\n\n").next().unwrap().replace(&by[..7], "8b195ee");
        assert_snapshot!(told.trim(), @r"- foundation/door\#1: foundation/door\#58 was merged, and reverted by `8b195ee`. That counts against `ezra`.");
        assert!(!day.contains("### Shipped") && !day.contains("per merged issue"), "{day}");
        let after = t.ask("rita", "/timmy why ezra").await;
        assert!(after.contains("0 of 1"), "{after}");
        t.jobs_are_sound().await;
    })
    .await;
}

/// Somebody opens the issue again.
async fn reopened(t: &Talk) {
    t.sandbox.set_open("walt", DOOR, 1, true).unwrap();
    t.quiet().await;
}

/// What the newest day of the report says under this heading.
fn section(t: &Talk, heading: &str) -> String {
    let day = days(t).pop().unwrap().body;
    let (_, told) = day.split_once(heading).unwrap_or_else(|| panic!("no {heading} in {day}"));
    told.trim_start().split("\n\n").next().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_closed_is_not_begun_again() {
    reported(async |t| {
        let (_work, _) = merged(t).await;
        assert!(!t.sandbox.is_open(DOOR, 1).unwrap());
        assert_snapshot!(t.ask("walt", "/timmy retry").await, @"**Not done: this is closed.** Reopen it; then `/timmy retry` takes up `j1` again.");
        assert_eq!(state(t).await, State::Done(Done::Merged));
        reopened(t).await;
        let answer = t.ask("walt", "/timmy retry").await;
        assert!(answer.starts_with("**Once more:** "), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn what_was_reverted_stays_counted_when_it_is_begun_again() {
    reported(async |t| {
        let (_work, commit) = merged(t).await;
        t.wait(MINUTE).await;
        let by = pushes(t, "oil.md", &format!("This reverts commit {commit}."));
        t.wait(HOUR + MINUTE).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        reopened(t).await;
        let why = t.ask("walt", "/timmy why").await;
        assert!(why.contains("what was merged for it was reverted by `"), "{why}");
        assert!(why.contains("none, but what was merged was reverted"), "{why}");
        assert!(!why.contains("worth less here"), "of the only agent: {why}");
        t.ask("walt", "/timmy retry").await;
        t.wait(MINUTE).await;
        let told = section(t, "### Reverted").replace(&by[..7], "8b195ee");
        assert_snapshot!(told, @r"- foundation/door\#1 The door does not open: foundation/door\#58 was merged, and reverted by `8b195ee`. That counts against `ezra`.");
        let why = t.ask("rita", "/timmy why ezra").await;
        assert!(why.contains("0 of 1"), "{why}");
        let again = t.works("ezra").await;
        again.delivers(60, Verdict::Pass { ask: false }).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        t.wait(MINUTE).await;
        assert!(section(t, "### Reverted").contains(r"\#58 was merged"), "and is told as well");
        assert!(section(t, "### Shipped").contains(r"\#60 delivered"), "beside what came then");
        // What nobody has merged yet proves nothing.
        let why = t.ask("rita", "/timmy why ezra").await;
        assert!(why.contains("0 of 1"), "{why}");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_revert_that_is_seen_after_it_was_begun_again_counts_as_well() {
    reported(async |t| {
        let (_work, commit) = merged(t).await;
        t.wait(MINUTE).await;
        let by = pushes(t, "oil.md", &format!("This reverts commit {commit}."));
        reopened(t).await;
        t.ask("walt", "/timmy retry").await;
        t.wait(MINUTE).await;
        assert!(section(t, "### Shipped").contains(r"\#58 merged"), "what was merged is told");
        t.wait(HOUR + MINUTE).await;
        t.wait(MINUTE).await;
        let told = section(t, "### Reverted").replace(&by[..7], "8b195ee");
        assert!(told.contains(r"\#58 was merged, and reverted by `8b195ee`"), "{told}");
        let why = t.ask("rita", "/timmy why ezra").await;
        assert!(why.contains("0 of 1"), "{why}");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn it_is_watched_for_two_weeks_and_takes_a_request_an_hour() {
    reported(async |t| {
        let (_work, commit) = merged(t).await;
        until(t, "2026-12-07T11:00:00Z").await;
        let asked = || {
            let all = t.sandbox.requests();
            all.iter().filter(|asked| asked.path.contains("/foundation/door/commits?")).count()
        };
        let before = asked();
        assert!((300..400).contains(&before), "one request an hour: {before}");
        t.wait(2 * DAY).await;
        let after = asked();
        pushes(t, "oil.md", &format!("revert {commit}\n\nrevert Oil it"));
        t.wait(DAY).await;
        assert_eq!((state(t).await, asked()), (State::Done(Done::Merged), after));
    })
    .await;
}
