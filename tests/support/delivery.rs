//! A webhook by hand: what no well-behaved forge would send.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::config::SECRETS;
use crate::support::forge::DOOR;
use crate::support::people::account;

pub struct Delivery {
    pub event: &'static str,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub signature: String,
}

impl Delivery {
    /// Of a comment in the door's first issue, as Gitea would send it.
    pub fn of(comment: i64, who: &str, text: &str) -> Self {
        Self::saying(&payload(comment, who, text))
    }

    /// Of this payload, signed.
    pub fn saying(payload: &Value) -> Self {
        Self::raw(payload.to_string().as_bytes())
    }

    /// Of these bytes, signed.
    pub fn raw(body: &[u8]) -> Self {
        Self {
            event: "issue_comment",
            content_type: "application/json",
            body: body.to_vec(),
            signature: sign(SECRETS[0], body),
        }
    }

    /// Sends it; the status of the answer.
    pub async fn send(&self, webhook: &str) -> u16 {
        let address = webhook.strip_prefix("http://").and_then(|w| w.strip_suffix("/webhook"));
        let mut stream = TcpStream::connect(address.unwrap()).await.unwrap();
        let head = format!(
            "POST /webhook HTTP/1.1\r\nHost: timmy\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: {}\r\nX-Gitea-Event: {}\r\nX-Gitea-Signature: {}\r\n\r\n",
            self.body.len(),
            self.content_type,
            self.event,
            self.signature
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // Whoever is refused for its size is not read to the end.
        let _ = stream.write_all(&self.body).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }
}

/// What Gitea says of a new comment in the door's first issue.
pub fn payload(comment: i64, who: &str, text: &str) -> Value {
    let user = json!({ "id": account(who).id, "login": who });
    let time = "2026-11-23T12:00:00Z";
    json!({
        "action": "created",
        "issue": { "number": 1 },
        "comment": {
            "id": comment, "body": text, "user": user, "created_at": time, "updated_at": time,
        },
        "repository": {
            "id": 1, "full_name": DOOR, "private": false, "owner": { "visibility": "public" },
            "permissions": { "admin": false, "push": true, "pull": true },
        },
        "sender": user,
    })
}

/// The HMAC-SHA256 that Gitea puts into `X-Gitea-Signature`.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = <Hmac<Sha256>>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    base16ct::lower::encode_string(&mac.finalize().into_bytes())
}
