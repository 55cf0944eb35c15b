//! Hosts that go away, agents that are down, and what the world is told of that.

use timmy::agents::AgentTrouble;
use timmy::core::jobs::{JobId, JobLimits, NeverRan, StateKind};

use super::scripted::{AtStart, ended};
use super::stage::{Stage, awake};
use crate::support::clock::{DAY, HOUR, MINUTE};
use crate::support::forge::DOOR;
use crate::support::process::until;

/// alexander's word is heard, though an agent says nothing: until then time passes.
async fn is_answered(stage: &Stage, line: &str, says: &str) -> String {
    stage.app.clock.advance(MINUTE);
    stage.app.sandbox.comment("alexander", DOOR, 1, line).unwrap();
    let card = || {
        let said = stage.app.sandbox.comments(DOOR, 1).unwrap();
        said.into_iter().map(|said| said.body).find(|body| body.starts_with(says))
    };
    until(says, async || {
        stage.app.clock.advance(MINUTE);
        stage.app.timmy.engine().notify();
        card().is_some()
    })
    .await;
    card().expect("it is there")
}

#[tokio::test]
async fn an_agent_that_was_not_looked_at_yet_is_neither_paused_nor_away() {
    let mut stage = awake().await;
    stage.app.timmy.stop().await;
    stage.ezra.script().hangs_at_health = true;
    stage.app.timmy.start().await;
    stage.ezra.hangs().await;
    let says = "**Queued for `ezra`.** It waits: I have not looked at it yet.";
    let card = is_answered(&stage, "/timmy assign ezra", says).await;
    assert!(!card.contains("ezra: "), "{card}");
    stage.ezra.answers();
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(stage.kind(JobId(1)).await, StateKind::Running);
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    stage.end().await;
}

fn asleep() -> AgentTrouble {
    AgentTrouble::HostAway("no route".to_owned())
}

#[tokio::test]
async fn while_a_host_is_away_its_attempts_wait_and_their_clocks_stand() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.ezra.script().trouble = Some(asleep());
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    assert!(stage.app.timmy.noted().await.contains("agent ezra: its host cannot be reached"));
    stage.pass(DAY * 2, HOUR * 6).await;
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    stage.ezra.script().trouble = None;
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_eq!(stage.ezra.script().sent.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_host_that_never_comes_back_leaves_an_uncertain_attempt() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.ezra.script().trouble = Some(asleep());
    stage.pass(DAY * 4 + HOUR * 3, HOUR).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    stage.end().await;
}

#[tokio::test]
async fn a_job_waits_for_a_host_that_was_away_before_it_began() {
    let stage = awake().await;
    stage.ezra.script().trouble = Some(asleep());
    stage.pass(MINUTE * 2, MINUTE).await;
    let job = stage.assign(1, Some("ezra")).await;
    assert_eq!(stage.kind(job).await, StateKind::Queued);
    let card = || stage.app.sandbox.comments(DOOR, 1).unwrap().remove(0).body;
    let said = card();
    assert!(said.starts_with("**Queued for `ezra`.** It waits: "), "{said}");
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(card(), said, "it waits for the same");
    stage.ezra.script().trouble = None;
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    stage.end().await;
}

#[tokio::test]
async fn who_refuses_to_start_costs_no_attempt() {
    let stage = awake().await;
    stage.ezra.script().at_start.push_back(AtStart::Refuse(AgentTrouble::BadKey));
    let job = stage.assign(1, Some("ezra")).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert!(stage.app.timmy.noted().await.contains("agent ezra: its key is refused"));
    assert_eq!(stage.job(job).await.past.spent(), 0);
    stage.ezra.script().plan.push_back(ended("done"));
    stage.pass(MINUTE * 3, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.end().await;
}

#[tokio::test]
async fn an_account_without_access_is_an_incident_and_no_attempt() {
    let stage = awake().await;
    stage.forge.script().never.push_back(NeverRan::NoAccess);
    let job = stage.assign(1, Some("ezra")).await;
    assert!(stage.app.timmy.noted().await.contains("give its account write access"));
    assert_eq!(stage.job(job).await.past.spent(), 0);
    stage.pass(MINUTE * 3, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    stage.end().await;
}

#[tokio::test]
async fn an_agent_that_leaves_nothing_three_times_gets_one_job_an_hour() {
    let stage = awake().await;
    let limits = JobLimits { attempts: 1, ..JobLimits::default() };
    for number in 1..=3 {
        stage.ezra.script().plan.push_back(ended("all done, I promise"));
        let job = stage.assign_within(number, Some("ezra"), limits).await;
        stage.follow().await;
        assert_ne!(stage.kind(job).await, StateKind::Running);
    }
    let noted = stage.app.timmy.noted().await;
    assert!(noted.contains("ezra left nothing on the forge"), "{noted}");
    let fourth = stage.assign_within(4, Some("ezra"), limits).await;
    stage.pass(MINUTE * 30, MINUTE * 5).await;
    assert_eq!(stage.kind(fourth).await, StateKind::Queued);
    stage.ezra.script().plan.push_back(ended("done"));
    stage.pass(MINUTE * 40, MINUTE).await;
    assert_eq!(stage.kind(fourth).await, StateKind::Done);
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.end().await;
}

#[tokio::test]
async fn a_job_that_is_stuck_is_told_until_it_goes_on_or_nobody_looks_at_it() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    let (engine, told) = (stage.app.timmy.shared_engine(), format!("{job} stands still"));
    // Of what was never stuck nothing is told.
    engine.job_goes_on(job).await;
    assert_eq!(stage.app.timmy.noted().await, "");
    for _ in 0..2 {
        engine.job_is_stuck(job, told.clone()).await;
        engine.job_goes_on(JobId(99)).await;
        assert_eq!(stage.app.timmy.noted().await, told);
    }
    engine.job_goes_on(job).await;
    assert_eq!(stage.app.timmy.noted().await, "");
    // As long as somebody looks at it, polling leaves it open.
    for (stuck, is_left) in [(job, true), (JobId(99), false)] {
        engine.job_is_stuck(stuck, told.clone()).await;
        stage.pass(MINUTE * 5, MINUTE).await;
        assert_eq!(stage.app.timmy.noted().await == told, is_left, "{stuck}");
        engine.job_goes_on(job).await;
    }
    assert_eq!(stage.app.timmy.noted().await, "");
    drop(engine);
    stage.end().await;
}
