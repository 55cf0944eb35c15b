//! Budgets: what there is no room for waits, and says why; one incident for all that wait for the
//! budget of the day.

use timmy::core::jobs::StateKind;
use timmy::core::model::incident::Incident;
use timmy::store::{incidents, jobs};

use super::decisions::{said, says};
use super::stage::{Stage, awake, awake_where};
use crate::support::clock::{HOUR, MINUTE};

async fn over_the_day(stage: &Stage) -> Vec<String> {
    let open = stage.app.timmy.read(incidents::all).await;
    let of_day = open.into_iter().filter(|open| open.incident == Incident::DayBudgetSpent);
    of_day.map(|open| open.text).collect()
}

#[tokio::test]
async fn a_spent_day_is_one_incident_and_each_job_says_why_it_waits() {
    let stage = awake_where(|config| config.with("budget.day", "1usd")).await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.go().await;
    let waiting = [stage.assign(2, Some("bezalel")).await, stage.assign(3, None).await];
    stage.go().await;
    const SAID: &str = "the budget of the day is 1.00 USD, of which 0.67 USD is spent or set aside, \
                        and an attempt may take 0.67 USD: the next day helps, or for today the \
                        owner's `budget 2usd scope=all`";
    for id in waiting {
        assert_eq!(stage.kind(id).await, StateKind::Queued);
        let why = stage.app.timmy.read(move |conn| jobs::waits_for(conn, id)).await;
        assert!(why.as_deref().is_some_and(|why| why.contains(SAID)), "{why:?}");
    }
    assert_eq!(over_the_day(&stage).await, [SAID]);
    // What was spent stays spent.
    stage.cancel(first).await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(over_the_day(&stage).await, [SAID]);
    stage.end().await;
}

#[tokio::test]
async fn the_next_day_a_job_goes_on_by_itself() {
    let stage = awake_where(|config| config.with("budget.day", "1usd")).await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.go().await;
    let second = stage.assign(2, Some("bezalel")).await;
    stage.go().await;
    stage.cancel(first).await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(first).await, StateKind::Cancelled);
    assert_eq!(stage.kind(second).await, StateKind::Queued);
    assert_eq!(over_the_day(&stage).await.len(), 1);
    stage.pass(12 * HOUR, HOUR).await;
    assert_eq!(stage.kind(second).await, StateKind::Running, "nobody had to say anything");
    assert_eq!(over_the_day(&stage).await, [""; 0]);
    stage.end().await;
}

#[tokio::test]
async fn a_spent_day_is_told_no_longer_than_anything_waits_for_it() {
    let stage = awake_where(|config| config.with("budget.day", "1usd")).await;
    stage.assign(1, Some("ezra")).await;
    stage.go().await;
    let second = stage.assign(2, Some("bezalel")).await;
    stage.go().await;
    assert_eq!(over_the_day(&stage).await.len(), 1);
    stage.cancel(second).await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(over_the_day(&stage).await, [""; 0]);
    stage.end().await;
}

#[tokio::test]
async fn the_owner_lets_more_be_spent_today() {
    let stage = awake_where(|config| config.with("budget.day", "1usd")).await;
    stage.assign(1, Some("ezra")).await;
    stage.go().await;
    let second = stage.assign(2, Some("bezalel")).await;
    stage.go().await;
    assert_eq!(stage.kind(second).await, StateKind::Queued);
    says(&stage, "/timmy budget 2usd scope=all").await;
    let answer = said(&stage).pop().unwrap().1;
    let expected = "**Today the whole fleet may spend 2.00 USD.** From Tue 24 Nov, 00:00 UTC on";
    assert!(answer.starts_with(expected), "{answer}");
    assert_eq!(stage.kind(second).await, StateKind::Running);
    assert_eq!(over_the_day(&stage).await, [""; 0]);
    stage.end().await;
}

#[tokio::test]
async fn what_a_job_costs_is_shown_wherever_it_is_asked() {
    let stage = awake().await;
    stage.assign(2, Some("ezra")).await;
    stage.go().await;
    says(&stage, "/timmy budget scope=j1").await;
    let answer = said(&stage).pop().unwrap().1;
    let spent = r"and 0.67 USD of 2.00 USD on \#2, which j1 is about.";
    assert!(answer.contains(spent), "{answer}");
    let more = "`/timmy budget 4usd scope=j1` lets it cost that much until j1 ends.";
    assert!(answer.contains(more), "{answer}");
    says(&stage, "/timmy budget").await;
    let answer = said(&stage).pop().unwrap().1;
    assert!(answer.contains("and 0.00 USD of 2.00 USD on this."), "{answer}");
    says(&stage, "/timmy budget scope=j9").await;
    let answer = said(&stage).pop().unwrap().1;
    assert!(answer.starts_with("**Not found:** `j9`."), "{answer}");
    stage.end().await;
}

/// What is said of agents whose own day is spent.
async fn over_their_days(stage: &Stage) -> Vec<(String, String)> {
    let open = stage.app.timmy.read(incidents::all).await;
    let of_agents = open.into_iter().filter_map(|open| match open.incident {
        Incident::AgentDaySpent { name } => Some((name, open.text)),
        _ => None,
    });
    of_agents.collect()
}

#[tokio::test]
async fn an_agents_spent_day_is_an_incident_of_its_own_until_it_is_raised_or_over() {
    let stage = awake_where(|config| config.with("budget.agent_day", "1usd")).await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.go().await;
    stage.cancel(first).await;
    stage.pass(10 * MINUTE, MINUTE).await;
    let second = stage.assign(2, Some("ezra")).await;
    let other = stage.assign(3, Some("bezalel")).await;
    stage.go().await;
    assert_eq!(stage.kind(second).await, StateKind::Queued);
    assert_ne!(stage.kind(other).await, StateKind::Queued, "the day of another has room");
    const SAID: &str = "ezra: the budget of its day is 1.00 USD, of which 0.67 USD is spent or set \
                        aside, and an attempt may take 0.67 USD: the next day helps, or for today the \
                        owner's `budget 2usd scope=agent:ezra`";
    assert_eq!(over_their_days(&stage).await, [("ezra".to_owned(), SAID.to_owned())]);
    let why = stage.app.timmy.read(move |conn| jobs::waits_for(conn, second)).await;
    assert_eq!(why.as_deref(), SAID.strip_prefix("ezra: "), "its name stands before that");
    assert_eq!(over_the_day(&stage).await, [""; 0]);
    says(&stage, "/timmy budget 2usd scope=agent:ezra").await;
    assert_eq!(stage.kind(second).await, StateKind::Running);
    assert!(over_their_days(&stage).await.is_empty());
    stage.end().await;
}

#[tokio::test]
async fn an_agents_spent_day_is_over_with_the_day_or_when_nothing_waits() {
    let stage = awake_where(|config| config.with("budget.agent_day", "1usd")).await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.go().await;
    stage.cancel(first).await;
    stage.pass(10 * MINUTE, MINUTE).await;
    let second = stage.assign(2, Some("ezra")).await;
    stage.go().await;
    assert_eq!(over_their_days(&stage).await.len(), 1);
    stage.cancel(second).await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert!(over_their_days(&stage).await.is_empty());
    let third = stage.assign(3, Some("ezra")).await;
    stage.go().await;
    assert_eq!(over_their_days(&stage).await.len(), 1);
    stage.pass(12 * HOUR, HOUR).await;
    assert_eq!(stage.kind(third).await, StateKind::Running, "nobody had to say anything");
    assert!(over_their_days(&stage).await.is_empty());
    stage.end().await;
}
