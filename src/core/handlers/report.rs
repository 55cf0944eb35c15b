//! report: what happened.

use std::collections::HashSet;

use jiff::tz::TimeZone;

use super::context::CommandContext;
use super::handler::Handler;
use super::snapshot::Needs;
use crate::core::command::value::Date;
use crate::core::model::time::Timestamp;
use crate::core::reply::Answer;
use crate::core::report::told;

pub(super) fn report<'a>(since: Option<Date>) -> Handler<'a> {
    let needs = Needs { digests: HashSet::from([since]), ..Needs::default() };
    Handler::new(needs, move |context| context.report(since))
}

/// From when on a report tells the past: the day that was named, else yesterday.
pub fn report_begins(since: Option<Date>, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = now.zoned(zone).date();
    since.unwrap_or(Date(today.yesterday().unwrap_or(today))).begins(zone)
}

impl CommandContext<'_> {
    fn report(&self, since: Option<Date>) -> Answer {
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let begins = report_begins(since, now, zone);
        if let Some(date) = since.filter(|_| begins > now) {
            return Answer::Ahead { date: date.to_string() };
        }
        let digest = self.snapshot.digests.get(&since).cloned().unwrap_or_default();
        let report = told(&digest, &self.fleet, begins, now, zone, |id| {
            self.changes.repos.iter().find(|repo| repo.id == id).map(|repo| repo.name.clone())
        });
        Answer::Report { report: Box::new(report) }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::handlers::report::*;

    #[test]
    fn a_report_begins_with_yesterday_in_the_configured_zone() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a bundled zone");
        let now = Timestamp::parse("2026-11-22T23:30:00Z").expect("a time");
        assert_eq!(report_begins(None, now, &berlin).to_string(), "2026-11-21T23:00:00Z");
        assert_eq!(report_begins(None, now, &TimeZone::UTC).to_string(), "2026-11-21T00:00:00Z");
        let named = Date(jiff::civil::Date::new(2026, 10, 25).expect("a day"));
        assert_eq!(report_begins(Some(named), now, &berlin).to_string(), "2026-10-24T22:00:00Z");
    }
}
