//! One delivery: its size, its signature, its form; then it is stored, and only then acknowledged.
//!
//! Gitea never repeats a delivery. So what is signed is not refused for its content: what cannot
//! be read is kept for inspection, what does not matter is acknowledged and forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::de::IgnoredAny;
use tokio::time::timeout;

use super::Ear;
use super::arrivals::{Arrival, Notes};
use crate::core::backlog::Entry;
use crate::core::backlog::text::Reader;
use crate::core::heard::{Heard, Opening, Repo};
use crate::core::ids::ThreadId;
use crate::core::time::Timestamp;
use crate::crash;
use crate::gitea::signature;
use crate::gitea::webhook::{self, Delivery, Ignored, Malformed, Reading, Stirred};
use crate::store::backlog::{self, Told};
use crate::store::deliveries::{self, Unread};
use crate::store::errands::{self, Errand};
use crate::store::inbox::{self, Hearing};
use crate::store::{Error, Transaction, repos};

/// How long a body may take to arrive: Gitea itself gives up on a delivery after 5 s.
const PATIENCE: Duration = Duration::from_secs(10);

type Answer = (StatusCode, &'static str);

pub(super) async fn hear(
    State(ear): State<Arc<Ear>>,
    Extension(notes): Extension<Arc<Notes>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let body = match timeout(PATIENCE, axum::body::to_bytes(body, ear.max_body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return (StatusCode::PAYLOAD_TOO_LARGE, "larger than webhook.max_body\n"),
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, "the body did not come\n"),
    };
    let header = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let Ok(json) = signature::payload(header("content-type"), &body) else {
        return (StatusCode::BAD_REQUEST, "neither JSON nor a form with a payload\n");
    };
    let event = match header("x-gitea-event-type") {
        "" => header("x-gitea-event"),
        event => event,
    };
    let is_good = signature::verify(&ear.secrets, &json, header("x-gitea-signature"));
    let note = notes.take(&ear.ledger, Arrival::of(event, is_good), ear.clock.now());
    if !is_good {
        note.await;
        return (StatusCode::UNAUTHORIZED, "no webhook secret of mine made this signature\n");
    }
    // Together, so that both are in one commit.
    tokio::join!(take(&ear, event, &headers, &json), note).0
}

/// Takes what the forge certainly sent.
async fn take(ear: &Ear, event: &str, headers: &HeaderMap, json: &[u8]) -> Answer {
    let Reading { delivery, stirred } = match webhook::read(event, json) {
        Ok(reading) => reading,
        Err(Malformed::Json(_)) if !is_json(json) => return NOT_JSON,
        Err(malformed) => return keep(ear, event, headers, json, &malformed).await,
    };
    let news = match delivery {
        Delivery::Heard(heard) => Some(News::Text(heard)),
        Delivery::PullOpened(opening) => Some(News::Pull(opening)),
        Delivery::Reviewed { repo, number } => Some(News::Review(repo, number)),
        // Of such an event nothing may have been read.
        Delivery::Ignored(Ignored::Event) if !is_json(json) => return NOT_JSON,
        Delivery::Deleted { .. } | Delivery::Ignored(_) => None,
    };
    if news.is_none() && stirred.is_none() {
        return (StatusCode::ACCEPTED, "nothing to do\n");
    }
    let state = stirred.map(|stirred| Present::read(stirred, &ear.reader));
    store(ear, news, state).await
}

const NOT_JSON: Answer = (StatusCode::BAD_REQUEST, "not JSON\n");

/// How an issue or a pull request is now.
struct Present {
    repo: Repo,
    entry: Entry,
    deleted: bool,
}

impl Present {
    fn read(Stirred { repo, item, deleted }: Stirred, reader: &Reader) -> Self {
        Self { repo, deleted, entry: Entry::read(item, reader) }
    }

    fn keep(&self, tx: &Transaction<'_>) -> Result<(), Error> {
        let (repo, number) = (self.repo.id, self.entry.item.number);
        if !repos::introduce(tx, &self.repo)? {
            // It was renamed, or somebody lies: a poll will tell.
            return Ok(());
        }
        match self.deleted {
            true => backlog::forget(tx, ThreadId { repo, number }),
            false => backlog::put(tx, repo, &self.entry, Told::Webhook),
        }
    }
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// What is stored of a delivery that matters.
enum News {
    Text(Box<Heard>),
    Pull(Box<Opening>),
    Review(Repo, i64),
}

impl News {
    fn keep(self, tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
        match self {
            // What was heard before is an old delivery, and may bring an old name.
            Self::Text(heard) => match inbox::hear(tx, &heard, now)? {
                Hearing::New(_) => repos::introduce(tx, &heard.repo).map(drop),
                Hearing::Known => Ok(()),
            },
            Self::Pull(opening) => {
                repos::introduce(tx, &opening.repo)?;
                let thread = ThreadId { repo: opening.repo.id, number: opening.written.number };
                errands::set(tx, thread, &Errand::PullOpened(opening), now)
            }
            Self::Review(repo, number) => {
                repos::introduce(tx, &repo)?;
                let thread = ThreadId { repo: repo.id, number };
                errands::set(tx, thread, &Errand::ReadReviews { since: now.before(SKEW) }, now)
            }
        }
    }
}

/// How far the forge's clock may be behind ours when a review is said to be new.
const SKEW: Duration = Duration::from_secs(120);

async fn store(ear: &Ear, news: Option<News>, state: Option<Present>) -> Answer {
    let now = ear.clock.now();
    let stored = ear.ledger.write(move |tx| {
        if let Some(state) = state {
            state.keep(tx)?;
        }
        news.map_or(Ok(()), |news| news.keep(tx, now))
    });
    match stored.await {
        Ok(()) => {
            crash::point("heard");
            (ear.heard)();
            (StatusCode::ACCEPTED, "heard\n")
        }
        Err(error) => unable(&error),
    }
}

/// Keeps what could not be read, so that somebody can look at it.
async fn keep(
    ear: &Ear,
    event: &str,
    headers: &HeaderMap,
    json: &[u8],
    malformed: &Malformed,
) -> Answer {
    tracing::warn!(event, %malformed, "a delivery that I cannot read: kept for inspection");
    let unread = Unread {
        event: event.to_owned(),
        headers: harmless(headers),
        body: json.to_owned(),
        problem: malformed.to_string(),
    };
    let now = ear.clock.now();
    match ear.ledger.write(move |tx| deliveries::keep(tx, &unread, now)).await {
        Ok(()) => (StatusCode::ACCEPTED, "kept for inspection\n"),
        Err(error) => unable(&error),
    }
}

/// The headers that say what a delivery is; those that prove it are not for keeping.
fn harmless(headers: &HeaderMap) -> BTreeMap<String, String> {
    let tells = |name: &str| {
        name == "content-type" || (name.starts_with("x-gitea-") && !name.contains("signature"))
    };
    headers
        .iter()
        .filter(|(name, _)| tells(name.as_str()))
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}

fn unable(error: &crate::store::Error) -> Answer {
    tracing::error!(%error, "a delivery could not be stored");
    (StatusCode::SERVICE_UNAVAILABLE, "the ledger cannot be written\n")
}
