//! How an agent is, found out before it is given anything to do.

use std::sync::Arc;

use timmy::agents::{AgentTrouble, Asking, FailureKind, Sighting};
use timmy::clock::SystemClock;

use super::stage::Stage;

async fn stage() -> Stage {
    Stage::new(Arc::new(SystemClock)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_opens_a_session_is_well() {
    let stage = stage().await;
    let agent = stage.agent();
    let health = agent.health().await.unwrap();
    assert_eq!(health.version.as_deref(), Some("scripted 1.2"));
    assert_eq!(health.capabilities.asking, Asking::Seen);
    assert!(!health.capabilities.steer && agent.ends_with_timmy());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_a_trial_used_up_is_written_back() {
    let stage = stage().await.with("home_keep", ["login"].as_slice()).commanded("logs-in");
    std::fs::write(stage.path("home/login"), "1").unwrap();
    stage.agent().health().await.unwrap();
    assert_eq!(std::fs::read_to_string(stage.path("home/login")).unwrap(), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_logged_in_gets_no_work_and_costs_no_attempt() {
    let stage = stage().await.commanded("logged-out");
    assert_eq!(stage.agent().health().await, Err(AgentTrouble::BadKey));
    let failed = stage.end_of("[]").await;
    assert!(matches!(failed, Sighting::Failed { kind: FailureKind::BadKey, .. }), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mode_that_it_does_not_have_is_told_with_those_that_it_has() {
    let stage = stage().await.with("mode", "careful");
    let Err(trouble) = stage.agent().health().await else { panic!() };
    assert_eq!(
        trouble.to_string(),
        "it cannot be run here: it has no mode \"careful\": set its mode in the configuration to \
         one of \"default\", \"auto\""
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_ends_at_once_says_why() {
    let stage = stage().await.commanded("broken");
    let Err(trouble) = stage.agent().health().await else { panic!() };
    assert_eq!(trouble.to_string(), "it cannot be run here: it ended: no configuration was found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_is_named() {
    let stage = stage().await.with("command", ["no-such-agent-anywhere", "acp"]);
    let Err(trouble) = stage.agent().health().await else { panic!() };
    assert!(trouble.to_string().contains("no-such-agent-anywhere"), "{trouble}");
}
