//! What is told to an attempt that runs.

use timmy::agents::{Agent, AgentTrouble, Sighting, SteerOutcome};

use super::stage::{MENDS, Stage};

#[tokio::test]
async fn the_model_hears_it_before_its_next_turn() {
    let stage = Stage::new().await;
    let handle = stage.start(&format!("[[wait:gate]]{MENDS}")).await;
    stage.asked(1).await;
    let told = stage.agent.steer(&handle, "Leave the lock alone.").await;
    assert_eq!(told, Ok(SteerOutcome::Taken));
    stage.model.open("gate");
    let Sighting::Ended(ending) = stage.end(&handle).await else { panic!() };
    assert_eq!(ending.unheard, None);
    let heard = stage.model.asked()[1].body.to_string();
    assert!(heard.contains("Leave the lock alone."), "{heard}");
    assert_eq!(stage.agent.steer(&handle, "Wait!").await, Ok(SteerOutcome::NotNow));
}

#[tokio::test]
async fn what_comes_too_late_is_told_as_unheard() {
    let stage = Stage::new().await;
    let prompt = r#"[[wait:gate]][[call:finish {"outcome":"blocked","summary":"x"}]]"#;
    let handle = stage.start(prompt).await;
    stage.asked(1).await;
    stage.agent.steer(&handle, "Wait!").await.unwrap();
    stage.model.open("gate");
    let Sighting::Ended(ending) = stage.end(&handle).await else { panic!() };
    assert_eq!(ending.unheard.as_deref(), Some("Wait!"));
}

#[tokio::test]
async fn it_stops_when_it_is_asked_to() {
    let stage = Stage::new().await;
    let handle = stage.start(&format!("[[wait:never]]{MENDS}")).await;
    stage.asked(1).await;
    stage.agent.stop(&handle).await.unwrap();
    assert!(matches!(stage.end(&handle).await, Sighting::Stopped(_)));
    assert!(stage.repository.heads().is_empty());
    assert_eq!(stage.agent.deny(&handle).await, Err(AgentTrouble::Unsupported));
}

#[tokio::test]
async fn what_it_does_is_told_in_a_few_words() {
    let stage = Stage::new().await;
    let handle = stage.start(&format!("[[wait:gate]]{MENDS}")).await;
    stage.asked(1).await;
    let Ok(Sighting::Working { doing, sign }) = stage.agent.follow(&handle).await else { panic!() };
    assert_eq!(doing.as_deref(), Some("turn 1: thinks"));
    let Ok(Sighting::Working { sign: same, .. }) = stage.agent.follow(&handle).await else {
        panic!()
    };
    assert_eq!(sign, same, "nothing moved");
    stage.model.open("gate");
    stage.end(&handle).await;
}
