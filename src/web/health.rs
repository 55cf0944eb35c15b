//! Is it alive, is it ready?

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::store::Ledger;

/// What says whether timmy is ready.
#[derive(Clone)]
struct Health {
    ledger: Ledger,
    introduced: Introduced,
}

/// Whether the forge has said who timmy is.
pub type Introduced = Arc<dyn Fn() -> bool + Send + Sync>;

/// `GET /healthz` and `GET /readyz`.
pub fn health_routes(ledger: Ledger, introduced: Introduced) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .with_state(Health { ledger, introduced })
}

/// The process answers. Restarting it would mend nothing that this does not show.
async fn alive() -> &'static str {
    "ok\n"
}

/// Texts are stored and answered.
async fn ready(State(health): State<Health>) -> (StatusCode, Cow<'static, str>) {
    if let Some(problem) = health.ledger.problem() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n").into());
    }
    if !(health.introduced)() {
        let why = "the forge has not yet told me who I am; webhooks are stored and wait\n";
        return (StatusCode::SERVICE_UNAVAILABLE, why.into());
    }
    (StatusCode::OK, "ready\n".into())
}
