//! A receiver of webhooks that believes only what is signed.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::support::delivery::sign;

/// A webhook that came.
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    /// The JSON that was signed.
    pub(crate) signed: Vec<u8>,
    /// The same, read.
    pub(crate) payload: Value,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether the signature is that of the payload under `secret`.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let hex = sign(secret, &self.signed);
        self.header("X-Gitea-Signature") == hex
            && self.header("X-Hub-Signature-256") == format!("sha256={hex}")
    }

    pub(crate) fn is_form(&self) -> bool {
        self.header("Content-Type") == "application/x-www-form-urlencoded"
    }
}

#[derive(Clone, Default)]
pub(crate) struct Receiver(Arc<Mutex<Vec<Received>>>);

impl Receiver {
    /// Starts receiving; the address is the second thing returned.
    pub(crate) async fn start() -> (Self, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/webhook", listener.local_addr().expect("an address"));
        let receiver = Self::default();
        let app = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (receiver, url)
    }

    /// What came since the last time.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.0.lock().expect("nobody panicked"))
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let form = headers.get("Content-Type").is_some_and(|t| t != "application/json");
    let signed = match form {
        true => form_urlencoded::parse(&body)
            .find(|(key, _)| key == "payload")
            .map(|(_, json)| json.into_owned().into_bytes())
            .unwrap_or_default(),
        false => body.to_vec(),
    };
    let payload = serde_json::from_slice(&signed).unwrap_or_default();
    receiver.0.lock().expect("nobody panicked").push(Received { headers, signed, payload });
    StatusCode::OK
}
