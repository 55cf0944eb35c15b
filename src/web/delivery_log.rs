//! When deliveries last came: how `timmy doctor` sees, beside a running `serve`, that the forge
//! reaches it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::core::model::time::Timestamp;
use crate::gitea::PROBE_EVENT;
use crate::store::{Connection, Error, Ledger, meta};

pub use crate::store::delivery_log::{DeliveryKind, DeliveryLog};

/// The same is noted again after so long at the soonest, so that it costs nothing.
const PAUSE: Duration = Duration::from_secs(1);

/// Names of events are shorter.
const LONGEST_NAME: usize = 40;

impl DeliveryKind {
    /// What a delivery of `event` is, whose signature is good or not. None if it is no delivery
    /// of the forge's: timmy's own knock, and what says of no event, such as a scanner's call.
    pub fn of(event: &str, is_good: bool) -> Option<Self> {
        let is_name = (1..=LONGEST_NAME).contains(&event.len())
            && event.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        match is_good {
            _ if !is_name || event == PROBE_EVENT => None,
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
        Ok(meta::get(conn, meta::DELIVERIES)?.unwrap_or_default())
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
            meta::set(tx, meta::DELIVERIES, &arrivals)
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
        for other in [PROBE_EVENT, "", "Push", &"x".repeat(1000)] {
            assert_eq!(DeliveryKind::of(other, false), None, "{other}");
            assert_eq!(DeliveryKind::of(other, true), None, "{other}");
        }
    }
}
