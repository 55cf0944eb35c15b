//! Decisions and dead letters are told elsewhere, once each: what they are and a link, and nothing of
//! what they say.

use timmy::agents::{FailureKind, Sighting};
use timmy::core::jobs::StateKind;
use timmy::core::jobs::money::Usage;

use super::decisions::{delivered, said};
use super::stage::{Stage, awake_where, live};
use crate::support::clock::{HOUR, MINUTE, SECOND};
use crate::support::config::Config;
use crate::support::forge::DOOR;
use crate::support::notified::NotifiedReceiver;

fn told_to(receiver: &NotifiedReceiver) -> impl FnOnce(Config) -> Config {
    let url = receiver.url.clone();
    move |config| config.with("notify.kind", "webhook").with("notify.url", url)
}

fn told(receiver: &NotifiedReceiver) -> Vec<String> {
    receiver.told().into_iter().map(|(kind, name)| format!("{kind} {name}")).collect()
}

fn link(stage: &Stage, rest: &str) -> String {
    format!("{}/{DOOR}/{rest}", stage.app.sandbox.url().trim_end_matches('/'))
}

#[tokio::test]
async fn a_question_is_told_once_with_a_link_to_it() {
    let receiver = NotifiedReceiver::start().await;
    let told_there = told_to(&receiver);
    let mut stage = live(|_| {}, |config| told_there(config).with("accept.on_yes", "merge")).await;
    let (job, _) = delivered(&stage).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    stage.pass(MINUTE, SECOND * 20).await;
    assert_eq!(told(&receiver), ["decision d1"]);
    let (question, _) =
        said(&stage).into_iter().rfind(|(_, body)| body.starts_with("### ")).unwrap();
    let message = receiver.came().remove(0);
    let expected = link(&stage, &format!("issues/1#issuecomment-{question}"));
    assert_eq!(message.json()["link"], expected);
    for private in ["Oil", "oil.md", "Door 1", "ezra", "alexander"] {
        assert!(!message.body.contains(private), "{}", message.body);
    }

    stage.pass(HOUR * 2, MINUTE * 10).await;
    stage.app.timmy.stop().await;
    stage.app.timmy.wake().await;
    stage.pass(MINUTE, SECOND * 20).await;
    assert_eq!(told(&receiver), ["decision d1"]);

    stage.end().await;
}

#[tokio::test]
async fn a_job_that_dies_is_told_once() {
    let receiver = NotifiedReceiver::start().await;
    let stage = awake_where(told_to(&receiver)).await;
    for agent in [&stage.ezra, &stage.bezalel] {
        let failed = || Sighting::Failed {
            kind: FailureKind::GaveUp,
            reason: "ran out of turns".to_owned(),
            usage: Usage::NONE,
        };
        agent.script().plan.extend([failed(), failed(), failed()]);
    }
    let job = stage.assign(1, None).await;
    stage.pass(HOUR, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Dead);
    stage.pass(HOUR, MINUTE * 5).await;
    let dead: Vec<String> =
        told(&receiver).into_iter().filter(|told| told.starts_with("dead_letter")).collect();
    assert_eq!(dead, ["dead_letter j1"]);
    let message = receiver.came().into_iter().find(|came| came.json()["name"] == "j1").unwrap();
    assert_eq!(message.json()["link"], link(&stage, "issues/1"));
    stage.end().await;
}

/// Whoever switches it on is told no old stories.
#[tokio::test]
async fn what_was_before_it_was_switched_on() {
    let receiver = NotifiedReceiver::start().await;
    let mut stage = awake_where(|config| config).await;
    for agent in [&stage.ezra, &stage.bezalel] {
        let failed = || Sighting::Failed {
            kind: FailureKind::GaveUp,
            reason: "ran out of turns".to_owned(),
            usage: Usage::NONE,
        };
        agent.script().plan.extend([failed(), failed(), failed()]);
    }
    let dead = stage.assign(2, None).await;
    stage.pass(HOUR, MINUTE).await;
    assert_eq!(stage.kind(dead).await, StateKind::Dead);
    stage.app.timmy.stop().await;
    stage.app.timmy.config = told_to(&receiver)(stage.app.timmy.config.clone());
    stage.app.timmy.wake().await;
    stage.pass(MINUTE * 5, MINUTE).await;
    let told = told(&receiver);
    assert!(!told.iter().any(|told| told.starts_with("dead_letter")), "{told:?}");
    stage.end().await;
}
