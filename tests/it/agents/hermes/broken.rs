//! Gateways that hang, lie, and say what no gateway says.

use std::sync::Arc;

use serde_json::json;
use timmy::agents::{Agent, AgentTrouble, Sighting, Started};
use timmy::sandbox::gateway::RunStatus;
use timmy::sandbox::{Fault, Gate, Matcher};

use super::stage::{BOTH, NEW, Stage, accepted, agent_at};
use crate::support::clock::{MINUTE, noon};
use crate::support::process::free_port;

fn status() -> Matcher {
    Matcher::method_path("GET", "/v1/runs/")
}

#[tokio::test]
async fn what_is_no_answer_of_a_gateway_is_garbage_and_changes_nothing() {
    let stage = Stage::of(NEW).await;
    let run = stage.started("k", "hang").await;
    let huge = format!("{{\"run_id\":\"{}\"}}", "x".repeat(17 << 20)).into_bytes();
    let deep = "[".repeat(100_000).into_bytes();
    for body in [b"\xff\xfe\x00".to_vec(), b"".to_vec(), b"<html>login</html>".to_vec(), huge, deep]
    {
        stage.gateway.next_answer(status(), 200, body);
        let seen = stage.agent.follow(&run).await;
        let Err(AgentTrouble::Garbage(words)) = &seen else { panic!("{seen:?}") };
        assert!(words.len() < 250, "{words}");
    }
    stage.gateway.faults().next(status(), Fault::BadGateway);
    assert!(matches!(stage.agent.follow(&run).await, Err(AgentTrouble::Down(_))));
    assert!(matches!(stage.seen(&run).await, Sighting::Working { .. }));
}

#[tokio::test]
async fn a_gateway_that_lies_about_its_runs_is_unclear() {
    let stage = Stage::of(NEW).await;
    let run = stage.started("k", "hang").await;
    let id = stage.gateway.runs()[0].id.clone();
    for lie in [
        json!({ "run_id": "run_of_another", "status": "completed", "output": "done" }),
        json!({ "run_id": id, "session_id": "another", "status": "completed", "output": "done" }),
        json!({ "run_id": id, "status": "sublimated" }),
    ] {
        let path = format!("/v1/runs/{id}");
        stage.gateway.next_answer(Matcher::method_path("GET", &path), 200, lie.to_string());
        let seen = stage.seen(&run).await;
        assert!(matches!(seen, Sighting::Unclear(_)), "{seen:?}");
    }
}

#[tokio::test]
async fn an_answer_to_a_start_that_names_no_run_is_unknown() {
    for answer in ["{\"run_id\":\"../../etc\"}", "{\"status\":\"started\"}", "started", ""] {
        let stage = Stage::of(NEW).await;
        stage.gateway.next_answer(Matcher::method_path("POST", "/v1/runs"), 202, answer);
        let started = stage.agent.start(&stage.prepared("k", "hang")).await.unwrap();
        assert!(matches!(started, Started::Unknown(_)), "{started:?}");
    }
}

#[tokio::test]
async fn a_gateway_that_hangs_is_given_up_and_asked_again() {
    for version in BOTH {
        let clock = noon();
        let stage = Stage::at(version, Arc::new(clock.clone())).await;
        let run = stage.started("a", "hang").await;
        let gate = Gate::new();
        let once = Matcher::method_path("GET", &stage.gateway.runs()[0].id);
        stage.gateway.faults().next(once, Fault::HangAfter(gate.clone()));
        let (seen, ()) = tokio::join!(stage.agent.follow(&run), async {
            gate.reached().await;
            clock.advance(MINUTE);
        });
        assert_eq!(seen, Err(AgentTrouble::Timeout));

        let gate = Gate::new();
        let start = Matcher::method_path("POST", "/v1/runs");
        stage.gateway.faults().next(start, Fault::HangAfter(gate.clone()));
        let request = stage.prepared("b", "hang");
        let (started, ()) = tokio::join!(stage.agent.start(&request), async {
            gate.reached().await;
            clock.advance(MINUTE);
        });
        assert!(matches!(started, Ok(Started::Unknown(_))), "{started:?}");
        assert!(stage.agent.find(&request).await.unwrap().is_some());
        assert_eq!(stage.gateway.runs().len(), 2);
    }
}

#[tokio::test]
async fn refusals_are_told_apart_by_their_status() {
    let stage = Stage::of(NEW).await;
    let start = || Matcher::method_path("POST", "/v1/runs");
    for (status, body, surely_not) in [
        (400, "{\"error\":{\"message\":\"Missing 'input' field\",\"code\":null}}", true),
        (401, "{}", true),
        (404, "404: Not Found", true),
        (413, "{\"error\":{\"code\":\"body_too_large\"}}", true),
        (301, "", true),
        (500, "500 Internal Server Error", false),
        (502, "<html>", false),
        (503, "<html>", false),
        (200, "<html>login</html>", false),
    ] {
        stage.gateway.next_answer(start(), status, body);
        let started = stage.agent.start(&stage.prepared("k", "hang")).await.unwrap();
        let is_refused = matches!(started, Started::Refused(_));
        assert_eq!(is_refused, surely_not, "{status}: {started:?}");
    }
    assert_eq!(stage.gateway.runs().len(), 0);
}

#[tokio::test]
async fn nobody_there_and_no_hermes_there_are_different() {
    let clock = Arc::new(timmy::clock::SystemClock);
    let nobody = agent_at(&format!("http://127.0.0.1:{}", free_port()), "k", clock.clone());
    assert!(matches!(nobody.health().await, Err(AgentTrouble::Down(_))));
    let stage = Stage::of(NEW).await;
    let elsewhere = agent_at(&format!("{}/below", stage.gateway.url()), "wrong", clock);
    assert_eq!(elsewhere.health().await, Err(AgentTrouble::BadKey));
    let health = Matcher::method_path("GET", "/health/detailed");
    stage.gateway.next_answer(health, 404, "404: Not Found");
    assert_eq!(stage.agent.health().await, Err(AgentTrouble::Unsupported));
    let no_model = json!({ "readiness": { "checks": { "model": { "status": "degraded" } } } });
    let health = Matcher::method_path("GET", "/health/detailed");
    stage.gateway.next_answer(health, 200, no_model.to_string());
    assert!(matches!(stage.agent.health().await, Err(AgentTrouble::ModelGone(_))));
}

#[tokio::test]
async fn a_stream_of_garbage_harms_nothing() {
    let stage = Stage::of(NEW).await;
    let events = Matcher::method_path("GET", "/events");
    stage.gateway.next_answer(events, 200, "x".repeat(3 << 20));
    let events = Matcher::method_path("GET", "/events");
    stage.gateway.next_answer(events, 200, "data: {\"event\": 5}\n\ndata: nothing\n\n: hm\n\n");
    let run = accepted(stage.agent.start(&stage.prepared("k", "hang")).await.unwrap());
    loop {
        let Sighting::Working { doing, .. } = stage.seen(&run).await else { panic!() };
        if doing.as_deref() == Some("terminal: sleep 600") {
            break;
        }
        tokio::task::yield_now().await;
    }
    stage.agent.stop(&run).await.unwrap();
    stage.until(RunStatus::Cancelled).await;
}
