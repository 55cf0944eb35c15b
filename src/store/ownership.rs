//! Counts texts that another ledger of this account claimed first: the sign of two timmys.

use rusqlite::Connection;

use super::error::Error;
use super::inbox::Ending;
use crate::core::model::time::Timestamp;

/// How many texts ended since `since` because another ledger had claimed them.
pub fn lost(conn: &Connection, since: Timestamp) -> Result<u32, Error> {
    let lost = conn
        .prepare_cached("SELECT count(*) FROM inbox WHERE ending = ?1 AND ended_at >= ?2")?
        .query_row((Ending::ClaimedElsewhere, since), |row| row.get(0))?;
    Ok(lost)
}
