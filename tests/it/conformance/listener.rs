//! Somebody on this machine whom the server's webhooks call.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use timmy::core::policy::webhook_scope::HookScope;
use timmy::gitea::payload::payload;
use timmy::gitea::signature::{Keys, Signature};
use timmy::gitea::webhook::{self, Delivery};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver};

pub const SECRET: &str = "s3cret";

/// After this long what did not come does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A delivery, as it came.
#[derive(Debug)]
pub struct Arrived {
    headers: HeaderMap,
    body: Bytes,
}

pub struct Listener {
    pub url: String,
    arrived: UnboundedReceiver<Arrived>,
}

impl Listener {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", socket.local_addr().unwrap());
        let (sender, arrived) = mpsc::unbounded_channel();
        let receive = |headers: HeaderMap, body: Bytes| async move {
            // Nobody listens any more when the expectation has ended.
            let _ = sender.send(Arrived { headers, body });
            StatusCode::ACCEPTED
        };
        let router = Router::new().fallback(receive);
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { url, arrived }
    }

    /// The next delivery of this type; what else comes before is left out.
    pub async fn next(&mut self, event_type: &str) -> Arrived {
        let mut others = Vec::new();
        loop {
            let Ok(arrived) = tokio::time::timeout(PATIENCE, self.arrived.recv()).await else {
                panic!("no delivery of type {event_type} came, only {others:?}");
            };
            let arrived = arrived.unwrap();
            if arrived.event_type() == event_type {
                return arrived;
            }
            others.push(arrived.event_type().to_owned());
        }
    }

    /// The next delivery, whatever it is.
    pub async fn any(&mut self) -> Arrived {
        let arrived = tokio::time::timeout(PATIENCE, self.arrived.recv()).await;
        arrived.expect("a delivery").unwrap()
    }

    /// What the next delivery of this type means to timmy, if it is signed.
    pub async fn heard(&mut self, event_type: &str) -> Delivery {
        self.next(event_type).await.read()
    }
}

impl Arrived {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn event_type(&self) -> &str {
        self.header("X-Gitea-Event-Type")
    }

    pub fn is_signed_with(&self, secret: &str) -> bool {
        let Some(signature) = Signature::parse(self.header("X-Gitea-Signature")) else {
            return false;
        };
        let keys = Keys::new([(secret, HookScope::Everything)]);
        !keys.verify(&self.payload(), signature).is_empty()
    }

    /// What it means to timmy.
    pub fn read(&self) -> Delivery {
        assert!(self.is_signed_with(SECRET), "{self:?}");
        webhook::read(self.event_type(), &self.payload()).unwrap().delivery
    }

    fn payload(&self) -> Vec<u8> {
        payload(self.header("Content-Type"), &self.body).unwrap()
    }
}
