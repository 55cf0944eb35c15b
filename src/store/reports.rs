//! The report: where its issue stands, which days were reported, and what they say.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::columns::{Spelled, thread, word_column};
use super::error::Error;
use super::{backlog, meta, repos};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::policy::audience::Audience;
use crate::core::report::{ContentHash, DayEntry, DayState, Period, key_of_day};

pub use crate::core::report::ReportIssue;

word_column!(DayState {
    Open = "open",
    Closed = "closed",
    Deleted = "deleted",
    Void = "void",
    Failed = "failed",
});

/// How many of the last days are looked at.
const DAYS: u32 = 8;

/// Where the report stands, if it ever did anywhere.
pub fn home(conn: &Connection) -> Result<Option<ReportIssue>, Error> {
    meta::get(conn, meta::REPORT)
}

/// It stands here: its issue is none that is worked on.
pub fn set_home(tx: &Transaction<'_>, home: &ReportIssue) -> Result<(), Error> {
    if issue(tx)? != home.thread() {
        backlog::moved(tx)?;
    }
    meta::set(tx, meta::REPORT, home)
}

/// Where it stood is not there any more.
pub fn forget_home(tx: &Transaction<'_>) -> Result<(), Error> {
    let before = meta::take(tx, meta::REPORT)?.and_then(|home| home.thread());
    if before.is_some() { backlog::moved(tx) } else { Ok(()) }
}

/// The issue of the report, once it is known: nobody works on that.
pub(super) fn issue(conn: &Connection) -> Result<Option<ThreadId>, Error> {
    Ok(home(conn)?.and_then(|home| home.thread()))
}

/// Where what concerns a repository is said that has no thread: in the issue of the report, if that is
/// there and its readers may know of that repository.
pub fn place_for(conn: &Connection, repo: RepoId) -> Result<Option<ThreadId>, Error> {
    let Some(issue) = issue(conn)? else { return Ok(None) };
    let Some(home) = repos::name(conn, issue.repo)? else { return Ok(None) };
    let visible = repos::visible(conn, Audience::of(&home, true))?;
    Ok(visible.may_name(repo).then_some(issue))
}

/// A day that was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedDay {
    /// The day, and what became of it.
    pub entry: DayEntry,
    /// The issue in which its comment stands.
    pub thread: ThreadId,
    /// The key of the effect that posts the comment, and marks it.
    pub key: String,
    /// The comment, once it is there.
    pub comment: Option<i64>,
    /// The hash of what it says.
    pub gist: Option<ContentHash>,
}

const SELECT_DAYS: &str = "
    SELECT day, since, until, reports.repo, reports.number, reports.key, called, told, gist,
           iif(fate = 'open' AND post.state = 'dead', 'failed', fate) AS fate,
           post.comment, final.ended_at IS NULL AND final.key IS NOT NULL AS busy
    FROM reports LEFT JOIN outbox AS post ON post.key = reports.key
                 LEFT JOIN outbox AS final ON final.key = reports.last";

/// The days that matter `today`: the last ones, and those that are not closed.
pub fn diary(conn: &Connection, today: Date) -> Result<Vec<DayEntry>, Error> {
    let sql = format!(
        "{SELECT_DAYS} WHERE fate = 'open' OR day IN
                (SELECT day FROM reports WHERE day <= ?1 ORDER BY day DESC LIMIT ?2)"
    );
    let diary = conn
        .prepare_cached(&sql)?
        .query_map((Spelled(today), DAYS), |row| reported_day(row).map(|day| day.entry))?
        .collect::<Result<_, _>>()?;
    Ok(diary)
}

pub fn of(conn: &Connection, day: Date) -> Result<Option<ReportedDay>, Error> {
    let found = conn
        .prepare_cached(&format!("{SELECT_DAYS} WHERE day = ?1"))?
        .query_row([Spelled(day)], reported_day)
        .optional()?;
    Ok(found)
}

/// A day's comment is to be written in `thread`, for the first time or once more. Gives the key
/// of the effect that is to do it.
pub fn begin(
    tx: &Transaction<'_>,
    day: Date,
    period: Period,
    thread: ThreadId,
) -> Result<String, Error> {
    let before: Option<u32> = tx
        .prepare_cached("SELECT begun + 1 FROM reports WHERE day = ?1")?
        .query_row([Spelled(day)], |row| row.get(0))
        .optional()?;
    let begun = before.unwrap_or(0);
    let key = key_of_day(day, begun);
    tx.prepare_cached(
        "INSERT INTO reports (day, since, until, repo, number, key, last, begun, told)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?2)
         ON CONFLICT (day) DO UPDATE SET
             since = ?2, until = ?3, repo = ?4, number = ?5, key = ?6, last = ?6, begun = ?7,
             told = ?2, fate = 'open', gist = NULL",
    )?
    .execute((
        Spelled(day),
        period.since,
        period.until,
        thread.repo,
        thread.number,
        &key,
        begun,
    ))?;
    Ok(key)
}

/// A day's comment is to be brought up to date; with `fate`, for what comes after. Gives the key
/// of the effect that is to do it.
pub fn update(tx: &Transaction<'_>, day: Date, fate: DayState) -> Result<String, Error> {
    let key = tx
        .prepare_cached(
            "UPDATE reports SET edits = edits + 1, last = key || '.e' || (edits + 1), fate = ?2
             WHERE day = ?1 RETURNING last",
        )?
        .query_row((Spelled(day), fate), |row| row.get(0))?;
    Ok(key)
}

/// What is about to be written there.
pub fn tell(
    tx: &Transaction<'_>,
    day: Date,
    gist: ContentHash,
    calls: bool,
    now: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached("UPDATE reports SET gist = ?2, called = ?3, told = ?4 WHERE day = ?1")?
        .execute((Spelled(day), gist.0, calls, now))?;
    Ok(())
}

/// Stores how a day's comment ended.
pub fn end(tx: &Transaction<'_>, day: Date, fate: DayState) -> Result<(), Error> {
    tx.prepare_cached("UPDATE reports SET fate = ?2 WHERE day = ?1")?
        .execute((Spelled(day), fate))?;
    Ok(())
}

/// The issue is not there any more, nor are its comments: both are to be made again.
pub fn lose(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE reports SET fate = 'void' WHERE fate = 'open' AND repo = ?1 AND number = ?2",
    )?
    .execute((thread.repo, thread.number))?;
    match home(tx)? {
        Some(home) if home.number == Some(thread.number) && home.repo == thread.repo => {
            set_home(tx, &ReportIssue { number: None, lost: home.lost + 1, ..home })
        }
        _ => Ok(()),
    }
}

fn reported_day(row: &Row<'_>) -> rusqlite::Result<ReportedDay> {
    let Spelled(day) = row.get("day")?;
    let entry = DayEntry {
        day,
        period: Period { since: row.get("since")?, until: row.get("until")? },
        fate: row.get("fate")?,
        called: row.get("called")?,
        told: row.get("told")?,
        is_busy: row.get("busy")?,
    };
    let gist: Option<[u8; 32]> = row.get("gist")?;
    Ok(ReportedDay {
        entry,
        thread: thread(row)?,
        key: row.get("key")?,
        comment: row.get("comment")?,
        gist: gist.map(ContentHash),
    })
}
