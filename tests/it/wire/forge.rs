//! A server that answers from a script, over real HTTP, and remembers what it was asked.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use timmy::chance::Chance;
use timmy::gitea::{ClientOptions, Gitea, Token};

use crate::support::clock::Sleepless;

pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";

/// One answer of the script.
#[derive(Debug, Clone)]
pub(crate) struct Canned {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Canned {
    /// JSON with this status.
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.into() }
    }

    /// The same with another header in place of the one of that name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What the server was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Method and path with query, without `/api/v1`.
    pub(crate) what: String,
    pub(crate) authorization: String,
    pub(crate) user_agent: String,
    pub(crate) body: String,
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Canned>,
    asked: Vec<Asked>,
}

/// The server; it ends with the test's runtime.
#[derive(Debug)]
pub(crate) struct Forge {
    pub(crate) url: String,
    script: Arc<Mutex<Script>>,
}

impl Forge {
    /// A server that gives `answers` in order, then only 418.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Canned>) -> Self {
        let answers = answers.into_iter().collect();
        let script = Arc::new(Mutex::new(Script { answers, ..Script::default() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, script }
    }

    /// From now on gives these answers, and forgets what it was asked.
    pub(crate) fn restart(&self, answers: impl IntoIterator<Item = Canned>) {
        let answers = answers.into_iter().collect();
        *self.script.lock().unwrap() = Script { answers, ..Script::default() };
    }

    /// A client of this server.
    pub(crate) fn client(&self) -> Gitea {
        client(&self.url)
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }

    /// Method and path of what was asked so far.
    pub(crate) fn asked_what(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.what).collect()
    }
}

/// A client that waits for nothing.
pub(crate) fn client(url: &str) -> Gitea {
    Gitea::new(options(url, &Sleepless::default())).unwrap()
}

/// One that sleeps by `clock`, spread by the same chance each time.
pub(crate) fn options(url: &str, clock: &Sleepless) -> ClientOptions {
    let token = Token::new(TOKEN).unwrap();
    ClientOptions {
        timeout: Duration::from_secs(20),
        requests_per_second: NonZeroU32::new(100_000).unwrap(),
        clock: Arc::new(clock.clone()),
        chance: Chance::seeded(7),
        ..ClientOptions::new(url.parse().unwrap(), token)
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let header = |name: &str| {
        head.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let path = head.uri.path_and_query().unwrap().as_str();
    let mut script = script.lock().unwrap();
    script.asked.push(Asked {
        what: format!("{} {}", head.method, path.strip_prefix("/api/v1").unwrap_or(path)),
        authorization: header("authorization"),
        user_agent: header("user-agent"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let canned = script.answers.pop_front().unwrap_or_else(|| Canned::new(418, "{}"));
    let mut response = Response::builder().status(canned.status);
    for (name, value) in canned.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(canned.body)).unwrap()
}
