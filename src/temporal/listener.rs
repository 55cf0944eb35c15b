//! Where workers come with their tickets: `POST /worker/turn`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

use super::ask::{Turn, VERSION};
use super::desk::Desk;

/// The path that workers call.
pub(super) const PATH: [&str; 2] = ["worker", "turn"];

/// The header in which each side says which version it speaks.
pub(super) const VERSION_HEADER: &str = "timmy-worker-version";

/// The largest turn that is read, in bytes: a transcript may be in it.
pub(super) const LARGEST: usize = 16 << 20;

/// How long the body of one may take.
const BODY: Duration = Duration::from_secs(60);

type Refusal = (StatusCode, String);

/// The routes of `desk`.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new().route(&format!("/{}", PATH.join("/")), post(turn)).with_state(desk)
}

async fn turn(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Body,
) -> Result<String, Refusal> {
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let ticket = shown.and_then(|shown| desk.ticket(shown.strip_prefix("Bearer ")?));
    // Nothing is read of whoever has none.
    let Some(ticket) = ticket else {
        return Err((StatusCode::UNAUTHORIZED, "no ticket of mine\n".to_owned()));
    };
    let theirs = headers.get(VERSION_HEADER).and_then(|value| value.to_str().ok());
    if theirs != Some(VERSION) {
        let why = format!("this is {VERSION}: run the same timmy on both hosts\n");
        desk.send_away(
            &ticket,
            "its worker is another version of timmy: run the same on both hosts".to_owned(),
        );
        return Err((StatusCode::CONFLICT, why));
    }
    let read = tokio::time::timeout(BODY, to_bytes(body, LARGEST)).await;
    let Ok(Ok(body)) = read else {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, "too large, or too slow\n".to_owned()));
    };
    let turn: Turn = serde_json::from_slice(&body)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("no turn: {error}\n")))?;
    let asked = desk.turn(&ticket, turn).await;
    let asked = asked.map_err(|other| (StatusCode::CONFLICT, format!("{other}\n")))?;
    serde_json::to_string(&asked)
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use crate::agents::AgentTrouble;
    use crate::config::Secret;
    use crate::temporal::desk::Calls;
    use crate::temporal::listener::*;
    use crate::temporal::ticket::{Ticket, Tickets};

    struct Nobody;

    impl Calls for Nobody {
        fn call(&self, _: &str, _: &Ticket, _: String) -> Result<(), AgentTrouble> {
            Ok(())
        }
    }

    /// What is answered to a turn with these headers.
    async fn answer(headers: &[(&str, &str)], body: &str) -> String {
        let secret = Secret::new("a-token").unwrap();
        let desk = Desk::new(&secret, Box::new(Nobody), Box::new(|| "s".to_owned()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut line = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let serving = tokio::spawn(async { axum::serve(listener, router(Arc::new(desk))).await });
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let request = format!(
            "POST /worker/turn HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        );
        line.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.unwrap();
        serving.abort();
        answer
    }

    #[tokio::test]
    async fn only_who_has_a_ticket_and_the_same_version_is_served() {
        let tickets = Tickets::new(&Secret::new("a-token").unwrap());
        let ticket = Ticket { session: "agent/ezra".to_owned(), instance: "s".to_owned() };
        let bearer = format!("Bearer {}", tickets.write(&ticket));
        let version = (VERSION_HEADER, VERSION);
        let refused = answer(&[version], "{}").await;
        assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
        let refused = answer(&[("Authorization", "Bearer 0:s:agent/ezra"), version], "{}").await;
        assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
        let old = (VERSION_HEADER, "timmy 0.0.1 worker 1");
        let refused = answer(&[("Authorization", &bearer), old], "{}").await;
        assert!(refused.starts_with("HTTP/1.1 409 "), "{refused}");
        let refused = answer(&[("Authorization", &bearer), version], "not JSON").await;
        assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
    }
}
