//! Between the forge's webhooks and the bot: passes each on, and notes whether it was acknowledged.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use timmy::core::model::ids::Subject;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub struct Relay {
    pub url: String,
    wire: Arc<Wire>,
    serving: tokio::task::JoinHandle<()>,
}

struct Wire {
    client: reqwest::Client,
    target: String,
    acknowledged: Mutex<BTreeSet<String>>,
    count: watch::Sender<usize>,
}

impl Relay {
    /// Passes on to the bot's listener at `port`.
    pub async fn start(port: u16) -> Self {
        // Fails only where a provider is installed already, which is just as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Each delivery on a connection of its own: one to a bot that was killed is of no use.
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        let wire = Arc::new(Wire {
            client: client.build().unwrap(),
            target: format!("http://127.0.0.1:{port}/webhook"),
            acknowledged: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass_on).with_state(wire.clone());
        let serving = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, wire, serving }
    }

    /// Whether the bot has acknowledged, by a 2xx, the creation of this text; see [`name_of`].
    pub fn acknowledged(&self, name: &str) -> bool {
        self.wire.acknowledged.lock().unwrap().contains(name)
    }

    /// How many texts of people were acknowledged.
    pub fn count(&self) -> usize {
        *self.wire.count.borrow()
    }

    /// Returns when so many texts of people were acknowledged.
    pub async fn reaches(&self, count: usize) {
        self.wire.count.subscribe().wait_for(|seen| *seen >= count).await.unwrap();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass_on(State(wire): State<Arc<Wire>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let name = name_of(&serde_json::from_slice(&body).unwrap());
    let sent = wire.client.post(&wire.target).headers(headers).body(body).send().await;
    let status = sent.map_or(StatusCode::BAD_GATEWAY, |answer| answer.status());
    if let Some(name) = name
        && status.is_success()
    {
        let mut acknowledged = wire.acknowledged.lock().unwrap();
        acknowledged.insert(name);
        wire.count.send_replace(acknowledged.len());
    }
    status
}

/// What a webhook brings if it is a new text of a person: `c7` for a comment, else
/// `owner/repo#3` for the body of an issue or a pull request.
fn name_of(payload: &Value) -> Option<String> {
    if payload["sender"]["login"] == "timmy" {
        return None;
    }
    match payload["action"].as_str()? {
        "created" => Some(Subject::Comment(payload["comment"]["id"].as_i64()?).key()),
        "opened" => {
            let repo = payload["repository"]["full_name"].as_str()?;
            let number = payload["number"].as_i64().or(payload["issue"]["number"].as_i64())?;
            Some(body_of(repo, number))
        }
        _ => None,
    }
}

/// The name of the body of an issue or a pull request.
pub fn body_of(repo: &str, number: i64) -> String {
    format!("{repo}#{number}")
}
