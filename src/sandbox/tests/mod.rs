//! The sandbox, asked over HTTP as timmy would ask it.

mod code;
mod deliveries;
mod faults;
mod rules;
mod speed;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{Mode, Options, Order, Sandbox, Version};
use crate::core::model::time::Timestamp;

/// A forge with one repository, one issue in it, and a bot that may write.
struct Stage {
    sandbox: Sandbox,
    /// timmy's token.
    timmy: String,
    client: reqwest::Client,
    /// The seconds that the forge's clock shows.
    seconds: Arc<AtomicI64>,
}

impl Stage {
    async fn new() -> Self {
        Self::with(Order::InOrder, Version::default()).await
    }

    async fn of(version: Version) -> Self {
        Self::with(Order::InOrder, version).await
    }

    async fn with(order: Order, version: Version) -> Self {
        let seconds = Arc::new(AtomicI64::new(1_700_000_000));
        let shown = Arc::clone(&seconds);
        let clock =
            move || Timestamp::from_micros(shown.load(Ordering::Relaxed) * 1_000_000 + 999_999);
        let options = Options { clock: Arc::new(clock), order, version };
        let sandbox = Sandbox::start(options).await.expect("a free port");
        sandbox.add_user("alexander");
        let timmy = sandbox.add_user("timmy");
        sandbox.add_repo("alexander/door", false).expect("alexander is there");
        sandbox.collaborator("alexander/door", "timmy", Mode::Write).expect("both are there");
        sandbox.open_issue("alexander", "alexander/door", "It squeaks", "").expect("he may");
        let client = super::deliveries::client().expect("TLS is set up");
        Self { sandbox, timmy, client, seconds }
    }

    fn request(&self, method: Method, path: &str, body: Option<Value>) -> RequestBuilder {
        let url = format!("{}/api/v1/repos/alexander/door{path}", self.sandbox.url());
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let token = format!("token {}", self.timmy);
        self.client.request(method, url).header("Authorization", token).body(body)
    }

    /// What the forge answers to timmy.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.request(method, path, body).send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// timmy comments on the issue.
    fn commenting(&self, text: &str) -> RequestBuilder {
        let body = serde_json::json!({ "body": text });
        self.request(Method::POST, "/issues/1/comments", Some(body))
    }

    /// The texts of the comments on the issue.
    fn texts(&self) -> Vec<String> {
        let comments = self.sandbox.comments("alexander/door", 1).expect("the issue is there");
        comments.into_iter().map(|said| said.body).collect()
    }

    fn pass_seconds(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

/// Webhooks that came: their ids and the comments that they tell of.
#[derive(Clone, Default)]
struct HookReceiver(Arc<Mutex<Vec<(String, String)>>>);

impl HookReceiver {
    /// Starts a receiver and hooks it to the repository of `stage`.
    async fn on(stage: &Stage) -> Self {
        let receiver = Self::default();
        let url = receiver.clone().listen().await;
        let hooked = stage.sandbox.add_hook("alexander/door", &url, "s", &["issue_comment"]);
        hooked.expect("the repository is there");
        receiver
    }

    async fn listen(self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(receive).with_state(self);
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    fn ids(&self) -> Vec<String> {
        self.0.lock().expect("nobody panicked").iter().map(|(id, _)| id.clone()).collect()
    }

    fn texts(&self) -> Vec<String> {
        self.0.lock().expect("nobody panicked").iter().map(|(_, text)| text.clone()).collect()
    }
}

async fn receive(State(receiver): State<HookReceiver>, headers: HeaderMap, body: String) {
    let id = headers["X-Gitea-Delivery"].to_str().expect("a UUID").to_owned();
    let payload: Value = serde_json::from_str(&body).expect("JSON");
    let text = payload["comment"]["body"].as_str().unwrap_or_default().to_owned();
    receiver.0.lock().expect("nobody panicked").push((id, text));
}
