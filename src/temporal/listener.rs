//! Where workers come with their tickets.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Serialize;

use super::ask::{Turn, VERSION};
use super::desk::Desk;
use super::fetch_proxy::{FetchProxy, GitAsk, Refusal, Source};
use super::forge_ask::{ForgeAsk, PIECE, PiecePlace};
use super::guard_ask::is_of_guards;
use super::reception::{Attempt, Reception};
use super::rights::Rights;
use super::session::OVER;
use super::ticket::Ticket;

/// The paths that workers call: what an agent is asked, and what is done for its attempts on the forge.
pub(super) const TURN: [&str; 2] = ["worker", "turn"];
pub(super) const FORGE: [&str; 2] = ["worker", "forge"];
pub(super) const BUNDLE: [&str; 2] = ["worker", "bundle"];

/// Below this one their git fetches.
pub(super) const GIT: [&str; 2] = ["worker", "git"];

/// The header in which each side says which version it speaks.
pub(super) const VERSION_HEADER: &str = "timmy-worker-version";

/// The header that says where a piece of a bundle belongs.
pub(super) const PIECE_HEADER: &str = "timmy-worker-piece";

/// The largest turn that is read, in bytes: a transcript may be in it.
pub(super) const LARGEST: usize = 16 << 20;

/// How much is read, and thrown away, of a turn in a session that is over, in bytes.
const LARGEST_IN_VAIN: usize = 64 << 10;

/// The largest question about the forge, and the largest one of git, in bytes.
const LARGEST_ASK: usize = 1 << 20;
const LARGEST_OF_GIT: usize = 4 << 20;

/// The longest name of a worker that is kept, in bytes: each gives itself one of a few letters.
const LONGEST_NAME: usize = 128;

/// How long the body of one may take.
pub(super) const BODY: Duration = Duration::from_secs(60);

/// Whom workers meet.
pub(super) struct Counter {
    pub(super) desk: Arc<Desk>,
    pub(super) reception: Arc<Reception>,
    pub(super) fetches: FetchProxy,
    pub(super) rights: Rights,
}

/// Its routes.
pub(super) fn router(counter: Counter) -> Router {
    let at = |path: [&str; 2]| format!("/{}", path.join("/"));
    Router::new()
        .route(&at(TURN), post(turn))
        .route(&at(FORGE), post(forge))
        .route(&at(BUNDLE), post(bundle))
        .route(&format!("{}/info/refs", at(GIT)), get(refs))
        .route(&format!("{}/git-upload-pack", at(GIT)), post(pack))
        .with_state(Arc::new(counter))
}

impl Counter {
    /// The ticket that is shown. Nothing is read of whoever has none.
    fn ticket(&self, headers: &HeaderMap) -> Result<Ticket, Refusal> {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let ticket = shown.and_then(|shown| self.desk.ticket(shown.strip_prefix("Bearer ")?));
        ticket.ok_or((StatusCode::UNAUTHORIZED, "no ticket of mine\n".to_owned()))
    }

    /// The ticket of a worker of this version.
    fn worker(&self, headers: &HeaderMap) -> Result<Ticket, Refusal> {
        let ticket = self.ticket(headers)?;
        let theirs = headers.get(VERSION_HEADER).and_then(|value| value.to_str().ok());
        if theirs == Some(VERSION) {
            return Ok(ticket);
        }
        let said = "its worker is another version of timmy: run the same on both hosts";
        self.desk.send_away(&ticket, said.to_owned());
        let why = format!("this is {VERSION}: run the same timmy on both hosts\n");
        Err((StatusCode::CONFLICT, why))
    }

