//! What the report tells of jobs, line by line: what waits for people, what came of the work, what
//! it cost.

use insta::assert_snapshot;
use timmy::core::guards::{ChangeSize, ExaminedChange, GuardCount};
use timmy::core::jobs::{
    AgentClaim, Citation, Commit, Done, JobEvent, MergeRefusal, Progress, State, StateKind, Verdict,
};
use timmy::core::model::incident::Incident;
use timmy::sandbox::Mode;
use timmy::store::incidents;

use crate::conversations::report::{OFFICE, days, reported, reported_where, until};
use crate::conversations::talk::Talk;
use crate::conversations::work::{USED, Work};
use crate::support::clock::MINUTE;
use crate::support::config::Config;
use crate::support::forge::DOOR;

/// A pull request of `agent` for an issue at the door, of which the guards saw this much.
async fn delivered<'t>(
    t: &'t Talk,
    (issue, agent): (i64, &str),
    size: Option<ChangeSize>,
) -> (Work<'t>, i64) {
    t.ask_in(DOOR, issue, "walt", &format!("/timmy assign {agent}")).await;
    let mut work = t.works_on(issue, agent).await;
    let branch = format!("timmy/{issue}-{}", work.id);
    let file = format!("oil-{issue}.md");
    let head = t.sandbox.commit(agent, DOOR, &branch, &[(&file, "oil")], "Oil it").unwrap();
    let pull = t.sandbox.open_pull(agent, DOOR, "Oil it", "", &branch).unwrap();
    t.quiet().await;
    let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
    work.says(Progress::Ended { claim, usage: USED }).await;
    work.change = Some(ExaminedChange {
        size,
        guards: GuardCount { passed: 13, of: 13, lifted: 0 },
        passed: Vec::new(),
        lifted: Vec::new(),
    });
    work.is_judged_on(&head, pull, Verdict::Pass { ask: true }).await;
    t.reads(&t.sandbox.comments(DOOR, issue).unwrap());
    (work, pull)
}

fn large() -> Option<ChangeSize> {
    Some(ChangeSize { files: 9, added: 400, removed: 12, look_seconds: 2_700 })
}

fn small() -> Option<ChangeSize> {
    Some(ChangeSize { files: 3, added: 40, removed: 2, look_seconds: 334 })
}

fn with_bezalel(config: Config) -> Config {
    config.agent("bezalel", ["coder"])
}

/// bezalel works here as well, and there is something for it to do.
async fn bezalel_comes(t: &Talk) {
    t.introduce().await;
    t.sandbox.add_user("bezalel");
    t.sandbox.collaborator(DOOR, "bezalel", Mode::Write).unwrap();
    t.opens(DOOR, "rita", "It squeaks", "When it opens.").await;
}

/// What the newest comment of the report says from one line on to another.
fn told(t: &Talk, from: &str, to: &str) -> String {
    let day = days(t).pop().expect("a day").body;
    let (_, rest) = day.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {day}"));
    rest.split(to).next().unwrap().trim().to_owned()
}

