//! What goes wrong with webhooks.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use tokio::sync::Barrier;

use super::{HookReceiver, Stage};
use crate::sandbox::{DeliveryFault, DeliveryResult, Gate, Order, Version};

fn say(stage: &Stage, text: &str) {
    stage.sandbox.comment("alexander", "alexander/door", 1, text).expect("he may");
}

#[tokio::test]
async fn a_webhook_comes_once() {
    let stage = Stage::new().await;
    let receiver = HookReceiver::on(&stage).await;
    say(&stage, "hello");
    stage.sandbox.settle().await;
    assert_eq!(receiver.texts(), ["hello"]);
    let log = stage.sandbox.deliveries();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].outcome, DeliveryResult::Answered(200));
    assert_eq!(vec![log[0].uuid.clone()], receiver.ids());
}

#[tokio::test]
async fn a_webhook_sent_twice_has_two_ids() {
    let stage = Stage::new().await;
    let receiver = HookReceiver::on(&stage).await;
    stage.sandbox.faults().next_delivery(DeliveryFault::Twice);
    say(&stage, "hello");
    stage.sandbox.settle().await;
    assert_eq!(receiver.texts(), ["hello", "hello"]);
    assert_ne!(receiver.ids()[0], receiver.ids()[1]);
}

#[tokio::test]
async fn a_dropped_webhook_never_comes() {
    let stage = Stage::new().await;
    let receiver = HookReceiver::on(&stage).await;
    stage.sandbox.faults().next_delivery(DeliveryFault::Dropped);
    say(&stage, "lost");
    say(&stage, "found");
    stage.sandbox.settle().await;
    assert_eq!(receiver.texts(), ["found"]);
    assert_eq!(stage.sandbox.deliveries()[0].outcome, DeliveryResult::Dropped);
}

#[tokio::test]
async fn a_held_webhook_comes_when_its_gate_opens() {
    let stage = Stage::new().await;
    let receiver = HookReceiver::on(&stage).await;
    let gate = Gate::new();
    stage.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
    say(&stage, "first");
    say(&stage, "second");
    stage.sandbox.settle().await;
    assert_eq!(receiver.texts(), ["second"]);
    gate.open();
    stage.sandbox.settle().await;
    assert_eq!(receiver.texts(), ["second", "first"]);
}

#[tokio::test]
async fn webhooks_change_places() {
    let stage = Stage::new().await;
    let receiver = HookReceiver::on(&stage).await;
    stage.sandbox.faults().next_delivery(DeliveryFault::AfterNext);
    say(&stage, "first");
    stage.sandbox.settle().await;
    assert!(receiver.texts().is_empty());
    say(&stage, "second");
    stage.sandbox.settle().await;
    assert_eq!(receiver.texts(), ["second", "first"]);
}

#[tokio::test]
async fn several_webhooks_wait_for_the_next() {
    let stage = Stage::new().await;
    let receiver = HookReceiver::on(&stage).await;
    stage.sandbox.faults().next_delivery(DeliveryFault::AfterNext);
    stage.sandbox.faults().next_delivery(DeliveryFault::AfterNext);
    for text in ["first", "second", "third"] {
        say(&stage, text);
    }
    stage.sandbox.settle().await;
    assert_eq!(receiver.texts(), ["third", "second", "first"]);
}

/// Answers nobody before four have come.
async fn wait_for_four(State(four): State<Arc<Barrier>>) {
    four.wait().await;
}

#[tokio::test]
async fn four_webhooks_are_on_their_way_at_once() {
    let stage = Stage::with(Order::Concurrent, Version::default()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = Router::new().fallback(wait_for_four).with_state(Arc::new(Barrier::new(4)));
    tokio::spawn(async move { axum::serve(listener, app).await });
    stage.sandbox.add_hook("alexander/door", &url, "s", &["issue_comment"]).unwrap();
    for text in ["a", "b", "c", "d"] {
        say(&stage, text);
    }
    stage.sandbox.settle().await;
    let log = stage.sandbox.deliveries();
    assert_eq!(log.len(), 4);
    assert!(log.iter().all(|delivery| delivery.outcome == DeliveryResult::Answered(200)));
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_not_tried_again() {
    let stage = Stage::new().await;
    // Nobody is lent the first port.
    let url = "http://127.0.0.1:1/";
    stage.sandbox.add_hook("alexander/door", url, "s", &["issue_comment"]).unwrap();
    say(&stage, "hello");
    stage.sandbox.settle().await;
    let outcomes: Vec<_> = stage.sandbox.deliveries().iter().map(|d| d.outcome).collect();
    assert_eq!(outcomes, [DeliveryResult::Failed]);
}
