//! What is known of a model before it is given work.

use timmy::agents::{Agent, AgentTrouble, Asking};

use super::stage::Stage;
use crate::support::model::MODEL;

#[tokio::test]
async fn a_model_that_is_there() {
    let stage = Stage::new().await;
    let health = stage.agent.health().await.unwrap();
    assert_eq!((health.refuses, health.model.as_deref()), (None, Some(MODEL)));
    assert!(health.capabilities.steer && !health.capabilities.keyed);
    assert_eq!(health.capabilities.asking, Asking::NotNeeded);
    stage.model.has(&["another", "fake-model:latest"]);
    assert!(stage.agent.health().await.is_ok(), "so Ollama lists it");
}

#[tokio::test]
async fn what_is_wrong_is_told_apart() {
    let stage = Stage::new().await;
    stage.model.has(&["another"]);
    assert_eq!(stage.agent.health().await, Err(AgentTrouble::ModelGone(MODEL.into())));
    stage.model.wants("another");
    assert_eq!(stage.agent.health().await, Err(AgentTrouble::BadKey));
    let away = Stage::with(|options| options.url = "http://127.0.0.1:9/v1".parse().unwrap()).await;
    let trouble = away.agent.health().await.unwrap_err();
    assert!(matches!(trouble, AgentTrouble::Down(_)), "{trouble:?}");
}
