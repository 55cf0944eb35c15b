//! The sandbox and somebody who asks it, to see whether it answers as was recorded.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;
use timmy::core::model::time::Timestamp;
use timmy::sandbox::{Options, Order, Sandbox, Scopes, Version};

use crate::recorded::recording::{self, Exchange, Step, Walk, Webhook};
use crate::recorded::shape::Shapes;
use crate::support::forge::http_client;
use crate::support::receiver::{Received, Receiver};
use crate::support::work_tree::WorkTree;

/// What every webhook carries.
const WEBHOOK_HEADERS: [&str; 16] = [
    "accept-encoding",
    "content-type",
    "user-agent",
    "x-gitea-delivery",
    "x-gitea-event",
    "x-gitea-event-type",
    "x-gitea-signature",
    "x-github-delivery",
    "x-github-event",
    "x-github-event-type",
    "x-gogs-delivery",
    "x-gogs-event",
    "x-gogs-event-type",
    "x-gogs-signature",
    "x-hub-signature",
    "x-hub-signature-256",
];

/// What every webhook carries since 1.24, where the hook is installed.
const TARGET_HEADERS: [&str; 2] =
    ["x-gitea-hook-installation-target-type", "x-github-hook-installation-target-type"];

/// A forge with people in it, and somebody who asks it.
pub(crate) struct Stage {
    pub(crate) version: Version,
    pub(crate) sandbox: Sandbox,
    receiver: Receiver,
    secret: &'static str,
    pub(crate) tokens: HashMap<String, String>,
    pub(crate) kept: HashMap<String, i64>,
    /// Commits and files by their names, and where the forge is.
    pub(crate) kept_hashes: HashMap<String, String>,
    /// What people have cloned.
    pub(crate) trees: HashMap<String, WorkTree>,
    pub(crate) client: reqwest::Client,
    shapes: Shapes,
}

impl Stage {
    pub(crate) async fn new(version: Version, secret: &'static str) -> Self {
        let seconds = AtomicI64::new(1_700_000_000);
        let clock =
            move || Timestamp::from_micros(seconds.fetch_add(1, Ordering::Relaxed) * 1_000_000);
        let options = Options { clock: Arc::new(clock), order: Order::InOrder, version };
        let sandbox = Sandbox::start(options).await.expect("a free port");
        let receiver = Receiver::start().await;
        let mut tokens = HashMap::from([
            ("alexander".to_owned(), sandbox.add_site_admin("alexander")),
            ("nobody with a bad token".to_owned(), "f00d".repeat(10)),
        ]);
        for login in ["timmy", "ezra", "bezalel", "rando"] {
            tokens.insert(login.to_owned(), sandbox.add_user(login));
        }
        let narrow =
            sandbox.add_token("alexander", Scopes::of("read:issue")).expect("alexander is there");
        tokens.insert("alexander with read:issue".to_owned(), narrow);
        let kept_hashes = HashMap::from([("forge".to_owned(), sandbox.url().to_owned())]);
        Self {
            version,
            sandbox,
            receiver,
            secret,
            tokens,
            kept: HashMap::new(),
            kept_hashes,
            trees: HashMap::new(),
            client: http_client(),
            shapes: recording::shapes(version),
        }
    }

    /// `$name` becomes the number, or the hash, kept under it, the recorded receiver the present one.
    pub(crate) fn filled(&self, text: &str) -> String {
        let text = text.replace("http://gitea.example/webhook", &self.receiver.url);
        let hashes = self.kept_hashes.iter();
        let text = hashes.fold(text, |text, (name, hash)| text.replace(&format!("${name}"), hash));
        let mut names: Vec<_> = self.kept.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names.into_iter().fold(text, |text, (name, id)| {
            let id = id.to_string();
            text.replace(&format!("\"${name}\""), &id).replace(&format!("${name}"), &id)
        })
    }

    async fn send(&mut self, exchange: &Exchange) -> reqwest::Response {
        for turn in (2..=exchange.times).rev() {
            self.kept.insert("turn".to_owned(), turn as i64);
            self.send_once(exchange).await;
        }
        self.kept.insert("turn".to_owned(), 1);
        self.send_once(exchange).await
    }

    async fn send_once(&self, exchange: &Exchange) -> reqwest::Response {
        let url = format!("{}/api/v1{}", self.sandbox.url(), self.filled(&exchange.path));
        let method = exchange.method.parse().expect("a method");
        let mut request = self.client.request(method, url);
        if let Some(user) = &exchange.user {
            request = request.header("Authorization", format!("token {}", self.tokens[user]));
        }
        let body = exchange.body.as_ref().map(Value::to_string).or(exchange.raw.clone());
        if let Some(body) = body {
            request = request.body(self.filled(&body));
        }
        request.send().await.expect("an answer")
    }

