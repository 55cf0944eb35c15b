//! The listener that Gitea calls: the webhook, and the health of the whole.

mod arrivals;
mod health;
mod webhook;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::clock::Clock;
use crate::core::backlog::text::Reader;
use crate::store::Ledger;

pub use arrivals::{Arrival, Arrivals};

/// The path that Gitea calls.
pub const WEBHOOK: &str = "/webhook";

/// What the listener needs.
pub struct Ear {
    /// Where what is heard is stored before it is acknowledged.
    pub ledger: Ledger,
    /// When it was heard.
    pub clock: Arc<dyn Clock>,
    /// Who reads the texts of issues.
    pub reader: Arc<Reader>,
    /// Any of these may have signed; if there is none, nothing is believed.
    pub secrets: Vec<Vec<u8>>,
    /// The largest body that is read, in bytes.
    pub max_body: usize,
    /// Called when something new is stored.
    pub heard: Box<dyn Fn() + Send + Sync>,
    /// Whether what is stored is being dealt with.
    pub ready: Box<dyn Fn() -> bool + Send + Sync>,
}

/// The routes: `POST /webhook`, `GET /healthz`, `GET /readyz`.
pub fn router(ear: Ear) -> Router {
    Router::new()
        .route(WEBHOOK, post(webhook::hear))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .layer(Extension(Arc::new(arrivals::Notes::default())))
        .with_state(Arc::new(ear))
}
