//! agents and report: how the fleet is doing.

use jiff::tz::TimeZone;

use super::Desk;
use crate::core::digest::{Digest, Place};
use crate::core::fleet::{Agent, Part, Pause};
use crate::core::ids::{RepoId, RepoName};
use crate::core::reply::{AgentRow, Answer, Held, Report, Until};
use crate::core::time::{Timestamp, said};
use crate::core::value::Date;

/// From when on a report tells the past: the day that was named, else yesterday.
pub fn report_begins(since: Option<Date>, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = now.zoned(zone).date();
    since.unwrap_or(Date(today.yesterday().unwrap_or(today))).begins(zone)
}

impl Desk<'_> {
    pub(super) fn agents(&self) -> Answer {
        let pause =
            |part: &Part| self.fleet.pause_of(part).map(|pause| self.paused(String::new(), pause));
        let row = |agent: &Agent| AgentRow {
            name: agent.name.clone(),
            kind: agent.kind.clone(),
            roles: agent.roles.clone(),
            skills: agent.skills.clone(),
            host: agent.host.clone(),
            capacity: agent.capacity,
            pause: pause(&Part::Agent(agent.name.clone())),
        };
        let agents = self.snapshot.agents.iter().map(row).collect();
        Answer::Agents { agents, pause: pause(&Part::All) }
    }

    pub(super) fn report(&self, since: Option<Date>) -> Answer {
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let begins = report_begins(since, now, zone);
        if let Some(date) = since.filter(|_| begins > now) {
            return Answer::Ahead { date: date.to_string() };
        }
        let digest = self.snapshot.digests.get(&since).cloned().unwrap_or_default();
        Answer::Report { report: Box::new(self.told(&digest, begins)) }
    }

    /// A digest as people say it, with what the fleet is like now.
    fn told(&self, digest: &Digest, begins: Timestamp) -> Report {
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let at = |moment| said(moment, now, zone);
        let held = digest.parked.iter().filter_map(|(place, state)| {
            let hold = state.hold.as_ref()?;
            let (by, reason) = (hold.by.login.clone(), hold.reason.clone());
            Some((name(place), Held { by, since: at(hold.since), reason }))
        });
        let snoozed = digest.parked.iter().filter_map(|(place, state)| {
            let snooze = state.snoozed(now)?;
            Some((name(place), Until { until: at(snooze.until), login: snooze.by.login.clone() }))
        });
        let paused = |pause: &Pause| {
            let what = match &pause.part {
                Part::All => "all".to_owned(),
                Part::Agent(name) => name.clone(),
                Part::Repo(repo) => self.repo_name(*repo, digest)?.to_string(),
            };
            Some(self.paused(what, pause))
        };
        let lent = self
            .fleet
            .delegations
            .iter()
            .map(|lent| Until { until: at(lent.until), login: lent.to.login.clone() });
        Report {
            since: at(begins),
            commands: digest.outcomes.iter().map(|(_, count)| count).sum(),
            people: digest.people,
            outcomes: digest.outcomes.clone(),
            held: held.collect(),
            snoozed: snoozed.collect(),
            paused: self.fleet.pauses.iter().filter_map(paused).collect(),
            lent: lent.collect(),
            dead: digest.dead.iter().map(|(place, when)| (name(place), at(*when))).collect(),
        }
    }

    /// What a paused repository is called, if it may be named here.
    fn repo_name<'a>(&'a self, id: RepoId, digest: &'a Digest) -> Option<&'a RepoName> {
        let of_this_comment = self.decision.repos.iter().map(|repo| (repo.id, &repo.name));
        let of_the_past = digest.repos.iter().map(|(id, name)| (*id, name));
        of_this_comment.chain(of_the_past).find(|(other, _)| *other == id).map(|(_, name)| name)
    }
}

fn name(place: &Place) -> String {
    format!("{}#{}", place.repo, place.thread.number)
}

#[cfg(test)]
mod tests {
    use super::*;

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
