//! What is sent without a good signature is not kept.

use std::time::Duration;

use timmy::web::ListenerLimits;

use crate::listener::client::{delivery, head};
use crate::listener::stage::{MAX_BODY, PATIENT, Stage};
use crate::support::config::SECRETS;
use crate::support::delivery::sign;

const AT_ONCE: Duration = Duration::ZERO;

/// The answer comes although not a byte of the body was sent.
#[tokio::test]
async fn what_cannot_be_signed_is_refused_unread() {
    let stage = Stage::set(PATIENT).await;
    for signature in ["", "00", &"g".repeat(64), &"0".repeat(65)] {
        let mut client = stage.connect().await;
        client.send(&head(signature, 99)).await;
        assert_eq!(client.status().await, 401, "{signature}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_unread() {
    let stage = Stage::set(PATIENT).await;
    let mut client = stage.connect().await;
    client.send(&head(&sign(SECRETS[0], b""), MAX_BODY + 1)).await;
    assert_eq!(client.status().await, 413);
}

/// A body that does not say how long it is may be too long all the same.
#[tokio::test]
async fn a_chunked_body_is_read_no_further_than_allowed() {
    let stage = Stage::set(PATIENT).await;
    let mut client = stage.connect().await;
    let head = String::from_utf8(head(&sign(SECRETS[0], b""), 0)).unwrap();
    let head = head.replace("Content-Length: 0", "Transfer-Encoding: chunked");
    client.send(head.as_bytes()).await;
    let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
    for _ in 0..=MAX_BODY / 0x10000 {
        client.send(&chunk).await;
    }
    assert_eq!(client.status().await, 413);
}

#[tokio::test]
async fn small_and_large_deliveries_are_stored() {
    let stage = Stage::set(PATIENT).await;
    for padding in [0, 2 << 10, 100 << 10, MAX_BODY - (1 << 10)] {
        assert_eq!(stage.deliver(padding).await, 202, "{padding}");
    }
    assert_eq!(stage.stored(), 4);
}

/// Halves of large bodies take the memory that there is for them, and no more. Small deliveries do
/// not need it, and for a large one the oldest half gives way.
#[tokio::test]
async fn unfinished_bodies_give_way() {
    let stage = Stage::set(ListenerLimits { body_grace: AT_ONCE, ..PATIENT }).await;
    let mut halves = Vec::new();
    for _ in 0..8 {
        let mut client = stage.connect().await;
        client.send(&head(&"0".repeat(64), MAX_BODY)).await;
        client.send(&vec![b' '; MAX_BODY / 2]).await;
        halves.push(client);
    }
    assert_eq!(stage.deliver(0).await, 202);
    assert_eq!(stage.deliver(MAX_BODY - (1 << 10)).await, 202);
    // What is left is less than what one large delivery needs.
    for mut client in halves.drain(..6) {
        assert_eq!(client.status().await, 503);
    }
}

/// In its grace a body is waited for.
#[tokio::test]
async fn large_deliveries_wait_for_each_other() {
    let stage = Stage::set(PATIENT).await;
    let request = delivery(MAX_BODY - (1 << 10));
    let (first, rest) = request.split_at(request.len() - 9);
    let mut begun = stage.connect().await;
    begun.send(first).await;
    let mut other = stage.connect().await;
    let second = delivery(MAX_BODY - (1 << 10));
    let sending = tokio::spawn(async move {
        other.send(&second).await;
        other.status().await
    });
    assert_eq!(stage.deliver(0).await, 202);
    begun.send(rest).await;
    assert_eq!(begun.status().await, 202);
    assert_eq!(sending.await.unwrap(), 202);
}
