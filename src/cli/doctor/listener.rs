//! Receives test deliveries for the doctor: through a running `serve`, or by listening itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::receiver;
use crate::clock::{Clock, SystemClock};
use crate::config::WebhookConfig;
use crate::store::{self, Readers};
use crate::web::{
    self, DeliveryKind, DeliveryLog, ListenerLimits, Peer, Receiver, Unusable, WEBHOOK, event,
    source,
};

/// What receives the webhooks that are sent to timmy.
pub(super) enum DeliveryListener {
    /// The running `serve`, which notes in its ledger what came.
    Serve(Readers),
    /// The doctor, in place of a `serve` that does not run. Stops when it is dropped.
    Own(Listener),
}

/// A listener for the time of one examination. It stores nothing.
pub(super) struct Listener {
    state: Arc<ListenerState>,
    serving: tokio::task::JoinHandle<()>,
}

struct ListenerState {
    receiver: Receiver,
    arrivals: Mutex<DeliveryLog>,
}

impl DeliveryListener {
    /// Listens on the address that `serve` would use.
    pub(super) async fn listen(webhook: &WebhookConfig) -> std::io::Result<Self> {
        let socket = TcpListener::bind(webhook.listen).await?;
        let limits = ListenerLimits::of_this_process();
        let receiver = receiver(webhook, limits);
        let state = Arc::new(ListenerState { receiver, arrivals: Mutex::default() });
        let router = Router::new()
            .route(WEBHOOK, post(receive))
            .route(&format!("{WEBHOOK}/"), post(receive))
            .with_state(Arc::clone(&state));
        let serving = tokio::spawn(web::serve(socket, router, limits, CancellationToken::new()));
        Ok(Self::Own(Listener { state, serving }))
    }

    pub(super) async fn arrivals(&self) -> Result<DeliveryLog, store::Error> {
        match self {
            Self::Serve(readers) => readers.read(DeliveryLog::read).await,
            Self::Own(listener) => Ok(listener.state.arrivals().clone()),
        }
    }
}

impl ListenerState {
    fn arrivals(&self) -> MutexGuard<'_, DeliveryLog> {
        // Adding one cannot leave them half done.
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Answers as `serve` would, and forgets everything but that it came.
async fn receive(
    State(state): State<Arc<ListenerState>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> StatusCode {
    let status = match state.receiver.receive(&headers, body).await {
        Ok(signed) => match signed.read() {
            Err(Unusable::OutOfScope(_)) => StatusCode::UNAUTHORIZED,
            Ok(_) | Err(Unusable::Malformed(_)) => StatusCode::ACCEPTED,
        },
        Err(refused) => refused.answer().0,
    };
    let is_good = match status {
        StatusCode::ACCEPTED => true,
        StatusCode::UNAUTHORIZED => false,
        other => return other,
    };
    let from = source(peer.map(|Extension(Peer(peer))| peer), &headers);
    if let Some(arrival) = DeliveryKind::of(event(&headers), is_good, from) {
        state.arrivals().add(arrival, SystemClock.now());
    }
    status
}
