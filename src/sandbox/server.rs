//! The forge's HTTP side: reads requests, lets faults strike, keeps a log.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::api::{self, ApiAnswer, Call};
use super::clock::Clock;
use super::deliveries::Deliveries;
use super::faults::{Fault, Faults};
use super::line::Scissors;
use super::smart_http::{self, Admitted, GitAddress, GitBody};
use super::world::World;
use super::world::refusal::Refusal;
use crate::core::model::time::Timestamp;

/// More than any request of a client needs: Gitea itself takes comments of megabytes.
const LONGEST_BODY: usize = 16 << 20;

/// A request that the forge answered, or did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The login of the caller; none without a good token.
    pub user: Option<String>,
    /// The status of the answer; none if a fault kept it back.
    pub status: Option<u16>,
    /// How long the forge itself worked on it.
    pub took: Duration,
}

pub(super) struct Forge {
    pub(super) world: Mutex<World>,
    pub(super) clock: Clock,
    pub(super) faults: Faults,
    pub(super) deliveries: Deliveries,
    pub(super) log: Mutex<Vec<Asked>>,
    pub(super) stop: CancellationToken,
    /// Where people are shown threads, if they are anywhere.
    pub(super) pages: OnceLock<SocketAddr>,
}

impl Forge {
    /// Where a thread is shown that a person asks this server for.
    fn page_of(&self, request: &Request) -> Option<String> {
        let path = request.uri().path();
        let is_thread = request.method() == Method::GET
            && !path.starts_with("/api/")
            && path.split('/').nth(3) == Some("issues");
        let pages = self.pages.get().filter(|_| is_thread)?;
        Some(format!("http://{pages}{path}"))
    }

    /// Does something in the world at the present time, and sends the webhooks that it causes.
    pub(super) fn act<T>(&self, deed: impl FnOnce(&mut World) -> T) -> T {
        // A handler that panicked is a bug of the sandbox, but no reason to hide what it holds.
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now = whole_seconds((self.clock)());
        let done = deed(&mut world);
        for outgoing in std::mem::take(&mut world.outgoing) {
            self.deliveries.send(outgoing);
        }
        done
    }

    /// Reads the world.
    pub(super) fn look<T>(&self, glance: impl FnOnce(&World) -> T) -> T {
        glance(&self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, asked: Asked) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }
}

/// Gitea stores whole seconds.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_micros(time.micros().div_euclid(1_000_000) * 1_000_000)
}

pub(super) fn router(forge: Arc<Forge>) -> Router {
    Router::new().fallback(serve).with_state(forge)
}

async fn serve(
    State(forge): State<Arc<Forge>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    if let Some(page) = forge.page_of(&request) {
        return Redirect::to(&page).into_response();
    }
    let asking = match Asking::read(request).await {
        Ok(asking) => asking,
        Err(status) => return response(ApiAnswer::empty(status)),
    };
    if forge.faults.is_down() {
        return cut(&scissors);
    }
    // Connections outlive the listener; what still comes on them is not answered.
    let stop = forge.stop.clone();
    let clock = forge.clock.clone();
    let answered = stop.run_until_cancelled_owned(answer(forge, asking, &scissors)).await;
    dated(answered.unwrap_or_else(|| cut(&scissors)), clock())
}

