//! The sandbox against recordings of a real Gitea 1.25.4.
//!
//! Two walks were recorded, each a chain of requests and the webhooks that they caused. Here
//! every request is sent again, in the same order by the same people, and status, headers and
//! the shape of each body must be the recorded ones. `recorded/recordings.txt` names every
//! recording there is; what is not replayed stands in [`NOT_REPLAYED`], with the reason.

#[path = "recorded/receiver.rs"]
mod receiver;
#[path = "recorded/shape.rs"]
mod shape;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use receiver::{Received, Receiver};
use serde::Deserialize;
use serde_json::{Value, json};
use shape::Shapes;
use timmy::core::time::Timestamp;
use timmy::sandbox::{Mode, Options, Order, Sandbox, Scopes, Unit};

const FIRST_WALK: &str = include_str!("recorded/first_walk.jsonl");
const SECOND_WALK: &str = include_str!("recorded/second_walk.jsonl");
const RECORDINGS: &str = include_str!("recorded/recordings.txt");

/// Beginnings of the names of what is not replayed, and why.
const NOT_REPLAYED: [(&str, &str); 25] = [
    ("api-31-", "timmy does not read notifications"),
    ("api-44-", "timmy does not read timelines"),
    ("api-47-", "there is no git in the sandbox"),
    ("api-54-", "there is no git in the sandbox"),
    ("api-55-", "there is no git in the sandbox"),
    ("api-57-", "timmy sets no statuses yet"),
    ("api-58-", "timmy reads no statuses yet"),
    ("api-59-", "there is no git in the sandbox"),
    ("comment-02-", "too long for a fixture, see `texts_are_stored_as_they_were_sent`"),
    ("comment-03-", "too long for a fixture, see `texts_are_stored_as_they_were_sent`"),
    ("comment-1m-survives", "no exchange, see `texts_are_stored_as_they_were_sent`"),
    ("comment-64k-survives", "no exchange, see `texts_are_stored_as_they_were_sent`"),
    ("comment-bidi-survives", "no exchange, see `texts_are_stored_as_they_were_sent`"),
    ("comment-crlf-survives", "no exchange, see `texts_are_stored_as_they_were_sent`"),
    ("comment-emoji-survives", "no exchange, see `texts_are_stored_as_they_were_sent`"),
    ("comment-null-char-survives", "no exchange, see `texts_are_stored_as_they_were_sent`"),
    ("comment-edit-without-change-webhooks", "no exchange, a count that comment-07 checks"),
    ("edge-1", "timmy neither deletes issues nor transfers repositories"),
    ("edge-issue-delete-webhook", "timmy does not delete issues"),
    ("edge-rename-webhooks", "no exchange, a count that edge-01 checks"),
    ("hook-07-", "timmy makes no system hooks"),
    ("issue-22-", "timmy does not read timelines"),
    ("perm-19-", "timmy does not ask for permissions in organisations"),
    ("raw-comment-created", "one delivery's bytes; every signature is checked on arrival"),
    ("render-", "the sandbox renders no Markdown"),
];

/// The same for pull requests and pushes, which all have one reason.
const NEED_GIT: [&str; 22] = [
    "pull-01-",
    "pull-02-",
    "pull-03-",
    "pull-04-",
    "pull-07-",
    "pull-15-",
    "pull-16-",
    "pull-17-",
    "pull-18-",
    "pull-19-",
    "pull-20-",
    "pull-21-",
    "pull-22-",
    "pull-23-",
    "pull-24-",
    "webhook-13-",
    "webhook-14-",
    "webhook-20-",
    "webhook-21-",
    "webhook-22-",
    "webhook-23-",
    "webhook-24-",
];

/// What every webhook carries.
const WEBHOOK_HEADERS: [&str; 18] = [
    "accept-encoding",
    "content-type",
    "user-agent",
    "x-gitea-delivery",
    "x-gitea-event",
    "x-gitea-event-type",
    "x-gitea-hook-installation-target-type",
    "x-gitea-signature",
    "x-github-delivery",
    "x-github-event",
    "x-github-event-type",
    "x-github-hook-installation-target-type",
    "x-gogs-delivery",
    "x-gogs-event",
    "x-gogs-event-type",
    "x-gogs-signature",
    "x-hub-signature",
    "x-hub-signature-256",
];

