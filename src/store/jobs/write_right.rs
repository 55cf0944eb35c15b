//! What an attempt may still write to the forge, as the ledger has it now.

use rusqlite::Connection;

use super::{lease, load};
use crate::core::jobs::WriteRight;
use crate::store::error::Error;

/// What the attempt that is called `key` outside may do.
pub fn write_right(conn: &Connection, key: &str) -> Result<WriteRight, Error> {
    let Some(lease) = lease::leases(conn)?.into_iter().find(|lease| lease.key() == key) else {
        return Ok(WriteRight::Over);
    };
    let job = load::get(conn, lease.job())?.map(|stored| stored.job);
    Ok(job.map_or(WriteRight::Over, |job| job.state.write_right(lease.fence())))
}
