//! Notifications: what people are told elsewhere, each thing once. What there is to tell is found in
//! what the ledger holds, and a row remembers that it was told.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::columns::Json;
use super::error::Error;
use super::{columns, decisions, jobs, meta, reports, repos};
use crate::core::command::value::{DecisionId, JobId};
use crate::core::model::ids::{Lane, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::core::notify::{MessagePlace, NotificationSubject};

/// What was given up longer ago is told nowhere else: it is an old story.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// What an incident has to be over for, before it is told again: one that comes and goes, or is
/// found anew after a restart, is the same one.
const OVER: Duration = Duration::from_secs(15 * 60);

/// So long a question is waited for that is to be posted.
const POSTING: Duration = Duration::from_secs(10 * 60);

/// So many are found at once.
const MOST: u32 = 100;

/// A notification that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotification {
    pub seq: i64,
    pub subject: NotificationSubject,
    pub found_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
}

/// What is to be noted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotificationNews {
    /// Is to be told.
    found: Vec<NotificationSubject>,
    /// Is there no more, and is to be forgotten.
    gone: Vec<i64>,
    /// Incidents that are over, for the time being; or back.
    over: Vec<(i64, bool)>,
}

impl NotificationNews {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What there is to note now.
pub fn news(conn: &Connection, now: Timestamp) -> Result<NotificationNews, Error> {
    let mut news = NotificationNews { found: unknown(conn, now)?, ..NotificationNews::default() };
    let mut all = conn.prepare_cached(
        "SELECT seq, subject, found_at, sent_at, ended_at, gone_at FROM notifications ORDER BY seq",
    )?;
    let rows = all.query_map([], |row| {
        let known = KnownRow {
            found_at: row.get(2)?,
            is_sent: row.get::<_, Option<Timestamp>>(3)?.is_some(),
            has_ended: row.get::<_, Option<Timestamp>>(4)?.is_some(),
            gone_at: row.get(5)?,
        };
        Ok((row.get(0)?, readable(row)?, known))
    })?;
    for row in rows {
        let (seq, subject, known) = row?;
        let Some(subject) = subject else {
            // A later version wrote it.
            news.gone.push(seq);
            continue;
        };
        match known.becomes(&subject, stands(conn, &subject)?, now) {
            RowChange::Stays => {}
            RowChange::IsOver(is_over) => news.over.push((seq, is_over)),
            RowChange::Leaves => news.gone.push(seq),
        }
    }
    Ok(news)
}

/// What a row says beside what it is about.
struct KnownRow {
    found_at: Timestamp,
    /// Whether it was told, or may have been.
    is_sent: bool,
    has_ended: bool,
    gone_at: Option<Timestamp>,
}

/// What is to become of a row.
enum RowChange {
    Stays,
    /// What it is about is over for the time being, or it is back.
    IsOver(bool),
    Leaves,
}

impl KnownRow {
    fn becomes(&self, subject: &NotificationSubject, stands: bool, now: Timestamp) -> RowChange {
        match subject {
            // One that is back is the one that was told: a restart alone makes some vanish, until
            // they are found anew.
            NotificationSubject::Incident(_) if self.is_sent => match (stands, self.gone_at) {
                (false, Some(gone)) if now.since(gone) >= OVER => RowChange::Leaves,
                (false, None) => RowChange::IsOver(true),
                (true, Some(_)) => RowChange::IsOver(false),
                (false, Some(_)) | (true, None) => RowChange::Stays,
            },
            NotificationSubject::Job { .. } | NotificationSubject::Effect { .. }
                if self.has_ended =>
            {
                // Longer than it could be found again.
                let is_old = now.since(self.found_at) >= FRESH * 2;
                if is_old { RowChange::Leaves } else { RowChange::Stays }
            }
            _ if stands => RowChange::Stays,
            _ => RowChange::Leaves,
        }
    }
}

/// Notes what there is to note, as it is now.
pub fn note(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
    let news = news(tx, now)?;
    for subject in news.found {
        tx.prepare_cached(
            "INSERT INTO notifications (kind, about, found_at, due_at, subject)
             VALUES (?1, ?2, ?3, ?3, ?4)",
        )?
        .execute((subject.kind().name(), subject.about(), now, Json(&subject)))?;
    }
    for seq in news.gone {
        tx.prepare_cached("DELETE FROM notifications WHERE seq = ?1")?.execute([seq])?;
    }
    for (seq, is_over) in news.over {
        let gone_at = is_over.then_some(now);
        tx.prepare_cached("UPDATE notifications SET gone_at = ?2 WHERE seq = ?1")?
            .execute((seq, gone_at))?;
    }
    Ok(())
}

/// It is told from now on: what was given up before is an old story. All that waits is due now:
/// whoever starts may have corrected what kept it.
pub fn switched_on(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
    if meta::get(tx, meta::NOTIFIED_SINCE)?.is_none() {
        meta::set(tx, meta::NOTIFIED_SINCE, &now)?;
    }
    tx.prepare_cached(
        "UPDATE notifications SET due_at = ?1 WHERE ended_at IS NULL AND due_at > ?1",
    )?
    .execute([now])?;
    Ok(())
}

/// Nobody is told any more: what waits is told nowhere, also not when it is switched on again. What
/// was told stays known.
pub fn switched_off(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
    meta::take(tx, meta::NOTIFIED_SINCE)?;
    tx.prepare_cached(
        "DELETE FROM notifications
         WHERE kind = 'incident' OR (ended_at IS NULL AND sent_at IS NULL)",
    )?
    .execute([])?;
    // These may have arrived.
    tx.prepare_cached(
        "UPDATE notifications SET ended_at = ?1, ending = ?2 WHERE ended_at IS NULL",
    )?
    .execute((now, NotificationEnd::GivenUp))?;
    Ok(())
}

/// Whether anybody was told until now.
pub fn is_switched_on(conn: &Connection) -> Result<bool, Error> {
    Ok(meta::get(conn, meta::NOTIFIED_SINCE)?.is_some())
}

/// The first of what may be told, of what stands now and has no row yet. A row is known by the words
/// of [`NotificationSubject::about`].
fn unknown(conn: &Connection, now: Timestamp) -> Result<Vec<NotificationSubject>, Error> {
    let begun = meta::get(conn, meta::NOTIFIED_SINCE)?.unwrap_or(now);
    let since = begun.max(now.before(FRESH));
    let mut subjects = Vec::new();
    let questions = conn
        .prepare_cached(
            "SELECT decisions.id FROM decisions LEFT JOIN outbox ON outbox.key = decisions.comment
             WHERE decisions.state = 'open' AND (outbox.comment IS NOT NULL OR asked_at <= ?1)
               AND NOT EXISTS (SELECT 1 FROM notifications AS known
                   WHERE known.kind = 'decision' AND known.about = 'd' || decisions.id)
             ORDER BY decisions.id LIMIT ?2",
        )?
        .query_map((now.before(POSTING), MOST), |row| row.get(0))?
        .collect::<Result<Vec<DecisionId>, _>>()?;
    subjects.extend(questions.into_iter().map(NotificationSubject::Decision));
    let dead = conn
        .prepare_cached(
            "SELECT id, ended_at FROM jobs WHERE state = 'dead' AND ended_at > ?1
               AND NOT EXISTS (SELECT 1 FROM notifications AS known
                   WHERE known.kind = 'dead_letter'
                     AND known.about = 'j' || jobs.id || ' ' || jobs.ended_at)
             ORDER BY ended_at LIMIT ?2",
        )?
        .query_map((since, MOST), |row| {
            Ok(NotificationSubject::Job { job: JobId(row.get(0)?), at: row.get(1)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    subjects.extend(dead);
    let undelivered = conn
        .prepare_cached(
            "SELECT key FROM outbox WHERE state = 'dead' AND ended_at > ?1
               AND NOT EXISTS (SELECT 1 FROM notifications AS known
                   WHERE known.kind = 'dead_letter' AND known.about = outbox.key)
             ORDER BY ended_at LIMIT ?2",
        )?
        .query_map((since, MOST), |row| Ok(NotificationSubject::Effect { key: row.get(0)? }))?
        .collect::<Result<Vec<_>, _>>()?;
    subjects.extend(undelivered);
    let mut wrong = conn.prepare_cached(
        "SELECT incident FROM incidents WHERE NOT EXISTS (SELECT 1 FROM notifications AS known
             WHERE known.kind = 'incident' AND known.about = incidents.incident)
         ORDER BY since, incident",
    )?;
    let wrong = wrong
        .query_map([], |row| row.get::<_, Json<Incident>>(0))?
        // Those that are told nobody take the place of none.
        .filter(|read| read.as_ref().map_or(true, |Json(incident)| is_told(incident)))
        .take(MOST as usize)
        .collect::<Result<Vec<_>, _>>()?;
    let wrong = wrong.into_iter().map(|Json(incident)| incident);
    subjects.extend(wrong.map(NotificationSubject::Incident));
    Ok(subjects)
}

/// Whether people are told of it at all: not that nobody can be told.
fn is_told(incident: &Incident) -> bool {
    incident.is_reported() && *incident != Incident::NotifyFailed
}

/// Whether what it is about is still so.
fn stands(conn: &Connection, subject: &NotificationSubject) -> Result<bool, Error> {
    match subject {
        NotificationSubject::Decision(id) => {
            let stored = decisions::get(conn, *id)?;
            Ok(stored.is_some_and(|stored| stored.decision.is_open()))
        }
        NotificationSubject::Incident(incident) => {
            let is_open = conn
                .prepare_cached("SELECT 1 FROM incidents WHERE incident = ?1")?
                .exists([Json(incident)])?;
            Ok(is_open)
        }
        NotificationSubject::Job { job, at } => {
            let is_dead = conn
                .prepare_cached(
                    "SELECT 1 FROM jobs WHERE id = ?1 AND state = 'dead' AND ended_at = ?2",
                )?
                .exists((job, at))?;
            Ok(is_dead)
        }
        NotificationSubject::Effect { key } => {
            let is_dead = conn
                .prepare_cached("SELECT 1 FROM outbox WHERE key = ?1 AND state = 'dead'")?
                .exists([key])?;
            Ok(is_dead)
        }
    }
}

/// Where what it is about is looked at; none if it is not so any more. A repository that is not public
/// is named to no receiver: there it is the front page of the forge.
pub fn place(
    conn: &Connection,
    subject: &NotificationSubject,
) -> Result<Option<MessagePlace>, Error> {
    if !stands(conn, subject)? {
        return Ok(None);
    }
    let (thread, comment) = match subject {
        NotificationSubject::Decision(id) => match decisions::get(conn, *id)? {
            Some(stored) => (Some(Lane::Thread(stored.decision.thread)), stored.comment),
            None => (None, None),
        },
        NotificationSubject::Job { job, .. } => {
            let home = jobs::get(conn, *job)?.and_then(|stored| stored.job.home());
            (home.map(Lane::Thread), None)
        }
        NotificationSubject::Effect { key } => {
            let lane = conn
                .prepare_cached("SELECT repo, number FROM outbox WHERE key = ?1")?
                .query_row([key], columns::lane)
                .optional()?;
            (lane, None)
        }
        NotificationSubject::Incident(incident) => {
            let repo = incident.repo().map(Lane::Repo);
            (incident.thread().map(Lane::Thread).or(repo), None)
        }
    };
    let (lane, comment) = match thread {
        Some(Lane::Job(job)) => {
            let home = jobs::get(conn, job)?.and_then(|stored| stored.job.home());
            (home.map(Lane::Thread), None)
        }
        lane => (lane, comment),
    };
    let (repo, number) = match lane {
        Some(Lane::Thread(ThreadId { repo, number })) => (repo, Some(number)),
        Some(Lane::Repo(repo)) => (repo, None),
        Some(Lane::Job(_) | Lane::Report) | None => {
            match reports::home(conn)?.and_then(|home| home.thread()) {
                Some(home) => (home.repo, Some(home.number)),
                None => return Ok(Some(MessagePlace::default())),
            }
        }
    };
    let public = repos::name(conn, repo)?.filter(|repo| !repo.private);
    Ok(Some(match public {
        Some(repo) => MessagePlace { repo: Some(repo.name), number, comment },
        None => MessagePlace::default(),
    }))
}

/// The first that is due at `now`.
pub fn due(conn: &Connection, now: Timestamp) -> Result<Option<StoredNotification>, Error> {
    let due = conn
        .prepare_cached(
            "SELECT seq, subject, found_at, tries FROM notifications
             WHERE ended_at IS NULL AND gone_at IS NULL AND due_at <= ?1
             ORDER BY due_at, seq LIMIT 1",
        )?
        .query_row([now], |row| {
            let (seq, found_at, tries) = (row.get(0)?, row.get(2)?, row.get(3)?);
            let subject = readable(row)?;
            Ok(subject.map(|subject| StoredNotification { seq, subject, found_at, tries }))
        })
        .optional()?;
    Ok(due.flatten())
}

/// What it is about; none if a later version wrote it.
fn readable(row: &Row<'_>) -> rusqlite::Result<Option<NotificationSubject>> {
    let text: String = row.get("subject")?;
    Ok(serde_json::from_str(&text).ok())
}

/// It is about to be sent.
pub fn sending(tx: &Transaction<'_>, seq: i64, now: Timestamp) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE notifications SET sent_at = ?2, tries = tries + 1
         WHERE seq = ?1 AND ended_at IS NULL",
    )?
    .execute((seq, now))?;
    Ok(())
}

/// How a notification ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationEnd {
    Told,
    GivenUp,
}
columns::word_column!(NotificationEnd { Told = "told", GivenUp = "given_up", });

/// Nothing is left to do for it.
pub fn end(
    tx: &Transaction<'_>,
    seq: i64,
    ending: NotificationEnd,
    now: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE notifications SET ended_at = ?2, ending = ?3 WHERE seq = ?1 AND ended_at IS NULL",
    )?
    .execute((seq, now, ending))?;
    Ok(())
}

/// It is tried again then.
pub fn put_off(tx: &Transaction<'_>, seq: i64, due_at: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE notifications SET due_at = ?2 WHERE seq = ?1 AND ended_at IS NULL")?
        .execute((seq, due_at))?;
    Ok(())
}

/// How many wait, and since when the oldest does.
pub fn waiting(conn: &Connection) -> Result<(u64, Option<Timestamp>), Error> {
    let waiting = conn
        .prepare_cached(
            "SELECT count(*), min(found_at) FROM notifications
             WHERE ended_at IS NULL AND gone_at IS NULL",
        )?
        .query_row([], |row| {
            Ok((u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default(), row.get(1)?))
        })?;
    Ok(waiting)
}
