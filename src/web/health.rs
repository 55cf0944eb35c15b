//! Is it alive, is it ready?

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::state::WebhookState;

/// The process answers. Restarting it would mend nothing that this does not show.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Texts are stored and answered.
pub(super) async fn ready(State(ear): State<Arc<WebhookState>>) -> (StatusCode, Cow<'static, str>) {
    if let Some(problem) = ear.ledger.problem() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n").into());
    }
    if !(ear.introduced)() {
        let why = "the forge has not yet told me who I am; webhooks are stored and wait\n";
        return (StatusCode::SERVICE_UNAVAILABLE, why.into());
    }
    (StatusCode::OK, "ready\n".into())
}
