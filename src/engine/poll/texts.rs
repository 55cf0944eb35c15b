//! Stores texts that a poll found, under the same key as those of webhooks.

use crate::core::model::ids::Subject;
use crate::core::model::repository::Repo;
use crate::core::model::text::{ListedText, TextEvent};
use crate::core::model::time::Timestamp;
use crate::store::inbox::{self, Inserted};
use crate::store::{Error, Transaction};

/// Stores a text that was found; whether there is something new in it.
pub(super) fn store_text(
    tx: &Transaction<'_>,
    seen: ListedText,
    repo: &Repo,
    now: Timestamp,
) -> Result<bool, Error> {
    let act = match seen.subject {
        Subject::Issue(_) => TextEvent::Opened,
        Subject::Comment(_)
            if seen.is_as_written() && !inbox::is_stored(tx, seen.subject, repo.id)? =>
        {
            TextEvent::Created
        }
        Subject::Comment(_) => TextEvent::Edited,
    };
    let inserted = inbox::insert(tx, &seen.into_inbound(repo.clone(), act), now)?;
    Ok(matches!(inserted, Inserted::New(_)))
}
