//! A small receiver of notifications, such as ntfy is: it takes what is posted, or does what a test
//! says instead.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;

/// What it does with one request, instead of taking it.
#[derive(Debug, Clone)]
pub enum Instead {
    /// Answers with this status, and this header.
    Answer(u16, Option<(&'static str, String)>),
    /// Takes it, and never answers.
    Hang,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Notified {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Notified {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// By which it is known again.
    pub fn id(&self) -> String {
        let id = self.header("Idempotency-Key").to_owned();
        assert!(!id.is_empty(), "{self:?}");
        id
    }
}

/// A receiver, for as long as the test runs.
#[derive(Clone)]
pub struct NotifiedReceiver {
    pub url: String,
    came: Arc<Mutex<Vec<Notified>>>,
    instead: Arc<Mutex<VecDeque<Instead>>>,
}

impl NotifiedReceiver {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/fleet", socket.local_addr().unwrap());
        let receiver = Self { url, came: Arc::default(), instead: Arc::default() };
        let hands = receiver.clone();
        let take = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let hands = hands.clone();
            async move { hands.take(method, uri, headers, body).await }
        };
        let router = Router::new().fallback(take);
        tokio::spawn(async move { axum::serve(socket, router).await });
        receiver
    }

    async fn take(&self, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
        let body = String::from_utf8(body.to_vec()).unwrap();
        let request = Notified { method, path: uri.to_string(), headers, body };
        self.came.lock().unwrap().push(request);
        let instead = self.instead.lock().unwrap().pop_front();
        match instead {
            None => StatusCode::OK.into_response(),
            Some(Instead::Hang) => std::future::pending().await,
            Some(Instead::Answer(status, header)) => {
                let mut answer = StatusCode::from_u16(status).unwrap().into_response();
                if let Some((name, value)) = header {
                    let value = HeaderValue::from_str(&value).unwrap();
                    answer.headers_mut().insert(HeaderName::from_static(name), value);
                }
                answer
            }
        }
    }

    /// The next requests are answered so, one each.
    pub fn next(&self, instead: impl IntoIterator<Item = Instead>) {
        self.instead.lock().unwrap().extend(instead);
    }

    /// All that came, in order.
    pub fn came(&self) -> Vec<Notified> {
        self.came.lock().unwrap().clone()
    }

    /// Kind and name of all that came, as JSON says it.
    pub fn told(&self) -> Vec<(String, String)> {
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let told = self.came().into_iter().map(|came| came.json());
        told.map(|json| (word(&json["kind"]), word(&json["name"]))).collect()
    }
}
