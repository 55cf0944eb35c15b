//! The gateway's HTTP side: takes connections, lets faults strike.

use std::io;
use std::sync::{Arc, PoisonError};

use axum::body::Body;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::routes::{self, GatewayAnswer, GatewayRequest};
use super::script::Scripted;
use super::shared::GatewayShared;
use crate::sandbox::faults::Fault;

/// The longest body that it reads, as the real one does.
const LONGEST_BODY: usize = 10_000_000;

/// Serves until it is dropped; then all connections end at once.
pub(super) async fn serve(listener: TcpListener, scripted: Arc<Scripted>) {
    let mut lines = JoinSet::new();
    loop {
        let Ok((line, _)) = listener.accept().await else { continue };
        // Without it answers are only slower.
        let _ = line.set_nodelay(true);
        let scripted = scripted.clone();
        let service = service_fn(move |request| answer(scripted.clone(), request));
        let http = hyper::server::conn::http1::Builder::new();
        lines.spawn(http.serve_connection(TokioIo::new(line), service));
        while lines.try_join_next().is_some() {}
    }
}

/// Answers, or lets a fault break the request: an error closes the connection.
async fn answer(scripted: Arc<Scripted>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let asked = match read(request).await? {
        Ok(asked) => asked,
        Err(refused) => return response(refused),
    };
    let shared = &scripted.shared;
    shared.change(|state| state.requests.push(format!("{} {}", asked.method, asked.path)));
    if let Some((status, body)) = planted(shared, &asked) {
        return response(GatewayAnswer { status, headers: Vec::new(), body: body.into() });
    }
    let cut = || Err(io::ErrorKind::ConnectionAborted.into());
    let Some(fault) = shared.faults.strike(&asked.method, &asked.path) else {
        return response(routes::answer(&scripted, &asked));
    };
    match fault {
        Fault::ErrorAfter => {
            routes::answer(&scripted, &asked);
            response(GatewayAnswer::text(500, "500 Internal Server Error"))
        }
        Fault::CutAfter => {
            routes::answer(&scripted, &asked);
            cut()
        }
        Fault::HangAfter(gate) => {
            let answer = routes::answer(&scripted, &asked);
            let _passage = gate.pass().await;
            response(answer)
        }
        Fault::Late(gate) => {
            // A task of its own, because a client that gives up ends this one.
            let late = tokio::spawn(async move {
                let _passage = gate.pass().await;
                routes::answer(&scripted, &asked)
            });
            late.await.map_or_else(|_| cut(), response)
        }
        Fault::CutBefore => cut(),
        Fault::BadGateway => response(GatewayAnswer::text(502, "<html>502 Bad Gateway</html>")),
        Fault::LoginPage => response(GatewayAnswer::text(200, "<html><form>Name</form></html>")),
        Fault::Gibberish => response(GatewayAnswer::text(200, "{\"answer\": 42}")),
        Fault::Refusal(refusal) => {
            response(GatewayAnswer::refusal(refusal.status(), "refused", refusal.message()))
        }
        Fault::TooManyRequests { retry_after } => {
            let answer = GatewayAnswer::text(429, "slow down");
            response(answer.with("Retry-After", retry_after.to_string()))
        }
    }
}

fn planted(shared: &GatewayShared, asked: &GatewayRequest) -> Option<(u16, Vec<u8>)> {
    let mut planted = shared.planted.lock().unwrap_or_else(PoisonError::into_inner);
    let at = planted.iter().position(|(m, ..)| m.matches(&asked.method, &asked.path))?;
    let (_, status, body) = planted.remove(at);
    Some((status, body))
}

async fn read(request: Request<Incoming>) -> io::Result<Result<GatewayRequest, GatewayAnswer>> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(Body::new(body), LONGEST_BODY).await else {
        return Ok(Err(GatewayAnswer::refusal(413, "body_too_large", "Request body too large")));
    };
    let header = |name: &str| text(&parts.headers, name);
    Ok(Ok(GatewayRequest {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        key: header(AUTHORIZATION.as_str())
            .and_then(|value| Some(value.strip_prefix("Bearer ")?.to_owned())),
        idempotency_key: header("idempotency-key"),
        last_event: header("last-event-id").and_then(|id| id.parse().ok()),
        body: body.to_vec(),
    }))
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn response(answer: GatewayAnswer) -> io::Result<Response<Body>> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(answer.body).map_err(io::Error::other)
}
