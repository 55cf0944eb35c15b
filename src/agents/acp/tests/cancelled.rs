//! Questions, their answers, and the cancel.

use std::time::Duration;

use serde_json::{Value, json};

use super::scripted::{Side, Told, agent};
use crate::agents::agent::{Allowance, Sighting};
use crate::agents::run::WorkEnd;

/// What it waits for, as whoever looks is told.
fn asks(side: &Side) -> Option<String> {
    match side.run.sighting().unwrap() {
        Sighting::Asks { question, .. } => question,
        _ => None,
    }
}

fn outcome(message: Option<Value>) -> String {
    let message = message.expect("an answer");
    let outcome = &message["result"]["outcome"];
    outcome["optionId"].as_str().or(outcome["outcome"].as_str()).unwrap().to_owned()
}

#[tokio::test]
async fn two_questions_at_once_are_answered_each_by_its_words() {
    let (mut agent, line) = agent();
    let side = Side::new();
    let (told, (), ()) = tokio::join!(
        side.leads(line, "default", false),
        async {
            let prompt = agent.opens().await;
            agent.asks(json!(0), "s", "rm a").await;
            agent.asks(json!("one"), "s", "rm b").await;
            let first = agent.hears().await.unwrap();
            assert_eq!(
                (&first["id"], outcome(Some(first.clone())).as_str()),
                (&json!("one"), "yes")
            );
            assert_eq!(outcome(agent.hears().await), "no");
            agent.speaks("done").await;
            agent.finishes(&prompt).await;
            agent.ends().await;
        },
        async {
            side.until(|_| asks(&side).as_deref() == Some("rm a")).await;
            while side.run.answer(Some("rm b"), true) == Allowance::NotAwaited {
                tokio::task::yield_now().await;
            }
            assert_eq!(side.run.answer(Some("rm b"), true), Allowance::NotAwaited, "once");
            assert_eq!(side.run.answer(Some("rm c"), true), Allowance::NotAwaited);
            assert_eq!(side.run.answer(None, false), Allowance::Taken);
            assert!(matches!(side.run.sighting().unwrap(), Sighting::Working { .. }));
        }
    );
    assert_eq!(told.end, WorkEnd::Finished("done".into()));
}

/// A session in which the agent asks, is stopped, and then does `then`.
async fn stopped(then: &str) -> (Told, Vec<String>) {
    let (mut agent, line) = agent();
    let side = Side::new();
    let (told, heard, ()) = tokio::join!(
        side.leads(line, "default", false),
        async {
            let prompt = agent.opens().await;
            agent.asks(json!(0), "s", "rm a").await;
            agent.asks(json!(1), "s", "rm b").await;
            agent.asked("session/cancel").await;
            let mut heard = vec![outcome(agent.hears().await), outcome(agent.hears().await)];
            // What it asks after that is answered in the same way.
            agent.asks(json!(2), "s", "rm c").await;
            heard.push(outcome(agent.hears().await));
            match then {
                "cancelled" => agent.answers(&prompt, json!({ "stopReason": "cancelled" })).await,
                "done" => agent.finishes(&prompt).await,
                "gone" => return heard,
                _ => {
                    // Its silence is not waited out.
                    side.clock.advance(Duration::from_secs(5));
                }
            }
            agent.ends().await;
            heard
        },
        async {
            side.until(|_| asks(&side).is_some()).await;
            side.run.stop.cancel();
            assert_eq!(side.run.answer(Some("rm a"), true), Allowance::NotAwaited);
        }
    );
    (told, heard)
}

#[tokio::test]
async fn a_cancel_answers_all_that_is_open_and_ends_however_the_agent_takes_it() {
    for then in ["cancelled", "done", "gone", "silent"] {
        let (told, heard) = stopped(then).await;
        assert_eq!(heard, ["cancelled"; 3], "{then}");
        assert_eq!(told.end, WorkEnd::Stopped, "{then}");
    }
}

#[tokio::test]
async fn what_is_said_after_the_end_reaches_nobody() {
    let (mut agent, line) = agent();
    let side = Side::new();
    let (told, ()) = tokio::join!(side.leads(line, "default", false), async {
        let prompt = agent.opens().await;
        agent.asks(json!(0), "s", "rm a").await;
        agent.finishes(&prompt).await;
        agent.ends().await;
    });
    side.run.ends(told.end);
    assert_eq!(side.run.answer(Some("rm a"), true), Allowance::NotAwaited);
    assert!(matches!(side.run.sighting().unwrap(), Sighting::Ended(_)));
}
