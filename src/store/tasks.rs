//! Scheduled tasks: what is to be done at a moment, or once something can be read.

use std::borrow::Cow;

use rusqlite::{Connection, Row, Transaction};
use serde::{Deserialize, Serialize};

use super::columns::{Json, integer_column, thread};
use super::error::Error;
use crate::core::effect::SetLabel;
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::text::{InboundText, OpenedPull};
use crate::core::model::time::Timestamp;

/// The number of a task; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub i64);
integer_column!(TaskId);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ScheduledTask {
    /// A label is to change (back).
    Relabel(SetLabel),
    /// A pull request was opened: its body is stored once its global id is read.
    PullOpened(Box<OpenedPull>),
    /// A pull request was reviewed, or moved: its reviews and inline comments are to be read.
    ReadReviews {
        /// What was said before that moment, by the forge's clock, is not news.
        since: Timestamp,
        /// Whether a webhook announced a review; else the pull request moved, for whatever reason.
        #[serde(rename = "told")]
        delivered: bool,
    },
    /// Somebody did something in a thread that may mean the same as a command: its timeline is to be
    /// read.
    ReadGestures {
        /// What was done before that moment, by the forge's clock, is known.
        since: Timestamp,
        /// Whether a webhook announced it; else the thread looks different.
        delivered: bool,
    },
    /// A pull request moved, for whatever reason: does timmy's verdict stand on its head?
    SayVerdict {
        /// Since when that is looked for.
        since: Timestamp,
    },
    /// Somebody was asked whether they wrote something: has their answer come?
    Confirm(Box<Confirmation>),
}

/// A question whether somebody said what stands there in their name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    #[serde(rename = "heard")]
    pub inbound: InboundText,
    /// The key of the reply that asks.
    pub question: String,
    /// The account that may answer.
    pub actor: Account,
    pub lines: Vec<String>,
    /// When it was asked, by our clock.
    pub asked_at: Timestamp,
}

const READ_GESTURES: &str = "read_gestures";

impl ScheduledTask {
    /// What it is about. A thread has one task of each kind; a new one takes its place.
    fn kind(&self) -> Cow<'static, str> {
        match self {
            Self::Relabel(label) => label.scope.name().into(),
            Self::PullOpened(_) => "pull_opened".into(),
            Self::ReadReviews { .. } => "read_reviews".into(),
            Self::ReadGestures { .. } => READ_GESTURES.into(),
            Self::SayVerdict { .. } => "say_verdict".into(),
            Self::Confirm(confirmation) => format!("confirm {}", confirmation.question).into(),
        }
    }

    /// Whether it belongs among what people wait for: somebody may have just said something, or it
    /// must not be done while a text of its thread is dealt with.
    fn people_wait(&self) -> bool {
        match self {
            Self::PullOpened(_)
            | Self::Confirm(_)
            | Self::ReadReviews { delivered: true, .. }
            | Self::ReadGestures { delivered: true, .. } => true,
            // It asks the forge for nothing, and an answer is decided from whether it waits.
            Self::Relabel(_) => true,
            Self::ReadReviews { delivered: false, .. }
            | Self::ReadGestures { delivered: false, .. }
            | Self::SayVerdict { .. } => false,
        }
    }
}

#[derive(Debug, Clone)]
pub struct StoredTask {
    pub id: TaskId,
    pub thread: ThreadId,
    /// What is to be done; or why this build cannot tell.
    pub task: Result<ScheduledTask, String>,
    /// Whether people wait for it.
    pub people_wait: bool,
    /// How often it was put off.
    pub tries: u32,
}

/// Stores a task in place of the thread's former one of its kind; who waited for that waits for
/// this one.
pub fn set(
    tx: &Transaction<'_>,
    thread: ThreadId,
    task: &ScheduledTask,
    due_at: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO tasks (kind, repo, number, people_wait, due_at, task)
         VALUES (?1, ?2, ?3, max(?4, ifnull(
             (SELECT people_wait FROM tasks WHERE kind = ?1 AND repo = ?2 AND number = ?3), 0
         )), ?5, ?6)",
    )?
    .execute((
        task.kind(),
        thread.repo,
        thread.number,
        task.people_wait(),
        due_at,
        Json(task),
    ))?;
    Ok(())
}