/// Answers, or lets a fault break the request.
async fn answer(forge: Arc<Forge>, asking: Asking, scissors: &Scissors) -> Response {
    let Some(fault) = forge.faults.strike(&asking.method, &asking.path) else {
        return response(asking.answered_in_time(forge).await);
    };
    match fault {
        Fault::ErrorAfter => {
            asking.done_by(&forge, Some(500));
            response(asking.refused(&forge, &Refusal::Internal))
        }
        Fault::CutAfter => {
            asking.done_by(&forge, None);
            cut(scissors)
        }
        Fault::HangAfter(gate) => {
            let answer = asking.done_by(&forge, None);
            let _passage = gate.pass().await;
            response(answer)
        }
        Fault::Late(gate) => {
            // A task of its own, because a client that gives up ends this one.
            let stop = forge.stop.clone();
            let late = tokio::spawn(stop.run_until_cancelled_owned(async move {
                let _passage = gate.pass().await;
                asking.answered_by(&forge)
            }));
            late.await.ok().flatten().map_or_else(|| cut(scissors), response)
        }
        Fault::CutBefore => {
            asking.ignored_by(&forge, None);
            cut(scissors)
        }
        Fault::BadGateway => {
            asking.ignored_by(&forge, Some(502));
            response(ApiAnswer::html(502, "<html><body><h1>502 Bad Gateway</h1></body></html>\n"))
        }
        Fault::LoginPage => {
            asking.ignored_by(&forge, Some(200));
            response(ApiAnswer::html(
                200,
                "<html><body><form>Name, password</form></body></html>\n",
            ))
        }
        Fault::Gibberish => {
            asking.ignored_by(&forge, Some(200));
            response(ApiAnswer::json(200, &serde_json::json!({ "answer": 42 })))
        }
        Fault::Refusal(refusal) => {
            let answer = asking.refused(&forge, &refusal);
            asking.ignored_by(&forge, Some(answer.status));
            response(answer)
        }
        Fault::TooManyRequests { retry_after } => {
            asking.ignored_by(&forge, Some(429));
            response(ApiAnswer::empty(429).with("Retry-After", retry_after.to_string()))
        }
    }
}

/// The answer with the time of the forge's clock, where every server says it.
fn dated(mut response: Response, now: Timestamp) -> Response {
    let date = now.zoned(&TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = date.try_into() {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

fn cut(scissors: &Scissors) -> Response {
    scissors.cut();
    response(ApiAnswer::empty(500))
}

struct Asking {
    method: String,
    /// The path, as sent.
    path: String,
    query: String,
    /// What may be the caller's token: with a name and a password, either.
    tokens: Vec<String>,
    content_type: String,
    content_encoding: String,
    git_protocol: String,
    range: String,
    body: Vec<u8>,
}

impl Asking {
    async fn read(request: Request) -> Result<Self, u16> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LONGEST_BODY).await.map_err(|_| 413_u16)?;
        Ok(Self {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            tokens: tokens_of(&parts),
            content_type: header_of(&parts, "Content-Type"),
            content_encoding: header_of(&parts, "Content-Encoding"),
            git_protocol: header_of(&parts, "Git-Protocol"),
            range: header_of(&parts, "Range"),
            body: body.to_vec(),
        })
    }

    /// As [`Asking::answered_by`], where waiting for git keeps nobody else waiting.
    async fn answered_in_time(self, forge: Arc<Forge>) -> ApiAnswer {
        if !self.waits_for_git() {
            return self.answered_by(&forge);
        }
        let answered = tokio::task::spawn_blocking(move || self.answered_by(&forge)).await;
        answered.unwrap_or_else(|_| ApiAnswer::empty(500))
    }

    fn waits_for_git(&self) -> bool {
        GitAddress::read(&self.path, &self.query).is_some() || api::waits_for_git(&self.path)
    }

    /// Does it and says so in the log.
    fn answered_by(&self, forge: &Forge) -> ApiAnswer {
        let (answer, user, took) = self.done(forge);
        forge.note(self.entry(user, Some(answer.status), took));
        answer
    }

    /// Does it, but what the client gets is `status` or nothing.
    fn done_by(&self, forge: &Forge, status: Option<u16>) -> ApiAnswer {
        let (answer, user, took) = self.done(forge);
        forge.note(self.entry(user, status, took));
        answer
    }

    /// Does not do it; what the client gets is `status` or nothing.
    fn ignored_by(&self, forge: &Forge, status: Option<u16>) {
        forge.note(self.entry(None, status, Duration::ZERO));
    }

    fn refused(&self, forge: &Forge, refusal: &Refusal) -> ApiAnswer {
        let call = forge.look(|world| self.call(world, Vec::new()));
        ApiAnswer::refusal(&call, refusal)
    }

    fn entry(&self, user: Option<String>, status: Option<u16>, took: Duration) -> Asked {
        let path = match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        };
        Asked { method: self.method.clone(), path, user, status, took }
    }

    /// The answer, the caller's login, and how long it took.
    fn done(&self, forge: &Forge) -> (ApiAnswer, Option<String>, Duration) {
        let begun = Instant::now();
        let (answer, user) = match GitAddress::read(&self.path, &self.query) {
            Some(address) => self.done_by_git(forge, &address),
            None => forge.act(|world| self.done_in(world)),
        };
        (answer, user, begun.elapsed())
    }

    fn done_by_git(&self, forge: &Forge, address: &GitAddress) -> (ApiAnswer, Option<String>) {
        let body = GitBody {
            method: &self.method,
            query: &self.query,
            content_type: &self.content_type,
            content_encoding: &self.content_encoding,
            protocol: &self.git_protocol,
            bytes: &self.body,
        };
        let (admitted, login) = forge.act(|world| {
            let token = self.tokens.iter().find_map(|text| world.token(text));
            let asker = token.map(|token| (token.user, token.scopes.clone()));
            let asker = asker.as_ref().map(|(user, scopes)| (*user, scopes));
            let login = asker.map(|(user, _)| world.users[&user].login.clone());
            (smart_http::admit(world, address, asker, &body), login)
        });
        let answer = match admitted {
            Admitted::Reading(code) => smart_http::read(&code, address, &body),
            Admitted::Answered(answer) => answer,
        };
        (answer, login)
    }

    fn done_in(&self, world: &mut World) -> (ApiAnswer, Option<String>) {
        if self.path == "/api/healthz" {
            return (ApiAnswer::json(200, &serde_json::json!({ "status": "pass" })), None);
        }
        if self.path == api::DESCRIPTION {
            return (api::describe(world), None);
        }
        let path = self.path.strip_prefix("/api/v1/").map(segments);
        let mut call = self.call(world, path.unwrap_or_default());
        if !self.tokens.is_empty() {
            let Some(token) = self.tokens.iter().find_map(|text| world.token(text)) else {
                let refusal = Refusal::Unauthorized(world.version.bad_token());
                return (ApiAnswer::refusal(&call, &refusal), None);
            };
            (call.user, call.scopes) = (Some(token.user), Some(token.scopes.clone()));
        }
        let login = call.user.map(|id| world.users[&id].login.clone());
        (api::answer(world, &call), login)
    }

    fn call(&self, world: &World, segments: Vec<String>) -> Call {
        Call {
            method: self.method.clone(),
            segments,
            query: form_urlencoded::parse(self.query.as_bytes()).into_owned().collect(),
            body: self.body.clone(),
            range: self.range.clone(),
            user: None,
            scopes: None,
            base: world.base.clone(),
            version: world.version,
        }
    }
}