    /// The attempt that a ticket is for, if timmy follows it, and called nobody else for it since.
    fn attempt(&self, ticket: &Ticket) -> Result<Arc<Attempt>, Refusal> {
        let wrong = || (StatusCode::BAD_REQUEST, "this ticket is for no attempt\n".to_owned());
        let key = ticket.attempt().ok_or_else(wrong)?;
        let attempt = self.reception.attempt(key).filter(|_| self.desk.is_newest(ticket));
        // It may come: after a restart timmy has to look at its jobs first.
        let not_now = "timmy does not follow this attempt now, or by another worker\n";
        attempt.ok_or((StatusCode::SERVICE_UNAVAILABLE, not_now.to_owned()))
    }

    /// What may be fetched with a ticket.
    fn source(&self, ticket: &Ticket) -> Result<Source, Refusal> {
        if !is_of_guards(ticket) {
            return Ok(self.attempt(ticket)?.source());
        }
        let lent = self.reception.lent(&ticket.session).filter(|_| !self.desk.is_over(ticket));
        let not_now = "timmy does not wait for these guards any more\n";
        lent.ok_or((StatusCode::SERVICE_UNAVAILABLE, not_now.to_owned()))
    }
}

async fn turn(
    State(counter): State<Arc<Counter>>,
    headers: HeaderMap,
    body: Body,
) -> Result<String, Refusal> {
    let ticket = counter.worker(&headers)?;
    if counter.desk.is_over(&ticket) {
        // What it brings is for nobody, but whoever sends has to be at its end before it listens.
        let _ = read(body, LARGEST_IN_VAIN).await;
        return written(&OVER);
    }
    let brought = {
        let _there = counter.desk.brings(&ticket);
        read(body, LARGEST).await?
    };
    let turn: Turn = serde_json::from_slice(&brought)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("no turn: {error}\n")))?;
    if turn.worker.len() > LONGEST_NAME {
        let why = format!("no turn: a worker's name has no more than {LONGEST_NAME} bytes\n");
        return Err((StatusCode::BAD_REQUEST, why));
    }
    let asked = counter.desk.turn(&ticket, turn).await;
    written(&asked.map_err(|other| (StatusCode::CONFLICT, format!("{other}\n")))?)
}

async fn forge(
    State(counter): State<Arc<Counter>>,
    headers: HeaderMap,
    body: Body,
) -> Result<String, Refusal> {
    let attempt = counter.attempt(&counter.worker(&headers)?)?;
    let ask: ForgeAsk = serde_json::from_slice(&read(body, LARGEST_ASK).await?)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("no question: {error}\n")))?;
    written(&counter.reception.ask(&attempt, ask, &counter.rights).await)
}

async fn bundle(
    State(counter): State<Arc<Counter>>,
    headers: HeaderMap,
    body: Body,
) -> Result<String, Refusal> {
    let attempt = counter.attempt(&counter.worker(&headers)?)?;
    let place = headers.get(PIECE_HEADER).and_then(|value| value.to_str().ok());
    let no_place = || (StatusCode::BAD_REQUEST, "a piece that belongs nowhere\n".to_owned());
    let place = place.and_then(PiecePlace::read).ok_or_else(no_place)?;
    let piece = read(body, PIECE).await?;
    written(&counter.reception.take(&attempt, &place, piece.into()).await)
}

async fn refs(
    State(counter): State<Arc<Counter>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let source = counter.source(&counter.ticket(&headers)?)?;
    let query = uri.query().unwrap_or_default().to_owned();
    counter.fetches.pass_on(&source, &headers, GitAsk::Refs { query }).await
}

async fn pack(
    State(counter): State<Arc<Counter>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let source = counter.source(&counter.ticket(&headers)?)?;
    let asked = read(body, LARGEST_OF_GIT).await?;
    counter.fetches.pass_on(&source, &headers, GitAsk::Pack(asked)).await
}

async fn read(body: Body, most: usize) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(BODY, to_bytes(body, most)).await {
        Ok(Ok(body)) => Ok(body),
        // Of one whose line broke nobody reads this.
        Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, format!("more than {most} bytes\n"))),
        Err(_) => {
            let why = format!("it did not come within {} seconds\n", BODY.as_secs());
            Err((StatusCode::REQUEST_TIMEOUT, why))
        }
    }
}

