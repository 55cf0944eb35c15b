//! A small collector of OpenTelemetry: it takes what is posted, as protobuf, or does what a test says
//! instead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::support::process::until;

/// What it does with what comes.
#[derive(Debug, Clone, Default)]
pub enum Takes {
    #[default]
    All,
    /// Answers with this status.
    Nothing(u16),
    /// Shows a web page: it is no collector.
    Page,
    /// Sends whoever comes elsewhere.
    Elsewhere(String),
    /// Answers nobody until it is told what to do with what came.
    Hangs,
}

/// A span, as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenSpan {
    pub trace: String,
    pub id: String,
    /// Empty for a root.
    pub parent: String,
    pub name: String,
    pub started: u64,
    pub ended: u64,
    pub facts: BTreeMap<String, String>,
    pub has_failed: bool,
}

/// A collector, for as long as the test runs.
#[derive(Clone)]
pub struct Collector {
    pub url: String,
    takes: Arc<Mutex<Takes>>,
    told: Arc<Notify>,
    came: Arc<Mutex<Came>>,
}

#[derive(Default)]
struct Came {
    requests: Vec<(String, HeaderMap)>,
    bodies: Vec<Vec<u8>>,
    spans: Vec<SeenSpan>,
}

impl Collector {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let collector =
            Self { url, takes: Arc::default(), told: Arc::default(), came: Arc::default() };
        let hands = collector.clone();
        let take = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let hands = hands.clone();
            async move { hands.take(&uri, headers, &body).await }
        };
        let router = Router::new().fallback(take);
        tokio::spawn(async move { axum::serve(socket, router).await });
        collector
    }

    async fn take(&self, uri: &Uri, headers: HeaderMap, body: &[u8]) -> Response {
        let request = ExportTraceServiceRequest::decode(body).expect("a request of OTLP");
        {
            let mut came = self.came.lock().unwrap();
            came.requests.push((uri.to_string(), headers));
            came.bodies.push(body.to_vec());
        }
        loop {
            // Before it is looked: what is told meanwhile is not missed.
            let told = self.told.notified();
            let takes = self.takes.lock().unwrap().clone();
            match self.answer(takes, &request) {
                Some(answer) => return answer,
                None => told.await,
            }
        }
    }

    /// None as long as it answers nobody.
    fn answer(&self, takes: Takes, request: &ExportTraceServiceRequest) -> Option<Response> {
        Some(match takes {
            Takes::All => {
                let scopes = request.resource_spans.iter().flat_map(|of| &of.scope_spans);
                let spans = scopes.flat_map(|scope| &scope.spans).cloned().map(seen);
                self.came.lock().unwrap().spans.extend(spans);
                StatusCode::OK.into_response()
            }
            Takes::Nothing(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Takes::Page => Html("<p>Welcome!</p>").into_response(),
            Takes::Elsewhere(url) => (StatusCode::FOUND, [(LOCATION, url)]).into_response(),
            Takes::Hangs => return None,
        })
    }

    /// From now on it does this.
    pub fn takes(&self, takes: Takes) {
        *self.takes.lock().unwrap() = takes;
        self.told.notify_waiters();
    }

    /// Path and headers of all that came, in order.
    pub fn requests(&self) -> Vec<(String, HeaderMap)> {
        self.came.lock().unwrap().requests.clone()
    }

    /// The spans that it took, each once, however often it came.
    pub fn spans(&self) -> BTreeSet<SeenSpan> {
        self.came.lock().unwrap().spans.iter().cloned().collect()
    }

    /// Waits until it took a span of this name.
    pub async fn has(&self, name: &str) {
        let what = format!("there is a span {name}");
        until(&what, async || self.spans().iter().any(|span| span.name == name)).await;
    }

    /// Waits until somebody tried to bring something.
    pub async fn is_called(&self) {
        until("somebody calls the collector", async || !self.requests().is_empty()).await;
    }

    /// Whether any byte that came is of this text.
    pub fn heard(&self, text: &str) -> bool {
        let came = self.came.lock().unwrap();
        came.bodies.iter().any(|body| body.windows(text.len()).any(|part| part == text.as_bytes()))
    }
}

fn seen(span: Span) -> SeenSpan {
    SeenSpan {
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        name: span.name,
        started: span.start_time_unix_nano,
        ended: span.end_time_unix_nano,
        facts: span.attributes.into_iter().map(fact).collect(),
        has_failed: span.status.is_some_and(|status| status.code == 2),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn fact(fact: KeyValue) -> (String, String) {
    let value = match fact.value.and_then(|any| any.value).expect("a value") {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("{}: {other:?}", fact.key),
    };
    (fact.key, value)
}
