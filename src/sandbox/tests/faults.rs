//! What goes wrong with requests, and what is done all the same.

use reqwest::Method;

use super::Stage;
use crate::sandbox::{Fault, Gate, Matcher};

fn comments() -> Matcher {
    Matcher::method_path("POST", "/comments")
}

#[tokio::test]
async fn an_error_after_the_deed_hides_that_it_was_done() {
    let stage = Stage::new().await;
    stage.sandbox.faults().next(comments(), Fault::ErrorAfter);
    let response = stage.commenting("once").send().await.unwrap();
    assert_eq!(response.status(), 500);
    assert!(response.text().await.unwrap().starts_with(r#"{"message":"","url":"#));
    assert_eq!(stage.texts(), ["once"]);
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_deed() {
    let stage = Stage::new().await;
    stage.sandbox.faults().next(comments(), Fault::CutBefore);
    assert!(stage.commenting("not done").send().await.is_err());
    stage.sandbox.faults().next(comments(), Fault::CutAfter);
    assert!(stage.commenting("done").send().await.is_err());
    assert_eq!(stage.texts(), ["done"]);
    let statuses: Vec<_> = stage.sandbox.requests().iter().map(|asked| asked.status).collect();
    assert_eq!(statuses, [None, None]);
}

#[tokio::test]
async fn a_hanging_answer_comes_when_its_gate_opens() {
    let stage = Stage::new().await;
    let gate = Gate::new();
    stage.sandbox.faults().next(comments(), Fault::HangAfter(gate.clone()));
    let asking = tokio::spawn(stage.commenting("slow").send());
    gate.reached().await;
    assert_eq!(stage.texts(), ["slow"]);
    assert!(!asking.is_finished());
    gate.open();
    assert_eq!(asking.await.unwrap().unwrap().status(), 201);
}

#[tokio::test]
async fn a_late_write_lands_after_the_client_gave_up() {
    let stage = Stage::new().await;
    let gate = Gate::new();
    stage.sandbox.faults().next(comments(), Fault::Late(gate.clone()));
    let asking = tokio::spawn(stage.commenting("late").send());
    gate.reached().await;
    asking.abort();
    assert!(asking.await.is_err(), "the client gave up");
    assert!(stage.texts().is_empty());

    gate.open();
    gate.done().await;
    assert_eq!(stage.texts(), ["late"]);
}

#[tokio::test]
async fn proxies_answer_in_the_forges_place() {
    let stage = Stage::new().await;
    stage.sandbox.faults().next(comments(), Fault::BadGateway);
    stage.sandbox.faults().next(comments(), Fault::TooManyRequests { retry_after: 7 });
    let first = stage.commenting("a").send().await.unwrap();
    assert_eq!(first.status(), 502);
    assert!(first.text().await.unwrap().starts_with("<html>"));
    let second = stage.commenting("b").send().await.unwrap();
    assert_eq!(
        (second.status().as_u16(), &second.headers()["Retry-After"]),
        (429, &"7".parse().unwrap())
    );
    assert!(stage.texts().is_empty());
}

#[tokio::test]
async fn a_forge_that_is_down_closes_old_and_new_connections() {
    let stage = Stage::new().await;
    let version = || stage.ask(Method::GET, "", None);
    assert_eq!(version().await.0, 200);
    stage.sandbox.faults().down();
    assert!(stage.commenting("on the old connection").send().await.is_err());
    assert!(stage.commenting("on a new one").send().await.is_err());
    stage.sandbox.faults().up();
    assert_eq!(version().await.0, 200);
    assert!(stage.texts().is_empty());
}

#[tokio::test]
async fn nothing_is_answered_after_the_stop() {
    let stage = Stage::new().await;
    assert_eq!(stage.ask(Method::GET, "", None).await.0, 200);
    let request = stage.commenting("too late");
    stage.sandbox.stop().await;
    assert!(request.send().await.is_err());
}
