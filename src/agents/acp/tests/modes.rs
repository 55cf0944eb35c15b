//! The mode is always set, and only one that the agent has.

use serde_json::{Value, json};

use super::scripted::{ScriptedAgent, session};
use crate::agents::agent::FailureKind;
use crate::agents::run::WorkEnd;
use crate::agents::trouble::AgentTrouble;

async fn offers(agent: &mut ScriptedAgent, session: Value) {
    let asked = agent.asked("initialize").await;
    agent.answers(&asked, json!({ "protocolVersion": 1 })).await;
    let asked = agent.asked("session/new").await;
    agent.answers(&asked, session).await;
}

fn modes(ids: &[&str]) -> Value {
    let modes: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "name": id })).collect();
    json!({ "sessionId": "s", "modes": { "currentModeId": "auto", "availableModes": modes } })
}

#[tokio::test]
async fn a_mode_that_the_agent_does_not_have_is_refused_with_those_that_it_has() {
    let told = session("default", |mut agent| async move {
        offers(&mut agent, modes(&["build", "plan"])).await;
        assert_eq!(agent.hears().await, None, "nothing is asked of it then");
    })
    .await;
    let AgentTrouble::CannotRun(words) = told.trouble() else { panic!() };
    assert_eq!(
        words,
        "it has no mode \"default\": set its mode in the configuration to one of \"build\", \"plan\""
    );
}

#[tokio::test]
async fn who_has_no_modes_can_be_put_into_none() {
    let told = session("default", |mut agent| async move {
        let prompt = agent.opens().await;
        agent.finishes(&prompt).await;
        agent.ends().await;
    })
    .await;
    assert!(matches!(told.end, WorkEnd::Finished(_)), "{told:?}");
    let told = session("careful", |mut agent| async move {
        offers(&mut agent, json!({ "sessionId": "s" })).await;
        agent.ends().await;
    })
    .await;
    assert!(matches!(told.trouble(), AgentTrouble::CannotRun(_)));
}

#[tokio::test]
async fn a_mode_that_is_not_taken_is_noticed() {
    let told = session("ask", |mut agent| async move {
        let option = |now: &str| {
            json!([{ "id": "m", "category": "mode", "currentValue": now,
                "options": [{ "value": "ask" }, { "value": "auto" }] }])
        };
        offers(&mut agent, json!({ "sessionId": "s", "configOptions": option("auto") })).await;
        let asked = agent.asked("session/set_config_option").await;
        let wanted = json!({ "sessionId": "s", "configId": "m", "value": "ask" });
        assert_eq!(asked["params"], wanted);
        agent.answers(&asked, json!({ "configOptions": option("auto") })).await;
        agent.ends().await;
    })
    .await;
    assert!(matches!(told.trouble(), AgentTrouble::CannotRun(_)));
}

#[tokio::test]
async fn an_agent_that_leaves_its_mode_has_failed() {
    let told = session("default", |mut agent| async move {
        offers(&mut agent, modes(&["default", "auto"])).await;
        let asked = agent.asked("session/set_mode").await;
        agent.answers(&asked, Value::Null).await;
        let prompt = agent.asked("session/prompt").await;
        agent
            .updates(json!({ "sessionUpdate": "current_mode_update",
            "currentModeId": "default" }))
            .await;
        agent
            .updates(json!({ "sessionUpdate": "current_mode_update", "currentModeId": "auto" }))
            .await;
        agent.finishes(&prompt).await;
        agent.ends().await;
    })
    .await;
    let WorkEnd::Failed { kind: FailureKind::GaveUp, reason } = told.end else {
        panic!("{told:?}")
    };
    assert!(reason.contains("left the mode"), "{reason}");
}

#[tokio::test]
async fn another_version_of_the_protocol_is_not_spoken() {
    let told = session("default", |mut agent| async move {
        let asked = agent.asked("initialize").await;
        agent.answers(&asked, json!({ "protocolVersion": 2 })).await;
        agent.ends().await;
    })
    .await;
    let AgentTrouble::CannotRun(words) = told.trouble() else { panic!() };
    assert!(words.contains("version 2"), "{words}");
}
