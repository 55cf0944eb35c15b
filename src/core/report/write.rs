//! What of the report reaches the forge, and under which keys.

use askama::Template;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::diary::ReportTiming;
use crate::core::command::value;
use crate::core::reply::marker::marker;

/// One outward write of the report. What a comment says is told when it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "write", rename_all = "snake_case")]
pub enum Write {
    /// The issue, if it is not there; its thread has the number 0.
    Issue {
        /// Its title.
        title: String,
    },
    /// The issue is to be pinned, if the account may.
    Pin,
    /// The comment of a day is to be there.
    Begin {
        /// Which day.
        #[serde(with = "spelled")]
        day: Date,
        /// Whether it may call the owner.
        may_call: bool,
        /// Whether it waits for the right hour.
        when: ReportTiming,
    },
    /// The comment of a day is to say what there is to say.
    Update {
        /// Which day.
        #[serde(with = "spelled")]
        day: Date,
        /// Whether it waits for the right hour.
        when: ReportTiming,
    },
}

/// A day as JSON holds it: `2026-11-22`.
mod spelled {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(day)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// What marks the body of the issue, by which it is found again.
pub const ISSUE: &str = "report.issue";

/// The key under which the issue is made; `nth` counts how often it was lost before.
pub fn issue_key(nth: u32) -> String {
    numbered(ISSUE.to_owned(), nth)
}

/// The key of a day's comment; `nth` counts how often it was begun in vain before.
pub fn key_of_day(day: Date, nth: u32) -> String {
    numbered(format!("report.{}", value::Date(day)), nth)
}

fn numbered(key: String, nth: u32) -> String {
    if nth == 0 { key } else { format!("{key}.{nth}") }
}

#[derive(Template)]
#[template(path = "report/issue.md")]
struct Body;

/// What stands in the issue itself, above the days.
pub fn issue_body() -> String {
    let text = Body.render().expect("a String takes everything");
    format!("{}\n\n{}", text.trim(), marker(ISSUE))
}

#[cfg(test)]
mod tests {
    use crate::core::reply::marker::key_of;
    use crate::core::report::write::*;

    #[test]
    fn keys_name_the_day_and_what_came_before() {
        let day = "2026-11-22".parse().unwrap();
        assert_eq!(key_of_day(day, 0), "report.2026-11-22");
        assert_eq!(key_of_day(day, 2), "report.2026-11-22.2");
        assert_eq!(issue_key(0), "report.issue");
    }

    #[test]
    fn the_issue_is_found_by_its_marker() {
        assert_eq!(key_of(&issue_body()), Some(ISSUE));
    }
}
