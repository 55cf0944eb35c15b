//! agents and report: how the fleet is doing.

use jiff::tz::TimeZone;

use super::CommandContext;
use crate::core::command::grammar::nearest;
use crate::core::command::value::Date;
use crate::core::command::verb::Verb;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::{AgentProfile, PauseScope};
use crate::core::reply::{AgentRow, Answer};
use crate::core::report::told;

/// From when on a report tells the past: the day that was named, else yesterday.
pub fn report_begins(since: Option<Date>, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = now.zoned(zone).date();
    since.unwrap_or(Date(today.yesterday().unwrap_or(today))).begins(zone)
}

impl CommandContext<'_> {
    pub(super) fn agents(&self) -> Answer {
        let pause = |part: &PauseScope| {
            self.fleet.pause_of(part).map(|pause| self.paused(String::new(), pause))
        };
        let backlog = self.snapshot.backlog.as_ref();
        let row = |agent: &AgentProfile| AgentRow {
            now: backlog.map(|backlog| self.now(backlog, agent)),
            ..AgentRow::of(agent, pause(&PauseScope::Agent(agent.name.clone())))
        };
        let agents = self.snapshot.agents.iter().map(row).collect();
        Answer::Agents { agents, pause: pause(&PauseScope::All) }
    }

    /// The agent of this name, or the answer that there is none.
    pub(super) fn agent_called(&self, name: &str, verb: Verb) -> Result<&AgentProfile, Answer> {
        let known = &self.snapshot.agents;
        known.iter().find(|agent| agent.name == name).ok_or_else(|| {
            let names = known.iter().map(|agent| agent.name.as_str());
            let instead = nearest(name, names).map(|agent| format!("{verb} {agent}"));
            Answer::NoAgent { name: name.to_owned(), instead }
        })
    }

    pub(super) fn report(&self, since: Option<Date>) -> Answer {
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let begins = report_begins(since, now, zone);
        if let Some(date) = since.filter(|_| begins > now) {
            return Answer::Ahead { date: date.to_string() };
        }
        let digest = self.snapshot.digests.get(&since).cloned().unwrap_or_default();
        let report = told(&digest, &self.fleet, begins, now, zone, |id| {
            self.decision.repos.iter().find(|repo| repo.id == id).map(|repo| repo.name.clone())
        });
        Answer::Report { report: Box::new(report) }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::handlers::agents::*;

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