    /// Sends a request; where what comes differs from what was recorded.
    async fn replay(&mut self, exchange: &Exchange) -> Vec<String> {
        let response = self.send(exchange).await;
        let mut found = Vec::new();
        let status = response.status().as_u16();
        if exchange.status.is_some_and(|wanted| wanted != status) {
            found.push(format!("expected status {:?}, found {status}", exchange.status));
        }
        if exchange.name.is_some() {
            for header in ["X-Total-Count", "Link", "Location"] {
                let wanted = exchange.headers.iter().any(|name| name == header);
                if response.headers().contains_key(header) != wanted {
                    found.push(format!("header {header} expected: {wanted}"));
                }
            }
        }
        let text = response.text().await.expect("a body");
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(shape) = &exchange.shape {
            found.extend(self.shapes.differences(shape, &body));
        }
        if exchange.text.as_deref().is_some_and(|wanted| wanted != text.trim()) {
            found.push(format!("expected {:?}, found {text:?}", exchange.text));
        }
        if exchange.empty && !text.is_empty() {
            found.push(format!("expected no body, found {text}"));
        }
        self.keep(exchange, &body);
        let came = self.deliveries().await;
        if exchange.webhook_count.is_some_and(|wanted| wanted != came.len()) {
            found.push(format!("{} webhooks", came.len()));
        }
        found.extend(self.compare_webhooks(&exchange.webhooks, &came));
        found
    }

    fn keep(&mut self, exchange: &Exchange, body: &Value) {
        let id = body["id"].as_i64().or(body[0]["id"].as_i64());
        if let (Some(name), Some(id)) = (&exchange.keep, id) {
            self.kept.insert(name.clone(), id);
        }
        let commit = body["commit"]["sha"].as_str().or(body["commit"]["id"].as_str());
        if let (Some(name), Some(id)) = (&exchange.keep_commit, commit) {
            self.kept_hashes.insert(name.clone(), id.to_owned());
        }
    }

    /// What was delivered since it was asked last.
    pub(crate) async fn deliveries(&mut self) -> Vec<Received> {
        self.sandbox.settle().await;
        self.receiver.take()
    }

    /// The recorded webhooks must be among those that came, in their order.
    pub(crate) fn compare_webhooks(&self, recorded: &[Webhook], came: &[Received]) -> Vec<String> {
        let mut found = Vec::new();
        let mut came = came.iter();
        for wanted in recorded {
            let fits = |hook: &&Received| wanted.is_named_like(hook);
            match came.by_ref().find(fits) {
                None => found.push(format!("{}: did not come", wanted.name)),
                Some(hook) => {
                    let payload = serde_json::from_slice(&hook.payload()).unwrap_or_default();
                    let differences = self.shapes.differences(&wanted.shape, &payload);
                    found.extend(differences.iter().map(|d| format!("{}{d}", wanted.name)));
                    found.extend(self.compare_envelope(wanted, hook));
                }
            }
        }
        found
    }

    fn compare_envelope(&self, wanted: &Webhook, hook: &Received) -> Vec<String> {
        let mut found = Vec::new();
        let missing = WEBHOOK_HEADERS.iter().filter(|name| !hook.headers.contains_key(**name));
        found.extend(missing.map(|header| format!("{}: no {header}", wanted.name)));
        let tells_target = self.version >= Version::V1_25;
        let wrong = TARGET_HEADERS.iter();
        let wrong = wrong.filter(|name| hook.headers.contains_key(**name) != tells_target);
        found.extend(wrong.map(|header| format!("{}: {header}", wanted.name)));
        if !hook.is_signed_with(self.secret) {
            found.push(format!("{}: wrong signature", wanted.name));
        }
        if !hook.payload().starts_with(b"{\n  \"") {
            found.push(format!("{}: not indented by two blanks", wanted.name));
        }
        if hook.is_form() != wanted.form {
            found.push(format!("{}: wrong content type", wanted.name));
        }
        found
    }

    pub(crate) async fn replay_all(&mut self, walk: Walk) {
        let mut wrong = Vec::new();
        for step in recording::steps(self.version, walk) {
            let (differences, what) = match &step {
                Step::Exchange(exchange) => (self.replay(exchange).await, exchange.path.clone()),
                Step::Git(git) => (self.run_git(git).await, git.git.join(" ")),
                Step::Commit(commit) => (self.commit(commit).await, commit.message.clone()),
            };
            let name = step.name().unwrap_or(&what);
            wrong.extend(differences.into_iter().map(|d| format!("{name}: {d}")));
        }
        let (version, count) = (self.version, wrong.len());
        assert!(wrong.is_empty(), "{version}, {count} differences:\n{}", wrong.join("\n"));
    }
}

impl Webhook {
    fn is_named_like(&self, hook: &Received) -> bool {
        let target = hook.header(TARGET_HEADERS[0]);
        hook.header("X-Gitea-Event") == self.event
            && hook.header("X-Gitea-Event-Type") == self.event_type
            && self.target.as_deref().is_none_or(|wanted| wanted == target)
    }
}
