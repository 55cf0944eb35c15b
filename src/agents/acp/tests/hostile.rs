//! Agents that are broken, or mean harm.

use std::time::Duration;

use serde_json::{Value, json};

use super::scripted::{ScriptedAgent, Side, Told, agent, session};
use crate::agents::acp::end::failed;
use crate::agents::agent::FailureKind;
use crate::agents::run::WorkEnd;
use crate::agents::transcript::Speaker;
use crate::agents::trouble::AgentTrouble;

/// A session in which the agent is given its prompt, and does the rest.
async fn prompted<F: Future<Output = ScriptedAgent>>(
    part: impl FnOnce(ScriptedAgent, Value) -> F,
) -> Told {
    session("default", |mut agent| async move {
        let prompt = agent.opens().await;
        part(agent, prompt).await.ends().await;
    })
    .await
}

#[tokio::test]
async fn an_agent_that_never_answers_initialize_is_not_waited_for() {
    let (mut agent, line) = agent();
    let side = Side::new();
    let (told, ()) = tokio::join!(side.leads(line, "default", true), async {
        agent.asked("initialize").await;
        side.clock.advance(Duration::from_secs(60));
        agent.ends().await;
    });
    assert_eq!(told.trouble(), AgentTrouble::Timeout);
}

#[tokio::test]
async fn an_agent_that_may_start_slowly_is_waited_for_as_long_as_that() {
    let (mut agent, line) = agent();
    let side = Side { patience: Duration::from_secs(120), ..Side::new() };
    let (told, ()) = tokio::join!(side.leads(line, "default", true), async {
        let asked = agent.asked("initialize").await;
        side.clock.advance(Duration::from_secs(90));
        agent.answers(&asked, serde_json::json!({ "protocolVersion": 1 })).await;
        agent.asked("session/new").await;
        side.clock.advance(Duration::from_secs(120));
        agent.ends().await;
    });
    assert_eq!(told.trouble(), AgentTrouble::Timeout);
}

#[tokio::test]
async fn an_agent_that_ends_at_its_start_is_told_as_down() {
    let told = session("default", |agent| async move { drop(agent) }).await;
    assert_eq!(told.trouble(), AgentTrouble::Down("it ended".into()));
}

#[tokio::test]
async fn an_agent_that_ends_in_mid_turn_gave_up() {
    let told = session("default", |mut agent| async move {
        agent.opens().await;
        agent.speaks("I begin").await;
    })
    .await;
    assert_eq!(told.end, failed(FailureKind::GaveUp, "it ended"));
    assert_eq!(told.said_by(Speaker::Agent), ["I begin"]);
}

#[tokio::test]
async fn nonsense_is_passed_over_and_counted() {
    let told = prompted(async |mut agent, prompt| {
        agent.prints("hello\n{\n[1]\n\u{0}\u{1}\n").await;
        agent.prints(&format!("{}\n", "x".repeat(5 << 20))).await;
        agent.prints(&format!("{}\n", "[".repeat(100_000))).await;
        // Late, for nobody, of nothing.
        agent.says(&json!({ "id": 1, "result": {} })).await;
        agent.says(&json!({ "id": 77, "result": { "stopReason": "end_turn" } })).await;
        agent.says(&json!({ "id": null, "result": {} })).await;
        agent.updates(json!({ "sessionUpdate": "of_a_later_version" })).await;
        agent.updates(json!("what")).await;
        agent.speaks("done").await;
        agent.finishes(&prompt).await;
        agent
    })
    .await;
    assert_eq!(told.end, WorkEnd::Finished("done".into()));
    assert_eq!(told.said_by(Speaker::Note), ["7 lines of its output were no messages."]);
}

#[tokio::test]
async fn what_it_wants_from_the_client_is_refused_and_questions_of_other_sessions_are_cancelled() {
    let told = prompted(async |mut agent, prompt| {
        for (id, method) in [(0, "fs/read_text_file"), (1, "terminal/create"), (2, "rm/-rf")] {
            agent.says(&json!({ "id": id, "method": method, "params": {} })).await;
            let refused = agent.hears().await.unwrap();
            assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(id), &json!(-32601)));
        }
        agent.asks(json!(3), "another", "ls").await;
        let answer = agent.hears().await.unwrap();
        assert_eq!(answer["result"]["outcome"]["outcome"], "cancelled");
        let broken = json!({ "id": 4, "method": "session/request_permission", "params": [] });
        agent.says(&broken).await;
        let answer = agent.hears().await.unwrap();
        assert_eq!(answer["result"]["outcome"]["outcome"], "cancelled");
        agent.finishes(&prompt).await;
        agent
    })
    .await;
    assert!(matches!(told.end, WorkEnd::Finished(_)), "{told:?}");
}

#[tokio::test]
async fn what_another_session_says_is_none_of_this_one() {
    let told = prompted(async |mut agent, prompt| {
        let content = json!({ "type": "text", "text": "timmy-result: {}" });
        let update = json!({ "sessionUpdate": "agent_message_chunk", "content": content });
        let params = json!({ "sessionId": "another", "update": update });
        agent.says(&json!({ "method": "session/update", "params": params })).await;
        agent.finishes(&prompt).await;
        agent
    })
    .await;
    assert_eq!(told.end, WorkEnd::Finished(String::new()));
}

#[tokio::test]
async fn a_flood_of_words_is_bounded_and_its_end_is_kept() {
    let told = prompted(async |mut agent, prompt| {
        for _ in 0..300 {
            agent.speaks(&"word ".repeat(10_000)).await;
        }
        agent.speaks("the-token-of-ezra the end").await;
        agent.finishes(&prompt).await;
        agent
    })
    .await;
    let WorkEnd::Finished(said) = &told.end else { panic!("{told:?}") };
    assert!(said.len() <= 64 << 10 && said.ends_with("[secret] the end"), "{}", said.len());
    let kept: usize = told.transcript.iter().map(|entry| entry.text.len()).sum();
    assert!(kept <= 1 << 20, "{kept}");
}

#[tokio::test]
async fn an_agent_that_asks_without_end_and_reads_nothing_has_failed() {
    let (mut agent, line) = agent();
    let side = Side::new();
    let told = tokio::select! {
        told = side.leads(line, "default", true) => told,
        never = async {
            agent.opens().await;
            loop {
                let name = "x".repeat(100_000);
                agent.says(&json!({ "id": 1, "method": name, "params": {} })).await;
            }
        } => never,
    };
    let reason = "it does not read what it is told";
    assert_eq!(told.end, failed(FailureKind::GaveUp, reason));
}

#[tokio::test]
async fn ten_thousand_calls_that_never_end_are_no_harm() {
    let told = prompted(async |mut agent, prompt| {
        for number in 0..10_000 {
            agent
                .updates(json!({ "sessionUpdate": "tool_call", "title": "ls",
                "toolCallId": number.to_string(), "rawInput": { "n": number } }))
                .await;
        }
        agent.finishes(&prompt).await;
        agent
    })
    .await;
    assert!(matches!(told.end, WorkEnd::Finished(_)), "{told:?}");
}

#[tokio::test]
async fn an_unknown_session_and_an_answer_that_is_none_are_failures() {
    for answer in [json!({ "stopReason": "refusal" }), json!({}), json!([1]), Value::Null] {
        let told = prompted(async |mut agent, prompt| {
            agent.answers(&prompt, answer.clone()).await;
            agent
        })
        .await;
        let is_failure = matches!(told.end, WorkEnd::Failed { kind: FailureKind::GaveUp, .. });
        assert!(is_failure, "{answer}: {told:?}");
    }
}
