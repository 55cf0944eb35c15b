//! When deliveries last came: how `timmy doctor` sees, beside a running `serve`, that the forge
//! reaches it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::model::time::Timestamp;
use crate::gitea::KNOCK;
use crate::store::{Connection, Error, Ledger, meta};

/// Where the ledger keeps it.
const KEY: &str = "arrivals";

/// The same is noted again after so long at the soonest, so that it costs nothing.
const PAUSE: Duration = Duration::from_secs(1);

/// Names of events are shorter, and those of Gitea are not so many.
const LONGEST_NAME: usize = 40;
const MOST_NAMES: usize = 50;

/// When deliveries last came, within a second.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeliveryLog {
    /// With a good signature, by event.
    pub signed: BTreeMap<String, Timestamp>,
    /// With a signature that no secret of the configuration made, or with none.
    pub refused: Option<Timestamp>,
}

/// What a delivery was, for the notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryKind {
    /// Signed with a good secret; its event.
    Signed(String),
    /// Not so.
    Refused,
}

impl DeliveryKind {
    /// What a delivery of `event` is, whose signature is good or not. None if it is no delivery
    /// of the forge's: timmy's own knock, and what says of no event, such as a scanner's call.
    pub fn of(event: &str, is_good: bool) -> Option<Self> {
        let is_name = (1..=LONGEST_NAME).contains(&event.len())
            && event.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        match is_good {
            _ if !is_name || event == KNOCK => None,
            true => Some(Self::Signed(event.to_owned())),
            false => Some(Self::Refused),
        }
    }
}

impl DeliveryLog {
    /// What `serve` noted in the ledger; nothing if it never heard anything.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn read(conn: &Connection) -> Result<Self, Error> {
        Ok(meta::get(conn, KEY)?.unwrap_or_default())
    }

    /// The newest signed delivery and its event.
    pub fn last_signed(&self) -> Option<(&str, Timestamp)> {
        let newest = self.signed.iter().max_by_key(|(_, at)| **at)?;
        Some((newest.0, *newest.1))
    }

    /// Adds one that comes `now`.
    pub fn add(&mut self, arrival: DeliveryKind, now: Timestamp) {
        match arrival {
            DeliveryKind::Signed(event) => {
                if self.signed.len() < MOST_NAMES || self.signed.contains_key(&event) {
                    self.signed.insert(event, now);
                }
            }
            DeliveryKind::Refused => self.refused = Some(now),
        }
    }

    fn last(&self, arrival: &DeliveryKind) -> Option<Timestamp> {
        match arrival {
            DeliveryKind::Signed(event) => self.signed.get(event).copied(),
            DeliveryKind::Refused => self.refused,
        }
    }
}

/// Writes arrivals into the ledger, each kind at most once a second.
#[derive(Debug, Default)]
pub(super) struct DeliveryRecorder(Mutex<DeliveryLog>);

impl DeliveryRecorder {
    /// Notes one that comes `now`, if it is one.
    pub(super) async fn take(
        &self,
        ledger: &Ledger,
        arrival: Option<DeliveryKind>,
        now: Timestamp,
    ) {
        let Some(arrival) = arrival.filter(|arrival| self.is_news(arrival, now)) else { return };
        let noted = ledger.write(move |tx| {
            let mut arrivals = DeliveryLog::read(tx)?;
            arrivals.add(arrival, now);
            meta::set(tx, KEY, &arrivals)
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, "arrival of a webhook could not be stored");
        }
    }

    /// Whether the same did not come within the last second.
    fn is_news(&self, arrival: &DeliveryKind, now: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.last(arrival).is_some_and(|last| now.since(last) < PAUSE) {
            return false;
        }
        noted.add(arrival.clone(), now);
        noted.last(arrival) == Some(now)
    }
}

#[cfg(test)]
mod tests {
    use crate::web::delivery_log::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    fn signed(event: &str) -> DeliveryKind {
        DeliveryKind::of(event, true).unwrap()
    }

    #[test]
    fn the_same_is_news_once_a_second() {
        let notes = DeliveryRecorder::default();
        assert!(notes.is_news(&signed("push"), at(10_000)));
        assert!(!notes.is_news(&signed("push"), at(10_999)));
        assert!(notes.is_news(&signed("issues"), at(10_999)));
        assert!(notes.is_news(&DeliveryKind::Refused, at(10_999)));
        assert!(notes.is_news(&signed("push"), at(11_000)));
    }

    #[test]
    fn only_what_the_forge_may_have_sent_counts() {
        assert_eq!(DeliveryKind::of("push", false), Some(DeliveryKind::Refused));
        for other in [KNOCK, "", "Push", &"x".repeat(1000)] {
            assert_eq!(DeliveryKind::of(other, false), None, "{other}");
            assert_eq!(DeliveryKind::of(other, true), None, "{other}");
        }
    }

    #[test]
    fn names_are_bounded_whoever_holds_the_secret() {
        let mut arrivals = DeliveryLog::default();
        for length in 1..=LONGEST_NAME {
            for letter in ["a", "b"] {
                arrivals.add(signed(&letter.repeat(length)), at(1));
            }
        }
        assert_eq!(arrivals.signed.len(), MOST_NAMES);
    }
}
