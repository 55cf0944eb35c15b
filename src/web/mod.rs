//! The listener that Gitea calls: the webhook, and the health of the whole.
//!
//! `listener` accepts connections, `connections` says which of them is closed when there are too
//! many, `connection` speaks HTTP on one of them. `receive` reads a delivery and checks who signed
//! it, with the `memory` that bodies share; `webhook` stores what it says. `limits` has the numbers.

mod connection;
mod connections;
mod delivery_log;
mod health;
mod limits;
mod listener;
mod memory;
mod receive;
mod webhook;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::clock::Clock;
use crate::core::scheduling::text::TextReader;
use crate::store::Ledger;

pub use delivery_log::{DeliveryKind, DeliveryLog};
pub use limits::Limits;
pub use listener::serve;
pub use receive::{Receiver, Refused, Signed, Unusable, event};

/// The path that Gitea calls.
pub const WEBHOOK: &str = "/webhook";

/// What the listener needs.
pub struct WebhookState {
    /// Where what is heard is stored before it is acknowledged.
    pub ledger: Ledger,
    /// When it was heard.
    pub clock: Arc<dyn Clock>,
    /// Who reads the texts of issues.
    pub reader: Arc<TextReader>,
    /// Reads deliveries, and believes those that are signed.
    pub receiver: Receiver,
    /// Called when something new is stored.
    pub heard: Box<dyn Fn() + Send + Sync>,
    /// Whether what is stored is being dealt with.
    pub ready: Box<dyn Fn() -> bool + Send + Sync>,
}

/// The routes: `POST /webhook`, `GET /healthz`, `GET /readyz`.
pub fn router(ear: WebhookState) -> Router {
    Router::new()
        .route(WEBHOOK, post(webhook::receive))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .layer(Extension(Arc::new(delivery_log::DeliveryRecorder::default())))
        .with_state(Arc::new(ear))
}
