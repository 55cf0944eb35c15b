//! Stores texts that a poll found, under the same key as those of webhooks.

use crate::core::model::ids::Subject;
use crate::core::model::repository::Repo;
use crate::core::model::text::{InboundText, ListedText, TextEvent};
use crate::core::model::time::Timestamp;
use crate::core::model::verdict::ReviewVerdict;
use crate::store::inbox::{self, Inserted};
use crate::store::{Error, Transaction};

/// Stores a text that was found; whether there is something new in it.
pub(super) fn store_text(
    tx: &Transaction<'_>,
    seen: ListedText,
    repo: &Repo,
    now: Timestamp,
) -> Result<bool, Error> {
    store_review(tx, seen, None, repo, now)
}

/// The same of the text of a review, if it has a verdict.
pub(super) fn store_review(
    tx: &Transaction<'_>,
    seen: ListedText,
    verdict: Option<ReviewVerdict>,
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
    let inbound = InboundText { verdict, ..seen.into_inbound(repo.clone(), act) };
    let inserted = inbox::insert(tx, &inbound, now)?;
    Ok(matches!(inserted, Inserted::New(_)))
}
