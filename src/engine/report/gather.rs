//! What there is to tell of a day, as the ledger has it.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::core::command::value;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::model::time::{Timestamp, said};
use crate::core::policy::controls::{AgentProfile, Controls, PauseScope};
use crate::core::reply::{AgentRow, Paused};
use crate::core::report::digest::{Audience, Digest};
use crate::core::report::{Broken, Day, ListedTitle, Outlook, Period, best, told};
use crate::core::scheduling::Ranking;
use crate::store::incidents::{self, OpenIncident};
use crate::store::{Connection, Error, backlog, controls, digest, reports, repos};

/// Where it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportAudience {
    /// On the forge: that this cannot be reached, nobody reads there.
    Forge,
    /// On a terminal.
    Terminal,
}

/// Which day is to be told, and by whom to whom.
#[derive(Debug, Clone)]
pub struct ReportScope {
    /// timmy's account.
    pub name: String,
    /// Who is called.
    pub owner: String,
    /// The zone in which times are said.
    pub zone: TimeZone,
    /// The agents.
    pub agents: Vec<AgentProfile>,
    /// Where it is told.
    pub to: ReportAudience,
    /// The day.
    pub day: Date,
    /// What of the past is told of it.
    pub period: Period,
}

/// What there is to tell, as things are at `now`, but for the [`outlook`]. The report may show
/// every repository, unless everybody may read it: then only public ones, and its own.
///
/// # Errors
/// If the ledger cannot be read.
pub fn gather(conn: &Connection, of: &ReportScope, now: Timestamp) -> Result<Day, Error> {
    let past = digest::of(conn, audience(conn, of.to)?, of.period, now)?;
    let fleet = controls::at(conn, now)?;
    let mut report = told(&past, &fleet, of.period.since, now, &of.zone, |_| None);
    // They stand among what is broken, with the reason.
    report.dead.clear();
    Ok(Day {
        date: of.day,
        name: of.name.clone(),
        owner: of.owner.clone(),
        asks: Vec::new(),
        broken: broken(conn, &past, of, now)?,
        is_longer: happened_before(conn, of, now)?,
        report,
        agents: of.agents.iter().map(|agent| row(agent, &fleet, now, &of.zone)).collect(),
    })
}

/// Whether something happened before the day began that is told with it.
fn happened_before(conn: &Connection, of: &ReportScope, now: Timestamp) -> Result<bool, Error> {
    let begins = value::Date(of.day).begins(&of.zone);
    let before = Period { since: of.period.since, until: begins };
    let audience = audience(conn, of.to)?;
    Ok(before.since < begins && digest::of(conn, audience, before, now)?.has_news())
}

/// Which repositories may be named there, as far as the ledger knows who may read them.
fn audience(conn: &Connection, to: ReportAudience) -> Result<Audience, Error> {
    let home = reports::home(conn)?.filter(|_| to == ReportAudience::Forge);
    let Some(home) = home else { return Ok(Audience::Everything) };
    let is_private = repos::name(conn, home.repo)?.is_some_and(|repo| repo.private);
    Ok(if is_private { Audience::Everything } else { Audience::Of(home.repo) })
}

/// Whether a repository may be named there.
fn may_name(conn: &Connection, to: ReportAudience) -> Result<impl Fn(RepoId) -> bool, Error> {
    let (audience, public) = (audience(conn, to)?, repos::public(conn)?);
    Ok(move |repo| match audience {
        Audience::Everything => true,
        Audience::Of(here) => repo == here || public.contains(&repo),
    })
}

/// What is next of the backlog.
///
/// # Errors
/// If the ledger cannot be read.
pub fn outlook(
    conn: &Connection,
    ranking: &Ranking,
    zone: &TimeZone,
    to: ReportAudience,
    due_at: impl Fn(ThreadId) -> Option<Timestamp>,
) -> Result<Outlook, Error> {
    let may_name = may_name(conn, to)?;
    let shown = shown(conn, &best(ranking, &may_name), due_at)?;
    Ok(Outlook::of(ranking, may_name, &shown, zone))
}

/// What is worth showing of these.
pub(in crate::engine) fn shown(
    conn: &Connection,
    threads: &[ThreadId],
    due_at: impl Fn(ThreadId) -> Option<Timestamp>,
) -> Result<HashMap<ThreadId, ListedTitle>, Error> {
    let shown = backlog::titles(conn, threads)?.into_iter().map(|(thread, title)| {
        let name = format!("{}#{}", title.repo.name, thread.number);
        (thread, ListedTitle { thread: name, title: title.title, due_at: due_at(thread) })
    });
    Ok(shown.collect())
}

/// What is wrong with the world, then what was given up for another reason.
fn broken(
    conn: &Connection,
    past: &Digest,
    of: &ReportScope,
    now: Timestamp,
) -> Result<Vec<Broken>, Error> {
    let home = reports::home(conn)?.and_then(|home| home.thread());
    let secret = match audience(conn, of.to)? {
        Audience::Everything => Vec::new(),
        Audience::Of(here) => repos::private_but(conn, here)?,
    };
    let may_name = may_name(conn, of.to)?;
    let mut broken = Vec::new();
    for incident in incidents::all(conn)? {
        if of.to == ReportAudience::Forge && incident.incident.is_disproved_by_speaking(home) {
            continue;
        }
        let is_secret = match (incident.incident.repo(), &incident.incident) {
            (Some(repo), _) => !may_name(repo),
            (None, Incident::CannotRead { what }) => {
                secret.iter().any(|name| name.to_string().eq_ignore_ascii_case(what))
            }
            (None, _) => false,
        };
        if is_secret {
            continue;
        }
        let since = said(incident.since, now, &of.zone);
        let OpenIncident { place, text, .. } = incident;
        broken.push(Broken { place, text, since, given_up: 0 });
    }
    let lasting = broken.len();
    for dead in &past.dead {
        let (place, text) = (dead.place.name(), &dead.reason);
        if broken[..lasting].iter().any(|incident| incident.text == *text) {
            continue;
        }
        let known = broken[lasting..]
            .iter_mut()
            .find(|other| other.text == *text && other.place.as_deref() == Some(place.as_str()));
        match known {
            // The newest came first.
            Some(known) => known.given_up += 1,
            None => broken.push(Broken {
                place: Some(place),
                text: text.clone(),
                since: said(dead.at, now, &of.zone),
                given_up: 1,
            }),
        }
    }
    Ok(broken)
}

fn row(agent: &AgentProfile, fleet: &Controls, now: Timestamp, zone: &TimeZone) -> AgentRow {
    let pause = fleet.pause_of(&PauseScope::Agent(agent.name.clone())).map(|pause| Paused {
        what: agent.name.clone(),
        since: said(pause.since, now, zone),
        by: pause.by.login.clone(),
    });
    AgentRow::of(agent, pause)
}
