//! What a check reads of the ledger, if there is one.

use super::check_result::CheckResult;
use crate::store::{Connection, Error, Readers};

/// What the ledger holds of `what`, as far as `serve` ran; or that it cannot be read, as the result of `check`.
pub(super) async fn in_ledger<T: Default + Send + 'static>(
    readers: Option<&Readers>,
    (check, what): (&'static str, &str),
    read: fn(&Connection) -> Result<T, Error>,
) -> Result<T, CheckResult> {
    let Some(readers) = readers else { return Ok(T::default()) };
    readers.read(read).await.map_err(|error| {
        let found = format!("{what} cannot be read: {error}.");
        CheckResult::broken(check, found, "Restore a backup, or point ledger.path to a new file.")
    })
}
