//! The listener that Gitea calls: the webhook, and the health of the whole. And, apart from it, the
//! one that operators look at (`own`).
//!
//! `listener` accepts connections, `connections` says which of them is closed when there are too
//! many, `connection` speaks HTTP on one of them, over `tls` where that is wanted. `receive` reads a delivery and checks who signed
//! it, with the `memory` that bodies share; `webhook` stores what it says. `limits` has the numbers.

mod connection;
mod connections;
mod delivery_log;
mod health;
mod limits;
mod listener;
mod memory;
pub mod metrics;
mod own;
mod receive;
mod state;
mod tls;
mod webhook;
mod webhook_results;

use std::sync::Arc;

use axum::routing::post;
use axum::{Extension, Router};

pub use delivery_log::{DeliveryKind, DeliveryLog, Peer, RefusedDeliveries, source};
pub use health::{Introduced, health_routes};
pub use limits::{ListenerLimits, TooManyLines};
pub use listener::{serve, serve_over};
pub use own::own_router;
pub use receive::{Receiver, Refused, Signed, Unusable, event};
pub use state::WebhookState;
pub use tls::{BadCertificate, Tls};
pub use webhook_results::{WebhookResult, WebhookResults};

/// The path that Gitea calls.
pub const WEBHOOK: &str = "/webhook";

/// The routes: `POST /webhook` (and `/webhook/`), `GET /healthz`, `GET /readyz`.
pub fn router(ear: WebhookState) -> Router {
    let health = health_routes(ear.ledger.clone(), ear.introduced.clone());
    Router::new()
        .route(WEBHOOK, post(webhook::receive))
        // People write it so as well.
        .route(&format!("{WEBHOOK}/"), post(webhook::receive))
        .layer(Extension(Arc::new(delivery_log::DeliveryRecorder::default())))
        .with_state(Arc::new(ear))
        .merge(health)
}