/// Stores a task, unless the thread has one of its kind.
pub fn set_if_none(
    tx: &Transaction<'_>,
    thread: ThreadId,
    task: &ScheduledTask,
    due_at: Timestamp,
) -> Result<(), Error> {
    match of(tx, thread, &task.kind())? {
        Some(_) => Ok(()),
        None => set(tx, thread, task, due_at),
    }
}

/// Has the gestures of a thread read since a moment, or since an earlier one if that is still to be
/// done.
pub fn read_gestures(
    tx: &Transaction<'_>,
    thread: ThreadId,
    since: Timestamp,
    (delivered, due_at): (bool, Timestamp),
) -> Result<(), Error> {
    let since = match of(tx, thread, READ_GESTURES)? {
        Some(ScheduledTask::ReadGestures { since: before, .. }) => since.min(before),
        _ => since,
    };
    set(tx, thread, &ScheduledTask::ReadGestures { since, delivered }, due_at)
}

/// The thread's pending change of a label of this scope, if there is one.
pub fn relabel(
    conn: &Connection,
    thread: ThreadId,
    scope: &str,
) -> Result<Option<SetLabel>, Error> {
    let found = of(conn, thread, scope)?;
    Ok(found.and_then(|task| match task {
        ScheduledTask::Relabel(label) => Some(label),
        ScheduledTask::PullOpened(_)
        | ScheduledTask::ReadReviews { .. }
        | ScheduledTask::ReadGestures { .. }
        | ScheduledTask::SayVerdict { .. }
        | ScheduledTask::Confirm(_) => None,
    }))
}

fn of(conn: &Connection, thread: ThreadId, kind: &str) -> Result<Option<ScheduledTask>, Error> {
    let mut statement = conn
        .prepare_cached("SELECT task FROM tasks WHERE kind = ?1 AND repo = ?2 AND number = ?3")?;
    let mut rows = statement.query((kind, thread.repo, thread.number))?;
    match rows.next()? {
        None => Ok(None),
        Some(row) => {
            let Json(task) = row.get(0)?;
            Ok(Some(task))
        }
    }
}

/// Forgets the thread's pending change of a label of this scope.
pub fn forget_relabel(tx: &Transaction<'_>, thread: ThreadId, scope: &str) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM tasks WHERE kind = ?1 AND repo = ?2 AND number = ?3")?
        .execute((scope, thread.repo, thread.number))?;
    Ok(())
}

/// Removes a task that is done in this transaction. `false` if it was replaced or forgotten
/// since it was read: then it is not to be done.
pub fn take(tx: &Transaction<'_>, id: TaskId) -> Result<bool, Error> {
    let removed = tx.prepare_cached("DELETE FROM tasks WHERE id = ?1")?.execute([id])?;
    Ok(removed == 1)
}

/// Puts a task off until `due_at`.
pub fn postpone(tx: &Transaction<'_>, id: TaskId, due_at: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE tasks SET due_at = ?2, tries = tries + 1 WHERE id = ?1")?
        .execute((id, due_at))?;
    Ok(())
}

/// What a task looks for is not there yet: it looks again at `due_at`. That was no failed try.
pub fn check_later(tx: &Transaction<'_>, id: TaskId, due_at: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE tasks SET due_at = ?2, tries = 0 WHERE id = ?1")?
        .execute((id, due_at))?;
    Ok(())
}

/// Up to `limit` tasks that are due, in order of time: those for which people wait, or those for
/// which nobody does.
pub fn due(
    conn: &Connection,
    people_wait: bool,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<StoredTask>, Error> {
    let tasks = conn
        .prepare_cached(
            "SELECT id, repo, number, people_wait, task, tries FROM tasks
             WHERE people_wait = ?1 AND due_at <= ?2 ORDER BY due_at, id LIMIT ?3",
        )?
        .query_map((people_wait, now, limit), stored)?
        .collect::<Result<_, _>>()?;
    Ok(tasks)
}

/// The first moment after `now` at which a task is due, if there is one.
pub fn next_after(conn: &Connection, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let next = conn
        .prepare_cached("SELECT min(due_at) FROM tasks WHERE due_at > ?1")?
        .query_row([now], |row| row.get(0))?;
    Ok(next)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredTask> {
    let task: String = row.get("task")?;
    Ok(StoredTask {
        id: row.get("id")?,
        thread: thread(row)?,
        task: serde_json::from_str(&task).map_err(|error| error.to_string()),
        people_wait: row.get("people_wait")?,
        tries: row.get("tries")?,
    })
}
