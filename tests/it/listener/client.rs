//! Somebody on the other side of a socket, who need not be a well-behaved forge.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::config::SECRETS;
use crate::support::delivery::{payload, sign};

pub struct Client(TcpStream);

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends as much of it as the other side takes.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// The status of the next answer; 0 if the connection ends without one.
    pub async fn status(&mut self) -> u16 {
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            match self.0.read_u8().await {
                Ok(byte) => answer.push(byte),
                Err(_) => return 0,
            }
        }
        let head = String::from_utf8(answer).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await.unwrap();
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Returns when the other side has closed the connection.
    pub async fn closed(mut self) {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest).await;
        assert_eq!(rest, b"", "something was said");
    }
}

/// The head of a request with a body of `length` bytes. `signature` may be any text.
pub fn head(signature: &str, length: usize) -> Vec<u8> {
    format!(
        "POST /webhook HTTP/1.1\r\nHost: timmy\r\nContent-Type: application/json\r\n\
         X-Gitea-Event: issue_comment\r\nX-Gitea-Signature: {signature}\r\n\
         Content-Length: {length}\r\n\r\n"
    )
    .into_bytes()
}

/// A whole request of a comment of its own, signed, whose body has `padding` bytes too many.
pub fn delivery(padding: usize) -> Vec<u8> {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    let payload = payload(NEXT.fetch_add(1, Ordering::Relaxed), "walt", "/timmy ping");
    let mut body = payload.to_string().into_bytes();
    body.resize(body.len() + padding, b' ');
    let mut request = head(&sign(SECRETS[0], &body), body.len());
    request.extend(body);
    request
}
