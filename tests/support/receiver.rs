//! A receiver of webhooks.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use timmy::gitea::webhook::{self, Delivery};

use crate::support::config::SECRETS;
use crate::support::delivery::sign;

/// After this long what did not come does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A delivery, as it came.
#[derive(Debug)]
pub struct Received {
    pub headers: HeaderMap,
    body: Bytes,
}

pub struct Receiver {
    pub url: String,
    received: UnboundedReceiver<Received>,
}

impl Receiver {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", socket.local_addr().unwrap());
        let (sender, received) = mpsc::unbounded_channel();
        let receive = |headers: HeaderMap, body: Bytes| async move {
            // Nobody waits for it any more when the test has ended.
            let _ = sender.send(Received { headers, body });
            StatusCode::ACCEPTED
        };
        let router = Router::new().fallback(receive);
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { url, received }
    }

    /// The next delivery of this type; what else comes before is left out.
    pub async fn next(&mut self, event_type: &str) -> Received {
        let mut others = Vec::new();
        loop {
            let Ok(received) = tokio::time::timeout(PATIENCE, self.received.recv()).await else {
                panic!("no delivery of type {event_type} came, only {others:?}");
            };
            let received = received.unwrap();
            if received.event_type() == event_type {
                return received;
            }
            others.push(received.event_type().to_owned());
        }
    }

    /// The next delivery, whatever it is.
    pub async fn any(&mut self) -> Received {
        let received = tokio::time::timeout(PATIENCE, self.received.recv()).await;
        received.expect("a delivery").unwrap()
    }

    /// What the next delivery of this type means to timmy, if it is signed.
    pub async fn next_read(&mut self, event_type: &str) -> Delivery {
        self.next(event_type).await.read()
    }

    /// What has come and was not taken yet.
    pub fn take(&mut self) -> Vec<Received> {
        std::iter::from_fn(|| self.received.try_recv().ok()).collect()
    }
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn event_type(&self) -> &str {
        self.header("X-Gitea-Event-Type")
    }

    pub fn is_form(&self) -> bool {
        self.header("Content-Type") == "application/x-www-form-urlencoded"
    }

    /// Whether the signatures are those of the payload under `secret`.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let hex = sign(secret, &self.payload());
        self.header("X-Gitea-Signature") == hex
            && self.header("X-Hub-Signature-256") == format!("sha256={hex}")
    }

    /// What it means to timmy.
    pub fn read(&self) -> Delivery {
        assert!(self.is_signed_with(SECRETS[0]), "{self:?}");
        webhook::read(self.event_type(), &self.payload()).unwrap().delivery
    }

    /// The JSON that was signed.
    pub fn payload(&self) -> Vec<u8> {
        if !self.is_form() {
            return self.body.to_vec();
        }
        let mut fields = form_urlencoded::parse(&self.body);
        let payload = fields.find(|(key, _)| key == "payload");
        payload.map(|(_, json)| json.into_owned().into_bytes()).unwrap_or_default()
    }
}