fn written(answer: &impl Serialize) -> Result<String, Refusal> {
    serde_json::to_string(answer)
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use url::Url;

    use crate::agents::AgentTrouble;
    use crate::clock::SystemClock;
    use crate::config::Secret;
    use crate::gitea::{ClientOptions, Gitea, Token};
    use crate::temporal::ask::Ask;
    use crate::temporal::desk::Calls;
    use crate::temporal::guard_ask::{guard_session, guards_of};
    use crate::temporal::listener::*;
    use crate::temporal::starts::in_memory::StartsInMemory;
    use crate::temporal::ticket::{Ticket, Tickets};

    struct Nobody;

    impl Calls for Nobody {
        fn call(&self, _: &str, _: &Ticket, _: String) -> Result<(), AgentTrouble> {
            Ok(())
        }
    }

    fn starts() -> Box<StartsInMemory> {
        Box::default()
    }

    /// A ticket for a session, as it is shown.
    fn bearer(session: &str) -> String {
        bearer_for("ezra", session)
    }

    fn bearer_for(agent: &str, session: &str) -> String {
        let tickets = Tickets::new(&Secret::new("a-token").unwrap(), Arc::new(SystemClock));
        let ticket = Ticket {
            agent: agent.to_owned(),
            session: session.to_owned(),
            instance: "s".to_owned(),
        };
        format!("Bearer {}", tickets.write(&ticket))
    }

    /// What is answered to a turn with these headers.
    async fn answer(headers: &[(&str, &str)], body: &str) -> String {
        answer_at("POST /worker/turn", headers, body).await
    }

    async fn answer_at(at: &str, headers: &[(&str, &str)], body: &str) -> String {
        let secret = Secret::new("a-token").unwrap();
        let (clock, fresh) = (Arc::new(SystemClock), Box::new(|| "s".to_owned()));
        let desk = Arc::new(Desk::new(&secret, clock, (Box::new(Nobody), starts()), fresh));
        let reception = Arc::new(Reception::new(std::env::temp_dir().join("nothing-is-brought")));
        let rights: Rights = Arc::new(|_| Box::pin(async { Ok(()) }));
        let fetches = FetchProxy::new().unwrap();
        let counter = Counter { desk, reception, fetches, rights };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut line = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let serving = tokio::spawn(async { axum::serve(listener, router(counter)).await });
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let request = format!(
            "{at} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\
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
        let bearer = bearer("attempt/a/j1/1");
        let version = (VERSION_HEADER, VERSION);
        let refused = answer(&[version], "{}").await;
        assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
        let forged = ("Authorization", "Bearer 0:0:ezra:s:attempt/a/j1/1");
        let refused = answer(&[forged, version], "{}").await;
        assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
        let of_another_commit = VERSION.replace(env!("TIMMY_COMMIT"), "0123456789ab");
        assert_ne!(of_another_commit, VERSION);
        for other in ["timmy 0.0.1 worker 1", of_another_commit.as_str()] {
            let refused =
                answer(&[("Authorization", &bearer), (VERSION_HEADER, other)], "{}").await;
            assert!(refused.starts_with("HTTP/1.1 409 "), "{refused}");
            assert!(refused.contains("run the same timmy on both hosts"), "{refused}");
        }
        let refused = answer(&[("Authorization", &bearer), version], "not JSON").await;
        assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
        let long = Turn { worker: "w".repeat(LONGEST_NAME + 1), ..Turn::default() };
        let long = serde_json::to_string(&long).unwrap();
        let refused = answer(&[("Authorization", &bearer), version], &long).await;
        assert!(refused.starts_with("HTTP/1.1 400 ") && refused.contains("name"), "{refused}");
    }

    #[tokio::test]
    async fn what_is_brought_to_a_session_that_is_over_is_not_read() {
        let bearer = bearer("agent/ezra");
        let headers = [("Authorization", bearer.as_str()), (VERSION_HEADER, VERSION)];
        let over = answer(&headers, "not JSON").await;
        assert!(over.starts_with("HTTP/1.1 200 ") && over.contains("\"is_over\":true"), "{over}");
    }

    #[tokio::test]
    async fn a_worker_of_guards_that_was_sent_away_fetches_nothing_more() {
        let secret = Secret::new("a-token").unwrap();
        let (clock, fresh) = (Arc::new(SystemClock), Box::new(|| "s".to_owned()));
        let desk = Arc::new(Desk::new(&secret, clock, (Box::new(Nobody), starts()), fresh));
        let reception = Arc::new(Reception::new(std::env::temp_dir().join("nothing-is-brought")));
        let rights: Rights = Arc::new(|_| Box::pin(async { Ok(()) }));
        let fetches = FetchProxy::new().unwrap();
        let (its_desk, lends) = (desk.clone(), reception.clone());
        let counter = Counter { desk: its_desk, reception: lends, fetches, rights };
        let url: Url = "http://127.0.0.1:1/foundation/door.git".parse().unwrap();
        let forge = Gitea::new(ClientOptions::new(url.clone(), Token::new("a-token").unwrap()));
        let (agent, session) = (guards_of("vps-2"), guard_session("run"));
        let _lent = reception.lend(&session, &url, &forge.unwrap());
        let (at_desk, of, about) = (desk.clone(), agent.clone(), session.clone());
        let asking = tokio::spawn(async move { at_desk.ask(&of, &about, Ask::Health).await });
        let ticket = Ticket { agent, session: session.clone(), instance: "s".to_owned() };
        // Until a worker is called with it.
        while counter.source(&ticket).is_err() {
            tokio::task::yield_now().await;
        }
        desk.send_away(&ticket, "another version".to_owned());
        let refused = counter.source(&ticket).err().map(|(status, _)| status);
        assert_eq!(refused, Some(StatusCode::SERVICE_UNAVAILABLE));
        asking.abort();
    }

    #[tokio::test]
    async fn nothing_of_the_forge_is_to_be_had_without_an_attempt_that_is_followed() {
        let version = (VERSION_HEADER, VERSION);
        let digest = "0f".repeat(32);
        let piece = format!("{digest}:4:0");
        for (at, body) in [
            ("POST /worker/forge", "\"branch\""),
            ("POST /worker/bundle", "PACK"),
            ("GET /worker/git/info/refs?service=git-upload-pack", ""),
            ("POST /worker/git/git-upload-pack", "0000"),
        ] {
            let by = async |bearer: &str| {
                let headers = [("Authorization", bearer), version, (PIECE_HEADER, piece.as_str())];
                answer_at(at, &headers, body).await
            };
            let unknown = by("Bearer 0:0:ezra:s:attempt/a/j1/1").await;
            assert!(unknown.starts_with("HTTP/1.1 401 "), "{at}: {unknown}");
            let of_none = by(&bearer("agent/ezra")).await;
            assert!(of_none.starts_with("HTTP/1.1 400 "), "{at}: {of_none}");
            let not_followed = by(&bearer("attempt/a/j1/1")).await;
            assert!(not_followed.starts_with("HTTP/1.1 503 "), "{at}: {not_followed}");
            // Nor does the name of its session make another ticket one for guards.
            let of_guards = by(&bearer("guards/run")).await;
            assert!(of_guards.starts_with("HTTP/1.1 400 "), "{at}: {of_guards}");
            // With one that is, something may be fetched as long as that is waited for, and nothing is
            // ever taken.
            let of_guards = by(&bearer_for(&guards_of("vps-2"), "guards/run")).await;
            let status = if at.contains("/worker/git/") { "503" } else { "400" };
            assert!(of_guards.starts_with(&format!("HTTP/1.1 {status} ")), "{at}: {of_guards}");
        }
    }
}
