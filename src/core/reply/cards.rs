//! What cards tell other ledgers of the same account: whose each is, and whether its job goes on.
//!
//! A job that no comment asked for is claimed by its card. The key of that begins with the name of
//! the ledger that wrote it; once the job has ended, the card says so in a hidden line.

use crate::core::command::value::JobId;
use crate::core::effect::marker::key_of;

/// The hidden line of a card whose job has ended.
pub const ENDED: &str = "<!-- timmy ended -->";

/// A card of some ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerCard {
    /// The number of the comment.
    pub comment: i64,
    /// Its key, and what that is made of.
    pub key: String,
    pub ledger: String,
    pub job: JobId,
    pub has_ended: bool,
}

impl LedgerCard {
    /// The card that a comment of the own account is, if it is one that a ledger wrote by itself.
    pub fn read(comment: i64, body: &str) -> Option<Self> {
        let key = key_of(body)?;
        let (named, _) = key.strip_suffix(".card")?.split_once('.')?;
        let (ledger, number) = named.rsplit_once("-j")?;
        let job = JobId(number.parse().ok()?);
        let has_ended = body.lines().any(|line| line == ENDED);
        let (key, ledger) = (key.to_owned(), ledger.to_owned());
        Some(Self { comment, key, ledger, job, has_ended })
    }
}

/// The card that was there before the comment `own`, of a job that goes on: of several the oldest.
pub fn older_card(cards: impl IntoIterator<Item = LedgerCard>, own: i64) -> Option<LedgerCard> {
    let older = cards.into_iter().filter(|card| card.comment < own && !card.has_ended);
    older.min_by_key(|card| card.comment)
}

#[cfg(test)]
mod tests {
    use crate::core::effect::marker::marker;
    use crate::core::reply::cards::*;

    fn card(comment: i64, key: &str, text: &str) -> Option<LedgerCard> {
        LedgerCard::read(comment, &format!("{text}\n\n{}", marker(key)))
    }

    #[test]
    fn a_card_names_its_ledger_and_its_job() {
        let seen = card(7, "a-b1-j42.1-17.card", "**`ezra` takes this.**").expect("a card");
        assert_eq!((seen.ledger.as_str(), seen.job, seen.has_ended), ("a-b1", JobId(42), false));
        let over = card(7, "x-j42.3.card", &format!("**Merged.**\n\n{ENDED}")).expect("a card");
        assert!(over.has_ended);
        for key in ["c812", "x-j42.3", "x-j42.card", "report.2026-11-22", "x-jx.1.card", ".card"] {
            assert_eq!(card(7, key, "words"), None, "{key}");
        }
    }

    #[test]
    fn the_older_one_of_a_job_that_goes_on_wins() {
        let of = |comment, has_ended| {
            let (key, ledger, job) = ("k".to_owned(), "other".to_owned(), JobId(1));
            LedgerCard { comment, key, ledger, job, has_ended }
        };
        let older = |cards: Vec<LedgerCard>| older_card(cards, 10).map(|card| card.comment);
        assert_eq!(older(vec![of(9, false), of(8, false), of(3, true)]), Some(8));
        assert_eq!(older(vec![of(11, false), of(9, true)]), None);
    }
}