#[tokio::test]
async fn each_question_has_its_line_and_quick_ones_come_first() {
    reported_where(with_bezalel, async |t| {
        bezalel_comes(t).await;
        let (_, of_ezra) = delivered(t, (1, "ezra"), large()).await;
        let (_, of_bezalel) = delivered(t, (2, "bezalel"), small()).await;
        let question = t.sandbox.comments(DOOR, 2).unwrap().pop().unwrap().body;
        assert!(
            question.contains(&format!(r"in \#{of_bezalel} (3 files, +40 -2). All")),
            "{question}"
        );
        t.wait(MINUTE).await;
        assert_eq!((of_ezra, of_bezalel), (3, 4));
        assert_snapshot!(told(t, "### Needs you", "<details>").replace('\u{200b}', ""), @r"
        | | question | reply here or there |
        |---|---|---|
        | foundation/door\#2 | Accept foundation/door\#4? | `/timmy approve d2` |
        | foundation/door\#1 | Accept foundation/door\#3? | `/timmy approve d1` |
        ");
        // Which works right there.
        t.reads(&days(t));
        let answer = t.ask_in(OFFICE, 1, "alexander", "/timmy approve d2").await;
        assert!(answer.contains("as approved in d2"), "{answer}");
        assert_eq!(t.job(2).await.state.kind(), StateKind::Done);
        t.reads(&t.sandbox.comments(DOOR, 2).unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_a_yes_only_closes_is_folded_away_and_calls_the_owner_all_the_same() {
    reported(async |t| {
        t.introduce().await;
        t.ask("walt", "/timmy assign ezra").await;
        let work = t.works("ezra").await;
        let cited = vec![Citation::File("door.rs".to_owned())];
        work.claims(AgentClaim::NoChange { cited }, Verdict::NoChange { ask: true }, &[]).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        t.wait(MINUTE).await;
        let day = days(t).pop().expect("a day").body;
        assert!(day.contains("**1 thing needs you, @alexander.**"), "{day}");
        assert!(!day.contains("### Needs you"), "{day}");
        assert_snapshot!(told(t, "<details><summary>A yes closes it", "</details>"), @r"
        : 1</summary>

        | | question | reply here or there |
        |---|---|---|
        | foundation/door\#1 | Is there nothing to change? | `/timmy approve d1` |
        ");
        t.reads(&days(t));
        let answer = t.ask_in(OFFICE, 1, "alexander", "/timmy approve d1").await;
        assert!(answer.contains("as approved in d1"), "{answer}");
        assert_eq!(t.job(1).await.state.kind(), StateKind::NoChange);
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_still_waits_calls_again_the_next_day() {
    reported(async |t| {
        t.introduce().await;
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        let (_work, _) = delivered(t, (1, "ezra"), small()).await;
        t.wait(MINUTE).await;
        let calls = |t: &Talk| -> Vec<usize> {
            days(t).iter().map(|day| day.body.matches(" @alexander").count()).collect()
        };
        assert_eq!(calls(t), [0], "an edit notifies nobody");
        until(t, "2026-11-24T08:00:00Z").await;
        assert_eq!(calls(t), [0, 1]);
        until(t, "2026-11-25T08:00:00Z").await;
        assert_eq!(calls(t), [0, 1, 1]);
        assert!(days(t)[2].body.contains("`/timmy approve d1`"));
    })
    .await;
}

#[tokio::test]
async fn what_was_accepted_and_not_merged_waits_for_somebody() {
    reported(async |t| {
        t.introduce().await;
        let (work, _) = delivered(t, (1, "ezra"), small()).await;
        t.ask("anna", "/timmy approve").await;
        work.happens(JobEvent::NotMerged(MergeRefusal::TooFewApprovals)).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        t.wait(MINUTE).await;
        assert_snapshot!(told(t, "### Needs you", "###"), @r"
        | | question | reply here or there |
        |---|---|---|
        | foundation/door\#2 | Accepted, and not merged: the branch wants more approvals than mine. | merge it there |
        ");
        // Somebody merges it by hand.
        let commit: Commit = "8b195ee08b195ee08b195ee08b195ee08b195ee0".parse().unwrap();
        work.happens(JobEvent::Merged(commit.into())).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        t.wait(MINUTE).await;
        assert!(!days(t)[0].body.contains("Needs you"), "{}", days(t)[0].body);
    })
    .await;
}

#[tokio::test]
async fn what_was_merged_is_told_with_its_guards_its_cost_and_what_people_had_to_do() {
    reported(async |t| {
        t.introduce().await;
        let (work, _) = delivered(t, (1, "ezra"), small()).await;
        t.ask("anna", "/timmy approve").await;
        let commit: Commit = "8b195ee08b195ee08b195ee08b195ee08b195ee0".parse().unwrap();
        work.happens(JobEvent::Merged(commit.into())).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        t.wait(MINUTE).await;
        assert_snapshot!(days(t)[0].body, @r"
        ## Monday, 23 November

        **Nothing needs you.** 1 shipped. People were needed 2.0 times per merged issue this week. 2 commands by 2 people, done.

        ### Shipped and verified
        | | result | agent | guards | USD |
        |---|---|---|---|---:|
        | foundation/door\#1 | foundation/door\#2 merged | `ezra` | 13/13 | 0.41 |

        <details><summary>Money and agents</summary>

        **0.41 of 50.00 USD** today, 0.41 per merged issue this week.

        | | fit | verified | first try | median | USD each | now |
        |---|---:|---:|---:|---:|---:|---|
        | `ezra` | 0.33 | 1 of 1 | 100 % | 0 s | 0.41 | idle |

        </details>

        <!-- timmy key=report.2026-11-23 -->
        ");
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_the_forge_does_not_show_is_told_apart_from_what_is_in_flight() {
    reported_where(with_bezalel, async |t| {
        bezalel_comes(t).await;
        t.ask("walt", "/timmy assign ezra").await;
        let work = t.works("ezra").await;
        let claim = AgentClaim::PullRequest { number: None, commit: None };
        let found = timmy::core::jobs::evidence::Finding::EmptyBranch;
        work.claims(claim, Verdict::Nothing, &[found]).await;
        delivered(t, (2, "bezalel"), small()).await;
        t.ask_in(DOOR, 2, "anna", "/timmy revise d1 use less oil").await;
        for issue in [1, 2] {
            t.reads(&t.sandbox.comments(DOOR, issue).unwrap());
        }
        t.wait(MINUTE).await;
        assert_snapshot!(told(t, "<details><summary>Claimed", "</details>"), @r"
        , not verified: 1 · in flight: 1</summary>

        - foundation/door\#1 The door does not open: `ezra` said that it was done. `timmy/1-j1` is there, with nothing new on it. The next attempt starts now (j1, attempt 2 of 3).
        - foundation/door\#2 It squeaks: The next round of repair starts now (j2, attempt 1 of 3, round 1 of 3).
        ");
    })
    .await;
}

/// ezra merges its own pull request for the door's first issue.
async fn merged_by_ezra(t: &Talk) -> Work<'_> {
    t.introduce().await;
    let (work, pull) = delivered(t, (1, "ezra"), small()).await;
    t.sandbox.merge("ezra", DOOR, pull).unwrap();
    for _ in 0..5 {
        t.wait(MINUTE).await;
    }
    assert_eq!(t.job(1).await.state, State::Done(Done::Merged));
    assert!(!t.sandbox.is_open(DOOR, 1).unwrap(), "as after any merge");
    t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
    work
}

/// The agents whose accounts merged something, as far as that is wrong by now.
async fn merged_by_agents(t: &Talk) -> Vec<String> {
    let all = t.timmy.read(incidents::all).await;
    let agents = all.into_iter().filter_map(|open| match open.incident {
        Incident::MergedByAgent { agent, .. } => Some(agent),
        _ => None,
    });
    agents.collect()
}

#[tokio::test]
async fn what_an_agent_merged_by_itself_is_told_with_what_to_do() {
    reported(async |t| {
        let _work = merged_by_ezra(t).await;
        assert_eq!(merged_by_agents(t).await, ["ezra"]);
        let day = days(t).pop().expect("a day").body;
        assert!(day.contains("merged what was brought for this by itself into main"), "{day}");
        assert!(day.contains("take away its right to merge there"), "{day}");
        assert!(day.contains("merged by `ezra` itself"), "{day}");
        // As long as nothing shows that it may not do so again, only a person says that it is over.
        t.wait(MINUTE).await;
        assert_eq!(merged_by_agents(t).await, ["ezra"]);
        t.ask("alexander", "/timmy resume ezra").await;
        assert_eq!(merged_by_agents(t).await, Vec::<String>::new());
        t.polls().await;
        assert_eq!(merged_by_agents(t).await, Vec::<String>::new());
    })
    .await;
}
