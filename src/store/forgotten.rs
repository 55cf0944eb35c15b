//! Deleted is forgotten: the words of a text that was deleted on the forge are not told again.
//!
//! That they were said, by whom and to what end stays, and so does what they brought about.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::{Json, subject, subject_columns, thread};
use super::error::Error;
use super::{backlog, meta, threads};
use crate::core::model::ids::{RepoId, Subject, ThreadId};

/// Forgets the words of `subject`, which was deleted in `repo`. `false` if none of them were kept.
pub fn text(tx: &Transaction<'_>, subject: Subject, repo: RepoId) -> Result<bool, Error> {
    let (kind, id) = subject_columns(subject);
    let numbers: Vec<i64> = tx
        .prepare_cached(
            "SELECT DISTINCT number FROM inbox
             WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?3",
        )?
        .query_map((kind, id, repo), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut any = false;
    for number in numbers {
        let thread = ThreadId { repo, number };
        if speakers_of_hold(tx, thread)?.contains(&subject) {
            forget_reason(tx, thread)?;
        }
        let forgotten = tx
            .prepare_cached(
                "UPDATE audit SET line = '', args = '{}', answer = ''
                 WHERE repo = ?1 AND number = ?2 AND subject_kind = ?3 AND subject_id = ?4
                   AND line <> ''",
            )?
            .execute((repo, number, kind, id))?;
        any |= forgotten > 0;
    }
    Ok(any)
}

/// Forgets all that was said in `thread`, which was deleted, and that it rests.
pub fn thread_with_all(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    threads::forget(tx, thread)?;
    words_of(tx, thread)?;
    backlog::forget(tx, thread)
}

/// Forgets the words of all that was said in `thread`, which nobody is shown any more.
pub fn words_of(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    forget_reason(tx, thread)?;
    tx.prepare_cached(
        "UPDATE audit SET line = '', args = '{}', answer = ''
         WHERE repo = ?1 AND number = ?2 AND line <> ''",
    )?
    .execute((thread.repo, thread.number))?;
    Ok(())
}

/// Forgets why `thread` is on hold if no text is known any more that says so. What timmy says itself is
/// nobody's words.
pub(super) fn reason_nobody_gave(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    let (hold, own) = (threads::state(tx, thread)?.hold, meta::get(tx, meta::ACCOUNT)?);
    let is_own = hold.zip(own).is_some_and(|(hold, own)| hold.by.id == own.id);
    match !is_own && speakers_of_hold(tx, thread)?.is_empty() {
        true => forget_reason(tx, thread),
        false => Ok(()),
    }
}

/// The texts whose words `thread` shows: the reason of its hold, and with `commands` that many of
/// its latest commands.
pub fn quoted(conn: &Connection, thread: ThreadId, commands: u32) -> Result<Vec<Subject>, Error> {
    let mut quoted = speakers_of_hold(conn, thread)?;
    let said: Vec<Subject> = conn
        .prepare_cached(
            "SELECT subject_kind, subject_id FROM (
                 SELECT subject_kind, subject_id, line FROM audit
                 WHERE repo = ?1 AND number = ?2 ORDER BY seq DESC LIMIT ?3
             ) WHERE line <> ''",
        )?
        .query_map((thread.repo, thread.number, commands), subject)?
        .collect::<Result<_, _>>()?;
    quoted.extend(said);
    quoted.sort_unstable();
    quoted.dedup();
    Ok(quoted)
}

/// Threads that are on hold for a reason.
#[derive(Debug, PartialEq, Eq)]
pub struct HeldThreads {
    pub threads: Vec<ThreadId>,
    /// The last of them, if there may be more.
    pub go_on_behind: Option<ThreadId>,
}

/// The threads of `repos` that are on hold for a reason, at most `most` of those that come behind
/// the thread `behind`.
pub fn held_for_a_reason(
    conn: &Connection,
    repos: &[RepoId],
    behind: Option<ThreadId>,
    most: u32,
) -> Result<HeldThreads, Error> {
    let ThreadId { repo, number } = behind.unwrap_or(ThreadId { repo: RepoId(0), number: 0 });
    let threads: Vec<_> = conn
        .prepare_cached(
            "SELECT repo, number FROM threads
             WHERE hold ->> '$.reason' IS NOT NULL AND (repo, number) > (?2, ?3)
               AND repo IN (SELECT value FROM json_each(?1))
             ORDER BY repo, number LIMIT ?4",
        )?
        .query_map((Json(repos), repo, number, most), thread)?
        .collect::<Result<_, _>>()?;
    let is_full = u32::try_from(threads.len()).is_ok_and(|found| found >= most);
    let go_on_behind = threads.last().copied().filter(|_| is_full);
    Ok(HeldThreads { threads, go_on_behind })
}

/// Whether `thread` is a pull request, if a command was heard there.
pub fn is_pull(conn: &Connection, thread: ThreadId) -> Result<Option<bool>, Error> {
    let is_pull = conn
        .prepare_cached(
            "SELECT heard ->> '$.is_pull'
             FROM audit JOIN inbox USING (subject_kind, subject_id, repo, number)
             WHERE repo = ?1 AND number = ?2 LIMIT 1",
        )?
        .query_row((thread.repo, thread.number), |row| row.get(0))
        .optional()?;
    Ok(is_pull.flatten())
}

/// The texts that gave the reason for which `thread` is on hold.
fn speakers_of_hold(conn: &Connection, thread: ThreadId) -> Result<Vec<Subject>, Error> {
    let reason = threads::state(conn, thread)?.hold.and_then(|hold| hold.reason);
    let Some(reason) = reason else { return Ok(Vec::new()) };
    let speakers = conn
        .prepare_cached(
            "SELECT DISTINCT subject_kind, subject_id FROM audit
             WHERE repo = ?1 AND number = ?2 AND verb = 'hold' AND args ->> '$.reason' = ?3",
        )?
        .query_map((thread.repo, thread.number, reason), subject)?
        .collect::<Result<_, _>>()?;
    Ok(speakers)
}

fn forget_reason(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    let mut state = threads::state(tx, thread)?;
    match state.hold.as_mut().and_then(|hold| hold.reason.take()) {
        Some(_) => threads::save(tx, thread, &state),
        None => Ok(()),
    }
}
