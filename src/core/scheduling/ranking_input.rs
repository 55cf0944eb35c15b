//! All that a decision depends on beside the backlog.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Roster, Rules};
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::Pause;

/// When, by which rules and for which fleet the backlog is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankingInput {
    /// The moment.
    pub now: Timestamp,
    /// The zone in which days are counted. It is stored by its IANA name.
    #[serde(with = "iana")]
    pub zone: TimeZone,
    /// How issues are judged.
    pub rules: Rules,
    /// What is paused.
    pub pauses: Vec<Pause>,
    /// Who can do what.
    pub roster: Roster,
}

mod iana {
    use jiff::tz::TimeZone;
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(zone: &TimeZone, to: S) -> Result<S::Ok, S::Error> {
        zone.iana_name().ok_or_else(|| S::Error::custom("this zone has no name"))?.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<TimeZone, D::Error> {
        TimeZone::get(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
