//! How the doctor hears what the forge sends: through a running `serve`, or by listening itself.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;

use crate::clock::{Clock, SystemClock};
use crate::config::Secret;
use crate::gitea::signature;
use crate::store::{self, Readers};
use crate::web::{Arrival, Arrivals, WEBHOOK};

/// Somebody who hears what is sent to timmy.
pub(super) enum Ear {
    /// The running `serve`, which notes in its ledger what came.
    Serve(Readers),
    /// The doctor, in place of a `serve` that does not run. Stops when it is dropped.
    Own(Listener),
}

/// A listener for the time of one examination. It stores nothing.
pub(super) struct Listener {
    heard: Arc<Heard>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

struct Heard {
    secrets: Vec<Secret>,
    arrivals: Mutex<Arrivals>,
}

impl Ear {
    /// Listens at `address`.
    pub(super) async fn listen(address: SocketAddr, secrets: Vec<Secret>) -> std::io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let heard = Arc::new(Heard { secrets, arrivals: Mutex::default() });
        let router = Router::new().route(WEBHOOK, post(hear)).with_state(Arc::clone(&heard));
        let serving = tokio::spawn(async move { axum::serve(socket, router).await });
        Ok(Self::Own(Listener { heard, serving }))
    }

    /// What came so far.
    pub(super) async fn arrivals(&self) -> Result<Arrivals, store::Error> {
        match self {
            Self::Serve(readers) => readers.read(Arrivals::read).await,
            Self::Own(listener) => Ok(listener.heard.arrivals().clone()),
        }
    }
}

impl Heard {
    fn arrivals(&self) -> MutexGuard<'_, Arrivals> {
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
async fn hear(State(heard): State<Arc<Heard>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let Ok(json) = signature::payload(header("content-type"), &body) else {
        return StatusCode::BAD_REQUEST;
    };
    let is_good = signature::verify(&heard.secrets, &json, header("x-gitea-signature"));
    let event = match header("x-gitea-event-type") {
        "" => header("x-gitea-event"),
        event => event,
    };
    if let Some(arrival) = Arrival::of(event, is_good) {
        heard.arrivals().add(arrival, SystemClock.now());
    }
    if is_good { StatusCode::ACCEPTED } else { StatusCode::UNAUTHORIZED }
}
