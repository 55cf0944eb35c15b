//! One delivery: who signed it, what it says; then it is stored, and only then acknowledged.
//!
//! Gitea never repeats a delivery. So what is signed is not refused for its content: what cannot
//! be read is kept for inspection, what does not matter is acknowledged and forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::IgnoredAny;

use super::delivery_log::{DeliveryKind, DeliveryRecorder, Peer, source};
use super::receive::{Signed, Unusable, event};
use super::state::WebhookState;
use crate::core::model::ids::{RepoId, RepoName, Subject, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::text::{InboundText, OpenedPull};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::BacklogEntry;
use crate::crash;
use crate::gitea::webhook::{Delivery, Ignored, IssueChanged, Malformed, ParsedDelivery};
use crate::store::backlog::{self, BacklogSource};
use crate::store::deliveries::{self, UnreadDelivery};
use crate::store::inbox::{self, Inserted};
use crate::store::tasks::{self, ScheduledTask};
use crate::store::{Error, Transaction, forgotten, repos};

type HttpAnswer = (StatusCode, &'static str);

const NOT_JSON: HttpAnswer = (StatusCode::BAD_REQUEST, "not JSON\n");
const OUT_OF_SCOPE: HttpAnswer =
    (StatusCode::UNAUTHORIZED, "the secret of this signature is another repository's\n");

pub(super) async fn receive(
    State(ear): State<Arc<WebhookState>>,
    Extension(notes): Extension<Arc<DeliveryRecorder>>,
    request: Request,
) -> HttpAnswer {
    let (Parts { headers, extensions, .. }, body) = request.into_parts();
    let (answer, is_read) = match ear.receiver.receive(&headers, body).await {
        Ok(signed) => (take(&ear, &signed, &headers).await, true),
        Err(refused) => (refused.answer(), false),
    };
    ear.results.count(answer.0, is_read);
    // What is no delivery at all, or did not come, is no sign of a wrong secret.
    let is_good = match answer.0 {
        StatusCode::UNAUTHORIZED => false,
        status if status.is_success() => true,
        _ => return answer,
    };
    let from = source(extensions.get().map(|Peer(peer)| *peer), &headers);
    let arrival = DeliveryKind::of(event(&headers), is_good, from);
    notes.take(&ear.ledger, arrival, ear.clock.now()).await;
    answer
}

/// Takes what was certainly signed with a secret of the configuration.
async fn take(ear: &WebhookState, signed: &Signed, headers: &HeaderMap) -> HttpAnswer {
    let ParsedDelivery { delivery, changed_issue, repository } = match signed.read() {
        Ok(reading) => reading,
        Err(Unusable::OutOfScope(name)) => return refuse(signed, &name),
        Err(Unusable::Malformed(Malformed::Json(_))) if !is_json(&signed.json) => return NOT_JSON,
        Err(Unusable::Malformed(malformed)) => return keep(ear, signed, headers, &malformed).await,
    };
    let news = match delivery {
        Delivery::Text(heard) => Some(NewDelivery::Text(heard)),
        Delivery::PullOpened(opening) => Some(NewDelivery::Pull(opening)),
        Delivery::Reviewed { repo, number } => Some(NewDelivery::Review(repo, number)),
        Delivery::Gesture { repo, number } => Some(NewDelivery::Gesture(repo, number)),
        // Of such an event nothing may have been read.
        Delivery::Ignored(Ignored::Event) if !is_json(&signed.json) => return NOT_JSON,
        Delivery::Deleted { repo, comment } => Some(NewDelivery::Deleted(repo, comment)),
        Delivery::Ignored(_) => None,
    };
    let (true, Some(repo)) = (news.is_some() || changed_issue.is_some(), repository) else {
        return (StatusCode::ACCEPTED, "nothing to do\n");
    };
    let state = changed_issue.map(|changed_issue| IssueState::read(changed_issue, ear));
    store(ear, signed, repo.id, news, state).await
}

/// Refuses what is signed with a secret that says nothing about `repository`.
fn refuse(signed: &Signed, repository: &RepoName) -> HttpAnswer {
    tracing::warn!(
        event = signed.event,
        scope = signed.scope(),
        %repository,
        "a delivery is refused: it is signed with a secret that does not speak for this repository"
    );
    OUT_OF_SCOPE
}

/// How an issue or a pull request is now.
struct IssueState {
    repo: Repo,
    entry: BacklogEntry,
    deleted: bool,
    /// Whether a person did that.
    by_person: bool,
}

impl IssueState {
    fn read(changed: IssueChanged, ear: &WebhookState) -> Self {
        let IssueChanged { repo, item, deleted, by } = changed;
        let by_person = by.is_some_and(|by| (ear.is_person)(&by));
        Self { entry: BacklogEntry::read(repo.id, item, &ear.reader), repo, deleted, by_person }
    }

    fn keep(&self, tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
        let (repo, number) = (self.repo.id, self.entry.item.number);
        if !repos::introduce(tx, &self.repo)? {
            // It was renamed, or somebody lies: a poll will tell.
            return Ok(());
        }
        match self.deleted {
            true => forgotten::thread_with_all(tx, ThreadId { repo, number }),
            false => {
                backlog::put(tx, repo, &self.entry, BacklogSource::Webhook)?;
                if self.by_person {
                    let thread = ThreadId { repo, number };
                    backlog::touch(tx, thread, self.entry.item.updated_at)?;
                }
                if self.entry.item.is_pull {
                    let thread = ThreadId { repo, number };
                    tasks::set(tx, thread, &ScheduledTask::SayVerdict { since: now }, now)?;
                }
                Ok(())
            }
        }
    }
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// What is stored of a delivery that matters.
enum NewDelivery {
    Text(Box<InboundText>),
    Pull(Box<OpenedPull>),
    Review(Repo, i64),
    Gesture(Repo, i64),
    Deleted(Repo, i64),
}

impl NewDelivery {
    fn keep(self, tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
        match self {
            // What was heard before is an old delivery, and may bring an old name.
            Self::Text(heard) => match inbox::insert(tx, &heard, now)? {
                Inserted::New(_) => repos::introduce(tx, &heard.repo).map(drop),
                Inserted::Known => Ok(()),
            },
            Self::Pull(opening) => {
                repos::introduce(tx, &opening.repo)?;
                let thread = ThreadId { repo: opening.repo.id, number: opening.written.number };
                tasks::set(tx, thread, &ScheduledTask::PullOpened(opening), now)
            }
            Self::Deleted(repo, comment) => {
                forgotten::text(tx, Subject::Comment(comment), repo.id).map(drop)
            }
            Self::Review(repo, number) => {
                repos::introduce(tx, &repo)?;
                let thread = ThreadId { repo: repo.id, number };
                tasks::set(
                    tx,
                    thread,
                    &ScheduledTask::ReadReviews { since: now.before(SKEW), delivered: true },
                    now,
                )
            }
            Self::Gesture(repo, number) => {
                repos::introduce(tx, &repo)?;
                let thread = ThreadId { repo: repo.id, number };
                tasks::read_gestures(tx, thread, now.before(LATE), (true, now))
            }
        }
    }
}

/// How far the forge's clock may be behind ours when a review is said to be new.
const SKEW: Duration = Duration::from_secs(120);

/// How late a delivery may tell of a gesture; what was told before is known.
const LATE: Duration = Duration::from_secs(600);

async fn store(
    ear: &WebhookState,
    signed: &Signed,
    repo: RepoId,
    news: Option<NewDelivery>,
    state: Option<IssueState>,
) -> HttpAnswer {
    let now = ear.clock.now();
    let scopes = signed.scopes.clone();
    let stored = ear.ledger.write(move |tx| {
        // Everything is stored under the number, which may be that of a repository elsewhere.
        if let Some(known) = repos::name(tx, repo)?
            && !scopes.iter().any(|scope| scope.covers(&known.name))
        {
            return Ok(Err(known.name));
        }
        if let Some(state) = state {
            state.keep(tx, now)?;
        }
        news.map_or(Ok(()), |news| news.keep(tx, now)).map(Ok)
    });
    match stored.await {
        Ok(Ok(())) => {
            crash::point("heard");
            (ear.heard)();
            (StatusCode::ACCEPTED, "heard\n")
        }
        Ok(Err(known)) => refuse(signed, &known),
        Err(error) => unable(&error),
    }
}

/// Keeps what could not be read, so that somebody can look at it.
async fn keep(
    ear: &WebhookState,
    signed: &Signed,
    headers: &HeaderMap,
    malformed: &Malformed,
) -> HttpAnswer {
    let event = &signed.event;
    tracing::warn!(event, %malformed, "webhook unreadable, kept for inspection");
    let unread = UnreadDelivery {
        event: event.clone(),
        headers: harmless(headers),
        body: signed.json.to_vec(),
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

fn unable(error: &crate::store::Error) -> HttpAnswer {
    tracing::error!(%error, "webhook could not be stored");
    (StatusCode::SERVICE_UNAVAILABLE, "the ledger cannot be written\n")
}
