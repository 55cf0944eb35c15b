//! A digest as people say it.

use jiff::tz::TimeZone;

use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::time::{Timestamp, said};
use crate::core::policy::controls::{Controls, Pause, PauseScope};
use crate::core::reply::{Held, ParkedThread, Paused, ReportAnswer, ToldQuestion};
use crate::core::report::digest::{AskedThread, Digest, NamedThread};

fn told_question(asked: &AskedThread) -> ToldQuestion {
    let AskedThread { place, id, question } = asked;
    ToldQuestion { thread: place.name(), id: id.to_string(), question: question.clone() }
}

/// What happened since `begins`, and what the fleet is like now. A paused repository that neither
/// the digest nor `name_of` names may not be named here, and is left out.
pub fn told(
    digest: &Digest,
    fleet: &Controls,
    begins: Timestamp,
    now: Timestamp,
    zone: &TimeZone,
    name_of: impl Fn(RepoId) -> Option<RepoName>,
) -> ReportAnswer {
    let at = |moment| said(moment, now, zone);
    let held = digest.parked.iter().filter_map(|(place, state)| {
        let hold = state.hold.as_ref()?;
        let (by, reason) = (hold.by.login.clone(), hold.reason.clone());
        Some((place.name(), Held { by, since: at(hold.since), reason }))
    });
    let snoozed = digest.parked.iter().filter_map(|(place, state)| {
        let snooze = state.snoozed(now)?;
        Some((
            place.name(),
            ParkedThread { until: at(snooze.until), login: snooze.by.login.clone() },
        ))
    });
    let in_digest = |id| digest.repos.iter().find(|(other, _)| *other == id);
    let paused = |pause: &Pause| {
        let what = match &pause.part {
            PauseScope::All => "all".to_owned(),
            PauseScope::Agent(name) => name.clone(),
            PauseScope::Repo(id) => {
                name_of(*id).or_else(|| Some(in_digest(*id)?.1.clone()))?.to_string()
            }
        };
        Some(Paused { what, since: at(pause.since), by: pause.by.login.clone() })
    };
    let lent = fleet.delegations.iter();
    ReportAnswer {
        since: at(begins),
        commands: digest.commands(),
        people: digest.people,
        outcomes: digest.outcomes.clone(),
        asked: digest.asked.iter().map(told_question).collect(),
        merged: digest.merged.iter().map(NamedThread::name).collect(),
        held: held.collect(),
        snoozed: snoozed.collect(),
        paused: fleet.pauses.iter().filter_map(paused).collect(),
        lent: lent
            .map(|lent| ParkedThread { until: at(lent.until), login: lent.to.login.clone() })
            .collect(),
        routines: digest.routines.iter().map(|(name, wait)| (name.clone(), wait.name())).collect(),
        outlook: digest.outlook.clone(),
        dead: digest.dead.iter().map(|dead| (dead.place.name(), at(dead.at))).collect(),
    }
}