/// A header as text; empty without it.
fn header_of(parts: &Parts, name: &str) -> String {
    let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// The token of `Authorization: token X` or `Bearer X`; of `Basic`, as git sends it, the password
/// or the name.
fn tokens_of(parts: &Parts) -> Vec<String> {
    let value = header_of(parts, "Authorization");
    let Some((scheme, secret)) = value.split_once(' ') else { return Vec::new() };
    if scheme.eq_ignore_ascii_case("token") || scheme.eq_ignore_ascii_case("bearer") {
        return vec![secret.trim().to_owned()];
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Vec::new();
    }
    let pair = BASE64_STANDARD.decode(secret.trim()).unwrap_or_default();
    let pair = String::from_utf8_lossy(&pair).into_owned();
    let (name, password) = pair.split_once(':').unwrap_or((&pair, ""));
    vec![password.to_owned(), name.to_owned()]
}

/// What stands between the slashes of a path, with its escapes read: the name of a branch may have
/// a slash in it. What is no text leads nowhere.
fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .map(|segment| unescaped(segment).unwrap_or_else(|| segment.to_owned()))
        .collect()
}

/// `%2F` is a slash.
fn unescaped(segment: &str) -> Option<String> {
    let mut parts = segment.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

fn response(answer: ApiAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::builder()
        .status(status)
        .header("Cache-Control", "max-age=0, private, must-revalidate, no-transform")
        .header("X-Content-Type-Options", "nosniff")
        .header("X-Frame-Options", "SAMEORIGIN");
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    // Fails only on header values that are no text, such as a name with a line break in it.
    response.body(Body::from(answer.body)).unwrap_or_else(|_| Response::new(Body::empty()))
}
