//! The report's issue, and the keys of its effects.

use askama::Template;
use jiff::civil::Date;

use crate::core::command::value;
use crate::core::effect::marker::marker;
use crate::core::model::ids::ThreadId;

/// What the keys of all effects of the report begin with.
const PREFIX: &str = "report.";

/// Whether the effect `key` belongs to the report.
pub fn is_reports(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// What marks the body of the issue, by which it is found again.
pub const ISSUE: &str = "report.issue";

/// The key under which the issue is made; `nth` counts how often it was lost before.
pub fn issue_key(nth: u32) -> String {
    numbered(ISSUE.to_owned(), nth)
}

/// The key of a day's comment; `nth` counts how often it was begun in vain before.
pub fn key_of_day(day: Date, nth: u32) -> String {
    numbered(format!("{PREFIX}{}", value::Date(day)), nth)
}

/// The key under which the issue is pinned.
pub fn pin_key(issue: ThreadId) -> String {
    format!("{PREFIX}pin.{}.{}", issue.repo.0, issue.number)
}

/// The key under which the issue is opened again for the comment `day`.
pub fn reopen_key(day: &str) -> String {
    format!("{day}.open")
}

fn numbered(key: String, nth: u32) -> String {
    if nth == 0 { key } else { format!("{key}.{nth}") }
}

#[derive(Template)]
#[template(path = "report/issue.md")]
struct ReportIssueBody;

/// What stands in the issue itself, above the days.
pub fn issue_body() -> String {
    let text = ReportIssueBody.render().expect("a String takes everything");
    format!("{}\n\n{}", text.trim(), marker(ISSUE))
}

#[cfg(test)]
mod tests {
    use crate::core::effect::marker::key_of;
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
