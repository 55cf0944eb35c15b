//! From an assignment to its end.

use timmy::agents::Sighting;
use timmy::clock::Clock as _;
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{Done, JobEvent, State, StateKind, ToldText};

use super::scripted::ended;
use super::stage::awake;
use crate::support::clock::{HOUR, MINUTE, SECOND};

#[tokio::test]
async fn what_is_assigned_runs_is_delivered_and_done() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert_eq!(stage.forge.script().orders.len(), 1);
    let attempt = stage.attempts(job).await.remove(0);
    assert!(attempt.request.is_some_and(|request| request.contains("Door 1")));
    assert!(attempt.run.is_some(), "its agent finds it again by this");
    assert!(attempt.key.ends_with("-j1-1"), "{}", attempt.key);

    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    let attempt = stage.attempts(job).await.remove(0);
    assert_eq!(attempt.doing.as_deref(), Some("reads `door.rs`"));

    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    let attempt = stage.attempts(job).await.remove(0);
    assert_eq!((attempt.said.as_deref(), attempt.left), (Some("done"), Some(true)));
    assert!(stage.bezalel.script().sent.is_empty());
    stage.end().await;
}

#[tokio::test]
async fn what_it_does_next_is_told_soon_though_it_says_nothing_more() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    let does = |doing: &str, sign: &str| {
        stage.ezra.goes(Sighting::Working { doing: Some(doing.into()), sign: sign.into() });
    };
    does("fetches the repository", "11");
    stage.pass(SECOND * 3, SECOND).await;
    does("runs `cargo test`", "12");
    stage.pass(SECOND * 20, SECOND).await;
    let attempt = stage.attempts(job).await.remove(0);
    assert_eq!(attempt.doing.as_deref(), Some("runs `cargo test`"));
    let late = stage.app.clock.now().since(attempt.seen_at.unwrap());
    assert!(late > SECOND * 15, "it was seen then, whenever that was kept: {late:?}");
    stage.end().await;
}

#[tokio::test]
async fn who_claims_without_having_done_is_followed_by_another() {
    let stage = awake().await;
    stage.ezra.script().plan.push_back(ended("all done, I promise"));
    stage.bezalel.script().plan.push_back(ended("all done, I promise"));
    let job = stage.assign(1, None).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let first = stage.attempts(job).await.remove(0);
    assert_eq!(first.left, Some(false));
    stage.wait(MINUTE * 2).await;
    let second = stage.attempts(job).await.remove(1);
    assert_ne!(first.agent, second.agent, "another family");
    stage.follow().await;
    for agent in [&stage.ezra, &stage.bezalel] {
        agent.script().plan.push_back(ended("done"));
    }
    stage.wait(MINUTE * 3).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_eq!(stage.job(job).await.past.spent(), 2);
    stage.end().await;
}

#[tokio::test]
async fn one_that_keeps_failing_dies() {
    let stage = awake().await;
    for agent in [&stage.ezra, &stage.bezalel] {
        let reason = || "ran out of turns".to_owned();
        let failed = || Sighting::Failed {
            kind: timmy::agents::FailureKind::GaveUp,
            reason: reason(),
            usage: Usage::NONE,
        };
        agent.script().plan.extend([failed(), failed(), failed()]);
    }
    let job = stage.assign(1, None).await;
    stage.pass(HOUR, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Dead);
    assert_eq!(stage.attempts(job).await.len(), 3);
    stage.end().await;
}

#[tokio::test]
async fn what_needs_a_person_stays_visible_and_retry_leads_out_of_it() {
    let stage = awake().await;
    stage.ezra.script().plan.push_back(ended("blocked"));
    let job = stage.assign(1, Some("ezra")).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    stage.wait(HOUR).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    stage.ezra.script().plan.push_back(ended("done"));
    stage.tell(job, JobEvent::Told(ToldText::by("anna", "Use oil."))).await;
    stage.tell(job, JobEvent::Retry(None)).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_eq!(stage.forge.script().orders[1].texts, [ToldText::by("anna", "Use oil.")]);
    stage.end().await;
}

#[tokio::test]
async fn no_change_is_an_outcome() {
    let stage = awake().await;
    stage.ezra.script().plan.push_back(ended("nothing to change"));
    let job = stage.assign(1, Some("ezra")).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::NoChange);
    stage.end().await;
}

#[tokio::test]
async fn agents_take_no_more_than_they_bear() {
    let stage = awake().await;
    let mut jobs = Vec::new();
    for number in 1..=5 {
        jobs.push(stage.assign(number, None).await);
    }
    let running = || async {
        let mut running = 0;
        for job in &jobs {
            running += u32::from(stage.kind(*job).await == StateKind::Running);
        }
        running
    };
    assert_eq!(running().await, 3, "ezra bears one, bezalel two");
    let waits = {
        let job = jobs[4];
        stage.app.timmy.read(move |conn| timmy::store::jobs::waits_for(conn, job)).await
    };
    assert!(waits.is_some(), "it is told why it waits");
    for agent in [&stage.ezra, &stage.bezalel] {
        for sighting in agent.script().runs.values_mut() {
            *sighting = ended("done");
        }
    }
    stage.follow().await;
    assert_eq!(running().await, 2, "whoever is free takes the next");
    for agent in [&stage.ezra, &stage.bezalel] {
        for sighting in agent.script().runs.values_mut() {
            *sighting = ended("done");
        }
    }
    stage.follow().await;
    for job in &jobs {
        assert_eq!(stage.kind(*job).await, StateKind::Done);
    }
    stage.end().await;
}

#[tokio::test]
async fn what_is_told_reaches_the_agent() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.tell(job, JobEvent::Told(ToldText::by("anna", "Use oil."))).await;
    stage.follow().await;
    assert_eq!(stage.ezra.script().told, ["Use oil."]);
    assert!(stage.job(job).await.past.unheard.is_empty());
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    stage.end().await;
}

#[tokio::test]
async fn an_issue_that_is_closed_ends_its_job() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.app.sandbox.set_open("alexander", crate::support::forge::DOOR, 1, false).unwrap();
    stage.pass(MINUTE * 4, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    assert_eq!(stage.ezra.script().stops.len(), 1);
    stage.end().await;
}
