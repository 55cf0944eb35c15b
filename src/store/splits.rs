//! Epics that become issues: what was proposed, and what was made.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::Json;
use super::error::Error;
use super::{backlog, made_issues, outbox};
use crate::core::jobs::JobId;
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::reply::split::SplitOutcome;
use crate::core::split::SplitProposal;

/// Keeps what a job proposed last.
pub(super) fn keep(tx: &Transaction<'_>, id: JobId, proposal: &SplitProposal) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO split_proposals (job, proposal) VALUES (?1, ?2)
         ON CONFLICT (job) DO UPDATE SET proposal = excluded.proposal",
    )?
    .execute((id, Json(proposal)))?;
    Ok(())
}

/// What a job proposed last.
pub fn proposal(conn: &Connection, id: JobId) -> Result<Option<SplitProposal>, Error> {
    let proposal = conn
        .prepare_cached("SELECT proposal FROM split_proposals WHERE job = ?1")?
        .query_row([id], |row| row.get(0).map(|Json(proposal)| proposal))
        .optional()?;
    Ok(proposal)
}

/// The effect `key` made this issue, a part of `epic`, because `author` said so.
pub fn made(
    tx: &Transaction<'_>,
    key: &str,
    issue: ThreadId,
    epic: i64,
    author: &Account,
) -> Result<(), Error> {
    made_issues::add(tx, key, issue, epic, author)?;
    backlog::moved(tx)
}

/// What became of the effects called `keys`.
pub fn outcome(conn: &Connection, keys: &[String]) -> Result<SplitOutcome, Error> {
    let mut made = BTreeMap::new();
    for key in keys {
        made.extend(made_issues::number_of(conn, key)?.map(|number| (key.clone(), number)));
    }
    Ok(SplitOutcome { made, failed: outbox::failures(conn, keys)?.into_iter().collect() })
}

/// An effect ended that made an issue, or bound it: what waited for that may begin.
pub fn went_on(tx: &Transaction<'_>) -> Result<(), Error> {
    backlog::moved(tx)
}
