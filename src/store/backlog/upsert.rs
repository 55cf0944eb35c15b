//! Inserts, updates and removes issues of the backlog as they are seen.
//!
//! Webhooks overtake one another and come late; lists are read while things move. So each state
//! is compared with the one that is known, by the forge's clock.

use rusqlite::{OptionalExtension as _, Transaction};
use sha2::{Digest as _, Sha256};

use super::entry::{self, RankedEntry};
use super::templates;
use super::version::moved;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::issue::Issue;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::BacklogEntry;
use crate::store::columns::Json;
use crate::store::error::Error;

/// What the state of a thread was read from. The times are of the forge's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BacklogSource {
    /// A list of all that is open, read at a moment: what is new in it need not have moved.
    List(Timestamp),
    /// A search for what moved, read at a moment.
    Search(Timestamp),
    /// A webhook, nobody knows how late.
    Webhook,
}

/// How long before an answer was given what it says was read, at most: as long as a request may
/// take. Webhooks about an earlier moment are older than the answer.
const READING: std::time::Duration = std::time::Duration::from_secs(30);

/// What is known of a thread.
struct StoredIssue {
    /// When it was opened or reopened last, and what a ranking reads of it; none if it is closed.
    open: Option<(Timestamp, RankedEntry)>,
    updated_at: Timestamp,
    seen_at: Timestamp,
}

/// Keeps the state of a thread in `repo`, unless a newer one is known or the repository's backlog
/// is not kept. A closed one leaves.
///
/// A thread that comes back was reopened when it moved last. So was one that nobody has seen
/// although it is older than the full read of its repository.
pub fn put(
    tx: &Transaction<'_>,
    repo: RepoId,
    entry: &BacklogEntry,
    source: BacklogSource,
) -> Result<(), Error> {
    let Some(since) = since(tx, repo)? else { return Ok(()) };
    let item = &entry.item;
    let thread = ThreadId { repo, number: item.number };
    let known = known(tx, thread)?;
    if known.as_ref().is_some_and(|known| is_old(item, known, source)) {
        return Ok(());
    }
    let seen_at = match source {
        BacklogSource::List(at) | BacklogSource::Search(at) => {
            at.before(READING).max(item.updated_at)
        }
        BacklogSource::Webhook => item.updated_at,
    };
    if !item.open {
        return close(tx, thread, item.updated_at, seen_at);
    }
    if entry.may_be_a_form {
        templates::want(tx, repo)?;
    }
    let is_unknown_but_old = known.is_none() && since.is_some_and(|since| item.created_at < since);
    let before = known.as_ref().and_then(|known| known.open.as_ref());
    let opened_at = match (before, &known) {
        (Some((opened_at, _)), _) => *opened_at,
        (None, Some(_)) => item.updated_at,
        (None, None) if is_unknown_but_old => item.updated_at,
        (None, None) => item.created_at,
    };
    let has_moved = match &known {
        Some(known) => known.updated_at != item.updated_at,
        None => !matches!(source, BacklogSource::List(_)),
    };
    write(tx, thread, entry, opened_at, seen_at, has_moved)?;
    tx.prepare_cached("DELETE FROM closed WHERE repo = ?1 AND number = ?2")?
        .execute((repo, item.number))?;
    let is_same = before.is_some_and(|(_, ranked)| *ranked == RankedEntry::new(entry, opened_at));
    if is_same { Ok(()) } else { moved(tx) }
}

/// The thread is not there any more: no webhook that comes late brings it back, only a list or a
/// search that shows it.
pub fn forget(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    let Some(known) = known(tx, thread)? else { return Ok(()) };
    close(tx, thread, known.updated_at, Timestamp::from_micros(i64::MAX))
}

fn is_old(item: &Issue, known: &StoredIssue, source: BacklogSource) -> bool {
    match source {
        // Read now: only what a webhook brought meanwhile can be newer.
        BacklogSource::List(_) | BacklogSource::Search(_) => item.updated_at < known.updated_at,
        BacklogSource::Webhook => item.updated_at < known.seen_at,
    }
}

