//! The gateway over HTTP: one request, one answer, bounded in time and size.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use url::Url;

use super::wire::{WireError, WireRefusal};
use crate::agents::brief::brief;
use crate::agents::trouble::AgentTrouble;
use crate::agents::unreachable::{is_refused, why_failed};
use crate::clock::Clock;
use crate::config::Secret;
use crate::core::model::time::Timestamp;
use crate::gitea::install_tls;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long one answer may take in all.
const LONGEST: Duration = Duration::from_secs(30);

/// The largest answer but that of a transcript: the last words of an agent stand in it whole.
const LARGEST: usize = 16 << 20;

/// The largest transcript.
const LARGEST_TRANSCRIPT: usize = 32 << 20;

/// The most of a refusal that is read.
const LARGEST_REFUSAL: usize = 64 << 10;

/// The longest that a gateway can ask to be left alone.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

pub(super) struct GatewayClient {
    http: Client,
    base: Url,
    /// The key that it accepted last, or the one of the configuration.
    key: Mutex<Secret>,
    clock: Arc<dyn Clock>,
}

/// An answer that is no trouble by itself.
pub(super) struct GatewayReply {
    pub(super) status: u16,
    body: Vec<u8>,
}

/// What went wrong with a request.
pub(super) enum Failed {
    /// Nothing was sent: there is no connection.
    NotSent(AgentTrouble),
    /// It was refused, with this status.
    Refused { status: u16, code: Option<String>, trouble: AgentTrouble },
    /// Nobody knows whether it was done.
    Unknown(AgentTrouble),
}

impl Failed {
    pub(super) fn trouble(self) -> AgentTrouble {
        match self {
            Self::NotSent(trouble) | Self::Refused { trouble, .. } | Self::Unknown(trouble) => {
                trouble
            }
        }
    }
}

/// What is asked.
pub(super) struct GatewayAsk<'a> {
    method: Method,
    path: Vec<&'a str>,
    body: Option<String>,
    idempotency_key: Option<&'a str>,
    largest: usize,
}

impl<'a> GatewayAsk<'a> {
    pub(super) fn get(path: &[&'a str]) -> Self {
        let path = path.to_vec();
        Self { method: Method::GET, path, body: None, idempotency_key: None, largest: LARGEST }
    }

    pub(super) fn post(path: &[&'a str], body: String) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::get(path) }
    }

    pub(super) fn under(self, idempotency_key: Option<&'a str>) -> Self {
        Self { idempotency_key, ..self }
    }

    pub(super) fn transcript(path: &[&'a str]) -> Self {
        Self { largest: LARGEST_TRANSCRIPT, ..Self::get(path) }
    }
}

impl GatewayClient {
    /// Fails only if no client can be made at all.
    pub(super) fn new(base: Url, key: Secret, clock: Arc<dyn Clock>) -> Result<Self, AgentTrouble> {
        install_tls();
        let http = Client::builder()
            .user_agent(concat!("timmy/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .build()
            .map_err(|error| AgentTrouble::BadRequest(why_failed(error)))?;
        Ok(Self { http, base, key: Mutex::new(key), clock })
    }

    pub(super) fn key(&self) -> Secret {
        self.key.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks, and reads the answer as JSON.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        ask: GatewayAsk<'_>,
    ) -> Result<T, AgentTrouble> {
        self.send(ask).await.map_err(Failed::trouble)?.read()
    }

    /// Asks, and reads the answer as JSON; none if the gateway knows nothing of that.
    pub(super) async fn look<T: DeserializeOwned>(
        &self,
        ask: GatewayAsk<'_>,
    ) -> Result<Option<T>, AgentTrouble> {
        match self.send(ask).await {
            Ok(reply) => reply.read().map(Some),
            Err(Failed::Refused { status: 404, code: Some(_), .. }) => Ok(None),
            Err(failed) => Err(failed.trouble()),
        }
    }

    /// Asks. A key that is refused is read again from its file, in case it was changed there.
    pub(super) async fn send(&self, ask: GatewayAsk<'_>) -> Result<GatewayReply, Failed> {
        let used = self.key();
        match self.once(&ask).await {
            Err(Failed::Refused { status: 401, .. }) if self.has_another_key(&used) => {
                self.once(&ask).await
            }
            answer => answer,
        }
    }

    /// Opens a stream of events.
    pub(super) async fn listen(&self, path: &[&str]) -> Result<Response, Failed> {
        let ask = GatewayAsk::get(path);
        let response = self.within(self.request(&ask).send()).await?.map_err(failed)?;
        match response.status().is_success() {
            true => Ok(response),
            false => Err(self.refused(response).await),
        }
    }

    /// Whether there is another key than the one that was `used`, and refused.
    fn has_another_key(&self, used: &Secret) -> bool {
        let mut key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever asked at the same time may have read it again.
        if key.expose() != used.expose() {
            return true;
        }
        match key.reread() {
            Some(other) if other.expose() != key.expose() => {
                *key = other;
                true
            }
            _ => false,
        }
    }

    async fn once(&self, ask: &GatewayAsk<'_>) -> Result<GatewayReply, Failed> {
        let answer = async {
            let response = self.request(ask).send().await.map_err(failed)?;
            let status = response.status();
            if !status.is_success() {
                return Err(self.refused(response).await);
            }
            let body = whole(response, ask.largest).await?;
            Ok(GatewayReply { status: status.as_u16(), body })
        };
        self.within(answer).await?
    }

    fn request(&self, ask: &GatewayAsk<'_>) -> RequestBuilder {
        let mut request = self.http.request(ask.method.clone(), self.address(&ask.path));
        // A key that no header can carry is refused by the configuration.
        if let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", self.key().expose())) {
            bearer.set_sensitive(true);
            request = request.header(AUTHORIZATION, bearer);
        }
        if let Some(key) = ask.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        match &ask.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.clone()),
            None => request,
        }
    }

    /// What lies below the root address.
    fn address(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Failed> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.clock.sleep(LONGEST) => Err(Failed::Unknown(AgentTrouble::Timeout)),
        }
    }

    async fn refused(&self, mut response: Response) -> Failed {
        let status = response.status().as_u16();
        let until = wait(response.headers(), self.clock.now());
        let mut body = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            body.extend_from_slice(&piece);
            if body.len() > LARGEST_REFUSAL {
                body.clear();
                break;
            }
        }
        let WireRefusal { error } = serde_json::from_slice(&body).unwrap_or_default();
        let trouble = trouble(status, &error, until);
        let code = error.code;
        let is_sure = !matches!(status, 500..) || code.as_deref() == Some("gateway_draining");
        match is_sure {
            true => Failed::Refused { status, code, trouble },
            false => Failed::Unknown(trouble),
        }
    }
}

