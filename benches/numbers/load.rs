//! A load generator that costs little: requests made and signed beforehand, answers read only as
//! far as their status.

use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The webhook's secret.
pub const SECRET: &str = "s3cret";

/// A delivery of Gitea 1.25.4, byte for byte, 7 KB: somebody comments.
const DELIVERY: &str = include_str!("../../tests/it/wire/recorded/1.25.4.raw.json");

/// Where the recorded comment says its id.
const COMMENT: &str = "\"comment\": {\n    \"id\": 9,";

/// What the server answers when it has stored something.
const ACCEPTED: &[u8] = b"HTTP/1.1 202";

/// `count` requests to `path`, each a delivery of a comment with an id of its own, from `first`.
pub fn deliveries(path: &str, first: usize, count: usize) -> Vec<Vec<u8>> {
    assert!(DELIVERY.contains(COMMENT), "the recording has changed");
    (first..first + count)
        .map(|id| {
            let body = DELIVERY.replace(COMMENT, &COMMENT.replace('9', &id.to_string()));
            let mut request = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 X-Gitea-Event: issue_comment\r\nX-Gitea-Signature: {}\r\n\
                 Content-Length: {}\r\n\r\n",
                signature(body.as_bytes()),
                body.len()
            );
            request.push_str(&body);
            request.into_bytes()
        })
        .collect()
}

fn signature(body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends `requests` over `connections` that stay open, on each one after the other, as fast as
/// they are answered. Gives the requests a second.
pub async fn flood(address: &str, connections: usize, requests: Vec<Vec<u8>>) -> f64 {
    let count = requests.len() as f64;
    let mut clients = Vec::new();
    for share in dealt(requests, connections) {
        clients.push((Client::connect(address).await, share));
    }
    let begun = Instant::now();
    let mut sending = JoinSet::new();
    for (mut client, share) in clients {
        sending.spawn(async move {
            for (_, request) in share {
                client.send(&request).await;
            }
        });
    }
    sending.join_all().await;
    count / begun.elapsed().as_secs_f64()
}

/// Sends `requests` at an even pace of `per_second` over `connections`. Gives the milliseconds
/// from when each was due until its answer came, so a server that stalls is charged for all that
/// had to wait, and the timer of this program, which wakes once in a millisecond, too.
pub async fn pace(
    address: &str,
    connections: usize,
    per_second: u32,
    requests: Vec<Vec<u8>>,
) -> Vec<f64> {
    let interval = Duration::from_secs(1) / per_second;
    let mut clients = Vec::new();
    for share in dealt(requests, connections) {
        clients.push((Client::connect(address).await, share));
    }
    let begun = tokio::time::Instant::now();
    let mut sending = JoinSet::new();
    for (mut client, share) in clients {
        sending.spawn(async move {
            let mut times = Vec::new();
            for (at, request) in share {
                let due = begun + interval * at;
                tokio::time::sleep_until(due).await;
                client.send(&request).await;
                times.push(due.elapsed().as_secs_f64() * 1e3);
            }
            times
        });
    }
    sending.join_all().await.concat()
}

/// `requests` with their places, dealt to so many hands in turn.
fn dealt(requests: Vec<Vec<u8>>, hands: usize) -> Vec<Vec<(u32, Vec<u8>)>> {
    let mut shares = vec![Vec::new(); hands];
    for (at, request) in (0..).zip(requests) {
        shares[at as usize % hands].push((at, request));
    }
    shares
}

/// A connection that stays open.
struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, answer: Vec::new() }
    }

    /// Sends a request and waits for its answer, which must be 202.
    async fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.unwrap();
        self.answer.clear();
        while !is_whole(&self.answer) {
            let read = self.stream.read_buf(&mut self.answer).await.unwrap();
            assert_ne!(read, 0, "the server closed the connection");
        }
        assert!(
            self.answer.starts_with(ACCEPTED),
            "not stored: {}",
            String::from_utf8_lossy(&self.answer)
        );
    }
}

/// Whether an answer has come to its end, as its `Content-Length` tells.
fn is_whole(answer: &[u8]) -> bool {
    let text = std::str::from_utf8(answer).unwrap_or_default();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| body.len() >= length.parse().unwrap())
}
