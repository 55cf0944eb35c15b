//! What is wrong with the world is said once when it begins and once when it is over, in the log
//! and in the ledger, where `doctor` and the report find it; meanwhile the rest goes on.
//!
//! What a write meets is over when a write of its kind succeeds there. What concerns the whole
//! forge, or what is polled, is over when a round of the catch-up met none of it and nothing waits
//! any more: one request that succeeds says little about others.

use std::collections::HashSet;
use std::sync::{MutexGuard, PoisonError};

use super::Engine;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::repository::Repo;
use crate::gitea::Error;
use crate::store::{self, Transaction, incidents, queue, repos};

/// The keys of what is wrong now.
pub(super) type OpenIncidents = HashSet<String>;

/// The token is not accepted.
const TOKEN: &str = "token";
/// The token lacks a scope, which follows.
const SCOPE: &str = "scope ";
/// The forge cannot be reached, or is not itself.
const FORGE: &str = "forge";
/// What follows, an owner or a repository, cannot be read.
const POLL: &str = "poll ";
/// The repository whose number follows was watched, and is listed no more.
const GONE: &str = "gone ";

/// The repository whose number follows is archived.
const ARCHIVED: &str = "archived ";
/// The repository whose number follows lets timmy do less than it would.
const FORBIDDEN: &str = "forbidden ";
/// The thread that follows, by the number of its repository, is locked.
const LOCKED: &str = "locked ";

/// The report has no place to stand.
const HOMELESS: &str = "report";

/// The account that is meant by the name that follows is called otherwise now.
const RENAMED: &str = "account renamed ";
/// The name that follows is another account's now.
const TAKEN: &str = "account replaced ";

/// Of these another run may know nothing any more: a token may be another one by now.
const FORGOTTEN: [&str; 5] = [SCOPE, POLL, GONE, RENAMED, TAKEN];

/// What an error tells about all of the forge.
fn key_of_all(error: &Error) -> Option<String> {
    match error {
        Error::BadToken { .. } => Some(TOKEN.to_owned()),
        Error::MissingScope { scope } => Some(format!("{SCOPE}{scope}")),
        Error::Unreachable(_)
        | Error::Timeout
        | Error::Dropped(_)
        | Error::Unavailable { .. }
        | Error::NotGitea { .. } => Some(FORGE.to_owned()),
        _ => None,
    }
}

fn is_about_all(key: &str) -> bool {
    key == TOKEN || key == FORGE || key.starts_with(SCOPE) || key.starts_with(POLL)
}

pub(super) fn renamed(name: &str) -> String {
    format!("{RENAMED}{name}")
}

pub(super) fn taken(name: &str) -> String {
    format!("{TAKEN}{name}")
}

fn archived(repo: RepoId) -> String {
    format!("{ARCHIVED}{}", repo.0)
}

fn forbidden(repo: RepoId) -> String {
    format!("{FORBIDDEN}{}", repo.0)
}

fn locked(thread: ThreadId) -> String {
    format!("{LOCKED}{}#{}", thread.repo.0, thread.number)
}

fn gone(repo: RepoId) -> String {
    format!("{GONE}{}", repo.0)
}

/// The repository that is concerned, if it is one alone and known by its number.
pub(super) fn repo_of(key: &str) -> Option<RepoId> {
    let place =
        [GONE, ARCHIVED, FORBIDDEN, LOCKED].iter().find_map(|what| key.strip_prefix(what))?;
    let repo = place.split_once('#').map_or(place, |(repo, _)| repo);
    repo.parse().ok().map(RepoId)
}

/// Whether a comment in the thread `home` shows by being there that this is over.
pub(super) fn is_disproved_by_speaking(key: &str, home: Option<ThreadId>) -> bool {
    let here = |home: ThreadId| [archived(home.repo), forbidden(home.repo), locked(home)];
    [TOKEN, FORGE, HOMELESS].contains(&key)
        || home.is_some_and(|home| here(home).iter().any(|other| other == key))
}

/// A write that the forge took. Reactions are none: whoever may read may react, even where the
/// repository is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteKind {
    /// A label, an assignee or a dependency.
    Wish,
    /// A comment.
    Reply,
}