impl GatewayReply {
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, AgentTrouble> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = match self.body.starts_with(b"<") {
                true => "a web page came back: check the agent's `url`".to_owned(),
                false => format!("it is not what a Hermes gateway says ({error})"),
            };
            AgentTrouble::Garbage(brief(&what))
        })
    }
}

/// What a refusal means: its status counts, since codes and words differ between versions.
fn trouble(status: u16, error: &WireError, until: Option<Timestamp>) -> AgentTrouble {
    let said = error.message.as_deref().map(brief).filter(|said| !said.is_empty());
    let said = said.unwrap_or_else(|| format!("status {status}"));
    match status {
        401 | 403 => AgentTrouble::BadKey,
        404 if error.code.is_some() => AgentTrouble::NotFound,
        404 | 405 => AgentTrouble::Unsupported,
        409 if error.code.as_deref() == Some("idempotency_key_conflict") => AgentTrouble::Conflict,
        429 => AgentTrouble::Busy { reason: said, until },
        503 if error.code.is_some() => AgentTrouble::Busy { reason: said, until },
        300..400 => {
            let words = "it redirects elsewhere: write that address as the agent's `url`";
            AgentTrouble::BadRequest(words.to_owned())
        }
        400..500 => AgentTrouble::BadRequest(said),
        _ => AgentTrouble::Down(said),
    }
}

/// Until when it wants to be left alone.
fn wait(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(now.after(Duration::from_secs(seconds.min(LONGEST_WAIT))))
}

/// All of a body, up to its bound.
async fn whole(mut response: Response, largest: usize) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(failed)? {
        if body.len() + piece.len() > largest {
            let words = "it is larger than anybody reads".to_owned();
            return Err(Failed::Unknown(AgentTrouble::Garbage(words)));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn failed(error: reqwest::Error) -> Failed {
    let (is_connect, is_refused) = (error.is_connect(), is_refused(&error));
    let words = why_failed(error);
    match (is_connect, is_refused) {
        (true, true) => Failed::NotSent(AgentTrouble::Down(words)),
        (true, false) => Failed::NotSent(AgentTrouble::HostAway(words)),
        (false, _) => Failed::Unknown(AgentTrouble::Down(words)),
    }
}
