//! When deliveries last came, as the ledger keeps it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::model::time::Timestamp;

/// Gitea has fewer events: whoever holds a secret cannot fill the ledger with others.
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
    Refused,
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
            DeliveryKind::Signed(event) => {
                if self.signed.len() < MOST_NAMES || self.signed.contains_key(&event) {
                    self.signed.insert(event, now);
                }
            }
            DeliveryKind::Refused => self.refused = Some(now),
        }
    }

    /// When such a one came last.
    pub fn last(&self, arrival: &DeliveryKind) -> Option<Timestamp> {
        match arrival {
            DeliveryKind::Signed(event) => self.signed.get(event).copied(),
            DeliveryKind::Refused => self.refused,
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
}
