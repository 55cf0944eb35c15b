//! Epics that become issues: what was proposed, and what was made.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::Json;
use super::error::Error;
use super::{backlog, made_issues, meta, outbox, threads};
use crate::core::effect::{Bond, IssueName};
use crate::core::jobs::JobId;
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::issue::TextDigest;
use crate::core::model::thread::Hold;
use crate::core::model::time::Timestamp;
use crate::core::reply::split_list::SplitOutcome;
use crate::core::split::{LeftOut, SplitProposal};

/// Keeps what a job proposed last, and what its epic said then.
pub(super) fn keep(
    tx: &Transaction<'_>,
    id: JobId,
    proposal: &SplitProposal,
    text: TextDigest,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO split_proposals (job, proposal, text) VALUES (?1, ?2, ?3)
         ON CONFLICT (job) DO UPDATE SET proposal = excluded.proposal, text = excluded.text",
    )?
    .execute((id, Json(proposal), text.0))?;
    Ok(())
}

/// What the epic of a job said when what it proposed last was judged.
pub fn text(conn: &Connection, id: JobId) -> Result<Option<TextDigest>, Error> {
    let text: Option<Option<[u8; 32]>> = conn
        .prepare_cached("SELECT text FROM split_proposals WHERE job = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(text.flatten().map(TextDigest))
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

/// What became of the effects called `keys`, in the repository `repo`.
pub fn outcome(conn: &Connection, repo: RepoId, keys: &[String]) -> Result<SplitOutcome, Error> {
    let mut made = BTreeMap::new();
    for key in keys {
        made.extend(made_issues::number_of(conn, key)?.map(|number| (key.clone(), number)));
    }
    let mut left = BTreeMap::new();
    for key in keys {
        left.extend(left_out(conn, key)?.map(|bond| (key.clone(), bond)));
    }
    let mut without = BTreeMap::new();
    for key in keys {
        without.extend(missing_labels(conn, key)?.map(|labels| (key.clone(), labels)));
    }
    let failed = outbox::failures(conn, keys)?.into_iter().collect();
    Ok(SplitOutcome { made, failed, left, without, held: threads::held(conn, repo)? })
}

/// The number of an issue of the repository, if it is there.
pub fn number(conn: &Connection, name: &IssueName) -> Result<Option<i64>, Error> {
    match name {
        IssueName::Number(number) => Ok(Some(*number)),
        IssueName::Key(key) => made_issues::number_of(conn, key),
    }
}

/// The dependency that the effect `key` was to set, and that was left out.
pub fn left_out(conn: &Connection, key: &str) -> Result<Option<LeftOut>, Error> {
    let bond = conn
        .prepare_cached("SELECT bond FROM left_bonds WHERE key = ?1")?
        .query_row([key], |row| row.get(0).map(|Json(bond)| bond))
        .optional()?;
    Ok(bond)
}

/// The dependency that the effect `key` is to set is left out; none: it is not, whatever was said before.
pub fn leave_out(tx: &Transaction<'_>, key: &str, bond: Option<&LeftOut>) -> Result<(), Error> {
    match bond {
        Some(bond) => tx
            .prepare_cached("INSERT OR REPLACE INTO left_bonds (key, bond) VALUES (?1, ?2)")?
            .execute((key, Json(bond)))?,
        None => tx.prepare_cached("DELETE FROM left_bonds WHERE key = ?1")?.execute([key])?,
    };
    Ok(())
}

/// The labels that the effect `key` could not give to the issue that it makes; none of them: it could,
/// whatever was said before.
pub fn made_without(tx: &Transaction<'_>, key: &str, labels: &[String]) -> Result<(), Error> {
    match labels {
        [] => tx.prepare_cached("DELETE FROM missing_labels WHERE key = ?1")?.execute([key])?,
        labels => tx
            .prepare_cached("INSERT OR REPLACE INTO missing_labels (key, labels) VALUES (?1, ?2)")?
            .execute((key, Json(labels)))?,
    };
    Ok(())
}

fn missing_labels(conn: &Connection, key: &str) -> Result<Option<Vec<String>>, Error> {
    let labels = conn
        .prepare_cached("SELECT labels FROM missing_labels WHERE key = ?1")?
        .query_row([key], |row| row.get(0).map(|Json(labels)| labels))
        .optional()?;
    Ok(labels)
}

/// A dependency among what `epic` becomes could not be set. Nobody begins what was to wait before a person
/// has seen that, and says so.
pub fn not_bound(
    tx: &Transaction<'_>,
    epic: ThreadId,
    bond: &Bond,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(number) = number(tx, &bond.issue)? else { return Ok(()) };
    let thread = ThreadId { number, ..epic };
    let mut state = threads::state(tx, thread)?;
    let Some(by) = meta::get(tx, meta::ACCOUNT)?.filter(|_| state.hold.is_none()) else {
        return Ok(());
    };
    let reason = format!("it does not wait for all that was approved in #{}", epic.number);
    state.hold = Some(Hold { by, reason: Some(reason), since: now });
    threads::save(tx, thread, &state)
}

/// An effect ended that made an issue, or bound it: what waited for that may begin.
pub fn went_on(tx: &Transaction<'_>) -> Result<(), Error> {
    backlog::moved(tx)
}
