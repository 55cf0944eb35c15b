//! The bare chain from a comment to its reply: the requests and durable commits that timmy makes,
//! in the same order, with nothing between them.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use reqwest::{Client, Method};
use rusqlite::Connection;
use serde_json::Value;
use timmy::sandbox::Asked;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::stage::{OWNER, Stage};

/// A request as timmy made it, to make again about another comment.
#[derive(Clone)]
pub struct Link {
    method: Method,
    /// With `{issue}` and `{comment}` where their numbers stand.
    path: String,
    body: Option<Value>,
}

impl Link {
    /// What was `asked` about the comment `comment` of the issue `issue`, which was answered so.
    pub fn of(asked: &Asked, issue: i64, comment: i64, reply: &str) -> Self {
        // The comment first: its path begins as an issue's does.
        let path = asked
            .path
            .replace(&format!("issues/comments/{comment}"), "issues/comments/{comment}")
            .replace(&format!("issues/{issue}"), "issues/{issue}");
        let body = match asked.method.as_str() {
            "GET" => None,
            _ if path.contains("/reactions") => Some(serde_json::json!({"content": "eyes"})),
            _ => Some(serde_json::json!({ "body": reply })),
        };
        Self { method: asked.method.parse().unwrap(), path, body }
    }

    fn writes(&self) -> bool {
        self.body.is_some()
    }

    /// How many commits come before it: a claim is stored before it is sent; so is any other
    /// write, and what it follows from.
    fn commits(&self) -> usize {
        match self.path.ends_with("/reactions") {
            _ if !self.writes() => 0,
            true => 1,
            false => 2,
        }
    }
}

/// Answers in timmy's place at the address of a stage.
pub struct Chain {
    links: Arc<Mutex<Vec<Link>>>,
    _runtime: Runtime,
}

struct Bare {
    links: Arc<Mutex<Vec<Link>>>,
    ledger: Mutex<Connection>,
    client: Client,
    url: String,
    token: String,
}

impl Chain {
    pub fn start(stage: &Stage) -> Self {
        let runtime = Runtime::new().unwrap();
        // Nothing is encrypted here, but a client is not made without.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let links = Arc::new(Mutex::default());
        let bare = Arc::new(Bare {
            links: Arc::clone(&links),
            ledger: Mutex::new(ledger(&stage.ledger())),
            client: Client::builder().tcp_nodelay(true).build().unwrap(),
            url: stage.sandbox.url().to_owned(),
            token: stage.token.clone(),
        });
        let router = Router::new().route("/webhook", post(heard)).with_state(bare);
        let listener = runtime.block_on(TcpListener::bind(&stage.address)).unwrap();
        runtime.spawn(async { axum::serve(listener, router).await });
        Self { links, _runtime: runtime }
    }

    /// From now on each comment is answered by these.
    pub fn follow(&self, links: &[Link]) {
        links.clone_into(&mut self.links.lock().unwrap());
    }
}

/// A file that is as durable as timmy's ledger.
fn ledger(path: &Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.pragma_update(None, "journal_mode", "wal").unwrap();
    conn.pragma_update(None, "synchronous", "full").unwrap();
    conn.execute("CREATE TABLE rows (text TEXT)", []).unwrap();
    conn
}

async fn heard(State(bare): State<Arc<Bare>>, body: Bytes) -> StatusCode {
    bare.commit(std::str::from_utf8(&body).unwrap());
    let told: Value = serde_json::from_slice(&body).unwrap();
    if told["comment"]["user"]["login"] == OWNER {
        let (issue, comment) = (told["issue"]["number"].clone(), told["comment"]["id"].clone());
        tokio::spawn(async move { bare.answer(&issue.to_string(), &comment.to_string()).await });
    }
    StatusCode::ACCEPTED
}

impl Bare {
    fn commit(&self, text: &str) {
        let conn = self.ledger.lock().unwrap();
        conn.prepare_cached("INSERT INTO rows VALUES (?1)").unwrap().execute([text]).unwrap();
    }

    async fn answer(&self, issue: &str, comment: &str) {
        let links = self.links.lock().unwrap().clone();
        for link in links {
            (0..link.commits()).for_each(|_| self.commit(issue));
            let path = link.path.replace("{issue}", issue).replace("{comment}", comment);
            let mut request = self
                .client
                .request(link.method, format!("{}{path}", self.url))
                .header("Authorization", format!("token {}", self.token));
            if let Some(body) = &link.body {
                request = request
                    .header("Content-Type", "application/json")
                    .body(serde_json::to_vec(body).unwrap());
            }
            request.send().await.unwrap().bytes().await.unwrap();
        }
    }
}
