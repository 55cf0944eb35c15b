//! What is wrong with the world is told once, whatever happens to timmy meanwhile.

use crate::notify::stage::awake;
use crate::support::clock::HOUR;

const AWAY: (&str, &str) = ("incident", "forge_down");

fn told(times: usize) -> Vec<(String, String)> {
    vec![(AWAY.0.to_owned(), AWAY.1.to_owned()); times]
}

#[tokio::test]
async fn an_incident_is_told_once_and_survives_a_restart() {
    let mut stage = awake(|config| config).await;
    stage.goes_away().await;
    assert_eq!(stage.receiver.told(), told(1));
    let message = stage.receiver.came().remove(0);
    assert_eq!(message.method, "POST");
    assert_eq!(message.header("content-type"), "application/json");
    assert_eq!(message.header("authorization"), "");
    let json = message.json();
    assert_eq!(json["link"], format!("{}/", stage.app.sandbox.url().trim_end_matches('/')));
    let fields: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(fields.len(), 4, "kind, name, link, id, and nothing else: {json}");

    stage.passes(60).await;
    stage.app.timmy.stop().await;
    stage.app.timmy.wake().await;
    stage.passes(10).await;
    assert_eq!(stage.receiver.told(), told(1));
    stage.app.timmy.stop().await;
}

/// One that comes and goes is the same one, until it was over for a while.
#[tokio::test]
async fn one_that_comes_and_goes_is_told_once() {
    let mut stage = awake(|config| config).await;
    stage.goes_away().await;
    stage.comes_back().await;
    stage.goes_away().await;
    assert_eq!(stage.receiver.told(), told(1));
    stage.comes_back().await;
    stage.passes(60).await;
    stage.goes_away().await;
    assert_eq!(stage.receiver.told(), told(2));
    let ids: std::collections::BTreeSet<String> =
        stage.receiver.came().iter().map(|came| came.id()).collect();
    assert_eq!(ids.len(), 2, "each is a message of its own");
    stage.app.timmy.stop().await;
}

/// At noon it is quiet.
#[tokio::test]
async fn what_falls_into_quiet_hours_is_told_after_them() {
    let mut stage = awake(|config| config.with("people.quiet_hours", "11:00-13:00")).await;
    stage.goes_away().await;
    assert_eq!(stage.receiver.told(), told(0));
    stage.passes(55).await;
    assert_eq!(stage.receiver.told(), told(1));

    // What is over before they end is nobody's business any more.
    stage.comes_back().await;
    stage.app.wait(HOUR * 22).await;
    stage.goes_away().await;
    stage.comes_back().await;
    stage.passes(120).await;
    assert_eq!(stage.receiver.told(), told(1));
    stage.app.timmy.stop().await;
}
