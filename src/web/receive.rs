//! What came, and whether the forge sent it. Before that is known, no more of it is kept than
//! strangers may take up.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, StatusCode};
use tokio::time::timeout;

use super::limits::ListenerLimits;
use super::memory::{Memory, MemoryShare};
use crate::core::model::ids::RepoName;
use crate::core::policy::webhook_scope::HookScope;
use crate::gitea::payload::{NoPayload, PayloadReader};
use crate::gitea::signature::{Keys, PayloadDigest, Signature};
use crate::gitea::webhook::{self, Malformed, ParsedDelivery};

/// A payload that is arriving. What does not come at once is kept in pieces of equal size: one
/// that had to move as it grows would take several times the memory that is counted.
#[derive(Debug, Default)]
struct Pieces {
    /// As it came: most deliveries come whole, and are not copied.
    first: Bytes,
    /// Copied, so that a byte of each piece does not hold all that was read with it.
    rest: Vec<Vec<u8>>,
}

impl Pieces {
    /// Bytes of a copied piece.
    const SIZE: usize = 32 << 10;

    fn add(&mut self, part: Bytes) {
        if self.first.is_empty() {
            self.first = part;
        } else {
            self.copy(&part);
        }
    }

    fn copy(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let last = match self.rest.last_mut() {
                Some(last) if last.len() < Self::SIZE => last,
                _ => {
                    self.rest.push(Vec::with_capacity(Self::SIZE));
                    continue;
                }
            };
            let (fits, rest) = bytes.split_at(bytes.len().min(Self::SIZE - last.len()));
            last.extend_from_slice(fits);
            bytes = rest;
        }
    }

    fn join(self) -> Bytes {
        if self.rest.is_empty() {
            return self.first;
        }
        let mut all =
            Vec::with_capacity(self.first.len() + self.rest.iter().map(Vec::len).sum::<usize>());
        all.extend_from_slice(&self.first);
        self.rest.iter().for_each(|piece| all.extend_from_slice(piece));
        all.into()
    }
}

/// Reads deliveries and checks who signed them.
#[derive(Debug)]
pub struct Receiver {
    keys: Keys,
    max_body: usize,
    limits: ListenerLimits,
    memory: Arc<Memory>,
}

/// A delivery that was signed with a secret of the configuration.
#[derive(Debug)]
pub struct Signed {
    /// Its event: `X-Gitea-Event-Type`, or what older servers say.
    pub event: String,
    /// Its payload.
    pub json: Bytes,
    /// For what the secrets that signed it speak; at least one.
    pub(super) scopes: Vec<HookScope>,
    /// The memory that the payload takes, until this is dropped; none if it is small.
    _share: Option<MemoryShare>,
}

/// Why a delivery is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It holds no payload.
    NoPayload(NoPayload),
    /// Its body is larger than the configuration allows.
    TooLarge,
    /// No secret of the configuration made its signature, or it has none.
    Unsigned,
    /// Its body did not come in time.
    Late,
    /// Its body had to give way to others.
    GaveWay,
    /// Its sender went away.
    Broken,
}

impl Refused {
    /// What its sender is told.
    pub fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::NoPayload(_) => {
                (StatusCode::BAD_REQUEST, "neither JSON nor a form with a payload\n")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "larger than webhook.max_body\n"),
            Self::Unsigned => {
                (StatusCode::UNAUTHORIZED, "no webhook secret of mine made this signature\n")
            }
            Self::Late => (StatusCode::REQUEST_TIMEOUT, "the body did not come\n"),
            Self::GaveWay => {
                (StatusCode::SERVICE_UNAVAILABLE, "too many large bodies are on their way\n")
            }
            Self::Broken => (StatusCode::BAD_REQUEST, "the body broke off\n"),
        }
    }
}

/// Why nothing may be done with a delivery, although it is signed.
#[derive(Debug)]
pub enum Unusable {
    /// It cannot be understood.
    Malformed(Malformed),
    /// It is about a repository for which none of the secrets that signed it speaks.
    OutOfScope(RepoName),
}

