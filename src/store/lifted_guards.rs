//! Guards that people lifted, each of one commit.

use rusqlite::{Connection, Transaction};

use super::columns::Json;
use super::error::Error;
use crate::core::guards::{GuardName, LiftedGuards, Lifting};
use crate::core::jobs::{Commit, JobId};
use crate::core::model::account::Account;
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;

/// A guard that somebody lifts.
#[derive(Debug, Clone)]
pub struct NewLift<'a> {
    pub repo: RepoId,
    pub commit: &'a Commit,
    pub guard: &'a GuardName,
    pub job: JobId,
    pub by: &'a Account,
    pub reason: &'a str,
}

/// One is lifted; who did it first stays.
pub fn lift(tx: &Transaction<'_>, lifted: &NewLift<'_>, now: Timestamp) -> Result<(), Error> {
    let NewLift { repo, commit, guard, job, by, reason } = lifted;
    tx.prepare_cached(
        "INSERT OR IGNORE INTO lifted_guards (repo, head, guard, job, lifted_by, reason, lifted_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((repo, commit.to_string(), guard.as_str(), job, Json(by), reason, now))?;
    Ok(())
}

/// Those that are lifted of a commit.
pub fn of(conn: &Connection, repo: RepoId, commit: &Commit) -> Result<LiftedGuards, Error> {
    let lifted = conn
        .prepare_cached(
            "SELECT guard, lifted_by, reason FROM lifted_guards WHERE repo = ?1 AND head = ?2",
        )?
        .query_map((repo, commit.to_string()), |row| {
            let (guard, Json(by)): (String, Json<Account>) = (row.get(0)?, row.get(1)?);
            Ok((GuardName::from(guard), Lifting { by: by.login, reason: row.get(2)? }))
        })?
        .collect::<Result<_, _>>()?;
    Ok(lifted)
}
