//! An address that is listened to, and what answers there.

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::error::AppError;
use crate::engine::DRAIN;
use crate::web::{self, ListenerLimits, Tls};

/// What listens, and what answers.
pub(super) type Listening = (TcpListener, axum::Router);

/// Answers what comes, over TLS if there is any, until `stop`, and then what has begun, for as long as that is waited for.
pub(super) async fn serve(
    listening: Option<Listening>,
    tls: Option<Tls>,
    limits: ListenerLimits,
    stop: &CancellationToken,
) -> Result<(), AppError> {
    let Some(listening) = listening else { return Ok(()) };
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = web::serve_over(tls, listening, limits, stop.clone()) => {}
        () = patience => {}
    }
    Ok(())
}

/// Takes an address.
pub(super) async fn bind(address: &str) -> Result<TcpListener, AppError> {
    let failed = |source| AppError::Listen { address: address.to_owned(), source };
    TcpListener::bind(address).await.map_err(failed)
}
