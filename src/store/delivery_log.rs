//! When deliveries last came, as the ledger keeps it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::model::time::Timestamp;

/// Gitea has fewer events: whoever holds a secret cannot fill the ledger with others.
const MOST_NAMES: usize = 50;

/// Of so many addresses it is kept what they sent, the latest ones.
const MOST_SOURCES: usize = 10;

/// How long it is kept that an address sent something with a wrong signature.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// When deliveries last came, within a second.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeliveryLog {
    /// With a good signature, by event.
    pub signed: BTreeMap<String, Timestamp>,
    /// With a signature that no secret of the configuration made, or with none.
    pub refused: Option<Timestamp>,
    /// From where those of the last day came.
    #[serde(default)]
    pub refused_from: BTreeMap<IpAddr, RefusedDeliveries>,
}

/// What one address sent with a wrong signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedDeliveries {
    pub count: u32,
    /// When the newest came.
    pub last: Timestamp,
}

/// What a delivery was, for the notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryKind {
    /// Signed with a good secret; its event.
    Signed(String),
    /// Not so; from where it came, if that is known.
    Refused(Option<IpAddr>),
}

impl DeliveryLog {
    /// The newest signed delivery and its event.
    pub fn last_signed(&self) -> Option<(&str, Timestamp)> {
        let newest = self.signed.iter().max_by_key(|(_, at)| **at)?;
        Some((newest.0, *newest.1))
    }

    /// Adds one that comes `now`.
    pub fn add(&mut self, arrival: DeliveryKind, now: Timestamp) {
        match arrival {
            DeliveryKind::Signed(event) => self.sign(event, now),
            DeliveryKind::Refused(from) => {
                self.refused = Some(now);
                if let Some(from) = from {
                    self.refuse(from, RefusedDeliveries { count: 1, last: now });
                }
            }
        }
    }

    /// Adds all that came after what is here, and forgets what is old `now`.
    pub fn append(&mut self, later: Self, now: Timestamp) {
        later.signed.into_iter().for_each(|(event, at)| self.sign(event, at));
        self.refused = self.refused.max(later.refused);
        later.refused_from.into_iter().for_each(|(from, sent)| self.refuse(from, sent));
        self.refused_from.retain(|_, sent| !sent.last.is_over(KEPT, now));
    }

    /// When such a one came last.
    pub fn last(&self, arrival: &DeliveryKind) -> Option<Timestamp> {
        match arrival {
            DeliveryKind::Signed(event) => self.signed.get(event).copied(),
            DeliveryKind::Refused(_) => self.refused,
        }
    }

    fn sign(&mut self, event: String, at: Timestamp) {
        if self.signed.len() < MOST_NAMES || self.signed.contains_key(&event) {
            self.signed.insert(event, at);
        }
    }

    fn refuse(&mut self, from: IpAddr, sent: RefusedDeliveries) {
        let known = self.refused_from.entry(from).or_insert(RefusedDeliveries { count: 0, ..sent });
        known.count = known.count.saturating_add(sent.count);
        known.last = known.last.max(sent.last);
        if self.refused_from.len() > MOST_SOURCES
            && let Some((&oldest, _)) = self.refused_from.iter().min_by_key(|(_, sent)| sent.last)
        {
            self.refused_from.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::delivery_log::*;

    #[test]
    fn names_are_bounded_whoever_holds_the_secret() {
        let mut arrivals = DeliveryLog::default();
        for number in 0..=MOST_NAMES {
            arrivals.add(DeliveryKind::Signed(format!("event_{number}")), Timestamp::default());
        }
        assert_eq!(arrivals.signed.len(), MOST_NAMES);
    }

    #[test]
    fn what_an_address_sent_is_counted_for_a_day_and_of_the_latest_ones() {
        let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
        let address = |last: u8| IpAddr::from([203, 0, 113, last]);
        let mut log = DeliveryLog::default();
        for second in [1, 2, 3] {
            log.add(DeliveryKind::Refused(Some(address(0))), at(second));
        }
        assert_eq!(log.refused_from[&address(0)], RefusedDeliveries { count: 3, last: at(3) });
        let mut ledger = log.clone();
        ledger.append(log, at(4));
        assert_eq!(ledger.refused_from[&address(0)].count, 6);
        for last in 1..=20 {
            ledger.add(DeliveryKind::Refused(Some(address(last))), at(100 + i64::from(last)));
        }
        assert_eq!(ledger.refused_from.len(), MOST_SOURCES);
        assert!(ledger.refused_from.contains_key(&address(20)));
        ledger.append(DeliveryLog::default(), at(121 + 86_400));
        assert!(ledger.refused_from.is_empty());
    }

    #[test]
    fn what_an_older_version_kept_can_be_read() {
        let kept = r#"{"signed":{"push":7},"refused":9}"#;
        let log: DeliveryLog = serde_json::from_str(kept).unwrap();
        assert_eq!(log.refused, Some(Timestamp::from_micros(9)));
    }
}
