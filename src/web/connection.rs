//! One connection: its requests one after the other, and an end to its silence.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::connections::OpenConnection;
use super::delivery_log::Peer;
use super::limits::ListenerLimits;
use super::tls::Tls;

/// Bytes of a request that are read ahead at most; so long its head may be.
const READ_AHEAD: usize = 16 << 10;

/// So much of what was answered before its end is read on at most, in bytes.
const LONGEST_REST: usize = 256 << 10;

type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// What answers on a connection, and how.
#[derive(Clone)]
pub(super) struct Answers {
    pub(super) router: Router,
    pub(super) limits: ListenerLimits,
    /// None: without TLS.
    pub(super) tls: Option<Tls>,
}

/// Answers the requests that come over `stream` until one side ends it, `connection` has to make
/// room for another, or `stop`: then the request that has begun is the last.
pub(super) async fn serve(
    stream: TcpStream,
    answers: Answers,
    connection: OpenConnection,
    stop: CancellationToken,
) {
    let connection = Arc::new(connection);
    tokio::select! {
        () = connection.told_to_close() => {}
        () = greet(stream, answers, Arc::clone(&connection), stop) => {}
    }
}

async fn greet(
    stream: TcpStream,
    Answers { router, limits, tls }: Answers,
    connection: Arc<OpenConnection>,
    stop: CancellationToken,
) {
    let peer = stream.peer_addr().ok().map(|address| Peer(address.ip()));
    let Some(tls) = tls else {
        return answer((stream, peer), router, limits, connection, stop).await;
    };
    // As long as the head of a request may take.
    match tokio::time::timeout(limits.head_time, tls.accept(stream)).await {
        Ok(Ok(stream)) => answer((stream, peer), router, limits, connection, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
        Err(_) => {}
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send>(
    (stream, peer): (S, Option<Peer>),
    router: Router,
    limits: ListenerLimits,
    connection: Arc<OpenConnection>,
    stop: CancellationToken,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| -> Answering {
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        connection.answers();
        let connection = Arc::clone(&connection);
        let of = Arc::clone(&connection);
        let answering = router.call(request.map(|body| Body::new(WatchedBody { body, of })));
        Box::pin(async move {
            let answer = answering.await;
            connection.waits();
            answer
        })
    });
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(READ_AHEAD)
        .serve_connection(TokioIo::new(stream), service);
    let served = tokio::select! {
        served = poll_fn(|cx| http.poll_without_shutdown(cx)) => served,
        () = stop.cancelled() => {
            Pin::new(&mut http).graceful_shutdown();
            poll_fn(|cx| http.poll_without_shutdown(cx)).await
        }
    };
    // That a peer says nothing, or nothing that is HTTP, is its own affair.
    if let Err(error) = served {
        tracing::debug!(%error, "connection closed");
        return;
    }
    let stream = http.into_parts().io.into_inner();
    let _ = tokio::time::timeout(limits.linger, read_on(stream)).await;
}

/// Says that nothing more will be said, and reads what is left: to close a connection with unread
/// bytes would take the answer from its peer.
async fn read_on(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut rest = stream.take(LONGEST_REST as u64);
    let mut buffer = vec![0; READ_AHEAD];
    while rest.read(&mut buffer).await? > 0 {}
    Ok(())
}

/// The body of a request, which notes when it waits for the peer.
struct WatchedBody {
    body: Incoming,
    of: Arc<OpenConnection>,
}

impl hyper::body::Body for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match polled.is_pending() {
            true => self.of.waits(),
            false => self.of.answers(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
