//! Names and numbers. Two ledgers for one account, a copy and what it was copied from, must not
//! mean different things by the same one.

use rusqlite::Transaction;

use super::advance::advance;
use super::decide::void;
use super::load;
use crate::core::decisions::VoidReason;
use crate::core::jobs::{JobEvent, StepTime};
use crate::store::error::Error;
use crate::store::{decisions, meta, routines};

/// How far above all that may have been given a restored ledger goes on.
const ABOVE: i64 = 1000;

/// The greatest numbers that are seen on the forge; zero where none is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShownNumbers {
    pub job: i64,
    pub decision: i64,
}

/// The ledger's name: the one that it has, else `fresh`, which nobody else may have been given.
pub fn introduce(tx: &Transaction<'_>, fresh: &str) -> Result<String, Error> {
    if let Some(name) = meta::get(tx, meta::LEDGER)? {
        return Ok(name);
    }
    meta::set(tx, meta::LEDGER, &fresh.to_owned())?;
    Ok(fresh.to_owned())
}

/// The ledger is a copy, or a new one of an account that has spoken before; `shown` are the greatest
/// numbers that the account's comments show. It gets a name of its own, its numbers go on
/// well above, and what it believes to run is looked for before anything else happens.
pub fn restore(
    tx: &Transaction<'_>,
    fresh: &str,
    shown: ShownNumbers,
    now: StepTime,
) -> Result<(), Error> {
    meta::set(tx, meta::LEDGER, &fresh.to_owned())?;
    for (table, floor) in [("jobs", shown.job), ("attempts", 0), ("decisions", shown.decision)] {
        raise(tx, table, floor)?;
    }
    for stored in load::live(tx)? {
        // It is possible wherever a job stands that has not ended.
        let _ = advance(tx, stored.job.spec.id, None, JobEvent::Restored, now)?;
    }
    // What came due since the copy was taken, the other ledger has done, or may have.
    routines::settle_all(tx, now.at)?;
    // What is still asked may have been answered to the other ledger: it is asked anew.
    for stored in decisions::open(tx)? {
        void(tx, stored.decision.id, VoidReason::Restored, false, now)?;
    }
    Ok(())
}

/// The ledger is new, and its account has spoken before: the numbers of its jobs and decisions
/// begin well above `shown`, the greatest that are seen on the forge.
pub fn count_above(tx: &Transaction<'_>, shown: ShownNumbers) -> Result<(), Error> {
    raise(tx, "jobs", shown.job)?;
    raise(tx, "decisions", shown.decision)
}

fn raise(tx: &Transaction<'_>, table: &str, floor: i64) -> Result<(), Error> {
    // SQLite keeps the greatest number of a table here, once it had a row.
    tx.prepare_cached(
        "INSERT INTO sqlite_sequence (name, seq)
         SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
    )?
    .execute([table])?;
    tx.prepare_cached("UPDATE sqlite_sequence SET seq = max(seq, ?2) + ?3 WHERE name = ?1")?
        .execute((table, floor, ABOVE))?;
    Ok(())
}