/// Since when all that is open in `repo` is known, if ever; `None` if its backlog is not kept.
/// One that is to be read again may lack something.
fn since(tx: &Transaction<'_>, repo: RepoId) -> Result<Option<Option<Timestamp>>, Error> {
    let since = tx
        .prepare_cached("SELECT iif(due, NULL, since) FROM tracked_repos WHERE repo = ?1")?
        .query_row([repo], |row| row.get(0))
        .optional()?;
    Ok(since)
}

fn known(tx: &Transaction<'_>, thread: ThreadId) -> Result<Option<StoredIssue>, Error> {
    let key = (thread.repo, thread.number);
    let open = tx
        .prepare_cached(
            "SELECT is_pull, created_at, opened_at, due_at, pinned, readiness, author, labels,
                    assignees, milestone, closes, is_draft, updated_at, seen_at
             FROM backlog WHERE repo = ?1 AND number = ?2",
        )?
        .query_row(key, |row| {
            let open = Some((row.get("opened_at")?, RankedEntry::stored(row)?));
            Ok(StoredIssue { open, updated_at: row.get(12)?, seen_at: row.get(13)? })
        })
        .optional()?;
    if open.is_some() {
        return Ok(open);
    }
    let closed = tx
        .prepare_cached("SELECT updated_at, seen_at FROM closed WHERE repo = ?1 AND number = ?2")?
        .query_row(key, |row| {
            Ok(StoredIssue { open: None, updated_at: row.get(0)?, seen_at: row.get(1)? })
        })
        .optional()?;
    Ok(closed)
}

fn close(
    tx: &Transaction<'_>,
    thread: ThreadId,
    updated_at: Timestamp,
    seen_at: Timestamp,
) -> Result<(), Error> {
    let left = tx
        .prepare_cached("DELETE FROM backlog WHERE repo = ?1 AND number = ?2")?
        .execute((thread.repo, thread.number))?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO closed (repo, number, updated_at, seen_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((thread.repo, thread.number, updated_at, seen_at))?;
    if left == 0 { Ok(()) } else { moved(tx) }
}

fn write(
    tx: &Transaction<'_>,
    thread: ThreadId,
    entry: &BacklogEntry,
    opened_at: Timestamp,
    seen_at: Timestamp,
    has_moved: bool,
) -> Result<(), Error> {
    let item = &entry.item;
    let labels: Vec<&str> = entry::names(&item.labels).collect();
    tx.prepare_cached(
        "INSERT INTO backlog (repo, number, is_pull, created_at, opened_at, updated_at, seen_at,
             due_at, pinned, readiness, ask_dependencies, text, author, labels, assignees, milestone,
             closes, title, is_draft, paths)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
             ?19, ?20)
         ON CONFLICT (repo, number) DO UPDATE SET
             created_at = excluded.created_at, updated_at = excluded.updated_at,
             seen_at = max(seen_at, excluded.seen_at),
             due_at = excluded.due_at, pinned = excluded.pinned, readiness = excluded.readiness,
             ask_dependencies = max(ask_dependencies, excluded.ask_dependencies), text = excluded.text,
             author = excluded.author, labels = excluded.labels, assignees = excluded.assignees,
             milestone = excluded.milestone, closes = excluded.closes, title = excluded.title,
             is_draft = excluded.is_draft, paths = excluded.paths",
    )?
    .execute(rusqlite::params![
        thread.repo,
        thread.number,
        item.is_pull,
        item.created_at,
        opened_at,
        item.updated_at,
        seen_at,
        item.due_at,
        item.pinned,
        entry::bits(entry.readiness),
        has_moved && !item.is_pull,
        digest_of_text(item),
        item.author.as_ref().map(Json),
        Json(labels),
        Json(&item.assignees),
        item.milestone.as_ref().map(Json),
        entry::closes(entry),
        item.title,
        item.is_draft,
        Json(&entry.paths),
    ])?;
    Ok(())
}

/// The SHA-256 of the title and text of an issue.
pub fn digest_of_text(item: &Issue) -> [u8; 32] {
    let mut sha = Sha256::new_with_prefix(item.title.as_bytes());
    sha.update([0]);
    sha.update(item.body.as_bytes());
    sha.finalize().into()
}
