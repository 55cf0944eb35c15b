//! What there is to tell of a day, as the ledger has it.

use super::jobs::day_jobs;
use super::scope::{ReportAudience, ReportScope};
use crate::core::command::value;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::model::time::{Timestamp, said};
use crate::core::policy::audience::{Audience, Visible};
use crate::core::report::digest::Digest;
use crate::core::report::{Broken, Day, Outlook, Period, best, told};
use crate::core::scheduling::RankedBacklog;
use crate::core::scheduling::outlook::AutoOutlook;
use crate::store::incidents::{self, OpenIncident};
use crate::store::{Connection, Error, backlog, controls, digest, reports, repos};

/// What there is to tell, as things are at `now`, but for the [`outlook`]. The report may show
/// every repository, unless everybody may read it: then only public ones, and its own.
///
/// # Errors
/// If the ledger cannot be read.
pub fn gather(conn: &Connection, of: &ReportScope, now: Timestamp) -> Result<Day, Error> {
    let past = digest::of(conn, audience(conn, of.to)?, of.period, now)?;
    let fleet = controls::at(conn, now)?;
    let mut report = told(&past, &fleet, of.period.since, now, &of.zone, |_| None);
    // They stand among what is broken, with the reason; and among what needs somebody.
    report.dead.clear();
    report.asked.clear();
    let visible = repos::visible(conn, audience(conn, of.to)?)?;
    let (jobs, asks) = day_jobs(conn, of, &visible, &fleet, now)?;
    Ok(Day {
        date: of.day,
        name: of.name.clone(),
        owner: of.owner.clone(),
        asks,
        broken: broken(conn, &past, of, now)?,
        is_longer: happened_before(conn, of, now)?,
        report,
        jobs,
    })
}

/// Whether something happened before the day began that is told with it.
fn happened_before(conn: &Connection, of: &ReportScope, now: Timestamp) -> Result<bool, Error> {
    let begins = value::Date(of.day).begins(&of.zone);
    let before = Period { since: of.period.since, until: begins };
    let audience = audience(conn, of.to)?;
    Ok(before.since < begins && digest::of(conn, audience, before, now)?.has_news())
}

/// Who reads it, as far as the ledger knows who may read its repository.
fn audience(conn: &Connection, to: ReportAudience) -> Result<Audience, Error> {
    let home = reports::home(conn)?.filter(|_| to == ReportAudience::Forge);
    let Some(home) = home else { return Ok(Audience::Everything) };
    let repo = repos::name(conn, home.repo)?;
    Ok(repo.map_or(Audience::Of(home.repo), |repo| Audience::of(&repo, true)))
}

/// What is next of the backlog.
///
/// # Errors
/// If the ledger cannot be read.
pub fn outlook(
    conn: &Connection,
    judged: &RankedBacklog,
    to: ReportAudience,
) -> Result<Outlook, Error> {
    let visible = repos::visible(conn, audience(conn, to)?)?;
    let may_name = |repo| visible.may_name(repo);
    let best: Vec<ThreadId> = best(judged, may_name).into_iter().collect();
    let repos = repos::all(conn)?;
    let name = |id: RepoId| {
        let named = repos.iter().find(|repo| repo.id == id && may_name(id));
        named.map(|repo| repo.name.to_string())
    };
    let auto = AutoOutlook::of(judged, name);
    let outlook = Outlook::of(judged, may_name, &backlog::titles(conn, &best)?);
    Ok(Outlook { auto, ..outlook })
}

/// What is wrong with the world, then what was given up for another reason.
fn broken(
    conn: &Connection,
    past: &Digest,
    of: &ReportScope,
    now: Timestamp,
) -> Result<Vec<Broken>, Error> {
    let home = reports::home(conn)?.and_then(|home| home.thread());
    let (audience, repos) = (audience(conn, of.to)?, repos::all(conn)?);
    let visible = Visible::new(audience, &repos);
    let named: Vec<String> = (repos.iter().filter(|repo| audience.may_name(repo)))
        .map(|repo| repo.name.to_string())
        .collect();
    let mut broken = Vec::new();
    for incident in incidents::all(conn)? {
        let is_disproved =
            of.to == ReportAudience::Forge && incident.incident.is_disproved_by_speaking(home);
        if is_disproved || !incident.incident.is_reported() {
            continue;
        }
        let is_secret = match (incident.incident.repo(), &incident.incident) {
            (Some(repo), _) => !visible.may_name(repo),
            // A repository that was never seen, or was renamed, may be private; owners are not.
            (None, Incident::CannotRead { what } | Incident::WatchRenamed { what }) => {
                audience != Audience::Everything
                    && what.contains('/')
                    && !named.iter().any(|name| name.eq_ignore_ascii_case(what))
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
