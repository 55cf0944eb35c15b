//! Deliveries that could not be read, kept for whoever mends the reader. Bounded: the sender
//! decides how many come.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction};

use super::columns::Json;
use super::error::Error;
use crate::core::model::time::Timestamp;

/// How many are kept; the oldest go first.
pub const KEPT: u32 = 1_000;

/// How many bytes of a body are kept: 1 MiB.
pub const BODY: usize = 1 << 20;

/// How many bytes of bodies are kept in all: 64 MiB. The oldest go first.
pub const TOTAL: usize = 64 << 20;

/// A delivery that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadDelivery {
    /// What the forge called it.
    pub event: String,
    /// Its headers, without secrets and signatures.
    pub headers: BTreeMap<String, String>,
    /// Its body; the first [`BODY`] bytes, when it comes from the ledger.
    pub body: Vec<u8>,
    /// Why it could not be parsed.
    pub problem: String,
}

/// A stored delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub received_at: Timestamp,
    pub delivery: UnreadDelivery,
    /// How many bytes its body had: more than are kept, if it was cut.
    pub size: u32,
}

/// Keeps a delivery, and lets go of the oldest beyond the bounds.
pub fn keep(tx: &Transaction<'_>, delivery: &UnreadDelivery, now: Timestamp) -> Result<(), Error> {
    let body = &delivery.body[..delivery.body.len().min(BODY)];
    tx.prepare_cached(
        "INSERT INTO deliveries (received_at, event, headers, problem, size, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        now,
        &delivery.event,
        Json(&delivery.headers),
        &delivery.problem,
        u32::try_from(delivery.body.len()).unwrap_or(u32::MAX),
        body,
    ))?;
    forget_oldest(tx)
}

fn forget_oldest(tx: &Transaction<'_>) -> Result<(), Error> {
    tx.prepare_cached(
        "DELETE FROM deliveries WHERE seq IN (
             SELECT seq FROM (
                 SELECT seq, row_number() OVER newest AS place,
                        sum(min(size, ?1)) OVER newest AS bytes
                 FROM deliveries WINDOW newest AS (ORDER BY seq DESC ROWS UNBOUNDED PRECEDING))
             WHERE place > ?2 OR bytes > ?3)",
    )?
    .execute((BODY as i64, KEPT, TOTAL as i64))?;
    Ok(())
}

/// The last `limit` that were kept, newest first.
pub fn list(conn: &Connection, limit: u32) -> Result<Vec<Kept>, Error> {
    let kept = conn
        .prepare_cached(
            "SELECT received_at, event, headers, problem, size, body FROM deliveries
             ORDER BY seq DESC LIMIT ?1",
        )?
        .query_map([limit], |row| {
            let Json(headers) = row.get("headers")?;
            let delivery = UnreadDelivery {
                event: row.get("event")?,
                headers,
                body: row.get("body")?,
                problem: row.get("problem")?,
            };
            Ok(Kept { received_at: row.get("received_at")?, delivery, size: row.get("size")? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(kept)
}
