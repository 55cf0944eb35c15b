//! What the backlog knows of agents that are driven: how they are, and what they proved.

use timmy::agents::AgentTrouble;
use timmy::core::jobs::{Commit, JobEvent, StateKind};
use timmy::core::scheduling::{AgentSlot, Depth};

use super::scripted::ended;
use super::stage::{Stage, awake};
use crate::support::clock::MINUTE;

async fn slot(stage: &Stage, name: &str) -> AgentSlot {
    let judged = stage.app.timmy.engine().ranking().await.unwrap();
    let mut workers = judged.setting.roster.workers.iter();
    workers.find(|slot| slot.name == name).unwrap().clone()
}

#[tokio::test]
async fn who_is_away_is_down_until_it_is_back() {
    let stage = awake().await;
    assert!(slot(&stage, "ezra").await.is_up);
    stage.ezra.script().trouble = Some(AgentTrouble::HostAway("no route".to_owned()));
    stage.pass(MINUTE * 2, MINUTE).await;
    assert!(!slot(&stage, "ezra").await.is_up);
    assert!(slot(&stage, "bezalel").await.is_up);
    stage.ezra.script().trouble = None;
    stage.pass(MINUTE * 2, MINUTE).await;
    assert!(slot(&stage, "ezra").await.is_up);
    stage.end().await;
}

#[tokio::test]
async fn who_was_away_is_asked_at_once_when_there_is_a_way_to_it() {
    let stage = awake().await;
    let is_up = |name: &str| stage.app.timmy.engine().agents()[name].is_up();
    stage.ezra.script().trouble = Some(AgentTrouble::HostAway("no route".to_owned()));
    stage.pass(MINUTE * 2, MINUTE).await;
    assert!(!is_up("ezra") && is_up("bezalel"));
    stage.ezra.script().trouble = None;
    let asked = stage.bezalel.script().asked;
    stage.app.timmy.engine().reaches_hosts();
    stage.go().await;
    assert!(is_up("ezra"));
    assert_eq!(stage.bezalel.script().asked, asked, "it was never away");
    stage.end().await;
}

#[tokio::test]
async fn what_ended_well_tells_how_well_its_agent_fits() {
    let stage = awake().await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    let tally = async |agent| {
        let judged = stage.app.timmy.engine().ranking().await.unwrap();
        let tally = judged.setting.roster.outcomes.fit(agent, 500_000, Depth::Role("coder")).tally;
        (tally.good, tally.all)
    };
    assert_eq!(tally("ezra").await, (0, 0), "nobody took it yet");
    let commit: Commit = "8b195ee08b195ee08b195ee08b195ee08b195ee0".parse().unwrap();
    stage.tell(job, JobEvent::Merged(commit.into())).await;
    stage.pass(MINUTE * 2, MINUTE).await;
    assert_eq!(tally("ezra").await, (1, 1));
    assert_eq!(tally("bezalel").await, (0, 0));
    stage.end().await;
}