impl Receiver {
    /// One that believes what is signed with one of `keys`, and reads bodies of at most `max_body`
    /// bytes.
    pub fn new(keys: Keys, max_body: usize, limits: ListenerLimits) -> Self {
        let memory = Memory::new(limits.body_memory, max_body, limits.body_grace);
        Self { keys, max_body, limits, memory }
    }

    /// Reads a delivery. What is refused by its headers alone is not read at all.
    ///
    /// # Errors
    /// Why it is not believed.
    pub async fn receive(&self, headers: &HeaderMap, body: Body) -> Result<Signed, Refused> {
        let payload =
            PayloadReader::new(header(headers, "content-type")).map_err(Refused::NoPayload)?;
        let signature =
            Signature::parse(header(headers, "x-gitea-signature")).ok_or(Refused::Unsigned)?;
        // What `Content-Length` says.
        if body.size_hint().lower() > self.max_body as u64 {
            return Err(Refused::TooLarge);
        }
        let mut share = None;
        let reading = self.read(body, payload, &mut share);
        let (json, digest) =
            timeout(self.limits.body_time, reading).await.map_err(|_| Refused::Late)??;
        let scopes = digest.verify(signature);
        if scopes.is_empty() {
            return Err(Refused::Unsigned);
        }
        if let Some(share) = &share {
            share.proved();
        }
        Ok(Signed { event: event(headers).to_owned(), json: json.join(), scopes, _share: share })
    }

    async fn read(
        &self,
        mut body: Body,
        mut payload: PayloadReader,
        share: &mut Option<MemoryShare>,
    ) -> Result<(Pieces, PayloadDigest<'_>), Refused> {
        let mut digest = self.keys.digest();
        let (mut json, mut length) = (Pieces::default(), 0);
        loop {
            let piece = tokio::select! {
                piece = next(&mut body) => piece,
                () = gives_way(share.as_ref()) => return Err(Refused::GaveWay),
            };
            let Some(piece) = piece? else { break };
            length += piece.len();
            if length > self.max_body {
                return Err(Refused::TooLarge);
            }
            let counted = length.saturating_sub(self.limits.small_body).min(piece.len());
            if counted > 0 {
                let share = share.get_or_insert_with(|| self.memory.share());
                share.take(counted).await.map_err(|_| Refused::GaveWay)?;
            }
            let part = match payload.read(&piece) {
                Cow::Borrowed(part) => piece.slice_ref(part),
                Cow::Owned(part) => part.into(),
            };
            digest.update(&part);
            json.add(part);
        }
        let rest = payload.finish().map_err(Refused::NoPayload)?;
        digest.update(&rest);
        json.add(rest.into());
        Ok((json, digest))
    }
}

impl Signed {
    /// What it says, if the secrets that signed it speak for the repository that it is about.
    ///
    /// # Errors
    /// If nothing may be done with it.
    pub fn read(&self) -> Result<ParsedDelivery, Unusable> {
        let reading = webhook::read(&self.event, &self.json).map_err(Unusable::Malformed)?;
        match &reading.repository {
            Some(repo) if !self.scopes.iter().any(|scope| scope.covers(&repo.name)) => {
                Err(Unusable::OutOfScope(repo.name.clone()))
            }
            _ => Ok(reading),
        }
    }

    /// For what those secrets speak, for a log.
    pub fn scope(&self) -> String {
        let scopes: Vec<String> = self.scopes.iter().map(ToString::to_string).collect();
        scopes.join(", ")
    }
}

/// The event that a delivery says it is; empty if it says none.
pub fn event(headers: &HeaderMap) -> &str {
    match header(headers, "x-gitea-event-type") {
        "" => header(headers, "x-gitea-event"),
        event => event,
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Returns when the body has to give way; a small one never has to.
async fn gives_way(share: Option<&MemoryShare>) {
    match share {
        Some(share) => share.gives_way().await,
        None => std::future::pending().await,
    }
}

/// The next bytes of a body; none at its end.
async fn next(body: &mut Body) -> Result<Option<Bytes>, Refused> {
    loop {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
            None => return Ok(None),
            Some(Err(_)) => return Err(Refused::Broken),
            // Trailers say nothing.
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}