impl Engine {
    /// Notes what an error in a thread tells about the world.
    pub(super) async fn record_error(&self, error: &Error, thread: ThreadId) {
        let (key, number) = match error {
            Error::Archived { .. } => (archived(thread.repo), None),
            Error::Forbidden { .. } => (forbidden(thread.repo), None),
            Error::Locked => (locked(thread), Some(thread.number)),
            _ => return self.record_forge_error(error).await,
        };
        let known = self.ledger.read(move |conn| repos::name(conn, thread.repo)).await;
        let place = match (known, number) {
            (Ok(Some(repo)), Some(number)) => format!("{}#{number}: ", repo.name),
            (Ok(Some(repo)), None) => format!("{}: ", repo.name),
            _ => String::new(),
        };
        self.note(key, format!("{place}{error}")).await;
    }

    /// Notes what an error tells about all of the forge, if anything.
    pub(super) async fn record_forge_error(&self, error: &Error) {
        if let Some(key) = key_of_all(error) {
            self.note(key, error.to_string()).await;
        }
    }

    /// Notes that `what`, an owner or a repository, cannot be read; the key of that.
    pub(super) async fn record_poll_error(&self, what: &str, error: &Error) -> String {
        let (key, text) = match key_of_all(error) {
            Some(key) => (key, error.to_string()),
            None => (format!("{POLL}{what}"), format!("{what} cannot be read: {error}")),
        };
        self.note(key.clone(), text).await;
        key
    }

    /// A watched repository is listed no more.
    pub(super) async fn repository_gone(&self, repo: &Repo) {
        let name = &repo.name;
        let text =
            format!("{name} was deleted, moved to where nothing is watched, or closed to me");
        self.note(gone(repo.id), text).await;
    }

    /// These repositories are listed.
    pub(super) async fn repositories_listed(&self, listed: impl Iterator<Item = &RepoId>) {
        self.over(listed.map(|repo| gone(*repo)).collect()).await;
    }

    /// What is wrong with an account that the configuration names, if anything is.
    pub(super) async fn account_is(&self, key: String, wrong: Option<String>) {
        match wrong {
            Some(text) => self.note(key, text).await,
            None => self.over(vec![key]).await,
        }
    }

    /// Whether this is known to be wrong now.
    pub(super) fn is_open(&self, key: &str) -> bool {
        self.open().contains(key)
    }

    /// The report has no place to stand.
    pub(super) async fn report_unplaced(&self, text: String) {
        self.note(HOMELESS.to_owned(), text).await;
    }

    /// It has one.
    pub(super) async fn report_placed(&self) {
        self.over(vec![HOMELESS.to_owned()]).await;
    }

    /// The forge took a write in this thread: what kept it from that is over.
    pub(super) async fn well(&self, thread: ThreadId, written: WriteKind) {
        let other = match written {
            WriteKind::Wish => forbidden(thread.repo),
            WriteKind::Reply => locked(thread),
        };
        self.over(vec![archived(thread.repo), other]).await;
    }

    /// A round of the catch-up met these and nothing else.
    pub(super) async fn resolve_incidents_except(
        &self,
        met: impl Iterator<Item = &String>,
    ) -> Result<(), store::Error> {
        let mut over: OpenIncidents =
            self.open().iter().filter(|key| is_about_all(key)).cloned().collect();
        for key in met {
            over.remove(key);
        }
        if !over.is_empty() && self.ledger.read(queue::is_idle).await? {
            self.over(over.into_iter().collect()).await;
        }
        Ok(())
    }

    /// What was wrong when an earlier run ended may still be.
    pub(super) async fn load_incidents(&self) -> Result<(), store::Error> {
        let forget = |tx: &Transaction<'_>| {
            FORGOTTEN.iter().try_for_each(|prefix| incidents::forget(tx, prefix))
        };
        let known =
            self.ledger.write(move |tx| forget(tx).and_then(|()| incidents::all(tx))).await?;
        self.open().extend(known.into_iter().map(|incident| incident.key));
        Ok(())
    }

    fn open(&self) -> MutexGuard<'_, OpenIncidents> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn note(&self, key: String, text: String) {
        let is_new = self.open().insert(key.clone());
        if is_new {
            tracing::error!(incident = %key, "{text}");
        }
        let now = self.clock.now();
        match self.ledger.write(move |tx| incidents::note(tx, &key, &text, now)).await {
            // The report tells it.
            Ok(_) if is_new => self.notify(),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "incident could not be stored"),
        }
    }

    async fn over(&self, mut keys: Vec<String>) {
        {
            let mut open = self.open();
            keys.retain(|key| open.remove(key));
        }
        for key in keys {
            tracing::info!(incident = %key, "over");
            match self.ledger.write(move |tx| incidents::over(tx, &key).map(drop)).await {
                Ok(()) => self.notify(),
                Err(error) => tracing::error!(%error, "incident could not be closed in the ledger"),
            }
        }
    }
}
