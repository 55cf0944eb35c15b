//! The issue templates of the repositories in which issues were seen that may be made of one.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::text::IssueTemplate;
use crate::store::columns::Json;
use crate::store::error::Error;

/// The templates of `repo` have to be known.
pub(super) fn want(tx: &Transaction<'_>, repo: RepoId) -> Result<(), Error> {
    tx.prepare_cached("INSERT OR IGNORE INTO issue_templates (repo) VALUES (?1)")?
        .execute([repo])?;
    Ok(())
}

/// All that were read, by repository.
pub fn all(conn: &Connection) -> Result<Vec<(RepoId, Vec<IssueTemplate>)>, Error> {
    let all = conn
        .prepare_cached(
            "SELECT repo, templates FROM issue_templates WHERE read_at IS NOT NULL ORDER BY repo",
        )?
        .query_map([], |row| {
            let Json(templates) = row.get(1)?;
            Ok((row.get(0)?, templates))
        })?
        .collect::<Result<_, _>>()?;
    Ok(all)
}

/// Up to `limit` repositories whose templates are to be read: never read, or before `stale`.
pub fn due(conn: &Connection, stale: Timestamp, limit: u32) -> Result<Vec<RepoId>, Error> {
    let due = conn
        .prepare_cached(
            "SELECT repo FROM issue_templates WHERE read_at IS NULL OR read_at < ?1
             ORDER BY read_at, repo LIMIT ?2",
        )?
        .query_map((stale, limit), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(due)
}

/// The templates of `repo`, read `now`; whether they are others than before.
pub fn keep(
    tx: &Transaction<'_>,
    repo: RepoId,
    templates: &[IssueTemplate],
    now: Timestamp,
) -> Result<bool, Error> {
    let before = tx
        .prepare_cached("SELECT templates FROM issue_templates WHERE repo = ?1")?
        .query_row([repo], |row| row.get::<_, Json<Vec<IssueTemplate>>>(0))
        .optional()?;
    let Some(Json(before)) = before else { return Ok(false) };
    tx.prepare_cached("UPDATE issue_templates SET read_at = ?2, templates = ?3 WHERE repo = ?1")?
        .execute((repo, now, Json(templates)))?;
    Ok(before != templates)
}
