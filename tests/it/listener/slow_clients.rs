//! Who says nothing, or not enough, cannot keep out who does.

use std::time::Duration;

use timmy::web::ListenerLimits;
use tokio::task::JoinSet;

use crate::listener::client::{Client, delivery, head};
use crate::listener::stage::{PATIENT, Stage};

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let stage = Stage::set(ListenerLimits { head_time: SOON, ..PATIENT }).await;
    stage.connect().await.closed().await;
}

#[tokio::test]
async fn half_a_head_is_not_waited_for() {
    let stage = Stage::set(ListenerLimits { head_time: SOON, ..PATIENT }).await;
    let mut client = stage.connect().await;
    client.send(b"POST /webhook HTTP/1.1\r\nHost: ti").await;
    client.closed().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answers() {
    // Enough for a second request that does not keep it waiting.
    let head_time = Duration::from_secs(2);
    let stage = Stage::set(ListenerLimits { head_time, ..PATIENT }).await;
    let mut client = stage.connect().await;
    for _ in 0..2 {
        client.send(&delivery(0)).await;
        assert_eq!(client.status().await, 202);
    }
    client.closed().await;
    assert_eq!(stage.stored(), 2);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let stage = Stage::set(ListenerLimits { body_time: SOON, ..PATIENT }).await;
    let mut client = stage.connect().await;
    client.send(&head(&"0".repeat(64), 99)).await;
    client.send(b"{").await;
    assert_eq!(client.status().await, 408);
}

/// However many there are and whatever they have sent: a new connection is always served, and the
/// one that has been silent for the longest time is closed for it.
#[tokio::test]
async fn silent_connections_do_not_shut_the_door() {
    let stage = Stage::set(ListenerLimits { connections: 4, ..PATIENT }).await;
    let beginnings = [
        Vec::new(),
        b"POST /webhook HTTP/1.1\r\nHost: ti".to_vec(),
        [head(&"0".repeat(64), 99), b"{".to_vec()].concat(),
    ];
    let mut silent = Vec::new();
    for beginning in beginnings.iter().cycle().take(30) {
        let mut client = stage.connect().await;
        client.send(beginning).await;
        silent.push(client);
    }
    assert_eq!(stage.deliver(0).await, 202);
    let mut closed: JoinSet<()> = silent.into_iter().map(Client::closed).collect();
    for _ in 0..26 {
        closed.join_next().await.unwrap().unwrap();
    }
    assert_eq!(stage.stored(), 1);
}

#[tokio::test]
async fn a_stop_waits_for_what_has_begun_and_for_nothing_else() {
    let stage = Stage::set(PATIENT).await;
    let (silent, mut begun) = (stage.connect().await, stage.connect().await);
    // Once it is answered, the other one is known to be accepted as well.
    begun.send(&delivery(0)).await;
    assert_eq!(begun.status().await, 202);
    let request = delivery(0);
    let (first, rest) = request.split_at(request.len() - 9);
    begun.send(first).await;
    let mut probe = stage.connect().await;
    probe.send(&delivery(0)).await;
    assert_eq!(probe.status().await, 202);
    stage.stop.cancel();
    silent.closed().await;
    begun.send(rest).await;
    assert_eq!(begun.status().await, 202);
    drop((begun, probe));
    stage.serving.await.unwrap();
}
