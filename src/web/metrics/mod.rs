//! `GET /metrics`: how timmy is, in Prometheus' text format.
//!
//! What the ledger knows is read from it at each scrape, in one read beside the writer
//! (`snapshot`); what only the process knows is counted since its start. `families` lists all of
//! it. There is no registry that could disagree with the ledger, so no crate keeps one.

mod attempts;
mod families;
mod setting;
mod snapshot;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use self::families::Scrape;
use self::snapshot::Snapshots;
use super::webhook_results::WebhookResults;
use crate::clock::Clock;
use crate::store::Ledger;

pub use self::setting::{BuildInfo, LiveMetrics, MetricsAgent, MetricsSetting};

/// The version of the format.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// After so many seconds it is worth to ask again.
const RETRY_AFTER: &str = "5";

/// What the route works with.
pub struct MetricsState {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub setting: MetricsSetting,
    /// What only the process knows, at this moment.
    pub live: Box<dyn Fn() -> LiveMetrics + Send + Sync>,
    /// What became of deliveries.
    pub webhook: Arc<WebhookResults>,
    /// How long a scrape waits for the ledger before it is answered with what was read last.
    pub patience: Duration,
}

struct Metrics {
    state: MetricsState,
    snapshots: Arc<Snapshots>,
}

/// `GET /metrics`.
pub fn metrics_routes(state: MetricsState) -> Router {
    let (readers, clock) = (state.ledger.readers(), state.clock.clone());
    let setting = Arc::new(state.setting.clone());
    let snapshots = Snapshots::new(readers, clock, setting, state.patience);
    let metrics = Arc::new(Metrics { state, snapshots });
    Router::new().route("/metrics", get(scrape)).with_state(metrics)
}

async fn scrape(State(metrics): State<Arc<Metrics>>, uri: Uri) -> Response {
    if uri.query().is_some_and(|query| !query.is_empty()) {
        return (StatusCode::BAD_REQUEST, "all metrics come at once: ask without a query\n")
            .into_response();
    }
    let Some(snapshot) = metrics.snapshots.newest().await else {
        let later = [(header::RETRY_AFTER, RETRY_AFTER)];
        return (StatusCode::SERVICE_UNAVAILABLE, later, "the ledger is busy\n").into_response();
    };
    let MetricsState { ledger, clock, setting, live, webhook, .. } = &metrics.state;
    let scrape = Scrape {
        now: clock.now(),
        setting,
        live: &live(),
        is_writable: ledger.problem().is_none(),
        webhook,
        snapshot: &snapshot,
    };
    ([(header::CONTENT_TYPE, FORMAT)], scrape.exposition()).into_response()
}