/// A request, and what must come of it.
#[derive(Deserialize)]
struct Exchange {
    /// The recording; none for a step that only leads there.
    name: Option<String>,
    /// Who asks; none without a token.
    #[serde(rename = "as")]
    user: Option<String>,
    method: String,
    /// The path, in which `$name` stands for a number that was kept.
    path: String,
    body: Option<Value>,
    /// A body that is no JSON.
    raw: Option<String>,
    /// Keep the `id` of the answer under this name.
    keep: Option<String>,
    status: Option<u16>,
    /// Which of the headers that matter are there.
    #[serde(default)]
    headers: Vec<String>,
    /// The shape of the body; none if the recording was cut off.
    shape: Option<Value>,
    #[serde(default)]
    empty: bool,
    #[serde(default)]
    webhooks: Vec<Webhook>,
    /// How many webhooks come, where that was recorded.
    webhook_count: Option<usize>,
}

/// A webhook that must come.
#[derive(Deserialize)]
struct Webhook {
    name: String,
    event: String,
    event_type: String,
    target: Option<String>,
    #[serde(default)]
    form: bool,
    shape: Value,
}

fn exchanges(walk: &str) -> Vec<Exchange> {
    walk.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// A forge with people in it, and somebody who asks it.
struct Stage {
    sandbox: Sandbox,
    receiver: Receiver,
    receiver_url: String,
    secret: &'static str,
    tokens: HashMap<String, String>,
    kept: HashMap<String, i64>,
    client: reqwest::Client,
    shapes: Shapes,
}

impl Stage {
    async fn new(secret: &'static str) -> Self {
        // Fails if another test of this process was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let seconds = AtomicI64::new(1_700_000_000);
        let clock =
            move || Timestamp::from_micros(seconds.fetch_add(1, Ordering::Relaxed) * 1_000_000);
        let options = Options { clock: Arc::new(clock), order: Order::InOrder };
        let sandbox = Sandbox::start(options).await.expect("a free port");
        let (receiver, receiver_url) = Receiver::start().await;
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
        let redirects = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder()
            .redirect(redirects)
            .no_proxy()
            .build()
            .expect("TLS is set up");
        let (kept, shapes) = (HashMap::new(), Shapes::load());
        Self { sandbox, receiver, receiver_url, secret, tokens, kept, client, shapes }
    }

    /// `$name` becomes the number kept under it, the recorded receiver the present one.
    fn filled(&self, text: &str) -> String {
        let text = text.replace("http://gitea.example/webhook", &self.receiver_url);
        let mut names: Vec<_> = self.kept.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names.into_iter().fold(text, |text, (name, id)| {
            let id = id.to_string();
            text.replace(&format!("\"${name}\""), &id).replace(&format!("${name}"), &id)
        })
    }

    async fn send(&self, exchange: &Exchange) -> reqwest::Response {
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
        if exchange.empty && !text.is_empty() {
            found.push(format!("expected no body, found {text}"));
        }
        if let (Some(name), Some(id)) = (&exchange.keep, body["id"].as_i64()) {
            self.kept.insert(name.clone(), id);
        }
        self.sandbox.settle().await;
        found.extend(self.compare_webhooks(exchange, self.receiver.take()));
        found
    }

    /// The recorded webhooks must be among those that came, in their order.
    fn compare_webhooks(&self, exchange: &Exchange, came: Vec<Received>) -> Vec<String> {
        let mut found = Vec::new();
        if exchange.webhook_count.is_some_and(|wanted| wanted != came.len()) {
            found.push(format!("{} webhooks", came.len()));
        }
        let mut came = came.iter();
        for wanted in &exchange.webhooks {
            let fits = |hook: &&Received| wanted.is_named_like(hook);
            match came.by_ref().find(fits) {
                None => found.push(format!("{}: did not come", wanted.name)),
                Some(hook) => {
                    let differences = self.shapes.differences(&wanted.shape, &hook.payload);
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
        if !hook.is_signed_with(self.secret) {
            found.push(format!("{}: wrong signature", wanted.name));
        }
        if !hook.signed.starts_with(b"{\n  \"") {
            found.push(format!("{}: not indented by two blanks", wanted.name));
        }
        if hook.is_form() != wanted.form {
            found.push(format!("{}: wrong content type", wanted.name));
        }
        found
    }

    async fn replay_all(&mut self, walk: &str) {
        let mut wrong = Vec::new();
        for exchange in exchanges(walk) {
            let differences = self.replay(&exchange).await;
            let name = exchange.name.as_deref().unwrap_or(&exchange.path);
            wrong.extend(differences.into_iter().map(|d| format!("{name}: {d}")));
        }
        assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    }
}

impl Webhook {
    fn is_named_like(&self, hook: &Received) -> bool {
        let target = hook.header("X-Gitea-Hook-Installation-Target-Type");
        hook.header("X-Gitea-Event") == self.event
            && hook.header("X-Gitea-Event-Type") == self.event_type
            && self.target.as_deref().is_none_or(|wanted| wanted == target)
    }
}

#[tokio::test]
async fn the_first_walk() {
    let mut stage = Stage::new("sekrit").await;
    let sandbox = &stage.sandbox;
    sandbox.add_org("foundation", "alexander").unwrap();
    sandbox.add_repo("foundation/config", false).unwrap();
    sandbox.add_repo("foundation/private-notes", true).unwrap();
    for writer in ["timmy", "ezra", "bezalel"] {
        sandbox.collaborator("foundation/config", writer, Mode::Write).unwrap();
    }
    let due = Timestamp::parse("2026-12-24T00:00:00Z");
    sandbox.add_milestone("foundation/config", "v1", due).unwrap();
    stage.replay_all(FIRST_WALK).await;
}

#[tokio::test]
async fn the_second_walk() {
    let mut stage = Stage::new("s").await;
    let sandbox = &stage.sandbox;
    sandbox.add_org("lab", "alexander").unwrap();
    let all = [Unit::Code, Unit::Issues, Unit::Pulls].map(|unit| (unit, Mode::Write));
    let makers = sandbox.add_team("lab", "makers", &all, &["timmy", "ezra"]).unwrap();
    let triage = [(Unit::Code, Mode::Read), (Unit::Issues, Mode::Write), (Unit::Pulls, Mode::Read)];
    sandbox.add_team("lab", "triage", &triage, &["bezalel"]).unwrap();
    let public = sandbox.add_repo("lab/pub", false).unwrap();
    sandbox.add_repo("lab/priv", true).unwrap();
    stage.kept.insert("makers".to_owned(), makers);
    stage.kept.insert("pub".to_owned(), public.0);
    stage.replay_all(SECOND_WALK).await;
}

#[tokio::test]
async fn texts_are_stored_as_they_were_sent() {
    let stage = Stage::new("s").await;
    stage.sandbox.add_repo("ezra/notes", false).unwrap();
    stage.sandbox.open_issue("ezra", "ezra/notes", "Texts", "").unwrap();
    let texts = [
        "a\r\n/timmy status\r\n".to_owned(),
        "a\0b".to_owned(),
        "\u{202e}/timmy approve".to_owned(),
        "\u{1f44d} :+1: \u{e9}".to_owned(),
        "x".repeat(65_536),
        "y".repeat(1_048_576),
    ];
    for text in &texts {
        let url = format!("{}/api/v1/repos/ezra/notes/issues/1/comments", stage.sandbox.url());
        let request = stage.client.post(url).body(json!({ "body": text }).to_string());
        let token = format!("token {}", stage.tokens["ezra"]);
        let response = request.header("Authorization", token).send().await.unwrap();
        assert_eq!(response.status(), 201);
    }
    let stored = stage.sandbox.comments("ezra/notes", 1).unwrap();
    assert!(stored.iter().map(|said| &said.body).eq(&texts));
}

#[test]
fn every_recording_is_replayed_or_has_a_reason_not_to_be() {
    let all = exchanges(FIRST_WALK).into_iter().chain(exchanges(SECOND_WALK));
    let mut replayed = BTreeSet::new();
    for exchange in all {
        replayed.extend(exchange.name);
        replayed.extend(exchange.webhooks.into_iter().map(|webhook| webhook.name));
    }
    let excused = |name: &str| {
        let beginnings = NOT_REPLAYED.iter().map(|(start, _)| *start).chain(NEED_GIT);
        beginnings.filter(|start| name.starts_with(start)).count() > 0
    };
    let recordings: BTreeSet<String> = RECORDINGS.lines().map(str::to_owned).collect();
    let forgotten: Vec<_> =
        recordings.iter().filter(|name| !replayed.contains(*name) && !excused(name)).collect();
    assert!(forgotten.is_empty(), "neither replayed nor excused: {forgotten:?}");
    let invented: Vec<_> = replayed.difference(&recordings).collect();
    assert!(invented.is_empty(), "replayed, but never recorded: {invented:?}");
}
